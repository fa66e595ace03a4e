//! How far embeddings of an export are from those of its source.

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::backend::Backend;
use ofa_clip::{ClipEncoder, SelfCheck};
use ofa_world::{Realm, World};
use serde::Serialize;

use crate::backend::{self, BackendChoice, OnBackend};
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
        on_cpu(EmbedProbes(self, encoder), place)
    }

    /// As [`embed`](Self::embed), and with the same towers, since to load them takes longer than to use
    /// them, makes the encoder's self-check.
    pub(super) fn embed_with_self_check(
        &self,
        encoder: &EncoderFolder,
        place: &Path,
    ) -> Result<(Embedded, SelfCheck)> {
        on_cpu(EmbedWithSelfCheck(EmbedProbes(self, encoder)), place)
    }
}

fn on_cpu<T: OnBackend>(work: T, place: &Path) -> Result<T::Output> {
    backend::run(BackendChoice::Flex, work).with_context(|| format!("encoder {}", place.display()))
}

struct EmbedProbes<'a>(&'a Probes, &'a EncoderFolder);

impl EmbedProbes<'_> {
    fn load<B: Backend>(&self, device: &B::Device) -> Result<ClipEncoder<B>> {
        let EncoderFolder {
            config, checkpoint, ..
        } = self.1;
        Ok(ClipEncoder::load(config, checkpoint, device)?)
    }

    fn embed<B: Backend>(&self, towers: &ClipEncoder<B>) -> Result<Embedded> {
        let Self(probes, _) = self;
        let rows = |embeddings: Vec<f32>| {
            let rows = embeddings.chunks(towers.embedding_dim());
            rows.map(<[f32]>::to_vec).collect::<Vec<_>>()
        };
        let mut embedded = Embedded {
            images: Vec::new(),
            texts: Vec::new(),
        };
        for images in probes.images.chunks(BATCH) {
            refuse_to_go_on()?;
            let found = pollster::block_on(towers.encode_images(&images.concat(), images.len()))?;
            embedded.images.extend(rows(found));
        }
        for texts in probes.texts.chunks(BATCH) {
            refuse_to_go_on()?;
            let found = pollster::block_on(towers.encode_texts(texts))?;
            embedded.texts.extend(rows(found));
        }
        Ok(embedded)
    }
}

impl OnBackend for EmbedProbes<'_> {
    type Output = Embedded;

    fn run<B: Backend>(self, device: B::Device) -> Result<Embedded> {
        self.embed(&self.load::<B>(&device)?)
    }
}

struct EmbedWithSelfCheck<'a>(EmbedProbes<'a>);

impl OnBackend for EmbedWithSelfCheck<'_> {
    type Output = (Embedded, SelfCheck);

    fn run<B: Backend>(self, device: B::Device) -> Result<Self::Output> {
        let Self(work) = self;
        let towers = work.load::<B>(&device)?;
        let EncoderFolder {
            tokenizer,
            fingerprint,
            ..
        } = work.1;
        let check = SelfCheck::compute(&towers, tokenizer, fingerprint);
        let check = pollster::block_on(check)?;
        Ok((work.embed(&towers)?, check))
    }
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
