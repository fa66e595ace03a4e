//! Writes chosen samples exactly as they stood.

use std::io::Write;
use std::ops::Range;

use super::Samples;
use crate::Result;
use crate::error::Error;
use crate::source::{check_unchanged, for_each_chunk_in};

impl Samples {
    /// Writes the samples at `positions` with everything that belongs to no sample, byte for byte
    /// and in the order of the source. Returns how many bytes were written.
    ///
    /// Left out is nothing but the files of the other samples, each with its headers and its
    /// padding. What follows the last member (the end mark, the padding of the archive) is kept
    /// as it stands; a source without an end mark gives a subset without one. All positions give
    /// the very bytes of the source. Two samples of one key become one where everything between
    /// them is left out.
    ///
    /// The source is read in pieces of at most 1 MiB. `out` is neither buffered nor flushed here;
    /// what stands together is written in one piece.
    ///
    /// # Errors
    /// - [`Error::PositionsNotIncreasing`] and [`Error::NoSuchRecord`], before anything is
    ///   written;
    /// - [`Error::Changed`]: the source is not what it was when it was opened; what was written
    ///   must then be thrown away;
    /// - [`Error::Read`] and [`Error::Write`].
    pub fn write_subset(&self, positions: &[u64], out: &mut dyn Write) -> Result<u64> {
        self.write_samples(positions, true, out)
    }

    /// As [`write_subset`](Self::write_subset); without what follows the last member where more is
    /// to follow.
    ///
    /// # Errors
    /// As [`write_subset`](Self::write_subset).
    pub(crate) fn write_samples(
        &self,
        positions: &[u64],
        with_end: bool,
        out: &mut dyn Write,
    ) -> Result<u64> {
        for pair in positions.windows(2) {
            if pair[0] >= pair[1] {
                return Err(Error::PositionsNotIncreasing {
                    previous: pair[0],
                    position: pair[1],
                });
            }
        }
        if let Some(&last) = positions.last() {
            self.range(last)?;
        }
        self.check_unchanged()?;
        let mut written = 0;
        let mut kept_from = 0;
        let mut chosen = positions.iter().copied().peekable();
        for position in 0..self.len() {
            if chosen.next_if_eq(&position).is_some() {
                continue;
            }
            for (member, _) in self.members(position)? {
                written += self.copy(kept_from..member.raw.start, out)?;
                kept_from = member.raw.end;
            }
        }
        let end = match with_end {
            true => self.source().len(),
            false => self.index.end().max(kept_from),
        };
        written += self.copy(kept_from..end, out)?;
        self.check_unchanged()?;
        Ok(written)
    }

    fn copy(&self, range: Range<u64>, out: &mut dyn Write) -> Result<u64> {
        let length = range.end - range.start;
        for_each_chunk_in(self.source(), range, |_, bytes| {
            out.write_all(bytes).map_err(Error::Write)?;
            Ok(true)
        })?;
        Ok(length)
    }

    /// Checks that the source is still what it was when its samples were found.
    ///
    /// # Errors
    /// [`Error::Changed`] where its length or time is another, [`Error::Read`] where it cannot
    /// be looked at any more.
    pub fn check_unchanged(&self) -> Result<()> {
        check_unchanged(self.source())
    }
}
