//! Making room for a feature store where one was.

use super::{MANIFEST, NOTES, SKIPPED, WORK, shard_names};
use crate::blobs::BlobStore;
use crate::error::{Error, Result};

/// Removes a feature store, finished or not, and nothing else that lies in its place.
///
/// The manifest goes first: without it, what is left of a store is not taken for a whole one.
///
/// # Errors
/// [`Error::Storage`] where something cannot be removed.
pub fn clear(store: &dyn BlobStore) -> Result<()> {
    let mut names = vec![MANIFEST.to_owned()];
    names.extend(shard_names(store)?);
    names.extend([SKIPPED, NOTES].map(str::to_owned));
    for name in names {
        store
            .remove(&name)
            .map_err(|error| Error::storage(store, &name, error))?;
    }
    store
        .remove_folder(WORK)
        .map_err(|error| Error::storage(store, WORK, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::Folder;

    #[test]
    fn what_is_no_part_of_the_store_stays() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let store = Folder::new(home.path());
        let others = [
            "features-notes.txt",
            "features-l14/features-00000.safetensors",
            "mine.json",
        ];
        let ours = [
            "features-00000.safetensors",
            "features-00001.safetensors",
            "manifest.json",
            "skipped.jsonl",
            "notes.jsonl",
            ".encode/state.json",
            ".encode/cache/image-00000000",
        ];
        for name in ours.iter().chain(&others) {
            store.write(name, b"1").expect("written");
        }
        clear(&store).expect("cleared");
        for name in ours {
            assert_eq!(store.len(name).expect("a length"), None, "{name}");
        }
        for name in others {
            assert_eq!(store.len(name).expect("a length"), Some(1), "{name}");
        }
    }
}
