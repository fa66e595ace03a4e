//! What is compared: the ways to choose, the budgets and the readings.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A world of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Realm {
    /// The one that the bundled selector was trained on, with other records.
    Shapes,
    /// One that nothing was trained on.
    Things,
}

/// What an answer model is trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// Every record with a score.
    Full,
    /// As `full`, with nothing in place of what the encoder says of each picture.
    Blind,
    /// `--method random`.
    Random,
    /// `--method clip-score`.
    ClipScore,
    /// `--method k-center`.
    KCenter,
    /// `--method confidence`.
    Confidence,
    /// `--method confidence --alignment-filter`.
    ConfidenceFiltered,
    /// `--method confidence --no-quotas`.
    ConfidenceUnquotaed,
    /// `--method kdpp`.
    Kdpp,
    /// `--method kdpp-map`.
    KdppMap,
}

/// How long an answer model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// So many passes over the subset as over the pool, as in the paper: a smaller subset has fewer
    /// steps.
    OnePass,
    /// So many steps as the full pool has, over and over the subset.
    EqualSteps,
}

/// A share of the scored records, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Budget(String);

impl Realm {
    /// Both, the selector's own first.
    pub const ALL: [Self; 2] = [Self::Shapes, Self::Things];

    /// As in file names and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shapes => "shapes",
            Self::Things => "things",
        }
    }
}

impl Arm {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Full,
        Self::Blind,
        Self::Random,
        Self::ClipScore,
        Self::KCenter,
        Self::Confidence,
        Self::ConfidenceFiltered,
        Self::ConfidenceUnquotaed,
        Self::Kdpp,
        Self::KdppMap,
    ];

    /// Those that are compared at every budget.
    pub const METHODS: [Self; 7] = [
        Self::Random,
        Self::ClipScore,
        Self::KCenter,
        Self::Confidence,
        Self::ConfidenceFiltered,
        Self::Kdpp,
        Self::KdppMap,
    ];

    /// As in file names and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Blind => "blind",
            Self::Random => "random",
            Self::ClipScore => "clip-score",
            Self::KCenter => "k-center",
            Self::Confidence => "confidence",
            Self::ConfidenceFiltered => "confidence-filtered",
            Self::ConfidenceUnquotaed => "confidence-unquotaed",
            Self::Kdpp => "kdpp",
            Self::KdppMap => "kdpp-map",
        }
    }

    /// As a reader knows it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Full => "full pool",
            Self::Blind => "full pool, no pictures",
            Self::ConfidenceFiltered => "confidence + filter",
            Self::ConfidenceUnquotaed => "confidence, no quotas",
            other => other.name(),
        }
    }

    /// What `ofa select` is told.
    #[must_use]
    pub fn select_arguments(self) -> &'static [&'static str] {
        match self {
            // At a budget of everything each method gives everything.
            Self::Full | Self::Blind | Self::Random => &["--method", "random"],
            Self::ClipScore => &["--method", "clip-score"],
            Self::KCenter => &["--method", "k-center"],
            Self::Confidence => &["--method", "confidence"],
            Self::ConfidenceFiltered => &["--method", "confidence", "--alignment-filter"],
            Self::ConfidenceUnquotaed => &["--method", "confidence", "--no-quotas"],
            Self::Kdpp => &["--method", "kdpp"],
            Self::KdppMap => &["--method", "kdpp-map"],
        }
    }

    /// Whether its subsets differ between seeds.
    #[must_use]
    pub fn draws(self) -> bool {
        matches!(
            self,
            Self::Random | Self::KCenter | Self::Kdpp | Self::KdppMap
        )
    }

    /// Whether it takes the whole pool.
    #[must_use]
    pub fn takes_everything(self) -> bool {
        matches!(self, Self::Full | Self::Blind)
    }
}

impl Protocol {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OnePass, Self::EqualSteps];

    /// As in file names and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OnePass => "one-pass",
            Self::EqualSteps => "equal-steps",
        }
    }
}

impl Budget {
    /// Everything.
    #[must_use]
    pub fn whole() -> Self {
        Self("1".to_owned())
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// As a number in (0, 1].
    #[must_use]
    pub fn share(&self) -> f64 {
        self.0.parse().expect("new() checks it")
    }

    /// As `15%`.
    #[must_use]
    pub fn percent(&self) -> String {
        let percent = format!("{:.2}", 100.0 * self.share());
        format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Budget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse::<f64>() {
            Ok(share) if share > 0.0 && share <= 1.0 => Ok(Self(text.to_owned())),
            _ => Err(Error::Setting(format!(
                "expected a share above 0 and at most 1, such as 0.15, found `{text}`"
            ))),
        }
    }
}

impl TryFrom<String> for Budget {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Budget> for String {
    fn from(budget: Budget) -> Self {
        budget.0
    }
}

/// Reading and showing a name that is one of a list.
macro_rules! named {
    ($type:ident, $what:literal) => {
        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                (Self::ALL.into_iter().find(|one| one.name() == text)).ok_or_else(|| {
                    let names = Self::ALL.map(Self::name).join(", ");
                    Error::Setting(format!(
                        concat!("expected ", $what, ", one of {}, found `{}`"),
                        names, text
                    ))
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named!(Realm, "a realm");
named!(Arm, "a method");
named!(Protocol, "a protocol");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for arm in Arm::ALL {
            assert_eq!(arm.name().parse::<Arm>().expect("its name"), arm);
            let json = serde_json::to_string(&arm).expect("JSON");
            assert_eq!(json, format!("\"{arm}\""));
        }
        let error = "best".parse::<Arm>().expect_err("no such method");
        assert!(
            error.to_string().contains("kdpp-map, found `best`"),
            "{error}"
        );
    }

    #[test]
    fn budgets_are_shares() {
        let budget: Budget = "0.05".parse().expect("a share");
        assert_eq!((budget.percent().as_str(), budget.text()), ("5%", "0.05"));
        assert_eq!(
            "0.075".parse::<Budget>().expect("a share").percent(),
            "7.5%"
        );
        assert_eq!(Budget::whole().percent(), "100%");
        for wrong in ["0", "1.1", "-1", "x", "NaN"] {
            assert!(wrong.parse::<Budget>().is_err(), "{wrong}");
        }
    }
}
