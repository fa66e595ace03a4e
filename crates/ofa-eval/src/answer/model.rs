//! The towers, the fusion and the heads together.

use burn::module::Module;
use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::initial_weights::InitialWeights;
use super::{AnswerHeads, AnswerLogits, Fusion, ImageTower, TextTower};
use crate::examples_of_records::Vocabularies;

/// How wide the parts of the answer model are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSize {
    /// Channels after the first layer of the image tower.
    pub stem: usize,
    /// Channels of the grid.
    pub channels: usize,
    /// Width of a word.
    pub word: usize,
    /// Width of a question.
    pub question: usize,
    /// Width before the heads.
    pub hidden: usize,
}

impl ModelSize {
    /// What the evaluation measures with.
    pub const FULL: Self = Self {
        stem: 48,
        channels: 64,
        word: 64,
        question: 128,
        hidden: 256,
    };

    /// For a run that only shows that everything works.
    pub const TINY: Self = Self {
        stem: 8,
        channels: 16,
        word: 16,
        question: 32,
        hidden: 32,
    };
}

/// The answer model.
#[derive(Module, Debug)]
pub struct AnswerModel<B: Backend> {
    image: ImageTower<B>,
    text: TextTower<B>,
    fusion: Fusion<B>,
    heads: AnswerHeads<B>,
}

impl<B: Backend> AnswerModel<B> {
    /// A model with start values that follow from the seed alone.
    pub fn from_seed(
        size: &ModelSize,
        vocabularies: &Vocabularies,
        seed: u64,
        device: &B::Device,
    ) -> Self {
        let weights = &mut InitialWeights::new(seed, device);
        let answers = (vocabularies.answers(), vocabularies.answer_words());
        Self {
            image: ImageTower::new(size.stem, size.channels, weights),
            text: TextTower::new(
                vocabularies.question_words(),
                size.word,
                size.question,
                weights,
            ),
            fusion: Fusion::new(size.channels, size.question, size.hidden, weights),
            heads: AnswerHeads::new(size.hidden, answers.0, answers.1, weights),
        }
    }

    /// Answers all questions of a batch; each picture is looked at once.
    pub fn forward(&self, batch: &Batch<B>) -> AnswerLogits<B> {
        let pictures = self.image.forward(batch.cells.clone());
        let pictures = pictures.select(0, batch.picture_of_turn.clone());
        let questions = (self.text).forward(batch.words.clone(), batch.absent.clone());
        self.heads.forward(self.fusion.forward(pictures, questions))
    }
}
