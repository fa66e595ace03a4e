//! A chosen subset: its records and its account.

use std::rc::Rc;

use js_sys::{Float64Array, Uint8Array};
use ofa_pipeline::subset::SubsetManifest;
use wasm_bindgen::prelude::*;

use crate::failure::{Failure, FailureCode, Result};

/// Chosen records and the account of them.
#[wasm_bindgen(js_name = Subset)]
pub struct WebSubset {
    positions: Rc<Vec<u64>>,
    manifest: Rc<SubsetManifest>,
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
            ..SubsetManifest::clone(&self.manifest)
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
}

impl WebSubset {
    /// Positions of the records, ascending.
    pub(crate) fn shared_positions(&self) -> Rc<Vec<u64>> {
        Rc::clone(&self.positions)
    }

    /// The account.
    pub(crate) fn shared_manifest(&self) -> Rc<SubsetManifest> {
        Rc::clone(&self.manifest)
    }

    pub(crate) fn new(positions: Vec<u64>, manifest: SubsetManifest) -> Self {
        Self {
            positions: Rc::new(positions),
            manifest: Rc::new(manifest),
        }
    }
}
