//! Plain data as JavaScript has it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use crate::failure::{Failure, FailureCode, Result};

/// How far steps are.
#[derive(Serialize)]
pub(crate) struct StepProgress {
    pub(crate) done: u64,
    pub(crate) of: u64,
}

/// As objects, arrays and numbers; counts as numbers, which are exact below 2^53.
pub(crate) fn to_js(value: &impl Serialize) -> Result<JsValue> {
    value
        .serialize(&Serializer::json_compatible())
        .map_err(|error| Failure::new(FailureCode::Internal, error.to_string()))
}

/// Options that the package put together.
///
/// # Errors
/// `bad_option` with the field.
pub(crate) fn from_js<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| Failure::new(FailureCode::BadOption, format!("{what}: {error}")))
}
