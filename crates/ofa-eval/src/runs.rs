//! Runs of the answer model, kept one by one.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::written_file::{read_json, write_json};
use crate::{Arm, Budget, Composition, Error, ModelSize, Protocol, Realm, Result, Schedule, Score};

/// The selector that ships with the project.
pub const BUNDLED: &str = "bundled";

/// What all runs of an evaluation have alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Records of a realm's pool.
    pub records: u64,
    /// Records of which the clean ones are asked about.
    pub held_out: u64,
    /// Seed of the pool's world.
    pub pool_seed: u64,
    /// Seed of the world of questions.
    pub held_out_seed: u64,
    /// Passes over the subset, or over the full pool for equal steps.
    pub passes: u64,
    /// How wide the answer model is.
    pub size: ModelSize,
    /// How it is trained.
    pub schedule: Schedule,
}

/// Which run it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunKey {
    /// The world.
    pub realm: Realm,
    /// The selector that scored it: [`BUNDLED`] or an ablation's.
    pub selector: String,
    /// What chose.
    pub arm: Arm,
    /// How much.
    pub budget: Budget,
    /// How long was trained.
    pub protocol: Protocol,
    /// Of the choice, where it draws, and of the training.
    pub seed: u64,
}

/// One trained and tested answer model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Which one.
    #[serde(flatten)]
    pub key: RunKey,
    /// SHA-256 of the chosen positions.
    pub subset: String,
    /// Questions that it was trained on.
    pub turns: u64,
    /// Steps of training.
    pub steps: u64,
    /// How long training took.
    pub seconds: f64,
    /// Mean loss of a turn over the last tenth of the steps.
    pub loss: f64,
    /// For each source of the realm.
    pub scores: Vec<Score>,
    /// What the subset holds.
    pub composition: Composition,
}

/// What is known of a realm's pool and questions before anything is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RealmFacts {
    /// Which one.
    pub realm: Realm,
    /// SHA-256 of the records of the pool.
    pub pool_data: String,
    /// SHA-256 of the records of which the clean ones are asked about.
    pub held_out_data: String,
    /// SHA-256 of the encoder's weights and of the selector.
    pub encoder: String,
    /// As above.
    pub selector: String,
    /// What the scored records hold.
    pub pool: Composition,
    /// Questions of the pool.
    pub turns: u64,
    /// Classes of short answers.
    pub answers: u64,
    /// Words of long answers.
    pub answer_words: u64,
    /// Names of the sources that questions are from.
    pub sources: Vec<String>,
    /// What always giving each source's most frequent answer comes to.
    pub majority: Vec<Score>,
}

/// A run's file.
#[derive(Debug, Serialize, Deserialize)]
struct RunOfFile {
    measure: Measure,
    run: Run,
}

/// A folder of runs, a JSON file each.
#[derive(Debug, Clone)]
pub struct RunsFolder {
    folder: PathBuf,
    measure: Measure,
}

impl RunsFolder {
    /// The runs in a folder that measure alike.
    #[must_use]
    pub fn new(folder: PathBuf, measure: Measure) -> Self {
        Self { folder, measure }
    }

    /// A run that was finished on this subset; `None` where there is none, or one of another subset
    /// or measure.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn find(&self, key: &RunKey, subset: &str) -> Result<Option<Run>> {
        let found: Option<RunOfFile> = read_json(&self.path(key))?;
        Ok(found
            .filter(|file| file.measure == self.measure)
            .map(|file| file.run)
            .filter(|run| run.key == *key && run.subset == subset))
    }

    /// Keeps a run.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep(&self, run: &Run) -> Result<()> {
        let file = RunOfFile {
            measure: self.measure,
            run: run.clone(),
        };
        write_json(&self.path(&run.key), &file)
    }

    /// All runs that measure alike, in the order of their keys.
    ///
    /// # Errors
    /// Where the folder or a file in it cannot be read.
    pub fn read_all(&self) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(Error::file(&self.folder))? {
            let path = entry.map_err(Error::file(&self.folder))?.path();
            if path.extension().is_some_and(|ending| ending == "json")
                && let Some(file) = read_json::<RunOfFile>(&path)?
                && file.measure == self.measure
            {
                runs.push(file.run);
            }
        }
        runs.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(runs)
    }

    fn path(&self, key: &RunKey) -> PathBuf {
        let RunKey {
            realm,
            selector,
            arm,
            budget,
            protocol,
            seed,
        } = key;
        let name = format!(
            "{realm}.{selector}.{arm}.{}.{protocol}.{seed}.json",
            budget.text().replace('.', "_")
        );
        self.folder.join(name)
    }
}

/// Everything that a report is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What all runs have alike.
    pub measure: Measure,
    /// The realms that were measured on.
    pub realms: Vec<RealmFacts>,
    /// The runs in the order of their keys.
    pub runs: Vec<Run>,
}

impl Evaluation {
    /// Reads the raw JSON.
    ///
    /// # Errors
    /// Where it is not there or is something else.
    pub fn read(path: &Path) -> Result<Self> {
        read_json(path)?.ok_or_else(|| Error::content(path, "is not there"))
    }

    /// Whether it measured a realm in this way; on the same data or not.
    pub(crate) fn may_be_of(&self, realm: Realm, measure: &Measure) -> bool {
        self.measure == *measure && self.realms.iter().any(|facts| facts.realm == realm)
    }

    /// The raw JSON: a line for each realm and each run, so that a change can be read.
    #[must_use]
    pub fn to_json(&self) -> String {
        fn line(value: &impl Serialize) -> String {
            serde_json::to_string(value).expect("numbers and names are always valid JSON")
        }
        fn lines<T: Serialize>(values: &[T]) -> String {
            values.iter().map(line).collect::<Vec<_>>().join(",\n")
        }
        let Self {
            measure,
            realms,
            runs,
        } = self;
        format!(
            "{{\n\"measure\": {},\n\"realms\": [\n{}\n],\n\"runs\": [\n{}\n]\n}}\n",
            line(measure),
            lines(realms),
            lines(runs)
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const MEASURE: Measure = Measure {
        records: 1000,
        held_out: 100,
        pool_seed: 1,
        held_out_seed: 2,
        passes: 1,
        size: ModelSize::TINY,
        schedule: Schedule {
            batch_records: 16,
            learning_rate: 0.001,
            weight_decay: 0.01,
            warm_up: 0.1,
        },
    };

    /// A run on two sources of 100 questions each, with so many right answers.
    pub(crate) fn run(arm: Arm, budget: &str, seed: u64, correct: [u64; 2]) -> Run {
        Run {
            key: RunKey {
                realm: Realm::Shapes,
                selector: BUNDLED.to_owned(),
                arm,
                budget: budget.parse().expect("a budget"),
                protocol: Protocol::OnePass,
                seed,
            },
            subset: "abc".to_owned(),
            turns: 10,
            steps: 5,
            seconds: 1.5,
            loss: 0.7,
            scores: correct
                .map(|correct| Score {
                    short: 100,
                    correct,
                    ..Score::default()
                })
                .to_vec(),
            composition: Composition {
                records: 10,
                ..Composition::default()
            },
        }
    }

    #[test]
    fn runs_are_found_again_where_nothing_changed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runs = RunsFolder::new(folder.path().to_owned(), MEASURE);
        let one = run(Arm::Kdpp, "0.15", 1, [3, 4]);
        assert_eq!(runs.find(&one.key, "abc").expect("no file"), None);
        runs.keep(&one).expect("written");
        assert_eq!(
            runs.find(&one.key, "abc").expect("a file"),
            Some(one.clone())
        );
        assert_eq!(runs.find(&one.key, "other").expect("a file"), None);
        let longer = Measure {
            passes: 2,
            ..MEASURE
        };
        let others = RunsFolder::new(folder.path().to_owned(), longer);
        assert_eq!(others.find(&one.key, "abc").expect("a file"), None);
        let two = run(Arm::Random, "0.15", 1, [1, 2]);
        runs.keep(&two).expect("written");
        fs::write(folder.path().join("x.json.partial"), "{").expect("written");
        assert_eq!(runs.read_all().expect("two files"), [two.clone(), one]);
        assert!(others.read_all().expect("none of them").is_empty());

        let evaluation = Evaluation {
            measure: MEASURE,
            realms: vec![],
            runs: vec![two],
        };
        let path = folder.path().join("raw");
        fs::write(&path, evaluation.to_json()).expect("written");
        assert_eq!(Evaluation::read(&path).expect("read back"), evaluation);
    }
}
