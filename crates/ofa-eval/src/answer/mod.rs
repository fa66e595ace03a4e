//! The answer model: a picture and a question in, an answer out, trained from scratch.
//!
//! It stands for the multimodal model that one would train on a subset, at a size that trains in a
//! minute: an image tower, a text tower, a fusion in which the question steers how the picture is
//! looked at, and two heads. Everything that is drawn follows from a seed through
//! [`ofa_core::rng`], never from the backend.

mod batch;
mod fusion;
mod grid;
mod head;
mod image_tower;
mod initial_weights;
mod model;
mod test;
mod text_tower;
mod train;

pub use batch::Batch;
pub use fusion::Fusion;
pub use head::{AnswerHeads, AnswerLogits};
pub use image_tower::ImageTower;
pub use model::{AnswerModel, ModelSize};
pub use test::{Score, majority, test};
pub use text_tower::TextTower;
pub use train::{Schedule, Trained, Training, train};
