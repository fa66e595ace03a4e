//! Images in folders and archives.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::repair::{Candidate, Place, candidates};
use crate::file_tree::{FileStat, FileTree, FindError, ReadError};
use crate::image_source::{ImageFile, ImagePlace, ImageSource, Located, MAX_IMAGE_FILE_BYTES};
use crate::skip::{Skip, SkipReason};
use crate::source::ByteSource;

/// Image folders and archives, in the order in which they are searched.
///
/// A reference is a path within one of them. A bare file name is never looked for in other
/// folders: real datasets share names across folders that mean different images.
///
/// Where no root has the file as written, the [`Repair`](super::Repair)s are tried, alone and then
/// together. One counts only where it is unambiguous: where exactly one file can be reached by so
/// few repairs. A root is asked for at most 100 paths for one reference.
///
/// A path that leads out of the roots, by `..` or as an absolute path, is not followed. An
/// absolute path into one of the folders is, and means the file in that folder.
#[derive(Clone)]
pub struct ImageRoots {
    roots: Vec<Arc<dyn FileTree>>,
}

impl ImageRoots {
    /// Takes folders and archives, in the order in which they are searched.
    pub fn over(roots: Vec<Arc<dyn FileTree>>) -> Self {
        Self { roots }
    }

    /// The file at this place, in the first root that has it. Only the roots of the numbers that
    /// `is_asked` takes are asked.
    fn find(
        &self,
        place: &Place,
        mut is_asked: impl FnMut(usize) -> bool,
    ) -> Result<Option<Found>, Skip> {
        let path = &place.path;
        let (mut unreadable, mut other) = (None, None);
        for (nth, root) in self.roots.iter().enumerate() {
            if place.root.is_some_and(|only| only != nth) || !is_asked(nth) {
                continue;
            }
            match root.find(path) {
                Ok(Some(stat)) => {
                    return Ok(Some(Found {
                        root: nth,
                        path: path.clone(),
                        stat,
                    }));
                }
                Ok(None) => {}
                Err(FindError::NotAFile(what)) => {
                    let detail = format!("{} is {what}", full_name(&**root, path));
                    other.get_or_insert(Skip::new(SkipReason::ImageMissing, detail));
                }
                Err(FindError::Unreadable(problem)) => {
                    let detail = format!("{}: {problem}", full_name(&**root, path));
                    unreadable.get_or_insert(Skip::new(SkipReason::ImageUnreadable, detail));
                }
            }
        }
        match unreadable.or(other) {
            Some(skip) => Err(skip),
            None => Ok(None),
        }
    }

    /// The bytes of a file that [`locate`](ImageSource::locate) found, to be read by position.
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing` or `image_unreadable`.
    pub(crate) fn open(&self, file: &ImageFile) -> Result<Arc<dyn ByteSource>, Skip> {
        let root = self.root_of(file)?;
        root.open(&file.path).map_err(|error| {
            let reason = match root.find(&file.path) {
                Ok(None) => SkipReason::ImageMissing,
                _ => SkipReason::ImageUnreadable,
            };
            Skip::new(reason, error.to_string())
        })
    }

    fn root_of(&self, file: &ImageFile) -> Result<&Arc<dyn FileTree>, Skip> {
        let root = match file.place {
            ImagePlace::Root(nth) => self.roots.get(nth as usize),
            ImagePlace::Dataset { .. } | ImagePlace::Record { .. } => None,
        };
        root.ok_or_else(|| {
            let detail = format!("{}: of another source", file.path);
            Skip::new(SkipReason::ImageMissing, detail)
        })
    }

    /// The place within the roots that a reference means, with `..` and `.` resolved.
    fn place_of(&self, reference: &str) -> Result<Place, Skip> {
        let outside = || {
            let detail = format!("{reference}: leads out of the image folders");
            Skip::new(SkipReason::ImageOutside, detail)
        };
        let (root, relative) = if is_absolute(reference) {
            let mut roots = self.roots.iter().enumerate();
            let inside = roots.find_map(|(nth, root)| Some((nth, root.within(reference)?)));
            let (nth, relative) = inside.ok_or_else(outside)?;
            (Some(nth), relative)
        } else {
            (None, reference.to_owned())
        };
        let path = resolved(&relative).ok_or_else(outside)?;
        Ok(Place { root, path })
    }

    /// The place with `/` for `\`; `None` where there is no `\`.
    fn slashed(&self, reference: &str, as_written: &Place) -> Result<Option<Place>, Skip> {
        if !as_written.path.contains('\\') {
            return Ok(None);
        }
        if as_written.root.is_none() {
            return self.place_of(&reference.replace('\\', "/")).map(Some);
        }
        // The path of the root itself is what it is.
        let place = resolved(&as_written.path.replace('\\', "/")).map(|path| Place {
            path,
            ..as_written.clone()
        });
        Ok(place)
    }

    /// The only file that the reference can mean once it is repaired.
    fn repaired(&self, reference: &str, as_written: &Place) -> Result<Option<Located>, Skip> {
        let slashed = self.slashed(reference, as_written)?;
        let is_relative = as_written.root.is_none();
        let levels = candidates(as_written, slashed, |path| {
            // Decoded, a path may have become absolute.
            if is_relative && is_absolute(path) {
                return None;
            }
            resolved(path)
        });
        let mut folders = Folders::default();
        for level in levels {
            let mut there = vec![];
            for candidate in level {
                let place = &candidate.place;
                let found = self.find(place, |nth| folders.are_in(&*self.roots[nth], nth, place));
                match found {
                    Ok(Some(found)) => there.push((candidate, Ok(found))),
                    // It may be the file that is meant: taking another would be guessing.
                    Err(skip) if skip.reason == SkipReason::ImageUnreadable => {
                        there.push((candidate, Err(skip)));
                    }
                    Ok(None) | Err(_) => {}
                }
            }
            if !there.is_empty() {
                return self.only_one(reference, there).map(Some);
            }
        }
        Ok(None)
    }

    /// The first of the candidates that are there, if all others are the same file.
    fn only_one(
        &self,
        reference: &str,
        mut there: Vec<(Candidate, Result<Found, Skip>)>,
    ) -> Result<Located, Skip> {
        let (first, others) = there.split_first().expect("there is one");
        let mut different = others.iter().filter(|other| match (&first.1, &other.1) {
            (Ok(first), Ok(other)) => !first.is_same_file(other),
            _ => true,
        });
        if let Some(second) = different.next() {
            let named = |(candidate, found): &(Candidate, Result<Found, Skip>)| match found {
                Ok(found) => full_name(&*self.roots[found.root], &found.path),
                Err(_) => candidate.place.path.clone(),
            };
            let more = match different.count() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let detail = format!(
                "{reference}: not found under {}; {} and {}{more} are there, and either may be \
                 meant, so none was taken",
                self.names(),
                named(first),
                named(second),
            );
            return Err(Skip::new(SkipReason::ImageMissing, detail));
        }
        let (candidate, found) = there.swap_remove(0);
        Ok(Located {
            file: found?.into_file(),
            repairs: candidate.repairs,
        })
    }

    /// The roots in words.
    fn names(&self) -> String {
        /// Datasets may come in hundreds of archives.
        const MOST: usize = 8;

        let names: Vec<_> = self.roots.iter().take(MOST).map(|r| r.name()).collect();
        match self.roots.len().saturating_sub(MOST) {
            _ if names.is_empty() => "no image folder (none was given)".to_owned(),
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

impl fmt::Debug for ImageRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.roots.iter().map(|root| root.name()))
            .finish()
    }
}

impl ImageSource for ImageRoots {
    fn locate(&self, reference: &str) -> Result<Located, Skip> {
        let as_written = self.place_of(reference)?;
        if let Some(found) = self.find(&as_written, |_| true)? {
            return Ok(Located {
                file: found.into_file(),
                repairs: vec![],
            });
        }
        if let Some(located) = self.repaired(reference, &as_written)? {
            return Ok(located);
        }
        let detail = format!("{reference}: not found under {}", self.names());
        Err(Skip::new(SkipReason::ImageMissing, detail))
    }

    fn read(&self, file: &ImageFile) -> Result<Vec<u8>, Skip> {
        let root = self.root_of(file)?;
        let read = match file.len.is_some_and(|len| len > MAX_IMAGE_FILE_BYTES) {
            true => Err(ReadError::TooLarge),
            false => root.read(&file.path, MAX_IMAGE_FILE_BYTES),
        };
        read.map_err(|error| {
            let (reason, problem) = match error {
                ReadError::Missing(problem) => (SkipReason::ImageMissing, problem),
                ReadError::Unreadable(problem) => (SkipReason::ImageUnreadable, problem),
                ReadError::TooLarge => (
                    SkipReason::ImageTooLarge,
                    format!("more than {MAX_IMAGE_FILE_BYTES} bytes"),
                ),
            };
            Skip::new(
                reason,
                format!("{}: {problem}", full_name(&**root, &file.path)),
            )
        })
    }
}

/// A file that is there.
struct Found {
    root: usize,
    path: String,
    stat: FileStat,
}

impl Found {
    /// Where a file system takes capital letters for small ones, a file is found by either.
    fn is_same_file(&self, other: &Self) -> bool {
        let same_letters = || self.path.to_lowercase() == other.path.to_lowercase();
        self.root == other.root && self.stat == other.stat && same_letters()
    }

    fn into_file(self) -> ImageFile {
        ImageFile {
            key: identity(self.root, &self.path, self.stat),
            len: Some(self.stat.len),
            place: ImagePlace::Root(self.root as u32),
            path: self.path,
        }
    }
}

/// Which folders the roots have, of those that were asked for.
#[derive(Default)]
struct Folders {
    known: Vec<(usize, String, bool)>,
}

impl Folders {
    /// Whether the folder of this place may be in this root.
    fn are_in(&mut self, root: &dyn FileTree, nth: usize, place: &Place) -> bool {
        let folder = place.folder();
        if folder.is_empty() {
            return true;
        }
        let mut known = self.known.iter();
        if let Some(known) = known.find(|known| known.0 == nth && known.1 == folder) {
            return known.2;
        }
        let is_there = root.may_have_folder(folder);
        self.known.push((nth, folder.to_owned(), is_there));
        is_there
    }
}

/// Whether the path is absolute on some system.
fn is_absolute(reference: &str) -> bool {
    let bytes = reference.as_bytes();
    let drive = matches!(bytes, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    drive || matches!(bytes, [b'/', ..] | [b'\\', b'\\', ..])
}

/// The path without `.`, `..` and empty parts; `None` where it leads out.
fn resolved(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = vec![];
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What a file is called in messages.
fn full_name(root: &dyn FileTree, path: &str) -> String {
    format!("{}/{path}", root.name().trim_end_matches('/'))
}

/// Hash of the path within its root, the length and the stamp; and of which root it is, from the
/// second on, so that files of the same path in two roots stay apart.
fn identity(root: usize, path: &str, stat: FileStat) -> u128 {
    let mut hash = Sha256::new();
    hash.update(path.as_bytes());
    hash.update([0]);
    if root > 0 {
        hash.update((root as u64).to_le_bytes());
    }
    hash.update(stat.len.to_le_bytes());
    hash.update(stat.stamp.to_le_bytes());
    crate::identity::of_hash(hash)
}

#[cfg(test)]
mod tests;
