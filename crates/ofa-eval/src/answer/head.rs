//! From what was seen to an answer.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, backend::Backend};

use super::initial_weights::InitialWeights;

/// One head for the classes of short answers, one for the words of long ones.
#[derive(Module, Debug)]
pub struct AnswerHeads<B: Backend> {
    short: Linear<B>,
    long: Linear<B>,
}

/// What the heads say, before softmax.
#[derive(Debug, Clone)]
pub struct AnswerLogits<B: Backend> {
    /// `[t, answers]`.
    pub short: Tensor<B, 2>,
    /// `[t, answer words]`.
    pub long: Tensor<B, 2>,
}

/// What is to be said by the turns of a batch, where any of them has a target of the kind.
#[derive(Debug, Clone)]
pub(super) struct Targets<B: Backend> {
    /// Turns `[n]` whose short answer is a class, and their classes `[n, 1]`.
    pub(super) short: Option<(Tensor<B, 1, Int>, Tensor<B, 2, Int>)>,
    /// Turns `[m]` with a long answer of which words are known, and for each of these words
    /// 1 / (number of words), `[m, answer words]`.
    pub(super) long: Option<(Tensor<B, 1, Int>, Tensor<B, 2>)>,
}

impl<B: Backend> AnswerHeads<B> {
    pub(super) fn new(
        inputs: usize,
        answers: usize,
        answer_words: usize,
        weights: &mut InitialWeights<'_, B>,
    ) -> Self {
        Self {
            short: weights.scaled_linear(inputs, answers, 0.3),
            long: weights.scaled_linear(inputs, answer_words, 0.3),
        }
    }

    /// # Shapes
    /// `seen`: `[t, inputs]`.
    pub fn forward(&self, seen: Tensor<B, 2>) -> AnswerLogits<B> {
        AnswerLogits {
            short: self.short.forward(seen.clone()),
            long: self.long.forward(seen),
        }
    }
}

impl<B: Backend> AnswerLogits<B> {
    /// The sum of cross-entropies over all turns with a target, shape `[1]`: to the class of a short
    /// answer, and to equal shares for the words of a long one.
    pub(super) fn loss(self, targets: Targets<B>) -> Tensor<B, 1> {
        let mut loss = Tensor::zeros([1], &self.short.device());
        if let Some((turns, classes)) = targets.short {
            let log_likelihood = log_softmax(self.short.select(0, turns), 1);
            loss = loss - log_likelihood.gather(1, classes).sum();
        }
        if let Some((turns, words)) = targets.long {
            let log_likelihood = log_softmax(self.long.select(0, turns), 1);
            loss = loss - (log_likelihood * words).sum();
        }
        loss
    }
}
