//! WebDataset shards: tar archives in which files of one key, side by side, are a sample.

mod key;
mod subset;
mod text;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::Result;
use crate::archive::{Ignored, TarIndex, TarMember, shown};
use crate::dataset::MAX_RECORD_BYTES;
use crate::error::Error;
use crate::identity;
use crate::image_source::{EmbeddedImage, IMAGE_EXTENSIONS, ImageReference, MAX_IMAGE_FILE_BYTES};
use crate::record::Record;
use crate::skip::{Skip, SkipReason};
use crate::source::ByteSource;
use key::{kind_of, split};

/// Endings of the files that may hold a sample's text, the first one first.
const TEXT_KINDS: [&str; 4] = ["txt", "caption", "text", "cap"];

/// A shard, of which only the places of the files are held: 48 bytes a file, and its name.
///
/// Samples are what the Python package `webdataset` makes of the shard. The **key** of a file is
/// its path up to the first dot of its own name, and what follows is its **extension**, in lower
/// case: `a/b/0001.seg.png` has the key `a/b/0001` and the extension `seg.png`. Neighbours of
/// equal keys are a sample. To none belong links, folders, files whose own name has no dot or
/// begins with one, and what is called `__*__` or lies in a folder of such a name; these may
/// stand within a sample.
/// Different from the package are two things: a leading `./` is no part of a key, and hidden
/// files in folders (`a/._0001.jpg`, which macOS packs) belong to no sample, while the package
/// takes them for samples with the key `a/`.
///
/// A key whose files do not all stand together gives several samples, as with the package; see
/// [`split_keys`](Self::split_keys).
#[derive(Debug)]
pub struct Samples {
    index: Arc<TarIndex>,
    /// Where each sample's first file is in the index. A sample goes up to the next one.
    starts: Vec<usize>,
    split_keys: Ignored,
}

/// A file of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFile<'a> {
    /// Its name in the archive, without `./` at its front. Bytes that are not UTF-8 are replaced.
    pub name: Cow<'a, str>,
    /// What follows the first dot of its own name, in lower case.
    pub extension: String,
    /// Where its bytes are in the shard.
    pub data: Range<u64>,
}

impl SampleFile<'_> {
    fn len(&self) -> u64 {
        self.data.end - self.data.start
    }
}

impl Samples {
    /// Finds every sample of a shard, in one pass over the archive's headers.
    ///
    /// # Errors
    /// Those of [`TarIndex::open`].
    pub fn open(source: Arc<dyn ByteSource>) -> Result<Self> {
        Ok(Self::new(Arc::new(TarIndex::open(source)?)))
    }

    /// Groups the files of an archive.
    pub fn new(index: Arc<TarIndex>) -> Self {
        let mut starts: Vec<usize> = vec![];
        let mut last: Option<&[u8]> = None;
        for (nth, member) in index.members().enumerate() {
            if let Some((key, _)) = split(member.name)
                && last != Some(key)
            {
                starts.push(nth);
                last = Some(key);
            }
        }
        let split_keys = split_keys(&index, &starts);
        Self {
            index,
            starts,
            split_keys,
        }
    }

    /// How many samples there are.
    pub fn len(&self) -> u64 {
        self.starts.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The archive that the samples are in.
    pub fn index(&self) -> &Arc<TarIndex> {
        &self.index
    }

    /// The shard's name, for messages.
    pub fn name(&self) -> &str {
        self.index.name()
    }

    /// Keys of more than one sample, since their files do not stand together.
    pub fn split_keys(&self) -> &Ignored {
        &self.split_keys
    }

    /// What a user should know of, a sentence each: those of [`TarIndex::notes`], and what is
    /// odd about the keys.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.index.notes();
        if let Some(example) = &self.split_keys.example {
            notes.push(format!(
                "{}: keys whose files do not stand together are taken for several samples, as \
                 `webdataset` does: {}, the first is {example}; sort the archive by name if they \
                 belong together",
                self.name(),
                self.split_keys.count,
            ));
        }
        notes
    }

    /// A sample's key. Bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`].
    pub fn key(&self, position: u64) -> Result<String> {
        let start = self.range(position)?.start;
        Ok(String::from_utf8_lossy(key_at(&self.index, start)).into_owned())
    }

    /// A sample's files in the order of the archive.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`].
    pub fn files(&self, position: u64) -> Result<impl Iterator<Item = SampleFile<'_>>> {
        let members = self.members(position)?;
        Ok(members.map(|(member, extension)| SampleFile {
            name: String::from_utf8_lossy(member.name),
            extension,
            data: member.data,
        }))
    }

    /// Reads and parses a sample as a record.
    ///
    /// - **Images** are its files that end in jpg, jpeg, jfif, png, webp, gif, bmp, tif, tiff or
    ///   ppm, in the order of the archive, whatever its JSON has under `image`; where there is none, those
    ///   that its JSON names.
    /// - **Human turns** are those of its `json` file, see [`Record`]; a JSON string is the one
    ///   turn. Where that gives none, it is the first of its files `txt`, `caption`, `text`,
    ///   `cap` that is not blank.
    /// - **The id** is that of the JSON, or else the key.
    ///
    /// Of two files that end alike (`json` and `meta.json`), the one that has nothing before its
    /// ending counts, or else the first. A byte-order mark is no part of a text.
    ///
    /// The inner result is the sample's own: a [`Skip`] with `invalid_sample` where two of its
    /// files have one extension, which `webdataset` refuses too; with `invalid_text` or
    /// `record_too_large`; or one of [`Record::parse`]. Byte positions count from the start of
    /// the shard.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`] and [`Error::Read`].
    pub fn record(&self, position: u64) -> Result<Result<Record, Skip>> {
        let files: Vec<SampleFile<'_>> = self.files(position)?.collect();
        if let Some(skip) = doubled(&files) {
            return Ok(Err(skip));
        }
        let images: Vec<_> = self
            .images(position)?
            .map(|image| ImageReference::Embedded(self.embedded(&image)))
            .collect();
        let mut record = match text::record(self.source(), &files, !images.is_empty())? {
            Ok(record) => record,
            Err(skip) => return Ok(Err(skip)),
        };
        if !images.is_empty() {
            record.images = images;
        }
        if record.id.is_none() {
            record.id = Some(self.key(position)?);
        }
        Ok(Ok(record))
    }

    /// Reads one of the images that stand in a sample, at most [`MAX_IMAGE_FILE_BYTES`].
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing` where the sample has no such image, `image_too_large`, or
    /// `image_unreadable` where the source fails.
    pub fn image(&self, position: u64, nth: u32) -> Result<Vec<u8>, Skip> {
        let image = self
            .images(position)
            .ok()
            .and_then(|mut images| images.nth(nth as usize))
            .ok_or_else(|| {
                let detail = format!("{}: sample {position} has no image {nth}", self.name());
                Skip::new(SkipReason::ImageMissing, detail)
            })?;
        let skip = |reason, problem: &dyn std::fmt::Display| {
            let name = shown(image.name);
            Skip::new(reason, format!("{}/{name}: {problem}", self.name()))
        };
        let len = image.data.end - image.data.start;
        if len > MAX_IMAGE_FILE_BYTES {
            let problem = format!("{len} bytes; at most {MAX_IMAGE_FILE_BYTES} are read");
            return Err(skip(SkipReason::ImageTooLarge, &problem));
        }
        let mut bytes = vec![0; len as usize];
        match self.source().read_at(image.data.start, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(skip(SkipReason::ImageUnreadable, &error)),
        }
    }

    /// A sample as JSON, for where it is to stand in a file of another format.
    ///
    /// - Of a JSON object its bytes as they are, maybe over several lines. Where it has no human
    ///   turn and a text file of the sample gives one, that text is the value of its key `text`: in
    ///   the place of a blank one, or at its end.
    /// - Of a sample without JSON, or whose JSON is a string, an object with its key as `__key__`
    ///   and its text, if there is any, as `text`.
    ///
    /// So reading it gives the human turn that [`record`](Self::record) gives. Images are in
    /// neither. JSON that cannot be read stays as it is.
    ///
    /// The inner result is the sample's own: a [`Skip`] with `record_too_large` or
    /// `invalid_text`.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`] and [`Error::Read`].
    pub fn json(&self, position: u64) -> Result<Result<Vec<u8>, Skip>> {
        let files: Vec<SampleFile<'_>> = self.files(position)?.collect();
        text::json(self.source(), &files, self.key(position)?)
    }

    pub(crate) fn source(&self) -> &dyn ByteSource {
        &**self.index.source()
    }

    /// Which files of the index a sample goes over.
    fn range(&self, position: u64) -> Result<Range<usize>> {
        let found = usize::try_from(position)
            .ok()
            .and_then(|nth| Some((nth, *self.starts.get(nth)?)));
        match found {
            Some((nth, start)) => {
                let end = self.starts.get(nth + 1).copied();
                Ok(start..end.unwrap_or(self.index.len()))
            }
            None => Err(Error::NoSuchRecord {
                name: self.name().to_owned(),
                position,
                records: self.len(),
            }),
        }
    }

    fn members(&self, position: u64) -> Result<impl Iterator<Item = (TarMember<'_>, String)>> {
        Ok(self.range(position)?.filter_map(|nth| {
            let member = self.index.member(nth)?;
            let (_, extension) = split(member.name)?;
            let extension = String::from_utf8_lossy(extension).to_lowercase();
            Some((member, extension))
        }))
    }

    fn images(&self, position: u64) -> Result<impl Iterator<Item = TarMember<'_>>> {
        Ok(self.members(position)?.filter_map(|(member, extension)| {
            IMAGE_EXTENSIONS
                .contains(&kind_of(&extension))
                .then_some(member)
        }))
    }

    fn embedded(&self, image: &TarMember<'_>) -> EmbeddedImage {
        let mut hash = Sha256::new();
        hash.update(self.index.digest());
        hash.update(image.data.start.to_le_bytes());
        hash.update((image.data.end - image.data.start).to_le_bytes());
        EmbeddedImage {
            key: identity::of_hash(hash),
            name: key::path_of(image.name),
        }
    }
}

/// The key of a file that begins a sample.
fn key_at(index: &TarIndex, nth: usize) -> &[u8] {
    let name = index.member(nth).map(|member| member.name);
    let (key, _) = name
        .and_then(split)
        .expect("a sample begins with a file that has a key");
    key
}

/// Keys that more than one sample begins with.
fn split_keys(index: &TarIndex, starts: &[usize]) -> Ignored {
    let mut order = starts.to_vec();
    order.sort_by_key(|&nth| key_at(index, nth));
    let equal = order.chunk_by(|&a, &b| key_at(index, a) == key_at(index, b));
    // The first in the archive is named, not the first by name.
    let split: Vec<&[usize]> = equal.filter(|equal| equal.len() > 1).collect();
    let first = split.iter().min_by_key(|equal| equal[1]);
    Ignored {
        count: split.len() as u64,
        example: first.and_then(|equal| {
            let again = index.member(equal[1])?;
            Some(format!(
                "`{}`, once more at byte {}",
                shown(key_at(index, equal[0])),
                again.raw.start
            ))
        }),
    }
}

/// Says which two files have one extension.
fn doubled(files: &[SampleFile<'_>]) -> Option<Skip> {
    let mut seen: HashMap<&str, &SampleFile<'_>> = HashMap::new();
    for file in files {
        if let Some(first) = seen.insert(&file.extension, file) {
            let [first, second] = [first, file].map(|file| shown(file.name.as_bytes()));
            let detail = format!("`{first}` and `{second}` have the same key and extension");
            return Some(Skip::new(SkipReason::InvalidSample, detail));
        }
    }
    None
}

#[cfg(test)]
mod tests;
