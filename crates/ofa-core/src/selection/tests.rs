//! The rule of `confidence`, and what is refused.
use super::*;
use proptest::prelude::*;

fn scores(records: &[(u64, u32, f32)]) -> Scores {
    Scores {
        index: records.iter().map(|r| r.0).collect(),
        cluster: records.iter().map(|r| r.1).collect(),
        confidence: records.iter().map(|r| r.2).collect(),
        entropy: vec![1.0; records.len()],
        gate: vec![0.5; records.len()],
        early_confidence: None,
        alignment_margin: None,
    }
}

#[test]
fn the_least_confident_of_each_cluster() {
    let pool = SelectionPool::new(
        &scores(&[
            (3, 0, 0.9),
            (5, 0, 0.1),
            (8, 1, 0.4),
            (9, 0, 0.1),
            (11, 1, 0.3),
            (20, 0, 0.5),
        ]),
        4,
    )
    .expect("valid scores");
    let selection = pool.select_confidence(Budget::Count(3)).expect("in range");
    // Sizes 4 and 2: quotas 2 and 1.
    assert_eq!(selection.positions, [5, 9, 11]);
    assert_eq!(selection.rows, [1, 3, 4]);
    let quotas: Vec<_> = selection
        .clusters
        .iter()
        .map(|c| (c.size, c.quota))
        .collect();
    assert_eq!(quotas, [(4, 2), (2, 1), (0, 0), (0, 0)]);
    // Ties go to the earlier record.
    let one = pool.select_confidence(Budget::Count(1)).expect("in range");
    assert_eq!(one.positions, [5]);
    let none = pool.select_confidence(Budget::Count(0)).expect("in range");
    assert!(none.positions.is_empty());
    let all = pool
        .select_confidence(Budget::Ratio("1.0".parse().expect("a ratio")))
        .expect("in range");
    assert_eq!(all.positions, [3, 5, 8, 9, 11, 20]);
}

#[test]
fn bad_scores_are_refused_with_their_row() {
    let error = |records: &[(u64, u32, f32)]| {
        SelectionPool::new(&scores(records), 1).expect_err("must be refused")
    };
    assert_eq!(error(&[]), Error::EmptyPool);
    assert!(matches!(
        error(&[(0, 0, 0.5), (7, 0, f32::NAN)]),
        Error::Score {
            row: 1,
            index: 7,
            ..
        }
    ));
    assert!(matches!(error(&[(0, 0, 1.5)]), Error::Score { row: 0, .. }));
    // A list for each cluster up to this one would take 96 GB.
    let huge = error(&[(0, 0, 0.5), (3, 4_000_000_000, 0.5)]);
    assert!(matches!(huge, Error::Score { row: 1, .. }), "{huge}");
    assert!(huge.to_string().contains("4000000000"), "{huge}");
    assert!(matches!(
        error(&[(4, 0, 0.5), (4, 0, 0.5)]),
        Error::Score {
            row: 1,
            index: 4,
            ..
        }
    ));
    let mut short = scores(&[(0, 0, 0.5)]);
    short.gate.clear();
    assert!(matches!(
        SelectionPool::new(&short, 1),
        Err(Error::Length { .. })
    ));
    let pool = SelectionPool::new(&scores(&[(0, 0, 0.5)]), 1).expect("valid");
    assert!(matches!(
        pool.select_confidence(Budget::Count(2)),
        Err(Error::CountAboveAvailable {
            count: 2,
            available: 1
        })
    ));
}

proptest! {
    #[test]
    fn selection_keeps_the_rule(
        records in prop::collection::vec((0u32..6, 0u32..8), 1..300),
        share in 0.0f64..=1.0,
    ) {
        // Few distinct confidences, so that ties are common.
        let records: Vec<_> = records
            .iter()
            .enumerate()
            .map(|(row, &(cluster, c))| (3 * row as u64, cluster, c as f32 / 8.0))
            .collect();
        let count = (share * records.len() as f64) as u64;
        let pool = SelectionPool::new(&scores(&records), 0).expect("valid scores");
        let selection = pool.select_confidence(Budget::Count(count)).expect("in range");
        prop_assert_eq!(selection.rows.len() as u64, count);
        prop_assert!(selection.rows.is_sorted_by(|a, b| a < b));
        for (cluster, found) in selection.clusters.iter().enumerate() {
            let of_cluster = |row: &usize| records[*row].1 as usize == cluster;
            let inside: Vec<usize> =
                selection.rows.iter().copied().filter(of_cluster).collect();
            prop_assert_eq!(inside.len() as u64, found.quota);
            // Nobody outside comes before the last one inside.
            let rank = |row: usize| (records[row].2, row);
            let last = inside.iter().copied().map(rank).max_by(|a, b| {
                a.partial_cmp(b).expect("no NaN")
            });
            if let Some(last) = last {
                for row in (0..records.len()).filter(of_cluster) {
                    prop_assert!(inside.contains(&row) || rank(row) > last);
                }
            }
        }
    }
}
