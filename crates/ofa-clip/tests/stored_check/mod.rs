//! Reads `self_check.safetensors` of an encoder's folder, and compares it with what the encoder computes.
//!
//! Used by the tests of this crate and by `tests/tests/export_encoder.rs`.

#![allow(dead_code, reason = "each test uses what it needs")]

use ofa_clip::{Checkpoint, ClipConfig, SelfCheck};
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// What the file holds.
pub(crate) struct StoredCheck {
    pub(crate) metadata: HashMap<String, String>,
    pub(crate) pixel_values: Vec<f32>,
    /// Shape of the pixel values.
    pub(crate) images: Vec<usize>,
    pub(crate) input_ids: Vec<Vec<u32>>,
    /// `[n, d]`, in row-major order.
    pub(crate) image_embeddings: Vec<f32>,
    pub(crate) text_embeddings: Vec<f32>,
}

/// An encoder on the CPU, whichever type a test has for it.
pub(crate) trait OnCpu {
    fn embed_image(&self, pixel_values: &[f32]) -> Vec<f32>;
    fn embed_text(&self, input_ids: &[u32]) -> Vec<f32>;
}

impl StoredCheck {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
        let tensors = SafeTensors::deserialize(bytes).unwrap();
        let words = |name: &str, dtype: Dtype| -> Vec<[u8; 4]> {
            let tensor = tensors.tensor(name).unwrap();
            assert_eq!(tensor.dtype(), dtype, "{name}");
            tensor.data().as_chunks::<4>().0.to_vec()
        };
        let floats = |name: &str| -> Vec<f32> {
            let words = words(name, Dtype::F32).into_iter();
            words.map(f32::from_le_bytes).collect()
        };
        let ids = |name: &str| words(name, Dtype::U32).into_iter().map(u32::from_le_bytes);
        let mut input_ids = ids("input_ids");
        let texts = ids("lengths").map(|length| input_ids.by_ref().take(length as usize).collect());
        let texts: Vec<Vec<u32>> = texts.collect();
        assert_eq!(input_ids.next(), None);
        Self {
            metadata: header.metadata().clone().unwrap(),
            pixel_values: floats("pixel_values"),
            images: tensors.tensor("pixel_values").unwrap().shape().to_vec(),
            input_ids: texts,
            image_embeddings: floats("image_embeddings"),
            text_embeddings: floats("text_embeddings"),
        }
    }

    /// That of an encoder's folder.
    pub(crate) fn of(folder: &Path) -> Self {
        Self::read(&std::fs::read(folder.join(SelfCheck::FILE)).unwrap())
    }

    /// The least cosine between what is stored and what an encoder has for the same inputs, each image
    /// and each text by itself.
    pub(crate) fn least_cosine(&self, encoder: &impl OnCpu) -> f64 {
        let mut computed = Vec::new();
        for image in (self.pixel_values).chunks(self.images[1..].iter().product()) {
            computed.extend(encoder.embed_image(image));
        }
        assert_eq!(computed.len(), self.image_embeddings.len());
        for ids in &self.input_ids {
            computed.extend(encoder.embed_text(ids));
        }
        let stored = [&self.image_embeddings[..], &self.text_embeddings].concat();
        assert_eq!(computed.len(), stored.len());
        let dim = self.image_embeddings.len() / self.images[0];
        let cosines = stored.chunks(dim).zip(computed.chunks(dim)).map(|(a, b)| {
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                let pairs = a.iter().zip(b);
                pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        });
        // A NaN is the least of all.
        cosines
            .map(|cosine| if cosine.is_nan() { f64::MIN } else { cosine })
            .fold(f64::INFINITY, f64::min)
    }
}

/// What the towers of an encoder's folder are loaded from.
pub(crate) fn parts(folder: &Path) -> (ClipConfig, Checkpoint<'static>) {
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let names = std::fs::read_dir(folder).unwrap().map(|entry| {
        let name = entry.unwrap().file_name();
        name.into_string().unwrap()
    });
    let weights = names.filter(|name| name.starts_with("model") && name.ends_with(".safetensors"));
    let weights: Vec<(String, Vec<u8>)> = weights
        .map(|name| {
            let bytes = std::fs::read(folder.join(&name)).unwrap();
            (name, bytes)
        })
        .collect();
    (
        ClipConfig::from_json(&config).unwrap(),
        Checkpoint::open(weights).unwrap(),
    )
}
