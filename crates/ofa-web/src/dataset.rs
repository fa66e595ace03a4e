//! A dataset in a page: records and images of the files that were dropped.

use std::sync::Arc;

use js_sys::Uint8Array;
use ofa_data::{
    ByteSource, Dataset, DatasetImages, FileTree, Format, ImageFile, Located, Pace, Remark,
    TarTree, ZipTree,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::blob_source::{BlobSource, SourceFiles, source_files};
use crate::dropped_files::DroppedFiles;
use crate::failure::{Failure, FailureCode, Result};
use crate::image_folders::image_folders;
use crate::plain::{StepProgress, to_js};
use crate::steps::Steps;

/// Bytes of records that a step reads: 20 ms or so, most of them for the hash.
const STEP_BYTES: u64 = 4 << 20;

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
#[serde(rename_all = "camelCase")]
struct Description<'a> {
    name: &'a str,
    format: Format,
    format_given: bool,
    records: u64,
    fingerprint: &'a str,
    files: usize,
    remarks: Vec<String>,
    coded_remarks: &'a [Remark],
}

/// A dataset that is being opened.
#[wasm_bindgen]
pub struct DatasetOpening {
    work: Steps<Result<WebDataset>>,
    opened: Option<WebDataset>,
}

#[wasm_bindgen]
impl DatasetOpening {
    /// Begins to find the records of `files`, in one pass over those that have records. Images are
    /// looked up in `images` first, then beside the records, then in folders of either that have
    /// them under the paths that the records name; zips and tars beside files of records are looked
    /// into.
    ///
    /// # Errors
    /// `bad_option` for a format that there is not; `bad_dataset` for paths that are no folder's.
    pub fn begin(
        files: &SourceFiles,
        images: &SourceFiles,
        format: Option<String>,
    ) -> Result<Self> {
        let format = format
            .map(|text| text.parse::<Format>())
            .transpose()
            .map_err(|error| Failure::new(FailureCode::BadOption, format!("format: {error}")))?;
        let dropped = DroppedFiles::new(source_files("files", files)?)?;
        let images = DroppedFiles::new(source_files("images", images)?)?;
        let work = Steps::begin(STEP_BYTES, move |pace| async move {
            WebDataset::open(dropped, images, format, &pace).await
        });
        Ok(Self { work, opened: None })
    }

    /// Reads some bytes further and says how far it is, in bytes of the files of records that are
    /// known by now; `undefined` once it is open.
    ///
    /// # Errors
    /// `bad_dataset` where nothing in the files is a dataset; `changed` where a file was changed
    /// since it was dropped.
    pub fn step(&mut self) -> Result<JsValue> {
        if let Some(opened) = self.work.step() {
            self.opened = Some(opened?);
        }
        if !self.work.goes_on() {
            return Ok(JsValue::UNDEFINED);
        }
        let pace = self.work.pace();
        to_js(&StepProgress {
            done: pace.done(),
            of: pace.of(),
        })
    }

    /// The dataset.
    ///
    /// # Errors
    /// `internal` where it is not open, or was asked for already.
    pub fn dataset(&mut self) -> Result<WebDataset> {
        self.opened.take().ok_or_else(|| {
            let problem = "a dataset was asked for that is not open";
            Failure::new(FailureCode::Internal, problem)
        })
    }
}

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// Name, format, counts, fingerprint and what was seen on opening, in words and by code.
    pub fn describe(&self) -> Result<JsValue> {
        let dataset = self.images.dataset();
        to_js(&Description {
            name: dataset.name(),
            format: dataset.format(),
            format_given: self.format_given,
            records: dataset.len(),
            fingerprint: dataset.fingerprint(),
            files: dataset.file_count(),
            remarks: dataset.remarks().iter().map(ToString::to_string).collect(),
            coded_remarks: dataset.remarks(),
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
    async fn open(
        dropped: DroppedFiles,
        given: DroppedFiles,
        format: Option<Format>,
        pace: &Pace,
    ) -> Result<Self> {
        let mut roots: Vec<Arc<dyn FileTree>> = vec![];
        for (_, archive) in given.ending_with(&ARCHIVES) {
            roots.push(open_archive(archive)?);
        }
        if given.len() > roots.len() {
            roots.insert(0, Arc::new(given));
        }
        let mut tree = None;
        let single = dropped.single().cloned();
        let is_zip_alone = single.as_ref().is_some_and(is_zip);
        let dataset = match single {
            Some(file) => {
                let file: Arc<dyn ByteSource> = file;
                Dataset::open_paced(file, format, pace).await?
            }
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
                open_several(dropped, format, pace).await?
            }
        };
        let dataset = Arc::new(dataset);
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
async fn open_several(
    dropped: Arc<DroppedFiles>,
    format: Option<Format>,
    pace: &Pace,
) -> ofa_data::Result<Dataset> {
    let is_zips = dropped.ending_with(&["zip"]).count() == dropped.len();
    if is_zips {
        let sources: Vec<(Arc<dyn ByteSource>, _)> = dropped
            .ending_with(&["zip"])
            .map(|(_, source)| (Arc::clone(source) as Arc<dyn ByteSource>, None))
            .collect();
        return Dataset::open_files_paced(dropped.name(), sources, format, pace).await;
    }
    let tree: Arc<dyn FileTree> = dropped;
    Dataset::open_tree_paced(&tree, format, pace).await
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
