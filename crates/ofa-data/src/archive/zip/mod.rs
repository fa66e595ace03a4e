//! Zip archives.

mod directory;
mod member;
mod name;
mod record;
mod rewrite;
mod subset;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::directory::Directory;
use self::member::Member;
use self::name::Name;
use crate::Result;
use crate::error::Error;
use crate::file_tree::{FileStat, FileTree, FindError, ReadError, TreeFile};
use crate::skip::{Skip, SkipReason};
use crate::source::{ByteSource, InflateSource, PartSource, check_crc, inflate_whole};

pub use self::subset::{Replacement, write_zip_subset};

/// The files of a zip archive, read where they stand.
///
/// Stored and deflated members are read, in archives of any length (zip64). The directory is read
/// once and counts, as in Python's `zipfile`; a member's own header is checked against it when
/// the member is opened. Of several members with one name the last counts.
///
/// Folders are not listed, nor is what macOS adds (`__MACOSX/`, `._*`, `.DS_Store`). Symbolic
/// links and names that are no paths within the archive are not listed either, and counted by
/// [`ignored`](Self::ignored).
///
/// Memory: 56 bytes for each member, and its name.
///
/// Source: [APPNOTE.TXT](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) 6.3.10.
pub struct ZipTree {
    source: Arc<dyn ByteSource>,
    directory: Directory,
    /// By name.
    members: Vec<Member>,
    names: String,
    duplicates: u64,
    ignored: u64,
    ignored_example: Option<String>,
}

/// How much of a name that is not listed is kept for messages, in characters.
const SHOWN_NAME: usize = 200;

impl ZipTree {
    /// Opens an archive and reads its directory.
    ///
    /// # Errors
    /// - [`Error::Zip`]: there is no end record (a file that is no archive, or is cut off), the
    ///   directory is broken, takes more than 1 GiB, or does not fit the end record, the archive is
    ///   divided into several files, or every file in it is encrypted;
    /// - [`Error::Read`].
    pub fn open(source: Arc<dyn ByteSource>) -> Result<Self> {
        let mut names = String::new();
        let mut members = vec![];
        let mut ignored = 0;
        let mut ignored_example = None;
        let directory = Directory::read(&*source, &mut |position, record| {
            let raw_name = record.file_path();
            let name = Name::read(
                raw_name.as_bytes(),
                record.flags().is_utf8(),
                record.extra_fields(),
            );
            let name = match name {
                Name::File(name) if record.mode().is_symlink() => {
                    Name::Refused(name, "it is a symbolic link")
                }
                name => name,
            };
            match name {
                Name::LeftOut => {}
                Name::Refused(name, why) => {
                    ignored += 1;
                    ignored_example.get_or_insert_with(|| {
                        let shown: String = name.chars().take(SHOWN_NAME).collect();
                        format!("{shown:?}: {why}")
                    });
                }
                Name::File(name) => {
                    members.push(Member::new(record, position, names.len(), name.len()));
                    names.push_str(&name);
                }
            }
        })?;
        let name_of = |member: &Member| &names[member.name()];
        members.sort_unstable_by(|one: &Member, other| {
            let order = name_of(one).cmp(name_of(other));
            order.then(one.record.cmp(&other.record))
        });
        let listed = members.len();
        members.dedup_by(|later, kept| {
            let is_same = name_of(later) == name_of(kept);
            if is_same {
                *kept = *later;
            }
            is_same
        });
        members.shrink_to_fit();
        names.shrink_to_fit();
        if !members.is_empty() && members.iter().all(Member::is_encrypted) {
            return Err(Error::Zip {
                name: source.name().to_owned(),
                offset: directory.records.start,
                problem: format!("expected files to read, found {listed}, all of them encrypted"),
                advice: "unpack it with its password and give the folder",
            });
        }
        Ok(Self {
            duplicates: (listed - members.len()) as u64,
            source,
            directory,
            members,
            names,
            ignored,
            ignored_example,
        })
    }

    /// The archive's own bytes.
    pub fn source(&self) -> &Arc<dyn ByteSource> {
        &self.source
    }

    /// SHA-256 of the central directory's records: the names, lengths, checksums and places of
    /// all members.
    pub fn directory_sha256(&self) -> [u8; 32] {
        self.directory.sha256
    }

    /// How many members are not listed because they are symbolic links or their names are no
    /// paths within the archive.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// The first of the [`ignored`](Self::ignored) members, and why it is one.
    pub fn ignored_example(&self) -> Option<&str> {
        self.ignored_example.as_deref()
    }

    /// How many members are not listed because a later one has the same name.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Reads a whole file, and checks its length and its CRC-32.
    ///
    /// Never allocates more than `limit + 1` bytes for the file, whatever the archive says.
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing` (no such file), `image_too_large` (more than `limit` bytes),
    /// or `image_unreadable`: it is encrypted, compressed in a way that is not read, or damaged.
    pub fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Skip> {
        let name = self.source.name();
        let member = self.member(path).ok_or_else(|| {
            let detail = format!("{path}: not found in {name}");
            Skip::new(SkipReason::ImageMissing, detail)
        })?;
        let len = usize::try_from(member.uncompressed)
            .ok()
            .filter(|_| member.uncompressed <= limit)
            .ok_or_else(|| {
                let detail = format!("{name}/{path}: more than {limit} bytes");
                Skip::new(SkipReason::ImageTooLarge, detail)
            })?;
        self.read_whole(path, member, len)
            .map_err(|error| Skip::new(SkipReason::ImageUnreadable, error.to_string()))
    }

    /// Whether a file stands in the archive as it is, so that it is read where it stands; `None`
    /// where there is no such file.
    pub fn is_stored(&self, path: &str) -> Option<bool> {
        self.member(path).map(Member::is_stored)
    }

    fn read_whole(&self, path: &str, member: &Member, len: usize) -> Result<Vec<u8>> {
        let data = self.data(path, member)?;
        let offset = data.start;
        let bytes = if member.is_stored() {
            let mut bytes = vec![0; len];
            self.source
                .read_at(offset, &mut bytes)
                .and_then(|()| check_crc(crc32fast::hash(&bytes), member.crc))
                .map(|()| bytes)
        } else {
            inflate_whole(&*self.source, data, len, member.crc)
        };
        bytes.map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => self.member_error(path, error.to_string()),
            _ => Error::Read {
                name: self.source.name().to_owned(),
                offset,
                source: error,
            },
        })
    }

    fn member(&self, path: &str) -> Option<&Member> {
        let found = self
            .members
            .binary_search_by(|member| self.name_of(member).cmp(path));
        found.ok().map(|nth| &self.members[nth])
    }

    fn name_of(&self, member: &Member) -> &str {
        &self.names[member.name()]
    }

    fn member_error(&self, path: &str, problem: impl Into<String>) -> Error {
        Error::ZipMember {
            name: self.source.name().to_owned(),
            member: path.to_owned(),
            problem: problem.into(),
        }
    }
}

impl FileTree for ZipTree {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn files(&self) -> Result<Vec<TreeFile>> {
        let files = self.members.iter().map(|member| TreeFile {
            path: self.name_of(member).to_owned(),
            len: member.uncompressed,
        });
        Ok(files.collect())
    }

    fn find(&self, path: &str) -> Result<Option<FileStat>, FindError> {
        let Some(member) = self.member(path) else {
            let folder = format!("{path}/");
            let next = self
                .members
                .partition_point(|member| self.name_of(member) < &*folder);
            let is_folder = self
                .members
                .get(next)
                .is_some_and(|member| self.name_of(member).starts_with(&folder));
            return match is_folder {
                true => Err(FindError::NotAFile("a folder".to_owned())),
                false => Ok(None),
            };
        };
        match member.unreadable() {
            Some(problem) if member.is_encrypted() => Err(FindError::NotAFile(problem)),
            Some(problem) => Err(FindError::Unreadable(problem)),
            None => Ok(Some(FileStat {
                len: member.uncompressed,
                stamp: i128::from(member.uncompressed) << 32 | i128::from(member.crc),
            })),
        }
    }

    fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, ReadError> {
        Self::read(self, path, most).map_err(|skip| match skip.reason {
            SkipReason::ImageMissing => ReadError::Missing("there is no such file".to_owned()),
            SkipReason::ImageTooLarge => ReadError::TooLarge,
            _ => ReadError::Unreadable(skip.detail),
        })
    }

    fn as_zip(&self) -> Option<&ZipTree> {
        Some(self)
    }

    /// # Errors
    /// [`Error::ZipMember`] where there is no such file, it is encrypted or compressed in a way that
    /// is not read, or the directory lies about it; [`Error::Read`].
    fn open(&self, path: &str) -> Result<Arc<dyn ByteSource>> {
        let member = self
            .member(path)
            .ok_or_else(|| self.member_error(path, "there is no file of this name"))?;
        let data = self.data(path, member)?;
        let name = format!("{}/{path}", self.source.name());
        let source = self.source.clone();
        let opened: std::io::Result<Arc<dyn ByteSource>> = if member.is_stored() {
            PartSource::new(source, data, name).map(|part| Arc::new(part) as _)
        } else {
            InflateSource::new(source, data, member.uncompressed, member.crc, name)
                .map(|inflated| Arc::new(inflated) as _)
        };
        opened.map_err(|error| self.member_error(path, error.to_string()))
    }
}
