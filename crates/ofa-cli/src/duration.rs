//! Times and sizes as people read them.

use std::time::Duration;

/// A time such as `3 s`, `12 min` or `5 h 20 min`.
pub(crate) fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    if seconds < 100.0 {
        return format!("{seconds:.0} s");
    }
    let minutes = (seconds / 60.0).round() as u64;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A size such as `1.4 GB`, in powers of ten.
pub(crate) fn size_text(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        b if b < 1e3 => format!("{b:.0} bytes"),
        b if b < 1e6 => format!("{:.0} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_about_two_digits() {
        let text = |seconds| duration_text(Duration::from_secs_f64(seconds));
        assert_eq!(text(0.26), "0.3 s");
        assert_eq!(text(59.6), "60 s");
        assert_eq!(text(125.0), "2 min");
        assert_eq!(text(3600.0 * 5.0 + 60.0 * 20.0), "5 h 20 min");
        assert_eq!(text(7200.0), "2 h");
        assert_eq!(size_text(12), "12 bytes");
        assert_eq!(size_text(1_362_530_304), "1.4 GB");
    }
}
