//! The symmetric contrastive loss.

use burn::tensor::activation::log_softmax;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Tensor, TensorData};

/// Put in place of the score of a pair that is neither right nor wrong.
const LEFT_OUT: f32 = -1e9;

/// The loss of a batch of pairs and what it says to both sides.
pub struct Contrast<B: Backend> {
    /// Mean of both directions' cross-entropies.
    pub loss: Tensor<B, 1>,
    /// Gradient of the image embeddings, `[n, d]`.
    pub image: Tensor<B, 2>,
    /// Gradient of the text embeddings, `[n, d]`.
    pub text: Tensor<B, 2>,
    /// Gradient of `logit_scale`, `[1]`.
    pub logit_scale: Tensor<B, 1>,
}

/// Cross-entropy of finding each image's text among the batch's, and each text's image.
///
/// Stock prompts repeat within a batch; `texts` numbers the texts, and a pair of an image with
/// another's equal text is left out rather than called wrong.
///
/// # Shapes
/// `image`, `text` `[n, d]`, rows of length 1; `logit_scale` `[1]`; `texts` n numbers.
///
/// Source: "Learning Transferable Visual Models From Natural Language Supervision", figure 3.
pub fn contrast<B: AutodiffBackend>(
    image: Tensor<B::InnerBackend, 2>,
    text: Tensor<B::InnerBackend, 2>,
    logit_scale: Tensor<B::InnerBackend, 1>,
    texts: &[u64],
) -> Contrast<B::InnerBackend> {
    let device = image.device();
    let n = texts.len();
    let image = Tensor::<B, 2>::from_inner(image).require_grad();
    let text = Tensor::<B, 2>::from_inner(text).require_grad();
    let logit_scale = Tensor::<B, 1>::from_inner(logit_scale).require_grad();

    let mut left_out = Vec::with_capacity(n * n);
    for (row, own) in texts.iter().enumerate() {
        left_out.extend(texts.iter().enumerate().map(|(column, other)| {
            if row != column && own == other {
                LEFT_OUT
            } else {
                0.0
            }
        }));
    }
    let left_out = Tensor::<B, 2>::from_data(TensorData::new(left_out, [n, n]), &device);
    let scores = image.clone().matmul(text.clone().transpose());
    let scores = scores * logit_scale.clone().exp().unsqueeze() + left_out;
    let right = Tensor::<B, 2>::eye(n, &device);
    let found = |scores: Tensor<B, 2>| (log_softmax(scores, 1) * right.clone()).sum();
    let loss = (found(scores.clone()) + found(scores.transpose())) / (-2.0 * n as f64);

    let value = loss.clone().inner();
    let gradients = loss.backward();
    let of = "a leaf of the loss has a gradient";
    Contrast {
        loss: value,
        image: image.grad(&gradients).expect(of),
        text: text.grad(&gradients).expect(of),
        logit_scale: logit_scale.grad(&gradients).expect(of),
    }
}
