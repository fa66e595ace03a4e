//! Parquet files that `datasets` and pyarrow wrote, against what pyarrow reads from them.

#![cfg(feature = "parquet")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ofa_data::write_parquet_subset;
use ofa_data::{
    Dataset, DatasetImages, Error, FileSource, ImageReference, MemorySource, ParquetRows,
    SkipReason,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/goldens/formats/parquet")
}

fn open(name: &str) -> ParquetRows {
    let path = folder().join(name);
    ParquetRows::open(Arc::new(FileSource::open(path).unwrap())).unwrap()
}

fn open_bytes(bytes: &[u8]) -> ParquetRows {
    ParquetRows::open(Arc::new(MemorySource::new("subset", bytes.to_vec()))).unwrap()
}

/// What is in every file, row by row.
fn expected() -> Vec<(String, Vec<Value>)> {
    let json = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let files: serde_json::Map<String, Value> = serde_json::from_str(&json).unwrap();
    files
        .into_iter()
        .map(|(name, rows)| (name, rows.as_array().unwrap().clone()))
        .collect()
}

/// A row as `expected.json` has it.
fn found(rows: &ParquetRows, row: u64) -> Value {
    let record = match rows.record(row).unwrap() {
        Ok(record) => record,
        Err(skip) => return serde_json::json!({ "skip": skip.reason.as_str() }),
    };
    let images: Vec<Value> = record
        .images
        .iter()
        .enumerate()
        .map(|(nth, image)| match image {
            ImageReference::Path(path) => {
                let skip = rows.image(row, nth as u32).unwrap_err();
                assert_eq!(skip.reason, SkipReason::ImageMissing);
                serde_json::json!({ "path": path })
            }
            ImageReference::Embedded(_) => {
                let hash = Sha256::digest(rows.image(row, nth as u32).unwrap());
                let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                serde_json::json!({ "sha256": hash })
            }
        })
        .collect();
    assert!(rows.image(row, images.len() as u32).is_err());
    serde_json::json!({ "id": record.id, "human": record.human_turns, "images": images })
}

#[test]
fn rows_are_what_pyarrow_reads() {
    for (name, expected) in expected() {
        let rows = open(&name);
        assert_eq!(rows.len(), expected.len() as u64, "{name}");
        for (row, expected) in expected.iter().enumerate() {
            assert_eq!(found(&rows, row as u64), *expected, "{name}, row {row}");
        }
        // Backwards, and in steps that leave rows out.
        for row in (0..rows.len()).rev().chain((0..rows.len()).step_by(3)) {
            assert_eq!(
                found(&rows, row),
                expected[row as usize],
                "{name}, row {row}"
            );
        }
    }
}

#[test]
fn embedded_images_are_told_apart_and_named() {
    let rows = open("image.parquet");
    let named = |row| match rows.record(row).unwrap().unwrap().images.remove(0) {
        ImageReference::Embedded(image) => image,
        other => panic!("{other:?}"),
    };
    assert_eq!(named(1).name, "dir/1.png");
    assert_eq!(named(2).name, "row 2, image 0");
    assert_ne!(named(1).key, named(2).key);
    assert_eq!(named(1), named(1));
    let mut hash = Sha256::new();
    hash.update(rows.digest());
    hash.update(1u64.to_le_bytes());
    hash.update(0u32.to_le_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    assert_eq!(named(1).key.to_le_bytes(), hash[..16]);
}

#[test]
fn images_among_parts_are_left_out_of_json_and_named_by_their_content() {
    let rows = open("part_images.parquet");
    let json: Value = serde_json::from_slice(&rows.json(2).unwrap()).unwrap();
    let content = &json["messages"][1]["content"];
    for (part, path) in [(1, "among/parts.png"), (2, "among/parts.png")] {
        let image = serde_json::json!({ "bytes": null, "path": path });
        assert_eq!(content[part]["image"], image);
    }
    assert_eq!(content[0]["text"], "Q2 ");
    let rows = open("part_kinds.parquet");
    let json: Value = serde_json::from_slice(&rows.json(3).unwrap()).unwrap();
    assert_eq!(json["messages"][0]["content"][0]["source"], Value::Null);
    let images = rows.record(0).unwrap().unwrap().images;
    let ImageReference::Embedded(image) = &images[0] else {
        panic!("{images:?}");
    };
    assert!(image.name.starts_with("data:, "), "{}", image.name);
}

#[test]
fn an_address_on_the_network_is_a_skip_of_its_own() {
    let source = FileSource::open(folder().join("addresses.parquet")).unwrap();
    let dataset = Arc::new(Dataset::open(Arc::new(source), None).unwrap());
    let images = DatasetImages::new(Arc::clone(&dataset), vec![]);
    let locate = |row| {
        let record = dataset.record(row).unwrap().unwrap();
        images.locate(row, 0, &record.images[0])
    };
    assert_eq!(locate(4).unwrap_err().reason, SkipReason::ImageUrl);
    assert_eq!(locate(2).unwrap_err().reason, SkipReason::ImageOutside);
    let carried = locate(1).unwrap().file;
    assert_eq!(images.read(&carried).unwrap(), b"\x89PNG");
}

#[test]
fn a_subset_reads_as_the_rows_it_is_of() {
    for (name, expected) in expected() {
        let rows = open(&name);
        for step in [1, 2, 5] {
            let chosen: Vec<u64> = (0..rows.len()).skip(step - 1).step_by(step).collect();
            let mut out = vec![];
            let written = write_parquet_subset(&[(&rows, &chosen)], &mut out).unwrap();
            assert_eq!(written, out.len() as u64);
            let mut again = vec![];
            write_parquet_subset(&[(&rows, &chosen)], &mut again).unwrap();
            assert!(out == again, "{name}: the output is not always the same");
            let subset = open_bytes(&out);
            assert_eq!(subset.len(), chosen.len() as u64, "{name}");
            for (at, row) in chosen.iter().enumerate() {
                let expected = &expected[*row as usize];
                assert_eq!(found(&subset, at as u64), *expected, "{name}, row {row}");
                assert_eq!(subset.json(at as u64).unwrap(), rows.json(*row).unwrap());
            }
            if step == 1 {
                assert!(
                    out == std::fs::read(folder().join(&name)).unwrap(),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn an_empty_subset_and_one_of_two_files() {
    let rows = open("odd.parquet");
    let mut out = vec![];
    write_parquet_subset(&[(&rows, &[])], &mut out).unwrap();
    assert_eq!(open_bytes(&out).len(), 0);
    out.clear();
    write_parquet_subset(&[(&rows, &[3, 29]), (&rows, &[0, 8])], &mut out).unwrap();
    let subset = open_bytes(&out);
    for (at, row) in [3, 29, 0, 8].into_iter().enumerate() {
        assert_eq!(found(&subset, at as u64), found(&rows, row));
        assert_eq!(subset.json(at as u64).unwrap(), rows.json(row).unwrap());
    }
    // One file whole and nothing of the other: the very bytes.
    out.clear();
    let all: Vec<u64> = (0..rows.len()).collect();
    write_parquet_subset(&[(&rows, &[]), (&rows, &all)], &mut out).unwrap();
    assert!(out == std::fs::read(folder().join("odd.parquet")).unwrap());
}

#[test]
fn files_with_other_columns_are_not_put_together() {
    let (one, other) = (open("image.parquet"), open("images.parquet"));
    let mut out = vec![];
    let error = write_parquet_subset(&[(&one, &[0]), (&other, &[0])], &mut out).unwrap_err();
    assert!(out.is_empty());
    let text = error.to_string();
    assert!(
        text.contains("the column `id` is `OPTIONAL BYTE_ARRAY id"),
        "{text}"
    );
    assert!(text.contains("image.parquet") && text.contains("images.parquet"));
    let error = write_parquet_subset(&[(&one, &[3, 3])], &mut out).unwrap_err();
    assert!(matches!(error, Error::PositionsNotIncreasing { .. }));
    let error = write_parquet_subset(&[(&one, &[12])], &mut out).unwrap_err();
    assert!(matches!(error, Error::NoSuchRecord { .. }));
}

#[test]
fn rows_as_json_leave_images_out_and_keep_the_rest() {
    let json = |name: &str, row| -> Value {
        serde_json::from_slice(&open(name).json(row).unwrap()).unwrap()
    };
    let row = json("image.parquet", 1);
    assert_eq!(
        row["image"],
        serde_json::json!({"bytes": null, "path": "dir/1.png"})
    );
    assert_eq!(row["conversations"][0]["from"], "human");
    assert_eq!(json("image.parquet", 4)["image"], Value::Null);
    let row = json("images.parquet", 2);
    assert_eq!(
        row["images"],
        serde_json::json!([{"bytes": null, "path": null}, {"bytes": null, "path": null}])
    );
    let row = json("odd.parquet", 1);
    assert_eq!(row["nested"], serde_json::json!([null, [], [1, null]]));
    assert_eq!(row["when"], "1970-01-02T00:00:00Z");
    assert_eq!(row["blob"], "01ff");
    assert_eq!(row["map"], serde_json::json!({"a": 1}));
    let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(keys[..4], ["id", "image", "conversations", "question"]);
    let row = json("json_text.parquet", 0);
    assert_eq!(row["image"], Value::Null);
    assert!(row["conversations"].is_string());
}

#[test]
fn another_compression_is_named() {
    let source = FileSource::open(folder().join("brotli.parquet")).unwrap();
    let error = ParquetRows::open(Arc::new(source)).unwrap_err();
    assert!(matches!(error, Error::ParquetCodec { .. }));
    assert!(
        error
            .to_string()
            .contains("`image` is compressed with Brotli")
    );
}

#[test]
fn threads_ask_for_images_at_once() {
    let rows = open("images.parquet");
    let alone: Vec<Value> = (0..rows.len()).map(|row| found(&rows, row)).collect();
    let rows = open("images.parquet");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (rows, alone) = (&rows, &alone);
            scope.spawn(move || {
                for row in (thread..rows.len()).step_by(2) {
                    assert_eq!(found(rows, row), alone[row as usize]);
                }
            });
        }
    });
}

/// Opens damaged bytes and reads all there is. Nothing may panic; errors are well.
fn read_all(bytes: Vec<u8>) {
    let Ok(rows) = ParquetRows::open(Arc::new(MemorySource::new("damaged", bytes))) else {
        return;
    };
    for row in 0..rows.len().min(40) {
        if let Ok(Ok(record)) = rows.record(row) {
            for nth in 0..record.images.len() {
                let _ = rows.image(row, nth as u32);
            }
        }
        let _ = rows.json(row);
    }
    let chosen: Vec<u64> = (0..rows.len().min(40)).step_by(2).collect();
    let _ = write_parquet_subset(&[(&rows, &chosen)], &mut std::io::sink());
}

#[test]
fn files_that_are_cut_short_are_refused() {
    for (name, _) in expected() {
        let bytes = std::fs::read(folder().join(&name)).unwrap();
        for end in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
            let source = MemorySource::new("cut", bytes[..end].to_vec());
            let error = ParquetRows::open(Arc::new(source)).unwrap_err();
            assert!(
                matches!(error, Error::ParquetFooter { .. }),
                "{name}, {end}: {error}"
            );
        }
        // The end without the beginning: the columns are not where the footer says.
        for start in (1..bytes.len()).step_by(97) {
            read_all(bytes[start..].to_vec());
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    for (name, _) in expected() {
        let bytes = std::fs::read(folder().join(&name)).unwrap();
        for at in (0..bytes.len()).step_by(23) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            read_all(damaged);
        }
        for at in (4..bytes.len()).step_by(71) {
            let mut damaged = bytes.clone();
            damaged[at] = 0xff;
            read_all(damaged);
        }
    }
}

#[test]
fn two_thirds_of_the_rows_are_those_rows() {
    // With a folder given, `generate.py --check` holds the same subsets against pyarrow.
    let folder = std::env::var_os("OFA_SUBSETS").map(PathBuf::from);
    for (name, _) in expected() {
        let rows = open(&name);
        let chosen: Vec<u64> = (0..rows.len()).filter(|row| row % 3 != 1).collect();
        let mut out = vec![];
        write_parquet_subset(&[(&rows, &chosen)], &mut out).unwrap();
        if let Some(folder) = &folder {
            std::fs::write(folder.join(&name), &out).unwrap();
        }
        let subset = ParquetRows::open(Arc::new(MemorySource::new(name.as_str(), out))).unwrap();
        assert_eq!(subset.len(), chosen.len() as u64, "{name}");
        for (nth, &row) in (0..).zip(&chosen) {
            assert_eq!(
                subset.json(nth).unwrap(),
                rows.json(row).unwrap(),
                "{name}: row {row}"
            );
        }
    }
}
