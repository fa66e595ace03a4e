//! What can go wrong in this crate.

use std::io;

use crate::blobs::BlobStore;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a step of the pipeline cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A subset cannot be converted.
    #[error("the subset cannot be written as {format}: {problem}")]
    Convert {
        /// The format that was asked for.
        format: &'static str,
        /// What is wrong.
        problem: String,
    },

    /// The dataset cannot be read.
    #[error(transparent)]
    Data(#[from] ofa_data::Error),

    /// The encoder cannot be used.
    #[error(transparent)]
    Encoder(#[from] ofa_clip::Error),

    /// An algorithm refused its input.
    #[error(transparent)]
    Core(#[from] ofa_core::Error),

    /// A blob of the feature store cannot be listed, read or written.
    #[error("{location}: {name}: {source}{advice}")]
    Storage {
        /// The store.
        location: String,
        /// The blob.
        name: String,
        /// What the system said.
        source: io::Error,
        /// What to do about it; empty where there is nothing to add.
        advice: &'static str,
    },

    /// A file is not what its name or place says.
    #[error("{name}: {place}: expected {expected}, found {found}; {advice}")]
    Malformed {
        /// The file.
        name: String,
        /// The place in it.
        place: String,
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },

    /// A store belongs to another dataset or encoder, or was cut otherwise.
    #[error(
        "{location}: this feature store has {what} {found}, but this run has {expected}; \
         choose another output folder, or remove this one to start anew"
    )]
    OtherStore {
        /// The store.
        location: String,
        /// What differs.
        what: &'static str,
        /// What this run has.
        expected: String,
        /// What the store has.
        found: String,
    },

    /// The store is not finished.
    #[error(
        "{location}: the feature store is not finished ({done} of {records} records); \
         run the same `ofa encode` again, it goes on where it stopped"
    )]
    Unfinished {
        /// The store.
        location: String,
        /// Records done.
        done: u64,
        /// Records of the dataset.
        records: u64,
    },

    /// Parts are being joined in the store.
    #[error(
        "{location}: parts are being joined here, or were when the run was ended; \
         run the same `ofa merge` again"
    )]
    MergeUnfinished {
        /// The store.
        location: String,
    },

    /// There is no feature store.
    #[error(
        "{location}: no feature store: expected `features-00000.safetensors` in it, found none; \
         make one with `ofa encode`"
    )]
    NoStore {
        /// Where it was looked for.
        location: String,
    },

    /// Fingerprints of two inputs that should belong together differ.
    #[error(
        "{left} and {right} do not belong together: the {what} fingerprint of {left} is {left_fingerprint}, \
         that of {right} is {right_fingerprint}; use the files of one run, or --force to insist"
    )]
    Fingerprints {
        /// `dataset` or `encoder`.
        what: &'static str,
        /// One input.
        left: String,
        /// Its fingerprint.
        left_fingerprint: String,
        /// The other input.
        right: String,
        /// Its fingerprint.
        right_fingerprint: String,
    },

    /// The counts of a manifest do not add up.
    #[error(
        "the counts do not add up: {records} records, but {scored} scored and {skipped} with a reason \
         make {sum}; {advice}"
    )]
    Counts {
        /// Records of the dataset.
        records: u64,
        /// Records with a score.
        scored: u64,
        /// Records with a reason.
        skipped: u64,
        /// What the two make together.
        sum: u64,
        /// What to do about it.
        advice: &'static str,
    },

    /// Parts that cannot be joined.
    #[error("the parts cannot be joined: {problem}")]
    Merge {
        /// What is wrong, and with which part.
        problem: String,
    },

    /// A scores file cannot be written or read.
    #[error("{name}: {problem}")]
    Scores {
        /// The file.
        name: String,
        /// What is wrong and where.
        problem: String,
    },

    /// A record was pinned or excluded that cannot be.
    #[error("record {position} is {what}, but {problem}; take it off the list")]
    Constraint {
        /// Position of the record in its dataset.
        position: u64,
        /// `pinned` or `excluded`.
        what: &'static str,
        /// Why it cannot be.
        problem: String,
    },

    /// A file of another program cannot be used.
    #[error("{name}: {problem}")]
    Foreign {
        /// The file.
        name: String,
        /// What was expected, what was found and where, and what to do.
        problem: String,
    },

    /// An import into the store was ended before its end.
    #[error(
        "{location}: an import into this folder was ended before its end; \
         run the same `ofa import` again"
    )]
    ImportUnfinished {
        /// The store.
        location: String,
    },

    /// An option is outside its range.
    #[error("{option} must be {expected}, found {found}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its range.
        expected: &'static str,
        /// The value.
        found: String,
    },
}

impl Error {
    pub(crate) fn foreign(name: &str, problem: impl Into<String>) -> Self {
        Self::Foreign {
            name: name.to_owned(),
            problem: problem.into(),
        }
    }

    pub(crate) fn storage(store: &dyn BlobStore, name: &str, source: io::Error) -> Self {
        let advice = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "; free some space and run again, it goes on where it stopped"
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "; choose a place that can be written to"
            }
            _ => "",
        };
        Self::Storage {
            location: store.location(),
            name: name.to_owned(),
            source,
            advice,
        }
    }
}
