//! Scored records in two dimensions.

use std::rc::Rc;

use js_sys::{Float32Array, Float64Array};
use ofa_core::projection::Projector;
use ofa_pipeline::scores::feature_rows;
use ofa_pipeline::store::Features;
use wasm_bindgen::prelude::*;

use crate::failure::{Failure, FailureCode, Result};
use crate::features::WebFeatures;
use crate::plain::{StepProgress, to_js};
use crate::scores::WebScores;

/// A projection that is under way.
#[wasm_bindgen]
pub struct Projection {
    features: Rc<Features>,
    running: Option<Projector>,
    finished: Option<ofa_core::projection::Projection>,
}

#[wasm_bindgen]
impl Projection {
    /// Begins with all scored records.
    ///
    /// # Errors
    /// `bad_scores` where the features are not those that were scored.
    pub fn begin(scores: &WebScores, features: &WebFeatures) -> Result<Self> {
        let rows = feature_rows(&*features.rows, &scores.scores)?;
        Ok(Self {
            running: Some(Projector::begin(&*features.rows, rows)?),
            features: Rc::clone(&features.rows),
            finished: None,
        })
    }

    /// Goes a step further and says how far it is; `undefined` once all is done.
    ///
    /// # Errors
    /// `bad_features` for a row that is not finite.
    pub fn step(&mut self) -> Result<JsValue> {
        let Some(running) = &mut self.running else {
            return Ok(JsValue::UNDEFINED);
        };
        match running.step(&*self.features)? {
            Some(progress) => to_js(&StepProgress {
                done: progress.done as u64,
                of: progress.of as u64,
            }),
            None => {
                self.finished = self.running.take().and_then(Projector::finish);
                Ok(JsValue::UNDEFINED)
            }
        }
    }

    /// Two coordinates for each scored record, in the order of the scores.
    ///
    /// # Errors
    /// `internal` before all is done.
    pub fn coordinates(&self) -> Result<Float32Array> {
        Ok(Float32Array::from(self.finished()?.coordinates.as_slice()))
    }

    /// The share of all variance along each of the two.
    ///
    /// # Errors
    /// As `coordinates`.
    pub fn explained(&self) -> Result<Float64Array> {
        Ok(Float64Array::from(self.finished()?.explained.as_slice()))
    }
}

impl Projection {
    fn finished(&self) -> Result<&ofa_core::projection::Projection> {
        self.finished.as_ref().ok_or_else(|| {
            let problem = "a projection was asked for before it was done";
            Failure::new(FailureCode::Internal, problem)
        })
    }
}
