//! Selector training on every backend: forward pass and AdamW steps against PyTorch, and the same
//! run twice on candle.
//!
//! The bodies are those that `ofa-train` runs on flex alone.

#[path = "../../crates/ofa-train/tests/step_goldens/mod.rs"]
mod step_goldens;

use std::ops::ControlFlow;

use half::f16;
use ofa_backends::Backend;
use ofa_core::features::FeatureMatrix;
use ofa_core::rng::{Purpose, Rng};
use ofa_train::{Provenance, TrainOptions, train};

const GOLDENS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/goldens/training");

fn steps_follow_pytorch(backend: Backend) {
    let on_backend = step_goldens::OnBackend {
        name: &format!("{backend:?}"),
        learner: &|config, weights, options| backend.learner_from(config, weights, options),
        predict_with_gradients: &|config, weights, rows| {
            backend.predict_with_gradients(config, weights, rows)
        },
    };
    step_goldens::follows_pytorch(&on_backend, GOLDENS);
}

#[test]
fn steps_follow_pytorch_on_flex() {
    steps_follow_pytorch(Backend::Flex);
}

#[test]
fn steps_follow_pytorch_on_candle() {
    steps_follow_pytorch(Backend::Candle);
}

/// On the machine's GPU, or on a software one (Mesa's lavapipe) where there is none.
#[test]
fn steps_follow_pytorch_on_wgpu() {
    steps_follow_pytorch(Backend::Wgpu);
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_candle() {
    let (rows, dim) = (600, 16);
    let mut rng = Rng::new(3, Purpose::Baseline, 0, 0);
    let mut embeddings = || -> Vec<f16> {
        let value = |_| f16::from_f64((rng.unit_f64() - 0.5) * 0.8);
        (0..rows * dim).map(value).collect()
    };
    let (image, text) = (embeddings(), embeddings());
    let features = FeatureMatrix::new(dim, image, text).expect("whole rows");
    let options = TrainOptions {
        clusters: 8,
        core_ratio: 0.3,
        epochs: 3,
        batch: 64,
        learning_rate: 1e-3,
        ..TrainOptions::default()
    };
    let [one, two] = [(); 2].map(|()| {
        train(
            &features,
            &options,
            &Provenance::default(),
            &|config, options| Backend::Candle.learner(config, options),
            &mut |_| ControlFlow::Continue(()),
        )
        .expect("training succeeds")
    });
    assert_eq!(one.history, two.history);
    let bytes = |outcome: ofa_train::TrainOutcome| outcome.selector.to_safetensors(false);
    assert_eq!(bytes(one), bytes(two));
}
