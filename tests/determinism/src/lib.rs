//! Scores, choices and places of a generated dataset as hashes, which are the same on every machine.
//!
//! `tests/goldens/determinism/hashes.json` has them for [`ROWS`] rows. The tests of this crate
//! compare with it natively; `cargo xtask test` builds the crate as WebAssembly, which Node then
//! runs (`run.mjs`).

mod generated;
pub mod wasm;

use std::ops::ControlFlow;

use half::f16;
use ofa_core::budget::Budget;
use ofa_core::explain::nearest;
use ofa_core::features::FeatureRows;
use ofa_core::projection::project;
use ofa_core::rng::{Purpose, Rng};
use ofa_core::score::{Scorer, Scores};
use ofa_core::selection::{Constraints, Method, PoolOptions, SelectionPool};
use sha2::{Digest, Sha256};

pub use generated::{CLUSTERS, DIM, features, selector};

/// The rows that the committed hashes are of.
pub const ROWS: usize = 50_000;

/// A name and the SHA-256 of what it stands for, in lower-case hexadecimal.
pub type NamedHash = (String, String);

/// The hashes of a generated dataset of so many rows: of every column of its scores, of the
/// positions that every method chooses, and of where its rows lie.
///
/// # Panics
/// Where scoring or choosing fails.
#[must_use]
pub fn hashes(rows: usize) -> Vec<NamedHash> {
    let features = features(rows);
    let scorer = Scorer::new(&selector()).expect("a whole selector");
    let scores = scorer
        .score_all(&features, &mut |_| ControlFlow::Continue(()))
        .expect("the rows are valid");
    let mut hashes = vec![hash_of_features(&features)];
    hashes.extend(hashes_of_scores(&scores));
    hashes.extend(hashes_of_choices(&scores, &features));
    hashes.extend(hashes_of_places(&features));
    hashes
}

/// The hashes as one JSON object, a name a line.
#[must_use]
pub fn to_json(hashes: Vec<NamedHash>) -> String {
    let object: serde_json::Map<String, serde_json::Value> = hashes
        .into_iter()
        .map(|(name, hash)| (name, hash.into()))
        .collect();
    format!("{:#}\n", serde_json::Value::Object(object))
}

/// Of all embeddings, so that another dataset is told from other scores.
#[must_use]
pub fn hash_of_features(features: &impl FeatureRows) -> NamedHash {
    let bytes =
        |values: &[f16]| -> Vec<u8> { values.iter().flat_map(|v| v.to_le_bytes()).collect() };
    let row = |row| [bytes(features.image(row)), bytes(features.text(row))];
    let all = (0..features.rows()).flat_map(row);
    ("features".to_owned(), hash(all))
}

/// The hash of every column.
///
/// # Panics
/// Where there is no early selector or no alignment margin.
#[must_use]
pub fn hashes_of_scores(scores: &Scores) -> Vec<NamedHash> {
    let early = scores.early_confidence.as_ref();
    let margin = scores.alignment_margin.as_ref();
    let cluster = hash(scores.cluster.iter().map(|cluster| cluster.to_le_bytes()));
    let mut hashes = vec![("scores/cluster".to_owned(), cluster)];
    for (name, column) in [
        ("confidence", &scores.confidence),
        ("entropy", &scores.entropy),
        ("gate", &scores.gate),
        ("early_confidence", early.expect("an early selector")),
        ("alignment_margin", margin.expect("margins")),
    ] {
        let column = hash(column.iter().map(|value| value.to_le_bytes()));
        hashes.push((format!("scores/{name}"), column));
    }
    hashes
}

/// The hash of the positions that every method chooses of 15%: of the pool as it is, and with the
/// alignment filter, pinned and excluded records.
///
/// # Panics
/// Where choosing fails.
#[must_use]
pub fn hashes_of_choices(scores: &Scores, features: &dyn FeatureRows) -> Vec<NamedHash> {
    let ratio = Budget::Ratio("0.15".parse().expect("a ratio"));
    let plain = PoolOptions {
        clusters: CLUSTERS,
        ..PoolOptions::default()
    };
    let position = |row: &usize| scores.index[*row];
    let every = |step: usize, from: usize| (from..scores.rows()).step_by(step);
    let constrained = PoolOptions {
        alignment_filter: true,
        constraints: Constraints {
            pinned: every(101, 7).map(|row| position(&row)).collect(),
            excluded: every(13, 0)
                .filter(|row| row % 101 != 7)
                .map(|row| position(&row))
                .collect(),
        },
        ..plain.clone()
    };
    let whole = PoolOptions {
        quotas: false,
        ..plain.clone()
    };
    let mut hashes = vec![];
    for (name, options) in [
        ("plain", plain),
        ("constrained", constrained),
        ("no_quotas", whole),
    ] {
        let pool = SelectionPool::with_options(scores, &options).expect("valid scores");
        for method in Method::ALL {
            if !options.quotas && !method.works_without_quotas() {
                continue;
            }
            let selection = pool
                .select(method, ratio, 42, Some(features), &mut |_, _| {
                    ControlFlow::Continue(())
                })
                .expect("a choice");
            let chosen = hash(selection.positions.iter().map(|at| at.to_le_bytes()));
            hashes.push((format!("choice/{name}/{method}"), chosen));
        }
    }
    hashes
}

/// The hashes of where rows lie in two dimensions, and of the neighbours of some of them.
///
/// # Panics
/// Where a row is not finite.
#[must_use]
pub fn hashes_of_places(features: &impl FeatureRows) -> Vec<NamedHash> {
    let rows: Vec<usize> = (0..features.rows()).collect();
    let neighbours = hash((0..features.rows()).step_by(9973).flat_map(|row| {
        let found = nearest(features, row, &rows, 20).expect("the rows are valid");
        found.into_iter().flat_map(|neighbour| {
            let similarity = neighbour.similarity.to_le_bytes();
            [(neighbour.row as u64).to_le_bytes(), similarity]
        })
    }));
    let places = project(features, rows).expect("the rows are valid");
    let coordinates = places.coordinates.iter().map(|value| value.to_le_bytes());
    vec![
        ("places/coordinates".to_owned(), hash(coordinates)),
        (
            "places/explained".to_owned(),
            hash(places.explained.map(f64::to_le_bytes)),
        ),
        ("places/neighbours".to_owned(), neighbours),
    ]
}

/// Scores of so many records, drawn at random: a choice by confidence looks at nothing else.
#[must_use]
pub fn made_up_scores(rows: usize) -> Scores {
    let mut rng = Rng::new(3, Purpose::Baseline, 0, 0);
    Scores {
        index: (0..rows as u64).collect(),
        cluster: (0..rows).map(|_| rng.index(CLUSTERS) as u32).collect(),
        confidence: (0..rows).map(|_| rng.unit_f64() as f32).collect(),
        entropy: vec![1.0; rows],
        gate: vec![0.5; rows],
        early_confidence: None,
        alignment_margin: None,
    }
}

fn hash(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update(piece);
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
