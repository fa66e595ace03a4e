//! How many records to choose.
use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A ratio above 0 and at most 1, exactly the decimal number that was written.
///
/// It is kept digit by digit: a binary fraction could not be exact, and a fixed number of
/// decimals would refuse a third written out long.
///
/// ```
/// use ofa_core::budget::Ratio;
/// let ratio: Ratio = "0.07".parse()?;
/// assert_eq!(ratio.ceil_of(100), 7); // 0.07 * 100 in f64 is a little above 7
/// assert_eq!("7e-2".parse(), Ok(ratio));
/// # Ok::<(), ofa_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio {
    // The order of the fields makes the derived comparison that of the numbers.
    /// The ratio is `0.d1 d2 d3 … * 10^exponent` with `d1` above 0; 1 for the ratio 1, else 0 or
    /// below.
    exponent: i32,
    /// `d1 d2 d3 …`, zeros after the last.
    digits: [u8; Self::DIGITS],
}

impl Ratio {
    /// Most significant digits.
    const DIGITS: usize = 160;

    /// Exponents below this all mean less than one record of any pool: they count as this one.
    const SMALLEST_EXPONENT: i64 = -1_000_000_000;

    /// The decimal number that `value` prints as: 0.07 for the f64 nearest to 0.07.
    ///
    /// # Errors
    /// [`Error::Ratio`] where it is not above 0 and at most 1.
    pub fn from_f64(value: f64) -> Result<Self> {
        value.to_string().parse()
    }

    /// The smallest whole number that is at least `ratio * n`, exactly.
    pub fn ceil_of(self, n: u64) -> u64 {
        let (whole, has_rest) = self.times(n.into());
        (whole + u128::from(has_rest)) as u64
    }

    /// The whole number nearest to `ratio * n`, exactly; halves go up.
    pub fn round_of(self, n: u64) -> u64 {
        let (halves, _) = self.times(2 * u128::from(n));
        halves.div_ceil(2) as u64
    }

    /// The whole part of `ratio * n`, and whether anything is left beyond it; `n` below 2^66.
    fn times(self, n: u128) -> (u128, bool) {
        if self.exponent == 1 {
            return (n, false);
        }
        // As on paper, from the last digit: what a place hands on is the rest divided by ten.
        let (mut whole, mut has_rest) = (0, false);
        let mut next_place = |digit: u8| {
            whole += u128::from(digit) * n;
            has_rest |= whole % 10 != 0;
            whole /= 10;
        };
        self.significant().iter().rev().for_each(|&d| next_place(d));
        // After 2^66 has been divided by ten twenty times nothing whole is left.
        (self.exponent.max(-20)..0).for_each(|_| next_place(0));
        (whole, has_rest)
    }

    /// The digits without the zeros after the last.
    fn significant(&self) -> &[u8] {
        let zeros = self.digits.iter().rev().take_while(|&&d| d == 0).count();
        &self.digits[..Self::DIGITS - zeros]
    }
}

impl FromStr for Ratio {
    type Err = Error;

    /// Reads a decimal number, with an exponent or without: `0.15`, `.15`, `1.5e-1`.
    fn from_str(text: &str) -> Result<Self> {
        let error = |problem| Error::Ratio {
            found: text.to_string(),
            problem,
        };
        let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if !is_digits(whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
            return Err(error("it is no decimal number"));
        }
        let exponent = match exponent {
            None => 0,
            Some(exponent) => read_exponent(exponent)
                .ok_or_else(|| error("what stands after its `e` is no whole number"))?,
        };

        let written: Vec<u8> = (whole.bytes().chain(fraction.bytes()))
            .map(|b| b - b'0')
            .collect();
        let leading_zeros = written.iter().take_while(|&&d| d == 0).count();
        let trailing_zeros = written.iter().rev().take_while(|&&d| d == 0).count();
        if leading_zeros == written.len() {
            return Err(error("it is 0"));
        }
        if is_negative {
            return Err(error("it is below 0"));
        }
        let significant = &written[leading_zeros..written.len() - trailing_zeros];
        let exponent = exponent + whole.len() as i64 - leading_zeros as i64;
        if exponent > 1 || (exponent == 1 && significant != [1]) {
            return Err(error("it is above 1"));
        }
        if significant.len() > Self::DIGITS {
            return Err(error("it has more than 160 digits"));
        }
        let mut digits = [0; Self::DIGITS];
        digits[..significant.len()].copy_from_slice(significant);
        Ok(Self {
            exponent: exponent.max(Self::SMALLEST_EXPONENT) as i32,
            digits,
        })
    }
}

/// A whole number with a sign or without; one beyond 15 digits counts as 10^15, which is beyond
/// any use too.
fn read_exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1, &text[1..]),
        [b'+', ..] => (1, &text[1..]),
        _ => (1, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let magnitude = match digits.len() {
        0 => 0,
        1..=15 => digits.parse().ok()?,
        _ => 1_000_000_000_000_000,
    };
    Some(sign * magnitude)
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.exponent == 1 {
            return f.write_str("1");
        }
        let digits: String = (self.significant().iter())
            .map(|&d| char::from(b'0' + d))
            .collect();
        if self.exponent > -20 {
            let zeros = "0".repeat(self.exponent.unsigned_abs() as usize);
            return write!(f, "0.{zeros}{digits}");
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{first}{point}{rest}e{}", self.exponent - 1)
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ratio({self})")
    }
}

/// How many of the scored records to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// `ceil(ratio * n)` of `n` scored records.
    Ratio(Ratio),
    /// Exactly so many.
    Count(u64),
}

impl Budget {
    /// The number of records for a pool of `available` scored ones.
    ///
    /// # Errors
    /// [`Error::CountAboveAvailable`] for a count above `available`.
    pub fn resolve(self, available: u64) -> Result<u64> {
        match self {
            Self::Ratio(ratio) => Ok(ratio.ceil_of(available)),
            Self::Count(count) if count > available => {
                Err(Error::CountAboveAvailable { count, available })
            }
            Self::Count(count) => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(text: &str) -> Ratio {
        text.parse().expect("a valid ratio")
    }

    #[test]
    fn ratios_are_exact_decimals() {
        assert_eq!(ratio("0.07").ceil_of(100), 7);
        assert_eq!(ratio("0.15").ceil_of(665_298), 99_795);
        assert_eq!(ratio("0.1").ceil_of(30), 3);
        assert_eq!(ratio("0.101").ceil_of(30), 4);
        assert_eq!(ratio("1").ceil_of(u64::MAX), u64::MAX);
        assert_eq!(ratio("0.000000000000000001").ceil_of(1), 1);
        assert_eq!(ratio("0.5").ceil_of(0), 0);
        assert_eq!(ratio("0.2").round_of(7), 1);
        assert_eq!(ratio("0.2").round_of(8), 2);
        assert_eq!(ratio("0.5").round_of(3), 2);
        assert_eq!(ratio("0.49999999999999999999").round_of(3), 1);
        for (text, shown) in [
            ("1.000", "1"),
            (".5", "0.5"),
            ("0.150", "0.15"),
            ("01.", "1"),
            ("0.05", "0.05"),
        ] {
            assert_eq!(ratio(text).to_string(), shown);
        }
        assert_eq!(Ratio::from_f64(0.07), Ok(ratio("0.07")));
    }

    #[test]
    fn exponents_move_the_point() {
        for (text, same) in [
            ("1.5e-1", "0.15"),
            ("15E-2", "0.15"),
            ("0.0015e+2", "0.15"),
            ("100e-2", "1"),
            ("1e0", "1"),
            ("1e-00000000000000000003", "0.001"),
        ] {
            assert_eq!(ratio(text), ratio(same), "{text}");
        }
        assert_eq!(ratio("1.25e-40").to_string(), "1.25e-40");
        assert_eq!(ratio("1e-40").to_string(), "1e-40");
        // Whatever is above 0 asks for a record.
        for text in ["5e-324", "1e-99999999999999999999"] {
            let tiny = ratio(text);
            assert_eq!((tiny.ceil_of(u64::MAX), tiny.round_of(u64::MAX)), (1, 0));
            assert_eq!(ratio(&tiny.to_string()), tiny);
        }
        for value in [f64::MIN_POSITIVE, 5e-324, 1e-19, 1.0 / 3.0, 1.0] {
            assert!(Ratio::from_f64(value).is_ok(), "{value}");
        }
    }

    #[test]
    fn long_decimals_are_taken_to_the_last_digit() {
        assert_eq!(ratio("0.3333333333333333333").ceil_of(3), 1);
        for digits in [19, 40, 150] {
            let below = ratio(&format!("0.{}", "3".repeat(digits)));
            let above = ratio(&format!("0.{}4", "3".repeat(digits - 1)));
            assert_eq!((below.ceil_of(3), above.ceil_of(3)), (1, 2), "{digits}");
            assert!(below < above && ratio("0.3") < below && above < ratio("0.34"));
            assert!(ratio("0.033") < below && below < ratio("1"));
        }
        // 0.6 and 2^64 - 1 = 5 * 3689348814741910323: exact where f64 is off by hundreds.
        assert_eq!(
            ratio("0.6").ceil_of(u64::MAX),
            3 * 3_689_348_814_741_910_323
        );
    }

    #[test]
    fn what_is_no_ratio_is_refused() {
        for text in [
            "",
            ".",
            "0",
            "0.0",
            "0e5",
            "-0",
            "-0.1",
            "-1e-3",
            "1.0000000001",
            "2",
            "10",
            "1e1",
            "0.2e1",
            "1e999999999999999999999",
            "1e",
            "1e-",
            "1e-0.5",
            "e-1",
            "0.1 ",
            "+0.1",
            "nan",
            "15%",
            "0,1",
            "0.1.1",
            "-",
        ] {
            assert!(
                matches!(text.parse::<Ratio>(), Err(Error::Ratio { .. })),
                "{text:?}"
            );
        }
        let too_long = format!("0.{}", "1".repeat(161));
        assert!(too_long.parse::<Ratio>().is_err());
        for value in [0.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
            assert!(Ratio::from_f64(value).is_err(), "{value}");
        }
    }

    #[test]
    fn counts_are_bounded_by_the_pool() {
        assert_eq!(Budget::Count(5).resolve(5), Ok(5));
        assert_eq!(Budget::Count(0).resolve(5), Ok(0));
        assert_eq!(
            Budget::Count(6).resolve(5),
            Err(Error::CountAboveAvailable {
                count: 6,
                available: 5
            })
        );
    }

    proptest! {
        #[test]
        fn text_reads_back(text in "0\\.[0-9]{0,40}[1-9]", exponent in -60i32..=0) {
            let original = ratio(&format!("{text}e{exponent}"));
            prop_assert_eq!(ratio(&original.to_string()), original);
        }

        #[test]
        fn products_are_those_of_integers(parts in 1..=10u64.pow(18), n in 1u64..) {
            let one = 10u128.pow(18);
            let ratio = ratio(&format!("{parts}e-18"));
            let product = u128::from(parts) * u128::from(n);
            prop_assert_eq!(u128::from(ratio.ceil_of(n)), product.div_ceil(one));
            prop_assert_eq!(u128::from(ratio.round_of(n)), (2 * product + one) / (2 * one));
        }
    }
}
