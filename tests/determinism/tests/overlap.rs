//! The choice from these scores against that from a plain computation in f64.

use std::ops::ControlFlow;

use half::f16;
use ofa_core::budget::Budget;
use ofa_core::features::{FeatureMatrix, FeatureRows};
use ofa_core::overlap::Overlap;
use ofa_core::score::Scorer;
use ofa_core::selection::SelectionPool;
use ofa_core::selector::{Dense, Fusion, Selector};
use ofa_determinism::{features, selector};
use rayon::prelude::*;

const ROWS: usize = 8000;

fn dense(weight: &[f32], bias: Option<&[f32]>, x: &[f64]) -> Vec<f64> {
    let outputs = weight.chunks_exact(x.len()).enumerate();
    outputs
        .map(|(output, row)| {
            let sum: f64 = row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum();
            sum + bias.map_or(0.0, |bias| f64::from(bias[output]))
        })
        .collect()
}

fn relu(values: Vec<f64>) -> Vec<f64> {
    values.into_iter().map(|value| value.max(0.0)).collect()
}

/// METHOD section 3, a row at a time, with the standard library's functions.
fn confidence(selector: &Selector, features: &FeatureMatrix, row: usize) -> f64 {
    let wide = |values: &[f16]| values.iter().map(|v| v.to_f64()).collect::<Vec<_>>();
    let (image, text) = (wide(features.image(row)), wide(features.text(row)));
    let interaction: Vec<f64> = image.iter().zip(&text).map(|(i, t)| i * t).collect();
    let weights = &selector.weights;
    let Fusion::Gated(fusion) = &weights.fusion else {
        panic!("the generated selector has a gate")
    };
    let layer =
        |dense_layer: &Dense, x: &[f64]| dense(&dense_layer.weight, Some(&dense_layer.bias), x);
    let all = [&image[..], &text, &interaction].concat();
    let (hidden, last) = fusion.gate.as_ref().expect("a gate");
    let gate = 1.0 / (1.0 + (-layer(last, &relu(layer(hidden, &all)))[0]).exp());
    let (by_image, by_text) = (
        relu(layer(&fusion.image, &image)),
        relu(layer(&fusion.text, &text)),
    );
    let (matrix, scale) = fusion.interaction.as_ref().expect("an interaction");
    let by_product = dense(matrix, None, &interaction);
    let fused: Vec<f64> = (0..by_image.len())
        .map(|i| gate * by_image[i] + (1.0 - gate) * by_text[i] + f64::from(*scale) * by_product[i])
        .collect();
    let n = fused.len() as f64;
    let mean = fused.iter().sum::<f64>() / n;
    let variance = fused.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    let norm = &weights.norm;
    let normed: Vec<f64> = (fused.iter().zip(norm.weight.iter().zip(&norm.bias)))
        .map(|(v, (w, b))| (v - mean) / (variance + 1e-5).sqrt() * f64::from(*w) + f64::from(*b))
        .collect();
    let logits = layer(&weights.output, &relu(normed));
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    1.0 / logits.iter().map(|logit| (logit - most).exp()).sum::<f64>()
}

#[test]
fn the_choice_is_that_of_f64() {
    let (features, selector) = (features(ROWS), selector());
    let scores = Scorer::new(&selector)
        .expect("a whole selector")
        .score_all(&features, &mut |_| ControlFlow::Continue(()))
        .expect("the rows are valid");
    let exact: Vec<f64> = (0..ROWS)
        .into_par_iter()
        .map(|row| confidence(&selector, &features, row))
        .collect();
    let worst = (scores.confidence.iter().zip(&exact))
        .map(|(found, exact)| (f64::from(*found) - exact).abs())
        .fold(0.0, f64::max);
    assert!(worst < 1e-6, "confidence is off by {worst:e}");

    let pool = SelectionPool::new(&scores, 0).expect("valid scores");
    let budget = Budget::Ratio("0.15".parse().expect("a ratio"));
    let found = pool.select_confidence(budget).expect("a choice");
    // The same quotas, filled in the order of the exact confidences.
    let mut expected = vec![];
    for (cluster, quota) in found.clusters.iter().enumerate() {
        let mut rows: Vec<u64> = (0..ROWS as u64)
            .filter(|&row| scores.cluster[row as usize] as usize == cluster)
            .collect();
        rows.sort_by(|&a, &b| exact[a as usize].total_cmp(&exact[b as usize]));
        expected.extend(&rows[..quota.quota as usize]);
    }
    expected.sort_unstable();
    assert_eq!(expected.len(), 1200);
    let overlap = Overlap::of(&found.positions, &expected);
    assert!(
        overlap.both * 1000 >= expected.len() as u64 * 999,
        "{} of {} records are those of f64",
        overlap.both,
        expected.len()
    );
}
