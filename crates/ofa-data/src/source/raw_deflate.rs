//! Raw deflate data within a source, inflated in pieces.

use std::io;
use std::ops::Range;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::ByteSource;

/// How far back deflated data can refer.
pub(super) const WINDOW: usize = 32 << 10;

/// How many deflated bytes are read at a time.
const INPUT: u64 = 64 << 10;

/// Where the inflating of a range of a source stands.
#[derive(Clone)]
pub(super) struct Deflated {
    start: u64,
    /// What is not read yet.
    rest: Range<u64>,
    state: Box<DecompressorOxide>,
    is_done: bool,
}

impl Deflated {
    pub(super) fn new(data: Range<u64>) -> Self {
        Self {
            start: data.start,
            rest: data,
            state: Box::default(),
            is_done: false,
        }
    }

    /// Whether the end of the deflated data was found.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// How many bytes of the range are not read yet.
    pub(super) fn rest(&self) -> u64 {
        self.rest.end - self.rest.start
    }

    /// Inflates into `out` from `position` on, until it is full or the deflated data end. What
    /// stands before `position` is what was inflated before. Returns how many bytes were written.
    pub(super) fn inflate(
        &mut self,
        source: &dyn ByteSource,
        out: &mut [u8],
        position: usize,
    ) -> io::Result<usize> {
        let mut input = vec![];
        let mut at = position;
        while !self.is_done {
            input.resize(self.rest().min(INPUT) as usize, 0);
            source.read_at(self.rest.start, &mut input)?;
            let mut flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
            if (input.len() as u64) < self.rest() {
                flags |= inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
            }
            let (status, read, written) = decompress(&mut self.state, &input, out, at, flags);
            self.rest.start += read as u64;
            at += written;
            match status {
                TINFLStatus::Done => self.is_done = true,
                TINFLStatus::HasMoreOutput => break,
                TINFLStatus::NeedsMoreInput if read > 0 => {}
                TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!(
                            "the deflated data break off after {} bytes, before their end",
                            self.rest.end - self.start
                        ),
                    ));
                }
                _ => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!(
                            "the deflated data are broken near their byte {}",
                            self.rest.start - self.start
                        ),
                    ));
                }
            }
        }
        Ok(at - position)
    }
}
