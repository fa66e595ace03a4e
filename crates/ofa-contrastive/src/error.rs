//! What can go wrong.

/// The errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration asks for what is not trained here.
    #[error("config.json: {0}")]
    Config(&'static str),
    /// A tensor of a checkpoint is missing or of another shape.
    #[error("tensor `{name}`: expected {expected}, found {found}")]
    Checkpoint {
        /// The tensor's name.
        name: String,
        /// The shape that the configuration asks for.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The backend failed.
    #[error("the tensor backend failed: {0}")]
    Backend(String),
    /// The training state of an earlier run cannot be read.
    #[error("the state of the earlier run cannot be read: {0}; remove it to begin anew")]
    State(String),
    /// The tokenizer could not be trained.
    #[error("the tokenizer could not be trained: {0}")]
    Tokenizer(String),
    /// A picture of the world could not be read back.
    #[error("picture {position} of the world `{realm}`: {problem}")]
    Picture {
        /// The world.
        realm: &'static str,
        /// The picture's position.
        position: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The loss is no longer finite.
    #[error("step {step}: the loss is {loss}; a smaller learning rate may help")]
    Diverged {
        /// The step, from 0.
        step: usize,
        /// The loss.
        loss: f64,
    },
    /// The encoder's own crate refused what was made here.
    #[error(transparent)]
    Clip(#[from] ofa_clip::Error),
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
