//! A look at a dataset before it is encoded.

use std::sync::Arc;

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
}

/// A check that is under way.
#[wasm_bindgen]
pub struct CheckRun {
    running: Option<Check>,
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
        let Options { deep, multi_image } = from_js("check", options)?;
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
        let check = Check::begin(Arc::clone(dataset.images()), options);
        Ok(Self {
            running: Some(check),
        })
    }
}
