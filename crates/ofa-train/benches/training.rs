//! Seconds of training at the size of LLaVA-665K's core set: 20,000 rows, d 512, K 128.
//!
//! `cargo bench -p ofa-train -- [EPOCHS]` (100 where nothing is said).
use std::ops::ControlFlow;
use std::time::Instant;

use burn::backend::Autodiff;
use burn_flex::Flex;
use ofa_core::rng::{Purpose, Rng};
use ofa_core::selector::SelectorConfig;
use ofa_train::{LabelledRows, TrainOptions, Trainer, fit};

const DIM: usize = 512;
const CLASSES: usize = 128;

fn rows(count: usize, stream: u64) -> LabelledRows {
    let mut rng = Rng::new(1, Purpose::Baseline, stream, 0);
    let mut embeddings = || -> Vec<f32> {
        let scale = (3.0 / DIM as f64).sqrt();
        (0..count * DIM)
            .map(|_| ((2.0 * rng.unit_f64() - 1.0) * scale) as f32)
            .collect()
    };
    let (image, text) = (embeddings(), embeddings());
    let labels = (0..count).map(|row| (row % CLASSES) as u32).collect();
    LabelledRows::new(DIM, CLASSES, image, text, labels).expect("valid rows")
}

fn main() {
    let epochs = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .next()
        .unwrap_or(100);
    let (train, validation) = (rows(16_000, 0), rows(4_000, 1));
    let options = TrainOptions {
        epochs,
        seed: 1,
        ..TrainOptions::default()
    };
    let config = SelectorConfig::new(DIM, CLASSES);
    let mut learner = Trainer::<Autodiff<Flex>>::from_seed(&config, &options, &Default::default())
        .expect("sizes");
    let start = Instant::now();
    fit(&mut *learner, &train, &validation, &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .expect("training succeeds");
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{epochs} epochs of {} + {} rows, d {DIM}, K {CLASSES}: {seconds:.1} s, {:.3} s an epoch",
        train.len(),
        validation.len(),
        seconds / epochs as f64
    );
}
