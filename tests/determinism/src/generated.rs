//! A dataset and a selector made of nothing but additions, products, quotients and square roots,
//! whose results IEEE 754 fixes.

use half::f16;
use ofa_core::features::FeatureMatrix;
use ofa_core::rng::{Purpose, Rng};
use ofa_core::selector::{Selector, SelectorConfig, SelectorWeights};

/// The width of an embedding.
pub const DIM: usize = 512;

/// The clusters of the selector.
pub const CLUSTERS: usize = 128;

/// Numbers from -1 to 1.
fn uniform(rng: &mut Rng) -> f32 {
    rng.unit_f64() as f32 * 2.0 - 1.0
}

/// The directions that rows lie around: for each cluster of an image and of a text.
fn directions() -> Vec<f32> {
    let mut rng = Rng::new(1, Purpose::Baseline, 0, 0);
    (0..CLUSTERS * 2 * DIM).map(|_| uniform(&mut rng)).collect()
}

fn unit(values: &mut [f32]) {
    let mut sum = 0.0_f32;
    for value in values.iter() {
        sum += value * value;
    }
    let norm = sum.sqrt();
    values.iter_mut().for_each(|value| *value /= norm);
}

/// Unit rows around the directions, in clusters of very different sizes. Every 50th row is as the
/// one before it.
///
/// # Panics
/// Never: there are whole rows.
#[must_use]
pub fn features(rows: usize) -> FeatureMatrix {
    let directions = directions();
    let mut rng = Rng::new(2, Purpose::Baseline, 0, 0);
    let noise: Vec<f32> = (0..1 << 20).map(|_| uniform(&mut rng)).collect();
    let (mut image, mut text) = (Vec::<f16>::new(), Vec::<f16>::new());
    for row in 0..rows {
        let place = rng.unit_f64();
        let cluster = (place * place * CLUSTERS as f64) as usize;
        for (part, out) in [&mut image, &mut text].into_iter().enumerate() {
            if row % 50 == 49 {
                out.extend_from_within(out.len() - DIM..);
                continue;
            }
            let start = rng.index(noise.len() - DIM);
            let strength = 1.0 + rng.unit_f64() as f32;
            let direction = &directions[(2 * cluster + part) * DIM..][..DIM];
            let mut values: Vec<f32> = direction
                .iter()
                .zip(&noise[start..])
                .map(|(direction, noise)| direction + strength * noise)
                .collect();
            unit(&mut values);
            out.extend(values.into_iter().map(f16::from_f32));
        }
    }
    FeatureMatrix::new(DIM, image, text).expect("whole rows")
}

/// A selector of random weights with an early one, whose centres are the directions.
///
/// # Panics
/// Never: every tensor is given.
#[must_use]
pub fn selector() -> Selector {
    let config = SelectorConfig::new(DIM, CLUSTERS);
    let weights = |seed| {
        let mut rng = Rng::new(seed, Purpose::Baseline, 0, 0);
        SelectorWeights::from_tensors(&config, "", |tensor| {
            let inputs = *tensor.shape.last().unwrap_or(&1) as f32;
            let len = tensor.shape.iter().product();
            Ok(Some(
                (0..len)
                    .map(|_| uniform(&mut rng) * 2.0 / inputs.sqrt())
                    .collect(),
            ))
        })
        .expect("every tensor is given")
    };
    let mut cluster_centers = directions();
    cluster_centers.chunks_mut(DIM).for_each(unit);
    Selector {
        weights: weights(3),
        early: Some(weights(4)),
        config,
        cluster_centers,
        training: None,
    }
}
