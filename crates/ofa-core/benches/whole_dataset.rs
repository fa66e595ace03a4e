//! Times k-means, scoring and selection on a data set of the size of LLaVA-665K.
//!
//! `cargo bench -p ofa-core --features rayon -- [rows] [select]`; 665,298 rows of width 512 by
//! default (1.4 GB), K = 128, random weights. Prints seconds for each step. With `select`, k-means
//! is left out, and the centres are the directions that the rows were made around.
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use half::f16;
use ofa_core::budget::Budget;
use ofa_core::core_set::{CoreSet, CoreSetOptions};
use ofa_core::features::FeatureMatrix;
use ofa_core::kmeans::{self, KMeansOptions, KMeansProgress};
use ofa_core::rng::{Purpose, Rng};
use ofa_core::score::Scorer;
use ofa_core::selection::{Method, SelectionPool};
use ofa_core::selector::{Selector, SelectorConfig, SelectorWeights};

const DIM: usize = 512;
const CLUSTERS: usize = 128;

/// The directions of [`features`], as centres of joint features.
fn directions() -> Vec<f32> {
    let mut rng = Rng::new(1, Purpose::Baseline, 0, 0);
    let mut uniform = move || rng.unit_f64() as f32 * 2.0 - 1.0;
    let mut centers: Vec<f32> = (0..CLUSTERS * 2 * DIM).map(|_| uniform()).collect();
    for center in centers.chunks_exact_mut(2 * DIM) {
        let norm = center.iter().map(|v| v * v).sum::<f32>().sqrt();
        center.iter_mut().for_each(|v| *v *= 0.6 / norm);
    }
    centers
}

/// Unit rows around `CLUSTERS` directions whose sizes fall like 1/k.
fn features(rows: usize) -> FeatureMatrix {
    let mut rng = Rng::new(1, Purpose::Baseline, 0, 0);
    let mut uniform = move || rng.unit_f64() as f32 * 2.0 - 1.0;
    let directions: Vec<f32> = (0..CLUSTERS * 2 * DIM).map(|_| uniform()).collect();
    let noise: Vec<f32> = (0..1 << 20).map(|_| uniform()).collect();
    let mut picks = Rng::new(2, Purpose::Baseline, 0, 0);
    let (mut image, mut text) = (Vec::new(), Vec::new());
    image.reserve_exact(rows * DIM);
    text.reserve_exact(rows * DIM);
    for _ in 0..rows {
        let cluster = (CLUSTERS as f64).powf(picks.unit_f64()) as usize - 1;
        for (part, out) in [&mut image, &mut text].into_iter().enumerate() {
            let start = picks.index(noise.len() - DIM);
            let direction = &directions[(2 * cluster + part) * DIM..][..DIM];
            let values: Vec<f32> = direction
                .iter()
                .zip(&noise[start..])
                .map(|(d, n)| d + 1.5 * n)
                .collect();
            let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
            out.extend(values.iter().map(|v| f16::from_f32(v / norm)));
        }
    }
    FeatureMatrix::new(DIM, image, text).expect("whole rows")
}

fn selector(cluster_centers: Vec<f32>) -> Selector {
    let config = SelectorConfig::new(DIM, CLUSTERS);
    let mut rng = Rng::new(3, Purpose::Baseline, 0, 0);
    let weights = SelectorWeights::from_tensors(&config, "", |tensor| {
        let bound = 1.0 / (*tensor.shape.last().unwrap_or(&1) as f32).sqrt();
        let len = tensor.shape.iter().product();
        Ok(Some(
            (0..len)
                .map(|_| (rng.unit_f64() as f32 * 2.0 - 1.0) * bound)
                .collect(),
        ))
    })
    .expect("every tensor is given");
    Selector {
        config,
        weights,
        cluster_centers,
        early: None,
        training: None,
    }
}

fn main() {
    let rows = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(665_298);
    let time = Instant::now();
    let features = features(rows);
    println!("{rows} rows made in {:.1} s", time.elapsed().as_secs_f64());

    let centers = match std::env::args().any(|arg| arg == "select") {
        true => directions(),
        false => clustered(&features),
    };
    choose(&features, centers);
}

/// k-means and the core set.
fn clustered(features: &FeatureMatrix) -> Vec<f32> {
    let time = Instant::now();
    let (mut seeded, mut stepped) = (0.0, 0.0);
    let clustering = kmeans::fit(features, &KMeansOptions::new(CLUSTERS, 42), &mut |event| {
        let now = time.elapsed().as_secs_f64();
        match event {
            KMeansProgress::Seeding { .. } => seeded = now,
            KMeansProgress::Batch { .. } => stepped = now,
            _ => {}
        }
        ControlFlow::Continue(())
    })
    .expect("valid rows");
    println!(
        "k-means {:.1} s (seeding {seeded:.1}, {} batches {:.1}, assignment {:.1}), inertia {:.0}",
        time.elapsed().as_secs_f64(),
        clustering.steps,
        stepped - seeded,
        time.elapsed().as_secs_f64() - stepped,
        clustering.assignment.inertia(),
    );

    let time = Instant::now();
    let assignment = &clustering.assignment;
    let core = CoreSet::choose(
        &assignment.labels,
        &assignment.squared_distances,
        CLUSTERS,
        &CoreSetOptions::default(),
    )
    .expect("labels of k-means");
    println!(
        "core set {:.3} s ({} rows)",
        time.elapsed().as_secs_f64(),
        core.training.len() + core.validation.len()
    );

    clustering.centers
}

/// Scores, then a choice by every method.
fn choose(features: &FeatureMatrix, centers: Vec<f32>) {
    let scorer = Scorer::new(&selector(centers)).expect("a whole selector");
    let time = Instant::now();
    let mut scored = 0.0;
    let scores = scorer
        .score_all(features, &mut |_| {
            scored = time.elapsed().as_secs_f64();
            ControlFlow::Continue(())
        })
        .expect("valid rows");
    let total = time.elapsed().as_secs_f64();
    println!(
        "scoring {total:.1} s (of which alignment {:.1})",
        total - scored
    );

    let time = Instant::now();
    let pool = SelectionPool::new(&scores, CLUSTERS).expect("valid scores");
    println!("pool prepared in {:.3} s", time.elapsed().as_secs_f64());
    for ratio in ["0.05", "0.15", "0.5"] {
        let budget = Budget::Ratio(ratio.parse().expect("a ratio"));
        let time = Instant::now();
        let selection = pool.select_confidence(budget).expect("in range");
        let seconds = time.elapsed().as_secs_f64();
        println!(
            "{ratio}: {} records in {seconds:.4} s",
            black_box(selection).rows.len()
        );
    }
    let budget = Budget::Ratio("0.15".parse().expect("a ratio"));
    for method in Method::ALL {
        let time = Instant::now();
        let selection = pool
            .select(method, budget, 42, Some(features), &mut |_, _| {
                ControlFlow::Continue(())
            })
            .expect("in range");
        println!(
            "{method}: {} records in {:.2} s",
            black_box(selection).rows.len(),
            time.elapsed().as_secs_f64()
        );
    }
}
