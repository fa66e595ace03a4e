//! What scoring does with features and weights that are not as they should be.
use half::f16;
use ofa_core::Error;
use ofa_core::features::FeatureMatrix;
use ofa_core::rng::{Purpose, Rng};
use ofa_core::score::Scorer;
use ofa_core::selector::{FusionMode, Selector, SelectorConfig, SelectorWeights};

const DIM: usize = 96;

/// A selector of width [`DIM`] whose first layers are multiplied by `gain` and have no bias.
fn selector(fusion_mode: FusionMode, gain: f32) -> Selector {
    let config = SelectorConfig {
        fusion_mode,
        hidden_dim: 24,
        gate_hidden_dim: 8,
        ..SelectorConfig::new(DIM, 7)
    };
    let mut rng = Rng::new(6, Purpose::Baseline, 0, 0);
    let mut values = |len: usize, scale: f32| -> Vec<f32> {
        (0..len)
            .map(|_| (rng.unit_f64() as f32 * 2.0 - 1.0) * scale)
            .collect()
    };
    let weights = SelectorWeights::from_tensors(&config, "", |tensor| {
        let len = tensor.shape.iter().product();
        Ok(Some(match tensor.name {
            name if name.starts_with("output") || name.starts_with("gate") => values(len, 1.0),
            "interaction_scale" => vec![0.1],
            name if name.ends_with("bias") => vec![0.0; len],
            _ => values(len, gain),
        }))
    })
    .expect("every tensor is given");
    let cluster_centers = values(7 * 2 * DIM, 0.1);
    Selector {
        config,
        weights,
        cluster_centers,
        early: None,
        training: None,
    }
}

fn features(rows: usize, dim: usize, largest: f64) -> FeatureMatrix {
    let mut rng = Rng::new(7, Purpose::Baseline, 0, 0);
    let mut part = || -> Vec<f16> {
        (0..rows * dim)
            .map(|_| f16::from_f64((rng.unit_f64() * 2.0 - 1.0) * largest))
            .collect()
    };
    let (image, text) = (part(), part());
    FeatureMatrix::new(dim, image, text).expect("whole rows")
}

#[test]
fn features_of_another_width_are_refused() {
    let scorer = Scorer::new(&selector(FusionMode::Full, 0.1)).expect("a whole selector");
    for dim in [DIM - 1, DIM + 1, 2 * DIM] {
        assert_eq!(
            scorer.score(&features(3, dim, 0.1), 0..3),
            Err(Error::FeatureWidth {
                expected: DIM,
                found: dim
            })
        );
    }
}

#[test]
fn the_first_row_that_is_not_finite_is_named() {
    let scorer = Scorer::new(&selector(FusionMode::Full, 0.1)).expect("a whole selector");
    for (bad, modality) in [
        (f16::NAN, "image"),
        (f16::INFINITY, "text"),
        (f16::NEG_INFINITY, "image"),
    ] {
        let mut image = vec![f16::from_f64(0.1); 200 * DIM];
        let mut text = image.clone();
        let spoilt = if modality == "image" {
            &mut image
        } else {
            &mut text
        };
        spoilt[130 * DIM + 5] = bad;
        spoilt[170 * DIM] = bad;
        let rows = FeatureMatrix::new(DIM, image, text)
            .and_then(|rows| rows.with_index((0..200).map(|row| 3 * row).collect()))
            .expect("whole rows");
        let expected = Error::NotFinite {
            row: 130,
            index: 390,
            modality,
            column: 5,
        };
        assert_eq!(scorer.score(&rows, 0..200), Err(expected.clone()));
        let stopped = scorer.score_all(&rows, &mut |_| std::ops::ControlFlow::Continue(()));
        assert_eq!(stopped, Err(expected));
        assert!(scorer.score(&rows, 0..130).is_ok());
    }
}

/// Sums that leave the range of f32 are no zeros and no NaN: the rows are computed in f64, where
/// the layer norm takes the scale away.
#[test]
fn sums_beyond_f32_are_computed_in_f64() {
    let rows = features(100, DIM, 65504.0);
    for mode in FusionMode::ALL {
        let score = |gain| {
            let scorer = Scorer::new(&selector(mode, gain)).expect("a whole selector");
            scorer.score(&rows, 0..100).expect("finite scores")
        };
        // 2^113 is 1.04e34. Without biases a factor of all first layers changes nothing.
        let (huge, usual) = (score(2f32.powi(113)), score(2f32.powi(10)));
        huge.check().expect("scores in range");
        for (found, expected) in [
            (&huge.confidence, &usual.confidence),
            (&huge.entropy, &usual.entropy),
            (&huge.gate, &usual.gate),
        ] {
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{mode}: {found} {expected}"
                );
            }
        }
    }
}
