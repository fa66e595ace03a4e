//! What can go wrong.

use std::path::{Path, PathBuf};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an evaluation, its report or its check came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {problem}", path.display())]
    Content {
        /// Which one.
        path: PathBuf,
        /// What was expected and what was found.
        problem: String,
    },
    /// A program could not be started or failed.
    #[error("`{line}` failed: {problem}")]
    Program {
        /// The line as one would type it.
        line: String,
        /// Its last words, or why it did not start.
        problem: String,
    },
    /// A setting that cannot be.
    #[error("{0}")]
    Setting(String),
    /// The data leave nothing to train on or to ask.
    #[error("{what}: nothing is left to {purpose}; make more records")]
    Nothing {
        /// Which data.
        what: String,
        /// What they are for.
        purpose: &'static str,
    },
    /// A tensor could not be read back, or the loss is no number any more.
    #[error("the answer model: {0}")]
    Model(String),
    /// What stands in the documents is not what the raw numbers give.
    #[error("{} of the report's files differ from what runs.json gives:\n{}", .0.len(), .0.join("\n"))]
    Differs(Vec<String>),
}

impl Error {
    /// For `map_err` on input and output of a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }

    /// A file whose content is wrong.
    pub(crate) fn content(path: &Path, problem: impl ToString) -> Self {
        Self::Content {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}
