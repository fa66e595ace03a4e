use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use ::tar::{Builder, EntryType, Header};
use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::file_tree::{FileTree, FindError};
use crate::source::MemorySource;

fn open(bytes: &[u8]) -> Result<TarIndex> {
    TarIndex::open(Arc::new(MemorySource::new("t.tar", bytes.to_vec())))
}

fn tree(bytes: &[u8]) -> TarTree {
    TarTree::open(Arc::new(MemorySource::new("t.tar", bytes.to_vec()))).unwrap()
}

fn header(kind: EntryType, name: &[u8], size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mtime(77);
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_cksum();
    header
}

/// Names are written as they are, be they sound or not.
fn add(builder: &mut Builder<Vec<u8>>, name: &[u8], data: &[u8]) {
    let header = header(EntryType::Regular, name, data.len());
    builder.append(&header, data).unwrap();
}

fn plain(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(vec![]);
    for (name, data) in members {
        add(&mut builder, name.as_bytes(), data);
    }
    builder.into_inner().unwrap()
}

fn names(index: &TarIndex) -> Vec<String> {
    let shown = |member: TarMember<'_>| String::from_utf8_lossy(member.name).into_owned();
    index.members().map(shown).collect()
}

fn data<'a>(bytes: &'a [u8], member: &TarMember<'_>) -> &'a [u8] {
    &bytes[member.data.start as usize..member.data.end as usize]
}

/// Files of every format, folders, links, and a name that only GNU and pax headers can hold.
fn all_formats() -> (Vec<u8>, Vec<(String, Vec<u8>)>) {
    let long = format!("{}ü.jpg", "folder/".repeat(40));
    let deep = format!("{}/u.jpg", "d".repeat(120));
    let mut builder = Builder::new(vec![]);
    let mut files = vec![];

    let mut global = Header::new_ustar();
    global.set_entry_type(EntryType::XGlobalHeader);
    global.set_size(20);
    global.set_cksum();
    builder
        .append(&global, &b"20 comment=0123456\n\0"[..])
        .unwrap();

    let mut old = Header::new_old();
    old.set_path("v7.jpg").unwrap();
    old.set_size(3);
    old.set_cksum();
    builder.append(&old, &b"old"[..]).unwrap();
    files.push(("v7.jpg".to_owned(), b"old".to_vec()));

    let mut folder = Header::new_old();
    folder.as_old_mut().name[..2].copy_from_slice(b"d/");
    folder.set_size(0);
    folder.set_cksum();
    builder.append(&folder, io::empty()).unwrap();

    let mut ustar = Header::new_ustar();
    ustar.set_size(512);
    builder
        .append_data(&mut ustar, &deep, &[7; 512][..])
        .unwrap();
    files.push((deep, vec![7; 512]));

    let mut gnu = Header::new_gnu();
    gnu.set_size(513);
    builder.append_data(&mut gnu, &long, &[8; 513][..]).unwrap();
    files.push((long.clone(), vec![8; 513]));

    let pax_name = format!("pax/{long}");
    let pairs = [("path", pax_name.as_bytes()), ("size", b"5")];
    builder.append_pax_extensions(pairs).unwrap();
    let mut pax = Header::new_ustar();
    pax.set_path("short.jpg").unwrap();
    // Only the pax header says how long it is.
    pax.set_size(0);
    pax.set_cksum();
    builder.append(&pax, &b"paxes"[..]).unwrap();
    files.push((pax_name, b"paxes".to_vec()));

    let folder = header(EntryType::Directory, b"d/e/", 0);
    builder.append(&folder, io::empty()).unwrap();
    add(&mut builder, b"./././here.txt", b"");
    files.push(("here.txt".to_owned(), vec![]));
    let continuous = header(EntryType::Continuous, b"continuous.txt", 1);
    builder.append(&continuous, &b"c"[..]).unwrap();
    files.push(("continuous.txt".to_owned(), b"c".to_vec()));
    (builder.into_inner().unwrap(), files)
}

#[test]
fn files_of_every_format_are_where_the_index_says() {
    let (bytes, files) = all_formats();
    let index = open(&bytes).unwrap();
    assert_eq!(index.len(), files.len());
    let mut last_end = 0;
    for (member, (name, content)) in index.members().zip(&files) {
        assert_eq!(member.name, name.as_bytes());
        assert_eq!(data(&bytes, &member), content);
        assert!(member.raw.start >= last_end && member.raw.start % BLOCK == 0);
        assert!(member.raw.start + BLOCK <= member.data.start);
        assert_eq!(member.raw.end, member.data.end.next_multiple_of(BLOCK));
        last_end = member.raw.end;
    }
    assert_eq!(index.end(), last_end);
    assert_eq!(index.notes(), Vec::<String>::new());
    // The name and the pax header before the header belong to the member.
    for nth in [2, 3] {
        let raw = index.member(nth).unwrap().raw;
        assert_eq!(raw.start, index.member(nth - 1).unwrap().raw.end);
        assert!(index.member(nth).unwrap().data.start - raw.start >= 3 * BLOCK);
    }

    let tree = TarTree::new(Arc::new(index));
    let listed = tree.files().unwrap();
    assert!(listed.is_sorted() && listed.len() == files.len());
    for (name, content) in &files {
        let len = content.len() as u64;
        assert_eq!(tree.find(name).unwrap().unwrap().len, len);
        let source = tree.open(name).unwrap();
        assert_eq!(
            (source.len(), source.name()),
            (len, &*format!("t.tar/{name}"))
        );
        let mut read = vec![0; content.len()];
        source.read_at(0, &mut read).unwrap();
        assert_eq!(&read, content);
        assert!(source.read_at(1, &mut read).is_err() || read.is_empty());
        assert!(source.read_at(u64::MAX, &mut [0; 2]).is_err());
    }
}

#[test]
fn what_is_no_file_is_counted() {
    let mut builder = Builder::new(vec![]);
    add(&mut builder, b"a.jpg", b"a");
    for (kind, name) in [
        (EntryType::Symlink, &b"soft.jpg"[..]),
        (EntryType::Link, b"hard.jpg"),
        (EntryType::Char, b"char"),
        (EntryType::Block, b"block"),
        (EntryType::Fifo, b"fifo"),
        (EntryType::new(b'!'), b"odd"),
    ] {
        builder.append(&header(kind, name, 0), io::empty()).unwrap();
    }
    // A hole of 1024 bytes, then 512 bytes that are there.
    let mut sparse = header(EntryType::GNUSparse, b"sparse", 512);
    let gnu = sparse.as_gnu_mut().unwrap();
    gnu.sparse[0].set_offset(1024);
    gnu.sparse[0].set_length(512);
    gnu.set_real_size(1536);
    sparse.set_cksum();
    builder.append(&sparse, &[1; 512][..]).unwrap();
    let pairs = [("GNU.sparse.major", &b"1"[..]), ("GNU.sparse.minor", b"0")];
    builder.append_pax_extensions(pairs).unwrap();
    add(&mut builder, b"pax sparse", b"1\n");
    add(&mut builder, b"b.jpg", b"b");
    let bytes = builder.into_inner().unwrap();

    let index = open(&bytes).unwrap();
    assert_eq!(names(&index), ["a.jpg", "b.jpg"]);
    assert_eq!(data(&bytes, &index.member(1).unwrap()), b"b");
    assert_eq!(index.not_files().count, 8);
    assert_eq!(
        index.not_files().example.as_deref(),
        Some("`soft.jpg` (a symbolic link) at byte 1024")
    );
    let notes = index.notes();
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].contains("passed over: 8, the first is `soft.jpg`"),
        "{}",
        notes[0]
    );
    assert_eq!(tree(&bytes).find("soft.jpg"), Ok(None));
}

#[test]
fn the_last_of_equal_paths_counts_and_none_leads_out() {
    let mut builder = Builder::new(vec![]);
    for (name, content) in [
        (&b"coco/a.jpg"[..], &b"first"[..]),
        (b"coco.jpg", b""),
        (b"/etc/a.jpg", b""),
        (b"../a.jpg", b""),
        (b"coco/../a.jpg", b""),
        (b"coco//b.jpg", b""),
        (b"coco/./b.jpg", b""),
        (b".//b.jpg", b""),
        (b"\xff.jpg", b""),
        (b"./coco/a.jpg", b"the last"),
    ] {
        add(&mut builder, name, content);
    }
    builder
        .append_pax_extensions([("path", &b"nul\0.jpg"[..])])
        .unwrap();
    add(&mut builder, b"x", b"");
    let bytes = builder.into_inner().unwrap();
    let tree = tree(&bytes);
    let paths: Vec<_> = tree.files().unwrap().into_iter().map(|f| f.path).collect();
    assert_eq!(paths, ["coco.jpg", "coco/a.jpg"]);
    assert_eq!(tree.unlisted().count, 8);
    assert_eq!(
        tree.unlisted().example.as_deref(),
        Some("`/etc/a.jpg` at byte 1536")
    );
    let stat = tree.find("coco/a.jpg").unwrap().unwrap();
    let start = tree.index().member(9).unwrap().data.start;
    assert_eq!((stat.len, stat.stamp), (8, 77 << 64 | i128::from(start)));
    assert!(matches!(tree.find("coco"), Err(FindError::NotAFile(_))));
    for missing in [
        "",
        "a.jpg",
        "../a.jpg",
        "/etc/a.jpg",
        "coco/",
        "coco/b.jpg",
        "coc",
        "./coco/a.jpg",
    ] {
        assert_eq!(tree.find(missing), Ok(None), "{missing}");
        assert!(matches!(tree.open(missing), Err(Error::Open { .. })));
    }
}

#[test]
fn a_cut_archive_is_an_error_unless_it_ends_between_members() {
    let (bytes, files) = all_formats();
    let index = open(&bytes).unwrap();
    let end = index.end();
    assert_eq!(bytes.len() as u64, end + 2 * BLOCK);
    for cut in 0..=bytes.len() {
        let whole = index.members().filter(|m| m.raw.end <= cut as u64).count();
        match open(&bytes[..cut]) {
            Ok(index) => {
                // From the first block of zeros on nothing is missing.
                assert!(
                    cut as u64 >= end + BLOCK || cut > 0 && cut % 512 == 0,
                    "{cut}"
                );
                let read: Vec<_> = index.members().map(|m| m.name.to_vec()).collect();
                let expected = files[..whole].iter().map(|(name, _)| name.as_bytes());
                assert!(read.iter().map(Vec::as_slice).eq(expected), "{cut}");
                assert_eq!(index.end(), end.min(cut as u64));
            }
            Err(Error::TarBreaksOff { offset, .. }) => assert_eq!(offset, cut as u64),
            Err(error) => panic!("{cut}: {error}"),
        }
    }
    // The end mark may be missing, or be half of one; half a block of it is half a header.
    assert!(open(&bytes[..end as usize]).is_ok());
    assert!(open(&bytes[..end as usize + 512]).is_ok());
    assert!(open(&bytes[..end as usize + 511]).is_err());

    let shard = plain(&[("a.jpg", b"a"), ("b.jpg", &[1; 600])]);
    for (cut, words) in [
        (
            0,
            "before the first member): expected a header of 512 bytes",
        ),
        (
            100,
            "before the first member): expected a header of 512 bytes",
        ),
        (
            1100,
            "after the member `a.jpg`): expected a header of 512 bytes",
        ),
        (
            2000,
            "in the member `b.jpg`): expected the rest of that member",
        ),
        (
            2500,
            "in the member `b.jpg`): expected the rest of that member",
        ),
    ] {
        let message = open(&shard[..cut]).unwrap_err().to_string();
        let expected = format!(
            "t.tar: the tar archive breaks off at byte {cut}, the end of the file ({words}; was it copied or downloaded whole?"
        );
        assert_eq!(message, expected);
    }
}

#[test]
fn a_broken_header_is_an_error_with_its_place() {
    let mut bytes = plain(&[("a.jpg", b"a"), ("b.jpg", b"b")]);
    bytes[1024 + 3] ^= 1;
    let error = open(&bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.tar: broken tar archive at byte 1024 (after the member `a.jpg`): expected a sound tar header, \
         found: archive header checksum mismatch; was it copied or downloaded whole?"
    );
    for (start, words) in [
        (&b"\x1f\x8b\x08"[..], "gunzip"),
        (b"\x28\xb5\x2f\xfd", "zstd -d"),
        (b"\xfd7zXZ\0", "unxz"),
        (b"BZh91AY", "bunzip2"),
        (b"PK\x03\x04", "a zip archive"),
        (b"{\"a\": 1}", "is this a tar archive?"),
        (b"\xff\xff\xff", "is this a tar archive?"),
    ] {
        let mut bytes = start.to_vec();
        bytes.resize(2048, b'x');
        let error = open(&bytes).unwrap_err();
        assert!(
            matches!(error, Error::TarBroken { offset: 0, .. }),
            "{error}"
        );
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn hostile_sizes_are_errors() {
    let after = plain(&[("after.jpg", b"x")]);
    for kind in *b"01257xgLKS!" {
        for size in [1 << 40, 1 << 63, u64::MAX, u64::MAX - 511, u64::MAX - 1024] {
            let mut hostile = header(EntryType::new(kind), b"hostile", 0);
            hostile.set_size(size);
            // In binary, and so large that it does not fit the field as text.
            hostile.as_gnu_mut().unwrap().size[4..].copy_from_slice(&size.to_be_bytes());
            hostile.set_cksum();
            let bytes = [hostile.as_bytes(), &after[..]].concat();
            let error = open(&bytes).unwrap_err();
            assert!(
                matches!(error, Error::TarBreaksOff { .. } | Error::TarBroken { .. }),
                "{kind} {size}: {error}"
            );
        }
    }
    let mut builder = Builder::new(vec![]);
    builder
        .append_pax_extensions([("size", &b"18446744073709551615"[..])])
        .unwrap();
    add(&mut builder, b"a.jpg", b"a");
    assert!(open(&builder.into_inner().unwrap()).is_err());
}

/// 16 EiB of zeros behind a header.
struct Endless(Header);

impl ByteSource for Endless {
    fn len(&self) -> u64 {
        u64::MAX
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        buf.fill(b'x');
        if offset < BLOCK {
            let len = buf.len().min((BLOCK - offset) as usize);
            buf[..len].copy_from_slice(&self.0.as_bytes()[offset as usize..][..len]);
        }
        Ok(())
    }

    fn name(&self) -> &str {
        "endless.tar"
    }
}

#[test]
fn headers_without_end_are_not_read_whole() {
    for kind in [EntryType::GNULongName, EntryType::XHeader] {
        let mut long = header(kind, b"long", 0);
        long.set_size(1 << 60);
        long.set_cksum();
        let error = TarIndex::open(Arc::new(Endless(long))).unwrap_err();
        assert!(
            error.to_string().contains("more than 16777216 bytes"),
            "{error}"
        );
    }
}

#[test]
fn what_follows_the_end_mark_is_told() {
    let one = plain(&[("a.jpg", b"a")]);
    let two = plain(&[("b.jpg", b"b")]);
    let index = open(&[one.as_slice(), &two].concat()).unwrap();
    assert_eq!(names(&index), ["a.jpg"]);
    assert_eq!((index.end(), index.after_end()), (1024, Some(2048)));
    let notes = index.notes().join("\n");
    assert!(
        notes.contains("ends at byte 1024, and at byte 2048 more follows"),
        "{notes}"
    );

    let mut padded = one.clone();
    padded.resize(10240, 0);
    assert_eq!(open(&padded).unwrap().after_end(), None);
    assert!(open(&[0; 1024]).unwrap().is_empty());
}

#[test]
fn the_digest_is_that_of_the_headers() {
    let shard = |name, data: &[u8]| open(&plain(&[(name, data), ("b", b"b")])).unwrap().digest();
    assert_eq!(shard("a", b"1"), shard("a", b"2"));
    assert_ne!(shard("a", b"1"), shard("c", b"1"));
    assert_ne!(shard("a", b"1"), shard("a", b"12"));
    let pax = |value: &[u8]| {
        let mut builder = Builder::new(vec![]);
        builder.append_pax_extensions([("comment", value)]).unwrap();
        add(&mut builder, b"a", b"");
        open(&builder.into_inner().unwrap()).unwrap().digest()
    };
    assert_ne!(pax(b"1"), pax(b"2"));
}

struct Counting(MemorySource, AtomicU64);

impl ByteSource for Counting {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.1.fetch_add(buf.len() as u64, Ordering::Relaxed);
        self.0.read_at(offset, buf)
    }

    fn name(&self) -> &str {
        self.0.name()
    }
}

#[test]
fn the_data_of_members_is_passed_over() {
    let mut builder = Builder::new(vec![]);
    for nth in 0..10 {
        let mut gnu = Header::new_gnu();
        gnu.set_size(1 << 20);
        let name = format!("{}{nth}.jpg", "long/".repeat(30));
        builder
            .append_data(&mut gnu, name, &[nth; 1 << 20][..])
            .unwrap();
    }
    let bytes = builder.into_inner().unwrap();
    let source = Arc::new(Counting(MemorySource::new("t", bytes), AtomicU64::new(0)));
    assert_eq!(TarIndex::open(source.clone()).unwrap().len(), 10);
    let read = source.1.load(Ordering::Relaxed);
    assert!(read <= 11 * 8192, "{read}");
}

#[test]
fn a_source_that_fails_says_where() {
    struct Failing(MemorySource);

    impl ByteSource for Failing {
        fn len(&self) -> u64 {
            self.0.len()
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
            match offset {
                0 => self.0.read_at(offset, buf),
                _ => Err(io::Error::other("the disk is on fire")),
            }
        }

        fn name(&self) -> &str {
            self.0.name()
        }
    }

    let bytes = plain(&[("a.jpg", &[1; 20000]), ("b.jpg", b"b")]);
    let error = TarIndex::open(Arc::new(Failing(MemorySource::new("t.tar", bytes)))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.tar: cannot be read at byte 20992: the disk is on fire"
    );
}

proptest! {
    /// Whatever a few broken bytes make of an archive, what is found lies within it and apart.
    #[test]
    fn broken_bytes_never_lead_out(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
        mend in any::<bool>(),
    ) {
        let (mut bytes, _) = all_formats();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if mend {
                let block = at / 512 * 512;
                let mut header = Header::new_old();
                header.as_mut_bytes().copy_from_slice(&bytes[block..block + 512]);
                header.set_cksum();
                bytes[block..block + 512].copy_from_slice(header.as_bytes());
            }
        }
        if let Ok(index) = open(&bytes) {
            let mut last_end = 0;
            for member in index.members() {
                prop_assert!(last_end <= member.raw.start);
                prop_assert!(member.raw.start < member.data.start);
                prop_assert!(member.data.start <= member.data.end);
                prop_assert!(member.data.end <= member.raw.end);
                last_end = member.raw.end;
            }
            prop_assert!(last_end <= index.end() && index.end() <= bytes.len() as u64);
            TarTree::new(Arc::new(index)).files().unwrap();
        }
    }
}
