//! A generated dataset with its truths, as `ofa demo --data-only` writes it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, Result};

/// A question and its answer, a human turn with the turn of the model after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The human turn without the image's placeholder.
    pub question: String,
    /// What is to be answered.
    pub answer: String,
}

/// What is known of a record beside what it says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Truth {
    /// Position in the dataset, from 0.
    pub position: u64,
    /// The source that the record is from.
    pub source: String,
    /// The scene that its image shows; none for a record without an image.
    pub scene: Option<String>,
    /// The distinct things in the image.
    pub concepts: Vec<String>,
    /// What is wrong with the image's file.
    pub image_dirt: Option<String>,
    /// What is wrong between image and text.
    pub pair_dirt: Option<PairDirt>,
}

/// What can be wrong between image and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairDirt {
    /// The conversation is about another scene.
    Mismatched,
    /// The answers are false.
    WrongAnswers,
}

/// A record with its truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedRecord {
    /// What it names as its image.
    pub image: Option<String>,
    /// Its conversation.
    pub exchanges: Vec<Exchange>,
    /// What is known of it.
    pub truth: Truth,
}

/// A dataset in a folder: `data.json`, `images/` and `truth.jsonl`.
#[derive(Debug, Clone)]
pub struct GeneratedData {
    folder: PathBuf,
    /// The records by position.
    pub records: Vec<GeneratedRecord>,
}

#[derive(Deserialize)]
struct RecordOfFile {
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    conversations: Vec<TurnOfFile>,
}

#[derive(Deserialize)]
struct TurnOfFile {
    from: String,
    value: String,
}

impl GeneratedData {
    /// Reads the folder; the images are read by [`Pictures`](crate::Pictures).
    ///
    /// # Errors
    /// A file that is not there or is not what it should be, a line of truth too few or too many.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("data.json");
        let bytes = fs::read(&path).map_err(Error::file(&path))?;
        let records: Vec<RecordOfFile> =
            serde_json::from_slice(&bytes).map_err(|error| Error::content(&path, error))?;
        let path = folder.join("truth.jsonl");
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        let truths = text
            .lines()
            .map(serde_json::from_str::<Truth>)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Error::content(&path, error))?;
        let in_order = (0..).zip(&truths).all(|(n, truth)| truth.position == n);
        if truths.len() != records.len() || !in_order {
            let problem = format!(
                "expected a line for each of the {} records of data.json in order, found {}",
                records.len(),
                truths.len()
            );
            return Err(Error::content(&path, problem));
        }
        let records = (records.into_iter().zip(truths))
            .map(|(record, truth)| GeneratedRecord {
                image: record.image,
                exchanges: exchanges(&record.conversations),
                truth,
            })
            .collect();
        Ok(Self {
            folder: folder.to_owned(),
            records,
        })
    }

    /// The folder that paths of images are relative to.
    #[must_use]
    pub fn images(&self) -> PathBuf {
        self.folder.join("images")
    }
}

/// Each human turn with the model's turn right after it.
fn exchanges(turns: &[TurnOfFile]) -> Vec<Exchange> {
    let mut found = Vec::new();
    for pair in turns.windows(2) {
        if let [human, model] = pair
            && human.from == "human"
            && model.from == "gpt"
        {
            found.push(Exchange {
                question: human.value.replace("<image>", " ").trim().to_owned(),
                answer: model.value.clone(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_with_their_truths() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = r#"[
            {"id": 1, "image": "a/1.png", "conversations": [
                {"from": "human", "value": "<image>\nHow many?"}, {"from": "gpt", "value": "2"},
                {"from": "human", "value": "Sure?"}, {"from": "gpt", "value": "Yes."}]},
            {"conversations": []}]"#;
        let truth = r#"{"position":0,"source":"counting","scene":"s","variant":0,"concepts":["red circle"],"objects":2,"image_dirt":null,"pair_dirt":"wrong_answers"}
{"position":1,"source":"text_only","scene":null,"variant":null,"concepts":[],"objects":0,"image_dirt":null,"pair_dirt":null}
"#;
        fs::write(folder.path().join("data.json"), data).expect("written");
        fs::write(folder.path().join("truth.jsonl"), truth).expect("written");
        let read = GeneratedData::read(folder.path()).expect("good data");
        let first = &read.records[0];
        assert_eq!(first.exchanges.len(), 2);
        assert_eq!(first.exchanges[0].question, "How many?");
        assert_eq!(first.exchanges[1].answer, "Yes.");
        assert_eq!(first.truth.pair_dirt, Some(PairDirt::WrongAnswers));
        assert!(read.records[1].image.is_none() && read.records[1].exchanges.is_empty());

        fs::write(folder.path().join("truth.jsonl"), "").expect("written");
        let error = GeneratedData::read(folder.path()).expect_err("no truths");
        assert!(
            error.to_string().contains("for each of the 2 records"),
            "{error}"
        );
    }
}
