//! Principal components against scikit-learn on the same rows (`tests/goldens/projection`).
mod golden_file;

use golden_file::{golden, mix};
use half::f16;
use ofa_core::features::{FeatureMatrix, FeatureRows};
use ofa_core::projection::{SAMPLE, project};
use serde_json::Value;

/// The generator's numbers.
fn small(seed: u64, nth: usize) -> i64 {
    (mix(seed, nth as u64) % 255) as i64 - 127
}

/// The generator's rows.
fn rows(set: &Value) -> FeatureMatrix {
    let number = |key: &str| set[key].as_u64().expect("a number");
    let [rows, dim, directions] = ["rows", "dim", "directions"].map(|key| number(key) as usize);
    let (seed, width) = (number("seed"), 2 * dim);
    let basis: Vec<i64> = (0..directions * width)
        .map(|nth| small(seed, nth))
        .collect();
    let (mut image, mut text) = (Vec::new(), Vec::new());
    let mut checksum = 0;
    for row in 0..rows {
        let weights: Vec<i64> = (0..directions)
            .map(|k| small(seed + 1, row * directions + k).div_euclid(k as i64 + 1))
            .collect();
        for column in 0..width {
            let terms = weights.iter().zip(basis.iter().skip(column).step_by(width));
            let along: i64 = terms.map(|(weight, direction)| weight * direction).sum();
            let noise = small(seed + 2, row * width + column).div_euclid(4);
            let value = (300 + along.div_euclid(64) + noise).clamp(-2048, 2048);
            let value = f16::from_f32(value as f32 / 1024.0);
            checksum += u64::from(value.to_bits());
            if column < dim {
                image.push(value);
            } else {
                text.push(value);
            }
        }
    }
    assert_eq!(checksum, number("checksum"), "the rows are the generator's");
    FeatureMatrix::new(dim, image, text).expect("whole rows")
}

#[test]
fn coordinates_and_shares_are_those_of_scikit_learn() {
    let file: Value = serde_json::from_slice(&golden("projection/components.json")).expect("JSON");
    for set in file["data_sets"].as_array().expect("a list") {
        let features = rows(set);
        let count = features.rows();
        let found = project(&features, (0..count).collect()).expect("finite rows");
        let name = &set["name"];
        let number = |value: &Value| value.as_f64().expect("a number");
        // Pools that are no larger than the sample have their components up to f32.
        let (nearness, of_shares) = if count <= SAMPLE {
            (1e-6, 1e-6)
        } else {
            (5e-4, 1e-5)
        };
        for (found, expected) in found
            .explained
            .iter()
            .zip(set["explained"].as_array().expect("two"))
        {
            let off = (found - number(expected)).abs();
            assert!(off < of_shares, "{name}: {found}, expected {expected}");
        }
        let expected = set["coordinates"].as_array().expect("a list");
        let (mut off, mut whole) = (0.0, 0.0);
        for (nth, expected) in expected.iter().enumerate() {
            let row = nth * set["every"].as_u64().expect("a number") as usize;
            for axis in 0..2 {
                let expected = number(&expected[axis]);
                off += (f64::from(found.coordinates[2 * row + axis]) - expected).powi(2);
                whole += expected.powi(2);
            }
        }
        let off = (off / whole).sqrt();
        assert!(
            off < nearness,
            "{name}: places are off by {off} of their spread"
        );
        println!("{name}: {off:e}");
    }
}
