//! What a reference means, over trees in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use crate::error::Error;
use crate::file_tree::TreeFile;
use crate::images::Repair;
use crate::source::{ByteSource, MemorySource};

/// Files in memory, which counts how often it is asked.
#[derive(Default)]
struct MemoryTree {
    name: String,
    files: BTreeMap<String, Result<FileStat, FindError>>,
    asked: Mutex<Vec<String>>,
    ignores_case: bool,
}

impl MemoryTree {
    fn of(name: &str, paths: &[&str]) -> Self {
        let stat = |nth: usize| FileStat {
            len: 3,
            stamp: nth as i128,
        };
        let files = paths.iter().enumerate();
        Self {
            name: name.to_owned(),
            files: files
                .map(|(nth, &path)| (path.to_owned(), Ok(stat(nth))))
                .collect(),
            ..Self::default()
        }
    }

    fn with(mut self, path: &str, error: FindError) -> Self {
        self.files.insert(path.to_owned(), Err(error));
        self
    }

    fn asked(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().unwrap()).len()
    }
}

impl FileTree for MemoryTree {
    fn name(&self) -> &str {
        &self.name
    }

    fn files(&self) -> Result<Vec<TreeFile>, Error> {
        unreachable!("an image is never looked for among all files")
    }

    fn find(&self, path: &str) -> Result<Option<FileStat>, FindError> {
        self.asked.lock().unwrap().push(path.to_owned());
        let same = |known: &str| match self.ignores_case {
            true => known.to_lowercase() == path.to_lowercase(),
            false => known == path,
        };
        let mut files = self.files.iter();
        match files.find(|(known, _)| same(known)) {
            Some((_, found)) => found.clone().map(Some),
            None => Ok(None),
        }
    }

    fn open(&self, path: &str) -> Result<Arc<dyn ByteSource>, Error> {
        match self.find(path) {
            Ok(Some(_)) => Ok(Arc::new(MemorySource::new(path, path.into()))),
            _ => Err(Error::Open {
                path: path.to_owned(),
                source: std::io::ErrorKind::NotFound.into(),
            }),
        }
    }

    fn may_have_folder(&self, path: &str) -> bool {
        self.asked.lock().unwrap().push(path.to_owned());
        self.files
            .keys()
            .any(|known| known.starts_with(&format!("{path}/")))
    }
}

fn over<const N: usize>(trees: [MemoryTree; N]) -> (ImageRoots, [Arc<MemoryTree>; N]) {
    let trees = trees.map(Arc::new);
    let roots = trees.iter().map(|tree| tree.clone() as Arc<dyn FileTree>);
    (ImageRoots::over(roots.collect()), trees)
}

fn roots(paths: &[&str]) -> ImageRoots {
    over([MemoryTree::of("images", paths)]).0
}

/// The path and the repairs after which it is found.
fn found(roots: &ImageRoots, reference: &str) -> (String, Vec<Repair>) {
    let located = roots.locate(reference).expect(reference);
    (located.file.path, located.repairs)
}

fn skip(roots: &ImageRoots, reference: &str) -> Skip {
    roots.locate(reference).expect_err(reference)
}

#[test]
fn each_repair_finds_what_it_is_for() {
    use Repair::{Backslash, Extension, Percent, UnicodeEscape, UnicodeForm};
    let cases: [(&str, &str, &[Repair]); 14] = [
        ("coco/a.jpg", "coco/a.jpg", &[]),
        ("coco\\a.jpg", "coco/a.jpg", &[Backslash]),
        ("coco/a%20b.jpg", "coco/a b.jpg", &[Percent]),
        ("coco/a b.jpg", "coco/a%20b.jpg", &[Percent]),
        ("coco%2Fa.jpg", "coco/a.jpg", &[Percent]),
        ("図/é.jpg", "#U56f3/#U00e9.jpg", &[UnicodeEscape]),
        ("#U56f3.jpg", "図.jpg", &[UnicodeEscape]),
        ("caf\u{e9}.jpg", "cafe\u{301}.jpg", &[UnicodeForm]),
        ("cafe\u{301}.jpg", "caf\u{e9}.jpg", &[UnicodeForm]),
        ("coco/a.jpg", "coco/a.png", &[Extension]),
        ("coco/a.jpg", "coco/a.JPG", &[Extension]),
        ("coco\\a%20b.jpg", "coco/a b.jpg", &[Backslash, Percent]),
        (
            "caf\u{e9}.jpg",
            "cafe\u{301}.png",
            &[UnicodeForm, Extension],
        ),
        (
            "coco\\a%20b.jpg",
            "coco/a b.webp",
            &[Backslash, Percent, Extension],
        ),
    ];
    for (reference, path, repairs) in cases {
        let expected = (path.to_owned(), repairs.to_vec());
        assert_eq!(found(&roots(&[path]), reference), expected, "{reference}");
    }
}

#[test]
fn as_written_comes_before_every_repair_and_few_before_many() {
    let roots = roots(&["a b.jpg", "a%20b.jpg", "c d.png", "c d.jpg"]);
    assert_eq!(found(&roots, "a%20b.jpg"), ("a%20b.jpg".into(), vec![]));
    let expected = ("c d.png".into(), vec![Repair::Percent]);
    assert_eq!(found(&roots, "c%20d.png"), expected);
}

#[test]
fn two_files_are_one_too_many() {
    let (roots, _) = over([
        MemoryTree::of("one", &["a.png", "b/c.jpg"]),
        MemoryTree::of("two", &["a.webp", "a.gif", "b/c.jpg", "b/c.png"]),
    ]);
    let skip = skip(&roots, "a.jpg");
    assert_eq!(skip.reason, SkipReason::ImageMissing);
    for words in [
        "not found under one, two",
        "one/a.png and two/a.webp (and 1 more) are there",
        "none was taken",
    ] {
        assert!(skip.detail.contains(words), "{skip}");
    }
    // The same path in two roots is no doubt: the first root has it.
    let located = roots.locate("b\\c.jpg").unwrap();
    assert_eq!(located.file.place, ImagePlace::Root(0));
    assert_eq!(located.repairs, [Repair::Backslash]);
}

#[test]
fn a_file_that_is_found_by_small_and_capital_letters_is_one() {
    let mut tree = MemoryTree::of("images", &["A.Png"]);
    tree.ignores_case = true;
    let (roots, _) = over([tree]);
    assert_eq!(
        found(&roots, "a.jpg"),
        ("a.png".into(), vec![Repair::Extension])
    );
    // Two files of different times.
    let skip = skip(
        &over([MemoryTree::of("images", &["a.png", "a.PNG"])]).0,
        "a.jpg",
    );
    assert_eq!(skip.reason, SkipReason::ImageMissing);
}

#[test]
fn no_repair_leads_out_or_to_a_bare_name() {
    let (roots, [tree]) = over([MemoryTree::of("images", &["a.jpg", "b/secret.jpg"])]);
    for (reference, reason) in [
        ("..\\a.jpg", SkipReason::ImageOutside),
        ("C:\\a.jpg", SkipReason::ImageOutside),
        ("\\a.jpg", SkipReason::ImageOutside),
        ("..%2Fa.jpg", SkipReason::ImageMissing),
        ("%2e%2e/a.jpg", SkipReason::ImageMissing),
        ("%2Fa.jpg", SkipReason::ImageMissing),
        ("C:%5Ca.jpg", SkipReason::ImageMissing),
        ("x/a.jpg", SkipReason::ImageMissing),
        ("secret.jpg", SkipReason::ImageMissing),
        ("images/a.jpg", SkipReason::ImageMissing),
        ("b", SkipReason::ImageMissing),
        ("%ff.jpg", SkipReason::ImageMissing),
    ] {
        assert_eq!(skip(&roots, reference).reason, reason, "{reference}");
    }
    for path in &*tree.asked.lock().unwrap() {
        assert!(!path.split('/').any(|part| part == ".."), "{path}");
        assert!(!path.starts_with('/'), "{path}");
    }
}

#[test]
fn what_stands_in_the_way_is_not_stepped_around() {
    let forbidden = || FindError::Unreadable("forbidden".to_owned());
    let a_folder = || FindError::NotAFile("a folder".to_owned());
    let tree = MemoryTree::of("images", &["a.png", "b.png", "c.png", "e.png"])
        .with("a.jpg", forbidden())
        .with("b.jpg", a_folder())
        .with("c.webp", forbidden())
        .with("d.webp", forbidden())
        .with("e.gif", a_folder());
    let (roots, _) = over([tree]);
    let skips = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"].map(|name| skip(&roots, name));
    assert_eq!(skips[0].reason, SkipReason::ImageUnreadable);
    assert_eq!(skips[0].detail, "images/a.jpg: forbidden");
    assert_eq!(skips[1].reason, SkipReason::ImageMissing);
    assert_eq!(skips[1].detail, "images/b.jpg is a folder");
    // The file that cannot be looked at may be the one that is meant.
    assert_eq!(skips[2].reason, SkipReason::ImageMissing);
    assert!(skips[2].detail.contains("none was taken"), "{}", skips[2]);
    assert_eq!(skips[3].reason, SkipReason::ImageUnreadable);
    // A folder is no image.
    assert_eq!(found(&roots, "e.jpg").1, [Repair::Extension]);
}

#[test]
fn few_look_ups_find_a_file_or_tell_that_it_is_missing() {
    let (roots, [one, two]) = over([
        MemoryTree::of("one", &["é ü/other.jpg"]),
        MemoryTree::of("two", &["é ü/a.jpg"]),
    ]);
    roots.locate("é ü/a.jpg").unwrap();
    assert_eq!((one.asked(), two.asked()), (1, 1));
    // The folder is asked for once.
    skip(&roots, "nowhere/a.jpg");
    assert_eq!((one.asked(), two.asked()), (2, 2));
    skip(&roots, "é ü\\b %20#U00e9\u{e9}e\u{301}.png");
    assert!(one.asked() <= 100 && two.asked() <= 100);
    let long = format!("{}.jpg", "é\\".repeat(10_000));
    skip(&roots, &long);
    assert!(one.asked() <= 100 && two.asked() <= 100);
}

#[test]
fn a_tree_that_only_opens_files_is_read_through_that() {
    let (roots, _) = over([MemoryTree::of("images", &["coco/a.jpg"])]);
    let file = roots.locate("coco/a.jpg").unwrap().file;
    assert_eq!(roots.read(&file).unwrap(), b"coco/a.jpg");
    let gone = ImageFile {
        path: "gone.jpg".to_owned(),
        ..file.clone()
    };
    let skip = roots.read(&gone).unwrap_err();
    assert_eq!(skip.reason, SkipReason::ImageMissing);
    assert!(skip.detail.starts_with("images/gone.jpg: "), "{skip}");
    let huge = ImageFile {
        len: Some(MAX_IMAGE_FILE_BYTES + 1),
        ..file
    };
    let reason = roots.read(&huge).unwrap_err().reason;
    assert_eq!(reason, SkipReason::ImageTooLarge);
    let tree = MemoryTree::of("images", &["a"]);
    assert_eq!(tree.read("a", 0), Err(ReadError::TooLarge));
}

proptest::proptest! {
    #[test]
    fn no_reference_panics_asks_too_much_or_leads_out(reference in r"(?s).{0,60}(\.jpg)?") {
        let (roots, [tree]) = over([MemoryTree::of("images", &["a.jpg", "b/c.png"])]);
        let _ = roots.locate(&reference);
        let asked = tree.asked.lock().unwrap();
        proptest::prop_assert!(asked.len() <= 100);
        for path in &*asked {
            let leads_out = |part: &str| part == "..";
            proptest::prop_assert!(!path.starts_with('/') && !path.split('/').any(leads_out));
        }
    }
}
