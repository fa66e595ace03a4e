//! A page about a subset.

use std::rc::Rc;
use std::sync::Arc;

use js_sys::Uint8Array;
use ofa_core::score::Scores;
use ofa_data::DatasetImages;
use ofa_pipeline::report::{Report, ReportInputs};
use ofa_pipeline::scores::ScoresOrigin;
use ofa_pipeline::sources::SourceFolders;
use ofa_pipeline::subset::SubsetManifest;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::{Failure, FailureCode, Result};
use crate::plain::to_js;
use crate::scores::WebScores;
use crate::subset::WebSubset;

/// Records that a step parses.
const STEP_RECORDS: u64 = 1024;

/// A page that is being made.
#[wasm_bindgen]
pub struct ReportRun {
    images: Arc<DatasetImages>,
    scores: Rc<Scores>,
    origin: Rc<ScoresOrigin>,
    positions: Rc<Vec<u64>>,
    manifest: Rc<SubsetManifest>,
    folders: SourceFolders,
    /// The page, once the source folders of all records are known.
    report: Option<Report>,
}

/// How far it is, and with what.
#[derive(Serialize)]
struct Progress {
    stage: &'static str,
    done: u64,
    of: u64,
}

#[wasm_bindgen]
impl ReportRun {
    /// Begins the page that `ofa select --report` writes about a subset of these scores.
    #[must_use]
    pub fn begin(dataset: &WebDataset, scores: &WebScores, subset: &WebSubset) -> Self {
        Self {
            images: Arc::clone(dataset.images()),
            scores: Rc::clone(&scores.scores),
            origin: Rc::clone(&scores.origin),
            positions: subset.shared_positions(),
            manifest: subset.shared_manifest(),
            folders: SourceFolders::default(),
            report: None,
        }
    }

    /// Goes a step further, `{stage, done, of}`: first each record of the dataset is parsed (`records`), then the
    /// picture of each example is made (`pictures`); `undefined` once there are all.
    ///
    /// # Errors
    /// `bad_dataset` and `changed` where the dataset cannot be read; `bad_scores` for scores that are not
    /// of it.
    pub fn step(&mut self) -> Result<JsValue> {
        let dataset = self.images.dataset();
        let (done, of) = (self.folders.records() as u64, dataset.len());
        if done < of {
            let end = of.min(done + STEP_RECORDS);
            for position in done..end {
                self.folders.add(dataset, position)?;
            }
            return to_js(&Progress {
                stage: "records",
                done: end,
                of,
            });
        }
        let begun = self.report.take();
        let inputs = self.inputs();
        let mut report = match begun {
            Some(report) => report,
            None => Report::begin(&inputs)?,
        };
        let progress = report.step(&inputs)?;
        self.report = Some(report);
        match progress {
            None => Ok(JsValue::UNDEFINED),
            Some(progress) => to_js(&Progress {
                stage: "pictures",
                done: progress.records_done as u64,
                of: progress.records as u64,
            }),
        }
    }

    /// The page.
    ///
    /// # Errors
    /// `internal` where not all steps were taken, or it was asked for already.
    pub fn page(&mut self) -> Result<Uint8Array> {
        let Some(report) = self.report.take() else {
            let problem = "a page about a subset was asked for that is not made";
            return Err(Failure::new(FailureCode::Internal, problem));
        };
        let page = report.finish(&self.inputs())?;
        Ok(Uint8Array::from(page.as_bytes()))
    }
}

impl ReportRun {
    fn inputs(&self) -> ReportInputs<'_> {
        ReportInputs {
            images: &self.images,
            scores: &self.scores,
            origin: &self.origin,
            manifest: &self.manifest,
            positions: &self.positions,
            folders: &self.folders,
        }
    }
}
