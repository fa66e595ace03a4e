//! The records that say something.

pub mod ids;

use std::sync::Arc;

use js_sys::Float64Array;
use ofa_data::{DatasetImages, TextSearch};
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::Result;
use crate::plain::{StepProgress, to_js};

/// Bytes of records that a step looks through.
const STEP_BYTES: usize = 2 << 20;

/// Records that a step looks through at most; each is an object in the browser's memory while a
/// record of a folder or an archive is read.
const STEP_RECORDS: u64 = 2048;

/// A search that is under way.
#[wasm_bindgen]
pub struct Search {
    images: Arc<DatasetImages>,
    wanted: TextSearch,
    limit: usize,
    next: u64,
    found: Vec<f64>,
}

#[wasm_bindgen]
impl Search {
    /// Begins to look for a text; at most `limit` records are found.
    #[must_use]
    pub fn begin(dataset: &WebDataset, text: &str, limit: f64) -> Self {
        Self {
            images: Arc::clone(dataset.images()),
            wanted: TextSearch::new(text),
            limit: limit as usize,
            next: 0,
            found: Vec::new(),
        }
    }

    /// Looks through some records further and says how far it is; `undefined` once all were looked at,
    /// or as many found as were asked for.
    ///
    /// # Errors
    /// `bad_dataset` and `changed` where the dataset cannot be read any more.
    pub fn step(&mut self) -> Result<JsValue> {
        let dataset = self.images.dataset();
        let first = self.next;
        if first >= dataset.len() || self.found.len() >= self.limit {
            return Ok(JsValue::UNDEFINED);
        }
        let mut bytes = 0;
        while self.next < dataset.len()
            && self.next - first < STEP_RECORDS
            && bytes < STEP_BYTES
            && self.found.len() < self.limit
        {
            let position = self.next;
            self.next += 1;
            let record = match dataset.record_bytes(position) {
                Ok(record) => record,
                // One that cannot be read says nothing; the file is read on.
                Err(ofa_data::Error::Record { .. } | ofa_data::Error::RecordTooLong { .. }) => {
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            bytes += record.len();
            if self.wanted.matches(&record) {
                self.found.push(position as f64);
            }
        }
        to_js(&StepProgress {
            done: self.next,
            of: dataset.len(),
        })
    }

    /// Positions of the records that were found, ascending.
    #[must_use]
    pub fn positions(&self) -> Float64Array {
        Float64Array::from(self.found.as_slice())
    }
}
