//! Scores: made in steps, written to files and read from them.

use std::rc::Rc;

use js_sys::{Float32Array, Float64Array, Object, Reflect, Uint8Array, Uint32Array};
use ofa_core::features::FeatureRows;
use ofa_core::report::DomainCheck;
use ofa_core::score::{Scorer, Scores};
use ofa_pipeline::scores::{ScoresFormat, ScoresOrigin, read_scores, write_scores};
use ofa_pipeline::store::Features;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::failure::{Failure, FailureCode, Result};
use crate::features::WebFeatures;
use crate::plain::to_js;
use crate::selector_file::SelectorFile;

/// Scoring that is under way.
#[wasm_bindgen]
pub struct Scoring {
    features: Rc<Features>,
    scorer: Scorer,
    scores: Scores,
    origin: ScoresOrigin,
    finished: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    rows: usize,
    rows_done: usize,
}

#[wasm_bindgen]
impl Scoring {
    /// Prepares a selector for features. With `force`, features of another encoder than the
    /// selector's are scored too.
    ///
    /// # Errors
    /// `fingerprint_mismatch` where the two are of different encoders; `bad_features` where their
    /// widths differ.
    pub fn begin(features: &WebFeatures, selector: &SelectorFile, force: bool) -> Result<Self> {
        let fingerprints = features.rows.fingerprints().clone();
        let trained_with = selector.selector.training_text("encoder_fingerprint");
        if !force {
            fingerprints.check_encoder("the features", trained_with, "the selector")?;
        }
        let manifest = features.manifest.as_ref();
        Ok(Self {
            features: Rc::clone(&features.rows),
            scorer: Scorer::new(&selector.selector)?,
            scores: Scores::default(),
            origin: ScoresOrigin {
                fingerprints,
                selector: Some(selector.sha256.clone()),
                dataset_records: manifest.map(|manifest| manifest.dataset_records),
                skipped: manifest.map(|manifest| manifest.skipped.clone()),
                training_confidence: selector.selector.training_confidence(),
            },
            finished: false,
        })
    }

    /// Takes the scores of the rows that come next, as a [`ShardScorer`] has them, and says how many are done.
    ///
    /// # Errors
    /// `internal` where they are of other rows than come next, or columns are of different lengths.
    pub fn append(
        &mut self,
        index: &[f64],
        cluster: Vec<u32>,
        confidence: Vec<f32>,
        entropy: Vec<f32>,
        gate: Vec<f32>,
        early_confidence: Option<Vec<f32>>,
    ) -> Result<JsValue> {
        let (start, rows) = (self.scores.rows(), self.features.rows());
        let follows = index.len() <= rows - start
            && (start..)
                .zip(index)
                .all(|(row, &index)| self.features.index(row) as f64 == index);
        let lengths = [cluster.len(), confidence.len(), entropy.len(), gate.len()];
        let early_len = early_confidence.as_ref().map_or(index.len(), Vec::len);
        if !follows || early_len != index.len() || lengths.iter().any(|&len| len != index.len()) {
            let problem = format!("scores came that are not of the rows after {start} of {rows}");
            return Err(Failure::new(FailureCode::Internal, problem));
        }
        self.scores.append(Scores {
            index: index.iter().map(|&index| index as u64).collect(),
            cluster,
            confidence,
            entropy,
            gate,
            early_confidence,
            alignment_margin: None,
        });
        self.progress()
    }

    /// Scores some ten thousand rows further and says how many are done; `undefined` once all are.
    ///
    /// # Errors
    /// `bad_features` for a row that cannot be scored.
    pub fn step(&mut self) -> Result<JsValue> {
        if self.finished {
            return Ok(JsValue::UNDEFINED);
        }
        if !self
            .scorer
            .score_further(&*self.features, &mut self.scores)?
        {
            self.scorer.add_margins(&*self.features, &mut self.scores)?;
            self.finished = true;
            return Ok(JsValue::UNDEFINED);
        }
        self.progress()
    }

    /// The scores, once all rows have some.
    ///
    /// # Errors
    /// `internal` before that.
    pub fn scores(&mut self) -> Result<WebScores> {
        if !self.finished {
            let problem = "scores were asked for before every row had one";
            return Err(Failure::new(FailureCode::Internal, problem));
        }
        Ok(WebScores {
            scores: Rc::new(std::mem::take(&mut self.scores)),
            origin: Rc::new(self.origin.clone()),
        })
    }
}

impl Scoring {
    fn progress(&self) -> Result<JsValue> {
        to_js(&Progress {
            rows: self.features.rows(),
            rows_done: self.scores.rows(),
        })
    }
}

/// A selector that scores features which are a part of a store.
#[wasm_bindgen]
pub struct ShardScorer(Scorer);

#[wasm_bindgen]
impl ShardScorer {
    /// Prepares a selector.
    pub fn open(selector: &SelectorFile) -> Result<Self> {
        Ok(Self(Scorer::new(&selector.selector)?))
    }

    /// The scores' columns; without alignment margins, which depend on all records of a store.
    ///
    /// # Errors
    /// `bad_features` where their width is not the selector's, or for a row that cannot be scored.
    pub fn score(&self, features: &WebFeatures) -> Result<Object> {
        let rows = &*features.rows;
        columns(&self.0.score(rows, 0..rows.rows())?)
    }
}

/// Scores of a pool, and where they come from.
#[wasm_bindgen(js_name = Scores)]
pub struct WebScores {
    pub(crate) scores: Rc<Scores>,
    pub(crate) origin: Rc<ScoresOrigin>,
}

#[wasm_bindgen(js_class = Scores)]
impl WebScores {
    /// Reads a file of scores, in the format that its name ends with, and the manifest beside it.
    ///
    /// # Errors
    /// `bad_scores` with the place where it is broken; `bad_option` for a name with another ending.
    pub fn read(name: &str, bytes: Vec<u8>, manifest: Option<Vec<u8>>) -> Result<Self> {
        let format = ScoresFormat::of_name(name)?;
        let (scores, origin) = read_scores(bytes, manifest.as_deref(), format, name)?;
        scores.check()?;
        Ok(Self {
            scores: Rc::new(scores),
            origin: Rc::new(origin),
        })
    }

    /// How many records have a score.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> u32 {
        self.scores.rows() as u32
    }

    /// The file that `ofa score` would write under this name, as `{bytes, manifest}`; Parquet has
    /// its manifest within.
    ///
    /// # Errors
    /// `bad_option` for a name that ends with no format's ending.
    pub fn write(&self, name: &str) -> Result<Object> {
        let format = ScoresFormat::of_name(name)?;
        let mut bytes = Vec::new();
        write_scores(&self.scores, &self.origin, format, name, &mut bytes)?;
        let written = Object::new();
        Reflect::set(
            &written,
            &"bytes".into(),
            &Uint8Array::from(bytes.as_slice()),
        )?;
        if format.has_manifest_beside() {
            let manifest = self.origin.to_json();
            let manifest = Uint8Array::from(manifest.as_slice());
            Reflect::set(&written, &"manifest".into(), &manifest)?;
        }
        Ok(written)
    }

    /// The columns, each a typed array of its own; positions are exact as numbers.
    pub fn columns(&self) -> Result<Object> {
        columns(&self.scores)
    }

    /// Whether the pool is like what the selector was trained on; `undefined` where the selector
    /// does not say how sure it was there.
    pub fn domain(&self) -> Result<JsValue> {
        #[derive(Serialize)]
        struct Domain {
            out_of_domain: bool,
            #[serde(flatten)]
            check: DomainCheck,
        }
        let trained = self.origin.training_confidence;
        match trained.and_then(|trained| DomainCheck::new(trained, &self.scores.confidence)) {
            Some(check) => to_js(&Domain {
                out_of_domain: check.is_out_of_domain(),
                check,
            }),
            None => Ok(JsValue::UNDEFINED),
        }
    }
}

fn columns(scores: &Scores) -> Result<Object> {
    let index: Vec<f64> = scores.index.iter().map(|&index| index as f64).collect();
    let columns = Object::new();
    let set = |name: &str, values: &JsValue| Reflect::set(&columns, &name.into(), values);
    set("index", &Float64Array::from(index.as_slice()))?;
    set("cluster", &Uint32Array::from(scores.cluster.as_slice()))?;
    for (name, values) in [
        ("confidence", Some(&scores.confidence)),
        ("entropy", Some(&scores.entropy)),
        ("gate", Some(&scores.gate)),
        ("earlyConfidence", scores.early_confidence.as_ref()),
        ("alignmentMargin", scores.alignment_margin.as_ref()),
    ] {
        if let Some(values) = values {
            set(name, &Float32Array::from(values.as_slice()))?;
        }
    }
    Ok(columns)
}
