//! What is opened and written in steps is what is opened and written in one go.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ofa_data::{
    ByteSource, Dataset, DatasetImages, FileSource, MemorySource, Pace, write_subset,
    write_subset_in_zip, write_subset_in_zip_paced, write_subset_paced,
};
use zip::write::SimpleFileOptions;

fn golden(name: &str) -> Arc<dyn ByteSource> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/goldens/formats");
    let path: PathBuf = Path::new(folder).join(name);
    Arc::new(FileSource::open(path).unwrap())
}

fn in_memory(name: &str, bytes: &[u8]) -> Arc<dyn ByteSource> {
    Arc::new(MemorySource::new(name, bytes.to_vec()))
}

/// Records that take several chunks to read.
fn records() -> Vec<String> {
    (0..8)
        .map(|nth| {
            format!(
                r#"{{"id": {nth}, "image": "{nth}.png", "text": "{}"}}"#,
                "long ".repeat(60_000)
            )
        })
        .collect()
}

fn array() -> Vec<u8> {
    format!("[\n  {}\n]\n", records().join(",\n  ")).into_bytes()
}

/// What comes of work that is polled to its end, and how often it gave way.
fn in_steps<T>(work: impl Future<Output = T>) -> (T, usize) {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    let mut steps = 0;
    loop {
        match work.as_mut().poll(&mut context) {
            Poll::Ready(result) => return (result, steps),
            Poll::Pending => steps += 1,
        }
    }
}

/// Opens it in steps, as `open` does in one go.
fn opened(source: &Arc<dyn ByteSource>) -> (Arc<Dataset>, usize) {
    let pace = Pace::every(1);
    let (dataset, steps) = in_steps(Dataset::open_paced(Arc::clone(source), None, &pace));
    let dataset = dataset.unwrap();
    let at_once = Dataset::open(Arc::clone(source), None).unwrap();
    assert_eq!(dataset.fingerprint(), at_once.fingerprint());
    assert_eq!(dataset.len(), at_once.len());
    assert_eq!(pace.done(), pace.of(), "{}", source.name());
    (Arc::new(dataset), steps)
}

#[test]
fn a_file_of_records_is_opened_a_chunk_at_a_time() {
    let source = in_memory("records.json", &array());
    let (dataset, steps) = opened(&source);
    assert_eq!(dataset.len(), 8);
    // Chunks are of 1 MiB.
    assert_eq!(steps as u64, source.len().div_ceil(1 << 20));
    assert!(steps > 2);
}

#[test]
fn work_that_is_dropped_leaves_off() {
    let source = in_memory("records.json", &array());
    let pace = Pace::every(1);
    {
        let mut opening = pin!(Dataset::open_paced(Arc::clone(&source), None, &pace));
        let mut context = Context::from_waker(Waker::noop());
        assert!(opening.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!((pace.done(), pace.of()), (1 << 20, source.len()));
    assert_eq!(Arc::strong_count(&source), 1);
}

#[test]
fn a_damaged_file_is_refused_as_in_one_go() {
    let mut bytes = array();
    bytes.truncate(bytes.len() - 3);
    let source = in_memory("torn.json", &bytes);
    let pace = Pace::every(1);
    let (found, _) = in_steps(Dataset::open_paced(Arc::clone(&source), None, &pace));
    let expected = Dataset::open(source, None).unwrap_err();
    assert_eq!(found.unwrap_err().to_string(), expected.to_string());
}

#[test]
fn records_are_written_some_at_a_time() {
    let mut sources = vec![
        in_memory("records.json", &array()),
        in_memory("records.jsonl", records().join("\n").as_bytes()),
        golden("webdataset/plain.tar"),
    ];
    if cfg!(feature = "parquet") {
        sources.push(golden("parquet/odd.parquet"));
    }
    for source in sources {
        let (dataset, _) = opened(&source);
        let chosen: Vec<u64> = (0..dataset.len()).step_by(2).collect();
        let all: Vec<u64> = (0..dataset.len()).collect();
        for positions in [chosen, all, vec![]] {
            let mut expected = vec![];
            write_subset(&dataset, &positions, &mut expected).unwrap();
            let mut found = vec![];
            let pace = Pace::every(1);
            let (written, steps) =
                in_steps(write_subset_paced(&dataset, &positions, &mut found, &pace));
            let what = format!("{}, {} records", source.name(), positions.len());
            assert_eq!(written.unwrap(), expected.len() as u64, "{what}");
            assert!(found == expected, "{what}: other bytes");
            assert!(
                steps > 0 || positions.is_empty(),
                "{what}: written in one go"
            );
        }
    }
}

#[test]
fn a_zip_is_written_some_at_a_time() {
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    let mut add = |path: &str, bytes: &[u8]| {
        zip.start_file(path, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    };
    add("data.json", &array());
    for nth in 0..8_u8 {
        add(&format!("{nth}.png"), &[nth; 500]);
    }
    let bytes = zip.finish().unwrap().into_inner();
    let (dataset, _) = opened(&in_memory("packed.zip", &bytes));
    let images = DatasetImages::new(dataset, vec![]);
    let all: Vec<u64> = (0..8).collect();
    // One that loses nothing is a chunk that is copied.
    for (positions, least) in [(vec![1, 4, 6], 9), (all, 1)] {
        let mut expected = vec![];
        write_subset_in_zip(&images, &positions, &mut expected).unwrap();
        let mut found = vec![];
        let pace = Pace::every(1);
        let (written, steps) = in_steps(write_subset_in_zip_paced(
            &images, &positions, &mut found, &pace,
        ));
        assert_eq!(written.unwrap(), expected.len() as u64);
        assert!(found == expected, "{positions:?}: other bytes");
        assert!(steps >= least, "{positions:?}: {steps} steps");
    }
}
