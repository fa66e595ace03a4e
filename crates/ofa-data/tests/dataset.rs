//! Datasets as a whole: fingerprints, positions, records that are skipped.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ofa_data::{ByteSource, Dataset, Error, Format, MemorySource, SkipReason};

fn open(text: &str) -> Result<Dataset, Error> {
    Dataset::open(Arc::new(MemorySource::new("data.json", text.into())), None)
}

#[test]
fn the_fingerprint_is_format_length_and_sha256() {
    // `printf '{}\n' | sha256sum` and `printf '[{}]' | sha256sum`
    let lines = open("{}\n").unwrap();
    assert_eq!(
        lines.fingerprint(),
        "jsonl:3:ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
    );
    let array = open("[{}]").unwrap();
    assert_eq!(
        array.fingerprint(),
        "json:4:e10808d43975dc400731053386849f864f297e6c4f7519c380f3dbaf7067a840"
    );
}

#[test]
fn records_that_cannot_be_used_keep_their_positions() {
    let dataset = open(
        "[{\"text\": \"a\"}, 5, {\"a\": bad}, \"text\", {\"conversations\": 1}, {\"image\": 1}, {}]",
    )
    .unwrap();
    let reasons: Vec<_> = (0..dataset.len())
        .map(|position| match dataset.record(position).unwrap() {
            Ok(record) => record.skip().map(|skip| skip.reason),
            Err(skip) => Some(skip.reason),
        })
        .collect();
    use SkipReason::*;
    assert_eq!(
        reasons,
        [
            TextOnly,
            NotAnObject,
            InvalidJson,
            NotAnObject,
            InvalidConversations,
            InvalidImage,
            NoHumanTurn
        ]
        .map(Some)
    );
    let skip = dataset.record(2).unwrap().unwrap_err();
    assert!(skip.detail.starts_with("at byte 25: "), "{skip}");
}

#[test]
fn a_broken_line_costs_that_line() {
    let dataset =
        open("{\"text\": \"a\"}\n{\"text\": \"cut\n[1]\n{\"text\": \"b\"}\n{\"text\"").unwrap();
    assert_eq!(dataset.format(), Format::Jsonl);
    let reasons: Vec<_> = (0..5)
        .map(|position| dataset.record(position).unwrap().err().map(|s| s.reason))
        .collect();
    use SkipReason::*;
    assert_eq!(
        reasons,
        [
            None,
            Some(InvalidJson),
            Some(NotAnObject),
            None,
            Some(InvalidJson)
        ]
    );
}

#[test]
fn structure_that_is_broken_is_an_error_with_name_and_place() {
    for (text, words) in [
        (
            "[{\"a\": 1}, {\"a\": ",
            "data.json: the JSON breaks off at byte 17",
        ),
        (
            "[{}] [{}]",
            "data.json: the JSON array ends, but at byte 5 there is more",
        ),
        (
            "[{} {}]",
            "data.json: broken JSON at byte 4 (after record 0): expected `,` or `]`, found `{`",
        ),
        (
            "{\n\"a\": []\n}",
            "data.json: expected a JSON array of records at byte 0",
        ),
        ("", "data.json: the file is empty"),
    ] {
        let message = open(text).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    let as_lines = MemorySource::new("data.json", b"\n \n".to_vec());
    let error = Dataset::open(Arc::new(as_lines), Some(Format::Jsonl)).unwrap_err();
    assert!(matches!(error, Error::Empty { .. }), "{error}");
    let object = MemorySource::new("data.json", b" {}".to_vec());
    let error = Dataset::open(Arc::new(object), Some(Format::Json)).unwrap_err();
    assert!(
        matches!(error, Error::NotAnArray { offset: 1, .. }),
        "{error}"
    );
}

#[test]
fn positions_outside_are_refused() {
    let dataset = open("[{}]").unwrap();
    assert!(matches!(
        dataset.record(1),
        Err(Error::NoSuchRecord {
            position: 1,
            records: 1,
            ..
        })
    ));
    assert!(dataset.record_bytes(u64::MAX).is_err());
}

/// A source of which a part cannot be read, or that is far longer than memory.
struct Odd {
    length: u64,
    fails_from: u64,
}

impl ByteSource for Odd {
    fn len(&self) -> u64 {
        self.length
    }

    /// `[`, then spaces, then one text to the end but for `"]`.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        if offset + buf.len() as u64 > self.fails_from {
            return Err(io::Error::other("the disk is broken"));
        }
        for (at, byte) in (offset..).zip(buf) {
            *byte = match at {
                0 => b'[',
                1 => b'"',
                at if at == self.length - 2 => b'"',
                at if at == self.length - 1 => b']',
                _ => b'x',
            };
        }
        Ok(())
    }

    fn name(&self) -> &str {
        "odd"
    }
}

#[test]
fn a_record_too_large_for_memory_is_indexed_and_skipped() {
    let dataset = Dataset::open(
        Arc::new(Odd {
            length: 300 << 20,
            fails_from: u64::MAX,
        }),
        None,
    )
    .unwrap();
    assert_eq!(dataset.len(), 1);
    let skip = dataset.record(0).unwrap().unwrap_err();
    assert_eq!(skip.reason, SkipReason::RecordTooLarge);
    assert!(matches!(
        dataset.record_bytes(0),
        Err(Error::RecordTooLong { record: 0, .. })
    ));
}

#[test]
fn a_source_that_fails_is_named_with_the_place() {
    let error = Dataset::open(
        Arc::new(Odd {
            length: 5 << 20,
            fails_from: 3 << 20,
        }),
        None,
    )
    .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("odd: cannot be read at byte 3145728: the disk is broken"),
        "{message}"
    );
}

/// Counts how often the bytes are read.
struct Counted {
    bytes: MemorySource,
    reads: AtomicU64,
}

impl ByteSource for Counted {
    fn len(&self) -> u64 {
        self.bytes.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bytes.read_at(offset, buf)
    }

    fn name(&self) -> &str {
        self.bytes.name()
    }
}

#[test]
fn a_record_is_read_once_for_all_the_images_that_it_carries() {
    let record = |first: usize| {
        let images: Vec<String> = (first..first + 100)
            .map(|nth| format!("\"data:,image {nth}\""))
            .collect();
        format!("{{\"text\": \"a\", \"images\": [{}]}}", images.join(","))
    };
    let text = format!("[{}, {}]", record(0), record(100));
    let source = Arc::new(Counted {
        bytes: MemorySource::new("m.json", text.into()),
        reads: AtomicU64::new(0),
    });
    let dataset = Dataset::open(source.clone(), None).unwrap();
    let before = source.reads.load(Ordering::Relaxed);
    for nth in 0..100 {
        // As threads ask that are a record apart.
        for (position, first) in [(0, 0), (1, 100)] {
            let image = dataset.embedded_image(position, nth).unwrap();
            assert_eq!(image, format!("image {}", first + nth).into_bytes());
        }
    }
    assert_eq!(source.reads.load(Ordering::Relaxed) - before, 2);
    let skip = dataset.embedded_image(0, 100).unwrap_err();
    assert!(skip.detail.contains("has changed"), "{skip}");
}
