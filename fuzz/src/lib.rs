//! What each fuzz target does with its input: any bytes give an answer or an error, no panic.

use std::io;
use std::sync::Arc;

use ofa_core::selector::Selector;
use ofa_data::{
    Dataset, DatasetImages, FileTree, Format, MemorySource, Record, TarTree, ZipTree, write_subset,
    write_subset_in_zip, write_zip_subset,
};
use serde_json::value::RawValue;

/// Opens the bytes as a dataset of this format, reads every record, and writes them back: all of
/// them, and every other one.
fn read_all(bytes: &[u8], format: Option<Format>) -> Option<Dataset> {
    let source = Arc::new(MemorySource::new("input", bytes.to_vec()));
    let dataset = Dataset::open(source, format).ok()?;
    let positions: Vec<u64> = (0..dataset.len()).collect();
    for &position in &positions {
        let Ok(Ok(record)) = dataset.record(position) else {
            continue;
        };
        let _ = record.skip();
        for nth in 0..record.images.len().min(4) {
            let _ = dataset.embedded_image(position, nth as u32);
        }
        let _ = dataset.record_bytes(position);
    }
    let mut all = vec![];
    // Of an archive the records are a part, not the whole.
    if write_subset(&dataset, &positions, &mut all).is_ok() && dataset.zip().is_none() {
        assert!(all == bytes, "all records are the whole file");
    }
    let every_other: Vec<u64> = positions.iter().copied().step_by(2).collect();
    let mut half = vec![];
    if write_subset(&dataset, &every_other, &mut half).is_ok() && !every_other.is_empty() {
        let source = Arc::new(MemorySource::new("half", half));
        let again = Dataset::open(source, Some(dataset.format())).expect("a subset is a dataset");
        // Samples of one key that come to stand together are one.
        if dataset.format() == Format::Webdataset {
            assert!(again.len() <= every_other.len() as u64);
        } else {
            assert_eq!(again.len(), every_other.len() as u64);
            for (position, &of_all) in (0..).zip(&every_other) {
                // A line's end that was none, a carriage return at the end of a file, may become one.
                let text = |dataset: &Dataset, position| {
                    let bytes = dataset.record_bytes(position).ok()?;
                    Some(bytes.trim_ascii_end().to_vec())
                };
                assert_eq!(
                    text(&again, position),
                    text(&dataset, of_all),
                    "a record is another in a subset"
                );
            }
        }
    }
    Some(dataset)
}

/// The splitter of JSON arrays and of JSON Lines.
pub fn json_splitter(bytes: &[u8]) {
    let array = read_all(bytes, Some(Format::Json));
    read_all(bytes, Some(Format::Jsonl));
    let source = MemorySource::new("input", bytes.to_vec());
    let _ = Format::detect(&source);
    // A parser of all JSON finds the same elements.
    if let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(bytes) {
        let array = array.expect("a JSON array is a dataset");
        assert_eq!(array.len(), elements.len() as u64);
        for (position, element) in (0..).zip(elements) {
            let found = array.record_bytes(position).expect("it is in memory");
            assert_eq!(found, element.get().as_bytes());
        }
    }
}

/// The parser of one record.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = Record::parse(bytes) {
        let _ = record.skip();
        let _ = record.encoder_texts().count();
    }
}

/// The most that is read of a member, so that a run does not consist of inflating zeros.
const MOST: u64 = 1 << 20;

/// Looks at every file of an archive, and reads it in both ways that there are.
fn read_tree(tree: &dyn FileTree) {
    let files = tree.files().expect("the directory is in memory");
    assert!(files.is_sorted_by(|one, other| one.path < other.path));
    for file in &files {
        let _ = tree.find(&format!("{}/", file.path));
        let Ok(found) = tree.find(&file.path) else {
            continue;
        };
        assert_eq!(found.map(|stat| stat.len), Some(file.len));
        let Ok(whole) = tree.read(&file.path, MOST) else {
            continue;
        };
        assert_eq!(whole.len() as u64, file.len);
        let source = tree.open(&file.path).expect("what was read opens");
        assert_eq!(source.len(), file.len);
        // From the end to the beginning, which is the hard way.
        let mut end = whole.len();
        while end > 0 {
            let start = end - end.min(1 + end / 3);
            let mut part = vec![0; end - start];
            source
                .read_at(start as u64, &mut part)
                .expect("what was read reads");
            assert!(
                part == whole[start..end],
                "a part is another than the whole"
            );
            end = start;
        }
        assert!(source.read_at(file.len, &mut [0]).is_err());
    }
}

/// The tar reader.
pub fn tar(bytes: &[u8]) {
    read_all(bytes, Some(Format::Webdataset));
    let source = Arc::new(MemorySource::new("input", bytes.to_vec()));
    if let Ok(tree) = TarTree::open(source) {
        let _ = tree.notes();
        read_tree(&tree);
    }
}

/// The zip reader.
pub fn zip(bytes: &[u8]) {
    if let Some(dataset) = read_all(bytes, None).map(Arc::new) {
        let _ = dataset.remarks();
        let images = DatasetImages::new(Arc::clone(&dataset), vec![]);
        let every_other: Vec<u64> = (0..dataset.len()).step_by(2).collect();
        let _ = write_subset_in_zip(&images, &every_other, &mut io::sink());
    }
    let source = Arc::new(MemorySource::new("input", bytes.to_vec()));
    if let Ok(tree) = ZipTree::open(source) {
        read_tree(&tree);
        subset_of_zip(&tree);
    }
}

/// An archive of every other file has those files, as they were.
fn subset_of_zip(tree: &ZipTree) {
    let files = tree.files().expect("the directory is in memory");
    let kept: Vec<_> = files.into_iter().step_by(2).collect();
    let keep = |path: &str| kept.iter().any(|file| file.path == path);
    let mut subset = vec![];
    if write_zip_subset(tree, &keep, &mut [], &mut subset).is_err() {
        return;
    }
    let Ok(again) = ZipTree::open(Arc::new(MemorySource::new("subset", subset))) else {
        // It is refused where nothing in it can be read.
        let is_readable = |path: &str| tree.find(path).is_ok();
        assert!(!kept.iter().any(|file| is_readable(&file.path)));
        return;
    };
    assert_eq!(again.files().expect("the directory is in memory"), kept);
    for file in &kept {
        let [one, other] = [&again, tree].map(|tree| tree.read(&file.path, MOST).ok());
        assert!(one == other, "a file is another in a subset");
    }
}

/// The header of a selector's safetensors.
pub fn safetensors_header(bytes: &[u8]) {
    let Ok(selector) = Selector::from_safetensors(bytes) else {
        return;
    };
    let written = selector
        .to_safetensors(false)
        .expect("a selector is written");
    let again = Selector::from_safetensors(&written).expect("what was written is read");
    assert_eq!(again, selector);
}
