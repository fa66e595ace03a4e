//! How many records to choose.
use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A ratio above 0 and at most 1, exactly the decimal number that was written.
///
/// ```
/// use ofa_core::budget::Ratio;
/// let ratio: Ratio = "0.07".parse()?;
/// assert_eq!(ratio.ceil_of(100), 7); // 0.07 * 100 in f64 is a little above 7
/// # Ok::<(), ofa_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio {
    /// The ratio times [`Ratio::ONE`].
    parts: u64,
}

impl Ratio {
    /// Ratios are counted in parts of 10^-18.
    const DIGITS: u32 = 18;
    const ONE: u64 = 10u64.pow(Self::DIGITS);

    /// The decimal number that `value` prints as: 0.07 for the f64 nearest to 0.07.
    ///
    /// # Errors
    /// [`Error::Ratio`] where it is not above 0 and at most 1.
    pub fn from_f64(value: f64) -> Result<Self> {
        value.to_string().parse()
    }

    /// The smallest whole number that is at least `ratio * n`, exactly.
    pub fn ceil_of(self, n: u64) -> u64 {
        let product = u128::from(self.parts) * u128::from(n);
        product.div_ceil(u128::from(Self::ONE)) as u64
    }

    /// The whole number nearest to `ratio * n`, exactly; halves go up.
    pub fn round_of(self, n: u64) -> u64 {
        let product = u128::from(self.parts) * u128::from(n);
        ((2 * product + u128::from(Self::ONE)) / (2 * u128::from(Self::ONE))) as u64
    }
}

impl FromStr for Ratio {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let error = |problem| Error::Ratio {
            found: text.to_string(),
            problem,
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if text.starts_with('-') && digits(&whole[1..]) && digits(fraction) {
            return Err(error("it is below 0"));
        }
        if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
            return Err(error("it is no decimal number"));
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > Self::DIGITS as usize {
            return Err(error("it has more than 18 decimals"));
        }
        let mut parts: u64 = match whole.trim_start_matches('0') {
            "" => 0,
            "1" => Self::ONE,
            _ => return Err(error("it is above 1")),
        };
        for (place, digit) in fraction.bytes().enumerate() {
            parts += u64::from(digit - b'0') * 10u64.pow(Self::DIGITS - 1 - place as u32);
        }
        match parts {
            0 => Err(error("it is 0")),
            parts if parts > Self::ONE => Err(error("it is above 1")),
            parts => Ok(Self { parts }),
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts == Self::ONE {
            return f.write_str("1");
        }
        let decimals = format!("{:018}", self.parts);
        write!(f, "0.{}", decimals.trim_end_matches('0'))
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
        for (text, shown) in [
            ("1.000", "1"),
            (".5", "0.5"),
            ("0.150", "0.15"),
            ("01.", "1"),
        ] {
            assert_eq!(ratio(text).to_string(), shown);
        }
        assert_eq!(Ratio::from_f64(0.07), Ok(ratio("0.07")));
    }

    #[test]
    fn what_is_no_ratio_is_refused() {
        for text in [
            "",
            ".",
            "0",
            "0.0",
            "-0.1",
            "1.0000000001",
            "2",
            "10",
            "1e-1",
            "0.1 ",
            "+0.1",
            "nan",
            "15%",
            "0,1",
            "0.1.1",
            "-",
            "0.0000000000000000001",
        ] {
            assert!(
                matches!(text.parse::<Ratio>(), Err(Error::Ratio { .. })),
                "{text:?}"
            );
        }
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
        fn text_reads_back(parts in 1..=Ratio::ONE) {
            let original = Ratio { parts };
            prop_assert_eq!(ratio(&original.to_string()), original);
        }

        #[test]
        fn a_ratio_of_a_pool_fits_it(parts in 1..=Ratio::ONE, n in 1u64..) {
            let count = Ratio { parts }.ceil_of(n);
            prop_assert!((1..=n).contains(&count));
        }
    }
}
