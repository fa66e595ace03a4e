//! What a file that does not begin with `[` is.

use serde::de::IgnoredAny;

use super::is_json_space;
use crate::error::Error;
use crate::record::KEYS;
use crate::source::{ByteSource, for_each_chunk, for_each_chunk_in};

/// What the object that begins at `offset` is where it is no record, in words.
///
/// One over several lines: still open at the end of its line in the way in which a pretty-printed
/// document is (a truncated JSON Lines record looks different). Or the only line of the file, with
/// a list of objects and no key of a record.
pub(super) fn found_in(source: &dyn ByteSource, offset: u64) -> Result<Option<String>, Error> {
    let mut line = Line::default();
    let (mut ended, mut more) = (false, false);
    for_each_chunk(source, offset, |_, chunk| {
        for &byte in chunk {
            if ended && !is_json_space(byte) {
                more = true;
                return Ok(false);
            }
            if byte == b'\n' && !ended {
                ended = true;
                if line.is_unfinished_document() {
                    return Ok(false);
                }
            }
            if !ended {
                line.take(byte);
            }
        }
        Ok(true)
    })?;
    if ended && line.is_unfinished_document() {
        return Ok(Some("one JSON object over several lines".to_owned()));
    }
    let list = line
        .list
        .filter(|_| !more && !line.record && line.depth == 0);
    Ok(list.map(|key| format!("one JSON object with a list of objects under `{key}`")))
}

/// A line as far as it is read.
#[derive(Default)]
struct Line {
    depth: u64,
    in_string: bool,
    escaped: bool,
    /// The last two bytes that are no white space.
    last: [u8; 2],
    in_key: bool,
    /// The last key of the top level, as it is written, as far as it may be a name.
    key: Vec<u8>,
    /// Whether there is a key of a record on the top level.
    record: bool,
    /// The first key of the top level with a list of objects.
    list: Option<String>,
}

impl Line {
    fn take(&mut self, byte: u8) {
        /// No name is longer.
        const LONGEST: usize = 80;

        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            if self.in_string && self.in_key && self.key.len() < LONGEST {
                self.key.push(byte);
            }
        } else {
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.in_key = self.depth == 1 && self.last[1] != b':';
                    if self.in_key {
                        self.key.clear();
                    }
                }
                b':' if self.depth == 1 => {
                    self.record |= KEYS.iter().any(|key| key.as_bytes() == self.key);
                }
                b'{' | b'[' => {
                    if self.depth == 2 && byte == b'{' && self.last == [b':', b'['] {
                        let key = String::from_utf8_lossy(&self.key).into_owned();
                        self.list.get_or_insert(key);
                    }
                    self.depth += 1;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        if !is_json_space(byte) {
            self.last = [self.last[1], byte];
        }
    }

    fn is_unfinished_document(&self) -> bool {
        self.depth > 0 && !self.in_string && matches!(self.last[1], b'{' | b'[' | b',' | b':')
    }
}

/// Whether the lines from `offset` are JSON values that are neither objects nor lists, and then
/// comes one that begins an object. Looks at the first 64 KiB.
pub(super) fn scalars_before_an_object(
    source: &dyn ByteSource,
    offset: u64,
) -> Result<bool, Error> {
    const LOOKED_AT: u64 = 1 << 16;

    let mut start = vec![];
    let end = source.len().min(offset + LOOKED_AT);
    for_each_chunk_in(source, offset..end, |_, chunk| {
        start.extend_from_slice(chunk);
        Ok(true)
    })?;
    for line in start.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        match line {
            [] | b"NaN" | b"Infinity" | b"-Infinity" => {}
            [b'{', ..] => return Ok(true),
            [b'[', ..] => return Ok(false),
            _ if serde_json::from_slice::<IgnoredAny>(line).is_ok() => {}
            _ => return Ok(false),
        }
    }
    Ok(false)
}
