//! The classifier and its optimizer compute what PyTorch computes.
mod step_goldens;

use burn::backend::Autodiff;
use burn_flex::Flex;

#[test]
fn forward_and_steps_follow_pytorch_on_flex() {
    let goldens = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/goldens/training");
    step_goldens::follows_pytorch::<Autodiff<Flex>>("flex", goldens, &Default::default());
}
