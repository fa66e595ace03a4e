//! Where scored records come from.

use std::rc::Rc;
use std::sync::Arc;

use js_sys::Uint16Array;
use ofa_core::score::Scores;
use ofa_data::DatasetImages;
use ofa_pipeline::sources::SourceFolders;
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::Result;
use crate::plain::{StepProgress, to_js};
use crate::scores::WebScores;

/// Records that a step reads.
const STEP: usize = 1024;

/// What the folders that are not told apart are called.
const OTHERS: &str = "…";

/// A look at the sources that is under way.
#[wasm_bindgen]
pub struct SourcesRun {
    images: Arc<DatasetImages>,
    scores: Rc<Scores>,
    folders: SourceFolders,
}

#[wasm_bindgen]
impl SourcesRun {
    /// Begins with all scored records.
    #[must_use]
    pub fn begin(dataset: &WebDataset, scores: &WebScores) -> Self {
        Self {
            images: Arc::clone(dataset.images()),
            scores: Rc::clone(&scores.scores),
            folders: SourceFolders::default(),
        }
    }

    /// Reads some records further and says how far it is; `undefined` once all were read.
    ///
    /// # Errors
    /// `bad_dataset` and `changed` where the dataset cannot be read any more.
    pub fn step(&mut self) -> Result<JsValue> {
        let (done, of) = (self.folders.records(), self.scores.rows());
        if done >= of {
            return Ok(JsValue::UNDEFINED);
        }
        let end = of.min(done + STEP);
        for &position in &self.scores.index[done..end] {
            self.folders.add(self.images.dataset(), position)?;
        }
        to_js(&StepProgress {
            done: end as u64,
            of: of as u64,
        })
    }

    /// The folders, in the order in which they come.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = self.folders.names().to_vec();
        if self.folders.of_records().any(|place| place.is_none()) {
            names.push(OTHERS.to_owned());
        }
        names
    }

    /// The place among the names of each record's folder.
    #[must_use]
    pub fn of(&self) -> Uint16Array {
        let others = self.folders.names().len();
        // No more are told apart than 16 bits can number.
        let places = (self.folders.of_records()).map(|place| place.unwrap_or(others) as u16);
        Uint16Array::from(places.collect::<Vec<u16>>().as_slice())
    }
}
