//! A selector, from a file or the one that ships.

use std::rc::Rc;

use ofa_core::selector::Selector;
use serde::Serialize;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::failure::{Failure, FailureCode, Result};
use crate::hex::hex;
use crate::plain::to_js;

/// A selector that was read and checked.
#[wasm_bindgen]
pub struct SelectorFile {
    pub(crate) selector: Rc<Selector>,
    pub(crate) sha256: String,
}

#[derive(Serialize)]
struct Description<'a> {
    config: &'a ofa_core::selector::SelectorConfig,
    sha256: &'a str,
    encoder: Option<&'a str>,
    training: Option<&'a serde_json::Value>,
}

#[wasm_bindgen]
impl SelectorFile {
    /// Reads a selector that `ofa train` or `ofa import` wrote.
    ///
    /// # Errors
    /// `bad_selector` with the place where it is not one.
    pub fn open(name: &str, bytes: Vec<u8>) -> Result<Self> {
        let selector = Selector::from_safetensors(&bytes)
            .map_err(|error| Failure::new(FailureCode::BadSelector, format!("{name}: {error}")))?;
        selector.check()?;
        Ok(Self {
            selector: Rc::new(selector),
            sha256: hex(&Sha256::digest(&bytes)),
        })
    }

    /// Its configuration, the SHA-256 of its file, the fingerprint of the encoder whose features it
    /// was trained on, and what is known of its training.
    pub fn describe(&self) -> Result<JsValue> {
        to_js(&Description {
            config: &self.selector.config,
            sha256: &self.sha256,
            encoder: self.selector.training_text("encoder_fingerprint"),
            training: self.selector.training.as_ref(),
        })
    }
}
