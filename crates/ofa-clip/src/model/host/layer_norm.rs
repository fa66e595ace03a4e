//! Layer normalisation in two passes over a row.

use super::simd::{multiply_add, vectorised};
use super::{piece, take, threads, values};
use burn::tensor::{Tensor, TensorData, backend::Backend};

/// How many values are summed side by side.
const LANES: usize = 32;

/// `x` itself, and `(x - mean) / sqrt(variance + epsilon) * gamma + beta` over its rows.
///
/// burn-flex takes the variance as `E[x^2] - E[x]^2`, which loses its digits where the mean of a
/// row is many times its deviation. Here deviations from the mean are what is squared, as in
/// PyTorch.
///
/// # Shapes
/// `x` is `[rows, width]`, and so are both results; `gamma` and `beta` are `[width]`.
pub(in crate::model) fn layer_norm<B: Backend>(
    x: Tensor<B, 2>,
    gamma: &[f32],
    beta: &[f32],
    epsilon: f64,
) -> (Tensor<B, 2>, Tensor<B, 2>) {
    let device = x.device();
    let shape = x.dims();
    let x = take(x);
    let rows = values(&x);
    let norm = Norm {
        gamma,
        beta,
        epsilon: epsilon as f32,
    };
    let mut normed = vec![0.0; rows.len()];
    let piece = piece(gamma.len());
    threads::for_each_chunk(&mut normed, piece, |number, normed| {
        let rows = &rows[number * piece..][..normed.len()];
        normalise(rows, normed, &norm);
    });
    let normed = TensorData::new(normed, shape);
    (
        Tensor::from_data(x, &device),
        Tensor::from_data(normed, &device),
    )
}

/// What is the same for all rows.
struct Norm<'a> {
    gamma: &'a [f32],
    beta: &'a [f32],
    epsilon: f32,
}

vectorised! {
    fn normalise = normalise_body(rows: &[f32], normed: &mut [f32], norm: &Norm<'_>)
}

#[inline(always)]
fn normalise_body<const FMA: bool>(rows: &[f32], normed: &mut [f32], norm: &Norm<'_>) {
    let width = norm.gamma.len();
    let count = width as f32;
    let rows = rows.chunks_exact(width);
    for (row, normed) in rows.zip(normed.chunks_exact_mut(width)) {
        let mean = sum(row, |sum, value| sum + value) / count;
        let squares = sum(row, |sum, value| {
            let apart = value - mean;
            multiply_add::<FMA>(apart, apart, sum)
        });
        // The mean is rounded; what that adds to the deviations is taken off again.
        let rest = sum(row, |sum, value| sum + (value - mean)) / count;
        let variance = multiply_add::<FMA>(-rest, rest, squares / count).max(0.0);
        let scale = 1.0 / (variance + norm.epsilon).sqrt();
        let places = normed.iter_mut().zip(row);
        for ((to, value), (gamma, beta)) in places.zip(norm.gamma.iter().zip(norm.beta)) {
            *to = multiply_add::<FMA>((value - mean - rest) * scale, *gamma, *beta);
        }
    }
}

/// Folds a row, many values side by side; `add` is what one value does to one sum.
#[inline(always)]
fn sum(row: &[f32], add: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum = add(*sum, *value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum = add(*sum, *value);
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Kernel = fn(&[f32], &mut [f32], &Norm<'_>);

    /// All ways in which the kernel is compiled and that this processor can run.
    const KERNELS: [Kernel; 2] = [normalise, normalise_body::<false>];

    /// The largest difference to the same computation in f64, over rows of this width.
    fn apart(kernel: Kernel, rows: &[f32], width: usize, epsilon: f32) -> f64 {
        let gamma: Vec<f32> = (0..width).map(|index| 1.0 + 0.001 * index as f32).collect();
        let beta: Vec<f32> = (0..width).map(|index| 0.3 - 0.002 * index as f32).collect();
        let norm = Norm {
            gamma: &gamma,
            beta: &beta,
            epsilon,
        };
        let mut normed = vec![f32::NAN; rows.len()];
        kernel(rows, &mut normed, &norm);
        let mut worst = 0.0_f64;
        for (row, normed) in rows.chunks(width).zip(normed.chunks(width)) {
            let exact = row.iter().map(|value| f64::from(*value));
            let mean = exact.clone().sum::<f64>() / width as f64;
            let squares = exact.clone().map(|value| (value - mean).powi(2));
            let deviation = (squares.sum::<f64>() / width as f64 + f64::from(epsilon)).sqrt();
            for (index, (value, found)) in exact.zip(normed).enumerate() {
                let expected =
                    (value - mean) / deviation * f64::from(gamma[index]) + f64::from(beta[index]);
                let apart = (f64::from(*found) - expected).abs();
                // A NaN must not pass as small.
                worst = if apart <= worst { worst } else { apart };
            }
        }
        worst
    }

    /// Rows with the given mean and a deviation of about 1.
    fn rows(mean: f32, width: usize) -> Vec<f32> {
        let noise = |index: usize| (index.wrapping_mul(2_654_435_761) % 1009) as f32 / 1009.0;
        (0..5 * width)
            .map(|index| mean + 3.4 * (noise(index) - 0.5))
            .collect()
    }

    #[test]
    fn rows_of_every_width_are_normalised() {
        for kernel in KERNELS {
            for width in [1, 2, 31, 32, 33, 37, 64, 768] {
                let worst = apart(kernel, &rows(0.5, width), width, 1e-5);
                assert!(worst < 1e-5, "{width}: {worst:e}");
            }
        }
    }

    #[test]
    fn a_mean_far_from_zero_costs_no_digits() {
        for kernel in KERNELS {
            for mean in [100.0, -100.0, 1000.0] {
                let worst = apart(kernel, &rows(mean, 512), 512, 1e-5);
                assert!(worst < 1e-4, "{mean}: {worst:e}");
            }
        }
    }

    #[test]
    fn rows_of_one_value_become_beta() {
        for kernel in KERNELS {
            for value in [0.0, 0.1, -7.3, 100.3, 1e4] {
                let worst = apart(kernel, &vec![value; 3 * 768], 768, 1e-5);
                assert!(worst < 1e-6, "{value}: {worst:e}");
            }
        }
    }
}
