//! Training follows PyTorch's learning curves, with clusters and core set given.
//! Goldens: `tests/goldens/training/{core.safetensors, curves.json}`.
use std::ops::ControlFlow;

use burn::backend::Autodiff;
use burn_flex::Flex;
use ofa_core::centers::Centers;
use ofa_core::features::{FeatureMatrix, FeatureRows};
use ofa_core::selector::{FusionMode, SelectorConfig};
use ofa_train::{LabelledRows, TrainOptions, Trainer, fit};
use safetensors::SafeTensors;

type B = Autodiff<Flex>;

#[derive(serde::Deserialize)]
struct Curves {
    feature_dim: usize,
    hidden_dim: usize,
    gate_hidden_dim: usize,
    clusters: usize,
    dropout: f64,
    epochs: usize,
    batch: usize,
    learning_rate: f64,
    weight_decay: f64,
    target_accuracy: f64,
    macro_accuracy: Vec<Vec<f64>>,
}

fn golden(file: &str) -> Vec<u8> {
    let path = format!(
        "{}/../../tests/goldens/training/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn part(core: &SafeTensors<'_>, name: &str, dim: usize, classes: usize) -> LabelledRows {
    let bytes = |field| {
        core.tensor(&format!("{name}.{field}"))
            .expect("in the golden")
            .data()
    };
    let embeddings = |field| -> Vec<f32> {
        let widen = |b: &[u8]| half::f16::from_le_bytes([b[0], b[1]]).to_f32();
        bytes(field).chunks_exact(2).map(widen).collect()
    };
    let label = |b: &[u8]| u32::from_le_bytes(b.try_into().expect("four bytes"));
    let labels = bytes("label").chunks_exact(4).map(label).collect();
    LabelledRows::new(
        dim,
        classes,
        embeddings("image"),
        embeddings("text"),
        labels,
    )
    .expect("valid rows")
}

struct Run {
    curve: Vec<f64>,
    chosen: usize,
}

fn run(curves: &Curves, train: &LabelledRows, validation: &LabelledRows, seed: u64) -> Run {
    let config = SelectorConfig {
        feature_dim: curves.feature_dim,
        hidden_dim: curves.hidden_dim,
        gate_hidden_dim: curves.gate_hidden_dim,
        num_clusters: curves.clusters,
        fusion_mode: FusionMode::Full,
    };
    let options = TrainOptions {
        clusters: curves.clusters,
        hidden_dim: curves.hidden_dim,
        gate_hidden_dim: curves.gate_hidden_dim,
        dropout: curves.dropout,
        epochs: curves.epochs,
        batch: curves.batch,
        learning_rate: curves.learning_rate,
        weight_decay: curves.weight_decay,
        target_accuracy: curves.target_accuracy,
        seed,
        ..TrainOptions::default()
    };
    let mut learner =
        Trainer::<B>::from_seed(&config, &options, &Default::default()).expect("valid sizes");
    let fitted = fit(&mut *learner, train, validation, &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .expect("training succeeds");
    let curve = fitted
        .epochs
        .iter()
        .map(|e| e.validation.macro_accuracy)
        .collect();
    Run {
        curve,
        chosen: fitted.selected_epoch,
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// The epoch whose accuracy is nearest the target, the earliest on ties.
fn nearest(curve: &[f64], target: f64) -> usize {
    let distance = |epoch: usize| (curve[epoch] - target).abs();
    let nearest = (0..curve.len()).min_by(|&a, &b| distance(a).total_cmp(&distance(b)));
    nearest.expect("at least one epoch") + 1
}

/// Checks groups of five seeds and returns the largest deviation in standard deviations.
fn check_group(
    curves: &Curves,
    train: &LabelledRows,
    validation: &LabelledRows,
    seeds: [u64; 5],
) -> f64 {
    let runs = seeds.map(|seed| run(curves, train, validation, seed));
    let theirs = &curves.macro_accuracy;
    let mut largest = 0f64;
    for epoch in 0..curves.epochs {
        let expected = mean(theirs.iter().map(|curve| curve[epoch]));
        let squares: f64 = theirs
            .iter()
            .map(|curve| (curve[epoch] - expected).powi(2))
            .sum();
        let deviation = (squares / (theirs.len() - 1) as f64).sqrt();
        let found = mean(runs.iter().map(|run| run.curve[epoch]));
        let off = (found - expected).abs() / deviation;
        assert!(
            off <= 2.0,
            "seeds {seeds:?}, epoch {}: mean of five {found:.4}, PyTorch {expected:.4} ± \
             {deviation:.4}",
            epoch + 1
        );
        largest = largest.max(off);
    }
    let chosen = || {
        theirs
            .iter()
            .map(|curve| nearest(curve, curves.target_accuracy))
    };
    let range = chosen().min().expect("curves")..=chosen().max().expect("curves");
    for run in &runs {
        assert!(
            range.contains(&run.chosen),
            "epoch {} is not in {range:?}",
            run.chosen
        );
    }
    largest
}

fn check_groups(groups: &[[u64; 5]]) {
    let curves: Curves = serde_json::from_slice(&golden("curves.json")).expect("curves");
    assert!(curves.macro_accuracy.len() >= 10);
    let bytes = golden("core.safetensors");
    let core = SafeTensors::deserialize(&bytes).expect("a golden");
    let train = part(&core, "train", curves.feature_dim, curves.clusters);
    let validation = part(&core, "validation", curves.feature_dim, curves.clusters);
    for &seeds in groups {
        let off = check_group(&curves, &train, &validation, seeds);
        println!("seeds {seeds:?}: at most {off:.2} standard deviations from PyTorch's mean");
    }
}

/// The golden's clusters are ours: each core row's nearest centre is its pseudo-label.
#[test]
fn the_centres_give_the_pseudo_labels() {
    let bytes = golden("core.safetensors");
    let core = SafeTensors::deserialize(&bytes).expect("a golden");
    let centers = core.tensor("centers").expect("in the golden");
    let [clusters, width] = centers.shape() else {
        panic!("a matrix")
    };
    let value = |b: &[u8]| f32::from_le_bytes(b.try_into().expect("four bytes"));
    let values: Vec<f32> = centers.data().chunks_exact(4).map(value).collect();
    let centers = Centers::new(&values, *clusters, *width).expect("finite centres");
    for name in ["train", "validation"] {
        let embeddings = |field| -> Vec<half::f16> {
            let data = core
                .tensor(&format!("{name}.{field}"))
                .expect("in the golden")
                .data();
            data.chunks_exact(2)
                .map(|b| half::f16::from_le_bytes([b[0], b[1]]))
                .collect()
        };
        let rows = FeatureMatrix::new(width / 2, embeddings("image"), embeddings("text"))
            .expect("whole rows");
        let assigned = centers.assign(&rows, 0..rows.rows()).expect("finite rows");
        let labelled = part(&core, name, width / 2, *clusters);
        assert_eq!(assigned.labels, labelled.labels());
    }
}

#[test]
fn five_seeds_follow_pytorch() {
    check_groups(&[[42, 43, 44, 45, 46]]);
}

/// That the test above does not hang on its seeds. Run it with `--ignored` after a change to
/// training; it takes ten times as long.
#[test]
#[ignore = "ten times the work of five_seeds_follow_pytorch"]
fn any_five_seeds_follow_pytorch() {
    check_groups(&std::array::from_fn::<_, 10, _>(|group| {
        std::array::from_fn(|i| 1000 + 5 * group as u64 + i as u64)
    }));
}
