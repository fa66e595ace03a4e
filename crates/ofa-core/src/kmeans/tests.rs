use super::run::Convergence;
use super::*;
use crate::features::FeatureMatrix;
use crate::rng::{Purpose, Rng};
use half::f16;

fn go_on(_: KMeansProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Rows around `sources` random directions.
fn rows(count: usize, dim: usize, sources: usize) -> FeatureMatrix {
    let mut rng = Rng::new(8, Purpose::Baseline, 0, 0);
    let mut value = |scale: f64| f16::from_f64((rng.unit_f64() * 2.0 - 1.0) * scale).to_f32();
    let directions: Vec<f32> = (0..sources * 2 * dim).map(|_| value(1.0)).collect();
    let mut part = |offset: usize| -> Vec<f16> {
        (0..count * dim)
            .map(|i| {
                let source = (i / dim) % sources;
                let center = directions[source * 2 * dim + offset + i % dim];
                f16::from_f32(center + value(0.1))
            })
            .collect()
    };
    let (image, text) = (part(0), part(dim));
    FeatureMatrix::new(dim, image, text).expect("whole rows")
}

#[test]
fn separate_sources_become_clusters() {
    let features = rows(700, 12, 7);
    let found = fit(&features, &KMeansOptions::new(7, 1), &mut go_on).expect("enough rows");
    let labels = &found.assignment.labels;
    for row in 7..700 {
        assert_eq!(labels[row], labels[row % 7]);
    }
    let mut of_sources = labels[..7].to_vec();
    of_sources.sort_unstable();
    assert_eq!(of_sources, [0, 1, 2, 3, 4, 5, 6]);
    assert!(found.converged);
    // The centres of well separated clusters are near the means of their rows.
    let mut joint = vec![0.0f32; 24];
    for (source, &label) in labels[..7].iter().enumerate() {
        let mut mean = [0.0f64; 24];
        for row in (source..700).step_by(7) {
            crate::features::joint(&features, row, &mut joint);
            mean.iter_mut()
                .zip(&joint)
                .for_each(|(m, &j)| *m += f64::from(j) / 100.0);
        }
        let center = &found.centers[label as usize * 24..][..24];
        for (m, &c) in mean.iter().zip(center) {
            assert!((m - f64::from(c)).abs() < 0.01, "{m} and {c}");
        }
    }
}

#[test]
fn the_result_depends_on_the_seed_only() {
    let features = rows(900, 20, 30);
    let options = KMeansOptions {
        batch: 200,
        ..KMeansOptions::new(24, 5)
    };
    let expected = fit(&features, &options, &mut go_on).expect("enough rows");
    for instruction_set in InstructionSet::available() {
        let options = KMeansOptions {
            instruction_set,
            ..options
        };
        assert_eq!(
            fit(&features, &options, &mut go_on).expect("enough rows"),
            expected
        );
    }
    #[cfg(feature = "rayon")]
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        let found = pool
            .install(|| fit(&features, &options, &mut go_on))
            .expect("enough rows");
        assert_eq!(found, expected, "{threads} threads");
    }
    let other = KMeansOptions { seed: 6, ..options };
    assert_ne!(
        fit(&features, &other, &mut go_on)
            .expect("enough rows")
            .centers,
        expected.centers
    );
    // The labels are what any later assignment to the same centres gives.
    let centers = Centers::new(&expected.centers, 24, 40).expect("its own centres");
    assert_eq!(
        centers.assign(&features, 0..900).expect("finite"),
        expected.assignment
    );
}

#[test]
fn hard_cases() {
    // As many clusters as rows: most rows are their own centre (a batch is drawn with
    // replacement, so centres whose row is not drawn are moved away).
    let features = rows(40, 4, 40);
    let found = fit(&features, &KMeansOptions::new(40, 1), &mut go_on).expect("enough rows");
    let own_center = found
        .assignment
        .squared_distances
        .iter()
        .filter(|&&d| d < 1e-5)
        .count();
    assert!(own_center > 20, "{own_center}");
    // Fewer distinct rows than clusters.
    let same = FeatureMatrix::new(2, vec![f16::ONE; 20], vec![f16::ONE; 20]).expect("ten rows");
    let found = fit(&same, &KMeansOptions::new(4, 1), &mut go_on).expect("enough rows");
    assert_eq!(found.assignment.labels, [0; 10]);
    let one = fit(&features, &KMeansOptions::new(1, 1), &mut go_on).expect("enough rows");
    assert_eq!(one.assignment.labels, [0; 40]);
}

#[test]
fn wrong_input_is_refused() {
    let features = rows(10, 4, 2);
    let error =
        |options: KMeansOptions| fit(&features, &options, &mut go_on).expect_err("must be refused");
    assert_eq!(
        error(KMeansOptions::new(11, 1)),
        Error::TooFewRows {
            clusters: 11,
            rows: 10
        }
    );
    assert!(matches!(
        error(KMeansOptions::new(0, 1)),
        Error::Option {
            option: "clusters",
            ..
        }
    ));
    let base = KMeansOptions::new(2, 1);
    assert!(matches!(
        error(KMeansOptions { batch: 0, ..base }),
        Error::Option { .. }
    ));
    assert!(matches!(
        error(KMeansOptions { runs: 0, ..base }),
        Error::Option { .. }
    ));
    let ratio = KMeansOptions {
        reassignment_ratio: f64::NAN,
        ..base
    };
    assert!(matches!(error(ratio), Error::Option { .. }));
    let broken = FeatureMatrix::new(1, vec![f16::ONE, f16::NAN], vec![f16::ONE; 2]).expect("rows");
    assert!(matches!(
        fit(&broken, &base, &mut go_on),
        Err(Error::NotFinite {
            row: 1,
            modality: "image",
            ..
        })
    ));
}

/// Of several runs that all come to their end the one with the lowest inertia over all rows is kept; runs do not
/// disturb one another, and there are no more of them than initialisations.
#[test]
fn the_best_of_the_runs_is_kept() {
    let features = rows(900, 20, 30);
    let inertia = |seed, runs| {
        let options = KMeansOptions {
            batch: 200,
            initialisations: 4,
            runs,
            trial_batches: usize::MAX,
            swap_rounds: 0,
            ..KMeansOptions::new(24, seed)
        };
        let found = fit(&features, &options, &mut go_on).expect("enough rows");
        found.assignment.inertia()
    };
    let mut better = 0;
    for seed in 0..6 {
        let [one, two, three, four] = [1, 2, 3, 4].map(|runs| inertia(seed, runs));
        assert!(two <= one && three <= two && four <= three);
        assert_eq!(inertia(seed, 99), four);
        better += usize::from(four < one);
    }
    assert!(better > 0);
}

/// The one that is best after the trial is run to its end as if it were alone, and the others are given up there.
#[test]
fn after_the_trial_only_the_best_run_goes_on() {
    let features = rows(900, 20, 30);
    for seed in 0..6 {
        let options = KMeansOptions {
            batch: 200,
            initialisations: 4,
            trial_batches: 4,
            swap_rounds: 0,
            ..KMeansOptions::new(24, seed)
        };
        let mut steps = [0; 3];
        let found = fit(&features, &options, &mut |event| {
            if let KMeansProgress::Batch { run, step, .. } = event {
                steps[run - 1] = step;
            }
            ControlFlow::Continue(())
        });
        let found = found.expect("enough rows");
        let kept = steps.iter().position(|&step| step == found.steps);
        let kept = kept.expect("one of them came to the end");
        for (run, &step) in steps.iter().enumerate() {
            assert!(run == kept || step == 4, "seed {seed}, run {run}: {step}");
        }
        // Among all that came to their end, the same run is this one, bit for bit.
        let all = (1..=3).map(|runs| {
            let options = KMeansOptions {
                runs,
                trial_batches: usize::MAX,
                ..options
            };
            fit(&features, &options, &mut go_on).expect("enough rows")
        });
        let all: Vec<Clustering> = all.collect();
        assert!(all.contains(&found) || all[2].assignment.inertia() < found.assignment.inertia());
        assert!(found.assignment.inertia() < 1.1 * all[2].assignment.inertia());
    }
}

#[test]
fn progress_runs_forward_and_can_stop_the_work() {
    let features = rows(300, 4, 5);
    let options = KMeansOptions {
        batch: 50,
        initialisations: 3,
        runs: 2,
        trial_batches: 3,
        ..KMeansOptions::new(5, 1)
    };
    let mut events = Vec::new();
    fit(&features, &options, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })
    .expect("enough rows");
    assert_eq!(events[0], KMeansProgress::Seeding { done: 3, of: 15 });
    assert_eq!(events[4], KMeansProgress::Seeding { done: 15, of: 15 });
    assert_eq!(events[5], KMeansProgress::Swapping { done: 1, of: 5 });
    assert_eq!(events[9], KMeansProgress::Swapping { done: 5, of: 5 });
    assert!(matches!(
        events[10],
        KMeansProgress::Batch {
            run: 1,
            runs: 2,
            step: 1,
            max_steps: 1800,
            ..
        }
    ));
    // Three batches each, then those of the better one.
    let batches: Vec<(usize, usize)> = (events[10..].iter())
        .filter_map(|event| match event {
            KMeansProgress::Batch { run, step, .. } => Some((*run, *step)),
            _ => None,
        })
        .collect();
    assert_eq!(
        batches[..6],
        [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    );
    let (kept, last) = batches[batches.len() - 1];
    assert!(last > 3);
    let to_the_end: Vec<(usize, usize)> = (4..=last).map(|step| (kept, step)).collect();
    assert_eq!(batches[6..], to_the_end);
    let assigned = KMeansProgress::Assigning { done: 300, of: 300 };
    assert_eq!(events[10 + batches.len()..], [assigned]);
    for stop_at in [0, 5, 10, 13, 17, events.len() - 1] {
        let mut seen = 0;
        let stopped = fit(&features, &options, &mut |_| {
            seen += 1;
            if seen > stop_at {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!((stopped, seen), (Err(Error::Cancelled), stop_at + 1));
    }
}

/// The stop rule on a sequence worked out by hand: weight 2 * 10 / (39 + 1) = 0.5.
#[test]
fn convergence_follows_the_smoothed_inertia() {
    let mut convergence = Convergence::new(10, 39, 2);
    assert!(!convergence.reached(0.1), "the first batch does not count");
    assert!(!convergence.reached(4.0));
    assert!(!convergence.reached(2.0), "3.0 is an improvement");
    assert!(!convergence.reached(3.0), "3.0 is none");
    assert_eq!(convergence.smoothed, Some(3.0));
    assert!(convergence.reached(5.0), "4.0 is the second without");
}
