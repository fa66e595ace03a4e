//! A dataset in a page: records and images of the files that were dropped.

use std::sync::Arc;

use js_sys::Uint8Array;
use ofa_data::{
    ByteSource, Dataset, DatasetImages, FileTree, Format, ImageFile, Located, TarTree, ZipTree,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::blob_source::{BlobSource, SourceFiles, source_files};
use crate::dropped_files::DroppedFiles;
use crate::failure::{Failure, FailureCode, Result};
use crate::image_folders::image_folders;
use crate::plain::to_js;

/// Names of archives, by their ending.
const ARCHIVES: [&str; 2] = ["zip", "tar"];

/// Names of files of records, by their ending.
const RECORDS: [&str; 4] = ["json", "jsonl", "ndjson", "parquet"];

/// A dataset that was opened: every record found, none of them held.
#[wasm_bindgen(js_name = Dataset)]
pub struct WebDataset {
    images: Arc<DatasetImages>,
    format_given: bool,
}

/// What is known of a dataset once it is open.
#[derive(Serialize)]
struct Description<'a> {
    name: &'a str,
    format: Format,
    records: u64,
    fingerprint: &'a str,
    files: usize,
    remarks: &'a [String],
}

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// Finds the records of `files`, in one pass over those that have records. Images are looked
    /// up in `images` first, then beside the records, then in folders of either that have them
    /// under the paths that the records name; zips and tars beside files of records are looked into.
    ///
    /// # Errors
    /// `bad_dataset` where nothing in the files is a dataset; `changed` where a file was changed
    /// since it was dropped.
    pub fn open(files: &SourceFiles, images: &SourceFiles, format: Option<String>) -> Result<Self> {
        let format = format
            .map(|text| text.parse::<Format>())
            .transpose()
            .map_err(|error| Failure::new(FailureCode::BadOption, format!("format: {error}")))?;
        let dropped = DroppedFiles::new(source_files("files", files)?)?;
        let mut roots: Vec<Arc<dyn FileTree>> = vec![];
        let given = DroppedFiles::new(source_files("images", images)?)?;
        for (_, archive) in given.ending_with(&ARCHIVES) {
            roots.push(open_archive(archive)?);
        }
        if given.len() > roots.len() {
            roots.insert(0, Arc::new(given));
        }
        let mut tree = None;
        let is_zip_alone = dropped.single().is_some_and(is_zip);
        let dataset = match dropped.single() {
            Some(file) => Dataset::open(Arc::clone(file) as Arc<dyn ByteSource>, format),
            None => {
                // Zips and tars beside records are where their images are; alone, they are the
                // dataset.
                if dropped.ending_with(&RECORDS).next().is_some() {
                    for (_, archive) in dropped.ending_with(&ARCHIVES) {
                        roots.push(open_archive(archive)?);
                    }
                }
                let dropped = Arc::new(dropped);
                tree = Some(Arc::clone(&dropped) as Arc<dyn FileTree>);
                open_several(dropped, format)
            }
        };
        let dataset = Arc::new(dataset?);
        let mut images = DatasetImages::new(Arc::clone(&dataset), roots.clone());
        let folders = image_folders(&images, || {
            // The dataset's own tree, and no second one of the same zip: an image is known to be in the dataset by the
            // tree that it lies in.
            let zip = images.dataset().tree().filter(|_| is_zip_alone);
            roots.iter().chain(&tree).chain(zip).cloned().collect()
        });
        if !folders.is_empty() {
            roots.extend(folders);
            images = DatasetImages::new(dataset, roots);
        }
        Ok(Self {
            images: Arc::new(images),
            format_given: format.is_some(),
        })
    }

    /// Name, format, counts, fingerprint and what was seen on opening.
    pub fn describe(&self) -> Result<JsValue> {
        let dataset = self.images.dataset();
        to_js(&Description {
            name: dataset.name(),
            format: dataset.format(),
            records: dataset.len(),
            fingerprint: dataset.fingerprint(),
            files: dataset.file_count(),
            remarks: dataset.remarks(),
        })
    }

    /// A record as it stands in the dataset; what is no UTF-8 is shown as U+FFFD.
    ///
    /// # Errors
    /// `bad_option` for a position that the dataset does not have.
    pub fn record(&self, position: f64) -> Result<String> {
        let bytes = self
            .images
            .dataset()
            .record_bytes(self.position(position)?)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// How many images a record names; 0 for one that cannot be read.
    #[wasm_bindgen(js_name = imageCount)]
    pub fn image_count(&self, position: f64) -> Result<u32> {
        let record = self.images.dataset().record(self.position(position)?)?;
        Ok(record.map_or(0, |record| record.images.len() as u32))
    }

    /// The bytes of an image of a record, as they are in its file.
    ///
    /// # Errors
    /// `bad_option` for an image that the record does not have; the reason for which it would be
    /// skipped otherwise, such as `image_missing`.
    pub fn image(&self, position: f64, nth: u32) -> Result<Uint8Array> {
        let position = self.position(position)?;
        let file = self.locate(position, nth)?;
        let bytes = self.images.read(&file)?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }
}

impl WebDataset {
    /// The records and their images.
    pub(crate) fn images(&self) -> &Arc<DatasetImages> {
        &self.images
    }

    /// Whether the format was told by the caller.
    pub(crate) fn format_given(&self) -> bool {
        self.format_given
    }

    /// A position that JavaScript gave, checked.
    pub(crate) fn position(&self, position: f64) -> Result<u64> {
        checked_position(self.images.dataset(), position)
    }

    fn locate(&self, position: u64, nth: u32) -> Result<ImageFile> {
        let record = self.images.dataset().record(position)??;
        let Some(reference) = record.images.get(nth as usize) else {
            let expected = format!(
                "one of the {} images of record {position}, from 0",
                record.images.len()
            );
            return Err(Failure::option("image", &expected, nth));
        };
        let Located { file, .. } = self.images.locate(position, nth, reference)?;
        Ok(file)
    }
}

/// A position that JavaScript gave, checked.
pub(crate) fn checked_position(dataset: &Dataset, position: f64) -> Result<u64> {
    let records = dataset.len();
    if position >= 0.0 && position.fract() == 0.0 && position < records as f64 {
        return Ok(position as u64);
    }
    let expected = format!("a position of the {records} records, from 0");
    Err(Failure::option("position", &expected, position))
}

/// Several files: one dataset in the order of their paths. Tars alone are its shards.
fn open_several(dropped: Arc<DroppedFiles>, format: Option<Format>) -> ofa_data::Result<Dataset> {
    let is_zips = dropped.ending_with(&["zip"]).count() == dropped.len();
    if is_zips {
        let sources: Vec<(Arc<dyn ByteSource>, _)> = dropped
            .ending_with(&["zip"])
            .map(|(_, source)| (Arc::clone(source) as Arc<dyn ByteSource>, None))
            .collect();
        return Dataset::open_files(dropped.name(), sources, format);
    }
    let tree: Arc<dyn FileTree> = dropped;
    Dataset::open_tree(&tree, format)
}

fn open_archive(archive: &Arc<BlobSource>) -> ofa_data::Result<Arc<dyn FileTree>> {
    let source = Arc::clone(archive) as Arc<dyn ByteSource>;
    Ok(match is_zip(archive) {
        true => Arc::new(ZipTree::open(source)?),
        false => Arc::new(TarTree::open(source)?),
    })
}

fn is_zip(source: &Arc<BlobSource>) -> bool {
    let mut start = [0; 4];
    source.len() >= 4 && source.read_at(0, &mut start).is_ok() && &start[..2] == b"PK"
}
