//! Images in folders.

use std::path::PathBuf;
use std::sync::Arc;

use super::FolderTree;
use crate::error::Error;
use crate::file_tree::FileTree;
use crate::images::ImageRoots;

impl ImageRoots {
    /// Takes folders, in the order in which they are searched.
    ///
    /// # Errors
    /// [`Error::ImageRoot`] for the first path that is no folder or cannot be read.
    pub fn new<P: Into<PathBuf>>(folders: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let open = |folder: P| match FolderTree::open(folder) {
            Ok(tree) => Ok(Arc::new(tree) as Arc<dyn FileTree>),
            Err(Error::Folder { path, problem }) => Err(Error::ImageRoot { path, problem }),
            Err(error) => Err(error),
        };
        let roots: Result<_, Error> = folders.into_iter().map(open).collect();
        Ok(Self::over(roots?))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::image_source::{ImageFile, ImagePlace, ImageSource, MAX_IMAGE_FILE_BYTES};
    use crate::images::Repair;
    use crate::skip::SkipReason;

    fn find(roots: &ImageRoots, reference: &str) -> ImageFile {
        roots.locate(reference).expect(reference).file
    }

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
            let file = find(&roots, reference);
            assert_eq!(
                (file.place, file.path.as_str(), file.len),
                (ImagePlace::Root(0), "coco/a.jpg", Some(3))
            );
            assert_eq!(roots.read(&file).unwrap(), b"one");
        }
        let b = find(&roots, "coco/b.jpg");
        assert_eq!(b.place, ImagePlace::Root(1));
        let absolute = two.join("coco/b.jpg");
        assert_eq!(find(&roots, absolute.to_str().unwrap()), b);

        // An absolute path means the file that it names, also where another root has one such.
        let absolute = two.join("coco/../coco/a.jpg");
        let a = find(&roots, absolute.to_str().unwrap());
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
        let key = find(&roots, "a.jpg").key;
        assert_eq!(find(&roots, "a.jpg").key, key);
        assert_ne!(find(&roots, "b.jpg").key, key);

        fs::rename(&one, &two).unwrap();
        let roots = ImageRoots::new([&two]).unwrap();
        assert_eq!(find(&roots, "a.jpg").key, key);

        let file = File::options().write(true).open(two.join("a.jpg")).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789))
            .unwrap();
        let touched = find(&roots, "a.jpg").key;
        assert_ne!(touched, key);
        file.set_modified(UNIX_EPOCH - Duration::from_secs(5))
            .unwrap();
        assert_ne!(find(&roots, "a.jpg").key, touched);
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
            find(&roots, absolute.to_str().unwrap()).key
        });
        assert_ne!(keys[0], keys[1]);
        // A folder that is added behind the others changes no key.
        let alone = ImageRoots::new([&one]).unwrap();
        assert_eq!(find(&alone, "a.jpg").key, keys[0]);
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
                let file = find(&roots, reference);
                assert_eq!(roots.read(&file).unwrap(), b"abc", "{reference}");
            }
            assert_eq!(reason(&roots, "dangling.jpg"), SkipReason::ImageMissing);
            assert_eq!(reason(&roots, "loop.jpg"), SkipReason::ImageUnreadable);
        }
        // The path of a root behind a link is known by either name.
        let roots = ImageRoots::new([&linked_root]).unwrap();
        let behind = fs::canonicalize(&root).unwrap().join("b.jpg");
        let file = find(&roots, behind.to_str().unwrap());
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
        let file = find(&alone, "file.jpg");
        let skip = alone.read(&file).unwrap_err();
        assert_eq!(skip.reason, SkipReason::ImageUnreadable);
        assert!(skip.detail.contains("file.jpg"), "{skip}");
        assert_eq!(reason(&alone, "locked/a.jpg"), SkipReason::ImageUnreadable);

        let both = ImageRoots::new([&one, &two]).unwrap();
        let file = find(&both, "locked/a.jpg");
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
        assert_eq!(find(&roots, "a.jpg").place, ImagePlace::Root(1));
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
        let file = find(&roots, "a.jpg");
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

    /// Feature stores keep what they have under these keys.
    #[test]
    fn keys_are_those_of_all_versions() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        for root in [&one, &two] {
            fs::create_dir_all(root.join("coco")).unwrap();
        }
        for path in [one.join("coco/a.jpg"), two.join("coco/b.jpg")] {
            fs::write(&path, b"abc").unwrap();
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_700))
                .unwrap();
        }
        let roots = ImageRoots::new([&one, &two]).unwrap();
        assert_eq!(
            find(&roots, "coco/a.jpg").key,
            0x5afa4d6970e78892c025d6f96ce744f3
        );
        assert_eq!(
            find(&roots, "coco/b.jpg").key,
            0x1c0b5c93f5c5bd951ff091379a47a827
        );
    }

    #[test]
    fn names_are_repaired_on_the_file_system_itself() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("coco")).unwrap();
        fs::write(folder.path().join("coco/a b.JPG"), b"abc").unwrap();
        let roots = ImageRoots::new([folder.path()]).unwrap();
        let located = roots.locate("coco\\a%20b.png").unwrap();
        assert_eq!(
            located.repairs,
            [Repair::Backslash, Repair::Percent, Repair::Extension]
        );
        // Where capital letters count for nothing, the first of both names is taken.
        assert_eq!(located.file.path.to_lowercase(), "coco/a b.jpg");
        assert_eq!(roots.read(&located.file).unwrap(), b"abc");
        let absolute = folder.path().join("coco/a%20b.JPG");
        let located = roots.locate(absolute.to_str().unwrap()).unwrap();
        assert_eq!(located.repairs, [Repair::Percent]);
    }
}
