//! Several files that are written together: into a folder, or into a zip.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use ofa_pipeline::native::AtomicFile;
use sha2::{Digest, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::output::{self, Hashing, hex};

/// Where files go: each appears whole in its folder, or the whole zip does.
pub(crate) struct FileSink {
    target: PathBuf,
    place: Place,
    /// The files so far, with their SHA-256.
    taken: HashMap<String, String>,
    hash: Sha256,
    bytes: u64,
}

enum Place {
    Folder,
    Zip(Box<ZipWriter<StreamWriter<AtomicFile>>>),
}

/// What was written.
pub(crate) struct Written {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Of a line `SHA256  PATH` for each file, in their order.
    pub(crate) sha256: String,
    /// Files that stand in the folder as well, and were not written now.
    pub(crate) others: u64,
}

impl FileSink {
    /// A zip where the name ends with `.zip`, else a folder.
    pub(crate) fn create(target: &Path) -> Result<Self> {
        let is_zip = target
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
        let place = match is_zip {
            true => Place::Zip(Box::new(ZipWriter::new_stream(output::begin(target)?))),
            false => {
                std::fs::create_dir_all(target).with_context(|| output::cannot_write(target))?;
                Place::Folder
            }
        };
        Ok(Self {
            target: target.to_owned(),
            place,
            taken: HashMap::new(),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// Whether a file of this path would lie within the folder, under a name that any system has.
    pub(crate) fn takes(path: &str) -> bool {
        let is_plain = |component| matches!(component, Component::Normal(_));
        !path.is_empty()
            && path.len() < 4096
            && path.split('/').all(|part| part.len() <= 255)
            && !path.contains(['\0', '\n'])
            && !(cfg!(windows) && path.contains(['\\', ':']))
            && Path::new(path).components().all(is_plain)
    }

    /// Checks that files of all these paths can be written, before the first is. A path may stand
    /// there twice.
    pub(crate) fn check_names<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let mut folders = HashSet::new();
        for path in paths {
            self.check_name(path)?;
            if let Place::Zip(_) = self.place {
                continue;
            }
            let full = self.target.join(path);
            if full.is_dir() {
                bail!(
                    "{}: is a folder; expected to write a file of this name",
                    full.display()
                );
            }
            let mut folder = full.parent();
            while let Some(above) = folder.filter(|above| *above != self.target) {
                if !folders.insert(above.to_owned()) {
                    break;
                }
                if above.is_file() {
                    bail!(
                        "{}: is a file; expected a folder to write {path} into",
                        above.display()
                    );
                }
                folder = above.parent();
            }
        }
        Ok(())
    }

    fn check_name(&self, path: &str) -> Result<()> {
        if !Self::takes(path) {
            bail!(
                "{path}: cannot be the name of a file in {}",
                self.target.display()
            );
        }
        Ok(())
    }

    /// Whether a file of this path can be written, and none was.
    pub(crate) fn has_room_for(&self, path: &str) -> bool {
        Self::takes(path) && !self.taken.contains_key(path)
    }

    /// Whether a file of this path and SHA-256 was written.
    pub(crate) fn holds(&self, path: &str, sha256: &str) -> bool {
        self.taken.get(path).is_some_and(|taken| taken == sha256)
    }

    /// As [`file`](Self::file), and nothing where there is a file of this path already.
    pub(crate) fn file_once(
        &mut self,
        path: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        match self.taken.contains_key(path) {
            true => Ok(()),
            false => self.file(path, write),
        }
    }

    /// Writes one file.
    pub(crate) fn file(
        &mut self,
        path: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        self.check_name(path)?;
        if self.taken.contains_key(path) {
            bail!("{path}: two files of this name would be written");
        }
        let (bytes, sha256) = match &mut self.place {
            Place::Folder => {
                let full = self.target.join(path);
                let mut out = Hashing::new(output::begin(&full)?);
                write(&mut out)
                    .and_then(|()| out.flush())
                    .with_context(|| output::cannot_write(&full))?;
                let (file, bytes, sha256) = out.finish();
                file.finish().with_context(|| output::cannot_write(&full))?;
                (bytes, sha256)
            }
            Place::Zip(zip) => {
                // Images are compressed already. No time: equal inputs give an equal archive.
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Stored)
                    .large_file(true);
                let mut put = || -> io::Result<(u64, String)> {
                    zip.start_file(path, options)?;
                    let mut out = Hashing::new(&mut **zip);
                    write(&mut out)?;
                    let (_, bytes, sha256) = out.finish();
                    Ok((bytes, sha256))
                };
                put().with_context(|| output::cannot_write(&self.target))?
            }
        };
        self.bytes += bytes;
        self.hash.update(format!("{sha256}  {path}\n"));
        self.taken.insert(path.to_owned(), sha256);
        Ok(())
    }

    /// How many files stand in the folder that were not written now, as those of an earlier subset.
    fn others(&self) -> Result<u64> {
        let Place::Folder = self.place else {
            return Ok(0);
        };
        let mut others = 0;
        for entry in walkdir::WalkDir::new(&self.target) {
            let entry = entry.with_context(|| format!("cannot list {}", self.target.display()))?;
            let within = entry.path().strip_prefix(&self.target);
            let is_ours = within.ok().and_then(Path::to_str).is_some_and(|path| {
                self.taken.contains_key(path)
                    || (cfg!(windows) && self.taken.contains_key(&path.replace('\\', "/")))
            });
            others += u64::from(!entry.file_type().is_dir() && !is_ours);
        }
        Ok(others)
    }

    /// Ends the writing. Files that were there before, and were not written now, stay.
    pub(crate) fn finish(self) -> Result<Written> {
        let others = self.others()?;
        if let Place::Zip(zip) = self.place {
            let cannot = || output::cannot_write(&self.target);
            let stream = zip.finish().map_err(io::Error::from).with_context(cannot)?;
            stream.into_inner().finish().with_context(cannot)?;
        }
        Ok(Written {
            files: self.taken.len() as u64,
            bytes: self.bytes,
            sha256: hex(&self.hash.finalize()),
            others,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_within_are_taken() {
        for path in ["a.jpg", "a/b.jpg", "图 片.png", "a..b"] {
            assert!(FileSink::takes(path), "{path}");
        }
        for path in ["", "/a", "../a", "a/../b", "./a", "a\0", "a\nb"] {
            assert!(!FileSink::takes(path), "{path}");
        }
    }

    #[test]
    fn a_zip_and_a_folder_hold_the_same_files() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut digests = vec![];
        for name in ["files", "files.zip"] {
            let mut sink = FileSink::create(&home.path().join(name)).expect("begun");
            for (path, text) in [("a/b.txt", "one"), ("c.txt", "two")] {
                sink.file(path, &mut |out| out.write_all(text.as_bytes()))
                    .expect("written");
            }
            sink.file_once("c.txt", &mut |_| panic!("there already"))
                .expect("nothing to do");
            assert!(sink.file("c.txt", &mut |_| Ok(())).is_err());
            let written = sink.finish().expect("finished");
            assert_eq!((written.files, written.bytes, written.others), (2, 6, 0));
            digests.push(written.sha256);
        }
        assert_eq!(digests[0], digests[1]);
        let file = std::fs::File::open(home.path().join("files.zip")).expect("a zip");
        let mut zip = zip::ZipArchive::new(file).expect("a zip");
        let text = io::read_to_string(zip.by_name("a/b.txt").expect("a member"));
        assert_eq!(text.expect("text"), "one");
        let text = std::fs::read_to_string(home.path().join("files/a/b.txt"));
        assert_eq!(text.expect("text"), "one");
    }

    #[test]
    fn what_stood_there_stays_and_is_counted() {
        let home = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(home.path().join("a")).expect("a folder");
        for path in ["a/old.txt", "new.txt", "b"] {
            std::fs::write(home.path().join(path), "old").expect("written");
        }
        let mut sink = FileSink::create(home.path()).expect("begun");
        sink.check_names(["new.txt", "a/new.txt", "c/d/e.txt"])
            .expect("there is room");
        for (path, words) in [
            ("a", "is a folder"),
            ("b/c.txt", "is a file"),
            ("../a", "cannot be the name"),
        ] {
            let error = sink.check_names(["new.txt", path]).expect_err(path);
            assert!(error.to_string().contains(words), "{error}");
        }
        sink.file("new.txt", &mut |out| out.write_all(b"new"))
            .expect("written");
        assert_eq!(sink.finish().expect("finished").others, 2);
        let text = std::fs::read_to_string(home.path().join("a/old.txt"));
        assert_eq!(text.expect("it stays"), "old");
    }
}
