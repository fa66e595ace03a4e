//! A dataset, or nothing that this program knows.

use std::path::Path;

use anyhow::{Result, bail};
use ofa_data::native::open_dataset;

use super::inspection::Inspection;
use crate::report::grouped;
use crate::shell::quoted;

/// Opens a dataset; how its records are is `ofa check`'s to tell.
pub(super) fn inspect(path: &Path) -> Result<Inspection> {
    let dataset = match open_dataset(path, None) {
        Ok(dataset) => dataset,
        Err(error) => bail!(
            "{}: not known. Looked for a selector, features, scores, a subset's manifest, an encoder \
             folder (config.json, preprocessor_config.json), what `ofa import` takes (selector.pt, \
             features.pt, img_emb/ with text_emb/, .npz) and a dataset; that it is none of these is \
             because: {error}",
            path.display()
        ),
    };
    let mut inspection = Inspection::new("dataset", format!("a dataset ({})", dataset.format()));
    inspection.line("records", grouped(dataset.len()));
    if dataset.file_count() > 1 {
        inspection.line("files", grouped(dataset.file_count() as u64));
    }
    inspection.line("fingerprint", dataset.fingerprint());
    for remark in dataset.remarks() {
        inspection.line("note", remark);
    }
    inspection.fact("format", dataset.format().as_str());
    inspection.fact("records", dataset.len());
    inspection.fact("dataset_fingerprint", dataset.fingerprint());
    inspection.next(format!("ofa check {} --images DIR", quoted(path)));
    Ok(inspection)
}
