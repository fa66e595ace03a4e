//! Subsets are the source's own bytes: properties over generated datasets with many quirks.

use std::sync::Arc;

use ofa_data::{Dataset, Error, Format, MemorySource, Record, write_subset};
use proptest::prelude::*;

/// One record as text on one line, valid or not.
fn record() -> impl Strategy<Value = String> {
    let odd = [
        "{}",
        "{ }",
        r#"{"a": "\"}],[{"}"#,
        r#"{"a": "\\"}"#,
        r#"{"a": "\ud83d", "b": NaN}"#,
        r#"{"a":1e400,"a":-0.0,"\u0061":null}"#,
        r#"{"deep":[[[[{"x":[{}]}]]]]}"#,
        r#"{"image": "a\\b\/c.jpg", "id": 007}"#,
        r#"{"text":	"tab"}"#,
        "null",
        "-12.5e+3",
        r#""a \" text ], {""#,
        "[1, [2], {\"a\": []}]",
        "[]",
        r#"{"not": valid, json: here}"#,
        "{\"emoji\": \"\u{1f600} \u{4e2d}\u{6587} \u{2028}\"}",
    ];
    prop_oneof![
        proptest::sample::select(odd.to_vec()).prop_map(str::to_owned),
        ("[ -~]{0,40}", any::<u32>()).prop_map(|(text, id)| {
            let value = serde_json::to_string(&text).unwrap();
            format!(r#"{{"id": {id}, "conversations": [{{"from": "human", "value": {value}}}]}}"#)
        }),
    ]
}

fn space(characters: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select(characters.chars().collect::<Vec<_>>()),
        0..4,
    )
    .prop_map(|characters| characters.into_iter().collect())
}

fn bom() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 1 => Just("\u{feff}".to_owned())]
}

/// A JSON array with odd white space, and its records.
fn array() -> impl Strategy<Value = (Vec<String>, Vec<u8>)> {
    let part = (record(), space(" \n\r\t"), space(" \n\r\t"));
    (
        bom(),
        space(" \n"),
        proptest::collection::vec(part, 0..12),
        space(" \n\r\t"),
    )
        .prop_map(|(bom, lead, parts, trail)| {
            let mut text = format!("{bom}{lead}[");
            for (nth, (record, before, after)) in parts.iter().enumerate() {
                let comma = if nth > 0 { "," } else { "" };
                text.push_str(&format!("{comma}{before}{record}{after}"));
            }
            text.push_str(&format!("{trail}]{trail}"));
            (
                parts.into_iter().map(|part| part.0).collect(),
                text.into_bytes(),
            )
        })
}

/// JSON Lines with odd line ends, and its records. The first is an object, as detection needs.
fn lines() -> impl Strategy<Value = (Vec<String>, Vec<u8>)> {
    let end =
        prop_oneof![4 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\n \t\n"), 1 => Just("\n\r\n")];
    let line = (space(" \t"), record(), space(" \t"), end);
    (
        bom(),
        space(" \n"),
        proptest::collection::vec(line, 0..12),
        any::<bool>(),
    )
        .prop_map(|(bom, lead, lines, last_has_no_end)| {
            let mut records = vec!["{}".to_owned()];
            let mut text = format!("{bom}{}{{}}", lead.replace(' ', ""));
            for (before, record, after, end) in lines {
                text.push_str(end);
                let line = format!("{before}{record}{after}");
                text.push_str(&line);
                records.push(line);
            }
            if !last_has_no_end {
                text.push('\n');
            }
            (records, text.into_bytes())
        })
}

fn open(bytes: &[u8]) -> Dataset {
    let source = Arc::new(MemorySource::new("generated", bytes.to_vec()));
    Dataset::open(source, None).unwrap_or_else(|error| {
        panic!("{error}\n{}", String::from_utf8_lossy(bytes));
    })
}

fn subset(dataset: &Dataset, positions: &[u64]) -> Vec<u8> {
    let mut bytes = vec![];
    let written = write_subset(dataset, positions, &mut bytes).unwrap();
    assert_eq!(written, bytes.len() as u64);
    bytes
}

/// The properties that hold for every format.
fn check(format: Format, records: &[String], bytes: &[u8], mask: u64) {
    let dataset = open(bytes);
    assert_eq!(dataset.format(), format);
    assert_eq!(dataset.len(), records.len() as u64);
    for (position, record) in records.iter().enumerate() {
        let found = dataset.record_bytes(position as u64).unwrap();
        assert_eq!(String::from_utf8(found).unwrap(), *record);
    }

    let all: Vec<u64> = (0..dataset.len()).collect();
    assert_eq!(subset(&dataset, &all), bytes, "all records give the source");

    let chosen: Vec<u64> = all
        .iter()
        .copied()
        .filter(|position| mask >> position & 1 == 1)
        .collect();
    let written = subset(&dataset, &chosen);
    if chosen.is_empty() && format == Format::Jsonl {
        assert!(written.is_empty());
        return;
    }
    let source = Arc::new(MemorySource::new("subset", written.clone()));
    let again = Dataset::open(source, Some(format)).unwrap();
    assert_eq!(again.len(), chosen.len() as u64);
    for (nth, &position) in chosen.iter().enumerate() {
        assert_eq!(
            again.record_bytes(nth as u64).unwrap(),
            dataset.record_bytes(position).unwrap(),
            "record {position} of {}",
            String::from_utf8_lossy(bytes)
        );
    }
    let all: Vec<u64> = (0..again.len()).collect();
    assert_eq!(
        subset(&again, &all),
        written,
        "a subset read again gives itself"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn json_arrays((records, bytes) in array(), mask: u64) {
        check(Format::Json, &records, &bytes, mask);
    }

    #[test]
    fn json_lines((records, bytes) in lines(), mask: u64) {
        check(Format::Jsonl, &records, &bytes, mask);
    }

    /// Whatever the bytes are: an answer, no panic, and ranges within the file in order.
    #[test]
    fn any_bytes_are_an_error_or_a_dataset(
        text in r#"[\[\]{},:"\\a0 \n]{0,60}"#,
        format in proptest::option::of(proptest::sample::select(vec![Format::Json, Format::Jsonl])),
    ) {
        let source = Arc::new(MemorySource::new("any", text.clone().into_bytes()));
        if let Ok(dataset) = Dataset::open(source, format) {
            let mut end = 0;
            for position in 0..dataset.len() {
                let bytes = dataset.record_bytes(position).unwrap();
                prop_assert!(!bytes.is_empty());
                let record = std::str::from_utf8(&bytes).unwrap();
                end += text[end..].find(record).expect("records stand in the file in order");
                end += bytes.len();
                let _ = dataset.record(position).unwrap();
            }
            let all: Vec<u64> = (0..dataset.len()).collect();
            prop_assert_eq!(subset(&dataset, &all), text.as_bytes());
            // Where the whole is valid JSON, the records are its elements.
            if let (Format::Json, Ok(serde_json::Value::Array(items))) =
                (dataset.format(), serde_json::from_str(&text))
            {
                prop_assert_eq!(items.len() as u64, dataset.len());
                for (position, item) in items.iter().enumerate() {
                    let bytes = dataset.record_bytes(position as u64).unwrap();
                    prop_assert_eq!(&serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), item);
                }
            }
        } else if format != Some(Format::Jsonl) {
            let valid = serde_json::from_str::<Vec<serde_json::Value>>(&text).is_ok();
            prop_assert!(!valid, "a valid array is refused");
        }
    }

    #[test]
    fn any_record_bytes_are_a_record_or_a_reason(bytes in r#"\PC{0,60}"#) {
        let _ = Record::parse(bytes.as_bytes());
    }
}

#[test]
fn layouts_are_kept() {
    for (source, positions, expected) in [
        (
            "[{\"a\":1},{\"a\":2},{\"a\":3}]",
            &[0, 2][..],
            "[{\"a\":1},{\"a\":3}]",
        ),
        ("[{\"a\":1},{\"a\":2}]\n", &[1], "[{\"a\":2}]\n"),
        (
            "[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n",
            &[1],
            "[\n  {\"a\": 2}\n]\n",
        ),
        ("[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n", &[], "[\n  \n]\n"),
        ("[]", &[], "[]"),
        ("\u{feff} [ ]\r\n", &[], "\u{feff} [ ]\r\n"),
        ("{\"a\":1}\r\n{\"a\":2}\n{\"a\":3}", &[0], "{\"a\":1}\r\n"),
        ("{\"a\":1}\r\n{\"a\":2}\n{\"a\":3}", &[2], "{\"a\":3}"),
        ("{\"a\":1}\n\n{\"a\":2}\n", &[0], "{\"a\":1}\n\n"),
        (
            "\u{feff}{\"a\":1}\n{\"a\":2}\n",
            &[1],
            "\u{feff}{\"a\":2}\n",
        ),
        ("\u{feff}{\"a\":1}\n", &[], ""),
        (
            "\u{feff}{\"a\":1}\r\n\r\n{\"b\": 1e400}\r\n{\"c\":\"\\ud83d\"}",
            &[0, 2],
            "\u{feff}{\"a\":1}\r\n\r\n{\"c\":\"\\ud83d\"}",
        ),
        (
            "\u{feff}\r\nnull\r\n{\"b\": 1e400}\r\n \r\n{\"c\":3}\r\n",
            &[0, 1],
            "\u{feff}\r\nnull\r\n{\"b\": 1e400}\r\n \r\n",
        ),
    ] {
        let written = subset(&open(source.as_bytes()), positions);
        assert_eq!(
            String::from_utf8(written).unwrap(),
            expected,
            "{source:?} {positions:?}"
        );
    }
}

#[test]
fn wrong_positions_are_refused_before_anything_is_written() {
    let dataset = open(b"[{}, {}, {}]");
    let mut out = vec![];
    for (positions, words) in [
        (&[1, 1][..], "expected more than 1, found 1"),
        (&[2, 0], "expected more than 2, found 0"),
        (&[0, 3], "there is no record 3: the dataset has 3 records"),
    ] {
        let message = write_subset(&dataset, positions, &mut out)
            .unwrap_err()
            .to_string();
        assert!(message.contains(words), "{message}");
    }
    assert!(out.is_empty());
}

/// A writer that is full after some bytes.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let dataset = open(b"[{}, {}, {}]");
    let error = write_subset(&dataset, &[0, 2], &mut Full(5)).unwrap_err();
    assert!(matches!(error, Error::Write(_)), "{error}");
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn a_file_that_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.jsonl");
    std::fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").unwrap();
    let source = ofa_data::FileSource::open(&path).unwrap();
    let dataset = Dataset::open(Arc::new(source), None).unwrap();
    assert_eq!(subset(&dataset, &[1]), b"{\"a\":2}\n");
    std::fs::write(&path, "{\"b\":1}\n{\"b\":2}\n\n").unwrap();
    let error = write_subset(&dataset, &[1], &mut vec![]).unwrap_err();
    assert!(matches!(error, Error::Changed { .. }), "{error}");
}
