//! What becomes of each record of `tests/goldens/quirks`, up to the encoder.
#![cfg(not(target_family = "wasm"))]

use std::path::Path;
use std::sync::Arc;

use ofa_data::{Dataset, DatasetImages, FileSource, FolderTree, Record, Skip, decode};
use serde_json::Value;

/// The images as the encoder would get them, or why not.
fn look_at(position: u64, record: &Record, images: &DatasetImages) -> Result<(), Skip> {
    for (nth, reference) in (0..).zip(&record.images) {
        let file = images.locate(position, nth, reference)?.file;
        decode(&images.read(&file)?)?;
    }
    Ok(())
}

#[test]
fn every_quirk_meets_its_fate() {
    let quirks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/goldens/quirks");
    let expected = std::fs::read(quirks.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let source = FileSource::open(quirks.join("annotations.json")).unwrap();
    let dataset = Arc::new(Dataset::open(Arc::new(source), None).unwrap());
    let roots = FolderTree::open(quirks.join("images")).unwrap();
    let images = DatasetImages::new(Arc::clone(&dataset), vec![Arc::new(roots)]);

    let rows = expected["records"].as_array().unwrap();
    assert_eq!(rows.len() as u64, dataset.len());
    for (row, position) in rows.iter().zip(0..) {
        let about = row["quirk"].as_str().unwrap();
        let (fate, texts) = match dataset.record(position).unwrap() {
            Err(skip) => (skip.reason.as_str(), vec![]),
            Ok(record) => {
                let skip = record
                    .skip()
                    .or_else(|| look_at(position, &record, &images).err());
                let fate = skip.map_or("scored", |skip| skip.reason.as_str());
                (fate, record.encoder_texts().collect())
            }
        };
        assert_eq!(row["fate"], fate, "record {position}: {about}");
        let stated = row.get("texts").map_or(vec![], |texts| {
            let texts = texts.as_array().unwrap().iter();
            texts
                .map(|text| text.as_str().unwrap().to_owned())
                .collect()
        });
        assert_eq!(stated, texts, "record {position}: {about}");
    }
}
