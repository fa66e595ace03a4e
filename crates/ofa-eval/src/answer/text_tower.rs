//! From the words of a question to one vector.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Int, Tensor, backend::Backend};

use super::initial_weights::InitialWeights;
use crate::examples_of_records::QUESTION_WORDS;

/// Parts of the question that are looked for at the same time.
const PARTS: usize = 4;

/// Embeddings of words and places, two layers over each word with its neighbours, then four
/// weighted means over the words beside what the frozen encoder says of the whole.
#[derive(Module, Debug)]
pub struct TextTower<B: Backend> {
    embedding: Param<Tensor<B, 2>>,
    place: Param<Tensor<B, 2>>,
    phrases: Vec<Linear<B>>,
    norms: Vec<LayerNorm<B>>,
    parts: Linear<B>,
    output: Linear<B>,
}

impl<B: Backend> TextTower<B> {
    pub(super) fn new(
        words: usize,
        width: usize,
        embedding: usize,
        output: usize,
        weights: &mut InitialWeights<'_, B>,
    ) -> Self {
        Self {
            embedding: weights.uniform([words, width], 1.0),
            place: weights.uniform([QUESTION_WORDS, width], 0.3),
            phrases: (0..2)
                .map(|_| weights.scaled_linear(3 * width, width, 0.7))
                .collect(),
            norms: (0..2).map(|_| weights.norm(width)).collect(),
            parts: weights.scaled_linear(width, PARTS, 0.5),
            output: weights.linear(PARTS * width + embedding, output),
        }
    }

    /// # Shapes
    /// - `words`: `[t * length]`, numbers of words, 0 after the last one;
    /// - `absent`: `[t, length]`, a large negative number there, else 0;
    /// - `embedded`: `[t, embedding]`, what the frozen encoder says of the whole question.
    ///
    /// The result is `[t, output]`.
    pub fn forward(
        &self,
        words: Tensor<B, 1, Int>,
        absent: Tensor<B, 2>,
        embedded: Tensor<B, 2>,
    ) -> Tensor<B, 2> {
        let [t, length] = absent.dims();
        let width = self.embedding.dims()[1];
        let place = self
            .place
            .val()
            .slice([0..length, 0..width])
            .unsqueeze::<3>();
        let looked_up = self.embedding.val().select(0, words);
        let mut hidden = looked_up.reshape([t, length, width]) + place;
        for (phrase, norm) in self.phrases.iter().zip(&self.norms) {
            let inner = norm.forward(hidden.clone());
            let edge = Tensor::zeros([t, 1, width], &inner.device());
            let padded = Tensor::cat(vec![edge.clone(), inner, edge], 1);
            let shifted = (0..3).map(|by| padded.clone().slice([0..t, by..by + length, 0..width]));
            let together = Tensor::cat(shifted.collect(), 2).reshape([t * length, 3 * width]);
            hidden = hidden + relu(phrase.forward(together)).reshape([t, length, width]);
        }
        let weight = (self
            .parts
            .forward(hidden.clone().reshape([t * length, width])))
        .reshape([t, length, PARTS])
        .swap_dims(1, 2)
            + absent.reshape([t, 1, length]);
        let parts = softmax(weight, 2)
            .matmul(hidden)
            .reshape([t, PARTS * width]);
        relu(self.output.forward(Tensor::cat(vec![parts, embedded], 1)))
    }
}
