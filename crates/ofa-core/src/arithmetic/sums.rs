//! Sums in f64 over eight interleaved partial sums.
use super::for_each_width;

const PARTIAL_SUMS: usize = 8;

for_each_width! {
    /// The sum of the values.
    pub fn sum(values: &[f64]) -> f64 {
        sum_values
    }

    /// The sum of the squares of f32 values; each square is exact.
    pub fn sum_of_squares(values: &[f32]) -> f64 {
        sum_squares
    }

    /// [`sum_of_squares`] of each row of `rows`, `width` values each.
    pub(crate) fn sums_of_squares(rows: &[f32], width: usize, sums: &mut [f64]) {
        sum_squares_of_rows
    }

    /// The dot product of f32 vectors; each product is exact, the sums are in f64.
    ///
    /// # Panics
    /// Where the lengths differ.
    pub fn dot_f64(x: &[f32], y: &[f32]) -> f64 {
        dot_exact
    }

    /// The dot product of an f32 and an f64 vector.
    ///
    /// # Panics
    /// Where the lengths differ.
    pub fn dot_mixed(x: &[f32], y: &[f64]) -> f64 {
        dot_half_wide
    }

    /// The dot product of f64 vectors.
    ///
    /// # Panics
    /// Where the lengths differ.
    pub fn dot_wide(x: &[f64], y: &[f64]) -> f64 {
        dot_all_wide
    }
}

/// Adds the terms of both vectors' elements in the documented order.
#[inline(always)]
fn interleaved<X: Copy, Y: Copy>(x: &[X], y: &[Y], term: impl Fn(X, Y) -> f64) -> f64 {
    assert_eq!(x.len(), y.len(), "a dot product needs equal lengths");
    let mut partial = [0.0f64; PARTIAL_SUMS];
    let (xs, ys) = (x.chunks_exact(PARTIAL_SUMS), y.chunks_exact(PARTIAL_SUMS));
    let rest = xs.remainder().iter().zip(ys.remainder());
    for (x, y) in xs.zip(ys) {
        for (lane, sum) in partial.iter_mut().enumerate() {
            *sum += term(x[lane], y[lane]);
        }
    }
    for (sum, (&x, &y)) in partial.iter_mut().zip(rest) {
        *sum += term(x, y);
    }
    joined(partial)
}

#[inline(always)]
fn joined([a, b, c, d, e, f, g, h]: [f64; PARTIAL_SUMS]) -> f64 {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[inline(always)]
fn sum_values(values: &[f64]) -> f64 {
    interleaved(values, values, |value, _| value)
}

#[inline(always)]
fn sum_squares(values: &[f32]) -> f64 {
    interleaved(values, values, |x, _| f64::from(x) * f64::from(x))
}

/// Four rows at a time: a single sum waits for each of its additions.
#[inline(always)]
fn sum_squares_of_rows(rows: &[f32], width: usize, sums: &mut [f64]) {
    const ROWS: usize = 4;
    let (mut fours, mut sums_of_fours) =
        (rows.chunks_exact(ROWS * width), sums.chunks_exact_mut(ROWS));
    for (rows, sums) in (&mut fours).zip(&mut sums_of_fours) {
        let mut partial = [[0.0f64; PARTIAL_SUMS]; ROWS];
        let row = |nth: usize| &rows[nth * width..(nth + 1) * width];
        let wholes = [0, 1, 2, 3].map(|nth| row(nth).chunks_exact(PARTIAL_SUMS));
        let rests = [0, 1, 2, 3].map(|nth| wholes[nth].remainder());
        let [a, b, c, d] = wholes;
        for (((a, b), c), d) in a.zip(b).zip(c).zip(d) {
            for (values, sums) in [a, b, c, d].into_iter().zip(&mut partial) {
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum += f64::from(value) * f64::from(value);
                }
            }
        }
        for (nth, sum) in sums.iter_mut().enumerate() {
            for (sum, &value) in partial[nth].iter_mut().zip(rests[nth]) {
                *sum += f64::from(value) * f64::from(value);
            }
            *sum = joined(partial[nth]);
        }
    }
    let rest = fours.remainder().chunks_exact(width);
    for (row, sum) in rest.zip(sums_of_fours.into_remainder()) {
        *sum = sum_squares(row);
    }
}

#[inline(always)]
fn dot_exact(x: &[f32], y: &[f32]) -> f64 {
    interleaved(x, y, |x, y| f64::from(x) * f64::from(y))
}

#[inline(always)]
fn dot_half_wide(x: &[f32], y: &[f64]) -> f64 {
    interleaved(x, y, |x, y| f64::from(x) * y)
}

#[inline(always)]
fn dot_all_wide(x: &[f64], y: &[f64]) -> f64 {
    interleaved(x, y, |x, y| x * y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_every_short_length() {
        for len in 0..40usize {
            let values: Vec<f32> = (0..len).map(|i| i as f32 - 7.0).collect();
            let wide: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            let expected: f64 = wide.iter().map(|v| v * v).sum();
            assert_eq!(sum_of_squares(&values), expected);
            assert_eq!(dot_f64(&values, &values), expected);
            assert_eq!(dot_mixed(&values, &wide), expected);
            assert_eq!(dot_wide(&wide, &wide), expected);
            assert_eq!(sum(&wide), wide.iter().sum::<f64>());
        }
    }

    #[test]
    fn rows_together_are_rows_alone() {
        for width in [1, 7, 8, 30] {
            let rows: Vec<f32> = (0..width * 11).map(|i| 1.0 / (i as f32 + 3.0)).collect();
            let mut together = vec![0.0; 11];
            sums_of_squares(&rows, width, &mut together);
            let alone: Vec<f64> = rows.chunks_exact(width).map(sum_of_squares).collect();
            assert_eq!(together, alone);
        }
    }

    /// The order is a contract: these values give another result in any other simple order.
    #[test]
    fn the_order_is_the_documented_one() {
        let mut values = [1.0f64; 16];
        values[0] = 1e16;
        values[4] = -1e16;
        values[8] = 1.0;
        // Lane 0: 1e16 + 1 = 1e16; lane 4: -1e16 + 1 = -1e16 + 1 exactly; so 0 + 4 gives 1.
        let lane4 = -1e16 + 1.0;
        let expected = (((1e16 + 1.0) + lane4) + 4.0) + 8.0;
        assert_eq!(sum(&values), expected);
        assert_ne!(sum(&values), values.iter().sum::<f64>());
    }
}
