//! Bias and activation in one pass, bias and residual in one pass.

use super::exp::exp;
use super::simd::{multiply_add, vectorised};
use super::{piece, take, threads, values, values_mut};
use crate::Activation;
use burn::tensor::{Tensor, backend::Backend};

/// `activation(x + bias)`.
///
/// # Shapes
/// `x` is `[rows, width]`, kept; `bias` is `[width]`.
pub(in crate::model) fn activate<B: Backend>(
    x: Tensor<B, 2>,
    bias: &[f32],
    activation: Activation,
) -> Tensor<B, 2> {
    let device = x.device();
    let mut x = take(x);
    threads::for_each_chunk(values_mut(&mut x), piece(bias.len()), |_, rows| {
        for row in rows.chunks_exact_mut(bias.len()) {
            match activation {
                Activation::QuickGelu => quick_gelu(row, bias),
                Activation::Gelu => gelu(row, bias),
            }
        }
    });
    Tensor::from_data(x, &device)
}

/// `x + (y + bias)`.
///
/// # Shapes
/// `x` and `y` are `[rows, width]`, kept; `bias` is `[width]`.
pub(in crate::model) fn add_with_bias<B: Backend>(
    x: Tensor<B, 2>,
    y: Tensor<B, 2>,
    bias: &[f32],
) -> Tensor<B, 2> {
    let device = x.device();
    let (mut x, y) = (take(x), take(y));
    let y = values(&y);
    let piece = piece(bias.len());
    threads::for_each_chunk(values_mut(&mut x), piece, |number, rows| {
        let y = &y[number * piece..][..rows.len()];
        let rows = rows.chunks_exact_mut(bias.len());
        for (x, y) in rows.zip(y.chunks_exact(bias.len())) {
            for ((x, y), bias) in x.iter_mut().zip(y).zip(bias) {
                *x += y + bias;
            }
        }
    });
    Tensor::from_data(x, &device)
}

vectorised! {
    fn quick_gelu = quick_gelu_body(row: &mut [f32], bias: &[f32])
}

#[inline(always)]
fn quick_gelu_body<const FMA: bool>(row: &mut [f32], bias: &[f32]) {
    for (x, bias) in row.iter_mut().zip(bias) {
        let biased = *x + bias;
        *x = biased / (1.0 + exp::<FMA>(-1.702 * biased));
    }
}

vectorised! {
    fn gelu = gelu_body(row: &mut [f32], bias: &[f32])
}

#[inline(always)]
fn gelu_body<const FMA: bool>(row: &mut [f32], bias: &[f32]) {
    for (x, bias) in row.iter_mut().zip(bias) {
        let biased = *x + bias;
        let half = 0.5 * biased;
        *x = multiply_add::<FMA>(
            half,
            erf::<FMA>(biased * std::f32::consts::FRAC_1_SQRT_2),
            half,
        );
    }
}

/// The error function, within 5e-7.
///
/// Method: `x P(x^2) / Q(x^2)` on [-4, 4], outside which it is 1 in f32; coefficients of the
/// rational minimax approximation that XLA uses.
#[inline(always)]
fn erf<const FMA: bool>(x: f32) -> f32 {
    const P: [f32; 7] = [
        -2.726_142e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const Q: [f32; 5] = [
        -1.456_607_2e-5,
        -2.133_740_5e-4,
        -1.682_827e-3,
        -7.373_329e-3,
        -1.426_473_9e-2,
    ];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let mut above = P[0];
    for coefficient in &P[1..] {
        above = multiply_add::<FMA>(above, square, *coefficient);
    }
    let mut below = Q[0];
    for coefficient in &Q[1..] {
        below = multiply_add::<FMA>(below, square, *coefficient);
    }
    x * above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The series of the error function, in f64; good to 1e-12 on [-4, 4].
    fn exact_erf(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn erf_is_close_everywhere() {
        for step in -4000..=4000 {
            let x = step as f32 * 1e-3;
            let exact = exact_erf(f64::from(x));
            for found in [erf::<false>(x), erf::<true>(x)] {
                assert!(
                    (f64::from(found) - exact).abs() < 5e-7,
                    "{x}: {found} {exact}"
                );
            }
        }
        assert!((erf::<true>(50.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn activations_are_what_they_are_called() {
        let bias: Vec<f32> = (0..37).map(|index| index as f32 * 0.1 - 2.0).collect();
        let inputs: Vec<f32> = (0..37).map(|index| 3.0 - index as f32 * 0.25).collect();
        let (mut quick, mut exact) = (inputs.clone(), inputs.clone());
        quick_gelu(&mut quick, &bias);
        gelu(&mut exact, &bias);
        for (index, (input, bias)) in inputs.iter().zip(&bias).enumerate() {
            let x = f64::from(input + bias);
            let expected = x / (1.0 + (-1.702 * x).exp());
            assert!((f64::from(quick[index]) - expected).abs() < 1e-6);
            let expected = 0.5 * x * (1.0 + exact_erf(x / 2_f64.sqrt()));
            assert!((f64::from(exact[index]) - expected).abs() < 2e-6);
        }
    }

    #[test]
    fn extreme_values_stay_numbers() {
        let mut row = [1e30, -1e30, 300.0, -300.0, 0.0];
        quick_gelu(&mut row, &[0.0; 5]);
        assert_eq!(row[0], 1e30);
        assert_eq!(row[2], 300.0);
        assert!(row[3].abs() < 1e-30 && row[4] == 0.0);
        let mut row = [300.0, -300.0];
        gelu(&mut row, &[0.0; 2]);
        assert!((row[0] - 300.0).abs() < 1e-4 && row[1].abs() < 1e-4);
    }
}
