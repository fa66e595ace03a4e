//! Selector training on every backend: forward pass and AdamW steps against PyTorch, and the same
//! run twice on candle.
//!
//! The bodies are those that `ofa-train` runs on flex alone.

// burn-candle is deprecated upstream; it stays as an independent CPU backend to compare with.
#![allow(deprecated)]

#[path = "../../crates/ofa-train/tests/step_goldens/mod.rs"]
mod step_goldens;

use std::ops::ControlFlow;

use burn::backend::Autodiff;
use burn_candle::Candle;
use burn_flex::Flex;
use burn_wgpu::Wgpu;
use half::f16;
use ofa_core::features::FeatureMatrix;
use ofa_core::rng::{Purpose, Rng};
use ofa_train::{Provenance, TrainOptions, train};

const GOLDENS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/goldens/training");

#[test]
fn steps_follow_pytorch_on_flex() {
    step_goldens::follows_pytorch::<Autodiff<Flex>>("flex", GOLDENS, &Default::default());
}

#[test]
fn steps_follow_pytorch_on_candle() {
    step_goldens::follows_pytorch::<Autodiff<Candle>>("candle", GOLDENS, &Default::default());
}

#[test]
fn steps_follow_pytorch_on_wgpu() {
    step_goldens::follows_pytorch::<Autodiff<Wgpu>>("wgpu", GOLDENS, &Default::default());
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
        train::<Autodiff<Candle>>(
            &features,
            &options,
            &Provenance::default(),
            &Default::default(),
            &mut |_| ControlFlow::Continue(()),
        )
        .expect("training succeeds")
    });
    assert_eq!(one.history, two.history);
    let bytes = |outcome: ofa_train::TrainOutcome| outcome.selector.to_safetensors(false);
    assert_eq!(bytes(one), bytes(two));
}
