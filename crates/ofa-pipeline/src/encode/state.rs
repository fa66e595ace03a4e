//! What a run leaves in the store for the run after it, and the finish.

use std::io::Write;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{EncodeOptions, MultiImage};
use crate::blobs::BlobStore;
use crate::error::{Error, Result};
use crate::store::{
    Fingerprints, NOTES, ReasonCounts, SKIPPED, StoreManifest, WORK, count_notes, count_skipped,
    is_merging, shard_names, shard_number, shard_rows,
};

const STATE: &str = ".encode/state.json";
const SKIPPED_PARTS: &str = ".encode/skipped-";
const NOTES_PARTS: &str = ".encode/notes-";
/// Names of the caches' segments.
pub(super) const CACHE: &str = ".encode/cache/";

/// Most records of a shard: windows are numbered within it by 16 bits.
const MOST_SHARD_RECORDS: u64 = 1 << 16;

/// Most shards of a store: cache segments are numbered by shard and window in 32 bits.
const MOST_SHARDS: u64 = 1 << 16;

/// Most images of a batch.
const MOST_IMAGES: usize = 4096;

#[derive(Debug, Serialize, Deserialize)]
struct State {
    format: String,
    version: u32,
    fingerprints: Fingerprints,
    #[serde(default)]
    encoder_settings: Option<String>,
    shard_records: u64,
    range: Range<u64>,
    #[serde(default)]
    multi_image: MultiImage,
    /// What the bits of an embedding may depend on beside all this.
    #[serde(default)]
    computation: Computation,
}

/// How embeddings are computed. It may change from one run to the next over the same store, at
/// the price that the store is then not to the bit what one run would have made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Computation {
    backend: String,
    image_batch: usize,
    text_tokens: usize,
    cache_bytes: u64,
}

impl Computation {
    fn of(options: &EncodeOptions) -> Self {
        Self {
            backend: options.backend.clone(),
            image_batch: options.image_batch,
            text_tokens: options.text_tokens,
            cache_bytes: options.cache_bytes,
        }
    }

    /// What differs from an earlier run, in words.
    fn differences(&self, earlier: &Self) -> Vec<String> {
        let mut words = Vec::new();
        let mut compare = |what: &str, earlier: String, now: String| {
            if earlier != now {
                words.push(format!(
                    "{what} was {earlier} in the run before and is {now} now: \
                     the store will not be to the bit what one run makes"
                ));
            }
        };
        compare("the backend", earlier.backend.clone(), self.backend.clone());
        compare(
            "--batch",
            earlier.image_batch.to_string(),
            self.image_batch.to_string(),
        );
        compare(
            "the tokens of a batch",
            earlier.text_tokens.to_string(),
            self.text_tokens.to_string(),
        );
        compare(
            "the cache in bytes",
            earlier.cache_bytes.to_string(),
            self.cache_bytes.to_string(),
        );
        words
    }
}

/// Where a run begins.
pub(super) struct Start {
    /// Whole shards that are there.
    pub(super) shards: u32,
    pub(super) next_record: u64,
    pub(super) finished: bool,
    pub(super) rows: u64,
    pub(super) skipped: ReasonCounts,
    pub(super) image_notes: ReasonCounts,
    /// What the user should know of going on.
    pub(super) notes: Vec<String>,
}

/// The records of part `part` of `parts` (from 1), cut where shards begin.
///
/// Joined again, the parts are the shards of one run over the whole dataset.
///
/// # Errors
/// [`Error::Option`] where `part` is not within 1 and `parts`.
pub fn part_of(records: u64, shard_records: u64, part: u64, parts: u64) -> Result<Range<u64>> {
    if part == 0 || part > parts {
        return Err(Error::Option {
            option: "--shard",
            expected: "I/N with I from 1 to N",
            found: format!("{part}/{parts}"),
        });
    }
    let shards = u128::from(records.div_ceil(shard_records.max(1)));
    let cut = |part: u64| -> u64 {
        let shard = shards * u128::from(part) / u128::from(parts);
        let record = shard * u128::from(shard_records);
        u64::try_from(record).unwrap_or(u64::MAX).min(records)
    };
    Ok(cut(part - 1)..cut(part))
}

pub(super) fn check(options: &EncodeOptions, records: u64) -> Result<()> {
    let refuse = |option, expected, found: u64| {
        Err(Error::Option {
            option,
            expected,
            found: found.to_string(),
        })
    };
    if options.image_batch == 0 || options.image_batch > MOST_IMAGES {
        return refuse("--batch", "from 1 to 4096", options.image_batch as u64);
    }
    if options.shard_records == 0 || options.shard_records > MOST_SHARD_RECORDS {
        return refuse("--shard-records", "from 1 to 65536", options.shard_records);
    }
    if records.div_ceil(options.shard_records) > MOST_SHARDS {
        return refuse(
            "--shard-records",
            "large enough for at most 65536 shards",
            options.shard_records,
        );
    }
    if options.range.start > options.range.end || options.range.end > records {
        return refuse("range", "within the dataset", options.range.end);
    }
    Ok(())
}

/// Finds out where to begin, and removes what an unfinished shard left behind.
pub(super) fn start(
    store: &dyn BlobStore,
    fingerprints: &Fingerprints,
    options: &EncodeOptions,
    dim: usize,
) -> Result<Start> {
    if is_merging(store)? {
        return Err(Error::MergeUnfinished {
            location: store.location(),
        });
    }
    let wanted = State {
        format: STATE_FORMAT.to_owned(),
        version: 1,
        fingerprints: fingerprints.clone(),
        encoder_settings: options.encoder_settings.clone(),
        shard_records: options.shard_records,
        range: options.range.clone(),
        multi_image: options.multi_image,
        computation: Computation::of(options),
    };
    let mut start = Start {
        shards: 0,
        next_record: options.range.start,
        finished: false,
        rows: 0,
        skipped: ReasonCounts::new(),
        image_notes: ReasonCounts::new(),
        notes: Vec::new(),
    };
    if let Some(manifest) = StoreManifest::read(store)? {
        let held = State {
            format: STATE_FORMAT.to_owned(),
            version: 1,
            fingerprints: manifest.fingerprints,
            encoder_settings: manifest.encoder_settings,
            shard_records: manifest.shard_records,
            range: manifest.range,
            multi_image: manifest.multi_image,
            computation: Computation::default(),
        };
        compare(store, &held, &wanted)?;
        remove_work(store)?;
        return Ok(Start {
            shards: manifest.shards,
            next_record: options.range.end,
            finished: true,
            rows: manifest.rows,
            skipped: manifest.skipped,
            image_notes: manifest.notes,
            ..start
        });
    }
    let Some(held) = read_state(store)? else {
        refuse_foreign_shards(store)?;
        let json = serde_json::to_vec_pretty(&wanted).expect("plain data");
        store
            .write(STATE, &json)
            .map_err(|error| Error::storage(store, STATE, error))?;
        return Ok(start);
    };
    compare(store, &held, &wanted)?;
    while start.next_record < options.range.end {
        let Some(rows) = shard_rows(store, start.shards, dim, fingerprints)? else {
            break;
        };
        let part = skipped_part(start.shards);
        let Some(lines) = store
            .read(&part)
            .map_err(|error| Error::storage(store, &part, error))?
        else {
            break;
        };
        let notes = notes_part(start.shards);
        let note_lines = store
            .read(&notes)
            .map_err(|error| Error::storage(store, &notes, error))?;
        count_notes(
            &notes,
            &note_lines.unwrap_or_default(),
            &mut start.image_notes,
        )?;
        count_skipped(&part, &lines, &mut start.skipped)?;
        start.rows += rows;
        start.shards += 1;
        start.next_record = (start.next_record + options.shard_records).min(options.range.end);
    }
    if start.shards > 0 {
        start.notes = wanted.computation.differences(&held.computation);
    }
    tidy(store, start.shards)?;
    Ok(start)
}

const STATE_FORMAT: &str = "ofa-encode-state";

fn read_state(store: &dyn BlobStore) -> Result<Option<State>> {
    let bytes = store
        .read(STATE)
        .map_err(|error| Error::storage(store, STATE, error))?;
    bytes
        .map(|bytes| {
            serde_json::from_slice(&bytes).map_err(|error| Error::Malformed {
                name: format!("{}/{STATE}", store.location()),
                place: format!("line {}", error.line()),
                expected: "the state of an unfinished run".to_owned(),
                found: error.to_string(),
                advice: "remove the store's folder to start anew",
            })
        })
        .transpose()
}

/// How far the unfinished run over a store has come: records done, and records in all.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn unfinished(store: &dyn BlobStore) -> Result<Option<(u64, u64)>> {
    let Some(state) = read_state(store)? else {
        return Ok(None);
    };
    let shards = shard_names(store)?.len() as u64;
    let records = state.range.end - state.range.start;
    Ok(Some(((shards * state.shard_records).min(records), records)))
}

/// A folder with shards of which nothing is known is somebody's work: not to be mixed with ours.
fn refuse_foreign_shards(store: &dyn BlobStore) -> Result<()> {
    match shard_names(store)?.first() {
        None => Ok(()),
        Some(name) => Err(Error::OtherStore {
            location: store.location(),
            what: "a shard of unknown origin",
            expected: "a folder without shards, or one with a manifest.json".to_owned(),
            found: name.clone(),
        }),
    }
}

fn compare(store: &dyn BlobStore, held: &State, wanted: &State) -> Result<()> {
    let differ = |what, expected: String, found: String| {
        Err(Error::OtherStore {
            location: store.location(),
            what,
            expected,
            found,
        })
    };
    if held.fingerprints.dataset != wanted.fingerprints.dataset {
        return differ(
            "the dataset fingerprint",
            show(wanted.fingerprints.dataset.as_deref()),
            show(held.fingerprints.dataset.as_deref()),
        );
    }
    if held.fingerprints.encoder != wanted.fingerprints.encoder {
        return differ(
            "the encoder fingerprint",
            show(wanted.fingerprints.encoder.as_deref()),
            show(held.fingerprints.encoder.as_deref()),
        );
    }
    if held.encoder_settings != wanted.encoder_settings && held.encoder_settings.is_some() {
        return differ(
            "the encoder's settings (config.json, preprocessing, tokeniser, number type of an export) with fingerprint",
            show(wanted.encoder_settings.as_deref()),
            show(held.encoder_settings.as_deref()),
        );
    }
    if held.shard_records != wanted.shard_records {
        return differ(
            "--shard-records",
            wanted.shard_records.to_string(),
            held.shard_records.to_string(),
        );
    }
    if held.multi_image != wanted.multi_image {
        return differ(
            "--multi-image",
            wanted.multi_image.as_str().to_owned(),
            held.multi_image.as_str().to_owned(),
        );
    }
    if held.range != wanted.range {
        return differ(
            "the part (--shard) with records",
            format!("{:?}", wanted.range),
            format!("{:?}", held.range),
        );
    }
    Ok(())
}

fn show(fingerprint: Option<&str>) -> String {
    fingerprint.unwrap_or("none").to_owned()
}

/// Removes shards and lists that were begun after the last whole shard, by their exact names.
fn tidy(store: &dyn BlobStore, shards: u32) -> Result<()> {
    let mut lists = Vec::new();
    for parts in [SKIPPED_PARTS, NOTES_PARTS] {
        let listed = store.list(parts);
        lists.extend(listed.map_err(|error| Error::storage(store, parts, error))?);
    }
    let is_late = |name: &String| {
        let number = shard_number(name).or_else(|| part_number(name));
        number.is_some_and(|number| number >= shards)
    };
    for name in shard_names(store)?.into_iter().chain(lists).filter(is_late) {
        store
            .remove(&name)
            .map_err(|error| Error::storage(store, &name, error))?;
    }
    Ok(())
}

pub(super) fn skipped_part(shard: u32) -> String {
    format!("{SKIPPED_PARTS}{shard:05}.jsonl")
}

pub(super) fn notes_part(shard: u32) -> String {
    format!("{NOTES_PARTS}{shard:05}.jsonl")
}

/// The shard whose list of skipped records or of notes this is.
fn part_number(name: &str) -> Option<u32> {
    let list = name
        .strip_prefix(SKIPPED_PARTS)
        .or_else(|| name.strip_prefix(NOTES_PARTS))?;
    let number = list.strip_suffix(".jsonl")?.parse().ok()?;
    (skipped_part(number) == name || notes_part(number) == name).then_some(number)
}

/// What the finish writes down.
pub(super) struct Finished<'a> {
    pub(super) fingerprints: &'a Fingerprints,
    pub(super) options: &'a EncodeOptions,
    pub(super) dim: usize,
    pub(super) dataset_records: u64,
    pub(super) shards: u32,
    pub(super) rows: u64,
    pub(super) skipped: &'a ReasonCounts,
    pub(super) notes: &'a ReasonCounts,
}

/// Joins the lists of skipped records, writes the manifest and removes the work files.
///
/// The manifest comes last but for the tidying: with it the store is finished.
pub(super) fn finish(store: &dyn BlobStore, finished: &Finished<'_>) -> Result<StoreManifest> {
    let join = |name: &str, part_of: fn(u32) -> String| -> std::io::Result<()> {
        let mut list = store.create(name)?;
        for shard in 0..finished.shards {
            let part = part_of(shard);
            let lines = match store.read(&part)? {
                Some(lines) => lines,
                // A run of an earlier version kept no notes.
                None if name == NOTES => continue,
                None => {
                    return Err(std::io::Error::new(
                        std::io::ErrorKind::NotFound,
                        format!("{part} was removed while the run was going on"),
                    ));
                }
            };
            list.write_all(&lines)?;
        }
        list.commit()
    };
    join(SKIPPED, skipped_part).map_err(|error| Error::storage(store, SKIPPED, error))?;
    if !finished.notes.is_empty() {
        join(NOTES, notes_part).map_err(|error| Error::storage(store, NOTES, error))?;
    }
    let manifest = StoreManifest {
        format: StoreManifest::FORMAT.to_owned(),
        version: StoreManifest::VERSION.to_owned(),
        ofa_version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprints: finished.fingerprints.clone(),
        encoder_settings: finished.options.encoder_settings.clone(),
        dataset_records: finished.dataset_records,
        range: finished.options.range.clone(),
        rows: finished.rows,
        skipped: finished.skipped.clone(),
        unaccounted: 0,
        notes: finished.notes.clone(),
        multi_image: finished.options.multi_image,
        dim: finished.dim,
        shards: finished.shards,
        shard_records: finished.options.shard_records,
    };
    manifest.check()?;
    manifest.write(store)?;
    remove_work(store)?;
    Ok(manifest)
}

fn remove_work(store: &dyn BlobStore) -> Result<()> {
    store
        .remove_folder(WORK)
        .map_err(|error| Error::storage(store, WORK, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_dataset_once_and_begin_where_shards_do() {
        for records in [0, 1, 999, 10_000, 10_001] {
            let mut end = 0;
            for part in 1..=7 {
                let range = part_of(records, 100, part, 7).expect("a part");
                assert_eq!(range.start, end);
                assert!(range.start.is_multiple_of(100) || range.start == records);
                end = range.end;
            }
            assert_eq!(end, records);
        }
        assert!(part_of(10, 100, 0, 3).is_err());
        assert!(part_of(10, 100, 4, 3).is_err());
        assert!(part_of(10, 100, 1, 0).is_err());
    }
}
