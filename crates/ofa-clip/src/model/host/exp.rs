//! The exponential function in a form that compilers turn into vector code.

use super::simd::multiply_add;

/// Adding this rounds an f32 of moderate size to a whole number, which then stands in the low
/// bits.
const ROUND: f32 = 12_582_912.0;

/// e to the power of `x`, within three units in the last place; below -87 it is e^-87, above
/// 88 e^88.
///
/// Method: `x = n ln 2 + r` with `|r| <= ln 2 / 2`, the Taylor polynomial of degree 7 for
/// `e^r`, and `2^n` by its exponent bits.
#[inline(always)]
pub(super) fn exp<const FMA: bool>(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let rounded = multiply_add::<FMA>(x, std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    // ln 2 in two parts, of which the first times n is exact.
    let r = multiply_add::<FMA>(n, -0.693_359_4, x);
    let r = multiply_add::<FMA>(n, 2.121_944_4e-4, r);
    let mut sum = 1.0 / 5040.0;
    for coefficient in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        sum = multiply_add::<FMA>(sum, r, coefficient);
    }
    let exponent = rounded
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .wrapping_add(127);
    sum * f32::from_bits(exponent << 23)
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn it_is_close_everywhere() {
        let mut worst = 0.0_f64;
        for step in -870_000..=880_000 {
            let x = step as f32 * 1e-4;
            let exact = f64::from(x).exp();
            for found in [exp::<false>(x), exp::<true>(x)] {
                worst = worst.max((f64::from(found) / exact - 1.0).abs());
            }
        }
        assert!(worst < 3.0 * f64::from(f32::EPSILON), "{worst:e}");
        assert_eq!(exp::<false>(0.0), 1.0);
        assert_eq!(exp::<true>(-1e9), exp::<true>(-87.0));
    }
}
