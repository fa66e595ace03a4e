use super::*;

#[test]
fn what_a_well_kept_program_writes_is_read() {
    let files = [
        ("b/stored.jpg", text(5000), options(STORED)),
        ("b/deflated.json", text(900_000), options(DEFLATED)),
        ("a.json", text(70), options(DEFLATED).large_file(true)),
        ("图/é.png", text(71), options(STORED).large_file(true)),
        ("empty", vec![], options(DEFLATED)),
        ("b/empty", vec![], options(STORED)),
    ];
    let prefixed = [b"#!/bin/sh\nexit\n".to_vec(), archive(&files, "")].concat();
    for bytes in [
        archive(&files, ""),
        archive(&files, "a comment"),
        prefixed,
        streamed(&files),
    ] {
        let tree = open(&bytes).unwrap();
        assert_eq!(
            listed(&tree),
            [
                "a.json",
                "b/deflated.json",
                "b/empty",
                "b/stored.jpg",
                "empty",
                "图/é.png"
            ]
        );
        for (name, data, _) in &files {
            assert_eq!(contents(&tree, name).unwrap(), *data);
            let stat = tree.find(name).unwrap().unwrap();
            assert_eq!(stat.len, data.len() as u64);
            let source = FileTree::open(&tree, name).unwrap();
            assert_eq!(source.name(), format!("m.zip/{name}"));
        }
        assert_eq!(
            (tree.ignored(), tree.ignored_example(), tree.duplicates()),
            (0, None, 0)
        );
        assert_eq!(tree.find("c"), Ok(None));
        assert_eq!(tree.find("b/"), Ok(None));
        assert!(matches!(tree.find("b"), Err(FindError::NotAFile(words)) if words == "a folder"));
    }
}

#[test]
fn there_can_be_none_or_many() {
    assert_eq!(listed(&open(&archive(&[], "")).unwrap()), [""; 0]);
    // More than the end record has bits for: zip64.
    let names: Vec<String> = (0..70_000)
        .map(|nth| format!("{}/{nth}", nth % 7))
        .collect();
    let members: Vec<_> = names.iter().map(|name| handmade(name, b"")).collect();
    let tree = open(&assemble(&members, b"")).unwrap();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(listed(&tree), sorted);
    assert!(size_of::<Member>() <= 56);
}

#[test]
fn the_stamp_and_the_directory_change_with_the_contents() {
    let of = |data: &str| {
        let tree = open(&archive(&[("a", data.into(), options(STORED))], "")).unwrap();
        (
            tree.find("a").unwrap().unwrap().stamp,
            tree.directory_sha256(),
        )
    };
    assert_eq!(of("one"), of("one"));
    assert_ne!(of("one").0, of("two").0);
    assert_ne!(of("one").1, of("two").1);
}

#[test]
fn of_one_name_the_last_counts() {
    let members = [
        handmade("a", b"1"),
        handmade("b", b"2"),
        handmade("a", b"3"),
        handmade("a", b"4"),
    ];
    let tree = open(&assemble(&members, b"")).unwrap();
    assert_eq!(listed(&tree), ["a", "b"]);
    assert_eq!(contents(&tree, "a").unwrap(), b"4");
    assert_eq!(tree.duplicates(), 2);
}

#[test]
fn a_comment_that_looks_like_an_end_record_is_passed_over() {
    let members = [handmade("a", b"1")];
    for comment in [
        b"PK\x05\x06".as_slice(),
        b"xPK\x05\x06 and some more text that is no record",
    ] {
        let bytes = assemble(&members, comment);
        let tree = open(&bytes).unwrap();
        assert_eq!(contents(&tree, "a").unwrap(), b"1");
    }
}

/// A file of which only a few places are not zero.
struct Sparse {
    len: u64,
    pieces: Vec<(u64, Vec<u8>)>,
}

impl ByteSource for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<()> {
        assert!(offset + buf.len() as u64 <= self.len);
        buf.fill(0);
        for (start, piece) in &self.pieces {
            for (nth, byte) in piece.iter().enumerate() {
                let at = (start + nth as u64).checked_sub(offset);
                if let Some(place) = at.and_then(|at| buf.get_mut(at as usize)) {
                    *place = *byte;
                }
            }
        }
        Ok(())
    }

    fn name(&self) -> &str {
        "sparse.zip"
    }
}

#[test]
fn members_beyond_4_gib_are_read_and_kept() {
    // A long stored member of zeros, then a small one whose place takes 64 bits.
    let long = 5 << 30;
    let small_at = 31 + long;
    let one = assemble(
        &[Handmade {
            offset: Some(u32::MAX),
            ..handmade("b", b"small")
        }],
        b"",
    );
    let tree = open(&assemble(&[handmade("b", b"small")], b"")).unwrap();
    let range = tree.directory.records;
    let header = one[..range.start as usize].to_vec();
    let small = one[range.start as usize..range.end as usize].to_vec();
    let mut big = small.clone();
    big[20..28].fill(0xff);
    big[42..46].fill(0);
    big[46] = b'a';
    big[30] = 20;
    big.extend([1, 0, 16, 0]);
    big.extend(u64::to_le_bytes(long));
    big.extend(u64::to_le_bytes(long));
    let mut far = small;
    far[30] = 12;
    far.extend([1, 0, 8, 0]);
    far.extend(u64::to_le_bytes(small_at));
    let directory = [big, far].concat();
    let start = small_at + header.len() as u64;
    let mut tail = directory;
    tail.extend(end_records(2, start..start + tail.len() as u64, b""));
    let mut first = header[..31].to_vec();
    first[30] = b'a';
    let sparse = Sparse {
        len: start + tail.len() as u64,
        pieces: vec![(0, first), (small_at, header), (start, tail)],
    };
    let tree = ZipTree::open(Arc::new(sparse)).unwrap();
    assert_eq!(tree.find("a").unwrap().unwrap().len, long);
    let opened = FileTree::open(&tree, "a").unwrap();
    let mut last = [1; 4];
    opened.read_at(long - 4, &mut last).unwrap();
    assert_eq!(last, [0; 4]);
    assert_eq!(tree.read("b", 10).unwrap(), b"small");
    assert_eq!(
        tree.read("a", 10).unwrap_err().reason,
        SkipReason::ImageTooLarge
    );

    // What replaces a long file has 64 bits for its lengths, however short it is.
    let mut write = |out: &mut dyn Write| {
        out.write_all(b"short").map_err(Error::Write)?;
        Ok(5)
    };
    let mut replaced = [Replacement {
        path: "a",
        write: &mut write,
    }];
    let kept = subset(&tree, &["b"], &mut replaced);
    let expected = [("a", "short"), ("b", "small")].map(|(path, data)| (path.into(), data.into()));
    assert_eq!(by_zip_crate(&kept), expected);
    assert_eq!(contents(&open(&kept).unwrap(), "a").unwrap(), b"short");

    let kept = subset(&tree, &["b"], &mut []);
    let tree = open(&kept).unwrap();
    assert_eq!(contents(&tree, "b").unwrap(), b"small");
    assert_eq!(by_zip_crate(&kept), [("b".to_owned(), b"small".to_vec())]);
}
