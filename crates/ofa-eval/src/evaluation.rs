//! The runs of an evaluation: which there are, and how they are made one after the other.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use burn::tensor::backend::AutodiffBackend;
use serde::{Deserialize, Serialize};

use crate::answer::{Training, test, train};
use crate::arms::{Arm, Budget, Protocol, Realm};
use crate::realm_data::{RealmData, RealmFiles, Tools, sha256_of_positions};
use crate::runs::{BUNDLED, Evaluation, Measure, RealmFacts, Run, RunKey, RunsFolder};
use crate::written_file::{read_json, write_json};
use crate::{Error, Result};

/// What is to be compared.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// On which worlds.
    pub realms: Vec<Realm>,
    /// What chooses, beside the full pool.
    pub arms: Vec<Arm>,
    /// How much.
    pub budgets: Vec<Budget>,
    /// How long is trained.
    pub protocols: Vec<Protocol>,
    /// How many runs of each arm.
    pub seeds: u64,
}

/// How many cores a run may have, and how many runs are made at a time.
#[derive(Debug, Clone, Copy)]
pub struct Workers {
    /// Runs at a time.
    pub jobs: usize,
    /// Threads of each.
    pub threads: usize,
}

/// What an evaluation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Runs that were trained now.
    pub trained: usize,
    /// Runs that were there.
    pub found: usize,
}

/// What a folder of runs was measured with, for its report.
#[derive(Debug, Serialize, Deserialize)]
struct MeasureOfFile {
    measure: Measure,
}

/// A run that is to be made, with its subset.
struct Pending {
    key: RunKey,
    subset: String,
    positions: Vec<u64>,
}

impl Comparison {
    /// The runs on one world by one selector: the full pool first, since all others are relative to
    /// it, then seed by seed, so that a stopped evaluation has some of everything.
    #[must_use]
    pub fn runs(&self, realm: Realm, selector: &str, with_full: bool) -> Vec<RunKey> {
        let mut runs = Vec::new();
        let key = |arm, budget: &Budget, protocol, seed| RunKey {
            realm,
            selector: selector.to_owned(),
            arm,
            budget: budget.clone(),
            protocol,
            seed,
        };
        let whole = Budget::whole();
        for seed in 1..=self.seeds {
            if with_full {
                // With the whole pool both readings are one.
                runs.push(key(Arm::Full, &whole, Protocol::OnePass, seed));
                runs.push(key(Arm::Blind, &whole, Protocol::OnePass, seed));
            }
            for &protocol in &self.protocols {
                for budget in &self.budgets {
                    for &arm in &self.arms {
                        runs.push(key(arm, budget, protocol, seed));
                    }
                }
            }
        }
        runs
    }
}

/// An evaluation's folder.
#[derive(Debug, Clone)]
pub struct EvaluationFolder {
    folder: PathBuf,
}

impl EvaluationFolder {
    /// At a path; nothing is made yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Where the files of a realm are.
    #[must_use]
    pub fn realm(&self, realm: Realm) -> RealmFiles {
        RealmFiles::new(&self.folder, realm)
    }

    /// Makes the runs of a comparison that are not there yet, and that an earlier evaluation has not made
    /// on the same pools and questions with the same encoder, selector and settings.
    ///
    /// # Errors
    /// Where `ofa` fails, a file cannot be read or written, or training comes to nothing. What was
    /// finished stays.
    pub fn run<B: AutodiffBackend>(
        &self,
        comparison: &Comparison,
        measure: &Measure,
        earlier: Option<&Evaluation>,
        tools: &Tools,
        workers: Workers,
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<Made>
    where
        B::Device: Default,
    {
        self.keep_measure(measure)?;
        let mut made = Made {
            trained: 0,
            found: 0,
        };
        for &realm in &comparison.realms {
            let files = self.realm(realm);
            files.prepare(measure, tools, say)?;
            let mut data = None;
            if let Some(earlier) = earlier.filter(|earlier| earlier.may_be_of(realm, measure)) {
                let read = RealmData::read::<B::InnerBackend>(&files, tools)?;
                let taken = self.take_over(&read.facts, measure, earlier)?;
                say(&format!("{realm}: {taken} runs of an earlier evaluation"));
                data = Some(read);
            }
            let runs = comparison.runs(realm, BUNDLED, true);
            let now = self.run_all::<B>(&files, data, runs, tools, workers, say)?;
            made.trained += now.trained;
            made.found += now.found;
        }
        Ok(made)
    }

    /// Keeps an earlier evaluation's runs on a realm that is still the same; how many there were.
    fn take_over(
        &self,
        facts: &RealmFacts,
        measure: &Measure,
        earlier: &Evaluation,
    ) -> Result<usize> {
        if !earlier.realms.contains(facts) {
            return Ok(0);
        }
        let kept = RunsFolder::new(self.folder.join("runs"), *measure);
        let mut taken = 0;
        let of_realm = |run: &&Run| run.key.realm == facts.realm;
        for run in earlier.runs.iter().filter(of_realm) {
            if kept.find(&run.key, &run.subset)?.is_none() {
                kept.keep(run)?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// Makes those of some runs on one world that are not there yet, by the folder's measure. `data` is
    /// the world where it was read already.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_all<B: AutodiffBackend>(
        &self,
        files: &RealmFiles,
        data: Option<RealmData>,
        runs: Vec<RunKey>,
        tools: &Tools,
        workers: Workers,
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<Made>
    where
        B::Device: Default,
    {
        let measure = self.measure()?;
        let kept = RunsFolder::new(self.folder.join("runs"), measure);
        let total = runs.len();
        let mut pending = VecDeque::new();
        for key in runs {
            let positions =
                files.subset(&tools.ofa, &key.selector, key.arm, &key.budget, key.seed)?;
            let subset = sha256_of_positions(&positions);
            if kept.find(&key, &subset)?.is_none() {
                pending.push_back(Pending {
                    key,
                    subset,
                    positions,
                });
            }
        }
        let made = Made {
            trained: pending.len(),
            found: total - pending.len(),
        };
        let facts = self.facts_path(files);
        if pending.is_empty() && facts.exists() {
            return Ok(made);
        }
        let realm = match data {
            Some(data) => data,
            None => RealmData::read::<B::InnerBackend>(files, tools)?,
        };
        write_json(&facts, &realm.facts)?;
        let pending = Mutex::new(pending);
        let work = || -> Result<()> {
            loop {
                let next = pending.lock().map_err(|_| stopped())?.pop_front();
                let Some(next) = next else { return Ok(()) };
                let left = pending.lock().map_err(|_| stopped())?.len();
                let run = match make_run::<B>(&realm, &measure, next) {
                    Ok(run) => run,
                    Err(error) => {
                        // The other workers finish what they have begun.
                        pending.lock().map_err(|_| stopped())?.clear();
                        return Err(error);
                    }
                };
                kept.keep(&run)?;
                say(&described(&run, left));
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..workers.jobs.max(1))
                .map(|_| {
                    scope.spawn(|| {
                        let pool = rayon::ThreadPoolBuilder::new()
                            .num_threads(workers.threads)
                            .build()
                            .map_err(|error| Error::Setting(error.to_string()))?;
                        pool.install(work)
                    })
                })
                .collect();
            for worker in workers {
                worker.join().map_err(|_| stopped())??;
            }
            Ok::<(), Error>(())
        })?;
        Ok(made)
    }

    /// Everything that a report of this folder is made from.
    ///
    /// # Errors
    /// Where a file cannot be read, or nothing was measured.
    pub fn evaluation(&self) -> Result<Evaluation> {
        let path = self.measure_path();
        let Some(MeasureOfFile { measure }) = read_json(&path)? else {
            return Err(Error::content(
                &path,
                "is not there; run the evaluation first",
            ));
        };
        let mut realms: Vec<RealmFacts> = Vec::new();
        for realm in Realm::ALL {
            realms.extend(read_json::<RealmFacts>(
                &self.facts_path(&self.realm(realm)),
            )?);
        }
        let runs = RunsFolder::new(self.folder.join("runs"), measure).read_all()?;
        Ok(Evaluation {
            measure,
            realms,
            runs,
        })
    }

    /// The measure of the folder's last evaluation.
    ///
    /// # Errors
    /// Where the file cannot be read or there was none.
    pub fn measure(&self) -> Result<Measure> {
        let path = self.measure_path();
        let file: Option<MeasureOfFile> = read_json(&path)?;
        let file = file.ok_or_else(|| Error::content(&path, "is not there; `run` comes first"))?;
        Ok(file.measure)
    }

    fn keep_measure(&self, measure: &Measure) -> Result<()> {
        let measure = *measure;
        write_json(&self.measure_path(), &MeasureOfFile { measure })
    }

    fn measure_path(&self) -> PathBuf {
        self.folder.join("measure.json")
    }

    fn facts_path(&self, files: &RealmFiles) -> PathBuf {
        self.folder.join(format!("{}.facts.json", files.realm()))
    }
}

fn stopped() -> Error {
    Error::Model("a run panicked".to_owned())
}

/// Trains and tests one answer model.
fn make_run<B: AutodiffBackend>(
    realm: &RealmData,
    measure: &Measure,
    pending: Pending,
) -> Result<Run>
where
    B::Device: Default,
{
    let Pending {
        key,
        subset,
        positions,
    } = pending;
    let device = B::Device::default();
    let (examples, composition) = realm.subset(&positions)?;
    let passes = usize::try_from(measure.passes).unwrap_or(usize::MAX);
    let of_pass = match key.protocol {
        Protocol::OnePass => examples.records.len(),
        Protocol::EqualSteps => realm.facts.pool.records as usize,
    };
    let steps = passes.saturating_mul(measure.schedule.steps_of_pass(of_pass));
    let blind = key.arm == Arm::Blind;
    let started = Instant::now();
    let trained = train::<B>(
        &Training {
            examples: &examples,
            pictures: &realm.pool_pictures,
            texts: &realm.texts,
            vocabularies: &realm.vocabularies,
            size: measure.size,
            schedule: measure.schedule,
            steps,
            blind,
            seed: key.seed,
        },
        &device,
    )?;
    let seconds = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    let (questions, pictures) = (&realm.questions, &realm.question_pictures);
    let scores = test(
        &trained.model,
        questions,
        pictures,
        &realm.texts,
        blind,
        &device,
    )?;
    Ok(Run {
        key,
        subset,
        turns: examples.turns.len() as u64,
        steps: steps as u64,
        seconds,
        loss: trained.loss,
        scores,
        composition,
    })
}

/// A line about a finished run.
fn described(run: &Run, left: usize) -> String {
    let key = &run.key;
    let mean = run.scores.iter().map(crate::Score::mean).sum::<f64>() / run.scores.len() as f64;
    format!(
        "{} {} {} {} {} seed {}: mean score {:.3} after {} steps in {:.1} s; {left} runs left",
        key.realm,
        key.selector,
        key.arm,
        key.budget.percent(),
        key.protocol,
        key.seed,
        mean,
        run.steps,
        run.seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_has_every_arm_once() {
        let comparison = Comparison {
            realms: vec![Realm::Shapes],
            arms: vec![Arm::Random, Arm::Confidence],
            budgets: vec![
                "0.1".parse().expect("a budget"),
                "0.5".parse().expect("a budget"),
            ],
            protocols: Protocol::ALL.to_vec(),
            seeds: 3,
        };
        let mut runs = comparison.runs(Realm::Shapes, BUNDLED, true);
        assert_eq!(runs.len(), 3 * (2 + 2 * 2 * 2));
        assert_eq!((runs[0].arm, runs[0].seed), (Arm::Full, 1));
        runs.sort();
        runs.dedup();
        assert_eq!(runs.len(), 30);
        assert_eq!(comparison.runs(Realm::Things, "other", false).len(), 24);
    }
}
