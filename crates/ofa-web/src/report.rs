//! A page about a subset.

use js_sys::Uint8Array;
use ofa_pipeline::report::{ReportInputs, report_page};
use ofa_pipeline::sources::SourceFolders;
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::Result;
use crate::scores::WebScores;
use crate::subset::WebSubset;

/// The page that `ofa select --report` writes about a subset of these scores. It parses every record
/// of the dataset once, and decodes the images of some fifty.
///
/// # Errors
/// `bad_dataset` and `changed` where the dataset cannot be read; `bad_scores` for scores that are not
/// of it.
#[wasm_bindgen(js_name = reportPage)]
pub fn page(dataset: &WebDataset, scores: &WebScores, subset: &WebSubset) -> Result<Uint8Array> {
    let images = dataset.images();
    let folders = SourceFolders::read(images.dataset(), &mut |_| {})?;
    let (positions, manifest) = subset.parts();
    let page = report_page(&ReportInputs {
        images,
        scores: &scores.scores,
        origin: &scores.origin,
        manifest,
        positions,
        folders: &folders,
    })?;
    Ok(Uint8Array::from(page.as_bytes()))
}
