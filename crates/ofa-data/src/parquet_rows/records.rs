//! Records from rows: their text and which images they have, never the images themselves.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use sha2::{Digest, Sha256};

use super::batches::{Batches, MAX_ROWS};
use super::cells;
use super::file::File;
use super::layout::{self, ImageColumn, Layout};
use super::slots::{Slot, SlotReader};
use crate::Result;
use crate::dataset::MAX_RECORD_BYTES;
use crate::error::Error;
use crate::identity;
use crate::image_source::{EmbeddedImage, ImageReference};
use crate::record::{Record, is_blank, told_apart};
use crate::skip::{Skip, SkipReason};

/// How many batches are kept. Records are asked for nearly in order.
const RECENT: usize = 3;

/// Rows that follow one another in a row group.
pub(super) struct Rows {
    group: usize,
    start: u64,
    count: u64,
    text: Option<RecordBatch>,
    /// For every column of images the places of every row.
    images: Vec<Vec<Vec<Slot>>>,
}

/// Reads rows a batch at a time.
pub(super) struct RowReader {
    text: Option<Batches>,
    /// A reader for every column of images that can be used.
    images: Vec<Option<SlotReader>>,
    recent: VecDeque<Arc<Rows>>,
}

impl RowReader {
    /// Reads text and images, or images alone.
    pub(super) fn new(layout: &Layout, text: Option<Batches>) -> Self {
        let images = layout.images.iter().map(|column| match column {
            ImageColumn::Leaves(leaves) => Some(SlotReader::new(leaves)),
            ImageColumn::Unusable { .. } => None,
        });
        Self {
            text: text.filter(|text| !text.is_empty()),
            images: images.collect(),
            recent: VecDeque::new(),
        }
    }

    /// The rows around a row, and its position among them.
    pub(super) fn rows(
        &mut self,
        file: &File,
        layout: &Layout,
        row: u64,
    ) -> Result<(Arc<Rows>, usize)> {
        let (group, at) = file.place(row)?;
        let kept = self
            .recent
            .iter()
            .find(|rows| rows.group == group && rows.start <= at && at - rows.start < rows.count);
        let rows = match kept {
            Some(rows) => Arc::clone(rows),
            None => {
                let rows = Arc::new(self.read(file, layout, group, at)?);
                self.recent.truncate(RECENT - 1);
                self.recent.push_front(Arc::clone(&rows));
                rows
            }
        };
        let at = (at - rows.start) as usize;
        Ok((rows, at))
    }

    fn read(&mut self, file: &File, layout: &Layout, group: usize, at: u64) -> Result<Rows> {
        let batch_rows = match &self.text {
            Some(text) => text.batch_rows(file, group),
            None => MAX_ROWS,
        };
        let batch = at / batch_rows;
        let start = batch * batch_rows;
        let count = batch_rows.min(file.rows_in(group) - start);
        let text = match &mut self.text {
            Some(text) => Some(
                text.read(file, group, batch)
                    .map_err(|problem| file.damaged(group, start, &text.names(file), problem))?,
            ),
            None => None,
        };
        let mut images = vec![];
        for (column, reader) in layout.images.iter().zip(&mut self.images) {
            images.push(match (column, reader) {
                (ImageColumn::Leaves(leaves), Some(reader)) => reader
                    .read(file, leaves, group, start, count)
                    .map_err(|problem| file.damaged(group, start, leaves.name, problem))?,
                _ => vec![],
            });
        }
        Ok(Rows {
            group,
            start,
            count,
            text,
            images,
        })
    }
}

/// An image that a record names or has.
pub(super) struct Reference {
    /// Which of the layout's columns it is in.
    pub(super) column: usize,
    /// Its place in the row.
    pub(super) slot: usize,
    pub(super) embedded: bool,
    /// Its path, where it is not blank; or a whole `data:` URI.
    pub(super) path: Option<String>,
}

impl Rows {
    /// The images of a row: those of the first column that has any.
    ///
    /// # Errors
    /// `invalid_image`.
    pub(super) fn references(&self, layout: &Layout, at: usize) -> Result<Vec<Reference>, Skip> {
        for (column, (images, rows)) in layout.images.iter().zip(&self.images).enumerate() {
            let leaves = match images {
                ImageColumn::Leaves(leaves) => leaves,
                ImageColumn::Unusable { name, kind } => {
                    return Err(Skip::new(
                        SkipReason::InvalidImage,
                        format!(
                            "`{name}` is {kind}; expected an image (`bytes` and `path`), a path, \
                             or a list of either"
                        ),
                    ));
                }
            };
            let mut found = vec![];
            for slot in rows.get(at).into_iter().flatten() {
                let path = match &slot.path {
                    Some(path) => Some(path.as_utf8().map_err(|_| {
                        Skip::new(
                            SkipReason::InvalidImage,
                            format!("the path in `{}` is not UTF-8", leaves.name),
                        )
                    })?),
                    None => None,
                };
                let path = path.filter(|path| !is_blank(path)).map(str::to_owned);
                if slot.embedded || path.is_some() {
                    found.push(Reference {
                        column,
                        slot: slot.nth,
                        embedded: slot.embedded,
                        path,
                    });
                }
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(vec![])
    }

    /// The turns of a row as JSON, with the names of their columns.
    ///
    /// # Errors
    /// `record_too_large`.
    pub(super) fn turns(&self, at: usize) -> Result<Vec<(&'static str, String)>, Skip> {
        let mut turns = vec![];
        let mut length = 0;
        for name in layout::TURNS {
            let json = self
                .column(name)
                .and_then(|column| cells::turns(column, at));
            length += json.as_ref().map_or(0, String::len) as u64;
            if length > MAX_RECORD_BYTES {
                return Err(Skip::new(
                    SkipReason::RecordTooLarge,
                    format!("`{name}` has {length} bytes; at most {MAX_RECORD_BYTES} are read"),
                ));
            }
            turns.extend(json.map(|json| (name, json)));
        }
        Ok(turns)
    }

    fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.text.as_ref()?.column_by_name(name)
    }

    /// The record in a row.
    pub(super) fn record(&self, file: &File, layout: &Layout, at: usize) -> Result<Record, Skip> {
        let row = file.start_of(self.group) + self.start + at as u64;
        let turns = self.turns(at)?;
        let fallback = layout::fallback_names()
            .filter_map(|name| cells::text(self.column(name)?, at).map(str::to_owned));
        let images = self.references(layout, at).map(|references| {
            let images = references.into_iter().enumerate();
            images
                .map(|(nth, reference)| image_reference(file, row, nth, reference))
                .collect()
        });
        let id = self.column("id").and_then(|column| cells::id(column, at));
        Record::from_columns(id, images, &turns, fallback)
    }
}

fn image_reference(file: &File, row: u64, nth: usize, reference: Reference) -> ImageReference {
    match reference {
        Reference {
            embedded: false,
            path: Some(path),
            ..
        } => told_apart(path),
        Reference { path, .. } => ImageReference::Embedded(EmbeddedImage {
            key: image_key(&file.digest, row, nth),
            name: path.unwrap_or_else(|| format!("row {row}, image {nth}")),
        }),
    }
}

/// The first 16 bytes of the SHA-256 of the file's digest, the row and which image it is there.
fn image_key(digest: &[u8; 32], row: u64, nth: usize) -> u128 {
    let mut hash = Sha256::new();
    hash.update(digest);
    hash.update(row.to_le_bytes());
    hash.update((nth as u32).to_le_bytes());
    identity::of_hash(hash)
}

/// A reader for the text of a file.
pub(super) fn text_batches(file: &File, layout: &Layout) -> Result<Batches> {
    Batches::new(file, layout.text.clone()).map_err(|problem| Error::ParquetFooter {
        name: file.name().to_owned(),
        offset: 0,
        problem,
    })
}
