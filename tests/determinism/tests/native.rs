//! The committed hashes, natively: whatever the threads, the instructions, and the cuts of the
//! rows into batches and shards.

use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

use half::f16;
use ofa_core::arithmetic::InstructionSet;
use ofa_core::features::{FeatureMatrix, FeatureRows};
use ofa_core::rng::{Purpose, Rng};
use ofa_core::score::{ClusterTextMeans, Scorer, Scores};
use ofa_determinism::{
    CLUSTERS, DIM, NamedHash, ROWS, features, hash_of_features, hashes_of_choices,
    hashes_of_places, hashes_of_scores, selector, to_json,
};

const GOLDEN: &str = include_str!("../../goldens/determinism/hashes.json");

fn rows() -> &'static FeatureMatrix {
    static ROWS_ONCE: OnceLock<FeatureMatrix> = OnceLock::new();
    ROWS_ONCE.get_or_init(|| features(ROWS))
}

/// Fails where one of the hashes is not a committed one.
fn compare(found: Vec<NamedHash>, how: &str) {
    for line in to_json(found).lines().filter(|line| line.contains(':')) {
        let line = line.trim_end_matches(',');
        assert!(GOLDEN.contains(line), "{how}: not committed: {line}");
    }
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads start").install(work)
}

fn scores(scorer: &Scorer) -> Scores {
    scorer
        .score_all(rows(), &mut |_| ControlFlow::Continue(()))
        .expect("the rows are valid")
}

/// Rows in shards of their own, as a feature store has them.
struct Shards {
    shards: Vec<FeatureMatrix>,
    /// Where each shard's first row is, and at the end how many rows there are.
    starts: Vec<usize>,
}

impl Shards {
    fn of(features: &FeatureMatrix, cuts: &[Range<usize>]) -> Self {
        let shard = |rows: &Range<usize>| {
            let part = |of: fn(&FeatureMatrix, usize) -> &[f16]| -> Vec<f16> {
                rows.clone()
                    .flat_map(|row| of(features, row).to_vec())
                    .collect()
            };
            FeatureMatrix::new(DIM, part(FeatureMatrix::image), part(FeatureMatrix::text))
                .expect("whole rows")
        };
        Self {
            shards: cuts.iter().map(shard).collect(),
            starts: cuts
                .iter()
                .map(|cut| cut.start)
                .chain([features.rows()])
                .collect(),
        }
    }

    fn place(&self, row: usize) -> (&FeatureMatrix, usize) {
        let shard = self.starts.partition_point(|&start| start <= row) - 1;
        (&self.shards[shard], row - self.starts[shard])
    }
}

impl FeatureRows for Shards {
    fn rows(&self) -> usize {
        self.starts[self.shards.len()]
    }
    fn dim(&self) -> usize {
        DIM
    }
    fn image(&self, row: usize) -> &[f16] {
        let (shard, row) = self.place(row);
        shard.image(row)
    }
    fn text(&self, row: usize) -> &[f16] {
        let (shard, row) = self.place(row);
        shard.text(row)
    }
}

/// All rows in pieces of random lengths, none of them empty.
fn cuts(seed: u64, longest: usize) -> Vec<Range<usize>> {
    let mut rng = Rng::new(seed, Purpose::Baseline, 0, 0);
    let mut cuts = vec![];
    let mut start = 0;
    while start < ROWS {
        let end = ROWS.min(start + 1 + rng.index(longest));
        cuts.push(start..end);
        start = end;
    }
    cuts
}

#[test]
fn threads_change_nothing() {
    for threads in [1, 2, 5] {
        on_threads(threads, || {
            let scores = scores(&Scorer::new(&selector()).expect("a whole selector"));
            let how = format!("{threads} threads");
            compare(hashes_of_scores(&scores), &how);
            compare(hashes_of_choices(&scores, rows()), &how);
            compare(hashes_of_places(rows()), &how);
        });
    }
}

#[test]
fn instructions_change_nothing() {
    for set in InstructionSet::available() {
        let scorer = Scorer::with_instruction_set(&selector(), set).expect("a whole selector");
        let scores = scores(&scorer);
        compare(hashes_of_scores(&scores), &format!("{set:?}"));
    }
}

#[test]
fn batches_and_shards_change_nothing() {
    let scorer = Scorer::new(&selector()).expect("a whole selector");
    for (seed, threads, longest_shard, longest_batch) in [(11, 1, 20_000, 3000), (12, 3, 700, 97)] {
        let shards = Shards::of(rows(), &cuts(seed, longest_shard));
        assert!(shards.shards.len() > 1);
        let batches = cuts(seed + 100, longest_batch);
        let scores = on_threads(threads, || {
            let mut scores = Scores::default();
            for batch in &batches {
                scores.append(scorer.score(&shards, batch.clone()).expect("valid rows"));
            }
            let mut means = ClusterTextMeans::new(CLUSTERS, DIM);
            // Sums are taken in an order of their own.
            for batch in batches.iter().rev() {
                means
                    .add(&shards, batch.clone(), &scores.cluster[batch.clone()])
                    .expect("valid rows");
            }
            let margins = batches.iter().flat_map(|batch| {
                means
                    .margins(&shards, batch.clone(), &scores.cluster[batch.clone()])
                    .expect("valid rows")
            });
            let margins = margins.collect();
            scores.alignment_margin = Some(margins);
            scores
        });
        let how = format!("shards of up to {longest_shard}, batches of up to {longest_batch}");
        compare(hashes_of_scores(&scores), &how);
        compare(hashes_of_places(&shards), &how);
    }
}

#[test]
fn the_dataset_is_the_same() {
    compare(vec![hash_of_features(rows())], "the dataset");
}

#[test]
fn the_committed_hashes_are_of_as_many_things_as_there_are() {
    let scores = 6;
    let choices = 6 + 6 + 3;
    let names = GOLDEN.lines().filter(|line| line.contains(':'));
    let places = 3;
    assert_eq!(names.count(), 1 + scores + choices + places);
}
