//! The towers, the fusion and the heads together.

use burn::module::Module;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::initial_weights::InitialWeights;
use super::{AnswerHeads, AnswerLogits, Connector, Fusion, TextTower};
use crate::examples_of_records::Vocabularies;
use crate::{Pictures, Texts};

/// How wide the parts of the answer model are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSize {
    /// Channels of each patch.
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
        channels: 64,
        word: 64,
        question: 128,
        hidden: 256,
    };

    /// For a run that only shows that everything works.
    pub const TINY: Self = Self {
        channels: 16,
        word: 16,
        question: 32,
        hidden: 32,
    };
}

/// The answer model.
#[derive(Module, Debug)]
pub struct AnswerModel<B: Backend> {
    connector: Connector<B>,
    text: TextTower<B>,
    fusion: Fusion<B>,
    heads: AnswerHeads<B>,
}

impl<B: Backend> AnswerModel<B> {
    /// A model with start values that follow from the seed alone.
    pub fn from_seed(
        size: &ModelSize,
        vocabularies: &Vocabularies,
        pictures: &Pictures,
        texts: &Texts,
        seed: u64,
        device: &B::Device,
    ) -> Self {
        let weights = &mut InitialWeights::new(seed, device);
        let sizes = pictures.sizes();
        let embedded = |terms: Vec<u32>| {
            let shape = [terms.len(), sizes.embedding];
            Tensor::from_data(TensorData::new(texts.embeddings(&terms), shape), device)
        };
        let (answers, words) = vocabularies.said(texts);
        Self {
            connector: Connector::new(sizes, size.channels, weights),
            text: TextTower::new(
                vocabularies.question_words(),
                size.word,
                sizes.embedding,
                size.question,
                weights,
            ),
            fusion: Fusion::new(
                size.channels,
                size.question,
                sizes.embedding,
                size.hidden,
                weights,
            ),
            heads: AnswerHeads::new(size.hidden, embedded(answers), embedded(words), weights),
        }
    }

    /// Answers all questions of a batch; each picture is looked at once.
    pub fn forward(&self, batch: &Batch<B>) -> AnswerLogits<B> {
        let of_turn = batch.picture_of_turn.clone();
        let places = self.connector.forward(batch.patches.clone());
        let places = places.select(0, of_turn.clone());
        let asked = batch.questions.clone();
        let question =
            (self.text).forward(batch.words.clone(), batch.absent.clone(), asked.clone());
        let embedded = (batch.pictures.clone().select(0, of_turn), asked);
        self.heads
            .forward(self.fusion.forward(places, question, embedded))
    }
}
