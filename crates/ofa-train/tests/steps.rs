//! The classifier and its optimizer compute what PyTorch computes.
mod step_goldens;

use burn::backend::Autodiff;
use burn_flex::Flex;
use ofa_train::Trainer;

#[test]
fn forward_and_steps_follow_pytorch_on_flex() {
    let goldens = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/goldens/training");
    step_goldens::follows_pytorch("flex", goldens, &|config, weights, options| {
        Trainer::<Autodiff<Flex>>::from_weights(config, weights, options, &Default::default())
    });
}
