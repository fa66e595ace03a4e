//! What a run leaves in the store for the run after it, and the finish.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;

use ofa_data::SkipReason;
use serde::{Deserialize, Serialize};

use super::EncodeOptions;
use crate::blobs::BlobStore;
use crate::error::{Error, Result};
use crate::store::{Fingerprints, SKIPPED, StoreManifest, count_skipped, shard_rows};

/// Names of everything that is only there while a store is being made.
const WORK: &str = ".encode/";
const STATE: &str = ".encode/state.json";
const SKIPPED_PARTS: &str = ".encode/skipped-";
/// Names of the caches' segments.
pub(super) const CACHE: &str = ".encode/cache/";

/// Most records of a shard: windows are numbered within it by 16 bits.
const MOST_SHARD_RECORDS: u64 = 1 << 16;

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct State {
    format: String,
    version: u32,
    fingerprints: Fingerprints,
    shard_records: u64,
    range: Range<u64>,
}

/// Where a run begins.
pub(super) struct Start {
    /// Whole shards that are there.
    pub(super) shards: u32,
    pub(super) next_record: u64,
    pub(super) finished: bool,
    pub(super) rows: u64,
    pub(super) skipped: BTreeMap<SkipReason, u64>,
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
    if options.image_batch == 0 {
        return refuse("--batch", "at least 1", 0);
    }
    if options.shard_records == 0 || options.shard_records > MOST_SHARD_RECORDS {
        return refuse("--shard-records", "from 1 to 65536", options.shard_records);
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
    let finished = StoreManifest::read(store)?;
    let held = match &finished {
        Some(manifest) => Some(State {
            format: STATE_FORMAT.to_owned(),
            version: 1,
            fingerprints: manifest.fingerprints.clone(),
            shard_records: manifest.shard_records,
            range: manifest.range.clone(),
        }),
        None => read_state(store)?,
    };
    let wanted = State {
        format: STATE_FORMAT.to_owned(),
        version: 1,
        fingerprints: fingerprints.clone(),
        shard_records: options.shard_records,
        range: options.range.clone(),
    };
    let Some(held) = held else {
        refuse_foreign_shards(store)?;
        let json = serde_json::to_vec_pretty(&wanted).expect("plain data");
        store
            .write(STATE, &json)
            .map_err(|error| Error::storage(store, STATE, error))?;
        return Ok(Start {
            shards: 0,
            next_record: options.range.start,
            finished: false,
            rows: 0,
            skipped: BTreeMap::new(),
        });
    };
    compare(store, &held, &wanted)?;
    if let Some(manifest) = finished {
        remove_work(store)?;
        return Ok(Start {
            shards: manifest.shards,
            next_record: options.range.end,
            finished: true,
            rows: manifest.rows,
            skipped: manifest.skipped,
        });
    }
    let mut start = Start {
        shards: 0,
        next_record: options.range.start,
        finished: false,
        rows: 0,
        skipped: BTreeMap::new(),
    };
    while start.next_record < options.range.end {
        let Some(rows) = shard_rows(store, start.shards, dim)? else {
            break;
        };
        let part = skipped_part(start.shards);
        let Some(lines) = store
            .read(&part)
            .map_err(|error| Error::storage(store, &part, error))?
        else {
            break;
        };
        count_skipped(&part, &lines, &mut start.skipped)?;
        start.rows += rows;
        start.shards += 1;
        start.next_record = (start.next_record + options.shard_records).min(options.range.end);
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
pub(crate) fn unfinished(store: &dyn BlobStore) -> Result<Option<(u64, u64)>> {
    let Some(state) = read_state(store)? else {
        return Ok(None);
    };
    let shards = store
        .list("features-")
        .map_err(|error| Error::storage(store, "", error))?
        .len() as u64;
    let records = state.range.end - state.range.start;
    Ok(Some(((shards * state.shard_records).min(records), records)))
}

/// A folder with shards of which nothing is known is somebody's work: not to be mixed with ours.
fn refuse_foreign_shards(store: &dyn BlobStore) -> Result<()> {
    let names = store
        .list("features-")
        .map_err(|error| Error::storage(store, "", error))?;
    match names.first() {
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
    if held.shard_records != wanted.shard_records {
        return differ(
            "--shard-records",
            wanted.shard_records.to_string(),
            held.shard_records.to_string(),
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

/// Removes shards and lists that were begun after the last whole shard.
fn tidy(store: &dyn BlobStore, shards: u32) -> Result<()> {
    let storage = |name: &str, error| Error::storage(store, name, error);
    for prefix in ["features-", SKIPPED_PARTS] {
        for name in store.list(prefix).map_err(|error| storage(prefix, error))? {
            let number = name[prefix.len()..]
                .split('.')
                .next()
                .and_then(|number| number.parse::<u32>().ok());
            if number.is_none_or(|number| number >= shards) {
                store.remove(&name).map_err(|error| storage(&name, error))?;
            }
        }
    }
    Ok(())
}

pub(super) fn skipped_part(shard: u32) -> String {
    format!("{SKIPPED_PARTS}{shard:05}.jsonl")
}

/// What the finish writes down.
pub(super) struct Finished<'a> {
    pub(super) fingerprints: &'a Fingerprints,
    pub(super) options: &'a EncodeOptions,
    pub(super) dim: usize,
    pub(super) dataset_records: u64,
    pub(super) shards: u32,
    pub(super) rows: u64,
    pub(super) skipped: &'a BTreeMap<SkipReason, u64>,
}

/// Joins the lists of skipped records, writes the manifest and removes the work files.
///
/// The manifest comes last but for the tidying: with it the store is finished.
pub(super) fn finish(store: &dyn BlobStore, finished: &Finished<'_>) -> Result<StoreManifest> {
    let join = || -> std::io::Result<()> {
        let mut list = store.create(SKIPPED)?;
        for shard in 0..finished.shards {
            let part = skipped_part(shard);
            list.write_all(&store.read(&part)?.unwrap_or_default())?;
        }
        list.commit()
    };
    join().map_err(|error| Error::storage(store, SKIPPED, error))?;
    let manifest = StoreManifest {
        format: StoreManifest::FORMAT.to_owned(),
        version: StoreManifest::VERSION.to_owned(),
        ofa_version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprints: finished.fingerprints.clone(),
        dataset_records: finished.dataset_records,
        range: finished.options.range.clone(),
        rows: finished.rows,
        skipped: finished.skipped.clone(),
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
    for name in store
        .list(WORK)
        .map_err(|error| Error::storage(store, WORK, error))?
    {
        store
            .remove(&name)
            .map_err(|error| Error::storage(store, &name, error))?;
    }
    Ok(())
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
