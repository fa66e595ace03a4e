//! How far embeddings of an export are from those of its source.

use std::path::Path;

use anyhow::{Context, Result};
use ofa_backends::Encoder;
use ofa_clip::SelfCheck;
use ofa_world::{Realm, World};
use serde::Serialize;

use crate::backend::BackendChoice;
use crate::encoder::EncoderFolder;
use crate::failure::Stopped;
use crate::interrupt;

/// Pictures of each of the two generated worlds.
const PICTURES: u64 = 16;

/// The worlds' seed: the same pictures each time, so that exports can be compared.
const SEED: u64 = 0;

/// Images or texts of a batch.
const BATCH: usize = 8;

/// What was found, for each tower.
#[derive(Debug, Serialize)]
pub(super) struct Drift {
    pub(super) images: TowerDrift,
    pub(super) texts: TowerDrift,
}

/// Cosines between an export's embeddings and its source's.
#[derive(Debug, Serialize)]
pub(super) struct TowerDrift {
    pub(super) count: usize,
    pub(super) least_cosine: f64,
    pub(super) mean_cosine: f64,
}

/// Images and texts, as a model takes them.
pub(super) struct Probes {
    images: Vec<Vec<f32>>,
    texts: Vec<Vec<u32>>,
}

/// Embeddings of the probes, a row each.
pub(super) struct Embedded {
    images: Vec<Vec<f32>>,
    texts: Vec<Vec<f32>>,
}

impl Probes {
    /// Pictures of the generated worlds with what is said and asked about them.
    pub(super) fn make(encoder: &EncoderFolder) -> Result<Self> {
        let (mut images, mut texts) = (Vec::new(), Vec::new());
        for realm in [Realm::Shapes, Realm::Things] {
            let world = World::new(realm, SEED, PICTURES)?;
            for position in 0..PICTURES {
                let picture = world.captioned(position);
                let image = ofa_data::decode(&picture.image)?;
                let values = encoder.preprocessor.pixel_values(
                    image.width as usize,
                    image.height as usize,
                    &image.pixels,
                )?;
                images.push(values);
                let asked = picture.exchanges.iter().map(|(question, _)| question);
                for text in picture.captions.iter().take(1).chain(asked.take(1)) {
                    texts.push(encoder.tokenizer.encode(text)?);
                }
            }
        }
        Ok(Self { images, texts })
    }

    /// Embeds them on the CPU, whose results are the most exact. `place` is the encoder's folder.
    pub(super) fn embed(&self, encoder: &EncoderFolder, place: &Path) -> Result<Embedded> {
        self.embed_with(&load_on_cpu(encoder, place)?)
            .with_context(|| of_encoder(place))
    }

    /// As [`embed`](Self::embed), and with the same towers, since to load them takes longer than to use
    /// them, makes the encoder's self-check.
    pub(super) fn embed_with_self_check(
        &self,
        encoder: &EncoderFolder,
        place: &Path,
    ) -> Result<(Embedded, SelfCheck)> {
        let towers = load_on_cpu(encoder, place)?;
        let check = towers
            .self_check(&encoder.tokenizer, &encoder.fingerprint)
            .with_context(|| of_encoder(place))?;
        let embedded = self
            .embed_with(&towers)
            .with_context(|| of_encoder(place))?;
        Ok((embedded, check))
    }

    fn embed_with(&self, towers: &Encoder) -> Result<Embedded> {
        let rows = |embeddings: Vec<f32>| {
            let rows = embeddings.chunks(towers.embedding_dim());
            rows.map(<[f32]>::to_vec).collect::<Vec<_>>()
        };
        let mut embedded = Embedded {
            images: Vec::new(),
            texts: Vec::new(),
        };
        for images in self.images.chunks(BATCH) {
            refuse_to_go_on()?;
            let found = towers.encode_images(&images.concat(), images.len())?;
            embedded.images.extend(rows(found));
        }
        for texts in self.texts.chunks(BATCH) {
            refuse_to_go_on()?;
            embedded.texts.extend(rows(towers.encode_texts(texts)?));
        }
        Ok(embedded)
    }
}

fn load_on_cpu(encoder: &EncoderFolder, place: &Path) -> Result<Encoder> {
    let backend = BackendChoice::Flex.choose()?;
    backend
        .encoder(&encoder.config, &encoder.checkpoint)
        .with_context(|| of_encoder(place))
}

fn of_encoder(place: &Path) -> String {
    format!("encoder {}", place.display())
}

fn refuse_to_go_on() -> Result<()> {
    match interrupt::requested() {
        true => Err(Stopped("the same command starts anew".to_owned()).into()),
        false => Ok(()),
    }
}

impl Drift {
    /// Compares embeddings of the same probes.
    pub(super) fn between(source: &Embedded, export: &Embedded) -> Self {
        Self {
            images: TowerDrift::between(&source.images, &export.images),
            texts: TowerDrift::between(&source.texts, &export.texts),
        }
    }
}

impl TowerDrift {
    fn between(source: &[Vec<f32>], export: &[Vec<f32>]) -> Self {
        let cosines: Vec<f64> = source
            .iter()
            .zip(export)
            .map(|(source, export)| cosine(source, export))
            .collect();
        Self {
            count: cosines.len(),
            // A NaN is the least of all: it must not be passed over.
            least_cosine: cosines
                .iter()
                .copied()
                .min_by(f64::total_cmp)
                .filter(|_| !cosines.iter().any(|cosine| cosine.is_nan()))
                .unwrap_or(f64::NAN),
            mean_cosine: cosines.iter().sum::<f64>() / cosines.len() as f64,
        }
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_and_the_mean_cosine_are_told() {
        let source = [vec![1.0, 0.0], vec![0.0, 2.0]];
        let drift = TowerDrift::between(&source, &[vec![3.0, 0.0], vec![0.6, 0.8]]);
        assert_eq!(drift.count, 2);
        assert!((drift.least_cosine - 0.8).abs() < 1e-7);
        assert!((drift.mean_cosine - 0.9).abs() < 1e-7);
        let broken = TowerDrift::between(&source, &[vec![1.0, 0.0], vec![f32::NAN, 0.0]]);
        assert!(broken.least_cosine.is_nan() && broken.mean_cosine.is_nan());
    }
}
