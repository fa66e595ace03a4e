//! What a command has to say when it is done.

use std::path::Path;

pub(crate) use ofa_data::grouped;
use serde::{Serialize, Serializer};

/// A path in a report; what is not UTF-8 in it is replaced, which serde would refuse.
pub(crate) fn lossy<P, S>(path: &P, serializer: S) -> Result<S::Ok, S::Error>
where
    P: AsRef<Path>,
    S: Serializer,
{
    serializer.collect_str(&path.as_ref().display())
}

/// The outcome of a command, for machines and for people.
pub(crate) struct Report {
    /// One JSON object; none where it was printed already.
    pub(crate) json: Option<serde_json::Value>,
    /// Lines of text, each with its end.
    pub(crate) text: String,
    /// Why the command fails all the same, once it has said what it has to say.
    pub(crate) failure: Option<String>,
}

impl Report {
    /// Puts a report together.
    pub(crate) fn new(json: &impl Serialize, text: String) -> Self {
        Self {
            json: Some(serde_json::to_value(json).expect("reports are plain data")),
            text,
            failure: None,
        }
    }

    /// Of a command that has said everything while it ran.
    pub(crate) fn said() -> Self {
        Self {
            json: None,
            text: String::new(),
            failure: None,
        }
    }

    /// The same report of a command that fails.
    pub(crate) fn failing(self, why: String) -> Self {
        Self {
            failure: Some(why),
            ..self
        }
    }
}
