//! Reads a model of `tests/goldens/clip` with its inputs and expected embeddings.
//!
//! Used by the tests of this crate and by `tests/tests/encoder_parity.rs`.

#![allow(dead_code, reason = "each test uses what it needs")]

use ofa_clip::{Checkpoint, ClipConfig, ClipTokenizer, Preprocessor, WeightIndex};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Embeddings, one to a row.
pub(crate) type Rows = Vec<Vec<f32>>;

pub(crate) struct Golden {
    pub(crate) config: Vec<u8>,
    /// File names and contents.
    pub(crate) weights: Vec<(String, Vec<u8>)>,
    folder: PathBuf,
    inputs: Inputs,
}

#[derive(Deserialize)]
struct Inputs {
    images: Vec<String>,
    texts: Vec<String>,
}

/// Found from the folder of whichever package includes this file.
fn goldens() -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders
        .find_map(|folder| Some(folder.join("tests/goldens")).filter(|path| path.is_dir()))
        .expect("tests/goldens stands in the repository")
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Golden {
    pub(crate) fn load(name: &str) -> Self {
        let root = goldens().join("clip");
        let folder = root.join(name);
        let index = folder.join("model.safetensors.index.json");
        let files = if index.exists() {
            let index = WeightIndex::from_json(&read(index)).unwrap();
            index.files().map(str::to_owned).collect()
        } else {
            vec!["model.safetensors".to_owned()]
        };
        Self {
            config: read(folder.join("config.json")),
            weights: files
                .into_iter()
                .map(|file| (file.clone(), read(folder.join(file))))
                .collect(),
            inputs: serde_json::from_slice(&read(root.join("inputs.json"))).unwrap(),
            folder,
        }
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint<'_> {
        let files = self.weights.iter();
        Checkpoint::open(files.map(|(name, bytes)| (name.clone(), bytes.as_slice()))).unwrap()
    }

    pub(crate) fn config(&self) -> ClipConfig {
        ClipConfig::from_json(&self.config).unwrap()
    }

    /// `pixel_values` of the images whose names are wanted, and their expected embeddings.
    ///
    /// `decode` gives width, height and RGB pixels of a file.
    pub(crate) fn images(
        &self,
        wanted: impl Fn(&str) -> bool,
        decode: impl Fn(&[u8]) -> (usize, usize, Vec<u8>),
    ) -> (Vec<f32>, Rows) {
        let config = read(self.folder.join("preprocessor_config.json"));
        let preprocessor = Preprocessor::from_json(&config).unwrap();
        preprocessor.check_model(&self.config()).unwrap();
        let (mut values, mut rows) = (Vec::new(), Rows::new());
        let expected = self.expected("image_embeddings");
        for (name, expected) in self.inputs.images.iter().zip(expected) {
            if !wanted(name) {
                continue;
            }
            let file = goldens().join("clip/images").join(name);
            let (width, height, rgb) = decode(&read(file));
            values.extend(preprocessor.pixel_values(width, height, &rgb).unwrap());
            rows.push(expected);
        }
        assert!(!rows.is_empty());
        (values, rows)
    }

    pub(crate) fn tokenizer(&self) -> ClipTokenizer {
        let json = read(goldens().join("tokenizer/tokenizer.json"));
        let config = self.config();
        let tokenizer = ClipTokenizer::from_json(&json).unwrap();
        tokenizer.for_model(&config).unwrap()
    }

    /// Token ids of the texts, and their expected embeddings.
    pub(crate) fn texts(&self) -> (Vec<Vec<u32>>, Rows) {
        let tokenizer = self.tokenizer();
        let texts = self.inputs.texts.iter();
        let ids = texts.map(|text| tokenizer.encode(text).unwrap()).collect();
        (ids, self.expected("text_embeddings"))
    }

    /// The expected features of all patches of each wanted image, in the order of
    /// [`images`](Self::images).
    pub(crate) fn patch_features(&self, wanted: impl Fn(&str) -> bool) -> Rows {
        let rows = self.rows("patches.safetensors", "patch_features");
        let of_images = self.inputs.images.iter().zip(rows);
        of_images
            .filter(|(name, _)| wanted(name))
            .map(|(_, row)| row)
            .collect()
    }

    fn expected(&self, name: &str) -> Rows {
        self.rows("expected.safetensors", name)
    }

    /// A tensor's values by its first dimension.
    fn rows(&self, file: &str, name: &str) -> Rows {
        let bytes = read(self.folder.join(file));
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        let width: usize = tensor.shape()[1..].iter().product();
        let values: Vec<f32> = tensor
            .data()
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        values.chunks_exact(width).map(<[f32]>::to_vec).collect()
    }
}

/// The lowest cosine and the largest difference of a value over all rows.
pub(crate) fn worst(found: &[f32], expected: &Rows) -> (f64, f32) {
    let width = expected[0].len();
    assert_eq!(found.len(), width * expected.len());
    let (mut cosine, mut difference) = (f64::INFINITY, 0.0_f32);
    for (found, expected) in found.chunks_exact(width).zip(expected) {
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
            products.sum()
        };
        let lengths = dot(found, found).sqrt() * dot(expected, expected).sqrt();
        cosine = cosine.min(dot(found, expected) / lengths);
        for (found, expected) in found.iter().zip(expected) {
            // A NaN must not pass as small.
            let apart = (found - expected).abs();
            difference = if apart <= difference {
                difference
            } else {
                apart
            };
        }
        assert!((dot(found, found) - 1.0).abs() < 1e-5, "a row of length 1");
    }
    (cosine, difference)
}
