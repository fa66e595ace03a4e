//! Every method against slow statements of its rule, and what all of them keep.
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use half::f16;
use proptest::prelude::*;

use super::*;
use crate::features::{FeatureMatrix, FeatureRows};
use crate::rng::{Purpose, Rng};

const DIM: usize = 6;

/// `rows` records in `clusters`, with every column.
fn world(rows: usize, clusters: u32, seed: u64) -> (Scores, FeatureMatrix) {
    let mut rng = Rng::new(seed, Purpose::Baseline, 9, 9);
    let mut column = |scale: f64, offset: f64| -> Vec<f32> {
        let values = (0..rows).map(|_| (rng.unit_f64() * 16.0).floor() / 16.0 * scale + offset);
        values.map(|v| v as f32).collect()
    };
    let scores = Scores {
        index: (0..rows as u64).map(|row| 3 * row + 1).collect(),
        confidence: column(1.0, 0.0),
        entropy: column(2.0, 0.0),
        gate: column(1.0, 0.0),
        early_confidence: Some(column(1.0, 0.0)),
        alignment_margin: Some(column(1.0, -0.5)),
        cluster: column(f64::from(clusters), 0.0)
            .iter()
            .map(|&c| c as u32)
            .collect(),
    };
    let mut half = || -> Vec<f16> {
        let values = (0..rows * DIM).map(|_| f16::from_f64(rng.unit_f64() - 0.4));
        values.collect()
    };
    let (image, text) = (half(), half());
    let features = FeatureMatrix::new(DIM, image, text)
        .and_then(|features| features.with_index(scores.index.clone()));
    (scores, features.expect("whole rows"))
}

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn count(count: usize) -> Budget {
    Budget::Count(count as u64)
}

fn select(
    pool: &SelectionPool,
    method: Method,
    budget: usize,
    features: &FeatureMatrix,
) -> Selection {
    pool.select(method, count(budget), 42, Some(features), &mut go_on)
        .expect("can be chosen")
}

fn joint(features: &FeatureMatrix, row: usize) -> Vec<f64> {
    let parts = features.image(row).iter().chain(features.text(row));
    parts.map(|v| v.to_f64()).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Budget, quotas, pins and exclusions hold to the record, whatever the method and the filter.
    #[test]
    fn every_method_keeps_budget_and_constraints(
        rows in 1usize..400,
        clusters in 1u32..7,
        seed in 0u64..1000,
        share in 0.0f64..=1.0,
        filter: bool,
        quotas: bool,
        with_constraints: bool,
    ) {
        let (scores, features) = world(rows, clusters, seed);
        let mut rng = Rng::new(seed, Purpose::Baseline, 1, 1);
        let mut constraints = Constraints::default();
        for &position in scores.index.iter().filter(|_| with_constraints) {
            match rng.index(10) {
                0 => constraints.pinned.insert(position),
                1 | 2 => constraints.excluded.insert(position),
                _ => false,
            };
        }
        let least = constraints.pinned.len();
        let most = rows - constraints.excluded.len();
        let budget = least + (share * (most - least) as f64) as usize;
        let options = PoolOptions {
            clusters: 9,
            quotas,
            alignment_filter: filter,
            constraints: constraints.clone(),
        };
        let pool = SelectionPool::with_options(&scores, &options).expect("valid");
        let expected = pool.group_quotas(count(budget)).expect("in range");
        for method in Method::ALL {
            if !quotas && !method.works_without_quotas() {
                let error = pool.select(method, count(budget), 42, Some(&features), &mut go_on);
                prop_assert_eq!(error, Err(Error::NeedsQuotas { method }));
                continue;
            }
            let selection = select(&pool, method, budget, &features);
            prop_assert_eq!(selection.positions.len(), budget);
            prop_assert!(selection.positions.is_sorted_by(|a, b| a < b));
            let chosen: BTreeSet<u64> = selection.positions.iter().copied().collect();
            prop_assert!(chosen.is_superset(&constraints.pinned));
            prop_assert!(chosen.is_disjoint(&constraints.excluded));
            for (cluster, quota) in selection.clusters.iter().enumerate() {
                let of = |row: &&usize| scores.cluster[**row] as usize == cluster;
                prop_assert_eq!(selection.rows.iter().filter(of).count() as u64, quota.quota);
                if quotas {
                    prop_assert_eq!(quota, &expected[cluster]);
                }
            }
            // The filter: no record that was set aside comes before one that was not.
            if filter {
                let margin = scores.alignment_margin.as_ref().expect("given");
                let early = scores.early_confidence.as_ref().expect("given");
                let aside = |row: usize| margin[row] < 0.0 && scores.confidence[row] <= early[row];
                for group in 0..if quotas { clusters as usize } else { 1 } {
                    let inside = |row: usize| chosen.contains(&scores.index[row]);
                    let open = |row: &usize| {
                        let position = scores.index[*row];
                        (!quotas || scores.cluster[*row] as usize == group)
                            && !constraints.pinned.contains(&position)
                            && !constraints.excluded.contains(&position)
                    };
                    let rows: Vec<usize> = (0..rows).filter(open).collect();
                    let in_aside: Vec<usize> =
                        rows.iter().copied().filter(|&r| aside(r) && inside(r)).collect();
                    if !in_aside.is_empty() {
                        prop_assert!(rows.iter().all(|&r| aside(r) || inside(r)));
                    }
                    for &r in &in_aside {
                        for &other in rows.iter().filter(|&&o| aside(o) && !inside(o)) {
                            prop_assert!((margin[r], other) >= (margin[other], r));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_choice_follows_from_pool_seed_and_budget_alone() {
    let (scores, features) = world(1400, 4, 5);
    let pool = SelectionPool::new(&scores, 0).expect("valid");
    for method in Method::ALL {
        let once = select(&pool, method, 400, &features);
        assert_eq!(once, select(&pool, method, 400, &features));
        let other = pool
            .select(method, count(400), 43, Some(&features), &mut go_on)
            .expect("can be chosen");
        let draws = matches!(
            method,
            Method::Kdpp | Method::KdppMap | Method::Random | Method::KCenter
        );
        assert_eq!(once != other, draws, "{method}");
    }
}

#[test]
fn features_of_more_records_than_were_scored_serve_too() {
    let (scores, features) = world(300, 3, 8);
    let some: Vec<usize> = (0..300).filter(|row| row % 3 != 1).collect();
    let part = Scores {
        index: some.iter().map(|&row| scores.index[row]).collect(),
        cluster: some.iter().map(|&row| scores.cluster[row]).collect(),
        confidence: some.iter().map(|&row| scores.confidence[row]).collect(),
        entropy: vec![1.0; some.len()],
        gate: vec![0.5; some.len()],
        early_confidence: None,
        alignment_margin: None,
    };
    let own = |part: fn(&FeatureMatrix, usize) -> &[f16]| -> Vec<f16> {
        some.iter()
            .flat_map(|&row| part(&features, row).to_vec())
            .collect()
    };
    let matching = FeatureMatrix::new(DIM, own(|f, row| f.image(row)), own(|f, row| f.text(row)))
        .and_then(|features| features.with_index(part.index.clone()))
        .expect("whole rows");
    let pool = SelectionPool::new(&part, 0).expect("valid");
    for method in Method::ALL {
        assert_eq!(
            select(&pool, method, 60, &features),
            select(&pool, method, 60, &matching)
        );
    }
    // The other way round a record has no embedding.
    let whole = SelectionPool::new(&scores, 0).expect("valid");
    let error = whole.select(Method::Kdpp, count(9), 1, Some(&matching), &mut go_on);
    assert_eq!(error, Err(Error::FeaturesLackRecord { position: 4 }));
    let error = whole.select(Method::KCenter, count(9), 1, None, &mut go_on);
    let method = Method::KCenter;
    assert_eq!(error, Err(Error::NeedsFeatures { method }));
}

/// One cluster of one block: the greedy maximum over the twice as many least confident records.
#[test]
fn the_greedy_maximum_is_that_of_the_candidates() {
    let (scores, features) = world(100, 1, 3);
    let pool = SelectionPool::new(&scores, 0).expect("valid");
    let selection = select(&pool, Method::KdppMap, 20, &features);
    let mut order: Vec<usize> = (0..100).collect();
    order.sort_by(|&a, &b| {
        let of = |row: usize| (scores.confidence[row], row);
        of(a).partial_cmp(&of(b)).expect("no NaN")
    });
    order.truncate(40);
    let quality: Vec<f64> = (0..40).map(|r| 1.0 - f64::from(r) / 40.0).collect();
    let rows: Vec<f64> = order
        .iter()
        .flat_map(|&row| joint(&features, row))
        .collect();
    let kernel = crate::dpp::Kernel::from_rows(&rows, 40, &quality);
    let places = crate::dpp::greedy_map(&kernel, 1e-8, 20);
    let mut expected: Vec<usize> = places.iter().map(|&place| order[place]).collect();
    expected.sort_unstable();
    assert_eq!(selection.rows, expected);
}

#[test]
fn the_most_alike_are_chosen_by_cosine() {
    let (scores, features) = world(120, 1, 4);
    let alike = |row: usize| {
        let wide = |values: &[f16]| values.iter().map(|v| v.to_f64()).collect::<Vec<_>>();
        cosine(&wide(features.image(row)), &wide(features.text(row)))
    };
    for quotas in [true, false] {
        let options = PoolOptions {
            quotas,
            ..PoolOptions::default()
        };
        let pool = SelectionPool::with_options(&scores, &options).expect("valid");
        let chosen = select(&pool, Method::ClipScore, 30, &features).rows;
        let worst = chosen.iter().map(|&row| alike(row)).fold(1.0, f64::min);
        let others = (0..120).filter(|row| !chosen.contains(row));
        assert!(others.map(alike).all(|other| other <= worst));
    }
}

#[test]
fn centres_are_the_farthest_first() {
    let (scores, features) = world(90, 1, 6);
    let pinned: BTreeSet<u64> = [scores.index[7], scores.index[70]].into();
    let constraints = Constraints {
        pinned,
        ..Constraints::default()
    };
    let options = PoolOptions {
        constraints,
        ..PoolOptions::default()
    };
    let pool = SelectionPool::with_options(&scores, &options).expect("valid");
    let mut chosen = vec![7, 70];
    for budget in 3..20 {
        let next = (0..90)
            .filter(|row| !chosen.contains(row))
            .min_by(|&a, &b| {
                let nearest = |row: usize| {
                    let row = joint(&features, row);
                    let to = chosen.iter().map(|&c| cosine(&row, &joint(&features, c)));
                    to.fold(-1.0, f64::max)
                };
                nearest(a).total_cmp(&nearest(b))
            })
            .expect("one is left");
        chosen.push(next);
        let mut expected = chosen.clone();
        expected.sort_unstable();
        assert_eq!(
            select(&pool, Method::KCenter, budget, &features).rows,
            expected
        );
    }
}

/// A smaller random choice is a part of a larger one, also when records are excluded.
#[test]
fn random_choices_are_nested_and_uniform() {
    let (scores, features) = world(400, 3, 2);
    let pool = SelectionPool::new(&scores, 0).expect("valid");
    let set = |selection: Selection| selection.positions.into_iter().collect::<BTreeSet<_>>();
    let (few, many) = (
        set(select(&pool, Method::Random, 80, &features)),
        set(select(&pool, Method::Random, 160, &features)),
    );
    assert!(few.is_subset(&many));
    let excluded: BTreeSet<u64> = few.iter().copied().step_by(8).collect();
    let options = PoolOptions {
        constraints: Constraints {
            excluded: excluded.clone(),
            ..Constraints::default()
        },
        ..PoolOptions::default()
    };
    let rest = SelectionPool::with_options(&scores, &options).expect("valid");
    let refilled = set(select(&rest, Method::Random, 80, &features));
    assert!(
        few.difference(&excluded)
            .all(|position| refilled.contains(position))
    );
    // How often each of a cluster's 400 is among the half: 200 of 400 seeds, deviation 10.
    let (scores, _) = world(400, 1, 2);
    let pool = SelectionPool::new(&scores, 0).expect("valid");
    let mut counts = vec![0i64; 400];
    for seed in 0..400 {
        let selection = pool.select(Method::Random, count(200), seed, None, &mut go_on);
        let rows = selection.expect("can be chosen").rows;
        rows.iter().for_each(|&row| counts[row] += 1);
    }
    assert!(counts.iter().all(|n| (n - 200).abs() < 60));
}

#[test]
fn constraints_that_cannot_be_are_refused() {
    let (scores, _) = world(50, 2, 1);
    let pool = |pinned: &[u64], excluded: &[u64]| {
        let constraints = Constraints {
            pinned: pinned.iter().copied().collect(),
            excluded: excluded.iter().copied().collect(),
        };
        SelectionPool::with_options(
            &scores,
            &PoolOptions {
                constraints,
                ..PoolOptions::default()
            },
        )
    };
    let error = |found: Result<SelectionPool>| found.expect_err("must be refused");
    assert_eq!(
        error(pool(&[4], &[1, 4])),
        Error::PinnedAndExcluded { position: 4 }
    );
    assert_eq!(
        error(pool(&[5], &[])),
        Error::PinOutsidePool { position: 5 }
    );
    // Positions that are not in the pool need no exclusion.
    let same = pool(&[], &[0, 2, 1000]).expect("valid");
    assert_eq!(
        same.select_confidence(count(50)).expect("all").rows.len(),
        50
    );
    let pinned = pool(&[1, 4, 7], &[]).expect("valid");
    assert_eq!(
        pinned.select_confidence(count(2)),
        Err(Error::PinsAboveBudget {
            pinned: 3,
            budget: 2
        })
    );
    let exactly = pinned.select_confidence(count(3)).expect("fits");
    assert_eq!(exactly.positions, [1, 4, 7]);
    let excluded = pool(&[], &[1, 4]).expect("valid");
    assert_eq!(
        excluded.select_confidence(count(49)),
        Err(Error::BudgetAboveRest {
            budget: 49,
            available: 48,
            excluded: 2
        })
    );
    assert!(excluded.select_confidence(count(48)).is_ok());
}

#[test]
fn the_filter_names_the_column_that_it_lacks() {
    let (mut scores, _) = world(50, 2, 1);
    let options = PoolOptions {
        alignment_filter: true,
        ..PoolOptions::default()
    };
    let column = |scores: &Scores| match SelectionPool::with_options(scores, &options) {
        Err(Error::ScoreColumn { column, .. }) => column,
        other => panic!("{other:?}"),
    };
    scores.alignment_margin = None;
    assert_eq!(column(&scores), "alignment_margin");
    scores.early_confidence = None;
    assert_eq!(column(&scores), "early_confidence");
}

#[test]
fn work_can_be_stopped() {
    let (scores, features) = world(300, 2, 1);
    let pool = SelectionPool::new(&scores, 0).expect("valid");
    for method in [
        Method::Kdpp,
        Method::KdppMap,
        Method::KCenter,
        Method::ClipScore,
    ] {
        let mut stop = |_, _| ControlFlow::Break(());
        let stopped = pool.select(method, count(50), 1, Some(&features), &mut stop);
        assert_eq!(stopped, Err(Error::Cancelled));
        let mut last = (0, 0);
        let mut listen = |done, of| {
            assert!(done >= last.0 && done <= of);
            last = (done, of);
            ControlFlow::Continue(())
        };
        let selection = pool.select(method, count(50), 1, Some(&features), &mut listen);
        assert_eq!(selection.expect("chosen").rows.len(), 50);
        assert_eq!(last, (50, 50), "{method}");
    }
}

#[test]
fn embeddings_that_are_not_finite_are_refused() {
    let (scores, features) = world(200, 1, 1);
    let mut image: Vec<f16> = (0..200)
        .flat_map(|row| features.image(row).to_vec())
        .collect();
    let text: Vec<f16> = (0..200)
        .flat_map(|row| features.text(row).to_vec())
        .collect();
    image[0..DIM].fill(f16::NAN);
    let broken = FeatureMatrix::new(DIM, image, text)
        .and_then(|features| features.with_index(scores.index.clone()))
        .expect("whole rows");
    let pool = SelectionPool::new(&scores, 0).expect("valid");
    for method in [
        Method::Kdpp,
        Method::KdppMap,
        Method::KCenter,
        Method::ClipScore,
    ] {
        let found = pool.select(method, count(180), 1, Some(&broken), &mut go_on);
        assert!(
            matches!(found, Err(Error::NotFinite { row: 0, .. })),
            "{method}"
        );
    }
}
