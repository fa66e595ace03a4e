//! Splits a JSON array into its elements without parsing them.
//!
//! Between elements the grammar is checked to the byte. Within an element only strings and
//! matching brackets are followed, which is what its end depends on; whether the rest is valid
//! JSON shows when the record is parsed.

use memchr::memchr2;

use super::RecordIndex;
use super::blocks::{self, BLOCK};
use crate::error::{Error, show_byte};
use crate::format::is_json_space;

/// Real records nest a handful of levels. The limit bounds the memory for the brackets.
const MAX_DEPTH: u64 = 1 << 20;

/// Fed with a file chunk by chunk, puts its elements into a [`RecordIndex`].
pub(super) struct ArraySplitter<'a> {
    name: &'a str,
    state: State,
    /// Where the element that is being read begins.
    start: u64,
    brackets: Brackets,
    in_string: bool,
    /// The chunk ended between a backslash and the byte that it escapes.
    escaped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeArray,
    /// After `[`.
    ElementOrEnd,
    /// After a comma.
    Element,
    InNested,
    InString,
    InScalar,
    /// After an element.
    CommaOrEnd,
    AfterArray,
}

impl<'a> ArraySplitter<'a> {
    pub(super) fn new(name: &'a str) -> Self {
        Self {
            name,
            state: State::BeforeArray,
            start: 0,
            brackets: Brackets::default(),
            in_string: false,
            escaped: false,
        }
    }

    /// Takes the bytes that begin at `offset`, which go on where the last ones ended.
    pub(super) fn push(
        &mut self,
        offset: u64,
        chunk: &[u8],
        index: &mut RecordIndex,
    ) -> Result<(), Error> {
        let mut at = 0;
        while at < chunk.len() {
            match self.state {
                State::InNested => at = self.nested(offset, chunk, at, index)?,
                State::InString => {
                    self.in_string = true;
                    at = self.string(chunk, at);
                    if !self.in_string {
                        self.end_element(offset + at as u64, index)?;
                    }
                }
                State::InScalar => {
                    let rest = &chunk[at..];
                    let length = rest
                        .iter()
                        .position(|&b| !is_scalar(b))
                        .unwrap_or(rest.len());
                    at += length;
                    if at < chunk.len() {
                        self.end_element(offset + at as u64, index)?;
                    }
                }
                _ if is_json_space(chunk[at]) => at += 1,
                _ => {
                    self.between(offset + at as u64, chunk[at], index)?;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// Checks that the array was whole.
    pub(super) fn finish(self, length: u64, index: &RecordIndex) -> Result<(), Error> {
        let expected = match self.state {
            State::AfterArray => return Ok(()),
            State::BeforeArray => {
                return Err(Error::Empty {
                    name: self.name.to_owned(),
                });
            }
            State::ElementOrEnd => "a record or `]`",
            State::Element => "a record",
            State::CommaOrEnd | State::InScalar => "`,` or `]`",
            State::InString => "the `\"` that ends the text",
            State::InNested if self.in_string => "the `\"` that ends the text",
            State::InNested if self.brackets.top_is_object() => "the `}` that ends the object",
            State::InNested => "the `]` that ends the list",
        };
        let place = self.place(index);
        Err(Error::BreaksOff {
            name: self.name.to_owned(),
            offset: length,
            place,
            expected,
        })
    }

    /// One byte that is not white space, outside of every element.
    fn between(&mut self, offset: u64, byte: u8, index: &RecordIndex) -> Result<(), Error> {
        let name = || self.name.to_owned();
        match (self.state, byte) {
            (State::BeforeArray, b'[') => self.state = State::ElementOrEnd,
            (State::BeforeArray, _) => {
                let found = match byte {
                    b'{' => "an object (`{`)".to_owned(),
                    other => show_byte(other),
                };
                return Err(Error::NotAnArray {
                    name: name(),
                    offset,
                    found,
                });
            }
            (State::AfterArray, _) => {
                let found = match byte {
                    b'[' | b'{' => format!("a second document (`{}`)", byte as char),
                    other => show_byte(other),
                };
                return Err(Error::Trailing {
                    name: name(),
                    offset,
                    found,
                });
            }
            (State::CommaOrEnd, b',') => self.state = State::Element,
            (State::CommaOrEnd | State::ElementOrEnd, b']') => self.state = State::AfterArray,
            (State::CommaOrEnd, other) => {
                return Err(self.broken(offset, index, "`,` or `]`", other));
            }
            (_, b'{' | b'[') => {
                self.start = offset;
                self.brackets.push(byte == b'{');
                self.state = State::InNested;
            }
            (_, b'"') => {
                self.start = offset;
                self.state = State::InString;
            }
            (_, byte) if is_scalar(byte) => {
                self.start = offset;
                self.state = State::InScalar;
            }
            (State::ElementOrEnd, other) => {
                return Err(self.broken(offset, index, "a record or `]`", other));
            }
            (_, other) => return Err(self.broken(offset, index, "a record", other)),
        }
        Ok(())
    }

    /// Follows strings and brackets from `at` until the element ends or the chunk does.
    /// Returns where it stopped.
    ///
    /// A backslash is taken to escape the next byte also outside of strings, where JSON has
    /// none: such a record is invalid however it is cut.
    fn nested(
        &mut self,
        offset: u64,
        chunk: &[u8],
        mut at: usize,
        index: &mut RecordIndex,
    ) -> Result<usize, Error> {
        while let Some(block) = chunk[at..].first_chunk() {
            let masks = blocks::masks(block);
            let escaped = self.escaped_in_block(masks.backslashes);
            let quotes = masks.quotes & !escaped;
            let strings = blocks::parity_so_far(quotes) ^ if self.in_string { !0 } else { 0 };
            let mut brackets = masks.brackets & !strings & !escaped;
            while brackets != 0 {
                let place = brackets.trailing_zeros() as usize;
                brackets &= brackets - 1;
                if self.bracket(offset + (at + place) as u64, block[place], index)? {
                    (self.in_string, self.escaped) = (false, false);
                    return Ok(at + place + 1);
                }
            }
            self.in_string = strings >> (BLOCK - 1) == 1;
            at += BLOCK;
        }
        for (place, &byte) in chunk.iter().enumerate().skip(at) {
            let is_bracket = matches!(byte, b'{' | b'[' | b'}' | b']');
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.in_string = !self.in_string;
            } else if is_bracket
                && !self.in_string
                && self.bracket(offset + place as u64, byte, index)?
            {
                return Ok(place + 1);
            }
        }
        Ok(chunk.len())
    }

    /// The bytes of a block that are escaped, from where its backslashes are.
    fn escaped_in_block(&mut self, mut backslashes: u64) -> u64 {
        let mut escaped = u64::from(self.escaped);
        self.escaped = false;
        // One that is escaped itself escapes nothing.
        backslashes &= !escaped;
        while backslashes != 0 {
            let place = backslashes.trailing_zeros();
            let next = (1 << place) << 1;
            escaped |= next;
            self.escaped = next == 0;
            backslashes &= !(1 << place | next);
        }
        escaped
    }

    /// A bracket outside of strings. Returns whether the element ends with it.
    fn bracket(&mut self, offset: u64, byte: u8, index: &mut RecordIndex) -> Result<bool, Error> {
        if matches!(byte, b'{' | b'[') {
            if self.brackets.depth == MAX_DEPTH {
                let expected = "at most 1,048,576 levels of nesting";
                return Err(self.broken(offset, index, expected, byte));
            }
            self.brackets.push(byte == b'{');
            return Ok(false);
        }
        let is_object = self.brackets.top_is_object();
        if is_object != (byte == b'}') {
            let expected = if is_object {
                "`,` or `}`"
            } else {
                "`,` or `]`"
            };
            return Err(self.broken(offset, index, expected, byte));
        }
        self.brackets.pop();
        if self.brackets.depth > 0 {
            return Ok(false);
        }
        self.end_element(offset + 1, index)?;
        Ok(true)
    }

    /// Goes to behind the end of the string that `at` is in, or to the end of the chunk.
    fn string(&mut self, chunk: &[u8], mut at: usize) -> usize {
        while at < chunk.len() {
            if self.escaped {
                self.escaped = false;
                at += 1;
                continue;
            }
            match memchr2(b'"', b'\\', &chunk[at..]) {
                None => return chunk.len(),
                Some(found) if chunk[at + found] == b'"' => {
                    self.in_string = false;
                    return at + found + 1;
                }
                Some(found) => {
                    self.escaped = true;
                    at += found + 1;
                }
            }
        }
        at
    }

    fn end_element(&mut self, end: u64, index: &mut RecordIndex) -> Result<(), Error> {
        self.state = State::CommaOrEnd;
        index.push(self.name, self.start..end)
    }

    fn place(&self, index: &RecordIndex) -> String {
        match (self.state, index.len()) {
            (State::InNested | State::InString | State::InScalar, record) => {
                format!("in record {record}, which begins at byte {}", self.start)
            }
            (_, 0) => "before the first record".to_owned(),
            (_, records) => format!("after record {}", records - 1),
        }
    }

    fn broken(&self, offset: u64, index: &RecordIndex, expected: &'static str, found: u8) -> Error {
        Error::Broken {
            name: self.name.to_owned(),
            offset,
            place: self.place(index),
            expected,
            found: show_byte(found),
        }
    }
}

/// Bytes of numbers and of the words `true`, `false`, `null`, `NaN`, `Infinity`.
fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// The open brackets, one bit each.
#[derive(Default)]
struct Brackets {
    depth: u64,
    /// The innermost up to 64, the last one in the lowest bit; set for an object.
    word: u64,
    /// Full words of the levels above.
    outer: Vec<u64>,
}

impl Brackets {
    fn push(&mut self, is_object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.word);
        }
        self.word = self.word << 1 | u64::from(is_object);
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.word >>= 1;
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.word = self
                .outer
                .pop()
                .expect("a word is put aside every 64 levels");
        }
    }

    fn top_is_object(&self) -> bool {
        self.word & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits the text in chunks of the given size.
    fn split_in(text: &[u8], size: usize) -> Result<Vec<&[u8]>, Error> {
        let mut index = RecordIndex::default();
        let mut splitter = ArraySplitter::new("test");
        for (nth, chunk) in text.chunks(size).enumerate() {
            splitter.push((nth * size) as u64, chunk, &mut index)?;
        }
        splitter.finish(text.len() as u64, &index)?;
        Ok((0..index.len())
            .map(|i| {
                let range = index.range(i);
                &text[range.start as usize..range.end as usize]
            })
            .collect())
    }

    /// The same in chunks of every size up to the whole, which must not matter.
    fn split(text: &[u8]) -> Result<Vec<&[u8]>, String> {
        let whole = split_in(text, text.len().max(1)).map_err(|e| e.to_string());
        for size in 1..text.len().min(200) {
            assert_eq!(
                split_in(text, size).map_err(|e| e.to_string()),
                whole,
                "chunks of {size}"
            );
        }
        whole
    }

    #[test]
    fn elements_of_every_kind_are_found() {
        let text = br#" [ {"a": "\"}]\\", "b": [{}, [1]]},{},
            "te\\xt]", -1.5e+3 ,null,[[]], NaN] "#;
        let expected: [&[u8]; 7] = [
            br#"{"a": "\"}]\\", "b": [{}, [1]]}"#,
            b"{}",
            br#""te\\xt]""#,
            b"-1.5e+3",
            b"null",
            b"[[]]",
            b"NaN",
        ];
        assert_eq!(split(text).unwrap(), expected);
        assert!(split(b"[]").unwrap().is_empty());
        assert!(split(b"\t[ \r\n] ").unwrap().is_empty());
    }

    #[test]
    fn quotes_and_backslashes_at_every_place_of_a_block() {
        for shift in 0..140 {
            for slashes in 0..5 {
                let (pad, escapes) = ("x".repeat(shift), "\\".repeat(2 * slashes));
                let record = format!(r#"{{"{pad}": "{escapes}\"}}]{escapes}", "b": [{{}}]}}"#);
                let text = format!("[{record},{record}\n]{}", " ".repeat(100));
                let whole = split_in(text.as_bytes(), text.len()).unwrap();
                assert_eq!(whole, [record.as_bytes(); 2], "{text}");
                assert_eq!(split_in(text.as_bytes(), 7).unwrap(), whole, "{text}");
                assert_eq!(split_in(text.as_bytes(), 65).unwrap(), whole, "{text}");
            }
        }
    }

    #[test]
    fn nesting_deeper_than_a_word_is_followed() {
        for depth in [63, 64, 65, 127, 128, 129, 200, 1000] {
            let text = format!("[{}{}, {{}}]", "{\"a\":[".repeat(depth), "]}".repeat(depth));
            assert_eq!(split_in(text.as_bytes(), 4096).unwrap().len(), 2, "{depth}");
            let wrong = text.replacen("]}", "}]", 1);
            assert!(split_in(wrong.as_bytes(), 4096).is_err(), "{depth}");
        }
        let bomb = vec![b'['; MAX_DEPTH as usize + 10];
        assert!(
            split_in(&bomb, bomb.len())
                .unwrap_err()
                .to_string()
                .contains("1,048,576")
        );
    }

    #[test]
    fn broken_structure_names_the_byte_and_what_was_expected() {
        for (text, position, words) in [
            (
                &b"[{} {}]"[..],
                4,
                "after record 0): expected `,` or `]`, found `{`",
            ),
            (b"[{},]", 4, "after record 0): expected a record, found `]`"),
            (
                b"[,{}]",
                1,
                "before the first record): expected a record or `]`, found `,`",
            ),
            (b"[{}}", 3, "expected `,` or `]`, found `}`"),
            (
                b"[{\"a\": [1, 2}, {}]",
                12,
                "in record 0, which begins at byte 1): expected `,` or `]`",
            ),
            (b"[{\"a\": 1]", 8, "expected `,` or `}`, found `]`"),
            (b"[{},\x00]", 4, "found the byte 0x00"),
            (b"[{}] x", 5, "there is more: `x`"),
            (b"[{}]\n[{}]", 5, "a second document (`[`)"),
            (b"[{}]{", 4, "a second document (`{`)"),
            (b"{\"a\": 1}", 0, "found an object (`{`)"),
            (
                b"[{},",
                4,
                "breaks off at byte 4, the end of the file (after record 0): expected a record",
            ),
            (b"[", 1, "expected a record or `]`"),
            (b"[{}", 3, "expected `,` or `]`"),
            (b"[1", 2, "expected `,` or `]`"),
            (b"[{\"a\": \"b", 9, "expected the `\"` that ends the text"),
            (b"[\"a\\\"", 5, "expected the `\"` that ends the text"),
            (b"[{\"a\": [", 8, "expected the `]` that ends the list"),
            (
                b"[{\"a\": 1",
                8,
                "in record 0, which begins at byte 1): expected the `}`",
            ),
        ] {
            let message = split(text).unwrap_err();
            let shown = String::from_utf8_lossy(text);
            assert!(
                message.contains(&format!("byte {position}")),
                "{shown}: {message}"
            );
            assert!(message.contains(words), "{shown}: {message}");
        }
    }
}
