//! A look at a dataset before it is encoded.

use std::sync::Arc;

use js_sys::{Array, Uint8Array};
use ofa_data::{DatasetImages, Skip, SkipReason};
use ofa_pipeline::check::{Check, CheckOptions};
use ofa_pipeline::encode::MultiImage;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::encoder_info::EncoderInfo;
use crate::failure::{Failure, FailureCode, Result};
use crate::plain::{from_js, to_js};

/// How it looks.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Options {
    deep: bool,
    multi_image: MultiImage,
    /// How many images are decoded elsewhere at a time, where every one of them is.
    elsewhere: Option<usize>,
}

/// What came of an image that was decoded elsewhere and cannot be used.
#[derive(Deserialize)]
struct Unusable {
    reason: String,
    detail: String,
}

/// A check that is under way.
#[wasm_bindgen]
pub struct CheckRun {
    running: Option<Check>,
    images: Arc<DatasetImages>,
    /// The images that are decoded elsewhere, and why some of them could not even be read.
    asked: Vec<(String, Option<Skip>)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    records: u64,
    records_done: u64,
    images_decoded: u64,
    skipped: u64,
}

#[wasm_bindgen]
impl CheckRun {
    /// Begins a look; what exceeds the encoder's context is estimated.
    ///
    /// # Errors
    /// `bad_option` for an option that there is not.
    pub fn begin(dataset: &WebDataset, options: JsValue) -> Result<Self> {
        Self::of(dataset, None, options)
    }

    /// As `begin`; what exceeds the encoder's context is counted.
    ///
    /// # Errors
    /// As `begin`.
    #[wasm_bindgen(js_name = beginWithEncoder)]
    pub fn begin_with_encoder(
        dataset: &WebDataset,
        encoder: &EncoderInfo,
        options: JsValue,
    ) -> Result<Self> {
        Self::of(dataset, Some(encoder), options)
    }

    /// The bytes of the images that are to be decoded elsewhere before the next step; `undefined` for one that cannot
    /// be read. Empty where there are none.
    ///
    /// # Errors
    /// As `step`.
    pub fn ahead(&mut self) -> Result<Array> {
        let bytes = Array::new();
        let Some(running) = &mut self.running else {
            return Ok(bytes);
        };
        self.asked.clear();
        for file in running.ahead()? {
            let read = self.images.read(file);
            bytes.push(&match &read {
                Ok(read) => Uint8Array::from(read.as_slice()).into(),
                Err(_) => JsValue::UNDEFINED,
            });
            self.asked.push((file.path.clone(), read.err()));
        }
        Ok(bytes)
    }

    /// Takes what came of these images, in their order: nothing, or `{ reason, detail }` of one that cannot be used.
    ///
    /// # Errors
    /// `internal` for anything else.
    pub fn tried(&mut self, results: JsValue) -> Result<()> {
        let results: Vec<Option<Unusable>> = from_js("tried", results)?;
        let asked = std::mem::take(&mut self.asked);
        if results.len() != asked.len() {
            let problem = format!("{} images were tried, of {}", results.len(), asked.len());
            return Err(Failure::new(FailureCode::Internal, problem));
        }
        let result = |((path, unread), found): ((String, Option<Skip>), Option<Unusable>)| {
            if let Some(skip) = unread {
                return Err(skip);
            }
            let Some(Unusable { reason, detail }) = found else {
                return Ok(());
            };
            let reason = reason.parse().unwrap_or(SkipReason::ImageUnreadable);
            Err(Skip::new(reason, format!("{path}: {detail}")))
        };
        if let Some(running) = &mut self.running {
            running.tried(asked.into_iter().zip(results).map(result).collect());
        }
        Ok(())
    }

    /// Goes some records further and says how far it is; `undefined` once all were looked at.
    ///
    /// # Errors
    /// `bad_dataset` and `changed` where the dataset cannot be read any more.
    pub fn step(&mut self) -> Result<JsValue> {
        let Some(running) = &mut self.running else {
            return Ok(JsValue::UNDEFINED);
        };
        match running.step()? {
            None => Ok(JsValue::UNDEFINED),
            Some(progress) => to_js(&Progress {
                records: progress.records,
                records_done: progress.records_done,
                images_decoded: progress.images_decoded,
                skipped: progress.skipped,
            }),
        }
    }

    /// What was found, as `ofa check --json` says it.
    ///
    /// # Errors
    /// `internal` where it was asked for already.
    pub fn report(&mut self) -> Result<JsValue> {
        let Some(running) = self.running.take() else {
            let problem = "the report of a check was asked for twice";
            return Err(Failure::new(FailureCode::Internal, problem));
        };
        to_js(&running.finish()?)
    }
}

impl CheckRun {
    fn of(dataset: &WebDataset, encoder: Option<&EncoderInfo>, options: JsValue) -> Result<Self> {
        let Options {
            deep,
            multi_image,
            elsewhere,
        } = from_js("check", options)?;
        let mut options = CheckOptions {
            multi_image,
            deep,
            format_given: dataset.format_given(),
            ..CheckOptions::default()
        };
        if let Some(encoder) = encoder {
            options.context = encoder.context();
            options.tokenizer = Some(Arc::clone(encoder.tokenizer()));
        }
        let mut check = Check::begin(Arc::clone(dataset.images()), options);
        if let Some(images_at_a_time) = elsewhere {
            check = check.decoding_elsewhere(images_at_a_time);
        }
        Ok(Self {
            running: Some(check),
            images: Arc::clone(dataset.images()),
            asked: Vec::new(),
        })
    }
}
