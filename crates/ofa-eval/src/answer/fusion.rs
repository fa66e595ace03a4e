//! How a question looks at a picture.

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Tensor, backend::Backend};

use super::grid::Neighbourhood;
use super::initial_weights::InitialWeights;

/// Places that a question looks at in one picture.
const GLANCES: usize = 4;

/// Two convolutions whose inputs the question scales and shifts (FiLM), then what is seen at four
/// places of the question's choice, the sum over all places (for counting) and their maximum, and the
/// embedding of the picture with its products with the question's.
#[derive(Module, Debug)]
pub struct Fusion<B: Backend> {
    steered: Vec<Steered<B>>,
    norm: LayerNorm<B>,
    glances: Linear<B>,
    output: Linear<B>,
}

/// `x + conv3x3(relu(norm(x) * (1 + scale(question)) + shift(question)))`
#[derive(Module, Debug)]
struct Steered<B: Backend> {
    norm: LayerNorm<B>,
    scale_and_shift: Linear<B>,
    convolution: Neighbourhood<B>,
}

impl<B: Backend> Fusion<B> {
    pub(super) fn new(
        channels: usize,
        question: usize,
        embedding: usize,
        output: usize,
        weights: &mut InitialWeights<'_, B>,
    ) -> Self {
        Self {
            steered: (0..2)
                .map(|_| Steered {
                    norm: weights.norm(channels),
                    scale_and_shift: weights.scaled_linear(question, 2 * channels, 0.3),
                    convolution: Neighbourhood::new(channels, 0.7, weights),
                })
                .collect(),
            norm: weights.norm(channels),
            glances: weights.linear(question, GLANCES * channels),
            output: weights.linear((GLANCES + 2) * channels + question + 2 * embedding, output),
        }
    }

    /// # Shapes
    /// - `picture`: `[t, side, side, channels]`, the picture that each question is about;
    /// - `question`: `[t, question]`;
    /// - `embedded`: what the frozen encoder says of picture and question, `[t, embedding]` each.
    ///
    /// The result is `[t, output]`.
    pub fn forward(
        &self,
        picture: Tensor<B, 4>,
        question: Tensor<B, 2>,
        embedded: (Tensor<B, 2>, Tensor<B, 2>),
    ) -> Tensor<B, 2> {
        let [t, rows, columns, channels] = picture.dims();
        let count = rows * columns;
        let mut cells = picture;
        for steered in &self.steered {
            cells = steered.forward(cells, question.clone());
        }
        let cells = relu(self.norm.forward(cells)).reshape([t, count, channels]);
        let wanted = (self.glances.forward(question.clone())).reshape([t, GLANCES, channels]);
        let likeness = wanted.matmul(cells.clone().swap_dims(1, 2)) / (channels as f64).sqrt();
        let seen = softmax(likeness, 2).matmul(cells.clone());
        let seen = seen.reshape([t, GLANCES * channels]);
        // As large as the rest.
        let scale = 1.0 / (count as f64).sqrt();
        let sum = cells.clone().sum_dim(1).reshape([t, channels]) * scale;
        let most = cells.max_dim(1).reshape([t, channels]);
        // Where the two agree the products are large: their sum is the cosine.
        let (whole, asked) = embedded;
        let agreement = whole.clone() * asked;
        let all = vec![seen, sum, most, question, whole, agreement];
        relu(self.output.forward(Tensor::cat(all, 1)))
    }
}

impl<B: Backend> Steered<B> {
    fn forward(&self, cells: Tensor<B, 4>, question: Tensor<B, 2>) -> Tensor<B, 4> {
        let [t, _, _, channels] = cells.dims();
        let both = self.scale_and_shift.forward(question);
        let part = |from: usize| {
            let part = both.clone().slice([0..t, from..from + channels]);
            part.reshape([t, 1, 1, channels])
        };
        let inner = self.norm.forward(cells.clone());
        let inner = relu(inner.clone() + inner * part(0) + part(channels));
        cells + self.convolution.forward(inner)
    }
}
