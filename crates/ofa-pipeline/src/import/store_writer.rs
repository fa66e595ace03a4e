//! A feature store from rows that another program wrote.

use half::f16;
use ofa_data::SkipReason;

use super::rounding::{Rounded, round};
use super::rows::{Float, Rows, RowsPart};
use crate::blobs::BlobStore;
use crate::encode::MultiImage;
use crate::error::{Error, Result};
use crate::store::{
    Fingerprints, MANIFEST, ReasonCounts, SKIPPED, SkippedLine, StoreManifest, WORK, clear,
    shard_name, shard_names, write_shard,
};

/// Stands in a store while something is imported into it.
const IMPORTING: &str = ".encode/importing";

/// Rows of a shard.
const SHARD_ROWS: usize = 2048;

/// Whether something is being imported into a store, or was when the run was ended.
pub(crate) fn is_importing(store: &dyn BlobStore) -> Result<bool> {
    let len = store
        .len(IMPORTING)
        .map_err(|error| Error::storage(store, IMPORTING, error))?;
    Ok(len.is_some())
}

/// Which records of the dataset the rows are of.
pub(super) enum Positions {
    /// The row's number through all parts.
    RowNumbers,
    /// Those listed, which ascend.
    Listed(Vec<u64>),
    /// Those listed, each with its row, in ascending order.
    Sorted(Vec<(u64, u64)>),
}

/// Features that were found in a source and looked at, before they are read.
pub struct FeatureInput {
    pub(super) parts: Vec<RowsPart>,
    pub(super) positions: Positions,
    pub(super) dim: usize,
    pub(super) notes: Vec<String>,
}

impl FeatureInput {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Width of an embedding.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// What is to be said of the source.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The last position plus 1, as far as the dataset is known.
    fn dataset_records(&self) -> u64 {
        match &self.positions {
            Positions::RowNumbers => self.rows(),
            Positions::Listed(positions) => positions.last().map_or(0, |last| last + 1),
            Positions::Sorted(positions) => positions.last().map_or(0, |(last, _)| last + 1),
        }
    }
}

/// What an import came to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FeatureImportOutcome {
    /// The store's manifest.
    pub manifest: StoreManifest,
    /// Records of which an embedding was not of length 1, and was brought to it.
    pub normalised: u64,
    /// What is to be said, in sentences.
    pub notes: Vec<String>,
}

/// Writes a feature store, a shard at a time.
///
/// Until it is finished, the store is not taken for a whole one. Memory: the rows of a shard, and
/// 16 bytes for each record where positions are not in ascending order.
pub struct FeatureImport<'a> {
    store: &'a dyn BlobStore,
    input: FeatureInput,
    /// The part whose rows are being read, opened.
    open: Option<(Rows, Rows)>,
    part: usize,
    row_in_part: u64,
    done: u64,
    rows: u64,
    shards: u32,
    skipped: Vec<u8>,
    counts: ReasonCounts,
    normalised: u64,
    rounded: Vec<Float>,
    buffers: Buffers,
}

#[derive(Default)]
struct Buffers {
    index: Vec<i64>,
    image: Vec<f16>,
    text: Vec<f16>,
    image_bytes: Vec<u8>,
    text_bytes: Vec<u8>,
    wide: Vec<f64>,
}

impl<'a> FeatureImport<'a> {
    /// Begins a store. One that an import left unfinished is begun anew.
    ///
    /// # Errors
    /// [`Error::OtherStore`] where a store is there already and `replace` is not set;
    /// [`Error::Storage`].
    pub fn begin(input: FeatureInput, store: &'a dyn BlobStore, replace: bool) -> Result<Self> {
        if !replace && !is_importing(store)? {
            refuse_occupied(store)?;
        }
        clear(store)?;
        store
            .write(IMPORTING, b"")
            .map_err(|error| Error::storage(store, IMPORTING, error))?;
        Ok(Self {
            store,
            input,
            open: None,
            part: 0,
            row_in_part: 0,
            done: 0,
            rows: 0,
            shards: 0,
            skipped: Vec::new(),
            counts: ReasonCounts::new(),
            normalised: 0,
            rounded: Vec::new(),
            buffers: Buffers::default(),
        })
    }

    /// Rows of the source that were read so far.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Imports one shard more; `false` once there is none left.
    ///
    /// # Errors
    /// [`Error::Foreign`] where the source cannot be read, [`Error::Storage`] where the store
    /// cannot be written.
    pub fn step(&mut self) -> Result<bool> {
        if self.done == self.input.rows() {
            return Ok(false);
        }
        while self.buffers.index.len() < SHARD_ROWS && self.done < self.input.rows() {
            self.read_some()?;
        }
        self.write()?;
        Ok(true)
    }

    /// Completes the store.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    ///
    /// # Panics
    /// Where [`step`](Self::step) has not come to its end.
    pub fn finish(mut self) -> Result<FeatureImportOutcome> {
        assert_eq!(self.done, self.input.rows(), "every row was read");
        if self.shards == 0 {
            self.write()?;
        }
        let store = self.store;
        store
            .write(SKIPPED, &self.skipped)
            .map_err(|error| Error::storage(store, SKIPPED, error))?;
        let records = self.input.dataset_records();
        let manifest = StoreManifest {
            format: StoreManifest::FORMAT.to_owned(),
            version: StoreManifest::VERSION.to_owned(),
            ofa_version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprints: Fingerprints::default(),
            encoder_settings: None,
            dataset_records: records,
            range: 0..records,
            rows: self.rows,
            unaccounted: records - self.input.rows(),
            skipped: self.counts,
            notes: ReasonCounts::new(),
            multi_image: MultiImage::default(),
            dim: self.input.dim,
            shards: self.shards,
            shard_records: SHARD_ROWS as u64,
        };
        manifest.check()?;
        manifest.write(store)?;
        store
            .remove_folder(WORK)
            .map_err(|error| Error::storage(store, WORK, error))?;
        let mut notes = self.input.notes;
        for float in self.rounded {
            notes.push(format!("values of {} are rounded to f16", float.name()));
        }
        if self.normalised > 0 {
            notes.push(format!(
                "the embeddings of {} records were not of length 1, and are brought to it",
                self.normalised
            ));
        }
        if manifest.unaccounted > 0 {
            notes.push(format!(
                "of {} records up to the last one the file says nothing; `ofa select` counts them as \
                 not_scored",
                manifest.unaccounted
            ));
        }
        Ok(FeatureImportOutcome {
            manifest,
            normalised: self.normalised,
            notes,
        })
    }

    /// Reads rows that stand together, as many as the shard has room for.
    fn read_some(&mut self) -> Result<()> {
        while self.row_in_part == self.input.parts[self.part].rows {
            self.part += 1;
            self.row_in_part = 0;
            self.open = None;
        }
        let part = &self.input.parts[self.part];
        let (image, text) = match &mut self.open {
            Some(open) => open,
            none => none.insert((part.open)()?),
        };
        let (first, count) = match &self.input.positions {
            Positions::Sorted(positions) => (positions[self.done as usize].1, 1),
            _ => {
                let room = (SHARD_ROWS - self.buffers.index.len()) as u64;
                (self.row_in_part, room.min(part.rows - self.row_in_part))
            }
        };
        let buffers = &mut self.buffers;
        let bytes = |rows: &Rows| (rows.width * rows.float.size()) as usize;
        let (image_row, text_row) = (bytes(image), bytes(text));
        buffers.image_bytes.resize(image_row * count as usize, 0);
        buffers.text_bytes.resize(text_row * count as usize, 0);
        image.read(first, &mut buffers.image_bytes)?;
        text.read(first, &mut buffers.text_bytes)?;
        let floats = (image.float, text.float);
        for float in [floats.0, floats.1] {
            if float != Float::F16 && !self.rounded.contains(&float) {
                self.rounded.push(float);
            }
        }
        for row in 0..count as usize {
            let position = match &self.input.positions {
                Positions::RowNumbers => self.done,
                Positions::Listed(positions) => positions[self.done as usize],
                Positions::Sorted(positions) => positions[self.done as usize].0,
            };
            self.push(
                position,
                floats,
                row * image_row..(row + 1) * image_row,
                row * text_row..(row + 1) * text_row,
            )?;
            self.done += 1;
        }
        self.row_in_part += count;
        Ok(())
    }

    /// Adds one record's embeddings to the shard, or the record to the skipped ones.
    fn push(
        &mut self,
        position: u64,
        floats: (Float, Float),
        image: std::ops::Range<usize>,
        text: std::ops::Range<usize>,
    ) -> Result<()> {
        let buffers = &mut self.buffers;
        let kept = (buffers.image.len(), buffers.text.len());
        let image = round(
            floats.0,
            &buffers.image_bytes[image],
            &mut buffers.image,
            &mut buffers.wide,
        );
        let text = round(
            floats.1,
            &buffers.text_bytes[text],
            &mut buffers.text,
            &mut buffers.wide,
        );
        let problem =
            [("image", image), ("text", text)]
                .into_iter()
                .find_map(|(modality, rounded)| match rounded {
                    Rounded::NotFinite(column) => Some(format!(
                        "the {modality} embedding has NaN or an infinity in column {column}"
                    )),
                    Rounded::Zero => Some(format!(
                        "the {modality} embedding is all zeros, which cannot be brought to length 1"
                    )),
                    Rounded::AsIs | Rounded::Normalised => None,
                });
        if let Some(detail) = problem {
            buffers.image.truncate(kept.0);
            buffers.text.truncate(kept.1);
            let reason = SkipReason::EmbeddingNotFinite.to_string();
            *self.counts.entry(reason.clone()).or_default() += 1;
            let line = SkippedLine {
                index: position,
                reason,
                detail,
            };
            serde_json::to_writer(&mut self.skipped, &line).expect("plain data");
            self.skipped.push(b'\n');
            return Ok(());
        }
        if [image, text].contains(&Rounded::Normalised) {
            self.normalised += 1;
        }
        buffers
            .index
            .push(i64::try_from(position).expect("positions were checked"));
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let buffers = &mut self.buffers;
        write_shard(
            self.store,
            &shard_name(self.shards),
            &Fingerprints::default(),
            self.input.dim,
            &buffers.index,
            &buffers.image,
            &buffers.text,
        )?;
        self.rows += buffers.index.len() as u64;
        self.shards += 1;
        buffers.index.clear();
        buffers.image.clear();
        buffers.text.clear();
        Ok(())
    }
}

fn refuse_occupied(store: &dyn BlobStore) -> Result<()> {
    let mut present = shard_names(store)?;
    for name in [MANIFEST, SKIPPED, ".encode/state.json"] {
        let len = store
            .len(name)
            .map_err(|error| Error::storage(store, name, error))?;
        present.extend(len.map(|_| name.to_owned()));
    }
    match present.first() {
        None => Ok(()),
        Some(name) => Err(Error::foreign(
            &store.location(),
            format!(
                "has {name} already; choose another folder, or --force to replace the feature store in it"
            ),
        )),
    }
}
