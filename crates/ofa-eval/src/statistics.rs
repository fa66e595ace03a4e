//! Means, their standard errors, and what an arm is worth relative to the full pool.

/// A mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error: the standard deviation (with n - 1) over the root of n. `None` of one
    /// value, which says nothing of how much values vary.
    pub standard_error: Option<f64>,
    /// How many values.
    pub values: usize,
}

impl Estimate {
    /// Of some values; `None` of none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let standard_error = (n > 1).then(|| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (squares / (n - 1) as f64 / n as f64).sqrt()
        });
        Some(Self {
            mean,
            standard_error,
            values: n,
        })
    }

    /// This minus another whose values are independent of these.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let errors = self.standard_error.zip(other.standard_error);
        Self {
            mean: self.mean - other.mean,
            standard_error: errors.map(|(a, b)| a.hypot(b)),
            values: self.values.min(other.values),
        }
    }

    /// How many standard errors the mean is away from 0; `None` where that cannot be said.
    #[must_use]
    pub fn standard_errors_from_zero(&self) -> Option<f64> {
        match self.standard_error {
            Some(error) if error > 0.0 => Some(self.mean / error),
            _ => None,
        }
    }
}

/// The mean of independent estimates.
#[must_use]
pub fn mean_of(estimates: &[Estimate]) -> Option<Estimate> {
    let n = estimates.len();
    if n == 0 {
        return None;
    }
    let errors: Option<Vec<f64>> = estimates.iter().map(|one| one.standard_error).collect();
    Some(Estimate {
        mean: estimates.iter().map(|one| one.mean).sum::<f64>() / n as f64,
        standard_error: errors.map(|errors| {
            let squares: f64 = errors.iter().map(|error| error * error).sum();
            squares.sqrt() / n as f64
        }),
        values: estimates.iter().map(|one| one.values).min().unwrap_or(0),
    })
}

/// Mean over sources of arm / full, as the paper reports it. Sources in which the full pool scores 0
/// have no such quotient and are left out; `None` where that leaves none.
///
/// # Panics
/// Where the two are not of the same sources.
#[must_use]
pub fn relative_performance(arm: &[f64], full: &[f64]) -> Option<f64> {
    assert_eq!(arm.len(), full.len(), "one score for each source");
    let quotients: Vec<f64> = (arm.iter().zip(full))
        .filter(|&(_, &full)| full > 0.0)
        .map(|(arm, full)| arm / full)
        .collect();
    Estimate::of(&quotients).map(|estimate| estimate.mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_and_its_standard_error() {
        // Deviations -2, 0, 2: variance 8 / 2 = 4, standard error 2 / sqrt(3).
        let three = Estimate::of(&[3.0, 5.0, 7.0]).expect("values");
        assert_eq!((three.mean, three.values), (5.0, 3));
        assert!((three.standard_error.expect("three") - 1.154_700_538).abs() < 1e-9);
        let one = Estimate::of(&[0.25]).expect("a value");
        assert_eq!((one.mean, one.standard_error), (0.25, None));
        assert_eq!(Estimate::of(&[]), None);
        // sqrt(4/3 + 4/3) for the difference of two such means.
        let other = Estimate::of(&[0.0, 2.0, 4.0]).expect("values");
        let difference = three.minus(&other);
        assert_eq!(difference.mean, 3.0);
        assert!((difference.standard_error.expect("both") - 1.632_993_162).abs() < 1e-9);
        let away = difference.standard_errors_from_zero().expect("an error");
        assert!((away - 1.837_117_307).abs() < 1e-9);
        assert_eq!(one.minus(&three).standard_errors_from_zero(), None);
    }

    #[test]
    fn the_mean_of_means_is_surer() {
        let of = |mean, error| Estimate {
            mean,
            standard_error: Some(error),
            values: 3,
        };
        let mean = mean_of(&[of(1.0, 0.3), of(2.0, 0.4)]).expect("two");
        assert_eq!(mean.mean, 1.5);
        assert!((mean.standard_error.expect("both") - 0.25).abs() < 1e-12);
        assert_eq!(mean_of(&[]), None);
    }

    #[test]
    fn performance_is_relative_to_the_full_pool_source_by_source() {
        // 0.3/0.6 = 0.5, 0.9/0.9 = 1, 0.66/0.6 = 1.1: the mean is 2.6 / 3.
        let relative = relative_performance(&[0.3, 0.9, 0.66], &[0.6, 0.9, 0.6]);
        assert!((relative.expect("three") - 0.866_666_667).abs() < 1e-9);
        let without = relative_performance(&[0.3, 0.9], &[0.6, 0.0]);
        assert_eq!(without, Some(0.5));
        assert_eq!(relative_performance(&[0.3], &[0.0]), None);
    }
}
