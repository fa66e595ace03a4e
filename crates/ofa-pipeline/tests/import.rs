//! Features of other programs to a store, a shard at a time.

use std::path::Path;
use std::sync::Arc;

use half::f16;
use ofa_core::features::FeatureRows;
use ofa_data::{FolderTree, MemorySource};

use ofa_pipeline::Error;
use ofa_pipeline::blobs::BlobStore;
use ofa_pipeline::import::{FeatureImport, FeatureInput, ImportKind, ImportSource, Imported, open};
use ofa_pipeline::native::{Folder, open_features};

/// An array of NumPy with one column.
fn npy(first: usize, rows: usize) -> Vec<u8> {
    let header = format!("{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, 1), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend((first..first + rows).flat_map(|row| value(row).to_le_bytes()));
    bytes
}

fn value(row: usize) -> f16 {
    f16::from_f32(if row.is_multiple_of(3) { -1.0 } else { 1.0 })
}

/// A folder of clip-retrieval whose parts have these numbers of rows.
fn folder(home: &Path, parts: &[usize]) {
    let mut first = 0;
    for (part, &rows) in parts.iter().enumerate() {
        for (kind, shift) in [("img_emb", 0), ("text_emb", 1)] {
            let folder = home.join(kind);
            std::fs::create_dir_all(&folder).expect("made");
            let bytes = npy(first + shift, rows);
            std::fs::write(folder.join(format!("{kind}_{part}.npy")), bytes).expect("written");
        }
        first += rows;
    }
}

fn features_of(home: &Path) -> FeatureInput {
    let tree = FolderTree::open(home).expect("a folder");
    match open(&ImportSource::Folder(Arc::new(tree)), None) {
        Ok((ImportKind::ClipRetrieval, Imported::Features(input))) => input,
        Ok((kind, _)) => panic!("taken for {}", kind.words()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn rows_go_through_parts_and_shards_in_order() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let source = home.path().join("source");
    // Parts that are empty, that end with a shard, and that a shard ends within.
    folder(&source, &[0, 2048, 1, 3000, 0]);
    let target = home.path().join("features");
    let store = Folder::new(&target);
    let mut import = FeatureImport::begin(features_of(&source), &store, false).expect("begun");
    while import.step().expect("a shard") {}
    let manifest = import.finish().expect("finished").manifest;
    assert_eq!((manifest.rows, manifest.shards, manifest.dim), (5049, 3, 1));
    let (features, _) = open_features(&target).expect("a whole store");
    assert_eq!(features.rows(), 5049);
    for row in 0..features.rows() {
        assert_eq!(features.index(row), row as u64);
        assert_eq!(features.image(row), [value(row)], "{row}");
        assert_eq!(features.text(row), [value(row + 1)], "{row}");
    }
}

#[test]
fn an_unfinished_import_is_no_store_and_is_begun_anew() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let source = home.path().join("source");
    folder(&source, &[5000]);
    let target = home.path().join("features");
    let store = Folder::new(&target);
    let begin = |replace| FeatureImport::begin(features_of(&source), &store, replace);
    let mut import = begin(false).expect("begun");
    assert!(import.step().expect("a shard"));
    drop(import);
    let Err(error) = open_features(&target) else {
        panic!("it was taken for a whole store");
    };
    assert!(matches!(error, Error::ImportUnfinished { .. }), "{error}");

    let mut import = begin(false).expect("begun anew");
    while import.step().expect("a shard") {}
    import.finish().expect("finished");
    let names = store.list("").expect("listed");
    assert_eq!(
        names,
        [
            "features-00000.safetensors",
            "features-00001.safetensors",
            "features-00002.safetensors",
            "manifest.json",
            "skipped.jsonl"
        ]
    );

    let Err(error) = begin(false) else {
        panic!("a finished store was replaced");
    };
    assert!(error.to_string().contains("--force"), "{error}");
    let mut import = begin(true).expect("replaced");
    while import.step().expect("a shard") {}
    import.finish().expect("finished");
}

#[test]
fn a_source_without_rows_becomes_a_store_without_rows() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let source = home.path().join("source");
    folder(&source, &[0]);
    let target = home.path().join("features");
    let store = Folder::new(&target);
    let mut import = FeatureImport::begin(features_of(&source), &store, false).expect("begun");
    assert!(!import.step().expect("nothing to do"));
    let manifest = import.finish().expect("finished").manifest;
    assert_eq!((manifest.rows, manifest.dataset_records), (0, 0));
    let (features, _) = open_features(&target).expect("a whole store");
    assert_eq!(features.rows(), 0);
}

#[test]
fn damaged_bytes_are_never_a_panic() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let goldens = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/goldens/import");
    let mut read = 0;
    for name in [
        "selectors/legacy.pt",
        "features/legacy.pt",
        "features/strided.pt",
        "datacomp/0a.npz",
    ] {
        let whole = std::fs::read(format!("{goldens}/{name}")).expect("the golden is committed");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            let source = ImportSource::File(Arc::new(MemorySource::new(name, damaged)));
            // Some damage is to values alone and cannot be seen.
            if let Ok((_, Imported::Features(input))) = open(&source, None) {
                let store = Folder::new(home.path().join("features"));
                if at.is_multiple_of(16) {
                    let mut import = FeatureImport::begin(input, &store, true).expect("begun");
                    while let Ok(true) = import.step() {}
                }
                read += 1;
            }
        }
        for len in (0..whole.len()).step_by(7) {
            let cut = MemorySource::new(name, whole[..len].to_vec());
            let cut = open(&ImportSource::File(Arc::new(cut)), None);
            assert!(cut.is_err(), "{name} cut at {len}");
        }
    }
    assert!(read > 0, "damage to values is not seen");
}
