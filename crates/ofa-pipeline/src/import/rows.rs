//! Rows of floats where they stand in a source.

use std::sync::Arc;

use ofa_data::ByteSource;

use crate::error::{Error, Result};

/// Element type of embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Float {
    F16,
    BF16,
    F32,
    F64,
}

impl Float {
    pub(super) fn size(self) -> u64 {
        match self {
            Self::F16 | Self::BF16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::BF16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// A matrix of floats, little-endian and row after row, that is read by position.
#[derive(Clone)]
pub(super) struct Rows {
    pub(super) name: String,
    pub(super) source: Arc<dyn ByteSource>,
    /// Where the first row begins.
    pub(super) start: u64,
    /// Bytes from one row to the next.
    pub(super) stride: u64,
    pub(super) float: Float,
    pub(super) rows: u64,
    pub(super) width: u64,
}

/// Widest embedding there may be, as in a selector.
const MOST_WIDTH: u64 = 1 << 20;

impl Rows {
    /// Checks that the rows lie within the source and have a width that embeddings have.
    pub(super) fn checked(self) -> Result<Self> {
        if self.width == 0 || self.width > MOST_WIDTH {
            let problem = format!(
                "expected embeddings from 1 to {MOST_WIDTH} wide, found {}",
                self.width
            );
            return Err(Error::foreign(&self.name, problem));
        }
        let row = self.width * self.float.size();
        let end = match self.rows.checked_sub(1) {
            None => Some(self.start),
            Some(last) => last
                .checked_mul(self.stride)
                .and_then(|last| last.checked_add(self.start)?.checked_add(row)),
        };
        if end.is_some_and(|end| end <= self.source.len()) {
            return Ok(self);
        }
        let problem = format!(
            "expected {} rows of {row} bytes from byte {} on, found {} bytes in all; the file is cut \
             short or damaged",
            self.rows,
            self.start,
            self.source.len()
        );
        Err(Error::foreign(&self.name, problem))
    }

    /// Fills `buffer` with rows from `first` on, as many as have room in it.
    pub(super) fn read(&self, first: u64, buffer: &mut [u8]) -> Result<()> {
        let row = self.width * self.float.size();
        let at = |number: u64| self.start + number * self.stride;
        let read = |offset, buffer: &mut [u8]| {
            self.source.read_at(offset, buffer).map_err(|error| {
                let problem = format!("cannot be read at byte {offset}: {error}");
                Error::foreign(&self.name, problem)
            })
        };
        if self.stride == row {
            return read(at(first), buffer);
        }
        for (number, buffer) in (first..).zip(buffer.chunks_exact_mut(row as usize)) {
            read(at(number), buffer)?;
        }
        Ok(())
    }
}

/// Opens the rows of images and of texts.
type OpenRows = Box<dyn Fn() -> Result<(Rows, Rows)>>;

/// A run of rows: of a file, or of a pair of files.
pub(super) struct RowsPart {
    pub(super) rows: u64,
    /// Opened when its rows are reached, and closed after them: there may be thousands.
    pub(super) open: OpenRows,
}

impl RowsPart {
    /// Opens the rows once, to know that they fit each other and `dim`, the width of the parts
    /// before, with the name of the first of them.
    pub(super) fn look(
        open: impl Fn() -> Result<(Rows, Rows)> + 'static,
        dim: &mut Option<(u64, String)>,
    ) -> Result<Self> {
        let (image, text) = open()?;
        if image.rows != text.rows {
            let problem = format!(
                "has {} rows, but {} has {}; expected a row of each for every record",
                image.rows, text.name, text.rows
            );
            return Err(Error::foreign(&image.name, problem));
        }
        let (expected, first) = dim.get_or_insert_with(|| (image.width, image.name.clone()));
        for rows in [&image, &text] {
            if rows.width != *expected {
                let problem = format!(
                    "has embeddings {} wide, those of {first} are {expected} wide; expected one \
                     encoder's",
                    rows.width
                );
                return Err(Error::foreign(&rows.name, problem));
            }
        }
        Ok(Self {
            rows: image.rows,
            open: Box::new(open),
        })
    }
}
