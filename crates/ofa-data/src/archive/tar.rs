//! Tar archives: where their members stand, found without reading what is in them.

mod scan;
mod tree;
mod window;

use std::ops::Range;
use std::sync::Arc;

use crate::Result;
use crate::source::ByteSource;

pub use tree::TarTree;

/// A header, and what everything in a tar archive is rounded up to.
const BLOCK: u64 = 512;

/// The places of an archive's files: 40 bytes a file, and its name.
///
/// Read are v7, ustar, GNU and pax archives, with the names and sizes that GNU and pax headers
/// give. Reading ends at the first block of zeros, as with `tar` itself, or where the file ends
/// between two members: many writers leave the end mark out.
pub struct TarIndex {
    source: Arc<dyn ByteSource>,
    files: Vec<File>,
    /// The files' names, one behind the other.
    names: Vec<u8>,
    end: u64,
    digest: [u8; 32],
    not_files: Ignored,
    after_end: Option<u64>,
}

struct File {
    /// Where its first header begins.
    start: u64,
    data: u64,
    len: u64,
    /// Seconds since 1970, 0 where they are not known.
    modified: u64,
    /// Where its name ends in `names`.
    name_end: usize,
}

/// A file in a tar archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarMember<'a> {
    /// The name as it stands in the archive, without `./` at its front. It need be neither UTF-8
    /// nor a path that stays below a folder.
    pub name: &'a [u8],
    /// From its first header, with the GNU and pax headers before its own, to the end of its
    /// padding. It begins where the member before it ends, be that a file or not.
    pub raw: Range<u64>,
    /// Its bytes.
    pub data: Range<u64>,
    /// The time of its last change in seconds since 1970, 0 where the archive does not say.
    pub modified: u64,
}

/// What is passed over: how many there are, and the first in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ignored {
    /// How many there are.
    pub count: u64,
    /// The first one, in words; `None` where there is none.
    pub example: Option<String>,
}

impl Ignored {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        self.example.get_or_insert_with(example);
    }
}

impl TarIndex {
    /// Finds every file of the archive in one pass over its headers.
    ///
    /// What is in the members is passed over: 8 KiB are read for a member, and the rest of the
    /// file from its end mark on.
    ///
    /// # Errors
    /// - [`Error::TarBreaksOff`](crate::Error::TarBreaksOff): the file is empty, or ends within a
    ///   header, a member or its padding;
    /// - [`Error::TarBroken`](crate::Error::TarBroken): a header's checksum or another number in
    ///   it is wrong, its GNU or pax headers contradict each other or are longer than 16 MiB, or
    ///   the file is no tar archive at all;
    /// - [`Error::Read`](crate::Error::Read): the source fails.
    pub fn open(source: Arc<dyn ByteSource>) -> Result<Self> {
        let scan = scan::scan(&*source)?;
        Ok(Self {
            source,
            files: scan.files,
            names: scan.names,
            end: scan.end,
            digest: scan.digest,
            not_files: scan.not_files,
            after_end: scan.after_end,
        })
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file at this place in the archive's order, from 0; `None` from [`len`](Self::len) on.
    pub fn member(&self, nth: usize) -> Option<TarMember<'_>> {
        let file = self.files.get(nth)?;
        let end = file.data + file.len;
        Some(TarMember {
            name: self.name_of(nth),
            raw: file.start..end.next_multiple_of(BLOCK),
            data: file.data..end,
            modified: file.modified,
        })
    }

    /// The files in the archive's order.
    pub fn members(&self) -> impl Iterator<Item = TarMember<'_>> {
        (0..self.len()).map_while(|nth| self.member(nth))
    }

    fn name_of(&self, nth: usize) -> &[u8] {
        let start = match nth {
            0 => 0,
            _ => self.files[nth - 1].name_end,
        };
        &self.names[start..self.files[nth].name_end]
    }

    /// Where the last member ends, and the end mark begins if there is one.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// SHA-256 over the headers of all members in order: the archive's directory, not its data.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Links, devices and sparse files, which are no files here. Folders do not count.
    pub fn not_files(&self) -> &Ignored {
        &self.not_files
    }

    /// The first byte behind the end mark that is not zero, where there is one. Nothing is read
    /// from there on: in archives that were joined with `cat`, all but the first archive.
    pub fn after_end(&self) -> Option<u64> {
        self.after_end
    }

    /// What a user should know of, a sentence each: what is passed over.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![];
        if let Some(example) = &self.not_files.example {
            notes.push(format!(
                "{}: links, devices and sparse files are passed over: {}, the first is {example}; \
                 pack them as plain files if they are needed",
                self.name(),
                self.not_files.count,
            ));
        }
        if let Some(at) = self.after_end {
            notes.push(format!(
                "{}: the archive ends at byte {}, and at byte {at} more follows, which is not \
                 read; if several archives were joined, give them one by one",
                self.name(),
                self.end,
            ));
        }
        notes
    }

    /// The archive's name, for messages.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The archive's bytes.
    pub fn source(&self) -> &Arc<dyn ByteSource> {
        &self.source
    }
}

impl std::fmt::Debug for TarIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TarIndex")
            .field("name", &self.name())
            .field("files", &self.len())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// A member's name as a [`FileTree`](crate::FileTree) has it; `None` where it is not UTF-8 or
/// could lead out.
pub(crate) fn as_path(name: &[u8]) -> Option<&str> {
    let safe = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    let path = std::str::from_utf8(name).ok()?;
    path.split('/').all(safe).then_some(path)
}

/// A member's name as a message shows it: in one line, and not longer than that.
pub(crate) fn shown(name: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(&name[..name.len().min(4 * LONGEST)]);
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
