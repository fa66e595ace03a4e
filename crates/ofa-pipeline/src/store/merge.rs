//! Joining the parts of a store that several machines made.

use std::collections::BTreeMap;
use std::io::Write;

use super::{SKIPPED, StoreManifest, shard_name};
use crate::blobs::BlobStore;
use crate::error::{Error, Result};

/// How much of a blob is copied at a time.
const CHUNK: usize = 1 << 20;

/// Joins finished parts (`ofa encode --shard I/N`) into one store.
///
/// The parts may come in any order; together they must cover the dataset once. Shards are
/// copied as they are and numbered anew.
///
/// # Errors
/// [`Error::Merge`] where a part is unfinished, of another dataset, encoder or shard length,
/// or where records are missing or covered twice; [`Error::Storage`] where copying fails.
pub fn merge(parts: &[&dyn BlobStore], output: &dyn BlobStore) -> Result<StoreManifest> {
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
    let Some((_, first)) = manifests.first() else {
        return Err(Error::Merge {
            problem: "no parts were given".to_owned(),
        });
    };
    let mut merged = StoreManifest {
        range: 0..0,
        rows: 0,
        shards: 0,
        skipped: BTreeMap::new(),
        ..first.clone()
    };
    for (part, manifest) in &manifests {
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
        for (reason, count) in &manifest.skipped {
            *merged.skipped.entry(*reason).or_default() += count;
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
    for (part, manifest) in &manifests {
        for shard in 0..manifest.shards {
            let target = shard_name(merged.shards);
            let mut writer = output
                .create(&target)
                .map_err(|error| Error::storage(output, &target, error))?;
            copy(*part, &shard_name(shard), output, &target, &mut *writer)?;
            writer
                .commit()
                .map_err(|error| Error::storage(output, &target, error))?;
            merged.shards += 1;
        }
    }
    let storage = |error| Error::storage(output, SKIPPED, error);
    let mut list = output.create(SKIPPED).map_err(storage)?;
    for (part, _) in &manifests {
        copy(*part, SKIPPED, output, SKIPPED, &mut *list)?;
    }
    list.commit().map_err(storage)?;
    merged.check()?;
    merged.write(output)?;
    Ok(merged)
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
        && manifest.shard_records == merged.shard_records
        && manifest.dataset_records == merged.dataset_records;
    if same {
        return Ok(());
    }
    Err(Error::Merge {
        problem: format!(
            "{location} was encoded otherwise than the first part: width {}, {} records a shard, {} records in all; \
             expected {}, {} and {}",
            manifest.dim,
            manifest.shard_records,
            manifest.dataset_records,
            merged.dim,
            merged.shard_records,
            merged.dataset_records,
        ),
    })
}

fn copy(
    from: &dyn BlobStore,
    name: &str,
    to: &dyn BlobStore,
    target: &str,
    writer: &mut dyn Write,
) -> Result<()> {
    let reading = |error| Error::storage(from, name, error);
    let len = from
        .len(name)
        .map_err(reading)?
        .ok_or_else(|| Error::Merge {
            problem: format!(
                "{}: {name} is missing; the part was not copied whole",
                from.location()
            ),
        })?;
    let mut offset = 0;
    let mut buffer = vec![0; CHUNK];
    while offset < len {
        let step = (len - offset).min(CHUNK as u64);
        let chunk = &mut buffer[..usize::try_from(step).expect("at most a chunk")];
        from.read_at(name, offset, chunk).map_err(reading)?;
        writer
            .write_all(chunk)
            .map_err(|error| Error::storage(to, target, error))?;
        offset += step;
    }
    Ok(())
}
