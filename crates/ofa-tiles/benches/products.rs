//! Products of the shapes that training and CLIP ViT-B/32 have, beside the `gemm` crate.
//!
//! `cargo bench -p ofa-tiles --features rayon -- [ROUNDS]` (20 where nothing is said): the quickest of the
//! rounds, in which both take turns. Without the feature, one thread.

use std::time::{Duration, Instant};

use gemm::{Parallelism, gemm};
use ofa_tiles::Tiles;
use ofa_tiles::floats::{Matrix, Target, multiply};

/// What lies turned in memory.
#[derive(Clone, Copy)]
enum Turned {
    None,
    Left,
    Right,
}

/// Rows, columns, and what is summed over.
const SHAPES: [(&str, [usize; 3], Turned); 22] = [
    ("training, a branch", [1024, 256, 512], Turned::Right),
    ("training, the gate", [1024, 128, 512], Turned::Right),
    ("training, classes", [1024, 128, 256], Turned::Right),
    ("training, hidden gradient", [1024, 256, 128], Turned::None),
    ("training, branch gradient", [256, 512, 1024], Turned::Left),
    ("training, gate gradient", [128, 512, 1024], Turned::Left),
    ("training, class gradient", [128, 256, 1024], Turned::Left),
    ("training, 1536 columns", [256, 256, 1536], Turned::Right),
    ("image, batch 16, q k v", [800, 2304, 768], Turned::None),
    ("image, batch 16, out", [800, 768, 768], Turned::None),
    ("image, batch 16, up", [800, 3072, 768], Turned::None),
    ("image, batch 16, down", [800, 768, 3072], Turned::None),
    ("image, batch 64, q k v", [3200, 2304, 768], Turned::None),
    ("image, batch 64, out", [3200, 768, 768], Turned::None),
    ("image, batch 64, up", [3200, 3072, 768], Turned::None),
    ("image, batch 64, down", [3200, 768, 3072], Turned::None),
    ("text, batch 16, q k v", [1232, 1536, 512], Turned::None),
    ("text, batch 16, up", [1232, 2048, 512], Turned::None),
    ("text, batch 16, down", [1232, 512, 2048], Turned::None),
    ("64 cubed", [64, 64, 64], Turned::None),
    ("128 cubed", [128, 128, 128], Turned::None),
    ("256 cubed", [256, 256, 256], Turned::None),
];

fn main() {
    let rounds = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .next()
        .unwrap_or(20);
    let Some(tiles) = Tiles::get() else {
        println!("no tile registers that this process may use");
        return;
    };
    let parallelism = match cfg!(feature = "rayon") {
        true => Parallelism::Rayon(0),
        false => Parallelism::None,
    };
    println!("G multiplications a second");
    println!(
        "{:28} {:>16} {:>8} {:>8} {:>6}",
        "", "m n k", "gemm", "tiles", "ratio"
    );
    for (name, [m, n, k], turned) in SHAPES {
        let (left, right) = (values(m * k, 1), values(k * n, 2));
        let mut product = vec![0.0; m * n];
        let left_strides = match turned {
            Turned::Left => [1, m],
            _ => [k, 1],
        };
        let right_strides = match turned {
            Turned::Right => [1, k],
            _ => [n, 1],
        };
        let mut quickest = [Duration::MAX; 2];
        // Small ones are too short for a clock.
        let times = (1 << 26) / (m * n * k) + 1;
        for _ in 0..rounds {
            let start = Instant::now();
            for _ in 0..times {
                // SAFETY: the strides are those of three matrices of these shapes.
                unsafe {
                    gemm(
                        m,
                        n,
                        k,
                        product.as_mut_ptr(),
                        1,
                        n as isize,
                        false,
                        left.as_ptr(),
                        left_strides[1] as isize,
                        left_strides[0] as isize,
                        right.as_ptr(),
                        right_strides[1] as isize,
                        right_strides[0] as isize,
                        0.0,
                        1.0,
                        false,
                        false,
                        false,
                        parallelism,
                    );
                }
            }
            quickest[0] = quickest[0].min(start.elapsed());
            let start = Instant::now();
            for _ in 0..times {
                multiply(
                    tiles,
                    Target {
                        values: &mut product,
                        row_stride: n,
                        adds: false,
                    },
                    Matrix::new(&left, [m, k], left_strides),
                    Matrix::new(&right, [k, n], right_strides),
                );
            }
            quickest[1] = quickest[1].min(start.elapsed());
        }
        let [gemm, tiles] =
            quickest.map(|time| (m * n * k * times) as f64 / time.as_secs_f64() / 1e9);
        let shape = format!("{m} {n} {k}");
        println!(
            "{name:28} {shape:>16} {gemm:8.1} {tiles:8.1} {:6.2}",
            tiles / gemm
        );
    }
}

fn values(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}
