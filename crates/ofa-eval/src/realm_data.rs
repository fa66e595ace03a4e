//! A realm's pool with its features and scores, its questions, and the subsets of its pool.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::answer::majority;
use crate::arms::{Arm, Budget, Realm};
use crate::composition::{Composition, RareConcepts};
use crate::examples_of_records::{Examples, Vocabularies};
use crate::ofa_program::OfaProgram;
use crate::runs::{BUNDLED, Measure, RealmFacts};
use crate::written_file::{read_json, write_json};
use crate::{Error, FrozenEncoder, GeneratedData, GeneratedRecord, Pictures, Result, Texts};

/// What scores the pools.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The program.
    pub ofa: OfaProgram,
    /// A folder in Hugging Face layout.
    pub encoder: PathBuf,
    /// What `ofa train` wrote.
    pub selector: PathBuf,
}

/// The files of a realm below an evaluation's folder.
#[derive(Debug, Clone)]
pub struct RealmFiles {
    realm: Realm,
    folder: PathBuf,
}

/// What a realm's files were made with.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct MadeWith {
    records: u64,
    held_out: u64,
    pool_seed: u64,
    held_out_seed: u64,
    encoder: String,
    selector: String,
}

#[derive(Deserialize)]
struct ManifestOfFile {
    positions: Vec<u64>,
}

impl RealmFiles {
    /// Below the evaluation's folder.
    #[must_use]
    pub fn new(evaluation: &Path, realm: Realm) -> Self {
        Self {
            realm,
            folder: evaluation.join(realm.name()),
        }
    }

    /// Which realm it is.
    #[must_use]
    pub fn realm(&self) -> Realm {
        self.realm
    }

    /// The feature store of the pool.
    #[must_use]
    pub fn features(&self) -> PathBuf {
        self.folder.join("features")
    }

    fn pool(&self) -> PathBuf {
        self.folder.join("pool")
    }

    fn held_out(&self) -> PathBuf {
        self.folder.join("held-out")
    }

    fn scores(&self, selector: &str) -> PathBuf {
        self.folder.join(format!("{selector}.scores.parquet"))
    }

    /// Makes what is missing: the pool, the questions' world, features and the bundled selector's
    /// scores.
    ///
    /// # Errors
    /// Where `ofa` fails, or the folder was made with something else.
    pub fn prepare(&self, measure: &Measure, tools: &Tools, say: &dyn Fn(&str)) -> Result<()> {
        let made_with = MadeWith {
            records: measure.records,
            held_out: measure.held_out,
            pool_seed: measure.pool_seed,
            held_out_seed: measure.held_out_seed,
            encoder: sha256_of_file(&tools.encoder.join("model.safetensors"))?,
            selector: sha256_of_file(&tools.selector)?,
        };
        let path = self.folder.join("made-with.json");
        match read_json::<MadeWith>(&path)? {
            Some(found) if found == made_with => {}
            Some(_) => {
                let problem = "this folder was made with other records, seeds, encoder or selector; \
                               give another with -o";
                return Err(Error::content(&path, problem));
            }
            None => write_json(&path, &made_with)?,
        }
        let ofa = &tools.ofa;
        for (folder, records, seed) in [
            (self.pool(), measure.records, measure.pool_seed),
            (self.held_out(), measure.held_out, measure.held_out_seed),
        ] {
            // `data.json` has its name only when the images and truths are there too.
            if !folder.join("data.json").exists() || !folder.join("truth.jsonl").exists() {
                say(&format!("{}: making {records} records", self.realm));
                let realm = self.realm.name();
                ofa.run(&[
                    &"demo",
                    &"--data-only",
                    &"--realm",
                    &realm,
                    &"--records",
                    &records,
                    &"--seed",
                    &seed,
                    &"-o",
                    &folder,
                ])?;
            }
        }
        // Where the store is finished this says so at once; a stopped one goes on.
        if !self.features().join("manifest.json").exists() {
            say(&format!("{}: encoding the pool", self.realm));
        }
        ofa.run(&[
            &"encode",
            &self.pool().join("data.json"),
            &"--images",
            &self.pool().join("images"),
            &"--encoder",
            &tools.encoder,
            &"-o",
            &self.features(),
        ])?;
        self.score(BUNDLED, &tools.selector, ofa)
    }

    /// Scores the pool by a selector, unless its scores are there.
    ///
    /// # Errors
    /// Where `ofa score` fails.
    pub fn score(&self, name: &str, selector: &Path, ofa: &OfaProgram) -> Result<()> {
        let scores = self.scores(name);
        if scores.exists() {
            return Ok(());
        }
        ofa.run(&[
            &"score",
            &self.features(),
            &"--selector",
            &selector,
            &"-o",
            &scores,
            &"--force",
        ])
    }

    /// The positions of a subset, chosen by `ofa select` the first time.
    ///
    /// # Errors
    /// Where `ofa select` fails.
    pub fn subset(
        &self,
        ofa: &OfaProgram,
        selector: &str,
        arm: Arm,
        budget: &Budget,
        seed: u64,
    ) -> Result<Vec<u64>> {
        // A choice that draws nothing is made once; all that take everything are one.
        let seed = if arm.draws() { seed } else { 0 };
        let arm = if arm.takes_everything() {
            Arm::Full
        } else {
            arm
        };
        let budget_name = budget.text().replace('.', "_");
        let name = format!("{selector}.{arm}.{budget_name}.{seed}");
        let folder = self.folder.join("subsets");
        let positions = folder.join(format!("{name}.positions.json"));
        if let Some(positions) = read_json(&positions)? {
            return Ok(positions);
        }
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let (chosen, manifest) = (
            folder.join(format!("{name}.json")),
            folder.join(format!("{name}.manifest.json")),
        );
        let data = self.pool().join("data.json");
        let (scores, features) = (self.scores(selector), self.features());
        let images = self.pool().join("images");
        let ratio = budget.text();
        let mut words: Vec<&dyn crate::ofa_program::AsWord> = vec![
            &"select",
            &data,
            &"--images",
            &images,
            &"--scores",
            &scores,
            &"--features",
            &features,
            &"--ratio",
            &ratio,
            &"--seed",
            &seed,
            &"-o",
            &chosen,
            &"--force",
        ];
        for word in arm.select_arguments() {
            words.push(word);
        }
        ofa.run(&words)?;
        let found: ManifestOfFile =
            read_json(&manifest)?.ok_or_else(|| Error::content(&manifest, "is not there"))?;
        write_json(&positions, &found.positions)?;
        // The positions say it all, and a subset of half of the pool is large.
        for path in [&chosen, &manifest] {
            fs::remove_file(path).map_err(Error::file(path))?;
        }
        Ok(found.positions)
    }

    /// What the realm was made with, of its encoder and its selector.
    fn made_with(&self) -> Result<MadeWith> {
        let path = self.folder.join("made-with.json");
        read_json(&path)?.ok_or_else(|| Error::content(&path, "is not there"))
    }
}

/// A realm in memory.
#[derive(Debug)]
pub struct RealmData {
    pool: GeneratedData,
    /// Pictures of the pool.
    pub pool_pictures: Pictures,
    /// Words and answers of the scored records.
    pub vocabularies: Vocabularies,
    /// What is asked: clean records of another seed.
    pub questions: Examples,
    /// Their pictures.
    pub question_pictures: Pictures,
    /// All questions, and what can be answered.
    pub texts: Texts,
    rare: RareConcepts,
    /// What is known before training.
    pub facts: RealmFacts,
}

impl RealmData {
    /// Reads what [`RealmFiles::prepare`] made.
    ///
    /// # Errors
    /// Where a file cannot be read, or there is nothing to train on or to ask.
    pub fn read<B: Backend>(files: &RealmFiles, tools: &Tools) -> Result<Self>
    where
        B::Device: Default,
    {
        let (ofa, encoder) = (
            &tools.ofa,
            FrozenEncoder::<B>::load(&tools.encoder, &B::Device::default())?,
        );
        let pool = GeneratedData::read(&files.pool())?;
        let held_out = GeneratedData::read(&files.held_out())?;
        let scored = files.subset(ofa, BUNDLED, Arm::Full, &Budget::whole(), 0)?;
        let scored: Vec<&GeneratedRecord> = of_positions(&pool, &scored)?;
        let clean: Vec<&GeneratedRecord> = (held_out.records.iter())
            .filter(|record| {
                let truth = &record.truth;
                truth.image_dirt.is_none() && truth.pair_dirt.is_none() && record.image.is_some()
            })
            .collect();
        let vocabularies = Vocabularies::of_pool(&scored);
        let pool_pictures = pictures(&pool, &scored, &encoder)?;
        let question_pictures = pictures(&held_out, &clean, &encoder)?;
        let asked = (scored.iter().chain(&clean))
            .flat_map(|record| &record.exchanges)
            .map(|exchange| exchange.question.as_str());
        let texts = Texts::read(asked.chain(vocabularies.answer_texts()), &encoder)?;
        let pool_examples = Examples::new(&scored, &pool_pictures, &texts, &vocabularies);
        let questions = Examples::new(&clean, &question_pictures, &texts, &vocabularies);
        for (examples, what, purpose) in [
            (&pool_examples, "the pool", "train on"),
            (&questions, "the held-out world", "ask about"),
        ] {
            if examples.records.is_empty() {
                return Err(Error::Nothing {
                    what: format!("{}: {what}", files.realm),
                    purpose,
                });
            }
        }
        let rare = RareConcepts::of_pool(scored.iter().copied());
        let made_with = files.made_with()?;
        let facts = RealmFacts {
            realm: files.realm,
            pool_data: sha256_of_file(&files.pool().join("data.json"))?,
            held_out_data: sha256_of_file(&files.held_out().join("data.json"))?,
            encoder: made_with.encoder,
            selector: made_with.selector,
            pool: Composition::of(scored.iter().copied(), &rare),
            turns: pool_examples.turns.len() as u64,
            answers: vocabularies.answers() as u64,
            answer_words: vocabularies.answer_words() as u64,
            sources: questions.sources.clone(),
            majority: majority(&pool_examples, &questions),
        };
        Ok(Self {
            pool,
            pool_pictures,
            vocabularies,
            questions,
            question_pictures,
            texts,
            rare,
            facts,
        })
    }

    /// The records at some positions as examples, and what they hold.
    ///
    /// # Errors
    /// A position beyond the pool.
    pub fn subset(&self, positions: &[u64]) -> Result<(Examples, Composition)> {
        let records = of_positions(&self.pool, positions)?;
        let composition = Composition::of(records.iter().copied(), &self.rare);
        let examples = Examples::new(
            &records,
            &self.pool_pictures,
            &self.texts,
            &self.vocabularies,
        );
        Ok((examples, composition))
    }
}

fn of_positions<'a>(
    pool: &'a GeneratedData,
    positions: &[u64],
) -> Result<Vec<&'a GeneratedRecord>> {
    let record = |&position: &u64| {
        let found = usize::try_from(position)
            .ok()
            .and_then(|n| pool.records.get(n));
        found.ok_or_else(|| Error::Setting(format!("position {position} is beyond the pool")))
    };
    positions.iter().map(record).collect()
}

fn pictures<B: Backend>(
    data: &GeneratedData,
    records: &[&GeneratedRecord],
    encoder: &FrozenEncoder<B>,
) -> Result<Pictures> {
    let paths = records.iter().filter_map(|record| record.image.as_deref());
    Pictures::read(&data.images(), paths, encoder)
}

/// SHA-256 of positions, by which a subset is known.
pub(crate) fn sha256_of_positions(positions: &[u64]) -> String {
    let mut hash = Sha256::new();
    positions
        .iter()
        .for_each(|position| hash.update(position.to_le_bytes()));
    hex(&hash.finalize())
}

fn sha256_of_file(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(Error::file(path))?;
    Ok(hex(&Sha256::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
