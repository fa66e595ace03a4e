//! Scored records, one by one: why they are in or out, what is like them, what has no score.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::Float64Array;
use ofa_core::features::FeatureRows;
use ofa_core::score::Scores;
use ofa_data::DatasetImages;
use ofa_pipeline::explain::{
    AskedSubset, ExplainInputs, Explanation, Unscored, UnscoredRecord, explain,
};
use ofa_pipeline::scores::{ScoresOrigin, feature_rows};
use ofa_pipeline::store::{Features, ReasonCounts, SkippedLine};
use ofa_pipeline::subset::{Positions, SubsetManifest};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::{Failure, FailureCode, Result};
use crate::features::WebFeatures;
use crate::neighbours::NeighbourSearch;
use crate::plain::{from_js, to_js};
use crate::scores::WebScores;

/// Scored records and what is known beside their scores.
#[wasm_bindgen]
pub struct ScoredPool {
    images: Arc<DatasetImages>,
    scores: Rc<Scores>,
    origin: Rc<ScoresOrigin>,
    features: Option<Rc<Features>>,
    skipped: Option<Rc<Vec<SkippedLine>>>,
    /// The row of the features for each row of the scores.
    feature_rows: OnceCell<Vec<usize>>,
    by_reason: OnceCell<ReasonCounts>,
}

/// An explanation and its words.
#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    explanation: &'a Explanation,
    words: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SkippedRecords<'a> {
    total: u64,
    by_reason: &'a ReasonCounts,
    records: Vec<UnscoredRecord>,
}

#[wasm_bindgen]
impl ScoredPool {
    /// Takes scores without their features.
    #[must_use]
    pub fn of(dataset: &WebDataset, scores: &WebScores) -> Self {
        Self {
            images: Arc::clone(dataset.images()),
            scores: Rc::clone(&scores.scores),
            origin: Rc::clone(&scores.origin),
            features: None,
            skipped: None,
            feature_rows: OnceCell::new(),
            by_reason: OnceCell::new(),
        }
    }

    /// Takes scores with the features that were scored, and their list of skipped records.
    #[must_use]
    #[wasm_bindgen(js_name = withFeatures)]
    pub fn with_features(dataset: &WebDataset, scores: &WebScores, features: &WebFeatures) -> Self {
        Self {
            features: Some(Rc::clone(&features.rows)),
            skipped: features.skipped.clone(),
            ..Self::of(dataset, scores)
        }
    }

    /// Why a record is in a subset or not: what `ofa explain --json` prints, and its `words`. The
    /// subset is known by its account and its positions.
    ///
    /// # Errors
    /// `bad_option` for a position that the dataset does not have; `bad_scores` where the features are
    /// not those that were scored.
    pub fn explain(
        &self,
        position: f64,
        neighbours: u32,
        manifest: JsValue,
        positions: Option<Float64Array>,
    ) -> Result<JsValue> {
        let position = self.position(position)?;
        let manifest = match manifest.is_undefined() {
            true => None,
            false => {
                let mut manifest: SubsetManifest = from_js("explain", manifest)?;
                let positions = positions.map(|positions| positions.to_vec());
                manifest.positions = positions.map(|positions| {
                    Positions(positions.into_iter().map(|at| at as u64).collect())
                });
                Some(manifest)
            }
        };
        let inputs = ExplainInputs {
            dataset: self.images.dataset(),
            scores: &self.scores,
            skipped: self.skipped.as_ref().map(|lines| lines.as_slice()),
            features: (self.features.as_deref()).map(|features| features as &dyn FeatureRows),
            subset: manifest.as_ref().map(AskedSubset::Manifest),
            neighbours: neighbours as usize,
        };
        let explanation = explain(&inputs, position)?;
        to_js(&Explained {
            words: explanation.reasons(),
            explanation: &explanation,
        })
    }

    /// Begins to look for the scored records that are most like one of them.
    ///
    /// # Errors
    /// `bad_features` where there are none; `bad_option` for a record without a score.
    pub fn neighbours(&self, position: f64, count: u32) -> Result<NeighbourSearch> {
        let position = self.position(position)?;
        let Some(features) = &self.features else {
            let problem = "neighbours: there are no features; call run, or openFeatures with those \
                           that were scored";
            return Err(Failure::new(FailureCode::BadFeatures, problem));
        };
        let rows = self.feature_rows(features)?;
        let Ok(row) = self.scores.index.binary_search(&position) else {
            let expected = "a record that has a score";
            return Err(Failure::option("neighbours: position", expected, position));
        };
        NeighbourSearch::begin(features, rows[row], rows, count as usize)
    }

    /// The records that have no score: how many, of which reasons, and `count` of them from the one at
    /// place `from` on.
    ///
    /// # Errors
    /// `bad_dataset` and `changed` where the dataset cannot be read.
    pub fn skipped(&self, from: f64, count: f64) -> Result<JsValue> {
        let unscored = Unscored {
            dataset: self.images.dataset(),
            scores: &self.scores,
            origin: &self.origin,
            skipped: self.skipped.as_ref().map(|lines| lines.as_slice()),
        };
        to_js(&SkippedRecords {
            total: unscored.total(),
            by_reason: self.by_reason.get_or_init(|| unscored.by_reason()),
            records: unscored.records(from as u64, count as usize)?,
        })
    }
}

impl ScoredPool {
    fn position(&self, position: f64) -> Result<u64> {
        crate::dataset::checked_position(self.images.dataset(), position)
    }

    fn feature_rows(&self, features: &Features) -> Result<&[usize]> {
        if let Some(rows) = self.feature_rows.get() {
            return Ok(rows);
        }
        let rows = feature_rows(features, &self.scores)?;
        Ok(self.feature_rows.get_or_init(|| rows))
    }
}
