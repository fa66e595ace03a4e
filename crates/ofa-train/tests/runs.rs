//! Whole runs on flex: what comes out, that it is the same again, and what bad input gets.
use std::ops::ControlFlow;

use burn::backend::Autodiff;
use burn_flex::{Flex, FlexDevice};
use half::f16;
use ofa_core::features::{FeatureMatrix, FeatureRows, joint};
use ofa_core::rng::{Purpose, Rng};
use ofa_core::score::Scorer;
use ofa_core::selector::{FusionMode, Selector, SelectorConfig};
use ofa_train::{
    CheckpointPolicy, EpochMetrics, Error, FusionClassifier, LabelledRows, Learner, Provenance,
    Result, TrainEvent, TrainOptions, TrainOutcome, Trainer, train, train_with_centers,
};

/// The learner of these tests.
fn learner(config: &SelectorConfig, options: &TrainOptions) -> Result<Box<dyn Learner>> {
    Trainer::<Autodiff<Flex>>::from_seed(config, options, &FlexDevice)
}

const DIM: usize = 16;
const TOPICS: usize = 6;

/// Unit embeddings of noisy topics, topic `t` with a share like 1 / (t + 1).
fn features(rows: usize) -> FeatureMatrix {
    let mut rng = Rng::new(11, Purpose::Baseline, 0, 0);
    let mut normal = move || (0..12).map(|_| rng.unit_f64()).sum::<f64>() - 6.0;
    let directions: Vec<f64> = (0..TOPICS * 2 * DIM).map(|_| normal()).collect();
    let mut picks = Rng::new(12, Purpose::Baseline, 0, 0);
    let (mut image, mut text) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let topic = picks.index(TOPICS).min(picks.index(TOPICS));
        for (side, values) in [&mut image, &mut text].into_iter().enumerate() {
            let start = (2 * topic + side) * DIM;
            let row: Vec<f64> = directions[start..start + DIM]
                .iter()
                .map(|x| x + 0.8 * normal())
                .collect();
            let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            values.extend(row.iter().map(|x| f16::from_f64(x / norm)));
        }
    }
    FeatureMatrix::new(DIM, image, text).expect("whole rows")
}

fn options() -> TrainOptions {
    TrainOptions {
        clusters: TOPICS,
        core_ratio: 0.3,
        epochs: 8,
        batch: 100,
        learning_rate: 3e-4,
        seed: 5,
        ..TrainOptions::default()
    }
}

fn run(features: &impl FeatureRows, options: &TrainOptions) -> Result<TrainOutcome> {
    let silent = &mut |_| ControlFlow::Continue(());
    train(features, options, &Provenance::default(), &learner, silent)
}

fn bytes(outcome: &TrainOutcome) -> Vec<u8> {
    outcome
        .selector
        .to_safetensors(false)
        .expect("a valid selector")
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_any_number_of_threads() {
    let features = features(1500);
    let in_pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        pool.install(|| run(&features, &options()))
            .expect("training succeeds")
    };
    let (one, again, two) = (in_pool(1), in_pool(1), in_pool(2));
    assert_eq!(bytes(&one), bytes(&again));
    assert_eq!(bytes(&one), bytes(&two));
    assert_eq!(one.history, two.history);
    let other_seed = run(
        &features,
        &TrainOptions {
            seed: 6,
            ..options()
        },
    )
    .expect("it succeeds");
    assert_ne!(one.selector.weights, other_seed.selector.weights);
}

#[test]
fn the_selector_file_holds_what_was_trained() {
    let features = features(1200);
    let provenance = Provenance {
        encoder_fingerprint: Some("encoder-1".into()),
        dataset_fingerprint: None,
    };
    let mut events = Vec::new();
    let outcome = train(&features, &options(), &provenance, &learner, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })
    .expect("training succeeds");
    let history = &outcome.history;

    // It learns: the macro accuracy of six classes rises well above chance.
    let first = history.epochs[0].validation.macro_accuracy;
    let last = history.epochs[7].validation.macro_accuracy;
    assert!(last > first + 0.2 && last > 0.5, "{first} to {last}");
    assert_eq!(history.cluster_sizes.iter().sum::<u64>(), 1200);
    assert_eq!(history.epochs.len(), 8);

    // Events tell the same story.
    let epochs = events.iter().filter_map(|event| match event {
        TrainEvent::Epoch { metrics, epochs: 8 } => Some(metrics.clone()),
        _ => None,
    });
    assert_eq!(epochs.collect::<Vec<_>>(), history.epochs);
    let core = TrainEvent::CoreSet {
        training_rows: history.training_rows,
        validation_rows: history.validation_rows,
    };
    assert!(events.contains(&core));
    assert!(matches!(events[0], TrainEvent::KMeans(_)));

    // The file reads back to the same selector, with the run's facts in its metadata.
    let read = Selector::from_safetensors(&bytes(&outcome)).expect("our own file");
    assert_eq!(read, outcome.selector);
    assert_eq!(read.training_text("encoder_fingerprint"), Some("encoder-1"));
    assert_eq!(read.training_text("dataset_fingerprint"), None);
    let training = read.training.expect("written by train()");
    assert_eq!(training["selected_epoch"], history.selected_epoch);
    assert_eq!(
        training["metrics"]["macro_accuracy"],
        history.selected().validation.macro_accuracy
    );
    assert_eq!(training["seed"], 5);

    // The history's JSON reads back.
    let json = serde_json::to_string(history).expect("plain data");
    let again: ofa_train::History = serde_json::from_str(&json).expect("our own JSON");
    assert_eq!(again.options, history.options);
    assert_eq!(again.selected_epoch, history.selected_epoch);
}

/// What `ofa-core` scores with is the classifier that was trained, in every mode, early and late.
#[test]
fn ofa_core_scores_what_was_trained() {
    let features = features(900);
    for fusion_mode in FusionMode::ALL {
        let options = TrainOptions {
            fusion_mode,
            epochs: 3,
            ..options()
        };
        let selector = run(&features, &options)
            .expect("training succeeds")
            .selector;
        let scorer = Scorer::new(&selector).expect("a valid selector");
        let scores = scorer
            .score(&features, 0..features.rows())
            .expect("finite rows");
        let classifier = FusionClassifier::<Flex>::from_weights(
            &selector.config,
            &selector.weights,
            &FlexDevice,
        )
        .expect("a valid selector");
        let early = selector.early.as_ref().expect("kept after epoch 1");
        let early = FusionClassifier::<Flex>::from_weights(&selector.config, early, &FlexDevice)
            .expect("a valid selector");
        let widen = |side: fn(&FeatureMatrix, usize) -> &[f16]| -> Vec<f32> {
            (0..features.rows())
                .flat_map(|row| side(&features, row))
                .map(|x| x.to_f32())
                .collect()
        };
        let image = widen(|features, row| features.image(row));
        let text = widen(|features, row| features.text(row));
        let labels = vec![0; features.rows()];
        let rows = LabelledRows::new(DIM, TOPICS, image, text, labels).expect("finite rows");
        for (classifier, confidence) in [
            (classifier, &scores.confidence),
            (
                early,
                scores
                    .early_confidence
                    .as_ref()
                    .expect("the early selector is there"),
            ),
        ] {
            let predictions = classifier
                .predict(&rows, 128, &FlexDevice)
                .expect("flex works");
            let measured = predictions.measure(&rows, TOPICS).expect("rows");
            let (mut low, mut high) = (f32::INFINITY, 0f32);
            for &c in confidence {
                (low, high) = (low.min(c), high.max(c));
            }
            assert!(
                (measured.confidence.min - f64::from(low)).abs() < 2e-6,
                "{fusion_mode}"
            );
            assert!(
                (measured.confidence.max - f64::from(high)).abs() < 2e-6,
                "{fusion_mode}"
            );
        }
    }
}

#[test]
fn the_policy_decides_which_epoch_is_kept() {
    let features = features(900);
    let with = |checkpoint_policy| {
        let options = TrainOptions {
            checkpoint_policy,
            target_accuracy: 0.55,
            ..options()
        };
        run(&features, &options).expect("training succeeds")
    };
    let last = with(CheckpointPolicy::Last);
    assert_eq!(last.history.selected_epoch, 8);
    let nearest = with(CheckpointPolicy::TargetAny);
    let distance = |e: &ofa_train::EpochMetrics| (e.validation.macro_accuracy - 0.55).abs();
    let selected = distance(nearest.history.selected());
    assert!(
        nearest
            .history
            .epochs
            .iter()
            .all(|epoch| distance(epoch) >= selected)
    );
    // The runs are the same but for what was kept of them.
    assert_eq!(nearest.history.epochs, last.history.epochs);
    assert_eq!(nearest.selector.early, last.selector.early);
    assert_ne!(nearest.selector.weights, last.selector.weights);
    // With one epoch the early selector is the selector.
    let one = TrainOptions {
        epochs: 1,
        ..options()
    };
    let one = run(&features, &one).expect("training succeeds").selector;
    assert_eq!(one.early.as_ref(), Some(&one.weights));
}

#[test]
fn given_centres_are_kept() {
    let features = features(900);
    let found = run(&features, &options()).expect("training succeeds");
    let again = train_with_centers(
        &features,
        found.selector.cluster_centers.clone(),
        &options(),
        &Provenance::default(),
        &learner,
        &mut |_| ControlFlow::Continue(()),
    )
    .expect("training succeeds");
    assert_eq!(again, found);
    let short = found.selector.cluster_centers[1..].to_vec();
    let silent = &mut |_| ControlFlow::Continue(());
    let provenance = Provenance::default();
    let error = train_with_centers(&features, short, &options(), &provenance, &learner, silent)
        .map(|_| ())
        .expect_err("a value is missing");
    assert!(
        matches!(error, Error::Core(ofa_core::Error::Length { .. })),
        "{error}"
    );
}

/// Every mode under every policy, with a cluster that no row is in: it counts as wrong in the
/// macro accuracy, and coverage is full only where it is predicted all the same.
#[test]
fn an_empty_cluster_stops_no_mode_and_no_policy() {
    let features = features(600);
    let found = run(&features, &options()).expect("training succeeds");
    let mut centers = found.selector.cluster_centers;
    centers.extend([9.0; 2 * DIM]);
    for fusion_mode in FusionMode::ALL {
        let run = |checkpoint_policy| {
            let options = TrainOptions {
                clusters: TOPICS + 1,
                epochs: 6,
                fusion_mode,
                checkpoint_policy,
                ..options()
            };
            train_with_centers(
                &features,
                centers.clone(),
                &options,
                &Provenance::default(),
                &learner,
                &mut |_| ControlFlow::Continue(()),
            )
            .expect("training succeeds")
        };
        let last = run(CheckpointPolicy::Last);
        let epochs = &last.history.epochs;
        assert_eq!(last.history.cluster_sizes[TOPICS], 0);
        assert_eq!(last.history.selected_epoch, 6);
        let most = TOPICS as f64 / (TOPICS + 1) as f64;
        for epoch in epochs {
            assert!(epoch.validation.macro_accuracy <= most + 1e-12);
            assert_eq!(
                epoch.validation.full_coverage,
                epoch.validation.coverage == TOPICS + 1
            );
        }
        let distance = |epoch: &EpochMetrics| (epoch.validation.macro_accuracy - 0.6).abs();
        let nearest = |eligible: &dyn Fn(&EpochMetrics) -> bool| {
            let mut eligible: Vec<_> = epochs.iter().filter(|&epoch| eligible(epoch)).collect();
            eligible.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
            eligible.first().map(|epoch| epoch.epoch)
        };
        let widest = epochs.iter().map(|e| e.validation.coverage).max();
        let any = nearest(&|_| true);
        let full = nearest(&|epoch| epoch.validation.full_coverage);
        let covering = epochs
            .iter()
            .find(|epoch| Some(epoch.validation.coverage) == widest)
            .map(|epoch| epoch.epoch);
        for (policy, expected) in [
            (CheckpointPolicy::TargetAny, any),
            (CheckpointPolicy::Target, full.or(any)),
            (CheckpointPolicy::MaxCoverage, covering),
        ] {
            let outcome = run(policy);
            assert_eq!(
                Some(outcome.history.selected_epoch),
                expected,
                "{fusion_mode}, {policy}"
            );
            assert_eq!(outcome.history.epochs, *epochs);
            let read = Selector::from_safetensors(&bytes(&outcome)).expect("our own file");
            let scores = Scorer::new(&read)
                .and_then(|scorer| scorer.score(&features, 0..features.rows()))
                .expect("finite rows");
            assert!(scores.cluster.iter().all(|&k| (k as usize) < TOPICS));
        }
    }
}

#[test]
fn bad_input_is_refused() {
    let good = features(300);
    let error = |features: &FeatureMatrix, options: &TrainOptions| {
        run(features, options).map(|_| ()).expect_err("bad input")
    };

    let mut image: Vec<f16> = (0..300).flat_map(|row| good.image(row).to_vec()).collect();
    let text: Vec<f16> = (0..300).flat_map(|row| good.text(row).to_vec()).collect();
    image[17 * DIM + 3] = f16::NAN;
    let with_nan = FeatureMatrix::new(DIM, image, text).expect("whole rows");
    let found = error(&with_nan, &options());
    assert!(
        matches!(
            found,
            Error::Core(ofa_core::Error::NotFinite {
                row: 17,
                modality: "image",
                column: 3,
                ..
            })
        ),
        "{found}"
    );

    let too_many = TrainOptions {
        clusters: 301,
        ..options()
    };
    let found = error(&good, &too_many);
    assert!(
        matches!(
            found,
            Error::Core(ofa_core::Error::TooFewRows {
                clusters: 301,
                rows: 300
            })
        ),
        "{found}"
    );

    // Every row is a cluster of its own: all go to validation.
    let few = features(TOPICS);
    let mut centers = vec![0.0; TOPICS * 2 * DIM];
    for (row, center) in centers.chunks_exact_mut(2 * DIM).enumerate() {
        joint(&few, row, center);
    }
    let silent = &mut |_| ControlFlow::Continue(());
    let provenance = Provenance::default();
    let found = train_with_centers(&few, centers, &options(), &provenance, &learner, silent);
    assert_eq!(
        found.err(),
        Some(Error::CoreTooSmall {
            train: 0,
            validation: TOPICS
        })
    );

    let found = error(
        &good,
        &TrainOptions {
            target_accuracy: 1.5,
            ..options()
        },
    );
    assert!(
        matches!(
            found,
            Error::Option {
                option: "target_accuracy",
                ..
            }
        ),
        "{found}"
    );

    // A history of so many epochs could not be held.
    let found = error(
        &good,
        &TrainOptions {
            epochs: usize::MAX,
            ..options()
        },
    );
    assert!(
        matches!(
            found,
            Error::Option {
                option: "epochs",
                ..
            }
        ),
        "{found}"
    );

    let found = error(
        &good,
        &TrainOptions {
            learning_rate: 1e30,
            ..options()
        },
    );
    assert!(matches!(found, Error::Diverged { .. }), "{found}");
}

#[test]
fn every_stage_can_be_cancelled() {
    let features = features(600);
    let stages: [fn(&TrainEvent) -> bool; 4] = [
        |event| matches!(event, TrainEvent::KMeans(_)),
        |event| matches!(event, TrainEvent::Clustered { .. }),
        |event| matches!(event, TrainEvent::CoreSet { .. }),
        |event| matches!(event, TrainEvent::Epoch { metrics, .. } if metrics.epoch == 2),
    ];
    for stops_at in stages {
        let mut after = 0;
        let mut stopped = false;
        let provenance = Provenance::default();
        let result = train(&features, &options(), &provenance, &learner, &mut |event| {
            after += usize::from(stopped);
            stopped |= stops_at(&event);
            if stopped {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(result.err(), Some(Error::Cancelled));
        assert_eq!((stopped, after), (true, 0));
    }
}
