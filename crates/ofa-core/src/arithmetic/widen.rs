//! f16 to f32, which is exact.
use half::f16;
use half::slice::HalfFloatSliceExt;

/// Widens f16 values to f32.
///
/// # Panics
/// Where the lengths differ.
pub(crate) fn widen(from: &[f16], to: &mut [f32]) {
    assert_eq!(from.len(), to.len(), "as many values as there is room for");
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the instructions.
            return unsafe { x86::widen_avx512(from, to) };
        }
        if std::arch::is_x86_feature_detected!("avx") && std::arch::is_x86_feature_detected!("f16c")
        {
            // SAFETY: the processor has the instructions.
            return unsafe { x86::widen_f16c(from, to) };
        }
    }
    // WebAssembly has no instruction for it, and what `half` does instead takes values one by one.
    #[cfg(target_family = "wasm")]
    if widen_finite(from, to) {
        return;
    }
    from.convert_to_f32_slice(to);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;
    use half::f16;
    use half::slice::HalfFloatSliceExt;

    #[target_feature(enable = "avx512f")]
    pub(super) fn widen_avx512(from: &[f16], to: &mut [f32]) {
        let (from, mut to) = (from.chunks_exact(16), to.chunks_exact_mut(16));
        let rest = from.remainder();
        for (from, to) in from.zip(&mut to) {
            // SAFETY: sixteen values are read and sixteen written.
            unsafe {
                let narrow = _mm256_loadu_si256(from.as_ptr().cast());
                _mm512_storeu_ps(to.as_mut_ptr(), _mm512_cvtph_ps(narrow));
            }
        }
        rest.convert_to_f32_slice(to.into_remainder());
    }

    #[target_feature(enable = "avx,f16c")]
    pub(super) fn widen_f16c(from: &[f16], to: &mut [f32]) {
        let (from, mut to) = (from.chunks_exact(8), to.chunks_exact_mut(8));
        let rest = from.remainder();
        for (from, to) in from.zip(&mut to) {
            // SAFETY: eight values are read and eight written.
            unsafe {
                let narrow = _mm_loadu_si128(from.as_ptr().cast());
                _mm256_storeu_ps(to.as_mut_ptr(), _mm256_cvtph_ps(narrow));
            }
        }
        rest.convert_to_f32_slice(to.into_remainder());
    }
}

/// Widens values side by side; `false` where one is not finite.
#[cfg(any(test, target_family = "wasm"))]
fn widen_finite(from: &[f16], to: &mut [f32]) -> bool {
    /// 2^112: the difference of the two formats' exponents.
    const SCALE: f32 = f32::from_bits(0x7780_0000);

    let from: &[u16] = from.reinterpret_cast();
    let finite = |fine, value: &u16| fine & (value & 0x7c00 != 0x7c00);
    if !from.iter().fold(true, finite) {
        return false;
    }
    for (value, wide) in from.iter().zip(to) {
        let bits = u32::from(*value);
        let magnitude = f32::from_bits((bits & 0x7fff) << 13) * SCALE;
        *wide = f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_widens_to_itself() {
        let all: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        // All remainders of whole registers.
        for len in (0..40).chain([all.len()]) {
            let mut wide = vec![0.0f32; len];
            widen(&all[..len], &mut wide);
            for (value, wide) in all.iter().zip(wide) {
                let same = wide.to_bits() == value.to_f32().to_bits();
                assert!(same || (wide.is_nan() && value.is_nan()), "{value}");
            }
        }
    }

    #[test]
    fn every_finite_value_widens_to_itself_without_instructions_for_it() {
        for bits in 0..=u16::MAX {
            let value = f16::from_bits(bits);
            let mut wide = [0.0f32; 2];
            let widened = widen_finite(&[f16::ONE, value], &mut wide);
            assert_eq!(widened, value.is_finite(), "{bits:#06x}");
            if widened {
                assert_eq!(wide[1].to_bits(), value.to_f32().to_bits(), "{bits:#06x}");
            }
        }
    }
}
