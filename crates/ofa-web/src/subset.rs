//! A chosen subset: its records, its account, its files.

use std::cell::RefCell;
use std::io::{self, Write};

use js_sys::{Float64Array, Function, Uint8Array};
use ofa_data::{write_subset, write_subset_in_zip};
use ofa_pipeline::subset::{OutputManifest, SubsetFormat, SubsetManifest, write_converted};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::failure::{Failure, FailureCode, Result};
use crate::hex::hex;

/// Bytes that are gathered before they are handed over.
const PIECE: usize = 1 << 20;

/// Chosen records and the account of them.
#[wasm_bindgen(js_name = Subset)]
pub struct WebSubset {
    positions: Vec<u64>,
    manifest: SubsetManifest,
}

#[wasm_bindgen(js_class = Subset)]
impl WebSubset {
    /// Positions of the records in the dataset, ascending.
    pub fn positions(&self) -> Float64Array {
        let positions: Vec<f64> = self.positions.iter().map(|&at| at as f64).collect();
        Float64Array::from(positions.as_slice())
    }

    /// The account without the positions: counts, budget, method, quotas.
    pub fn manifest(&self) -> Result<JsValue> {
        let manifest = SubsetManifest {
            positions: None,
            ..self.manifest.clone()
        };
        // Lists of positions are written as JSON of their own, which only JSON has room for.
        let json = serde_json::to_string(&manifest)
            .map_err(|error| Failure::new(FailureCode::Internal, error.to_string()))?;
        Ok(js_sys::JSON::parse(&json)?)
    }

    /// The account with the positions, as JSON, of which another module makes this subset again.
    pub fn account(&self) -> Uint8Array {
        Uint8Array::from(self.manifest.to_json().as_slice())
    }

    /// The subset of an account that another module gave.
    ///
    /// # Errors
    /// `internal` for anything else.
    #[cfg(feature = "full")]
    #[wasm_bindgen(js_name = ofAccount)]
    pub fn of_account(account: &[u8]) -> Result<Self> {
        let refuse = |problem: String| Failure::new(FailureCode::Internal, problem);
        let manifest: SubsetManifest = serde_json::from_slice(account)
            .map_err(|error| refuse(format!("the account of a subset: {error}")))?;
        let Some(positions) = &manifest.positions else {
            return Err(refuse("an account without positions".to_owned()));
        };
        Ok(Self::new(positions.0.clone(), manifest))
    }

    /// Writes the records, a piece at a time to `sink(bytes)`, and gives the manifest that belongs
    /// beside them. Without a format each record is written as it stands in the dataset; `zip` is
    /// the zip that the dataset is in with less in it; `json`, `jsonl`, `ids`, `indices`, `csv` and
    /// `parquet` convert where the dataset is of another format.
    ///
    /// # Errors
    /// `bad_option` for a format that there is not, or that the records cannot be written in;
    /// `changed` where the dataset was changed since it was opened.
    pub fn write(
        &self,
        dataset: &WebDataset,
        format: Option<String>,
        sink: Function,
    ) -> Result<Uint8Array> {
        let images = dataset.images();
        let records = images.dataset();
        let of_dataset = records.format();
        let converted = match format.as_deref() {
            None | Some("zip") => None,
            Some(name) => Some(subset_format(name)?),
        };
        let converted = converted.filter(|to| !to.is_of(of_dataset));
        let mut out = Pieces::new(sink);
        let written = match (format.as_deref(), converted) {
            (_, Some(to)) => {
                write_converted(records, &self.positions, to, &mut out).map_err(Failure::from)
            }
            (Some("zip"), None) => write_subset_in_zip(images, &self.positions, &mut out)
                .map(drop)
                .map_err(Failure::from),
            _ => write_subset(records, &self.positions, &mut out)
                .map(drop)
                .map_err(Failure::from),
        };
        let written = written.and_then(|()| {
            let rest = out.hand_over();
            rest.map_err(|error| Failure::new(FailureCode::Internal, error.to_string()))
        });
        if let Some(thrown) = out.thrown.take() {
            return Err(Failure::Thrown(thrown));
        }
        written?;
        let mut manifest = self.manifest.clone();
        manifest.output = Some(OutputManifest {
            format: converted
                .map_or(of_dataset.as_str(), SubsetFormat::as_str)
                .to_owned(),
            converted_from: converted.map(|_| of_dataset.as_str().to_owned()),
            files: 1,
            bytes: out.bytes,
            sha256: hex(&out.hash.finalize()),
            images: None,
        });
        Ok(Uint8Array::from(manifest.to_json().as_slice()))
    }
}

impl WebSubset {
    #[cfg(feature = "full")]
    pub(crate) fn parts(&self) -> (&[u64], &SubsetManifest) {
        (&self.positions, &self.manifest)
    }

    pub(crate) fn new(positions: Vec<u64>, manifest: SubsetManifest) -> Self {
        Self {
            positions,
            manifest,
        }
    }
}

fn subset_format(name: &str) -> Result<SubsetFormat> {
    serde_json::from_value(name.into()).map_err(|_| {
        let expected = "json, jsonl, ids, indices, csv, parquet or zip";
        Failure::option("format", expected, name)
    })
}

/// Hands bytes to JavaScript in pieces, and keeps their number and hash.
struct Pieces {
    sink: Function,
    held: Vec<u8>,
    bytes: u64,
    hash: Sha256,
    thrown: RefCell<Option<JsValue>>,
}

impl Pieces {
    fn new(sink: Function) -> Self {
        Self {
            sink,
            held: Vec::with_capacity(PIECE),
            bytes: 0,
            hash: Sha256::new(),
            thrown: RefCell::default(),
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = Uint8Array::from(self.held.as_slice());
        self.held.clear();
        match self.sink.call1(&JsValue::UNDEFINED, &piece) {
            Ok(_) => Ok(()),
            Err(thrown) => {
                self.thrown.replace(Some(thrown));
                Err(io::Error::other("the page took no more"))
            }
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.hand_over()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over()
    }
}
