//! From what was seen to an answer.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, backend::Backend};

use super::initial_weights::InitialWeights;

/// One head for the classes of short answers, one for the words of long ones.
#[derive(Module, Debug)]
pub struct AnswerHeads<B: Backend> {
    short: Head<B>,
    long: Head<B>,
}

/// A score for each thing that can be said: from weights of its own, and from how the frozen encoder
/// embeds it, so that what is said seldom has a start, as it has in a language model.
#[derive(Module, Debug)]
struct Head<B: Backend> {
    own: Linear<B>,
    meant: Linear<B>,
    /// `[embedding, things]`, not trained.
    meanings: Tensor<B, 2>,
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
    /// `answers` and `answer_words` are what the frozen encoder says of them, `[n, embedding]`.
    pub(super) fn new(
        inputs: usize,
        answers: Tensor<B, 2>,
        answer_words: Tensor<B, 2>,
        weights: &mut InitialWeights<'_, B>,
    ) -> Self {
        Self {
            short: Head::new(inputs, answers, weights),
            long: Head::new(inputs, answer_words, weights),
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

impl<B: Backend> Head<B> {
    /// `things`: `[things, embedding]`.
    fn new(inputs: usize, things: Tensor<B, 2>, weights: &mut InitialWeights<'_, B>) -> Self {
        let [count, embedding] = things.dims();
        // What all of them have in common tells none from the others.
        let centred = things.clone() - things.mean_dim(0);
        Self {
            own: weights.scaled_linear(inputs, count, 0.3),
            meant: weights.scaled_linear(inputs, embedding, 0.3),
            meanings: centred.transpose() / (embedding as f64).sqrt(),
        }
    }

    fn forward(&self, seen: Tensor<B, 2>) -> Tensor<B, 2> {
        let meant = self.meant.forward(seen.clone());
        self.own.forward(seen) + meant.matmul(self.meanings.clone())
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
