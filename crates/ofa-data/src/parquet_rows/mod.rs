//! Parquet datasets, as Hugging Face has them: rows by position, over bytes that stay where they
//! are.

mod batches;
mod cells;
mod chunk;
mod file;
mod guard;
mod images;
mod json;
mod layout;
mod leaf;
mod records;
mod slots;
mod subset;
mod thrift;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Result;
use crate::error::Error;
use crate::record::Record;
use crate::skip::Skip;
use crate::source::ByteSource;
use file::File;
use images::ImageReader;
use json::JsonReader;
use layout::Layout;
use records::RowReader;

pub use subset::write_parquet_subset;

/// A Parquet file of records, of which only the footer is held.
///
/// A record is known by its row, from 0. Columns are found by name, as keys of a JSON record are:
/// - **Images** are in `image`, or in `images` where that has none in a row: a struct of `bytes`
///   and `path`, as `datasets` writes an image; bytes or a path alone; or a list of any of these.
///   An image whose bytes are there is [embedded](crate::ImageReference::Embedded), one that has
///   only a path is looked up like any other. A path may be a `data:` or `file:` address, as in
///   JSON. Nulls and blank paths are none. Where both columns have none, the images among the
///   parts of human turns count: `bytes` and paths as above, and what JSON has there.
/// - **Turns** are in `conversations`, or in `messages` where that is null or empty, or in
///   `texts`: lists of structs with `from`/`value` or `role`/`content`; pairs of `user` and
///   `assistant`, of which the user's is the human turn; a struct of lists that stands for a list
///   of structs; or text that holds the same as JSON.
/// - **Text** where a row has no human turn is in the columns that have the names of a JSON
///   record's keys, and then in `caption`.
/// - **`id`** is text or a whole number.
///
/// Everything else in a row is passed over, and given back by [`write_parquet_subset`].
///
/// Reading a record never holds an image of `image` or `images`; those among the parts of its turns
/// are read with them. Rows are decoded in batches of at most 256 and asked for
/// in nearly increasing order; any other order works, at the cost of decoding a row group again.
///
/// ```no_run
/// use std::sync::Arc;
/// use ofa_data::{FileSource, ParquetRows};
///
/// let source = FileSource::open("train-00000-of-00001.parquet")?;
/// let rows = ParquetRows::open(Arc::new(source))?;
/// let record = rows.record(0)?.expect("it is valid");
/// if let Some(image) = record.images.first() {
///     println!("{image}");
/// }
/// # Ok::<(), ofa_data::Error>(())
/// ```
pub struct ParquetRows {
    file: File,
    layout: Layout,
    records: Mutex<RowReader>,
    images: Mutex<ImageReader>,
    json: Mutex<Option<JsonReader>>,
}

impl ParquetRows {
    /// Reads the footer of a file, and nothing else.
    ///
    /// # Errors
    /// - [`Error::ParquetFooter`]: the footer is missing, damaged or larger than 64 MiB, or a
    ///   column leads out of the file, which was then cut short;
    /// - [`Error::ParquetEncrypted`];
    /// - [`Error::ParquetCodec`]: a column is compressed in another way than with Snappy, gzip,
    ///   LZ4 or Zstandard;
    /// - [`Error::ParquetColumns`]: there is neither a column of images nor one of text;
    /// - [`Error::Read`].
    pub fn open(source: Arc<dyn ByteSource>) -> Result<Self> {
        let file = File::open(source)?;
        let layout = Layout::of(&file)?;
        let text = records::text_batches(&file, &layout)?;
        Ok(Self {
            records: Mutex::new(RowReader::new(&layout, Some(text))),
            images: Mutex::new(ImageReader::new(&layout)),
            json: Mutex::new(None),
            file,
            layout,
        })
    }

    /// How many rows there are, usable or not.
    pub fn len(&self) -> u64 {
        self.file.len()
    }

    /// Lets go of the rows and images that were read lately, and of the places where reading
    /// would go on.
    pub(crate) fn release(&self) {
        if let Ok(text) = records::text_batches(&self.file, &self.layout) {
            *lock(&self.records) = RowReader::new(&self.layout, Some(text));
        }
        *lock(&self.images) = ImageReader::new(&self.layout);
        *lock(&self.json) = None;
    }

    /// Length of the file in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.file.source.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The source's name, for messages.
    pub fn name(&self) -> &str {
        self.file.name()
    }

    /// What the file is known by, wherever it lies: the SHA-256 of its footer, without the eight
    /// bytes at the end, and of its length as eight bytes, the lowest first.
    ///
    /// The footer has the place, the length and mostly the extremes of every column in every row
    /// group, so that another content almost always has another footer.
    pub fn digest(&self) -> [u8; 32] {
        self.file.digest
    }

    /// The names of the columns.
    pub fn columns(&self) -> Vec<String> {
        layout::root_names(self.file.schema())
            .map(str::to_owned)
            .collect()
    }

    /// Checks that the source is still what it was when it was opened.
    ///
    /// # Errors
    /// [`Error::Changed`] where it is not, [`Error::Read`] where it cannot be looked at any more.
    pub fn check_unchanged(&self) -> Result<()> {
        crate::source::check_unchanged(&*self.file.source)
    }

    /// The record in a row.
    ///
    /// The inner result is the record's own: a [`Skip`] with `invalid_conversations`,
    /// `invalid_image` or `record_too_large`.
    ///
    /// # Errors
    /// - [`Error::NoSuchRecord`];
    /// - [`Error::ParquetRows`]: the rows around it cannot be read or decoded.
    pub fn record(&self, row: u64) -> Result<Result<Record, Skip>> {
        let (rows, at) = lock(&self.records).rows(&self.file, &self.layout, row)?;
        Ok(rows.record(&self.file, &self.layout, at))
    }

    /// The bytes of the `nth` image of a row's record, from 0, where it is embedded.
    ///
    /// Made for several threads that ask for nearly increasing rows: what one of them has decoded
    /// is kept for the others, up to 64 MiB. A row group of any size takes the memory of one page.
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing` where there is no such image, or only a path;
    /// `image_too_large` above [`MAX_IMAGE_FILE_BYTES`](crate::MAX_IMAGE_FILE_BYTES);
    /// `image_unreadable` where the column cannot be decoded; `invalid_image`.
    pub fn image(&self, row: u64, nth: u32) -> Result<Vec<u8>, Skip> {
        lock(&self.images).image(&self.file, &self.layout, row, nth)
    }

    /// The row as one JSON object, without a line end: every column in the file's order.
    ///
    /// The bytes of images are left out: `"bytes": null` in a struct, whose path stays, and null
    /// for a column of nothing but images; so are those among the parts of turns. Other columns of bytes are in hexadecimal, times as
    /// ISO 8601, values that are not finite null.
    ///
    /// # Errors
    /// - [`Error::NoSuchRecord`];
    /// - [`Error::ParquetRows`]: the rows around it cannot be read or decoded;
    /// - [`Error::ParquetJson`]: a column is of a type that has no form in JSON, or the row is larger
    ///   than [`MAX_RECORD_BYTES`](crate::MAX_RECORD_BYTES).
    pub fn json(&self, row: u64) -> Result<Vec<u8>> {
        let mut json = lock(&self.json);
        let reader = match &mut *json {
            Some(reader) => reader,
            none => {
                let reader = JsonReader::new(&self.file, &self.layout);
                none.insert(reader.map_err(|problem| Error::ParquetJson {
                    name: self.name().to_owned(),
                    row,
                    problem,
                })?)
            }
        };
        reader.json(&self.file, &self.layout, row)
    }
}

impl fmt::Debug for ParquetRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetRows")
            .field("name", &self.name())
            .field("rows", &self.len())
            .field("columns", &self.columns())
            .finish_non_exhaustive()
    }
}

/// What a lock guards stays sound when a thread panics: what was being read is dropped with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
