use proptest::prelude::*;

use super::*;

#[test]
fn names_that_are_no_paths_and_links_are_counted() {
    let mut link = handmade("link", b"a");
    link.attributes = 0o120_777 << 16;
    let members = [
        handmade("a", b"1"),
        handmade("../b", b"2"),
        handmade("/c", b"3"),
        link,
        handmade("d/", b""),
        handmade("__MACOSX/._a", b"4"),
        handmade(b"\x82", b"5"),
    ];
    let tree = open(&assemble(&members, b"")).unwrap();
    assert_eq!(listed(&tree), ["a", "é"]);
    assert_eq!(contents(&tree, "é").unwrap(), b"5");
    assert_eq!(tree.ignored(), 3);
    assert_eq!(
        tree.ignored_example(),
        Some("\"../b\": its name leads out of the archive")
    );
    let skip = tree.read("../b", 10).unwrap_err();
    assert_eq!(skip.reason, SkipReason::ImageMissing);
}

#[test]
fn encrypted_members_are_refused_and_so_is_an_archive_of_them_alone() {
    let encrypted = Handmade {
        flags: 1,
        ..handmade("a", b"12345")
    };
    let bytes = assemble(&[encrypted.clone(), handmade("d/", b"")], b"");
    let error = open(&bytes).err().unwrap().to_string();
    assert!(
        error.contains("m.zip") && error.contains("all of them encrypted"),
        "{error}"
    );
    let tree = open(&assemble(&[encrypted, handmade("b", b"2")], b"")).unwrap();
    let error = contents(&tree, "a").unwrap_err();
    assert!(error.contains("is encrypted; unpack"), "{error}");
    assert!(
        matches!(tree.find("a"), Err(FindError::NotAFile(words)) if words.contains("encrypted"))
    );
    assert_eq!(contents(&tree, "b").unwrap(), b"2");
}

#[test]
fn other_methods_are_named() {
    for (method, name) in [
        (9, "deflate64"),
        (12, "bzip2"),
        (14, "lzma"),
        (93, "zstd"),
        (777, "unknown"),
    ] {
        let tree = open(&assemble(
            &[Handmade {
                method,
                ..handmade("a", b"1")
            }],
            b"",
        ))
        .unwrap();
        let error = contents(&tree, "a").unwrap_err();
        assert!(error.contains(name) && error.contains("repack"), "{error}");
        assert!(
            matches!(tree.find("a"), Err(FindError::Unreadable(words)) if words.contains(name))
        );
    }
}

#[test]
fn a_directory_that_lies_about_a_member_is_seen_when_that_is_read() {
    let right = handmade("a", b"12345");
    let deflated = [0x4b, 0x04, 0x00];
    let crc = crc32fast::hash(b"a");
    for (member, word) in [
        (
            Handmade {
                offset: Some(u32::MAX - 1),
                ..right.clone()
            },
            "before the directory",
        ),
        (
            Handmade {
                offset: Some(90),
                ..right.clone()
            },
            "before the directory",
        ),
        (
            Handmade {
                offset: Some(1),
                ..right.clone()
            },
            "expected its header at byte 1",
        ),
        (
            Handmade {
                local_name: b"b",
                ..right.clone()
            },
            "another name",
        ),
        (
            Handmade {
                local_name: b"ab",
                ..right.clone()
            },
            "another name",
        ),
        (
            Handmade {
                compressed: 90,
                uncompressed: 90,
                ..right.clone()
            },
            "into the directory",
        ),
        (
            Handmade {
                compressed: 4,
                ..right.clone()
            },
            "to take 4 bytes and to have 5",
        ),
        (
            Handmade {
                crc: 1,
                ..right.clone()
            },
            "CRC-32",
        ),
        (
            Handmade {
                method: 8,
                ..right.clone()
            },
            "deflated data",
        ),
        (
            Handmade {
                method: 8,
                crc,
                uncompressed: 2,
                ..handmade("a", &deflated)
            },
            "inflate to 1 bytes",
        ),
        (
            Handmade {
                method: 8,
                crc,
                uncompressed: u32::MAX - 1,
                ..handmade("a", &deflated)
            },
            "inflate",
        ),
    ] {
        // The other member is not harmed.
        let tree = open(&assemble(&[handmade("b", b"2"), member], b"")).unwrap();
        assert_eq!(contents(&tree, "b").unwrap(), b"2");
        let error = tree.read("a", 1 << 40).unwrap_err().detail;
        assert!(error.contains(word), "expected {word}: {error}");
    }
    let right = Handmade {
        method: 8,
        crc,
        uncompressed: 1,
        ..handmade("a", &deflated)
    };
    assert_eq!(
        contents(&open(&assemble(&[right], b"")).unwrap(), "a").unwrap(),
        b"a"
    );
}

#[test]
fn more_than_the_limit_is_refused() {
    let files = [
        ("a", vec![0; 1000], options(DEFLATED)),
        ("b", vec![0; 1000], options(STORED)),
    ];
    let tree = open(&archive(&files, "")).unwrap();
    for path in ["a", "b"] {
        assert_eq!(
            tree.read(path, 999).unwrap_err().reason,
            SkipReason::ImageTooLarge
        );
        assert_eq!(tree.read(path, 1000).unwrap(), vec![0; 1000]);
    }
}

#[test]
fn what_is_no_whole_archive_is_said() {
    let whole = assemble(&[handmade("a", b"12345"), handmade("b", b"2")], b"");
    let records = open(&whole).unwrap().directory.records;
    let end = records.end as usize;
    let with = |at: usize, new: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    let start = records.start as usize;
    for (bytes, word) in [
        (vec![], "found none"),
        (b"[{}]".to_vec(), "found none"),
        (whole[..end].to_vec(), "found none"),
        (whole[..whole.len() - 1].to_vec(), "does not fit"),
        (with(start, b"x"), "the bytes [78, 4b, 01, 02]"),
        (with(start + 47, b"x"), "the bytes"),
        (with(start + 28, &[0xff, 0xff]), "breaks off"),
        (with(end + 4, &[2]), "divided"),
        (with(end + 6, &[1]), "divided"),
        (with(end + 8, &[1]), "divided"),
        (with(end + 12, &[7, 0, 0, 0]), "takes 7 bytes"),
        (with(end + 16, &[0xff, 0xff, 0, 0]), "does not fit"),
        (with(end + 20, &[1]), "does not fit"),
    ] {
        let error = open(&bytes).err().unwrap().to_string();
        assert!(
            error.starts_with("m.zip: ") && error.contains(word),
            "expected {word}: {error}"
        );
    }
}

fn small_archive() -> Vec<u8> {
    let files = [
        ("a.json", text(300), options(DEFLATED)),
        ("b", text(20), options(STORED).large_file(true)),
    ];
    archive(&files, "comment")
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic_or_lie(changes in proptest::collection::vec((0.0..1.0, any::<u8>()), 1..4)) {
        let mut bytes = small_archive();
        for (place, new) in changes {
            let at = (place * bytes.len() as f64) as usize;
            bytes[at] = new;
        }
        if let Ok(tree) = open(&bytes) {
            for file in tree.files().unwrap() {
                let _ = tree.find(&file.path);
                // The checksum can be what is damaged, but then it does not fit.
                if let Ok(read) = tree.read(&file.path, 1 << 20) {
                    prop_assert!(read == text(300) || read == text(20) || read.is_empty());
                }
                if let Ok(source) = FileTree::open(&tree, &file.path) {
                    let mut buf = vec![0; source.len().min(1000) as usize];
                    let _ = source.read_at(0, &mut buf);
                }
            }
            let mut out = vec![];
            let _ = write_zip_subset(&tree, &|path| path == "b", &mut [], &mut out);
        }
    }
}
