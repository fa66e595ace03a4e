//! The gated fusion classifier as burn modules.
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Tensor, backend::Backend};

/// The selector's network: image and text embeddings in, one logit for each cluster out.
///
/// ```text
/// interaction = image * text                                          elementwise
/// gate   = sigmoid(W2 relu(W1 [image; text; interaction] + b1) + b2)  [b, 1]
/// fused  = gate * relu(Wi image + bi) + (1 - gate) * relu(Wt text + bt)
///          + s * (Wx interaction)
/// logits = Wo dropout(relu(layer_norm(fused))) + bo                   [b, K]
/// ```
/// The other fusion modes fix the gate at 0.5, leave out the `s` term, or take
/// `fused = Wc [image; text] + bc`. Dropout is passed in as a mask, so that a run follows from
/// its seed on every backend.
#[derive(Module, Debug)]
pub struct FusionClassifier<B: Backend> {
    pub(crate) fusion: Fusion<B>,
    /// `output.0`.
    pub(crate) norm: LayerNorm<B>,
    /// `output.3`.
    pub(crate) output: Linear<B>,
}

/// How the two embeddings become one hidden vector.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // One value a model: its size does not matter.
pub(crate) enum Fusion<B: Backend> {
    Gated(GatedFusion<B>),
    Concat(Linear<B>),
}

/// `gate * relu(Wi image) + (1 - gate) * relu(Wt text) + s * (Wx interaction)`.
#[derive(Module, Debug)]
pub(crate) struct GatedFusion<B: Backend> {
    /// `image_branch.0`.
    pub(crate) image_branch: Linear<B>,
    /// `text_branch.0`.
    pub(crate) text_branch: Linear<B>,
    /// Absent where the gate is fixed at one half.
    pub(crate) gate: Option<Gate<B>>,
    /// Absent where the interaction term is left out.
    pub(crate) interaction: Option<Interaction<B>>,
}

/// `sigmoid(W2 relu(W1 x + b1) + b2)`, one number a row.
#[derive(Module, Debug)]
pub(crate) struct Gate<B: Backend> {
    /// `gate.0`.
    pub(crate) hidden: Linear<B>,
    /// `gate.2.weight`, `[1, gate_hidden_dim]`.
    pub(crate) weight: Param<Tensor<B, 2>>,
    /// `gate.2.bias`, `[1]`.
    pub(crate) bias: Param<Tensor<B, 1>>,
}

/// `s * (Wx interaction)`.
#[derive(Module, Debug)]
pub(crate) struct Interaction<B: Backend> {
    /// `interaction_branch`, without bias.
    pub(crate) projection: Linear<B>,
    /// `interaction_scale`, `[1]` here and a scalar in the file.
    pub(crate) scale: Param<Tensor<B, 1>>,
}

/// What the network says about a batch.
#[derive(Debug, Clone)]
pub struct Prediction<B: Backend> {
    /// `[b, K]`, before softmax.
    pub logits: Tensor<B, 2>,
    /// `[b, 1]`, in (0, 1); 0.5 where the fusion has no learned gate.
    pub gate: Tensor<B, 2>,
}

impl<B: Backend> FusionClassifier<B> {
    /// Classifies a batch.
    ///
    /// # Shapes
    /// - `image`, `text`: `[b, d]`, L2-normalised rows.
    /// - `dropout`: `[b, hidden_dim]`, 0 for a dropped unit and 1 / (1 - p) for a kept one;
    ///   `None` outside training.
    pub fn forward(
        &self,
        image: Tensor<B, 2>,
        text: Tensor<B, 2>,
        dropout: Option<Tensor<B, 2>>,
    ) -> Prediction<B> {
        let (fused, gate) = self.fusion.forward(image, text);
        let hidden = relu(self.norm.forward(fused));
        let hidden = match dropout {
            Some(mask) => hidden * mask,
            None => hidden,
        };
        Prediction {
            logits: self.output.forward(hidden),
            gate,
        }
    }
}

impl<B: Backend> Fusion<B> {
    fn forward(&self, image: Tensor<B, 2>, text: Tensor<B, 2>) -> (Tensor<B, 2>, Tensor<B, 2>) {
        match self {
            Self::Gated(gated) => gated.forward(image, text),
            Self::Concat(linear) => {
                let gate = fixed_gate(&image);
                (linear.forward(Tensor::cat(vec![image, text], 1)), gate)
            }
        }
    }
}

impl<B: Backend> GatedFusion<B> {
    fn forward(&self, image: Tensor<B, 2>, text: Tensor<B, 2>) -> (Tensor<B, 2>, Tensor<B, 2>) {
        let image_hidden = relu(self.image_branch.forward(image.clone()));
        let text_hidden = relu(self.text_branch.forward(text.clone()));
        let interaction = image.clone() * text.clone();
        let gate = match &self.gate {
            Some(gate) => gate.forward(Tensor::cat(vec![image, text, interaction.clone()], 1)),
            None => fixed_gate(&image),
        };
        // gate * image + (1 - gate) * text, with one broadcast less.
        let fused = text_hidden.clone() + gate.clone() * (image_hidden - text_hidden);
        let fused = match &self.interaction {
            Some(term) => fused + term.forward(interaction),
            None => fused,
        };
        (fused, gate)
    }
}

impl<B: Backend> Gate<B> {
    fn forward(&self, input: Tensor<B, 2>) -> Tensor<B, 2> {
        let hidden = relu(self.hidden.forward(input));
        // A product and a sum instead of a matmul with one output column: fused kernels have
        // given wrong results for `[N, 1]` matmuls (burn issue 5122).
        let logit = (hidden * self.weight.val()).sum_dim(1);
        sigmoid(logit + self.bias.val().unsqueeze())
    }
}

impl<B: Backend> Interaction<B> {
    fn forward(&self, interaction: Tensor<B, 2>) -> Tensor<B, 2> {
        self.projection.forward(interaction) * self.scale.val().unsqueeze()
    }
}

fn fixed_gate<B: Backend>(rows: &Tensor<B, 2>) -> Tensor<B, 2> {
    Tensor::full([rows.dims()[0], 1], 0.5, &rows.device())
}
