//! What can go wrong in this crate.

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An input that cannot be trained on, or a run that was stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its range.
    #[error("training option {option} must be {expected}, found {found}")]
    Option {
        /// The setting.
        option: &'static str,
        /// Its range.
        expected: &'static str,
        /// The value given.
        found: String,
    },

    /// Clusters, features or a selector file that `ofa-core` refuses.
    #[error(transparent)]
    Core(ofa_core::Error),

    /// The core set leaves nothing to train on.
    #[error(
        "the core set has {train} training rows and {validation} validation rows, and training \
         needs at least 1 of each; use fewer clusters, a larger core ratio or more records"
    )]
    CoreTooSmall {
        /// Training rows.
        train: usize,
        /// Validation rows.
        validation: usize,
    },

    /// An array of labelled rows has the wrong length.
    #[error("labelled rows: {array} must hold {expected} values, found {found}")]
    RowsLength {
        /// `image`, `text` or `labels`.
        array: &'static str,
        /// rows x width.
        expected: usize,
        /// Values found.
        found: usize,
    },

    /// A labelled row holds NaN or an infinity.
    #[error("labelled rows: row {row}: {array} value {column} is not finite")]
    RowNotFinite {
        /// `image` or `text`.
        array: &'static str,
        /// The row.
        row: usize,
        /// Column within the embedding.
        column: usize,
    },

    /// A label is no class.
    #[error("labelled rows: row {row} has label {label}, but there are {classes} classes (from 0)")]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: u32,
        /// Number of classes.
        classes: usize,
    },

    /// Training and validation rows are of different widths.
    #[error("validation rows are {validation} wide, training rows {train}")]
    WidthsDiffer {
        /// Width of the training rows.
        train: usize,
        /// Width of the validation rows.
        validation: usize,
    },

    /// The loss left the finite numbers.
    #[error(
        "training diverged: the {loss} loss of epoch {epoch} is {value}; lower the learning rate"
    )]
    Diverged {
        /// `training` or `validation`.
        loss: &'static str,
        /// The epoch, from 1.
        epoch: usize,
        /// The loss.
        value: f64,
    },

    /// The backend could not give the result of a computation.
    #[error("the compute backend failed while reading {what}: {problem}; try another --backend")]
    Backend {
        /// What was being read.
        what: &'static str,
        /// What the backend said.
        problem: String,
    },

    /// The caller's progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<ofa_core::Error> for Error {
    fn from(error: ofa_core::Error) -> Self {
        match error {
            ofa_core::Error::Cancelled => Self::Cancelled,
            error => Self::Core(error),
        }
    }
}
