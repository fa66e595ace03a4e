//! Chosen records of JSON arrays and JSON Lines.

use std::io::Write;
use std::ops::Range;

use crate::Result;
use crate::dataset::TextRecords;
use crate::error::Error;
use crate::format::Format;
use crate::source::{self, for_each_chunk_in};

/// Writes the records of these files as one file. Returns how many bytes were written.
pub(super) fn write(files: &[(&TextRecords, &[u64])], out: &mut dyn Write) -> Result<u64> {
    let mut copy = Copy {
        out,
        pending: None,
        written: 0,
    };
    match files.first().map(|(records, _)| records.format()) {
        Some(Format::Jsonl) => lines(files, &mut copy)?,
        _ => elements(files, &mut copy)?,
    }
    copy.flush()?;
    Ok(copy.written)
}

/// The chosen elements of arrays, as one array.
fn elements<'a>(files: &[(&'a TextRecords, &[u64])], copy: &mut Copy<'a, '_>) -> Result<()> {
    let (Some((first, _)), Some((last, _))) = (files.first(), files.last()) else {
        return Ok(());
    };
    let head = match first.len() {
        0 => end_of_empty_array(first)?,
        _ => first.range(0).start,
    };
    copy.range(first, 0..head)?;
    let mut is_first = true;
    for &(records, positions) in files {
        // What stands before a record that is not the first of its file: the end of the one
        // before it, a comma, and white space.
        let separator =
            |position: u64| records.range(position - 1).end..records.range(position).start;
        for &position in positions {
            match position {
                _ if is_first => {}
                0 if records.len() > 1 => copy.range(records, separator(1))?,
                0 => copy.text(b",\n")?,
                _ => copy.range(records, separator(position))?,
            }
            copy.range(records, records.range(position))?;
            is_first = false;
        }
    }
    let tail = match last.len() {
        0 => end_of_empty_array(last)?,
        count => last.range(count - 1).end,
    };
    copy.range(last, tail..last.source().len())
}

/// Where the bracket is that ends an array without records.
fn end_of_empty_array(records: &TextRecords) -> Result<u64> {
    let length = records.source().len();
    let mut end = length;
    for_each_chunk_in(records.source(), 0..length, |offset, bytes| {
        let at = bytes.iter().position(|&byte| byte == b']');
        if let Some(at) = at {
            end = offset + at as u64;
        }
        Ok(at.is_none())
    })?;
    Ok(end)
}

/// The chosen lines, each with its end.
fn lines<'a>(files: &[(&'a TextRecords, &[u64])], copy: &mut Copy<'a, '_>) -> Result<()> {
    let mut is_first = true;
    let mut is_unended = false;
    for &(records, positions) in files.iter().filter(|(_, positions)| !positions.is_empty()) {
        let length = records.source().len();
        let last = records.len() - 1;
        if is_unended {
            // The last line of the file before has no end of its own.
            copy.text(b"\n")?;
        }
        if is_first {
            copy.range(records, 0..records.range(0).start)?;
        }
        for &position in positions {
            let end = match position == last {
                true => length,
                false => records.range(position + 1).start,
            };
            copy.range(records, records.range(position).start..end)?;
        }
        is_first = false;
        is_unended = positions.last() == Some(&last) && !ends_with_line_feed(records)?;
    }
    Ok(())
}

/// Whether the last byte ends a line.
fn ends_with_line_feed(records: &TextRecords) -> Result<bool> {
    let mut last = [0];
    source::read(records.source(), records.source().len() - 1, &mut last)?;
    Ok(last == *b"\n")
}

/// Copies ranges. Neighbouring ones are joined, so that a full copy reads the source in large
/// steps.
struct Copy<'a, 'w> {
    out: &'w mut dyn Write,
    pending: Option<(&'a TextRecords, Range<u64>)>,
    written: u64,
}

impl<'a> Copy<'a, '_> {
    fn range(&mut self, file: &'a TextRecords, range: Range<u64>) -> Result<()> {
        match &mut self.pending {
            Some((before, joined)) if std::ptr::eq(file, *before) && range.start == joined.end => {
                joined.end = range.end;
                Ok(())
            }
            _ => {
                self.flush()?;
                self.pending = Some((file, range));
                Ok(())
            }
        }
    }

    fn text(&mut self, bytes: &[u8]) -> Result<()> {
        self.flush()?;
        self.out.write_all(bytes).map_err(Error::Write)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let Some((file, range)) = self.pending.take() else {
            return Ok(());
        };
        self.written += range.end - range.start;
        for_each_chunk_in(file.source(), range, |_, bytes| {
            self.out.write_all(bytes).map_err(Error::Write)?;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::source::MemorySource;
    use crate::{ByteSource, Dataset, write_subset};

    #[test]
    fn blanks_after_the_last_line_do_not_run_into_the_next_file() {
        let files = ["{\"a\":1}\n \t", "{\"b\":1}\n\n", "\n{\"c\":1}"]
            .map(|text| Arc::new(MemorySource::new("l.jsonl", text.into())) as Arc<dyn ByteSource>)
            .map(|source| (source, None));
        let dataset = Dataset::open_files("three", files, None).unwrap();
        let mut all = vec![];
        write_subset(&dataset, &[0, 1, 2], &mut all).unwrap();
        assert_eq!(all, b"{\"a\":1}\n \t\n{\"b\":1}\n\n{\"c\":1}");
    }
}
