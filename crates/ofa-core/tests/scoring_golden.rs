//! Scores against PyTorch in float64 (`tests/goldens/scoring`).
mod golden_file;

use std::ops::ControlFlow;

use golden_file::{golden, mix};
use half::f16;
use ofa_core::arithmetic::InstructionSet;
use ofa_core::features::FeatureMatrix;
use ofa_core::score::{Scorer, Scores};
use ofa_core::selector::{FusionMode, Selector, SelectorConfig, SelectorWeights};
use safetensors::SafeTensors;
use serde_json::Value;

/// Half of what the method allows.
const CONFIDENCE_TOLERANCE: f64 = 5e-7;

fn hashed(seed: u64, len: usize, exponent: i32) -> Vec<f32> {
    (0..len as u64)
        .map(|i| (((mix(seed, i) >> 40) as i64 - (1 << 23)) as f32) * 2f32.powi(exponent - 23))
        .collect()
}

/// The generator's weights: name and exponent in the order of its seeds.
fn large_selector(mode: FusionMode, case: &Value) -> Selector {
    let number = |key: &str| case[key].as_u64().expect("a number");
    let config = SelectorConfig {
        feature_dim: number("d") as usize,
        hidden_dim: number("h") as usize,
        gate_hidden_dim: number("g") as usize,
        num_clusters: number("k") as usize,
        fusion_mode: mode,
    };
    let seed = number("seed");
    let gain = case["output_gain"].as_i64().expect("a number") as i32;
    let mut order: Vec<(&str, i32)> = Vec::new();
    if mode == FusionMode::Concat {
        order.extend([("concat.weight", -5), ("concat.bias", -5)]);
    } else {
        order.extend([
            ("image_branch.0.weight", -4),
            ("image_branch.0.bias", -4),
            ("text_branch.0.weight", -4),
            ("text_branch.0.bias", -4),
        ]);
        if mode != FusionMode::NoInteraction {
            order.extend([("interaction_branch.weight", 0), ("interaction_scale", 0)]);
        }
        if mode != FusionMode::StaticGate {
            order.extend([
                ("gate.0.weight", -2),
                ("gate.0.bias", -5),
                ("gate.2.weight", 0),
                ("gate.2.bias", -2),
            ]);
        }
    }
    order.extend([
        ("output.0.weight", 0),
        ("output.0.bias", -3),
        ("output.3.weight", -4 + gain),
        ("output.3.bias", -4),
    ]);
    if let Some(exponent) = case["exponent_of_all"].as_i64() {
        order.iter_mut().for_each(|(_, e)| *e = exponent as i32);
    }
    let weights = SelectorWeights::from_tensors(&config, "", |tensor| {
        Ok(order
            .iter()
            .position(|(name, _)| *name == tensor.name)
            .map(|at| hashed(seed + at as u64, tensor.shape.iter().product(), order[at].1)))
    })
    .expect("all tensors of the mode");
    let centers = hashed(seed + 100, config.num_clusters * config.joint_dim(), -4);
    Selector {
        config,
        weights,
        cluster_centers: centers,
        early: None,
        training: None,
    }
}

fn features(rows: usize, d: usize, seed: u64) -> FeatureMatrix {
    let scale = if d > 100 {
        2f32.powi(-14)
    } else {
        2f32.powi(-12)
    };
    let part = |seed| -> Vec<f16> {
        (0..(rows * d) as u64)
            .map(|i| f16::from_f32(((mix(seed, i) >> 53) as i64 - 1024) as f32 * scale))
            .collect()
    };
    let (mut image, mut text) = (part(seed), part(seed + 1));
    image[..2 * d].fill(f16::ZERO);
    text[d..2 * d].fill(f16::ZERO);
    text[2 * d..3 * d].copy_from_slice(&image[2 * d..3 * d]);
    for i in 3 * d..4 * d {
        text[i] = -image[i];
    }
    for value in &mut image[4 * d..5 * d] {
        *value = f16::from_f32(value.to_f32() * 8.0);
    }
    FeatureMatrix::new(d, image, text).expect("whole rows")
}

fn score(scorer: &Scorer, features: &FeatureMatrix) -> Scores {
    scorer
        .score_all(features, &mut |_| ControlFlow::Continue(()))
        .expect("finite rows")
}

#[test]
fn scores_agree_with_pytorch_in_float64() {
    let file = golden("scoring/scores.safetensors");
    let expected = SafeTensors::deserialize(&file).expect("a golden");
    let (_, header) = SafeTensors::read_metadata(&file).expect("a golden");
    let cases: Value =
        serde_json::from_str(&header.metadata().as_ref().expect("cases")["cases"]).expect("JSON");
    let cases = cases["cases"].as_array().expect("a list").clone();
    assert_eq!(cases.len(), 15);
    let mut extreme = (1.0f64, 0.0f64);
    for case in &cases {
        let name = case["name"].as_str().expect("a name");
        let mode: FusionMode = case["mode"]
            .as_str()
            .expect("a mode")
            .parse()
            .expect("a mode");
        let number = |key: &str| case[key].as_u64().expect("a number");
        let selector = if name.starts_with("small") {
            let bytes = golden(&format!("scoring/{name}.safetensors"));
            Selector::from_safetensors(&bytes).expect("a selector")
        } else {
            large_selector(mode, case)
        };
        assert_eq!(selector.config.fusion_mode, mode);
        let features = features(
            number("rows") as usize,
            number("d") as usize,
            number("feature_seed"),
        );
        let scorer = Scorer::new(&selector).expect("a whole selector");
        let scores = score(&scorer, &features);
        scores.check().expect("scores in range");

        let column = |column: &str| -> Vec<f64> {
            let view = expected
                .tensor(&format!("{name}.{column}"))
                .expect("a column");
            let words = view
                .data()
                .chunks_exact(8)
                .map(|b| b.try_into().expect("8 bytes"));
            match view.dtype() {
                safetensors::Dtype::I64 => words.map(|b| i64::from_le_bytes(b) as f64).collect(),
                _ => words.map(f64::from_le_bytes).collect(),
            }
        };
        let worst = |found: &[f32], name: &str, tolerance: f64| {
            let expected = column(name);
            assert_eq!(found.len(), expected.len());
            let worst = found
                .iter()
                .zip(&expected)
                .map(|(&f, e)| (f64::from(f) - e).abs())
                .fold(0.0, f64::max);
            assert!(worst <= tolerance, "{name}: off by {worst:e}");
            worst
        };
        let confidence = worst(&scores.confidence, "confidence", CONFIDENCE_TOLERANCE);
        let entropy = worst(&scores.entropy, "entropy", 1e-6);
        let gate = worst(&scores.gate, "gate", 5e-7);
        let margins = scores
            .alignment_margin
            .as_ref()
            .expect("score_all gives it");
        let margin = worst(margins, "alignment_margin", 1e-6);
        assert_eq!(scores.early_confidence.is_some(), selector.early.is_some());
        let early = scores
            .early_confidence
            .as_ref()
            .map(|found| worst(found, "early_confidence", CONFIDENCE_TOLERANCE));
        let clusters: Vec<f64> = scores.cluster.iter().map(|&k| f64::from(k)).collect();
        assert_eq!(clusters, column("cluster"), "{name}");
        for value in column("confidence") {
            extreme = (extreme.0.min(value), extreme.1.max(value));
        }
        println!(
            "{name}: confidence {confidence:.1e} entropy {entropy:.1e} gate {gate:.1e} margin \
             {margin:.1e} early {:.1e}",
            early.unwrap_or(0.0)
        );
    }
    assert!(
        extreme.0 < 0.02 && extreme.1 > 0.999,
        "the golden covers both ends: {extreme:?}"
    );
}

/// Any instruction set, batch and thread count gives the same bits.
#[test]
fn scores_do_not_depend_on_how_they_are_computed() {
    let bytes = golden("scoring/scores.safetensors");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a golden");
    let cases: Value =
        serde_json::from_str(&header.metadata().as_ref().expect("cases")["cases"]).expect("JSON");
    let case = cases["cases"]
        .as_array()
        .and_then(|cases| cases.iter().find(|case| case["name"] == "large_full"))
        .expect("the case");
    let mut selector = large_selector(FusionMode::Full, case);
    selector.early = Some(selector.weights.clone());
    let features = features(160, 512, 5);
    let scorer = Scorer::new(&selector).expect("a whole selector");
    let expected = score(&scorer, &features);
    assert_eq!(
        expected.early_confidence.as_ref(),
        Some(&expected.confidence)
    );
    for set in InstructionSet::available() {
        let scorer = Scorer::with_instruction_set(&selector, set).expect("a whole selector");
        assert_eq!(score(&scorer, &features), expected, "{set:?}");
        let mut parts = Scores::default();
        let mut start = 0;
        for len in [1, 63, 2, 64, 7, 23] {
            parts.append(
                scorer
                    .score(&features, start..start + len)
                    .expect("finite rows"),
            );
            start += len;
        }
        assert_eq!(parts.confidence, expected.confidence);
        assert_eq!(parts.entropy, expected.entropy);
        assert_eq!(parts.gate, expected.gate);
        assert_eq!(parts.cluster, expected.cluster);
    }
    #[cfg(feature = "rayon")]
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        assert_eq!(
            pool.install(|| score(&scorer, &features)),
            expected,
            "{threads} threads"
        );
    }
}
