//! Joining the parts of a store that several machines made.

use std::io::Write;

use super::{
    MANIFEST, NOTES, ReasonCounts, SKIPPED, StoreManifest, clear, shard_name, shard_names,
    shard_rows,
};
use crate::blobs::BlobStore;
use crate::error::{Error, Result};

/// How much of a blob is copied at a time.
const CHUNK: usize = 1 << 20;

/// Stands in a store while parts are being joined there.
const MERGING: &str = ".encode/merging";

/// Whether parts are being joined in a store, or were when the run was ended.
pub(crate) fn is_merging(store: &dyn BlobStore) -> Result<bool> {
    let len = store
        .len(MERGING)
        .map_err(|error| Error::storage(store, MERGING, error))?;
    Ok(len.is_some())
}

/// Joins finished parts (`ofa encode --shard I/N`) into one store.
///
/// The parts may come in any order; together they must cover the dataset once. Shards are
/// copied as they are and numbered anew. Nothing in `output` is touched before every part has
/// been looked at; a run that was ended there is begun anew, and until it has come to its end
/// the store is not taken for a whole one.
///
/// # Errors
/// [`Error::Merge`] where a part is unfinished or not whole, of another dataset, encoder or
/// shard length, where records are missing or covered twice, or where `output` has a store
/// already and `replace` is not set; [`Error::Storage`] where copying fails.
pub fn merge(
    parts: &[&dyn BlobStore],
    output: &dyn BlobStore,
    replace: bool,
) -> Result<StoreManifest> {
    let parts = read_parts(parts)?;
    let mut merged = join_manifests(&parts)?;
    for (part, manifest) in &parts {
        check_whole(*part, manifest)?;
    }
    if !replace && !is_merging(output)? {
        refuse_occupied(output)?;
    }
    clear(output)?;
    output
        .write(MERGING, b"")
        .map_err(|error| Error::storage(output, MERGING, error))?;
    let shards = parts.iter().flat_map(|(part, manifest)| {
        (0..manifest.shards).map(move |shard| (*part, shard_name(shard)))
    });
    for (target, (part, shard)) in (0..).map(shard_name).zip(shards) {
        copy(&[(part, &shard)], output, &target)?;
    }
    let lists: Vec<(&dyn BlobStore, &str)> =
        parts.iter().map(|(part, _)| (*part, SKIPPED)).collect();
    copy(&lists, output, SKIPPED)?;
    if !merged.notes.is_empty() {
        let lists: Vec<(&dyn BlobStore, &str)> =
            parts.iter().map(|(part, _)| (*part, NOTES)).collect();
        copy(&lists, output, NOTES)?;
    }
    merged.shards = parts.iter().map(|(_, manifest)| manifest.shards).sum();
    merged.check()?;
    merged.write(output)?;
    output
        .remove_folder(super::WORK)
        .map_err(|error| Error::storage(output, MERGING, error))?;
    Ok(merged)
}

type Part<'a> = (&'a dyn BlobStore, StoreManifest);

/// The parts in the order of their records.
fn read_parts<'a>(parts: &[&'a dyn BlobStore]) -> Result<Vec<Part<'a>>> {
    let mut manifests = Vec::with_capacity(parts.len());
    for part in parts {
        let manifest = StoreManifest::read(*part)?.ok_or_else(|| Error::Merge {
            problem: format!(
                "{} has no manifest.json: it is no finished feature store; run its `ofa encode` to the end",
                part.location()
            ),
        })?;
        manifests.push((*part, manifest));
    }
    manifests.sort_by_key(|(_, manifest)| (manifest.range.start, manifest.range.end));
    Ok(manifests)
}

/// The manifest of the whole, but for the number of its shards.
fn join_manifests(parts: &[Part<'_>]) -> Result<StoreManifest> {
    let Some((_, first)) = parts.first() else {
        return Err(Error::Merge {
            problem: "no parts were given".to_owned(),
        });
    };
    let mut merged = StoreManifest {
        range: 0..0,
        rows: 0,
        shards: 0,
        unaccounted: 0,
        skipped: ReasonCounts::new(),
        notes: ReasonCounts::new(),
        ..first.clone()
    };
    for (part, manifest) in parts {
        check_kinship(*part, manifest, &merged)?;
        if manifest.range.start != merged.range.end {
            let (expected, found) = (merged.range.end, manifest.range.start);
            let problem = if found > expected {
                format!("records {expected} to {} are in no part", found - 1)
            } else {
                format!(
                    "{} begins at record {found}, but the parts before it end at {expected}",
                    part.location()
                )
            };
            return Err(Error::Merge { problem });
        }
        merged.range.end = manifest.range.end;
        merged.rows += manifest.rows;
        merged.unaccounted += manifest.unaccounted;
        for (reason, count) in &manifest.skipped {
            *merged.skipped.entry(reason.clone()).or_default() += count;
        }
        for (note, count) in &manifest.notes {
            *merged.notes.entry(note.clone()).or_default() += count;
        }
    }
    if merged.range.end != merged.dataset_records {
        let problem = format!(
            "records {} to {} are in no part",
            merged.range.end,
            merged.dataset_records - 1
        );
        return Err(Error::Merge { problem });
    }
    Ok(merged)
}

/// Checks that all shards of a part are there and whole, and hold its rows.
fn check_whole(part: &dyn BlobStore, manifest: &StoreManifest) -> Result<()> {
    let not_whole = |what: String| Error::Merge {
        problem: format!(
            "{}: {what}; the part was not copied whole, copy it again",
            part.location()
        ),
    };
    let mut rows = 0;
    for shard in 0..manifest.shards {
        let found = shard_rows(part, shard, manifest.dim, &manifest.fingerprints)?;
        rows += found
            .ok_or_else(|| not_whole(format!("{} is missing or not whole", shard_name(shard))))?;
    }
    if rows != manifest.rows {
        return Err(not_whole(format!(
            "its shards hold {rows} records, its {MANIFEST} says {}",
            manifest.rows
        )));
    }
    let list = part
        .len(SKIPPED)
        .map_err(|error| Error::storage(part, SKIPPED, error))?;
    if list.is_none() {
        return Err(not_whole(format!("{SKIPPED} is missing")));
    }
    let notes = part
        .len(NOTES)
        .map_err(|error| Error::storage(part, NOTES, error))?;
    if notes.is_none() && !manifest.notes.is_empty() {
        return Err(not_whole(format!("{NOTES} is missing")));
    }
    Ok(())
}

fn refuse_occupied(output: &dyn BlobStore) -> Result<()> {
    let mut present = shard_names(output)?;
    for name in [MANIFEST, SKIPPED, NOTES] {
        let len = output
            .len(name)
            .map_err(|error| Error::storage(output, name, error))?;
        present.extend(len.map(|_| name.to_owned()));
    }
    match present.first() {
        None => Ok(()),
        Some(name) => Err(Error::Merge {
            problem: format!(
                "{} has {name} already; choose another folder, or --force to replace the store in it",
                output.location()
            ),
        }),
    }
}

fn check_kinship(
    part: &dyn BlobStore,
    manifest: &StoreManifest,
    merged: &StoreManifest,
) -> Result<()> {
    let location = part.location();
    manifest
        .fingerprints
        .check(&location, &merged.fingerprints, "the first part")?;
    let same = manifest.dim == merged.dim
        && manifest.encoder_settings == merged.encoder_settings
        && manifest.multi_image == merged.multi_image
        && manifest.shard_records == merged.shard_records
        && manifest.dataset_records == merged.dataset_records;
    if same {
        return Ok(());
    }
    Err(Error::Merge {
        problem: format!(
            "{location} was encoded otherwise than the first part, or with other settings of the encoder or another --multi-image: \
             width {}, {} records a shard, {} records in all; expected {}, {} and {}",
            manifest.dim,
            manifest.shard_records,
            manifest.dataset_records,
            merged.dim,
            merged.shard_records,
            merged.dataset_records,
        ),
    })
}

/// Writes some blobs, one after the other, as the blob `target`.
fn copy(sources: &[(&dyn BlobStore, &str)], output: &dyn BlobStore, target: &str) -> Result<()> {
    let writing = |error| Error::storage(output, target, error);
    let mut writer = output.create(target).map_err(writing)?;
    let mut buffer = vec![0; CHUNK];
    for &(from, name) in sources {
        let reading = |error| Error::storage(from, name, error);
        let len = from.len(name).map_err(reading)?.unwrap_or_default();
        let mut offset = 0;
        while offset < len {
            let step = (len - offset).min(CHUNK as u64);
            let chunk = &mut buffer[..usize::try_from(step).expect("at most a chunk")];
            from.read_at(name, offset, chunk).map_err(reading)?;
            writer.write_all(chunk).map_err(writing)?;
            offset += step;
        }
    }
    writer.commit().map_err(writing)
}
