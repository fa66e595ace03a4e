//! Powers of e, many at a time.
//!
//! Only multiplications and additions, each rounded on its own, so that registers of every width give the same bits.
use super::for_each_width;

/// Below this the power counts as nothing; it is far from the numbers that f64 has no more digits for.
const SMALLEST: f64 = -700.0;

/// Added to a float of less than 2^51 it leaves the nearest integer in the lowest bits.
const TO_INTEGER: f64 = 6_755_399_441_055_744.0;

/// ln 2 in two parts: a multiple of the first by some hundreds is exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 1 / 13!, …, 1 / 2!: up to a half of ln 2 what is left out is below 2^-57.
const TERMS: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
];

for_each_width! {
    /// `e^(x - largest)` for each `x`, none of which is larger. Of a NaN it is NaN, and 0 below e^-700.
    ///
    /// Within two units of the last place.
    pub(crate) fn powers_below(values: &[f64], largest: f64, powers: &mut [f64]) {
        write_powers
    }
}

#[inline(always)]
fn write_powers(values: &[f64], largest: f64, powers: &mut [f64]) {
    for (power, value) in powers.iter_mut().zip(values) {
        *power = power_of_e(value - largest);
    }
}

/// `e^x` for `x` up to 0.
#[inline(always)]
fn power_of_e(x: f64) -> f64 {
    // A comparison that NaN passes.
    let bounded = if x < SMALLEST { SMALLEST } else { x };
    let shifted = bounded * std::f64::consts::LOG2_E + TO_INTEGER;
    let count = shifted - TO_INTEGER;
    let rest = (bounded - count * LN_2_HIGH) - count * LN_2_LOW;
    let mut sum = TERMS[0];
    for term in &TERMS[1..] {
        sum = sum * rest + term;
    }
    let power = (sum * rest) * rest + rest + 1.0;
    // 2^count: the integer in the lowest bits, moved to where the exponent is.
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    if x < SMALLEST { 0.0 } else { power * scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(x: f64) -> f64 {
        let mut many = [9.0; 19];
        powers_below(&[x; 19], 0.0, &mut many);
        assert_eq!(many[0].to_bits(), many[18].to_bits());
        many[0]
    }

    #[test]
    fn powers_are_those_of_a_library() {
        let mut worst = 0.0f64;
        for step in 0..200_000 {
            let x = -f64::from(step) * 0.003_477;
            let expected = libm::exp(x);
            worst = worst.max((power(x) - expected).abs() / expected);
        }
        println!("off by {worst:.1e}");
        assert!(worst < 4.5e-16, "{worst}");
    }

    #[test]
    fn special_numbers() {
        assert_eq!(power(0.0), 1.0);
        assert_eq!(power(-0.0), 1.0);
        assert_eq!(power(-701.0), 0.0);
        assert_eq!(power(f64::NEG_INFINITY), 0.0);
        assert!(power(f64::NAN).is_nan());
    }
}
