//! Features of a finished store, for scoring and choosing.

use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Reflect, Uint8Array};
use ofa_core::features::FeatureRows;
use ofa_pipeline::store::{
    FeatureSource, Features, Fingerprints, MANIFEST, SKIPPED, ShardBytes, SkippedLine,
    StoreManifest, read_skipped,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::failure::{Failure, Result};
use crate::held_blobs::HeldBlobs;
use crate::plain::to_js;

/// Rows of features, in this module's memory: 2 KB a record for CLIP ViT-B/32.
#[wasm_bindgen(js_name = Features)]
pub struct WebFeatures {
    pub(crate) rows: Rc<Features>,
    pub(crate) manifest: Option<StoreManifest>,
    pub(crate) skipped: Option<Rc<Vec<SkippedLine>>>,
}

#[derive(Serialize)]
struct Description<'a> {
    rows: usize,
    dim: usize,
    fingerprints: &'a Fingerprints,
    manifest: Option<&'a StoreManifest>,
}

#[wasm_bindgen(js_class = Features)]
impl WebFeatures {
    /// Opens a store by its shards in order, `{name, bytes}` each, its manifest and its list of
    /// skipped records; or one features file alone. `name` is what messages call it.
    ///
    /// # Errors
    /// `bad_features` with the shard and the place where something is not as it should be.
    pub fn open(
        name: &str,
        shards: &Array,
        manifest: Option<Vec<u8>>,
        skipped: Option<Vec<u8>>,
    ) -> Result<Self> {
        let mut read = Vec::with_capacity(shards.length() as usize);
        for (nth, shard) in shards.iter().enumerate() {
            let field = |key: &str| Reflect::get(&shard, &key.into()).unwrap_or(JsValue::UNDEFINED);
            let place = format!("shards[{nth}]");
            let Some(shard_name) = field("name").as_string() else {
                return Err(Failure::option(&place, "a name", "none"));
            };
            let Ok(bytes) = field("bytes").dyn_into::<Uint8Array>() else {
                return Err(Failure::option(&place, "bytes as a Uint8Array", "none"));
            };
            let bytes: ShardBytes = Arc::new(bytes.to_vec());
            read.push((format!("{name}/{shard_name}"), bytes));
        }
        let beside = HeldBlobs::new(name, [(MANIFEST, manifest), (SKIPPED, skipped)]);
        let manifest = StoreManifest::read(&beside)?;
        let skipped = read_skipped(&beside)?;
        let rows = Features::open(FeatureSource {
            name: name.to_owned(),
            shards: read,
            manifest: manifest.clone(),
        })?;
        Ok(Self {
            rows: Rc::new(rows),
            manifest,
            skipped: skipped.map(Rc::new),
        })
    }

    /// Counts, width, where the features come from, and the store's manifest.
    pub fn describe(&self) -> Result<JsValue> {
        to_js(&Description {
            rows: self.rows.rows(),
            dim: self.rows.dim(),
            fingerprints: self.rows.fingerprints(),
            manifest: self.manifest.as_ref(),
        })
    }
}
