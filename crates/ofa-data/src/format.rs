//! Dataset formats, and how a file's own bytes tell which it is.

mod document;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, show_byte};
use crate::source::{ByteSource, for_each_chunk, read_prefix};

/// How a dataset's records stand in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// One JSON array of objects (LLaVA, Vision-Flan, ShareGPT).
    Json,
    /// One JSON object a line (JSON Lines).
    Jsonl,
    /// Apache Parquet, a record a row (Hugging Face).
    Parquet,
    /// A tar archive of samples (WebDataset).
    Webdataset,
    /// Images, each with a text file of the same name beside it.
    Captions,
}

impl Format {
    /// Every format, in a fixed order.
    pub const ALL: [Self; 5] = [
        Self::Json,
        Self::Jsonl,
        Self::Parquet,
        Self::Webdataset,
        Self::Captions,
    ];

    /// The stable name, the same that serde writes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Webdataset => "webdataset",
            Self::Captions => "captions",
        }
    }

    /// How a dataset of this format is told, in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Json => "begins with `[`",
            Self::Jsonl => "has an object in a line of its own",
            Self::Parquet => "begins with `PAR1`",
            Self::Webdataset => "is a tar archive",
            Self::Captions => "has images and no file of records",
        }
    }

    /// Tells the format from the content, never from the name.
    ///
    /// A UTF-8 byte-order mark and white space before the first value are passed over. Then
    /// `[` means [`Format::Json`] and `{` means [`Format::Jsonl`], with two exceptions that are no
    /// dataset. The first line leaves its object open and ends with `{`, `[`, `,` or `:`: that is
    /// one JSON object over several lines. Or the first line is the only one, and its object has
    /// no key of a record but a list of objects: the records are in there. A string, a number,
    /// `null` or the like means [`Format::Jsonl`] where an object is in a line below it.
    ///
    /// `PAR1` means [`Format::Parquet`], and `ustar` at its place in a header
    /// [`Format::Webdataset`].
    ///
    /// Reads the first line at most, and what is needed to see another.
    ///
    /// # Errors
    /// - [`Error::Empty`]: no byte, or nothing but white space.
    /// - [`Error::Unsupported`]: UTF-16, UTF-32, or a compressed or binary format.
    /// - [`Error::NotAnArray`]: one JSON object that is no record, or a JSON string or number.
    /// - [`Error::NotJson`]: anything else.
    /// - [`Error::Read`]: the source fails.
    pub fn detect(source: &dyn ByteSource) -> Result<Self, Error> {
        match read_prefix(source, 512)?.as_slice() {
            [b'P', b'A', b'R', b'1', ..] => return Ok(Self::Parquet),
            // JSON may well have these letters there.
            start @ [first, ..]
                if start.get(257..262) == Some(b"ustar")
                    && !is_json_space(*first)
                    && !matches!(first, b'[' | b'{' | 0xef) =>
            {
                return Ok(Self::Webdataset);
            }
            _ => {}
        }
        refuse_unsupported(source)?;
        let name = || source.name().to_owned();
        let (offset, first) = match first_byte(source)? {
            Some(found) => found,
            None => return Err(Error::Empty { name: name() }),
        };
        match first {
            b'[' => Ok(Self::Json),
            b'{' => match document::found_in(source, offset)? {
                Some(found) => Err(Error::NotAnArray {
                    name: name(),
                    offset,
                    found,
                }),
                None => Ok(Self::Jsonl),
            },
            _ if document::scalars_before_an_object(source, offset)? => Ok(Self::Jsonl),
            b'"' | b'0'..=b'9' | b'-' => Err(Error::NotAnArray {
                name: name(),
                offset,
                found: if first == b'"' {
                    "a string"
                } else {
                    "a number"
                }
                .to_owned(),
            }),
            other => Err(Error::NotJson {
                name: name(),
                offset,
                found: show_byte(other),
            }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no [`Format`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dataset format `{0}`; expected json, jsonl, parquet, webdataset or captions")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// The byte-order mark of UTF-8. It is kept as part of what stands before the first record.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// White space as JSON defines it.
pub(crate) fn is_json_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Bytes of the mark at the front of the source: 3 or 0.
pub(crate) fn bom_length(source: &dyn ByteSource) -> Result<u64, Error> {
    let start = read_prefix(source, 3)?;
    Ok(if start == BOM { 3 } else { 0 })
}

const UNPACK: &str = "unpack it first";
const RECODE: &str = "convert it to UTF-8, for example with `iconv -t UTF-8`";

/// Refuses what is known by its first bytes and cannot be read as JSON in UTF-8.
///
/// # Errors
/// [`Error::Unsupported`] and [`Error::Read`].
pub(crate) fn refuse_unsupported(source: &dyn ByteSource) -> Result<(), Error> {
    let start = read_prefix(source, 512)?;
    let (found, advice) = match start.as_slice() {
        [0x1f, 0x8b, ..] => (
            "gzip-compressed data",
            "unpack it first, for example with `gunzip FILE.gz`",
        ),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => (
            "zstd-compressed data",
            "unpack it first, for example with `zstd -d FILE.zst`",
        ),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => (
            "xz-compressed data",
            "unpack it first, for example with `unxz FILE.xz`",
        ),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => (
            "bzip2-compressed data",
            "unpack it first, for example with `bunzip2 FILE.bz2`",
        ),
        [b'P', b'K', 3, 4, ..] => ("a zip archive", UNPACK),
        [b'P', b'A', b'R', b'E', ..] => ("an encrypted Parquet file", "decrypt it first"),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => ("UTF-32 text", RECODE),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("UTF-16 text", RECODE),
        // Without a mark: JSON begins with two ASCII characters, so a zero among the first two
        // bytes is the high half of a wider character.
        [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => ("UTF-32 text", RECODE),
        [0, 1..=255, ..] | [1..=255, 0, ..] => ("UTF-16 text", RECODE),
        _ => return Ok(()),
    };
    Err(Error::Unsupported {
        name: source.name().to_owned(),
        found,
        advice,
    })
}

/// The first byte that is neither mark nor white space, with its position.
fn first_byte(source: &dyn ByteSource) -> Result<Option<(u64, u8)>, Error> {
    let mut found = None;
    for_each_chunk(source, bom_length(source)?, |offset, chunk| {
        found = chunk
            .iter()
            .position(|&byte| !is_json_space(byte))
            .map(|at| (offset + at as u64, chunk[at]));
        Ok(found.is_none())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    fn detect(bytes: &[u8]) -> Result<Format, Error> {
        Format::detect(&MemorySource::new("test", bytes.to_vec()))
    }

    #[test]
    fn content_tells_the_format() {
        assert_eq!(detect(b"[]").unwrap(), Format::Json);
        assert_eq!(detect(b"\xef\xbb\xbf \r\n\t[{}]").unwrap(), Format::Json);
        assert_eq!(detect(b"{\"a\": 1}\n{}").unwrap(), Format::Jsonl);
        assert_eq!(
            detect(b"\xef\xbb\xbf\n\n{\"a\": \"}\\\"{[\"}").unwrap(),
            Format::Jsonl
        );
        // A first record that was cut is a matter of that record.
        assert_eq!(
            detect(b"{\"a\": \"cut\n{\"a\": 1}\n").unwrap(),
            Format::Jsonl
        );
        assert_eq!(
            detect(b"{\"a\": {\"b\": 1}\n{\"a\": 1}\n").unwrap(),
            Format::Jsonl
        );
    }

    #[test]
    fn one_object_over_several_lines_is_no_dataset() {
        for text in [
            "{\n  \"data\": []\n}",
            "{\"data\": [\n{}]}",
            "{\"a\": 1,\r\n\"b\": 2}",
        ] {
            let error = detect(text.as_bytes()).unwrap_err();
            assert!(
                matches!(error, Error::NotAnArray { offset: 0, .. }),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn one_object_with_the_records_in_it_is_no_dataset() {
        for text in [
            "{\"data\": [{\"image\": \"a.jpg\"}]}",
            "\u{feff} {\"info\": {\"id\": [1]}, \"data\" : [ {}, {}], \"n\": 2} \n\n",
            "{\"a\\\"b\": [{}]}",
        ] {
            let error = detect(text.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::NotAnArray { .. }), "{text}: {error}");
            let message = error.to_string();
            assert!(message.contains("write that list to a file"), "{message}");
        }
        for text in [
            // One record.
            "{\"conversations\": [{\"from\": \"human\", \"value\": \"a\"}]}",
            "{\"id\": 1, \"turns\": [{}]}",
            "{\"turns\": [{}], \"image\": \"a.jpg\"}\n",
            // No list of objects, not on the top level, or cut.
            "{\"data\": [1, {}]}",
            "{\"data\": []}",
            "{\"x\": {\"data\": [{}]}}",
            "{\"x\": \"data\", \"y\": \"[{}]\"}",
            "{\"data\": [{}]",
            // More than one line.
            "{\"data\": [{}]}\n{\"data\": [{}]}\n",
            "{\"data\": [{}]}\n \n5",
        ] {
            assert_eq!(detect(text.as_bytes()).unwrap(), Format::Jsonl, "{text}");
        }
    }

    #[test]
    fn one_odd_line_before_the_records_is_one_record() {
        for text in [
            "null\n{\"a\": 1}\n",
            "5\r\n\r\n{\"a\": 1}",
            "\u{feff}\"text\"\nNaN\n-1e400\ntrue\n {}",
        ] {
            assert_eq!(detect(text.as_bytes()).unwrap(), Format::Jsonl, "{text}");
        }
        for text in [
            "null",
            "5\n6\n",
            "null\n[{}]",
            "hello\n{}\n",
            "\"a\nb\"\n{}",
        ] {
            assert!(detect(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn other_content_is_named() {
        for (bytes, word) in [
            (&b"\x1f\x8b\x08\0"[..], "gunzip"),
            (b"\x28\xb5\x2f\xfd\0", "zstd"),
            (b"\xfd7zXZ\0", "xz"),
            (b"BZh91AY&SY", "bzip2"),
            (b"PK\x03\x04rest", "zip"),
            (b"PARErest", "Parquet"),
            (b"\xff\xfe[\0", "UTF-16"),
            (b"\xfe\xff\0[", "UTF-16"),
            (b"[\0{\0", "UTF-16"),
            (b"\0[\0{", "UTF-16"),
            (b"[\0\0\0{\0\0\0", "UTF-32"),
            (b"\xff\xfe\0\0[\0\0\0", "UTF-32"),
            (b"", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b" \n\n", "empty"),
            (b"\"text\"", "a string"),
            (b"12", "a number"),
            (b"<html>", "`<`"),
            (b"\xe9", "0xe9"),
        ] {
            let message = detect(bytes).unwrap_err().to_string();
            assert!(message.contains(word), "{bytes:?}: {message}");
        }
        let mut tar = vec![b'a'; 600];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(detect(&tar).unwrap(), Format::Webdataset);
        assert_eq!(detect(b"PAR1rest").unwrap(), Format::Parquet);
        tar[..10].copy_from_slice(b"{\"text\": \"");
        tar[598..].copy_from_slice(b"\"}");
        assert_eq!(detect(&tar).unwrap(), Format::Jsonl);
    }

    #[test]
    fn names_read_back() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
        }
        assert!("JSON".parse::<Format>().is_err());
    }
}
