//! A dataset: records by position, over bytes that stay where they are.

mod captioned_images;
mod images;
mod open;
mod recent_references;
mod record_file;
mod text_records;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::Result;
use crate::archive::ZipTree;
use crate::error::Error;
use crate::file_tree::FileTree;
use crate::format::Format;
use crate::record::Record;
use crate::skip::Skip;
use crate::source::ByteSource;
pub(crate) use captioned_images::{CAPTIONS, is_among, split};
pub use images::DatasetImages;
use open::Opened;
#[cfg(not(target_family = "wasm"))]
pub(crate) use open::is_zip;
use record_file::Within;
pub(crate) use record_file::{RecordFile, Records};
pub use text_records::MAX_RECORD_BYTES;
pub(crate) use text_records::TextRecords;

/// A tree, and the paths of a record's files in it.
pub type MemberFiles<'a> = (&'a Arc<dyn FileTree>, Vec<&'a str>);

/// Records in one file or several, of which only the places are held: 12 bytes a record.
///
/// A record is known by its position, from 0, which runs through the files in their order. Ids
/// repeat in real datasets, and are for display only.
///
/// ```
/// use std::sync::Arc;
/// use ofa_data::{Dataset, MemorySource};
///
/// let json = br#"[{"image": "a.jpg", "conversations": [{"from": "human", "value": "Hi"}]}]"#;
/// let dataset = Dataset::open(Arc::new(MemorySource::new("tiny.json", json.to_vec())), None)?;
/// let record = dataset.record(0)?.expect("it is valid");
/// assert_eq!(record.images, ["a.jpg"]);
/// assert_eq!(record.human_turns, ["Hi"]);
/// # Ok::<(), ofa_data::Error>(())
/// ```
pub struct Dataset {
    name: String,
    format: Format,
    files: Vec<RecordFile>,
    /// The position of each file's first record, and at the end how many records there are.
    starts: Vec<u64>,
    fingerprint: String,
    remarks: Vec<String>,
    recent: Mutex<Vec<usize>>,
}

impl Dataset {
    /// Finds every record of one file, in one pass over it.
    ///
    /// The format is detected from the content where it is not given, see [`Format::detect`].
    /// Memory: one buffer of 1 MiB and 12 bytes a record. Speed: about that of SHA-256, see
    /// `benches/index.rs`.
    ///
    /// Elements of the array or lines that are no valid records are no error: they have a
    /// position, and [`record`](Self::record) says what is wrong with them.
    ///
    /// # Errors
    /// - those of [`Format::detect`]; with a format given, only [`Error::Unsupported`] and
    ///   [`Error::Empty`] of them;
    /// - [`Error::NotAnArray`]: the format is JSON, and the top level is something else;
    /// - [`Error::Broken`]: between two records stands something else than one comma, or the
    ///   brackets of a record do not match;
    /// - [`Error::BreaksOff`]: the file ends before the array does;
    /// - [`Error::Trailing`]: something follows the array;
    /// - [`Error::RecordTooLong`]: a record of 4 GiB or more;
    /// - [`Error::Read`]: the source fails.
    pub fn open(source: Arc<dyn ByteSource>, format: Option<Format>) -> Result<Self> {
        let name = source.name().to_owned();
        Self::of(name, open::file(source, format)?)
    }

    /// Finds every record of several files, which are one dataset in this order. With each goes the
    /// tree that it lies in, and its path there, where its images may be beside it.
    ///
    /// # Errors
    /// As [`open`](Self::open) for each of them; [`Error::MixedFormats`] where they are not all
    /// of one format; [`Error::NoRecords`] where there is no file.
    pub fn open_files(
        name: &str,
        sources: impl IntoIterator<Item = (Arc<dyn ByteSource>, Option<(Arc<dyn FileTree>, String)>)>,
        format: Option<Format>,
    ) -> Result<Self> {
        let mut all = Opened {
            files: vec![],
            remarks: vec![],
        };
        for (source, place) in sources {
            let mut opened = open::file(source, format)?;
            let place = place.map(|(tree, path)| Within { tree, path });
            // A file in an archive lies in that.
            for file in &mut opened.files {
                let is_archive = file.tree().is_some();
                file.within = file
                    .within
                    .take()
                    .or_else(|| place.clone().filter(|_| !is_archive));
            }
            all.files.extend(opened.files);
            all.remarks.extend(opened.remarks);
        }
        Self::of(name.to_owned(), all)
    }

    /// Finds every record in a folder or an archive: in its files of records by the order of
    /// their paths, or where there are none, its images with the captions beside them.
    ///
    /// # Errors
    /// As [`open_files`](Self::open_files), and where the tree cannot be listed.
    pub fn open_tree(tree: &Arc<dyn FileTree>, format: Option<Format>) -> Result<Self> {
        Self::of(tree.name().to_owned(), open::tree(tree, format)?)
    }

    fn of(name: String, Opened { files, remarks }: Opened) -> Result<Self> {
        let Some(first) = files.first() else {
            return Err(Error::NoRecords {
                name,
                found: "no file".to_owned(),
            });
        };
        let format = first.records.format();
        if let Some(other) = files.iter().find(|file| file.records.format() != format) {
            return Err(Error::MixedFormats {
                name,
                one: format!("{} ({format})", first.records.name()),
                other: format!("{} ({})", other.records.name(), other.records.format()),
            });
        }
        let mut starts = Vec::with_capacity(files.len() + 1);
        let mut records = 0;
        for file in &files {
            starts.push(records);
            records += file.records.len();
        }
        starts.push(records);
        Ok(Self {
            name,
            format,
            fingerprint: fingerprint(format, &files),
            files,
            starts,
            remarks,
            recent: Mutex::default(),
        })
    }

    /// How many records there are, usable or not.
    pub fn len(&self) -> u64 {
        *self.starts.last().expect("there is always an end")
    }

    /// Whether there are none: the source is `[]`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How the records stand in their files.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The name for messages: of the file, the folder, the archive or the pattern.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many files the records are in.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// The name of a file, and the positions of its records.
    ///
    /// # Panics
    /// Where there are not so many files.
    pub fn file(&self, nth: usize) -> (&str, Range<u64>) {
        (
            self.files[nth].records.name(),
            self.starts[nth]..self.starts[nth + 1],
        )
    }

    /// What was seen on opening that a person should know: files that were left out, and why.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// What the dataset is known by, wherever it lies: `FORMAT:LENGTH:SHA256`.
    ///
    /// The format is [`Format::as_str`], the length that of the file in bytes, in decimal; the
    /// SHA-256 of all its bytes is in lower-case hexadecimal. For example
    /// `jsonl:3:ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356`.
    /// For a file that holds images as well it is the SHA-256 of its directory. Of several files
    /// it is the length of all, and the SHA-256 over a line `LENGTH:SHA256` and a line feed for
    /// each.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Checks that the files are still what they were when their records were found.
    ///
    /// # Errors
    /// [`Error::Changed`] where a length or time is another, [`Error::Read`] where a file cannot
    /// be looked at any more.
    pub fn check_unchanged(&self) -> Result<()> {
        self.files
            .iter()
            .try_for_each(|file| file.records.check_unchanged())
    }

    /// The file that a record is in, and its position there.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`].
    pub(crate) fn place(&self, position: u64) -> Result<(usize, u64)> {
        if position >= self.len() {
            return Err(Error::NoSuchRecord {
                name: self.name.clone(),
                position,
                records: self.len(),
            });
        }
        // The last file that begins at or before it, empty files passed over.
        let nth = self.starts.partition_point(|&start| start <= position) - 1;
        Ok((nth, position - self.starts[nth]))
    }

    /// The files that a record is made of, where it is images and texts of a folder or an archive
    /// rather than a piece of one file: the tree, and their paths in it.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`].
    pub fn member_files(&self, position: u64) -> Result<Option<MemberFiles<'_>>> {
        let (nth, record) = self.place(position)?;
        Ok(match &self.files[nth].records {
            Records::Captions(records) => Some(records.files(record)),
            _ => None,
        })
    }

    /// Whether it is images with captions beside them.
    pub(crate) fn is_captions(&self) -> bool {
        self.format == Format::Captions
    }

    /// The folder or archive that all of the dataset is in, where it is in one.
    pub fn tree(&self) -> Option<&Arc<dyn FileTree>> {
        let (first, others) = self.files.split_first()?;
        let tree = first.tree()?;
        let is_same = |file: &RecordFile| file.tree().is_some_and(|other| Arc::ptr_eq(other, tree));
        others.iter().all(is_same).then_some(tree)
    }

    /// The zip archive that all of the dataset is in, where it is in one.
    pub fn zip(&self) -> Option<&ZipTree> {
        self.tree()?.as_zip()
    }

    pub(crate) fn files(&self) -> &[RecordFile] {
        &self.files
    }

    /// Notes that a file is read from. Files are read one after the other, so only the last few
    /// keep what makes reading them quick.
    fn touch(&self, nth: usize) {
        /// The one at hand, the one before it whose images are still being decoded, and one more.
        const MOST: usize = 3;

        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.last() == Some(&nth) {
            return;
        }
        recent.retain(|&other| other != nth);
        recent.push(nth);
        if recent.len() > MOST {
            let oldest = recent.remove(0);
            self.files[oldest].records.release();
        }
    }

    /// A record as JSON: its own bytes where it stands as JSON in the source, else what its row
    /// or its files say, without images.
    ///
    /// # Errors
    /// - [`Error::NoSuchRecord`];
    /// - [`Error::RecordTooLong`]: more than [`MAX_RECORD_BYTES`];
    /// - [`Error::Read`]: the source fails.
    pub fn record_bytes(&self, position: u64) -> Result<Vec<u8>> {
        let (nth, record) = self.place(position)?;
        self.touch(nth);
        self.files[nth].records.json(record)
    }

    /// Reads and parses a record.
    ///
    /// The inner result is the record's own: a [`Skip`] with `invalid_json`, `not_an_object`,
    /// `invalid_conversations`, `invalid_image` or `record_too_large`, with byte positions
    /// counted from the start of the file. What a valid record lacks, [`Record::skip`] tells.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`] and [`Error::Read`].
    pub fn record(&self, position: u64) -> Result<Result<Record, Skip>> {
        let (nth, record) = self.place(position)?;
        self.touch(nth);
        self.files[nth].records.record(record)
    }

    /// The bytes of a record's `nth` image, which the dataset itself carries.
    ///
    /// # Errors
    /// A [`Skip`] with `image_unreadable` or `image_too_large`.
    pub fn embedded_image(&self, position: u64, nth: u32) -> Result<Vec<u8>, Skip> {
        let (file, record) = self.place(position).map_err(|error| {
            Skip::new(crate::skip::SkipReason::ImageUnreadable, error.to_string())
        })?;
        self.touch(file);
        self.files[file].records.image(record, nth)
    }
}

fn fingerprint(format: Format, files: &[RecordFile]) -> String {
    let hex =
        |digest: [u8; 32]| -> String { digest.iter().map(|byte| format!("{byte:02x}")).collect() };
    // An archive may say of a shard in it whatever it likes.
    let length = files
        .iter()
        .fold(0_u64, |sum, file| sum.saturating_add(file.records.bytes()));
    let digest = match files {
        [file] => file.records.sha256(),
        files => {
            let mut hash = Sha256::new();
            for file in files {
                let digest = hex(file.records.sha256());
                hash.update(format!("{}:{digest}\n", file.records.bytes()));
            }
            hash.finalize().into()
        }
    };
    format!("{format}:{length}:{}", hex(digest))
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("name", &self.name())
            .field("format", &self.format)
            .field("files", &self.files.len())
            .field("records", &self.len())
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
