//! The classifier and its optimizer compute what PyTorch computes.
mod step_goldens;

use burn::backend::Autodiff;
use burn_flex::{Flex, FlexDevice};
use ofa_train::{FusionClassifier, Trainer};

#[test]
fn forward_and_steps_follow_pytorch_on_flex() {
    let goldens = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/goldens/training");
    let flex =
        step_goldens::OnBackend {
            name: "flex",
            learner: &|config, weights, options| {
                Trainer::<Autodiff<Flex>>::from_weights(config, weights, options, &FlexDevice)
            },
            predict_with_gradients: &|config, weights, rows| {
                FusionClassifier::<Autodiff<Flex>>::from_weights(config, weights, &FlexDevice)?
                    .predict(rows, rows.len(), &FlexDevice)
            },
        };
    step_goldens::follows_pytorch(&flex, goldens);
}
