//! The answer model: a picture and a question in, an answer out.
//!
//! It stands for the multimodal model that one would tune on a subset, at a size that trains in a
//! minute: what a frozen encoder says of picture and question
//! ([`FrozenEncoder`](crate::FrozenEncoder)), and trained from scratch a connector, a text tower, a
//! fusion in which the question steers how the picture is looked at, and two heads. Everything that is drawn follows from a seed through
//! [`ofa_core::rng`], never from the backend.

mod batch;
mod connector;
mod fusion;
mod grid;
mod head;
mod initial_weights;
mod model;
mod test;
mod text_tower;
mod train;

pub use batch::Batch;
pub use connector::Connector;
pub use fusion::Fusion;
pub use head::{AnswerHeads, AnswerLogits};
pub use model::{AnswerModel, ModelSize};
pub use test::{Score, majority, test};
pub use text_tower::TextTower;
pub use train::{Schedule, Trained, Training, train};
