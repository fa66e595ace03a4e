//! What the numbers say, in sentences that are computed from them.

use std::fmt::Write;

use super::table::{points, share};
use crate::analysis::Reading;
use crate::arms::{Arm, Budget};
use crate::runs::BUNDLED;
use crate::statistics::Estimate;

/// A difference of fewer standard errors is called none.
const TOLD_APART: f64 = 2.0;

/// Whether a difference is one: `above`, `below`, or neither.
fn verdict(difference: &Estimate) -> &'static str {
    match difference.standard_errors_from_zero() {
        None => "of one seed, so it cannot be said whether it is one",
        Some(errors) if errors >= TOLD_APART => "above",
        Some(errors) if errors <= -TOLD_APART => "below",
        Some(_) => "not told apart",
    }
}

/// The findings over all worlds and readings.
pub(super) fn outcome(readings: &[Reading<'_>]) -> String {
    let mut text = "## What came out\n\n\
        Against random, the mean difference of relative performance over all budgets, in points, and \
        how many standard errors that is; within two of 0 the two are not told apart:\n\n"
        .to_owned();
    for reading in readings {
        let _ = write!(text, "- **{}, {}**: ", reading.realm(), reading.protocol);
        let mut clauses: Vec<(f64, String)> = Vec::new();
        for arm in reading.arms(BUNDLED) {
            let Some(difference) = reading.against_random_overall(arm) else {
                continue;
            };
            if arm == Arm::Random {
                continue;
            }
            let errors = (difference.standard_errors_from_zero())
                .map_or_else(String::new, |errors| {
                    format!(", {:.1} standard errors", errors.abs())
                });
            let clause = format!(
                "{} {} ({}{errors})",
                arm.title(),
                points(difference),
                verdict(&difference)
            );
            clauses.push((difference.mean, clause));
        }
        clauses.sort_by(|a, b| b.0.total_cmp(&a.0));
        let clauses: Vec<String> = clauses.into_iter().map(|(_, clause)| clause).collect();
        let said = if clauses.is_empty() {
            "nothing to compare".to_owned()
        } else {
            clauses.join("; ")
        };
        let _ = writeln!(text, "{said}.");
    }
    text.push('\n');
    text.push_str(&papers_ordering(readings));
    text.push_str(&best_on_all(readings));
    text
}

/// Whether confidence is above random where the paper says that it is.
fn papers_ordering(readings: &[Reading<'_>]) -> String {
    let mut appears = Vec::new();
    let mut fails = Vec::new();
    for reading in readings {
        let Some(difference) = reading.against_random_overall(Arm::Confidence) else {
            continue;
        };
        let place = format!("{} ({})", reading.realm(), reading.protocol);
        if verdict(&difference) == "above" {
            appears.push(place);
        } else {
            fails.push(place);
        }
    }
    if appears.is_empty() && fails.is_empty() {
        return String::new();
    }
    let found = match (appears.is_empty(), fails.is_empty()) {
        (true, _) => "appears nowhere".to_owned(),
        (false, true) => "appears everywhere".to_owned(),
        (false, false) => format!(
            "appears on {}, and does not on {}",
            appears.join(", "),
            fails.join(", ")
        ),
    };
    format!(
        "The paper reports that the least confident records are worth more than random ones, both on \
         the selector's own data and on other data. Here that ordering, by at least two standard errors \
         of the mean over budgets, {found}.\n\n"
    )
}

/// The methods by their mean over all worlds and readings.
fn best_on_all(readings: &[Reading<'_>]) -> String {
    let Some(first) = readings.first() else {
        return String::new();
    };
    let mut ranked: Vec<(f64, f64, Arm)> = (first.arms(BUNDLED).into_iter())
        .filter_map(|arm| {
            let means: Option<Vec<f64>> = (readings.iter())
                .map(|reading| {
                    let budgets = reading.budgets(BUNDLED);
                    Some(reading.overall(BUNDLED, arm, &budgets)?.mean)
                })
                .collect();
            let means = means?;
            let least = means.iter().copied().fold(f64::INFINITY, f64::min);
            Some((means.iter().sum::<f64>() / means.len() as f64, least, arm))
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    if ranked.len() < 2 {
        return String::new();
    }
    let order: Vec<String> = (ranked.iter())
        .map(|(mean, least, arm)| {
            format!(
                "{} {} (at least {})",
                arm.title(),
                share(*mean),
                share(*least)
            )
        })
        .collect();
    format!(
        "Over all worlds, readings and budgets alike, relative performance is on average: {}. In \
         brackets the mean over budgets where the method does worst.\n\n",
        order.join(", ")
    )
}

/// The order of the methods at each budget, and confidence against random there.
pub(super) fn reading(reading: &Reading<'_>) -> String {
    let mut text = String::new();
    for budget in reading.budgets(BUNDLED) {
        let _ = writeln!(text, "- {}", at_budget(reading, budget));
    }
    text.push('\n');
    text
}

fn at_budget(reading: &Reading<'_>, budget: &Budget) -> String {
    let mut ranked: Vec<(f64, Arm)> = (reading.arms(BUNDLED).into_iter())
        .filter_map(|arm| Some((reading.worth(BUNDLED, arm, budget)?.relative.mean, arm)))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let order: Vec<&str> = ranked.iter().map(|(_, arm)| arm.title()).collect();
    let mut sentence = format!("At {}, best first: {}.", budget.percent(), order.join(", "));
    if let Some(difference) = reading.against_random(Arm::Confidence, budget) {
        let _ = match verdict(&difference) {
            "above" | "below" => write!(
                sentence,
                " Confidence is {} random: {} points.",
                verdict(&difference),
                points(difference)
            ),
            "not told apart" => write!(
                sentence,
                " Confidence and random are not told apart: {} points.",
                points(difference)
            ),
            unsure => write!(
                sentence,
                " Between confidence and random is a difference of {} points, {unsure}.",
                points(difference)
            ),
        };
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::tests::evaluation;
    use crate::arms::Protocol;

    #[test]
    fn sentences_say_what_the_numbers_say() {
        let evaluation = evaluation();
        let of = Reading::new(&evaluation, &evaluation.realms[0], Protocol::OnePass)
            .expect("it has runs");
        let said = reading(&of);
        assert!(
            said.contains("At 5%, best first: confidence, random."),
            "{said}"
        );
        // 12.5 points, with errors of 2.9 points on both sides: 4.1, so 3.1 standard errors.
        assert!(
            said.contains("Confidence is above random: +12.5 ± 4.1 points."),
            "{said}"
        );
        let said = outcome(&[of]);
        assert!(
            said.contains("of the mean over budgets, appears everywhere."),
            "{said}"
        );
        assert!(
            said.contains("confidence +12.5 ± 2.9 (above, 4.3 standard errors)"),
            "{said}"
        );
        assert!(
            said.contains("confidence 67.5 (at least 67.5), random 55.0"),
            "{said}"
        );
    }

    #[test]
    fn few_standard_errors_are_no_difference() {
        let of = |mean, standard_error| Estimate {
            mean,
            standard_error,
            values: 3,
        };
        assert_eq!(verdict(&of(0.1, Some(0.06))), "not told apart");
        assert_eq!(verdict(&of(-0.1, Some(0.04))), "below");
        assert!(verdict(&of(0.1, None)).contains("cannot be said"));
    }
}
