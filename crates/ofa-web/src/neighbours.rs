//! The records that are most like one of them.

use std::rc::Rc;

use js_sys::{Float32Array, Float64Array};
use ofa_core::explain::{NearestSearch, Neighbour};
use ofa_core::features::FeatureRows;
use ofa_pipeline::store::Features;
use wasm_bindgen::prelude::*;

use crate::failure::Result;
use crate::plain::{StepProgress, to_js};

/// A search for neighbours that is under way.
#[wasm_bindgen]
pub struct NeighbourSearch {
    features: Rc<Features>,
    running: Option<NearestSearch>,
    found: Vec<Neighbour>,
}

#[wasm_bindgen]
impl NeighbourSearch {
    /// Compares some records further and says how far it is; `undefined` once all were compared.
    ///
    /// # Errors
    /// `bad_features` for a row that is not finite.
    pub fn step(&mut self) -> Result<JsValue> {
        let Some(mut running) = self.running.take() else {
            return Ok(JsValue::UNDEFINED);
        };
        match running.step(&*self.features)? {
            Some((done, of)) => {
                self.running = Some(running);
                let (done, of) = (done as u64, of as u64);
                to_js(&StepProgress { done, of })
            }
            None => {
                self.found = running.finish(&*self.features)?;
                Ok(JsValue::UNDEFINED)
            }
        }
    }

    /// Positions of the neighbours, the nearest first, once all were compared.
    #[must_use]
    pub fn positions(&self) -> Float64Array {
        let positions = (self.found.iter()).map(|found| self.features.index(found.row) as f64);
        Float64Array::from(positions.collect::<Vec<f64>>().as_slice())
    }

    /// Cosines of their joint features.
    #[must_use]
    pub fn similarities(&self) -> Float32Array {
        let similarities = self.found.iter().map(|found| found.similarity as f32);
        Float32Array::from(similarities.collect::<Vec<f32>>().as_slice())
    }
}

impl NeighbourSearch {
    pub(crate) fn begin(
        features: &Rc<Features>,
        row: usize,
        candidates: &[usize],
        count: usize,
    ) -> Result<Self> {
        let running = NearestSearch::begin(&**features, row, candidates, count)?;
        Ok(Self {
            features: Rc::clone(features),
            running: Some(running),
            found: Vec::new(),
        })
    }
}
