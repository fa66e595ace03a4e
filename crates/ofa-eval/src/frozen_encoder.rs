//! The frozen encoder through which the answer model sees and reads.

use std::fs;
use std::path::Path;

use burn::tensor::{Tensor, TensorData, backend::Backend};
use ofa_clip::{Checkpoint, ClipConfig, ClipTokenizer, Preprocessor, TextTower, VisionTower};

use crate::{Error, Result};

/// Both towers of a CLIP model, not trained any further.
///
/// As in LLaVA, of whose kind of model a subset's worth is asked: its images pass through a frozen CLIP
/// tower, and what is trained reads the features of the patches in the last layer but one. The frozen
/// text tower stands for the language model, which knows its words before it is tuned.
#[derive(Debug)]
pub struct FrozenEncoder<B: Backend> {
    preprocessor: Preprocessor,
    tokenizer: ClipTokenizer,
    vision: VisionTower<B>,
    text: TextTower<B>,
    device: B::Device,
    sizes: FrozenSizes,
}

/// How much the encoder says of a picture and of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrozenSizes {
    /// Patches on a side of a picture.
    pub side: usize,
    /// Values of a patch.
    pub width: usize,
    /// Values of the embedding of a picture or a text.
    pub embedding: usize,
}

impl FrozenSizes {
    /// Values of all patches of a picture.
    #[must_use]
    pub fn patch_values(self) -> usize {
        self.side * self.side * self.width
    }
}

/// What the encoder says of some pictures.
pub(crate) struct PictureFeatures {
    /// `[n, side * side, width]`: each patch's values of mean 0 and variance 1.
    pub(crate) patches: Vec<f32>,
    /// `[n, embedding]`: of mean square 1.
    pub(crate) embeddings: Vec<f32>,
}

impl<B: Backend> FrozenEncoder<B> {
    /// Loads an encoder in Hugging Face layout with one file of weights.
    ///
    /// # Errors
    /// Where a file cannot be read or is no CLIP.
    pub fn load(encoder: &Path, device: &B::Device) -> Result<Self> {
        let read = |name: &str| {
            let path = encoder.join(name);
            fs::read(&path).map_err(Error::file(&path))
        };
        let wrong = |error: ofa_clip::Error| Error::content(encoder, error);
        let config = ClipConfig::from_json(&read("config.json")?).map_err(wrong)?;
        let preprocessor =
            Preprocessor::from_json(&read("preprocessor_config.json")?).map_err(wrong)?;
        preprocessor.check_model(&config).map_err(wrong)?;
        let tokenizer = ClipTokenizer::from_json(&read("tokenizer.json")?)
            .and_then(|tokenizer| tokenizer.for_model(&config))
            .map_err(wrong)?;
        let weights = read("model.safetensors")?;
        let checkpoint =
            Checkpoint::open([("model.safetensors", weights.as_slice())]).map_err(wrong)?;
        Ok(Self {
            preprocessor,
            tokenizer,
            vision: VisionTower::load(&config, &checkpoint, device).map_err(wrong)?,
            text: TextTower::load(&config, &checkpoint, device).map_err(wrong)?,
            device: device.clone(),
            sizes: FrozenSizes {
                side: config.vision.patches_per_side(),
                width: config.vision.hidden_size,
                embedding: config.projection_dim,
            },
        })
    }

    /// How much it says.
    #[must_use]
    pub fn sizes(&self) -> FrozenSizes {
        self.sizes
    }

    /// What the image tower is shown of a picture; `None` where its pixels cannot be used.
    pub(crate) fn pixel_values(&self, image: &ofa_data::RgbImage) -> Option<Vec<f32>> {
        let (width, height) = (image.width as usize, image.height as usize);
        (self.preprocessor)
            .pixel_values(width, height, &image.pixels)
            .ok()
    }

    /// The features of `n` pictures, whose [`pixel_values`](Self::pixel_values) stand one after the
    /// other.
    ///
    /// # Errors
    /// Where the backend fails.
    pub(crate) fn picture_features(
        &self,
        pixel_values: Vec<f32>,
        n: usize,
    ) -> Result<PictureFeatures> {
        let (width, height) = self.preprocessor.output_size();
        let patches = (self.vision)
            .patch_features(&pixel_values, n, &self.device)
            .map_err(|error| Error::Model(error.to_string()))?;
        let mut patches = values(patches)?;
        patches
            .chunks_exact_mut(self.sizes.width)
            .for_each(standardise);
        let pixel_values = TensorData::new(pixel_values, [n, 3, height, width]);
        let pixel_values = Tensor::from_data(pixel_values, &self.device);
        let embeddings = self.scaled(values(self.vision.embeddings(pixel_values))?);
        Ok(PictureFeatures {
            patches,
            embeddings,
        })
    }

    /// The embeddings of some texts, `[n, embedding]`, of mean square 1.
    ///
    /// # Errors
    /// Where a text cannot be put into tokens or the backend fails.
    pub(crate) fn text_embeddings(&self, texts: &[&str]) -> Result<Vec<f32>> {
        let mut ids = Vec::with_capacity(texts.len());
        for text in texts {
            let encoded = self.tokenizer.encode(text);
            ids.push(encoded.map_err(|error| Error::Model(error.to_string()))?);
        }
        let length = ids.iter().map(Vec::len).max().unwrap_or(1);
        let ends: Vec<usize> = ids.iter().map(|ids| ids.len() - 1).collect();
        // What comes after the end token changes nothing.
        let padded: Vec<i64> = (ids.iter())
            .flat_map(|ids| {
                let end = ids[ids.len() - 1];
                let padding = std::iter::repeat_n(end, length - ids.len());
                ids.iter().copied().chain(padding).map(i64::from)
            })
            .collect();
        let padded = TensorData::new(padded, [texts.len(), length]);
        let embeddings = (self.text).embeddings(Tensor::from_data(padded, &self.device), &ends);
        Ok(self.scaled(values(embeddings)?))
    }

    /// Rows of length 1 as rows of mean square 1.
    fn scaled(&self, mut embeddings: Vec<f32>) -> Vec<f32> {
        let scale = (self.sizes.embedding as f32).sqrt();
        embeddings.iter_mut().for_each(|value| *value *= scale);
        embeddings
    }
}

fn values<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Result<Vec<f32>> {
    let data = tensor
        .try_into_data()
        .map_err(|error| Error::Model(error.to_string()))?;
    (data.convert::<f32>().into_vec()).map_err(|error| Error::Model(format!("{error:?}")))
}

/// Mean 0 and variance 1: the residual stream has no scale of its own.
fn standardise(values: &mut [f32]) {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    let variance = (values.iter())
        .map(|value| (value - mean) * (value - mean))
        .sum::<f32>()
        / count;
    let scale = 1.0 / (variance + 1e-6).sqrt();
    for value in values {
        *value = (*value - mean) * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_values_have_mean_0_and_variance_1() {
        let mut values = [1.0, 3.0, 5.0, 7.0];
        standardise(&mut values);
        assert!(values.iter().sum::<f32>().abs() < 1e-6);
        assert!((values.iter().map(|value| value * value).sum::<f32>() / 4.0 - 1.0).abs() < 1e-5);
        let mut same = [2.0; 3];
        standardise(&mut same);
        assert_eq!(same, [0.0; 3]);
    }
}
