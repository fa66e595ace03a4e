//! What the JSON and text files of a sample say.

use super::key::kind_of;
use super::{MAX_RECORD_BYTES, SampleFile, TEXT_KINDS};
use crate::Result;
use crate::archive::shown;
use crate::format::{BOM, is_json_space};
use crate::record::{Record, is_blank};
use crate::skip::{Skip, SkipReason};
use crate::source::{self, ByteSource};

/// The file with this ending: the one that has nothing before it, or else the first.
pub(super) fn file_of_kind<'f, 'a>(
    files: &'f [SampleFile<'a>],
    kind: &str,
) -> Option<&'f SampleFile<'a>> {
    files
        .iter()
        .find(|file| file.extension == kind)
        .or_else(|| files.iter().find(|file| kind_of(&file.extension) == kind))
}

/// The record of a sample, apart from the images and the key that it has as a sample. Where it has
/// images as a sample, what its JSON says of images is passed over: it may be anything.
pub(super) fn record(
    source: &dyn ByteSource,
    files: &[SampleFile<'_>],
    has_images: bool,
) -> Result<Result<Record, Skip>> {
    let parse_object = match has_images {
        true => Record::parse_without_images,
        false => Record::parse_at,
    };
    let mut record = match file_of_kind(files, "json") {
        Some(file) => {
            let parsed = read(source, file)?.and_then(|bytes| {
                let mark = bytes.len() - without_mark(&bytes).len();
                parse(&bytes[mark..], file.data.start + mark as u64, parse_object)
                    .map_err(|skip| in_file(file, skip))
            });
            match parsed {
                Ok(record) => record,
                Err(skip) => return Ok(Err(skip)),
            }
        }
        None => Record::default(),
    };
    if record.human_turns.is_empty() {
        match text(source, files)? {
            Ok(text) => record.human_turns.extend(text),
            Err(skip) => return Ok(Err(skip)),
        }
    }
    Ok(Ok(record))
}

/// A sample as one JSON value, see [`Samples::json`](super::Samples::json).
pub(super) fn json(
    source: &dyn ByteSource,
    files: &[SampleFile<'_>],
    key: String,
) -> Result<Result<Vec<u8>, Skip>> {
    let mut own_text = None;
    if let Some(file) = file_of_kind(files, "json") {
        let json = match read(source, file)? {
            Ok(json) => json,
            Err(skip) => return Ok(Err(skip)),
        };
        let bare = without_mark(&json);
        let Ok(record) = parse(bare, 0, Record::parse_without_images) else {
            return Ok(Ok(json));
        };
        if !is_string(bare) {
            if !record.human_turns.is_empty() {
                return Ok(Ok(json));
            }
            let with_text = match text(source, files)? {
                Ok(text) => text.and_then(|text| Record::with_text(bare, &text)),
                Err(skip) => return Ok(Err(skip)),
            };
            return Ok(Ok(with_text.unwrap_or(json)));
        }
        own_text = record.human_turns.into_iter().next();
    }
    let mut object = serde_json::Map::new();
    object.insert("__key__".to_owned(), key.into());
    let text = match own_text {
        Some(text) => Ok(Some(text)),
        None => text(source, files)?,
    };
    Ok(text.map(|text| {
        object.extend(text.map(|text| ("text".to_owned(), text.into())));
        serde_json::Value::Object(object).to_string().into_bytes()
    }))
}

/// The first text of a sample that is not blank.
pub(super) fn text(
    source: &dyn ByteSource,
    files: &[SampleFile<'_>],
) -> Result<Result<Option<String>, Skip>> {
    for kind in TEXT_KINDS {
        let Some(file) = file_of_kind(files, kind) else {
            continue;
        };
        let bytes = match read(source, file)? {
            Ok(bytes) => bytes,
            Err(skip) => return Ok(Err(skip)),
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                if !is_blank(text) {
                    return Ok(Ok(Some(text.to_owned())));
                }
            }
            Err(error) => {
                let at = file.data.start + error.valid_up_to() as u64;
                let skip = Skip::new(
                    SkipReason::InvalidText,
                    format!("at byte {at}: not UTF-8; expected text in UTF-8"),
                );
                return Ok(Err(in_file(file, skip)));
            }
        }
    }
    Ok(Ok(None))
}

/// Reads a file of a sample whole.
pub(super) fn read(
    source: &dyn ByteSource,
    file: &SampleFile<'_>,
) -> Result<Result<Vec<u8>, Skip>> {
    if file.len() > MAX_RECORD_BYTES {
        let skip = Skip::new(
            SkipReason::RecordTooLarge,
            format!("{} bytes; at most {MAX_RECORD_BYTES} are read", file.len()),
        );
        return Ok(Err(in_file(file, skip)));
    }
    let mut bytes = vec![0; file.len() as usize];
    source::read(source, file.data.start, &mut bytes)?;
    Ok(Ok(bytes))
}

fn parse(
    json: &[u8],
    start: u64,
    parse_object: impl Fn(&[u8], u64) -> Result<Record, Skip>,
) -> Result<Record, Skip> {
    /// What makes a string the text of a record.
    const BEFORE: &[u8] = br#"{"text":"#;

    match parse_object(json, start) {
        Err(skip) if skip.reason == SkipReason::NotAnObject && is_string(json) => {
            Record::parse(&[BEFORE, json, b"}"].concat())
        }
        parsed => parsed,
    }
}

fn is_string(json: &[u8]) -> bool {
    json.iter().find(|&&byte| !is_json_space(byte)) == Some(&b'"')
}

fn in_file(file: &SampleFile<'_>, skip: Skip) -> Skip {
    let name = shown(file.name.as_bytes());
    Skip::new(skip.reason, format!("{name}: {}", skip.detail))
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BOM).unwrap_or(bytes)
}
