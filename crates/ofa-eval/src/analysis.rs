//! From runs to the numbers of the report.

use std::collections::BTreeSet;

use crate::answer::Score;
use crate::arms::{Arm, Budget, Protocol, Realm};
use crate::composition::Composition;
use crate::runs::{BUNDLED, Evaluation, RealmFacts, Run};
use crate::statistics::{Estimate, mean_of, relative_performance};

/// The runs of one world under one reading.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) facts: &'a RealmFacts,
    pub(crate) protocol: Protocol,
    runs: Vec<&'a Run>,
    /// Mean scores of the full pool, for each source.
    full: Vec<f64>,
}

/// What an arm is worth at a budget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worth {
    /// Relative performance.
    pub(crate) relative: Estimate,
    /// Mean over sources of the mean score.
    pub(crate) score: Estimate,
    /// Mean over sources of the share of short answers that are right.
    pub(crate) accuracy: Estimate,
}

/// The mean over sources of the mean score.
pub(crate) fn mean_score(scores: &[Score]) -> f64 {
    scores.iter().map(Score::mean).sum::<f64>() / scores.len().max(1) as f64
}

/// The mean over the sources that have short answers of the share that is right.
pub(crate) fn mean_accuracy(scores: &[Score]) -> f64 {
    let accuracies: Vec<f64> = scores.iter().filter_map(Score::accuracy).collect();
    accuracies.iter().sum::<f64>() / accuracies.len().max(1) as f64
}

impl<'a> Reading<'a> {
    /// `None` where the full pool was not trained on, or nothing else was.
    pub(crate) fn new(
        evaluation: &'a Evaluation,
        facts: &'a RealmFacts,
        protocol: Protocol,
    ) -> Option<Self> {
        let of_realm = |run: &&Run| run.key.realm == facts.realm;
        let runs: Vec<&Run> = (evaluation.runs.iter())
            .filter(of_realm)
            .filter(|run| run.key.arm.takes_everything() || run.key.protocol == protocol)
            .collect();
        let full: Vec<&&Run> = runs.iter().filter(|run| run.key.arm == Arm::Full).collect();
        if full.is_empty() || runs.iter().all(|run| run.key.arm.takes_everything()) {
            return None;
        }
        let mean_of_source = |source: usize| {
            full.iter()
                .map(|run| run.scores[source].mean())
                .sum::<f64>()
                / full.len() as f64
        };
        let full = (0..facts.sources.len()).map(mean_of_source).collect();
        Some(Self {
            facts,
            protocol,
            runs,
            full,
        })
    }

    pub(crate) fn realm(&self) -> Realm {
        self.facts.realm
    }

    /// The budgets below everything, in rising order.
    pub(crate) fn budgets(&self, selector: &str) -> Vec<&'a Budget> {
        let found: BTreeSet<&Budget> = (self.runs.iter())
            .filter(|run| run.key.selector == selector && !run.key.arm.takes_everything())
            .map(|run| &run.key.budget)
            .collect();
        let mut budgets: Vec<&Budget> = found.into_iter().collect();
        budgets.sort_by(|a, b| a.share().total_cmp(&b.share()));
        budgets
    }

    /// The methods that chose by a selector, in the order of [`Arm::ALL`].
    pub(crate) fn arms(&self, selector: &str) -> Vec<Arm> {
        let has = |arm: &Arm| {
            (self.runs.iter()).any(|run| run.key.selector == selector && run.key.arm == *arm)
        };
        (Arm::ALL.into_iter())
            .filter(|arm| !arm.takes_everything())
            .filter(has)
            .collect()
    }

    /// The selectors of ablations, the base first.
    pub(crate) fn ablated(&self) -> Vec<&'a str> {
        let names: BTreeSet<&str> = (self.runs.iter())
            .map(|run| run.key.selector.as_str())
            .filter(|&name| name != BUNDLED)
            .collect();
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_by_key(|&name| (name != crate::ablation::BASE, name));
        names
    }

    /// The runs of an arm, by seed.
    pub(crate) fn runs(&self, selector: &str, arm: Arm, budget: &Budget) -> Vec<&'a Run> {
        (self.runs.iter().copied())
            .filter(|run| {
                let key = &run.key;
                key.selector == selector && key.arm == arm && key.budget == *budget
            })
            .collect()
    }

    /// What an arm is worth; `None` where it has no run.
    pub(crate) fn worth(&self, selector: &str, arm: Arm, budget: &Budget) -> Option<Worth> {
        let runs = self.runs(selector, arm, budget);
        let relative: Vec<f64> = (runs.iter())
            .filter_map(|run| self.relative(&run.scores))
            .collect();
        let of = |value: &dyn Fn(&[Score]) -> f64| {
            let values: Vec<f64> = runs.iter().map(|run| value(&run.scores)).collect();
            Estimate::of(&values)
        };
        Some(Worth {
            relative: Estimate::of(&relative)?,
            score: of(&mean_score)?,
            accuracy: of(&mean_accuracy)?,
        })
    }

    /// Relative performance of some scores.
    pub(crate) fn relative(&self, scores: &[Score]) -> Option<f64> {
        let means: Vec<f64> = scores.iter().map(Score::mean).collect();
        relative_performance(&means, &self.full)
    }

    /// An arm against random at a budget: the difference of their relative performances.
    pub(crate) fn against_random(&self, arm: Arm, budget: &Budget) -> Option<Estimate> {
        let of_arm = self.worth(BUNDLED, arm, budget)?;
        let of_random = self.worth(BUNDLED, Arm::Random, budget)?;
        Some(of_arm.relative.minus(&of_random.relative))
    }

    /// As [`against_random`](Self::against_random), the mean over all budgets.
    pub(crate) fn against_random_overall(&self, arm: Arm) -> Option<Estimate> {
        let differences: Option<Vec<Estimate>> = (self.budgets(BUNDLED).into_iter())
            .map(|budget| self.against_random(arm, budget))
            .collect();
        mean_of(&differences?)
    }

    /// Mean relative performance of an arm over some budgets; `None` where one has no run.
    pub(crate) fn overall(
        &self,
        selector: &str,
        arm: Arm,
        budgets: &[&Budget],
    ) -> Option<Estimate> {
        let all: Option<Vec<Estimate>> = (budgets.iter())
            .map(|budget| Some(self.worth(selector, arm, budget)?.relative))
            .collect();
        mean_of(&all?)
    }

    /// What an arm's subsets hold: for each of its runs.
    pub(crate) fn compositions(&self, arm: Arm, budget: &Budget) -> Vec<&'a Composition> {
        (self.runs(BUNDLED, arm, budget).into_iter())
            .map(|run| &run.composition)
            .collect()
    }

    /// The mean of a share over the subsets of an arm.
    pub(crate) fn share(
        &self,
        arm: Arm,
        budget: &Budget,
        of: &dyn Fn(&Composition) -> f64,
    ) -> Option<f64> {
        let shares: Vec<f64> = (self.compositions(arm, budget).into_iter())
            .map(of)
            .collect();
        Estimate::of(&shares).map(|estimate| estimate.mean)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::runs::tests::{MEASURE, run};

    /// An evaluation of two sources with three seeds of random and confidence at two budgets.
    pub(crate) fn evaluation() -> Evaluation {
        let mut runs = Vec::new();
        for seed in 1..=3 {
            runs.push(run(Arm::Full, "1", seed, [80, 50]));
            runs.push(run(Arm::Blind, "1", seed, [40, 50]));
            for budget in ["0.05", "0.15"] {
                runs.push(run(Arm::Random, budget, seed, [40, 20 + 5 * seed]));
                runs.push(run(Arm::Confidence, budget, seed, [60, 20 + 5 * seed]));
            }
        }
        runs.sort_by(|a, b| a.key.cmp(&b.key));
        let facts = RealmFacts {
            realm: Realm::Shapes,
            pool_data: String::new(),
            held_out_data: String::new(),
            encoder: "e".to_owned(),
            selector: "s".to_owned(),
            pool: Composition {
                records: 900,
                near_duplicates: 400,
                scenes: 700,
                mismatched: 50,
                wrong_answers: 60,
                with_rare_concepts: 90,
                rare_concepts: 30,
            },
            turns: 1600,
            answers: 120,
            answer_words: 200,
            sources: vec!["counting".to_owned(), "yes_no".to_owned()],
            majority: vec![
                Score {
                    short: 100,
                    correct: 30,
                    ..Score::default()
                },
                Score {
                    short: 100,
                    correct: 50,
                    ..Score::default()
                },
            ],
        };
        Evaluation {
            measure: MEASURE,
            realms: vec![facts],
            runs,
        }
    }

    #[test]
    fn worth_is_relative_to_the_mean_of_the_full_pool() {
        let evaluation = evaluation();
        let reading = Reading::new(&evaluation, &evaluation.realms[0], Protocol::OnePass)
            .expect("it has runs");
        let budgets = reading.budgets(BUNDLED);
        assert_eq!(budgets.len(), 2);
        let random = reading
            .worth(BUNDLED, Arm::Random, budgets[0])
            .expect("runs");
        // 40/80 and 25/50, 30/50, 35/50: means 0.5, 0.55, 0.6.
        assert!((random.relative.mean - 0.55).abs() < 1e-12);
        let error = random.relative.standard_error.expect("three seeds");
        assert!((error - 0.05 / 3.0_f64.sqrt()).abs() < 1e-12);
        assert!((random.score.mean - 0.35).abs() < 1e-12);
        assert!((random.accuracy.mean - 0.35).abs() < 1e-12);
        let better = reading
            .against_random(Arm::Confidence, budgets[0])
            .expect("runs");
        assert!((better.mean - 0.125).abs() < 1e-12);
        let overall = reading
            .against_random_overall(Arm::Confidence)
            .expect("runs");
        assert!((overall.mean - 0.125).abs() < 1e-12);
        let (a, b) = (
            overall.standard_error.expect("se"),
            better.standard_error.expect("se"),
        );
        assert!((a - b / 2.0_f64.sqrt()).abs() < 1e-12);
        let majority = reading.relative(&reading.facts.majority).expect("scores");
        assert!((majority - (30.0 / 80.0 + 1.0) / 2.0).abs() < 1e-12);
        assert!(reading.ablated().is_empty());
        assert_eq!(reading.arms(BUNDLED), [Arm::Random, Arm::Confidence]);
        assert!(reading.worth(BUNDLED, Arm::Kdpp, budgets[0]).is_none());
        assert!(
            Reading::new(&evaluation, &evaluation.realms[0], Protocol::EqualSteps).is_none(),
            "without a run of its own a reading says nothing"
        );
    }
}
