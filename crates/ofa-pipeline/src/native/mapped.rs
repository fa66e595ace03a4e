//! Feature stores read through mapped files.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

use super::Folder;
use crate::blobs::BlobStore;
use crate::error::{Error, Result};
use crate::store::{FeatureSource, Features, ShardBytes, StoreManifest, is_merging, shard_names};

/// Maps a whole file into memory, read-only.
///
/// # Errors
/// When the file cannot be opened or mapped.
pub fn map_file(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: the map is read-only. Stores are written under a temporary name and renamed, so
    // a file that is mapped here is not changed in place by this program; a user who cuts it
    // short while it is read gets a bus error, as with any program that maps files.
    unsafe { Mmap::map(&file) }
}

/// Opens the features of a folder (a feature store) or of one features file.
///
/// # Errors
/// [`Error::NoStore`] where there are no features, [`Error::Unfinished`] where encoding has
/// not come to its end, [`Error::MergeUnfinished`] where joining has not,
/// [`Error::ImportUnfinished`] where an import has not, and those of [`Features::open`].
pub fn open_features(path: &Path) -> Result<(Features, Option<StoreManifest>)> {
    let source = if path.is_dir() {
        folder_source(path)?
    } else {
        let name = path.display().to_string();
        FeatureSource {
            shards: vec![(name.clone(), map_shard(path)?)],
            name,
            manifest: None,
        }
    };
    let manifest = source.manifest.clone();
    let features = Features::open(source)?;
    Ok((features, manifest))
}

fn folder_source(path: &Path) -> Result<FeatureSource> {
    let folder = Folder::new(path);
    let location = folder.location();
    let manifest = StoreManifest::read(&folder)?;
    let names = match &manifest {
        Some(_) => shard_names(&folder)?,
        // Made by another program, which may count its shards otherwise.
        None => {
            let mut names = folder
                .list("features-")
                .map_err(|error| Error::storage(&folder, "", error))?;
            names.retain(|name| name.ends_with(".safetensors"));
            names
        }
    };
    if is_merging(&folder)? {
        return Err(Error::MergeUnfinished { location });
    }
    if crate::import::is_importing(&folder)? {
        return Err(Error::ImportUnfinished { location });
    }
    let unfinished = crate::encode::unfinished(&folder)?;
    match (&manifest, unfinished) {
        (None, Some((done, records))) => {
            return Err(Error::Unfinished {
                location,
                done,
                records,
            });
        }
        (Some(manifest), _) if names.len() != manifest.shards as usize => {
            return Err(Error::Malformed {
                name: location,
                place: "shards".to_owned(),
                expected: format!("{} files features-*.safetensors", manifest.shards),
                found: names.len().to_string(),
                advice: "the folder was changed or copied in part; copy it whole or encode again",
            });
        }
        _ => {}
    }
    let shards = names
        .into_iter()
        .map(|name| {
            let shard = path.join(&name);
            Ok((shard.display().to_string(), map_shard(&shard)?))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(FeatureSource {
        name: location,
        shards,
        manifest,
    })
}

fn map_shard(path: &Path) -> Result<ShardBytes> {
    let map = map_file(path).map_err(|source| Error::Storage {
        location: path
            .parent()
            .map(|p| p.display().to_string())
            .unwrap_or_default(),
        name: path
            .file_name()
            .map(|n| n.display().to_string())
            .unwrap_or_default(),
        source,
        advice: "; expected a feature store or a features file",
    })?;
    Ok(Arc::new(map))
}
