//! Images in folders.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::image_source::{ImageFile, ImagePlace, ImageSource, MAX_IMAGE_FILE_BYTES};
use crate::skip::{Skip, SkipReason};

/// Image folders, in the order in which they are searched.
///
/// A reference is a path within one of them. Where there is no such file, the same path with `/`
/// for every `\` is tried. A bare file name is never looked for in other folders: real datasets
/// share names across folders that mean different images.
///
/// A path that leads out of the folders, by `..` or as an absolute path, is not followed. An
/// absolute path into one of the folders is, and means the file in that folder. Symbolic links in
/// the folders are followed: whoever set them up meant them.
#[derive(Debug, Clone)]
pub struct ImageRoots {
    roots: Vec<PathBuf>,
}

impl ImageRoots {
    /// Takes the folders.
    ///
    /// # Errors
    /// [`Error::ImageRoot`] for the first path that is no folder or cannot be read.
    pub fn new<P: Into<PathBuf>>(roots: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let roots: Vec<PathBuf> = roots.into_iter().map(Into::into).collect();
        for root in &roots {
            let problem = match fs::metadata(root) {
                Ok(metadata) if metadata.is_dir() => continue,
                Ok(_) => "it is a file".to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(Error::ImageRoot {
                path: root.display().to_string(),
                problem,
            });
        }
        Ok(Self { roots })
    }

    /// The file at this place, in the first root that has it.
    fn find(&self, place: &Place) -> Result<Option<ImageFile>, Skip> {
        let path = &place.path;
        let (mut unreadable, mut other) = (None, None);
        for (nth, root) in self.roots.iter().enumerate() {
            if place.root.is_some_and(|only| only != nth) {
                continue;
            }
            let full = root.join(path);
            match fs::metadata(&full) {
                Ok(metadata) if metadata.is_file() => {
                    return Ok(Some(ImageFile {
                        key: identity(nth, path, &metadata),
                        len: Some(metadata.len()),
                        place: ImagePlace::Root(nth as u32),
                        path: path.clone(),
                    }));
                }
                Ok(metadata) => {
                    let kind = if metadata.is_dir() {
                        "a folder"
                    } else {
                        "no ordinary file"
                    };
                    let detail = format!("{} is {kind}", full.display());
                    other.get_or_insert(Skip::new(SkipReason::ImageMissing, detail));
                }
                Err(error) if is_absence(&error) => {}
                Err(error) => {
                    let detail = format!("{}: {error}", full.display());
                    unreadable.get_or_insert(Skip::new(SkipReason::ImageUnreadable, detail));
                }
            }
        }
        match unreadable.or(other) {
            Some(skip) => Err(skip),
            None => Ok(None),
        }
    }

    /// The place within the roots that a reference means, with `..` and `.` resolved.
    fn place_of(&self, reference: &str) -> Result<Place, Skip> {
        let outside = || {
            let detail = format!("{reference}: leads out of the image folders");
            Skip::new(SkipReason::ImageOutside, detail)
        };
        let (root, relative) = if is_absolute(reference) {
            // Without asking the file system what the path is: nothing outside is touched.
            let path = Path::new(reference);
            let inside = self.roots.iter().enumerate().find_map(|(nth, root)| {
                let relative = path.strip_prefix(root).ok().map(Path::to_path_buf);
                let relative = relative.or_else(|| {
                    path.strip_prefix(fs::canonicalize(root).ok()?)
                        .ok()
                        .map(Path::to_path_buf)
                });
                Some((nth, relative?.to_str()?.to_owned()))
            });
            let (nth, relative) = inside.ok_or_else(outside)?;
            (Some(nth), relative)
        } else {
            (None, reference.to_owned())
        };
        let mut parts: Vec<&str> = vec![];
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(outside)?;
                }
                part => parts.push(part),
            }
        }
        Ok(Place {
            root,
            path: parts.join("/"),
        })
    }
}

/// A path within the roots.
struct Place {
    /// The only root that is meant; every root where there is none.
    root: Option<usize>,
    path: String,
}

impl ImageSource for ImageRoots {
    fn locate(&self, reference: &str) -> Result<ImageFile, Skip> {
        let as_written = self.place_of(reference)?;
        if let Some(found) = self.find(&as_written)? {
            return Ok(found);
        }
        if reference.contains('\\') {
            let slashed = self.place_of(&reference.replace('\\', "/"))?;
            if let Some(found) = self.find(&slashed)? {
                return Ok(found);
            }
        }
        let detail = format!("{reference}: not found under {}", self.names());
        Err(Skip::new(SkipReason::ImageMissing, detail))
    }

    fn read(&self, file: &ImageFile) -> Result<Vec<u8>, Skip> {
        let root = match file.place {
            ImagePlace::Root(nth) => self.roots.get(nth as usize),
            ImagePlace::Record { .. } => None,
        };
        let root = root.ok_or_else(|| {
            Skip::new(
                SkipReason::ImageMissing,
                format!("{}: of another source", file.path),
            )
        })?;
        let full = root.join(&file.path);
        let skip = |reason, problem: &dyn std::fmt::Display| {
            Err(Skip::new(reason, format!("{}: {problem}", full.display())))
        };
        let too_large = format!("more than {MAX_IMAGE_FILE_BYTES} bytes");
        if file.len.is_some_and(|len| len > MAX_IMAGE_FILE_BYTES) {
            return skip(SkipReason::ImageTooLarge, &too_large);
        }
        let mut bytes = Vec::with_capacity(file.len.unwrap_or_default() as usize + 1);
        // One byte more than allowed shows that a file has grown past the limit.
        let read = File::open(&full)
            .and_then(|open| open.take(MAX_IMAGE_FILE_BYTES + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) if bytes.len() as u64 > MAX_IMAGE_FILE_BYTES => {
                skip(SkipReason::ImageTooLarge, &too_large)
            }
            Ok(_) => Ok(bytes),
            Err(error) if is_absence(&error) => skip(SkipReason::ImageMissing, &error),
            Err(error) => skip(SkipReason::ImageUnreadable, &error),
        }
    }
}

impl ImageRoots {
    fn names(&self) -> String {
        match self.roots.as_slice() {
            [] => "no image folder (none was given)".to_owned(),
            roots => {
                let names: Vec<_> = roots.iter().map(|r| r.display().to_string()).collect();
                names.join(", ")
            }
        }
    }
}

/// Whether the path is absolute here, or would be on Windows.
fn is_absolute(reference: &str) -> bool {
    let bytes = reference.as_bytes();
    let drive = matches!(bytes, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    drive || matches!(bytes, [b'/', ..] | [b'\\', b'\\', ..]) || Path::new(reference).is_absolute()
}

/// Whether the error means that there is no such file, be it for the name's own fault.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::NotFound | Kind::NotADirectory | Kind::InvalidInput | Kind::InvalidFilename
    )
}

/// Hash of the path within its root, the length and the time of the last change; and of which
/// root it is, from the second on, so that files of the same path in two roots stay apart.
fn identity(root: usize, path: &str, metadata: &Metadata) -> u128 {
    let mut hash = Sha256::new();
    hash.update(path.as_bytes());
    hash.update([0]);
    if root > 0 {
        hash.update((root as u64).to_le_bytes());
    }
    hash.update(metadata.len().to_le_bytes());
    hash.update(nanoseconds(metadata.modified().ok()).to_le_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    u128::from_le_bytes(
        *digest
            .first_chunk()
            .expect("a digest is longer than 16 bytes"),
    )
}

/// Nanoseconds since 1970, negative before it; the least number where the time is not known.
fn nanoseconds(time: Option<SystemTime>) -> i128 {
    let number = |span: Duration| span.as_nanos() as i128;
    time.map_or(i128::MIN, |time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => number(after),
        Err(before) => -number(before.duration()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(roots: &ImageRoots, reference: &str) -> SkipReason {
        roots.locate(reference).expect_err(reference).reason
    }

    #[test]
    fn references_are_paths_within_the_roots_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        fs::create_dir_all(one.join("coco")).unwrap();
        fs::create_dir_all(two.join("coco")).unwrap();
        fs::write(one.join("coco/a.jpg"), b"one").unwrap();
        fs::write(two.join("coco/a.jpg"), b"two").unwrap();
        fs::write(two.join("coco/b.jpg"), b"b").unwrap();
        fs::write(folder.path().join("secret.jpg"), b"secret").unwrap();
        let roots = ImageRoots::new([&one, &two]).unwrap();

        for reference in [
            "coco/a.jpg",
            "./coco//a.jpg",
            "coco\\a.jpg",
            "coco/x/../a.jpg",
            ".\\coco\\a.jpg",
        ] {
            let file = roots.locate(reference).unwrap();
            assert_eq!(
                (file.place, file.path.as_str(), file.len),
                (ImagePlace::Root(0), "coco/a.jpg", Some(3))
            );
            assert_eq!(roots.read(&file).unwrap(), b"one");
        }
        let b = roots.locate("coco/b.jpg").unwrap();
        assert_eq!(b.place, ImagePlace::Root(1));
        let absolute = two.join("coco/b.jpg");
        assert_eq!(roots.locate(absolute.to_str().unwrap()).unwrap(), b);

        // An absolute path means the file that it names, also where another root has one such.
        let absolute = two.join("coco/../coco/a.jpg");
        let a = roots.locate(absolute.to_str().unwrap()).unwrap();
        assert_eq!(
            (a.place, a.path.as_str()),
            (ImagePlace::Root(1), "coco/a.jpg")
        );
        assert_eq!(roots.read(&a).unwrap(), b"two");
        let only_in_two = one.join("coco/b.jpg");
        assert_eq!(
            reason(&roots, only_in_two.to_str().unwrap()),
            SkipReason::ImageMissing
        );

        // The bare name is never enough, and nothing outside is found.
        assert_eq!(reason(&roots, "a.jpg"), SkipReason::ImageMissing);
        assert_eq!(reason(&roots, "other/a.jpg"), SkipReason::ImageMissing);
        assert_eq!(reason(&roots, "coco"), SkipReason::ImageMissing);
        assert_eq!(reason(&roots, "coco/a.jpg/c"), SkipReason::ImageMissing);
        assert_eq!(reason(&roots, "a\0.jpg"), SkipReason::ImageMissing);
        assert_eq!(reason(&roots, &"a".repeat(5000)), SkipReason::ImageMissing);
        let secret = folder.path().join("secret.jpg");
        for outside in [
            "../secret.jpg",
            "coco/../../secret.jpg",
            "..\\secret.jpg",
            secret.to_str().unwrap(),
            "/etc/hostname",
            "C:\\a.jpg",
            "c:/a.jpg",
            "\\\\server\\a.jpg",
            &format!("{}/../secret.jpg", one.display()),
        ] {
            assert_eq!(
                reason(&roots, outside),
                SkipReason::ImageOutside,
                "{outside}"
            );
        }
        assert_eq!(
            reason(&ImageRoots::new([] as [&str; 0]).unwrap(), "a"),
            SkipReason::ImageMissing
        );
    }

    #[test]
    fn the_key_is_that_of_the_file_wherever_its_root_lies() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        fs::create_dir(&one).unwrap();
        fs::write(one.join("a.jpg"), b"abc").unwrap();
        fs::write(one.join("b.jpg"), b"abc").unwrap();
        let roots = ImageRoots::new([&one]).unwrap();
        let key = roots.locate("a.jpg").unwrap().key;
        assert_eq!(roots.locate("a.jpg").unwrap().key, key);
        assert_ne!(roots.locate("b.jpg").unwrap().key, key);

        fs::rename(&one, &two).unwrap();
        let roots = ImageRoots::new([&two]).unwrap();
        assert_eq!(roots.locate("a.jpg").unwrap().key, key);

        let file = File::options().write(true).open(two.join("a.jpg")).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789))
            .unwrap();
        let touched = roots.locate("a.jpg").unwrap().key;
        assert_ne!(touched, key);
        file.set_modified(UNIX_EPOCH - Duration::from_secs(5))
            .unwrap();
        assert_ne!(roots.locate("a.jpg").unwrap().key, touched);
    }

    #[test]
    fn equal_paths_in_two_roots_have_different_keys() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        for root in [&one, &two] {
            fs::create_dir(root).unwrap();
            let mut file = File::create(root.join("a.jpg")).unwrap();
            std::io::Write::write_all(&mut file, b"same length").unwrap();
            file.set_modified(UNIX_EPOCH).unwrap();
        }
        let roots = ImageRoots::new([&one, &two]).unwrap();
        let keys = [&one, &two].map(|root| {
            let absolute = root.join("a.jpg");
            roots.locate(absolute.to_str().unwrap()).unwrap().key
        });
        assert_ne!(keys[0], keys[1]);
        // A folder that is added behind the others changes no key.
        let alone = ImageRoots::new([&one]).unwrap();
        assert_eq!(alone.locate("a.jpg").unwrap().key, keys[0]);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_followed() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let [root, elsewhere] = ["root", "elsewhere"].map(|name| folder.path().join(name));
        fs::create_dir(&root).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("a.jpg"), b"abc").unwrap();
        symlink(&elsewhere, root.join("coco")).unwrap();
        symlink(elsewhere.join("a.jpg"), root.join("b.jpg")).unwrap();
        symlink(root.join("nothing"), root.join("dangling.jpg")).unwrap();
        symlink(root.join("loop.jpg"), root.join("loop.jpg")).unwrap();
        let linked_root = folder.path().join("linked");
        symlink(&root, &linked_root).unwrap();

        for root in [&root, &linked_root] {
            let roots = ImageRoots::new([root]).unwrap();
            for reference in ["coco/a.jpg", "b.jpg"] {
                let file = roots.locate(reference).unwrap();
                assert_eq!(roots.read(&file).unwrap(), b"abc", "{reference}");
            }
            assert_eq!(reason(&roots, "dangling.jpg"), SkipReason::ImageMissing);
            assert_eq!(reason(&roots, "loop.jpg"), SkipReason::ImageUnreadable);
        }
        // The path of a root behind a link is known by either name.
        let roots = ImageRoots::new([&linked_root]).unwrap();
        let behind = fs::canonicalize(&root).unwrap().join("b.jpg");
        let file = roots.locate(behind.to_str().unwrap()).unwrap();
        assert_eq!(roots.read(&file).unwrap(), b"abc");
    }

    #[cfg(unix)]
    #[test]
    fn what_may_not_be_read_is_named_and_hides_nothing() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        for root in [&one, &two] {
            fs::create_dir_all(root.join("locked")).unwrap();
            fs::write(root.join("locked/a.jpg"), b"abc").unwrap();
        }
        fs::write(one.join("file.jpg"), b"abc").unwrap();
        let close =
            |path: &Path| fs::set_permissions(path, PermissionsExt::from_mode(0o0)).unwrap();
        close(&one.join("file.jpg"));
        if File::open(one.join("file.jpg")).is_ok() {
            println!("skipped: this user may read everything");
            return;
        }
        close(&one.join("locked"));

        let alone = ImageRoots::new([&one]).unwrap();
        let file = alone.locate("file.jpg").unwrap();
        let skip = alone.read(&file).unwrap_err();
        assert_eq!(skip.reason, SkipReason::ImageUnreadable);
        assert!(skip.detail.contains("file.jpg"), "{skip}");
        assert_eq!(reason(&alone, "locked/a.jpg"), SkipReason::ImageUnreadable);

        let both = ImageRoots::new([&one, &two]).unwrap();
        let file = both.locate("locked/a.jpg").unwrap();
        assert_eq!(file.place, ImagePlace::Root(1));
        assert_eq!(both.read(&file).unwrap(), b"abc");
        // So that the folder can be deleted.
        fs::set_permissions(one.join("locked"), PermissionsExt::from_mode(0o700)).unwrap();
    }

    /// An error of one root that any user meets: a loop of links.
    #[cfg(unix)]
    #[test]
    fn an_error_in_one_root_does_not_hide_the_file_in_another() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&two).unwrap();
        std::os::unix::fs::symlink(one.join("a.jpg"), one.join("a.jpg")).unwrap();
        fs::write(two.join("a.jpg"), b"abc").unwrap();
        let roots = ImageRoots::new([&one, &two]).unwrap();
        assert_eq!(roots.locate("a.jpg").unwrap().place, ImagePlace::Root(1));
    }

    #[test]
    fn huge_and_vanished_files_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        File::create(&path)
            .unwrap()
            .set_len(MAX_IMAGE_FILE_BYTES + 1)
            .unwrap();
        let roots = ImageRoots::new([folder.path()]).unwrap();
        let file = roots.locate("a.jpg").unwrap();
        assert_eq!(
            roots.read(&file).unwrap_err().reason,
            SkipReason::ImageTooLarge
        );
        let grown = ImageFile {
            len: Some(1),
            ..file.clone()
        };
        assert_eq!(
            roots.read(&grown).unwrap_err().reason,
            SkipReason::ImageTooLarge
        );
        fs::remove_file(&path).unwrap();
        assert_eq!(
            roots.read(&grown).unwrap_err().reason,
            SkipReason::ImageMissing
        );
    }

    #[test]
    fn a_root_must_be_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        for path in [file, folder.path().join("missing")] {
            let message = ImageRoots::new([&path]).unwrap_err().to_string();
            assert!(message.contains("expected a folder of images"), "{message}");
        }
    }
}
