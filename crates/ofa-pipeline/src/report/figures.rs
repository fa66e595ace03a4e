//! Numbers as a person reads them.

pub(crate) use ofa_data::grouped;

/// A share in percent, as `12.3%`; 0 of 0 is none.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part > 0 && part < whole && part * 2000 < whole {
        return "under 0.1%".to_owned();
    }
    format!("{:.1}%", share(part, whole))
}

/// A share in percent.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// A confidence or another number below 1, with three digits that count.
pub(crate) fn small(value: f64) -> String {
    let leading_zeros = match value.abs() {
        0.0 => 0,
        size => (0..8)
            .take_while(|&n| size * [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8][n] < 1.0)
            .count(),
    };
    format!("{value:.*}", leading_zeros + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_say_enough() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(percent(1, 8), "12.5%");
        assert_eq!(percent(1, 100_000), "under 0.1%");
        assert_eq!(percent(0, 0), "0.0%");
        assert_eq!(small(0.031_25), "0.0312");
        assert_eq!(small(0.5), "0.500");
        assert_eq!(small(0.0), "0.000");
        assert_eq!(small(-0.004_321), "-0.00432");
    }
}
