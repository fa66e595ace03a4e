//! A quick dot product of two rows.
use super::{InstructionSet, sum};

/// Partial sums: four of the widest registers, so that one addition need not wait for another.
const PARTIAL_SUMS: usize = 64;

/// The dot product of f32 vectors with partial sums in f32, added up in f64.
///
/// # Panics
/// Where the lengths differ, or this processor lacks `set`.
pub fn dot_f32(set: InstructionSet, x: &[f32], y: &[f32]) -> f64 {
    assert_eq!(x.len(), y.len(), "a dot product needs equal lengths");
    assert!(set.is_available(), "this processor lacks {set:?}");
    let partial = match set {
        InstructionSet::Baseline => partial_sums(x, y),
        // SAFETY: the processor has the instructions, as checked above.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => unsafe { partial_sums_avx2(x, y) },
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => unsafe { partial_sums_avx512(x, y) },
    };
    sum(&partial.map(f64::from))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn partial_sums_avx2(x: &[f32], y: &[f32]) -> [f32; PARTIAL_SUMS] {
    partial_sums(x, y)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn partial_sums_avx512(x: &[f32], y: &[f32]) -> [f32; PARTIAL_SUMS] {
    partial_sums(x, y)
}

#[inline(always)]
fn partial_sums(x: &[f32], y: &[f32]) -> [f32; PARTIAL_SUMS] {
    let mut partial = [0.0f32; PARTIAL_SUMS];
    let (x_whole, y_whole) = (x.chunks_exact(PARTIAL_SUMS), y.chunks_exact(PARTIAL_SUMS));
    let (x_rest, y_rest) = (x_whole.remainder(), y_whole.remainder());
    for (x, y) in x_whole.zip(y_whole) {
        for ((sum, x), y) in partial.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    for ((sum, x), y) in partial.iter_mut().zip(x_rest).zip(y_rest) {
        *sum += x * y;
    }
    partial
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::dot_f64;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let mut rng = Rng::new(1, Purpose::Baseline, 0, 0);
        for len in [0, 1, 7, 63, 64, 65, 200, 1024] {
            let mut row = || -> Vec<f32> {
                let values = (0..len).map(|_| (rng.unit_f64() - 0.5) as f32);
                values.collect()
            };
            let (x, y) = (row(), row());
            let baseline = dot_f32(InstructionSet::Baseline, &x, &y);
            for set in InstructionSet::available() {
                assert_eq!(dot_f32(set, &x, &y).to_bits(), baseline.to_bits());
            }
            assert!((baseline - dot_f64(&x, &y)).abs() < 1e-6);
        }
    }
}
