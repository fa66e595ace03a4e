//! Matrices that are kept as f16 on the device and computed with as f32.
//!
//! Half the memory, and the same results to the bit: an f16 is kept only where it is exactly the f32.

use burn::tensor::{DType, FloatDType, Tensor, TensorData, backend::Backend};
use half::f16;
use half::slice::HalfFloatSliceExt;

/// The values as f16, or nothing where one of them would be another number.
pub(super) fn exact_halves(values: &[f32]) -> Option<Vec<f16>> {
    let mut halves = vec![f16::ZERO; values.len()];
    let mut back = [0.0; PIECE];
    for (halves, values) in halves.chunks_mut(PIECE).zip(values.chunks(PIECE)) {
        halves.convert_from_f32_slice(values);
        let back = &mut back[..values.len()];
        halves.convert_to_f32_slice(back);
        let same = |(value, back): (&f32, &f32)| value.to_bits() == back.to_bits();
        if !values.iter().zip(back.iter()).all(same) {
            return None;
        }
    }
    Some(halves)
}

/// Values that are looked at before the next ones are converted: 16 KB.
const PIECE: usize = 1 << 12;

/// A matrix that stays f16 on the device.
pub(super) fn of_halves<B: Backend>(
    halves: Vec<f16>,
    shape: [usize; 2],
    device: &B::Device,
) -> Tensor<B, 2> {
    Tensor::from_data(TensorData::new(halves, shape), (device, DType::F16))
}

/// A matrix as f32, for the one operation that follows: a copy on the device if it is kept as f16, else itself.
pub(super) fn widened<B: Backend>(matrix: Tensor<B, 2>) -> Tensor<B, 2> {
    matrix.cast(FloatDType::F32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_flex::Flex;

    #[test]
    fn only_numbers_of_f16_are_taken() {
        let tiny = f16::from_bits(1).to_f32();
        let kept = [0.0, -0.0, 1.0, -0.333_251_95, 65504.0, tiny, -tiny];
        let halves = exact_halves(&kept).expect("all are numbers of f16");
        for (half, value) in halves.iter().zip(kept) {
            assert_eq!(half.to_f32().to_bits(), value.to_bits());
        }
        for other in [0.1, 65520.0, tiny / 2.0, 1.0 + f32::EPSILON] {
            let mut values = vec![1.0; PIECE + 1];
            values[PIECE] = other;
            assert_eq!(exact_halves(&values), None, "{other}");
        }
    }

    #[test]
    fn a_matrix_stays_f16_and_is_used_as_f32() {
        let values = [0.5, -1.25, 3.0, 0.0, 1.0, -7.0];
        let halves = exact_halves(&values).expect("all are numbers of f16");
        let matrix: Tensor<Flex, 2> = of_halves(halves, [3, 2], &Default::default());
        assert_eq!(matrix.dtype(), DType::F16);
        let wide = widened(matrix);
        assert_eq!(wide.dtype(), DType::F32);
        assert_eq!(wide.into_data().as_slice::<f32>().unwrap(), values);
    }
}
