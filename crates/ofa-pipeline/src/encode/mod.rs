//! Encoding: every record of a dataset to a row of the feature store, in steps.

mod cache;
mod distinct;
mod multi_image;
mod pixels;
mod progress;
mod shard_buffer;
mod state;
mod towers;
mod window;

use std::ops::Range;
use std::sync::Arc;

use futures_util::future::join;
use ofa_clip::ClipTokenizer;
use ofa_data::{Dataset, DatasetImages, Skip, SkipReason};

use crate::blobs::BlobStore;
use crate::error::Result;
use crate::event::Event;
use crate::store::Fingerprints;
use cache::Cache;
use distinct::Distinct;
pub use multi_image::MultiImage;
pub(crate) use pixels::try_to_decode;
pub use pixels::{
    NextPixels, PixelSource, pixel_values, pixel_values_of_bytes, try_to_decode_bytes,
};
pub use progress::EncodeProgress;
use shard_buffer::ShardBuffer;
pub use state::part_of;
#[cfg(not(target_family = "wasm"))]
pub(crate) use state::unfinished;
use state::{Finished, Start};
pub use towers::{Embeddings, Towers};
use window::{Window, text_batches};

/// Numbers of cache segments are given out by shard, this many to each.
const SEGMENTS_PER_SHARD: u32 = 1 << 16;

/// How a dataset is encoded.
#[derive(Debug, Clone)]
pub struct EncodeOptions {
    /// Images of a batch.
    pub image_batch: usize,
    /// Most tokens of a batch of texts, padding included.
    pub text_tokens: usize,
    /// Records of the dataset that one shard covers, at most 65,536. A run that is stopped
    /// goes on after the last whole shard.
    pub shard_records: u64,
    /// Most bytes of computed embeddings that are kept beside the store while it is made.
    pub cache_bytes: u64,
    /// The records to encode; the whole dataset, or the part that [`part_of`] gives.
    pub range: Range<u64>,
    /// What becomes of records with several images.
    pub multi_image: MultiImage,
    /// What runs the model, by name; a run that goes on with another one says so.
    pub backend: String,
    /// SHA-256 over what the encoder is told beside its weights, where it is known; a store
    /// made with another one is refused.
    pub encoder_settings: Option<String>,
}

/// What encoding works on.
pub struct EncodeInputs<'a, T> {
    /// The records and their images.
    pub images: Arc<DatasetImages>,
    /// The images' pixel values, made ahead of the model where there are threads.
    pub pixels: Box<dyn PixelSource + 'a>,
    /// The encoder's tokeniser.
    pub tokenizer: &'a ClipTokenizer,
    /// The encoder.
    pub towers: &'a T,
    /// Where the feature store goes.
    pub store: &'a dyn BlobStore,
    /// Of the dataset and the encoder.
    pub fingerprints: Fingerprints,
}

/// A run of encoding, pulled forward a batch at a time.
///
/// Each [`step`](Self::step) runs one batch through the model, or plans a window of records,
/// or writes one down. Dropping it between two steps loses what was done since the last
/// whole shard; a new run over the same store goes on from there.
///
/// # Which bits come out
/// Windows, batches and cache hits follow from the dataset and the options. On a backend that
/// computes the same batch to the same bits every time, a run that was killed and started
/// again therefore writes the same shards as one that was not.
pub struct Encode<'a, T> {
    inputs: EncodeInputs<'a, T>,
    options: EncodeOptions,
    image_cache: Cache<'a>,
    turn_cache: Cache<'a>,
    shard: ShardBuffer,
    next_record: u64,
    window: Option<Running>,
    windows_of_shard: u32,
    progress: EncodeProgress,
    notes: Vec<String>,
    finished: bool,
}

/// A window whose batches are being run.
struct Running {
    window: Window,
    text_batches: std::vec::IntoIter<Vec<u32>>,
    image_batches: std::vec::IntoIter<Vec<u32>>,
    /// The next batch of images where it was made while the last one was in the model.
    prepared: Option<ImageBatch>,
    batches: u64,
    batches_done: u64,
}

/// A batch of images that were tried: the pixel values of those that could be decoded.
struct ImageBatch {
    tried: usize,
    decoded: Vec<u32>,
    failed: Vec<(u32, Skip)>,
    pixel_values: Vec<f32>,
}

impl ImageBatch {
    async fn read(pixels: &mut dyn PixelSource, numbers: &[u32]) -> Self {
        let mut batch = Self {
            tried: numbers.len(),
            decoded: Vec::with_capacity(numbers.len()),
            failed: Vec::new(),
            pixel_values: Vec::new(),
        };
        for &number in numbers {
            match pixels.next().await {
                Ok(values) => {
                    batch.pixel_values.extend_from_slice(&values);
                    batch.decoded.push(number);
                }
                Err(skip) => batch.failed.push((number, skip)),
            }
        }
        batch
    }
}

impl<'a, T: Towers> Encode<'a, T> {
    /// Begins a run, or goes on with the one whose store this is.
    ///
    /// # Errors
    /// [`Error::OtherStore`] where the store is of another dataset, encoder, part or shard
    /// length; [`Error::Option`] where an option is outside its range; [`Error::Storage`]
    /// where the store cannot be read or tidied.
    pub fn begin(inputs: EncodeInputs<'a, T>, options: EncodeOptions) -> Result<Self> {
        state::check(&options, inputs.images.dataset().len())?;
        let Start {
            shards,
            next_record,
            finished,
            rows,
            skipped,
            image_notes,
            mut notes,
        } = state::start(
            inputs.store,
            &inputs.fingerprints,
            &options,
            inputs.towers.dim(),
        )?;
        let dim = inputs.towers.dim();
        let keep = |segment: u32| segment / SEGMENTS_PER_SHARD < shards;
        let mut cache = |kind: &str| {
            let prefix = format!("{}{kind}-", state::CACHE);
            let most_bytes = options.cache_bytes / 2;
            Cache::open(inputs.store, &prefix, dim, most_bytes, keep, &mut notes)
        };
        let (image_cache, turn_cache) = (cache("image")?, cache("text")?);
        Ok(Self {
            image_cache,
            turn_cache,
            notes,
            shard: ShardBuffer::new(shards, dim),
            next_record,
            window: None,
            windows_of_shard: 0,
            progress: EncodeProgress {
                records: options.range.end - options.range.start,
                records_done: next_record - options.range.start,
                records_resumed: next_record - options.range.start,
                rows,
                skipped,
                notes: image_notes,
                ..EncodeProgress::default()
            },
            finished,
            inputs,
            options,
        })
    }

    /// What has been done so far, by this run and the ones before it.
    pub fn progress(&self) -> &EncodeProgress {
        &self.progress
    }

    /// What the user should know of how this run goes on from the last one; mostly nothing.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Goes one batch further. `None` once the store is finished.
    ///
    /// # Errors
    /// When the dataset cannot be read any more or was changed since the run began, the device
    /// fails or the store cannot be written. What was written stays, and a new run goes on from it.
    pub async fn step(&mut self) -> Result<Option<Event>> {
        if self.finished {
            return Ok(None);
        }
        let Some(mut running) = self.window.take() else {
            return self.begin_window();
        };
        if let Some(batch) = running.text_batches.next() {
            self.embed_texts(&mut running.window, &batch).await?;
        } else if let Some(batch) = self.next_images(&mut running).await {
            self.embed_images(&mut running, batch).await?;
        } else {
            return self.finish_window(running.window);
        }
        running.batches_done += 1;
        let window = &running.window.range;
        self.progress.records_done = window.start - self.options.range.start
            + (window.end - window.start) * running.batches_done / (running.batches + 1);
        self.window = Some(running);
        Ok(Some(Event::Encoding(self.progress.clone())))
    }

    fn dataset(&self) -> &Dataset {
        self.inputs.images.dataset()
    }

    /// Where the shard at hand ends.
    fn shard_end(&self) -> u64 {
        let start =
            self.options.range.start + u64::from(self.shard.number) * self.options.shard_records;
        (start + self.options.shard_records).min(self.options.range.end)
    }

    fn begin_window(&mut self) -> Result<Option<Event>> {
        let end = self.shard_end();
        if self.next_record == end {
            return self.finish_shard();
        }
        let mut window = Window::plan(
            &self.inputs.images,
            self.options.multi_image,
            self.inputs.tokenizer,
            self.inputs.towers.dim(),
            self.next_record,
            end,
        )?;
        let (images, turns) = window.recall(&self.image_cache, &self.turn_cache)?;
        self.progress.image_uses += window.image_uses;
        self.progress.turn_uses += window.turn_uses;
        // The decoding threads start on the images while the model is busy with the texts.
        self.inputs.pixels.start(
            images
                .iter()
                .map(|&n| window.images.item(n).clone())
                .collect(),
        );
        let text_batches = text_batches(&window.turns, turns, self.options.text_tokens);
        let image_batches: Vec<Vec<u32>> = images
            .chunks(self.options.image_batch)
            .map(<[u32]>::to_vec)
            .collect();
        self.window = Some(Running {
            window,
            batches: (text_batches.len() + image_batches.len()) as u64,
            batches_done: 0,
            text_batches: text_batches.into_iter(),
            image_batches: image_batches.into_iter(),
            prepared: None,
        });
        Ok(Some(Event::Encoding(self.progress.clone())))
    }

    async fn embed_texts(&mut self, window: &mut Window, batch: &[u32]) -> Result<()> {
        let input_ids: Vec<Vec<u32>> = batch
            .iter()
            .map(|&n| window.turns.item(n).clone())
            .collect();
        let embeddings = self.inputs.towers.embed_texts(&input_ids).await?;
        window.turns.enter(batch, &embeddings.rows);
        fail(&mut window.turns, batch, embeddings.failed);
        self.progress.turns_encoded += batch.len() as u64;
        Ok(())
    }

    async fn next_images(&mut self, running: &mut Running) -> Option<ImageBatch> {
        if let Some(prepared) = running.prepared.take() {
            return Some(prepared);
        }
        let numbers = running.image_batches.next()?;
        Some(ImageBatch::read(&mut *self.inputs.pixels, &numbers).await)
    }

    /// Embeds a batch; where the model works elsewhere, the next one is read meanwhile.
    async fn embed_images(&mut self, running: &mut Running, batch: ImageBatch) -> Result<()> {
        let towers = self.inputs.towers;
        let pixels = &mut *self.inputs.pixels;
        let next = running.image_batches.next();
        let embed = async {
            match batch.decoded.len() {
                0 => Ok(Embeddings::default()),
                count => towers.embed_images(&batch.pixel_values, count).await,
            }
        };
        let read = async {
            match next {
                Some(numbers) => Some(ImageBatch::read(pixels, &numbers).await),
                None => None,
            }
        };
        let (embeddings, prepared) = join(embed, read).await;
        running.prepared = prepared;
        let embeddings = embeddings?;
        let images = &mut running.window.images;
        images.enter(&batch.decoded, &embeddings.rows);
        self.progress.images_tried += batch.tried as u64;
        self.progress.images_encoded += (batch.decoded.len() - embeddings.failed.len()) as u64;
        fail(images, &batch.decoded, embeddings.failed);
        for (number, skip) in batch.failed {
            images.fail(number, skip);
        }
        Ok(())
    }

    fn finish_window(&mut self, window: Window) -> Result<Option<Event>> {
        let segment = self.shard.number * SEGMENTS_PER_SHARD + self.windows_of_shard;
        let (keys, rows) = window.images.computed();
        self.image_cache.add(segment, &keys, &rows)?;
        let (keys, rows) = window.turns.computed();
        self.turn_cache.add(segment, &keys, &rows)?;
        self.windows_of_shard += 1;
        self.next_record = window.range.end;
        for row in window.rows() {
            for note in &row.notes {
                let kind = note.note.as_str().to_owned();
                *self.progress.notes.entry(kind).or_default() += 1;
                self.shard.note(note);
            }
            match row.features {
                Ok((image, text)) => {
                    self.shard.push(row.index, &image, &text);
                    self.progress.rows += 1;
                }
                Err(skip) => {
                    let reason = skip.reason.to_string();
                    *self.progress.skipped.entry(reason).or_default() += 1;
                    self.shard.skip(row.index, skip);
                }
            }
        }
        self.progress.records_done = self.next_record - self.options.range.start;
        Ok(Some(Event::Encoding(self.progress.clone())))
    }

    fn finish_shard(&mut self) -> Result<Option<Event>> {
        let store = self.inputs.store;
        let end = self.options.range.end;
        if self.options.range.start + u64::from(self.shard.number) * self.options.shard_records
            < end
        {
            self.dataset().check_unchanged()?;
            let name = self.shard.write(store, &self.inputs.fingerprints)?;
            // Only now: until the shard stands, a run that goes on needs all that was cached.
            self.image_cache.drop_oldest()?;
            self.turn_cache.drop_oldest()?;
            let next = ShardBuffer::new(self.shard.number + 1, self.inputs.towers.dim());
            let rows = std::mem::replace(&mut self.shard, next).rows() as u64;
            self.windows_of_shard = 0;
            return Ok(Some(Event::ShardWritten { name, rows }));
        }
        let manifest = state::finish(
            store,
            &Finished {
                fingerprints: &self.inputs.fingerprints,
                options: &self.options,
                dim: self.inputs.towers.dim(),
                dataset_records: self.dataset().len(),
                shards: self.shard.number,
                rows: self.progress.rows,
                skipped: &self.progress.skipped,
                notes: &self.progress.notes,
            },
        )?;
        self.finished = true;
        Ok(Some(Event::Encoded(manifest)))
    }
}

/// Enters the items of a batch that the encoder could not be brought through.
fn fail<I>(items: &mut Distinct<I>, batch: &[u32], failed: Vec<(usize, String)>) {
    for (place, detail) in failed {
        let skip = Skip::new(SkipReason::EncoderFailed, detail);
        items.fail(batch[place], skip);
    }
}
