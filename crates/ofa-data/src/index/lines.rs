//! Splits JSON Lines.
//!
//! A record is a line without its end (`\n` or `\r\n`). Lines of nothing but white space are no
//! records.

use memchr::memchr_iter;

use super::RecordIndex;
use crate::error::Error;
use crate::format::is_json_space;

/// Fed with a file chunk by chunk, puts its lines into a [`RecordIndex`].
pub(super) struct LineSplitter<'a> {
    name: &'a str,
    start: u64,
    blank: bool,
    ends_with_return: bool,
}

impl<'a> LineSplitter<'a> {
    /// `start` is where the first line begins, behind the byte-order mark.
    pub(super) fn new(name: &'a str, start: u64) -> Self {
        Self {
            name,
            start,
            blank: true,
            ends_with_return: false,
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
        for end in memchr_iter(b'\n', chunk) {
            self.part(&chunk[at..end]);
            self.end_line(offset + end as u64, index)?;
            self.start = offset + end as u64 + 1;
            at = end + 1;
        }
        self.part(&chunk[at..]);
        Ok(())
    }

    /// Takes the last line, which need not have an end.
    pub(super) fn finish(mut self, length: u64, index: &mut RecordIndex) -> Result<(), Error> {
        // Only a line feed makes the carriage return before it a part of the line's end.
        self.ends_with_return = false;
        self.end_line(length, index)
    }

    fn part(&mut self, bytes: &[u8]) {
        if let Some(&last) = bytes.last() {
            self.blank = self.blank && bytes.iter().all(|&byte| is_json_space(byte));
            self.ends_with_return = last == b'\r';
        }
    }

    fn end_line(&mut self, end: u64, index: &mut RecordIndex) -> Result<(), Error> {
        if !self.blank {
            index.push(
                self.name,
                self.start..end - u64::from(self.ends_with_return),
            )?;
        }
        self.blank = true;
        self.ends_with_return = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &[u8]) -> Vec<&[u8]> {
        let split_in = |size: usize| {
            let mut index = RecordIndex::default();
            let mut splitter = LineSplitter::new("test", 0);
            for (nth, chunk) in text.chunks(size).enumerate() {
                splitter
                    .push((nth * size) as u64, chunk, &mut index)
                    .unwrap();
            }
            splitter.finish(text.len() as u64, &mut index).unwrap();
            (0..index.len())
                .map(|i| {
                    let range = index.range(i);
                    &text[range.start as usize..range.end as usize]
                })
                .collect::<Vec<_>>()
        };
        let whole = split_in(text.len().max(1));
        for size in 1..text.len() {
            assert_eq!(split_in(size), whole, "chunks of {size}");
        }
        whole
    }

    #[test]
    fn lines_lose_their_ends_only() {
        assert_eq!(
            split(b"{}\n {1} \r\n\n \t\r\n{2}\r\r\n{3}"),
            [&b"{}"[..], b" {1} ", b"{2}\r", b"{3}"]
        );
        assert_eq!(split(b"{}\r"), [b"{}\r"]);
        assert!(split(b"").is_empty());
        assert!(split(b" \n\r\n").is_empty());
    }
}
