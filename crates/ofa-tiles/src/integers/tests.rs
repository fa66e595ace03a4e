use super::*;

/// Numbers that look drawn, the same each time.
fn drawn(seed: u64, count: usize) -> impl Iterator<Item = i64> {
    (0..count as u64).map(move |i| {
        let mut z = (seed << 32 | i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as i64
    })
}

/// Rows, columns, depth.
const SHAPES: [(usize, usize, usize); 7] = [
    (1, 1, 1),
    (3, 5, 7),
    (16, 16, 64),
    (17, 33, 128),
    (64, 128, 1024),
    (23, 70, 400),
    (5, 31, 0),
];

fn exact<T: Copy + Into<i64>>(x: &[T], y: &[T]) -> i64 {
    x.iter().zip(y).map(|(&x, &y)| x.into() * y.into()).sum()
}

#[test]
fn products_of_16_bits_are_exact() {
    let Some(tiles) = Tiles::get() else {
        println!("this processor has no tiles");
        return;
    };
    for (rows, columns, depth) in SHAPES {
        let (x_stride, stride) = (depth + 3, columns + 2);
        // As large as the sums fit into 32 bits.
        let most = (f64::from(i32::MAX) / depth.max(1) as f64)
            .sqrt()
            .min(32_767.0) as i64;
        let value = |drawn: i64| (drawn % (most + 1)) as i16;
        let mut x: Vec<i16> = drawn(1, rows * x_stride).map(value).collect();
        let weight: Vec<i16> = drawn(2, columns * depth).map(value).collect();
        x[0] = -(most as i16);
        let packed = Weights16::new(tiles, &weight, columns, depth);
        let mut found = vec![-7i32; rows * stride];
        let mut left = Rows16::new(tiles);
        // What was there before does not matter.
        left.refill(&vec![77; 4_000], 50, 50, 80);
        left.refill(&x, x_stride, depth, rows);
        packed.multiply(&left, &mut found, stride);
        for row in 0..rows {
            for column in 0..stride {
                let found = i64::from(found[row * stride + column]);
                let expected = match column < columns {
                    true => exact(
                        &x[row * x_stride..][..depth],
                        &weight[column * depth..][..depth],
                    ),
                    false => -7,
                };
                assert_eq!(found, expected, "{rows} {columns} {depth}: {row}, {column}");
            }
        }
    }
}

#[test]
fn products_of_24_bits_are_exact() {
    let Some(tiles) = Tiles::get() else {
        println!("this processor has no tiles");
        return;
    };
    for (rows, columns, depth) in SHAPES {
        let (x_stride, stride) = (depth + 1, columns + 5);
        let most = ((1u64 << 53) as f64 / depth.max(1) as f64)
            .sqrt()
            .min(8_388_607.0) as i64;
        let value = |drawn: i64| (drawn % (most + 1)) as i32;
        let mut x: Vec<i32> = drawn(3, rows * x_stride).map(value).collect();
        let mut weight: Vec<i32> = drawn(4, columns * depth).map(value).collect();
        // The largest sums there are, of either sign.
        if depth > 0 {
            x[..depth].fill(-most as i32);
            weight[..depth].fill(most as i32);
            weight[(columns - 1) * depth..].fill(-most as i32);
        }
        let packed = Weights24::new(tiles, &weight, columns, depth);
        let mut found = vec![0.5f64; rows * stride];
        let mut left = Rows24::new(tiles);
        // What was there before does not matter.
        left.refill(&vec![77; 4_000], 50, 50, 80);
        left.refill(&x, x_stride, depth, rows);
        packed.multiply(&left, &mut found, stride);
        for row in 0..rows {
            for column in 0..stride {
                let expected = match column < columns {
                    true => exact(
                        &x[row * x_stride..][..depth],
                        &weight[column * depth..][..depth],
                    ) as f64,
                    false => 0.5,
                };
                let found = found[row * stride + column];
                assert_eq!(found, expected, "{rows} {columns} {depth}: {row}, {column}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "too few values")]
fn too_few_values_are_refused() {
    let Some(tiles) = Tiles::get() else {
        panic!("too few values: not tried, this processor has no tiles");
    };
    Rows16::new(tiles).refill(&[1, 2, 3], 2, 2, 2);
}
