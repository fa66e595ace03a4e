//! The file of a chosen subset, and the account beside it.

use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use js_sys::Uint8Array;
use ofa_data::{DatasetImages, Format, Pace, write_subset_in_zip_paced, write_subset_paced};
use ofa_pipeline::subset::{OutputManifest, SubsetFormat, SubsetManifest, write_converted_paced};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::{Failure, FailureCode, Result};
use crate::hex::hex;
use crate::steps::Steps;
use crate::subset::WebSubset;

/// Bytes that a step writes: some formats have every record parsed, and each may lie apart from the one before it.
const STEP_BYTES: u64 = 1 << 20;

/// What the file is.
#[derive(Clone, Copy)]
enum Shape {
    /// Each record as it stands in the dataset.
    AsItStands,
    /// The zip that the dataset is in, with less in it.
    Zip,
    /// The records in another format.
    Converted(SubsetFormat),
}

/// Records that are being written.
#[wasm_bindgen]
pub struct SubsetWriting {
    work: Steps<Result<()>>,
    written: Written,
    is_whole: bool,
    manifest: Rc<SubsetManifest>,
    of_dataset: Format,
    shape: Shape,
}

#[wasm_bindgen]
impl SubsetWriting {
    /// Begins to write the records. Without a format each record is written as it stands in the
    /// dataset; `zip` is the zip that the dataset is in with less in it; `json`, `jsonl`, `ids`,
    /// `indices`, `csv` and `parquet` convert where the dataset is of another format.
    ///
    /// # Errors
    /// `bad_option` for a format that there is not.
    pub fn begin(subset: &WebSubset, dataset: &WebDataset, format: Option<String>) -> Result<Self> {
        let images = Arc::clone(dataset.images());
        let of_dataset = images.dataset().format();
        let shape = match format.as_deref() {
            None => Shape::AsItStands,
            Some("zip") => Shape::Zip,
            Some(name) => match subset_format(name)? {
                to if to.is_of(of_dataset) => Shape::AsItStands,
                to => Shape::Converted(to),
            },
        };
        let positions = subset.shared_positions();
        let written = Written::default();
        let mut out = written.clone();
        let work = Steps::begin(STEP_BYTES, move |pace| async move {
            write(&images, &positions, shape, &mut out, &pace).await
        });
        Ok(Self {
            work,
            written,
            is_whole: false,
            manifest: subset.shared_manifest(),
            of_dataset,
            shape,
        })
    }

    /// Goes some records further and says how many bytes are written; `undefined` once all are.
    ///
    /// # Errors
    /// `bad_option` for a format that the records cannot be written in; `changed` where the dataset
    /// was changed since it was opened.
    pub fn step(&mut self) -> Result<JsValue> {
        if let Some(ended) = self.work.step() {
            ended?;
            self.is_whole = true;
        }
        let bytes = self.written.held().bytes;
        Ok(match self.work.goes_on() {
            true => JsValue::from_f64(bytes as f64),
            false => JsValue::UNDEFINED,
        })
    }

    /// The bytes that were written since this was asked last.
    pub fn take(&self) -> Uint8Array {
        let mut held = self.written.held();
        let taken = Uint8Array::from(held.waiting.as_slice());
        held.waiting.clear();
        taken
    }

    /// The manifest that belongs beside the file.
    ///
    /// # Errors
    /// `internal` where the file is not whole.
    pub fn manifest(&self) -> Result<Uint8Array> {
        if !self.is_whole {
            let problem = "the manifest of a subset was asked for that is not written";
            return Err(Failure::new(FailureCode::Internal, problem));
        }
        let of_dataset = self.of_dataset.as_str();
        let converted = match self.shape {
            Shape::Converted(to) => Some(to.as_str()),
            Shape::AsItStands | Shape::Zip => None,
        };
        let held = self.written.held();
        let manifest = SubsetManifest {
            output: Some(OutputManifest {
                format: converted.unwrap_or(of_dataset).to_owned(),
                converted_from: converted.map(|_| of_dataset.to_owned()),
                files: 1,
                bytes: held.bytes,
                sha256: hex(&held.hash.clone().finalize()),
                images: None,
            }),
            ..SubsetManifest::clone(&self.manifest)
        };
        Ok(Uint8Array::from(manifest.to_json().as_slice()))
    }
}

async fn write(
    images: &DatasetImages,
    positions: &[u64],
    shape: Shape,
    out: &mut Written,
    pace: &Pace,
) -> Result<()> {
    let dataset = images.dataset();
    match shape {
        Shape::AsItStands => {
            write_subset_paced(dataset, positions, out, pace).await?;
        }
        Shape::Zip => {
            write_subset_in_zip_paced(images, positions, out, pace).await?;
        }
        Shape::Converted(to) => {
            write_converted_paced(dataset, positions, to, out, pace).await?;
        }
    }
    Ok(())
}

fn subset_format(name: &str) -> Result<SubsetFormat> {
    serde_json::from_value(name.into()).map_err(|_| {
        let expected = "json, jsonl, ids, indices, csv, parquet or zip";
        Failure::option("format", expected, name)
    })
}

/// What is written. Parquet asks for a writer that can go to another thread.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    /// What JavaScript has not taken yet.
    waiting: Vec<u8>,
    /// How many bytes there are in all, and their hash.
    bytes: u64,
    hash: Sha256,
}

impl Written {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.held();
        held.hash.update(bytes);
        held.bytes += bytes.len() as u64;
        held.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
