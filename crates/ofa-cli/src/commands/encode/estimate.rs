//! How long encoding may take, from two batches and a sample of records.

use std::fmt;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::Result;
use ofa_backends::Encoder;
use ofa_clip::{ClipTokenizer, Preprocessor};
use ofa_data::{Dataset, encoder_text};
use ofa_pipeline::encode::EncodeOptions;

use crate::duration::{duration_text, size_text};
use crate::report::grouped;

/// Records of the sample, spread evenly.
const SAMPLE: u64 = 200;

/// What a run may take at most: images and turns that come again are encoded once.
pub(super) struct Estimate {
    records: u64,
    time: Duration,
    store_bytes: u64,
    cache_bytes: u64,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} records to encode: at most about {}, less where images and turns come again; features take {}, known embeddings up to {} while it runs",
            grouped(self.records),
            duration_text(self.time),
            size_text(self.store_bytes),
            size_text(self.cache_bytes),
        )
    }
}

/// Times a batch of blank images and a batch of the sample's turns.
///
/// The first batch of each warms the backend up and does not count.
pub(super) fn estimate(
    dataset: &Dataset,
    left: Range<u64>,
    options: &EncodeOptions,
    towers: &Encoder,
    preprocessor: &Preprocessor,
    tokenizer: &ClipTokenizer,
) -> Result<Estimate> {
    let records = left.end - left.start;
    let step = records.div_ceil(SAMPLE).max(1);
    let (mut sampled, mut with_features, mut images, mut turns) = (0_u64, 0_u64, 0_u64, Vec::new());
    for position in left.step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
        sampled += 1;
        let Ok(record) = dataset.record(position)? else {
            continue;
        };
        if record.skip().is_some() {
            continue;
        }
        with_features += 1;
        images += record.images.len() as u64;
        for turn in &record.human_turns {
            turns.push(tokenizer.encode(&encoder_text(turn))?);
        }
    }
    turns.sort_by_key(Vec::len);
    let tokens: u64 = turns.iter().map(|turn| turn.len() as u64).sum();
    let (width, height) = preprocessor.output_size();
    let count = options
        .image_batch
        .min(usize::try_from(records).unwrap_or(usize::MAX))
        .max(1);
    let pixel_values = vec![0.0; count * 3 * width * height];
    let per_image = timed(|| towers.encode_images(&pixel_values, count))? / count as u32;
    let per_token = match median_batch(&turns, options.text_tokens) {
        [] => Duration::ZERO,
        batch => {
            let batch_tokens: usize = batch.iter().map(Vec::len).sum();
            let time = timed(|| towers.encode_texts(batch))?;
            time / u32::try_from(batch_tokens).unwrap_or(u32::MAX).max(1)
        }
    };
    let share = records as f64 / sampled.max(1) as f64;
    let seconds =
        share * (images as f64 * per_image.as_secs_f64() + tokens as f64 * per_token.as_secs_f64());
    let dim = towers.embedding_dim() as u64;
    let rows = (share * with_features as f64) as u64;
    let distinct = (share * (images as usize + turns.len()) as f64) as u64;
    Ok(Estimate {
        records,
        time: Duration::from_secs_f64(seconds),
        store_bytes: rows * (4 * dim + 8),
        cache_bytes: options.cache_bytes.min(distinct * (4 * dim + 16)),
    })
}

/// Turns of middling length that fill a batch.
fn median_batch(turns: &[Vec<u32>], most_tokens: usize) -> &[Vec<u32>] {
    let Some(longest) = turns.get(turns.len() / 2).map(Vec::len) else {
        return &[];
    };
    let end = turns.len() / 2 + 1;
    let count = (most_tokens / longest.max(1)).clamp(1, end);
    &turns[end - count..end]
}

fn timed<T>(mut work: impl FnMut() -> ofa_clip::Result<T>) -> Result<Duration> {
    work()?;
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}
