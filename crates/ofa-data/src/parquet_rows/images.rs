//! The images in a file, read a few at a time and handed to several threads.

use std::collections::{HashMap, VecDeque};

use parquet::data_type::{ByteArray, ByteArrayType};

use super::file::File;
use super::guard::Found;
use super::layout::{ImageColumn, ImageLeaves, Layout};
use super::leaf::LeafReader;
use super::records::{Reference, RowReader, text_batches};
use super::slots::{rows_at_a_time, slots};
use crate::image_source::MAX_IMAGE_FILE_BYTES;
use crate::images::data_uri;
use crate::record::{is_data_uri, references_in_turns};
use crate::skip::{Skip, SkipReason};

/// What the images that are kept take together, at most: 64 MiB, or what was read at once where
/// that is more.
const CACHE_BYTES: u64 = 64 << 20;

/// How many row groups are read at a time. Threads that are one row group apart do not make each
/// other begin anew; each reader holds a page and a dictionary, which can be 100 MiB.
const READERS: usize = 2;

/// A place in a row: nothing, an image, or only the length of one that is too large.
enum Value {
    Null,
    Image(ByteArray),
    TooLarge(u64),
}

/// A column of the layout, and a row of the file.
type Key = (usize, u64);

/// Reads images in nearly increasing order of their rows.
///
/// Pages are decoded one by one, so a row group of any size takes the memory of a page and of the
/// images that are kept.
pub(super) struct ImageReader {
    readers: Vec<(usize, LeafReader<ByteArrayType>)>,
    kept: HashMap<Key, Vec<Value>>,
    kept_bytes: u64,
    /// Rows in the order in which they were read, and in which they were asked for. What has been
    /// asked for is dropped first: the next row may belong to a thread that is late.
    read: VecDeque<Key>,
    taken: VecDeque<Key>,
    /// Tells rows apart in which some images are missing.
    rows: RowReader,
    /// Reads the turns of rows that have images among the parts of those.
    turns: Option<RowReader>,
    /// The row whose turns were read last, and the references in them.
    in_turns: Option<(u64, Vec<String>)>,
}

/// Where an image is.
enum Place {
    /// In a column of the layout, at this place of the row.
    Slot(usize, usize),
    /// In a text, which was decoded.
    Decoded(Vec<u8>),
}

impl ImageReader {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            readers: vec![],
            kept: HashMap::new(),
            kept_bytes: 0,
            read: VecDeque::new(),
            taken: VecDeque::new(),
            rows: RowReader::new(layout, None),
            turns: None,
            in_turns: None,
        }
    }

    pub(super) fn image(
        &mut self,
        file: &File,
        layout: &Layout,
        row: u64,
        nth: u32,
    ) -> Result<Vec<u8>, Skip> {
        let damaged = |problem: String| {
            Skip::new(
                SkipReason::ImageUnreadable,
                format!("{}, row {row}, image {nth}: {problem}", file.name()),
            )
        };
        let (column, slot) = match self.place_of(file, layout, row, nth as usize)? {
            Place::Slot(column, slot) => (column, slot),
            Place::Decoded(image) => return Ok(image),
        };
        let Some(ImageColumn::Leaves(leaves)) = layout.images.get(column) else {
            return Err(missing(file, row, nth));
        };
        let values = self.values(file, column, leaves, row).map_err(damaged)?;
        let image = match values.get(slot) {
            Some(Value::Image(image)) => image.data().to_vec(),
            Some(Value::TooLarge(length)) => {
                return Err(Skip::new(
                    SkipReason::ImageTooLarge,
                    format!("{length} bytes; at most {MAX_IMAGE_FILE_BYTES} are read"),
                ));
            }
            Some(Value::Null) | None => return Err(missing(file, row, nth)),
        };
        self.taken.push_back((column, row));
        self.forget_dropped();
        Ok(image)
    }

    fn place_of(
        &mut self,
        file: &File,
        layout: &Layout,
        row: u64,
        nth: usize,
    ) -> Result<Place, Skip> {
        // Mostly every place of the first column has an image, and no paths need to be read.
        if let Some(ImageColumn::Leaves(leaves)) = layout.images.first()
            && leaves.bytes.is_some()
            && row < file.len()
            && let Ok(values) = self.values(file, 0, leaves, row)
            && nth < values.len()
            && values.iter().all(|value| !matches!(value, Value::Null))
        {
            return Ok(Place::Slot(0, nth));
        }
        let unreadable =
            |error: crate::Error| Skip::new(SkipReason::ImageUnreadable, error.to_string());
        let (rows, at) = self.rows.rows(file, layout, row).map_err(unreadable)?;
        let references = rows.references(layout, at)?;
        match references.get(nth) {
            Some(reference) if reference.embedded => {
                Ok(Place::Slot(reference.column, reference.slot))
            }
            Some(Reference {
                path: Some(uri), ..
            }) if is_data_uri(uri) => data_uri::decode(uri).map(Place::Decoded),
            None if references.is_empty() => self.in_turns(file, layout, row, nth),
            _ => Err(missing(file, row, nth as u32)),
        }
    }

    /// An image among the parts of a row's turns. These are read once for all of its images.
    fn in_turns(
        &mut self,
        file: &File,
        layout: &Layout,
        row: u64,
        nth: usize,
    ) -> Result<Place, Skip> {
        let unreadable =
            |error: crate::Error| Skip::new(SkipReason::ImageUnreadable, error.to_string());
        let references = match self.in_turns.take() {
            Some((of, references)) if of == row => references,
            _ => {
                let reader = match &mut self.turns {
                    Some(reader) => reader,
                    none => {
                        let text = text_batches(file, layout).map_err(unreadable)?;
                        none.insert(RowReader::new(layout, Some(text)))
                    }
                };
                let (rows, at) = reader.rows(file, layout, row).map_err(unreadable)?;
                references_in_turns(&rows.turns(at)?)?
            }
        };
        let image = match references.get(nth) {
            Some(uri) if is_data_uri(uri) => data_uri::decode(uri).map(Place::Decoded),
            _ => Err(missing(file, row, nth as u32)),
        };
        self.in_turns = Some((row, references));
        image
    }

    /// What is in the places of a row.
    fn values(
        &mut self,
        file: &File,
        column: usize,
        leaves: &ImageLeaves,
        row: u64,
    ) -> Found<&[Value]> {
        if !self.kept.contains_key(&(column, row)) {
            self.read(file, column, leaves, row)?;
        }
        Ok(self.kept.get(&(column, row)).map_or(&[], Vec::as_slice))
    }

    fn read(&mut self, file: &File, column: usize, leaves: &ImageLeaves, row: u64) -> Found<()> {
        let leaf = leaves.bytes.ok_or("the column has no images")?;
        let (group, at) = file.place(row).map_err(|error| error.to_string())?;
        let mut reader = self.reader(column, leaf, group, at);
        let step = rows_at_a_time(file, group, leaf);
        let next = reader.position().map_or(0, |(_, next)| next);
        // Rows just before this one are read too: another thread is about to ask for them.
        let mut start = next.max(at - at % step);
        if at - next < step {
            start = next;
        }
        let mut count = step.max(at - start + 1).min(file.rows_in(group) - start);
        let levels = match reader.read(file, group, start, count) {
            Ok(levels) => levels,
            // What is damaged may be another row.
            Err(_) => {
                (start, count) = (at, 1);
                reader.read(file, group, at, 1)?
            }
        };
        self.readers.push((column, reader));
        let max = file.schema().column(leaf).max_def_level();
        // Images are copied out of their page, so that a small one does not hold a large page. Not
        // where they are many times what the statistics of the row group made expect: then they
        // may be one image of a dictionary over and over.
        let total = levels.values.iter().map(|value| value.len() as u64);
        let copied = total.sum::<u64>() <= CACHE_BYTES;
        let mut values = vec![];
        let rows = slots(leaves, max, levels, count, |_, _, value| {
            values.push(match value {
                None => Value::Null,
                Some(value) if value.len() as u64 > MAX_IMAGE_FILE_BYTES => {
                    Value::TooLarge(value.len() as u64)
                }
                Some(value) if copied => Value::Image(ByteArray::from(value.data())),
                Some(value) => Value::Image(value),
            });
        });
        let mut values = values.into_iter();
        let first = file.start_of(group) + start;
        for (nth, slots) in rows.iter().enumerate() {
            let key = (column, first + nth as u64);
            let values: Vec<Value> = values.by_ref().take(slots.len()).collect();
            self.kept_bytes += length(&values);
            if let Some(old) = self.kept.insert(key, values) {
                self.kept_bytes -= length(&old);
            }
            self.read.push_back(key);
        }
        self.drop_all_but(|key| key.0 == column && (first..first + count).contains(&key.1));
        self.forget_dropped();
        Ok(())
    }

    /// Drops rows until the others take no more than they may. Those that were read just now stay.
    fn drop_all_but(&mut self, is_new: impl Fn(&Key) -> bool) {
        while self.kept_bytes > CACHE_BYTES {
            let oldest = || self.read.front().filter(|key| !is_new(key)).copied();
            let Some(key) = self.taken.pop_front().or_else(oldest) else {
                break;
            };
            if self.read.front() == Some(&key) {
                self.read.pop_front();
            }
            if !is_new(&key)
                && let Some(old) = self.kept.remove(&key)
            {
                self.kept_bytes -= length(&old);
            }
        }
    }

    /// The reader that comes to the row soonest, or a new one.
    fn reader(
        &mut self,
        column: usize,
        leaf: usize,
        group: usize,
        at: u64,
    ) -> LeafReader<ByteArrayType> {
        let nearest = self
            .readers
            .iter()
            .enumerate()
            .filter_map(|(index, (of, reader))| match reader.position() {
                Some((in_group, next)) if *of == column && in_group == group && next <= at => {
                    Some((at - next, index))
                }
                _ => None,
            })
            .min();
        if let Some((_, index)) = nearest {
            return self.readers.remove(index).1;
        }
        if self.readers.len() >= READERS {
            self.readers.remove(0);
        }
        LeafReader::new(leaf)
    }

    /// Keeps the two queues as short as what they stand for.
    fn forget_dropped(&mut self) {
        let most = 2 * self.kept.len() + 1024;
        for queue in [&mut self.read, &mut self.taken] {
            if queue.len() > most {
                let mut seen = std::collections::HashSet::new();
                queue.retain(|key| self.kept.contains_key(key) && seen.insert(*key));
            }
        }
    }
}

fn length(values: &[Value]) -> u64 {
    // A place takes memory of its own, also where nothing is in it.
    let own = size_of_val(values) as u64 + 64;
    let images = values.iter().map(|value| match value {
        Value::Image(image) => image.len() as u64,
        _ => 0,
    });
    own + images.sum::<u64>()
}

fn missing(file: &File, row: u64, nth: u32) -> Skip {
    Skip::new(
        SkipReason::ImageMissing,
        format!("{}: row {row} has no image {nth} of its own", file.name()),
    )
}
