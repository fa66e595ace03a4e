use proptest::prelude::*;

use super::*;
use crate::archive::zip::subset::descriptor_end;

#[test]
fn all_files_are_the_very_bytes() {
    let files = [
        ("a", text(100), options(DEFLATED)),
        ("b", text(50), options(STORED)),
    ];
    let mut bytes = b"stub".to_vec();
    bytes.extend(archive(&files, "a comment"));
    bytes.extend(b"behind");
    let tree = open(&bytes).unwrap();
    assert_eq!(subset(&tree, &["a", "b"], &mut []), bytes);
    let none = subset(&tree, &[], &mut []);
    assert_eq!(
        none,
        [b"PK\x05\x06".as_slice(), &[0; 16], &[9, 0], b"a comment"].concat()
    );
    assert_eq!(listed(&open(&none).unwrap()), [""; 0]);
}

#[test]
fn kept_members_are_copied_bit_for_bit() {
    let files = [
        ("c/1.jpg", text(500), options(STORED)),
        ("data.json", text(9000), options(DEFLATED)),
        ("a/2.jpg", text(600), options(DEFLATED).large_file(true)),
        ("b/3.jpg", text(700), options(STORED)),
    ];
    for bytes in [
        archive(&files, "c"),
        streamed(&files),
        [b"stub".to_vec(), archive(&files, "")].concat(),
    ] {
        let tree = open(&bytes).unwrap();
        let kept = subset(&tree, &["c/1.jpg", "a/2.jpg"], &mut []);
        assert_eq!(
            by_zip_crate(&kept),
            [0, 2].map(|nth| (files[nth].0.to_owned(), files[nth].1.clone()))
        );
        let after = open(&kept).unwrap();
        for path in ["c/1.jpg", "a/2.jpg"] {
            let span = |tree: &ZipTree, bytes: &[u8]| {
                let member = tree.member(path).unwrap();
                let span = tree.span(path, member).unwrap();
                let end = descriptor_end(tree, member, &span).unwrap();
                // Streamed members have one, the others none.
                assert_eq!(end > span.data.end, member.has_descriptor());
                bytes[span.header as usize..end as usize].to_vec()
            };
            assert_eq!(span(&tree, &bytes), span(&after, &kept));
        }
        // Nothing else is in there.
        let members = after.members.iter().map(|member| {
            let span = after.span(after.name_of(member), member).unwrap();
            descriptor_end(&after, member, &span).unwrap() - span.header
        });
        assert_eq!(members.sum::<u64>(), after.directory.records.start);
    }
}

#[test]
fn a_file_is_written_anew_at_its_place() {
    let files = [
        ("1.jpg", text(500), options(STORED)),
        ("data.json", text(900_000), options(DEFLATED)),
        ("stored.json", text(80), options(STORED).large_file(true)),
        ("2.jpg", text(600), options(DEFLATED)),
    ];
    for bytes in [archive(&files, "c"), streamed(&files)] {
        let tree = open(&bytes).unwrap();
        for new in [vec![], b"[{}]".to_vec(), text(300_000), text(2_000_000)] {
            let mut write = |out: &mut dyn Write| {
                for piece in new.chunks(70_001) {
                    out.write_all(piece).map_err(Error::Write)?;
                    out.flush().map_err(Error::Write)?;
                }
                Ok(0)
            };
            let mut again = |out: &mut dyn Write| {
                out.write_all(b"[]").map_err(Error::Write)?;
                Ok(0)
            };
            let mut replaced = [
                Replacement {
                    path: "stored.json",
                    write: &mut again,
                },
                Replacement {
                    path: "data.json",
                    write: &mut write,
                },
            ];
            let kept = subset(&tree, &["2.jpg", "stored.json"], &mut replaced);
            let expected = [
                ("data.json".to_owned(), new.clone()),
                ("stored.json".to_owned(), b"[]".to_vec()),
                ("2.jpg".to_owned(), text(600)),
            ];
            assert_eq!(by_zip_crate(&kept), expected);
            let after = open(&kept).unwrap();
            for (path, data) in expected {
                assert_eq!(contents(&after, &path).unwrap(), data);
                let method = |tree: &ZipTree| tree.member(&path).unwrap().is_stored();
                assert_eq!(method(&tree), method(&after));
            }
            // What was written anew can be kept in its turn.
            let again = subset(&after, &["data.json"], &mut []);
            assert_eq!(
                by_zip_crate(&again),
                [("data.json".to_owned(), new.clone())]
            );
        }
    }
}

#[test]
fn what_cannot_be_written_anew_is_refused_first() {
    let members = [
        handmade("a", b"1"),
        Handmade {
            flags: 1,
            ..handmade("b", b"2")
        },
    ];
    let tree = open(&assemble(&members, b"")).unwrap();
    for (paths, word) in [
        (vec!["c"], "no file"),
        (vec!["b"], "encrypted"),
        (vec!["a", "a"], "twice"),
    ] {
        let mut writes: Vec<_> = paths.iter().map(|_| |_: &mut dyn Write| Ok(0)).collect();
        let mut replaced: Vec<_> = paths
            .iter()
            .zip(&mut writes)
            .map(|(path, write)| Replacement { path, write })
            .collect();
        let mut out = vec![];
        let error = write_zip_subset(&tree, &|_| true, &mut replaced, &mut out).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(out.is_empty());
    }
    // An encrypted member is kept as it is.
    let mut write = |_: &mut dyn Write| Ok(0);
    let mut replaced = [Replacement {
        path: "a",
        write: &mut write,
    }];
    let kept = subset(&tree, &["b"], &mut replaced);
    assert_eq!(listed(&open(&kept).unwrap()), ["a", "b"]);
}

#[test]
fn members_within_others_are_not_written() {
    let inner = assemble(&[handmade("b", b"2")], b"");
    let members = [
        handmade("a", &inner),
        Handmade {
            offset: Some(31),
            ..handmade("b", b"2")
        },
        handmade("c", b"3"),
    ];
    let tree = open(&assemble(&members, b"")).unwrap();
    assert_eq!(contents(&tree, "b").unwrap(), b"2");
    let mut out = vec![];
    let error = write_zip_subset(&tree, &|path| path != "c", &mut [], &mut out).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("begins within the member before it"),
        "{error}"
    );
    assert_eq!(
        listed(&open(&subset(&tree, &["b", "c"], &mut [])).unwrap()),
        ["b", "c"]
    );
}

proptest! {
    #[test]
    fn any_choice_is_read_back(sizes in proptest::collection::vec((0_usize..2000, any::<bool>(), any::<bool>()), 0..20), stream: bool) {
        let names: Vec<String> = (0..sizes.len()).map(|nth| format!("{}.x", nth * 7 % 20)).collect();
        let files: Vec<_> = names
            .iter()
            .zip(&sizes)
            .map(|(name, &(size, stored, _))| (&**name, text(size), options(if stored { STORED } else { DEFLATED })))
            .collect();
        let bytes = if stream { streamed(&files) } else { archive(&files, "") };
        let tree = open(&bytes).unwrap();
        let keep: Vec<&str> = names.iter().zip(&sizes).filter(|(_, size)| size.2).map(|(name, _)| &**name).collect();
        let kept = subset(&tree, &keep, &mut []);
        let expected: Vec<_> = files
            .iter()
            .filter(|file| keep.contains(&file.0))
            .map(|file| (file.0.to_owned(), file.1.clone()))
            .collect();
        prop_assert_eq!(by_zip_crate(&kept), expected);
    }
}
