//! `notes.jsonl`: a line for every image that was found under another name than its record gives,
//! or that was left out of the several that a record has.

use serde::{Deserialize, Serialize};

use super::ReasonCounts;
use crate::error::{Error, Result};

/// One line of `notes.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteLine {
    /// The record's position in the dataset, from 0.
    pub index: u64,
    /// What the note says of the image.
    pub note: Note,
    /// The image as the record gives it.
    pub image: String,
    /// The path that it was found under, or why it was left out.
    pub detail: String,
}

/// What a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// It was found under another name: the reference was repaired.
    ImageRepaired,
    /// It cannot be used; the record's other images are.
    ImageLeftOut,
}

impl Note {
    /// The stable name, the same that serde writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImageRepaired => "image_repaired",
            Self::ImageLeftOut => "image_left_out",
        }
    }
}

/// Adds the lines of one list to the counts.
pub(crate) fn count_notes(name: &str, bytes: &[u8], counts: &mut ReasonCounts) -> Result<()> {
    let lines = bytes.split(|byte| *byte == b'\n');
    for (number, line) in (1..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let line: NoteLine = serde_json::from_slice(line).map_err(|error| Error::Malformed {
            name: name.to_owned(),
            place: format!("line {number}"),
            expected: "{\"index\": …, \"note\": …}".to_owned(),
            found: error.to_string(),
            advice: "encode the dataset again",
        })?;
        *counts.entry(line.note.as_str().to_owned()).or_default() += 1;
    }
    Ok(())
}
