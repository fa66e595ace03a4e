//! The records that have given ids.

use std::collections::HashMap;
use std::sync::Arc;

use js_sys::Float64Array;
use ofa_data::DatasetImages;
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::Result;
use crate::plain::{StepProgress, to_js};

/// Records that a step reads.
const STEP_RECORDS: u64 = 1024;

/// A search for ids that is under way.
#[wasm_bindgen]
pub struct IdSearch {
    images: Arc<DatasetImages>,
    /// Each id that is looked for, and whether a record has it.
    wanted: HashMap<String, bool>,
    next: u64,
    found: Vec<f64>,
}

#[wasm_bindgen]
impl IdSearch {
    /// Begins to look for records with one of these ids.
    #[must_use]
    pub fn begin(dataset: &WebDataset, ids: Vec<String>) -> Self {
        Self {
            images: Arc::clone(dataset.images()),
            wanted: ids.into_iter().map(|id| (id, false)).collect(),
            next: 0,
            found: Vec::new(),
        }
    }

    /// Reads some records further and says how far it is; `undefined` once all were read. Ids need
    /// not be unique, so none of them ends it early.
    ///
    /// # Errors
    /// `bad_dataset` and `changed` where the dataset cannot be read any more.
    pub fn step(&mut self) -> Result<JsValue> {
        let dataset = self.images.dataset();
        let first = self.next;
        if first >= dataset.len() {
            return Ok(JsValue::UNDEFINED);
        }
        self.next = dataset.len().min(first + STEP_RECORDS);
        for position in first..self.next {
            // One that cannot be used has no id that could be relied on.
            let Ok(record) = dataset.record(position)? else {
                continue;
            };
            let seen = record.id.and_then(|id| self.wanted.get_mut(&id));
            if let Some(seen) = seen {
                *seen = true;
                self.found.push(position as f64);
            }
        }
        to_js(&StepProgress {
            done: self.next,
            of: dataset.len(),
        })
    }

    /// Positions of the records that have one of the ids, ascending.
    #[must_use]
    pub fn positions(&self) -> Float64Array {
        Float64Array::from(self.found.as_slice())
    }

    /// How many of the ids no record has that was read so far.
    #[must_use]
    pub fn unknown(&self) -> f64 {
        self.wanted.values().filter(|seen| !**seen).count() as f64
    }
}
