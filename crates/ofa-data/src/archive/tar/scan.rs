//! One pass over the headers of a tar archive.

use std::io;

use ::tar::{Archive, Entry, EntryType};
use sha2::{Digest, Sha256};

use super::window::{MAX_HEADERS, Stop, Window};
use super::{BLOCK, File, Ignored, shown};
use crate::Result;
use crate::error::Error;
use crate::source::{ByteSource, for_each_chunk, read_prefix};

/// What the headers say.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) files: Vec<File>,
    pub(super) names: Vec<u8>,
    pub(super) end: u64,
    pub(super) digest: [u8; 32],
    pub(super) not_files: Ignored,
    pub(super) after_end: Option<u64>,
}

/// Reads the headers up to the end mark or the end of the source.
pub(super) fn scan(source: &dyn ByteSource) -> Result<Scan> {
    if source.is_empty() {
        return Err(breaks_off(source, None, A_HEADER));
    }
    let window = Window::new(source);
    let mut archive = Archive::new(&window);
    let mut entries = archive
        .entries_with_seek()
        .expect("an archive of which nothing was read has entries");
    let mut scan = Scan::default();
    let mut hash = Sha256::new();
    let mut last: Option<Vec<u8>> = None;
    loop {
        window.begin_member();
        let next = entries.next();
        // `tar` goes where the next header should be without looking whether that is there.
        let start = match window.member_start() {
            Some(start) if start <= source.len() => start,
            _ => return Err(breaks_off(source, last.as_deref(), THE_REST)),
        };
        let mut entry = match next {
            None => {
                scan.end = start;
                break;
            }
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                return Err(explain(source, &window, start, last.as_deref(), &error));
            }
        };
        let data = entry.raw_file_position();
        hash_headers(source, &window, start..data, &mut hash)?;
        let name = entry.path_bytes().into_owned();
        match kind(&mut entry, &name) {
            Kind::File => {
                let len = entry.size();
                if data.checked_add(len).is_none_or(|end| end > source.len()) {
                    return Err(breaks_off(source, Some(&name), THE_REST));
                }
                let mut bare = name.as_slice();
                while let Some(rest) = bare.strip_prefix(b"./") {
                    bare = rest;
                }
                scan.names.extend_from_slice(bare);
                scan.files.push(File {
                    start,
                    data,
                    len,
                    modified: entry.header().mtime().unwrap_or_default(),
                    name_end: scan.names.len(),
                });
            }
            Kind::Expected => {}
            Kind::Other(kind) => scan
                .not_files
                .add(|| format!("`{}` ({kind}) at byte {start}", shown(&name))),
        }
        last = Some(name);
    }
    scan.digest = hash.finalize().into();
    for_each_chunk(source, scan.end, |offset, bytes| {
        let found = bytes.iter().position(|&byte| byte != 0);
        scan.after_end = found.map(|at| offset + at as u64);
        Ok(found.is_none())
    })?;
    Ok(scan)
}

/// What a member is.
enum Kind {
    File,
    /// No file, and nobody would take it for one: a folder, a header for all members.
    Expected,
    /// Something else, in words.
    Other(&'static str),
}

fn kind(entry: &mut Entry<'_, &Window<'_>>, name: &[u8]) -> Kind {
    match entry.header().entry_type() {
        // Version 7 had no sign for folders but this.
        EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => Kind::Expected,
        EntryType::Regular | EntryType::Continuous if is_pax_sparse(entry) => {
            Kind::Other("a sparse file")
        }
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::Directory | EntryType::XGlobalHeader => Kind::Expected,
        EntryType::Link => Kind::Other("a hard link"),
        EntryType::Symlink => Kind::Other("a symbolic link"),
        EntryType::Char | EntryType::Block => Kind::Other("a device"),
        EntryType::Fifo => Kind::Other("a pipe"),
        EntryType::GNUSparse => Kind::Other("a sparse file"),
        _ => Kind::Other("of an unknown kind"),
    }
}

/// Whether its pax header says that what stands in the archive is not the file as it was.
fn is_pax_sparse(entry: &mut Entry<'_, &Window<'_>>) -> bool {
    let Ok(Some(pairs)) = entry.pax_extensions() else {
        return false;
    };
    pairs
        .flatten()
        .any(|pair| pair.key_bytes().starts_with(b"GNU.sparse."))
}

fn hash_headers(
    source: &dyn ByteSource,
    window: &Window<'_>,
    range: std::ops::Range<u64>,
    hash: &mut Sha256,
) -> Result<()> {
    let mut block = [0; BLOCK as usize];
    for offset in range.step_by(block.len()) {
        window
            .read_again(offset, &mut block)
            .map_err(|error| Error::Read {
                name: source.name().to_owned(),
                offset,
                source: error,
            })?;
        hash.update(block);
    }
    Ok(())
}

const A_HEADER: &str = "a header of 512 bytes";
const THE_REST: &str = "the rest of that member";

fn place(last: Option<&[u8]>, in_it: bool) -> String {
    match (last, in_it) {
        (None, _) => "before the first member".to_owned(),
        (Some(name), true) => format!("in the member `{}`", shown(name)),
        (Some(name), false) => format!("after the member `{}`", shown(name)),
    }
}

fn breaks_off(source: &dyn ByteSource, last: Option<&[u8]>, expected: &'static str) -> Error {
    Error::TarBreaksOff {
        name: source.name().to_owned(),
        offset: source.len(),
        place: place(last, expected == THE_REST),
        expected,
    }
}

/// The reason why `tar` gave no member that begins at `start`, with its place.
fn explain(
    source: &dyn ByteSource,
    window: &Window<'_>,
    start: u64,
    last: Option<&[u8]>,
    error: &io::Error,
) -> Error {
    let name = source.name().to_owned();
    let broken = |offset, expected, found, advice| Error::TarBroken {
        name: source.name().to_owned(),
        offset,
        place: place(last, false),
        expected,
        found,
        advice,
    };
    match window.take_stop() {
        Some(Stop::Failed(offset, source)) => Error::Read {
            name,
            offset,
            source,
        },
        Some(Stop::End) => breaks_off(source, last, A_HEADER),
        Some(Stop::TooLong) => broken(
            start,
            "headers that are not longer than they need be",
            format!("more than {MAX_HEADERS} bytes of them for one member"),
            IS_IT_WHOLE,
        ),
        None => {
            // The header that `tar` stumbled over is the last thing that it read.
            let offset = window.position().saturating_sub(BLOCK).max(start);
            let packed = match offset {
                0 => read_prefix(source, 6).ok().and_then(|start| packed(&start)),
                _ => None,
            };
            match packed {
                Some((found, advice)) => broken(0, A_TAR_HEADER, found.to_owned(), advice),
                None => broken(
                    offset,
                    A_TAR_HEADER,
                    shown(error.to_string().as_bytes()),
                    if offset == 0 {
                        "is this a tar archive?"
                    } else {
                        IS_IT_WHOLE
                    },
                ),
            }
        }
    }
}

const A_TAR_HEADER: &str = "a sound tar header";
const IS_IT_WHOLE: &str = "was it copied or downloaded whole?";

/// What else than tar a file is, and what to do about it.
fn packed(start: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match start {
        [0x1f, 0x8b, ..] => (
            "gzip-compressed data",
            "unpack it first, for example with `gunzip`",
        ),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => (
            "zstd-compressed data",
            "unpack it first, for example with `zstd -d`",
        ),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => (
            "xz-compressed data",
            "unpack it first, for example with `unxz`",
        ),
        [b'B', b'Z', b'h', ..] => (
            "bzip2-compressed data",
            "unpack it first, for example with `bunzip2`",
        ),
        [b'P', b'K', 3, 4, ..] => ("a zip archive", "give it a name that ends in `.zip`"),
        _ => return None,
    })
}
