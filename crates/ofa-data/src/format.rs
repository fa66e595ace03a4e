//! Dataset formats, and how a file's own bytes tell which it is.

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
}

impl Format {
    /// The stable name: `json` or `jsonl`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }

    /// Tells the format from the content, never from the name.
    ///
    /// A UTF-8 byte-order mark and white space before the first value are passed over. Then
    /// `[` means [`Format::Json`] and `{` means [`Format::Jsonl`], unless the first line leaves
    /// its object open and ends with `{`, `[`, `,` or `:`: that is one JSON object over several
    /// lines, which is no dataset.
    ///
    /// Reads the first line at most.
    ///
    /// # Errors
    /// - [`Error::Empty`]: no byte, or nothing but white space.
    /// - [`Error::Unsupported`]: UTF-16, UTF-32, or a compressed or binary format.
    /// - [`Error::NotAnArray`]: one JSON object over several lines, or a JSON string or number.
    /// - [`Error::NotJson`]: anything else.
    /// - [`Error::Read`]: the source fails.
    pub fn detect(source: &dyn ByteSource) -> Result<Self, Error> {
        refuse_unsupported(source)?;
        let name = || source.name().to_owned();
        let (offset, first) = match first_byte(source)? {
            Some(found) => found,
            None => return Err(Error::Empty { name: name() }),
        };
        match first {
            b'[' => Ok(Self::Json),
            b'{' if first_line_is_unfinished_document(source, offset)? => Err(Error::NotAnArray {
                name: name(),
                offset,
                found: "one JSON object over several lines".to_owned(),
            }),
            b'{' => Ok(Self::Jsonl),
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
#[error("unknown dataset format `{0}`; expected json or jsonl")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::Jsonl),
            other => Err(UnknownFormat(other.to_owned())),
        }
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
        [b'P', b'A', b'R', b'1', ..] => ("a Parquet file", "export its rows as JSON Lines first"),
        [_, ..] if start.get(257..262) == Some(b"ustar") => ("a tar archive", UNPACK),
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

/// Whether the object that begins at `offset` is still open at the end of its line, in the way
/// in which a pretty-printed document is (a truncated JSON Lines record looks different).
fn first_line_is_unfinished_document(source: &dyn ByteSource, offset: u64) -> Result<bool, Error> {
    let mut depth = 0u64;
    let (mut in_string, mut escaped, mut ended) = (false, false, false);
    let mut last = 0u8;
    for_each_chunk(source, offset, |_, chunk| {
        for &byte in chunk {
            if byte == b'\n' {
                ended = true;
                return Ok(false);
            }
            if !is_json_space(byte) {
                last = byte;
            }
            if in_string {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => in_string = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
        Ok(true)
    })?;
    Ok(ended && depth > 0 && !in_string && matches!(last, b'{' | b'[' | b',' | b':'))
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
    fn other_content_is_named() {
        for (bytes, word) in [
            (&b"\x1f\x8b\x08\0"[..], "gunzip"),
            (b"\x28\xb5\x2f\xfd\0", "zstd"),
            (b"\xfd7zXZ\0", "xz"),
            (b"BZh91AY&SY", "bzip2"),
            (b"PK\x03\x04rest", "zip"),
            (b"PAR1rest", "Parquet"),
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
        assert!(detect(&tar).unwrap_err().to_string().contains("tar"));
    }

    #[test]
    fn names_read_back() {
        for format in [Format::Json, Format::Jsonl] {
            assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
        }
        assert!("JSON".parse::<Format>().is_err());
    }
}
