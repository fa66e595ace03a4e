//! Writes chosen members of an archive exactly as they stood.

use std::io::{self, Write};
use std::ops::Range;

use super::ZipTree;
use super::directory::Records;
use super::member::{Member, Span};
use super::record::{NewOffset, end_records, moved_record, rewritten_record};
use super::rewrite::{Rewritten, rewrite};
use crate::Result;
use crate::error::Error;
use crate::source::{for_each_chunk_in, read};

/// A file of an archive that is to be written anew.
pub struct Replacement<'a> {
    /// Its path in the archive.
    pub path: &'a str,
    /// Writes the new contents; called once. What it returns besides an error is not used, so
    /// that [`write_subset`](crate::write_subset) fits.
    pub write: &'a mut dyn FnMut(&mut dyn Write) -> Result<u64>,
}

/// Writes an archive with the files for which `keep` is true, and those of `replaced` with new
/// contents, whatever `keep` says of them. Returns how many bytes were written.
///
/// Kept members are copied bit for bit in the source's order: header, compressed data, and the
/// data descriptor where there is one. So are their records in the directory, in which only the
/// place changes (zip64 where it needs to be), and the archive's comment. A member with new
/// contents is deflated or stored as it was, and keeps its name, times and attributes.
///
/// Keeping every file and replacing none gives the very bytes of the source. Else what is not
/// listed by the [`ZipTree`] is left out, as are bytes before, between and behind the members.
///
/// `out` is only written to, so it may be a pipe; it is neither buffered nor flushed here. Memory
/// is in proportion to the number of kept files.
///
/// # Errors
/// - [`Error::ZipMember`], before anything is written: a path of `replaced` is no file of the
///   archive, is encrypted or compressed in a way that is not read, or is there twice;
/// - [`Error::ZipMember`] elsewhere: the directory lies about a kept member, two members overlap,
///   or new contents are 4 GiB long where the old ones were much smaller;
/// - [`Error::Changed`]: the source is not what it was when the archive was opened;
/// - [`Error::Read`], [`Error::Write`], and whatever a replacement gives.
///
/// After an error, what was written must be thrown away.
pub fn write_zip_subset(
    tree: &ZipTree,
    keep: &dyn Fn(&str) -> bool,
    replaced: &mut [Replacement<'_>],
    out: &mut dyn Write,
) -> Result<u64> {
    let chosen = choose(tree, keep, replaced)?;
    check_unchanged(tree)?;
    let mut out = Counted { out, written: 0 };
    if replaced.is_empty() && chosen.len() == tree.members.len() {
        copy(tree, 0..tree.source.len(), &mut out)?;
    } else {
        write_members(tree, chosen, replaced, &mut out)?;
    }
    check_unchanged(tree)?;
    Ok(out.written)
}

/// A member that is written.
struct Chosen<'a> {
    member: &'a Member,
    /// Which replacement it gets.
    replacement: Option<usize>,
    /// Where it is written.
    offset: u64,
    /// What was written in its place.
    rewritten: Option<Rewritten>,
}

/// What is written, in the order of the headers in the source.
fn choose<'a>(
    tree: &'a ZipTree,
    keep: &dyn Fn(&str) -> bool,
    replaced: &[Replacement<'_>],
) -> Result<Vec<Chosen<'a>>> {
    let mut paths: Vec<(&str, usize)> = replaced
        .iter()
        .enumerate()
        .map(|(nth, replacement)| (replacement.path, nth))
        .collect();
    paths.sort_unstable();
    for pair in paths.windows(2) {
        if pair[0].0 == pair[1].0 {
            return Err(tree.member_error(pair[0].0, "new contents are given for it twice"));
        }
    }
    for &(path, _) in &paths {
        let member = tree
            .member(path)
            .ok_or_else(|| tree.member_error(path, "there is no file of this name"))?;
        tree.data(path, member)?;
    }
    let replacement = |path: &str| {
        let found = paths.binary_search_by_key(&path, |&(path, _)| path).ok()?;
        Some(paths[found].1)
    };
    let chosen = tree.members.iter().filter_map(|member| {
        let path = tree.name_of(member);
        let replacement = replacement(path);
        (replacement.is_some() || keep(path)).then_some(Chosen {
            member,
            replacement,
            offset: 0,
            rewritten: None,
        })
    });
    let mut chosen: Vec<_> = chosen.collect();
    chosen.sort_unstable_by_key(|chosen| (chosen.member.header, chosen.member.record));
    Ok(chosen)
}

fn write_members(
    tree: &ZipTree,
    mut chosen: Vec<Chosen<'_>>,
    replaced: &mut [Replacement<'_>],
    out: &mut Counted<'_>,
) -> Result<()> {
    let mut records = Records::new(&*tree.source, tree.directory.records.clone());
    // Neighbouring members are joined, so that a large part is read in large steps.
    let mut pending = 0..0;
    let mut end = 0;
    for chosen in &mut chosen {
        let member = chosen.member;
        let path = tree.name_of(member);
        let span = tree.span(path, member)?;
        let written = out.written + (pending.end - pending.start);
        if let Some(nth) = chosen.replacement {
            copy(tree, std::mem::take(&mut pending), out)?;
            chosen.offset = written;
            let record = records.at(member.record)?;
            let write = &mut *replaced[nth].write;
            let rewritten = rewrite(record, member, out, write)?;
            let rewritten = rewritten.ok_or_else(|| {
                tree.member_error(path, "its new contents take 4 GiB, the old ones much less")
            })?;
            chosen.rewritten = Some(rewritten);
            continue;
        }
        if span.header < end {
            let problem = format!(
                "at byte {} it begins within the member before it, which ends at byte {end}",
                span.header
            );
            return Err(tree.member_error(path, problem));
        }
        let whole = span.header..descriptor_end(tree, member, &span)?;
        end = whole.end;
        chosen.offset = written;
        if pending.end == whole.start {
            pending.end = whole.end;
        } else {
            copy(tree, std::mem::replace(&mut pending, whole), out)?;
        }
    }
    copy(tree, pending, out)?;
    write_directory(tree, chosen, &mut records, out)
}

/// The records in the source's order, the end records and the comment.
fn write_directory(
    tree: &ZipTree,
    mut chosen: Vec<Chosen<'_>>,
    records: &mut Records<'_>,
    out: &mut Counted<'_>,
) -> Result<()> {
    let start = out.written;
    chosen.sort_unstable_by_key(|chosen| chosen.member.record);
    let mut block = vec![];
    for chosen in &chosen {
        let record = records.at(chosen.member.record)?;
        let offset = NewOffset(chosen.offset);
        let record = match &chosen.rewritten {
            Some(rewritten) => rewritten_record(record, rewritten, offset),
            None => moved_record(record, offset),
        };
        let record = record.ok_or_else(|| {
            let path = tree.name_of(chosen.member);
            tree.member_error(
                path,
                "its extra fields leave no room for a place beyond 4 GiB",
            )
        })?;
        block.extend_from_slice(&record);
        if block.len() >= 1 << 20 {
            out.write_all(&block).map_err(Error::Write)?;
            block.clear();
        }
    }
    out.write_all(&block).map_err(Error::Write)?;
    let mut comment = vec![];
    let range = tree.directory.comment.clone();
    // At most 65,535 bytes: the end record has two bytes for it.
    comment.resize((range.end - range.start) as usize, 0);
    read(&*tree.source, range.start, &mut comment)?;
    let end = end_records(chosen.len() as u64, start..out.written, &comment);
    out.write_all(&end).map_err(Error::Write)
}

/// Where a member ends: behind its data descriptor, which has four forms.
pub(super) fn descriptor_end(tree: &ZipTree, member: &Member, span: &Span) -> Result<u64> {
    if !member.has_descriptor() {
        return Ok(span.data.end);
    }
    let room = tree.directory.records.start - span.data.end;
    let mut found = [0; 24];
    let found = &mut found[..room.min(24) as usize];
    read(&*tree.source, span.data.end, found)?;
    let (compressed, uncompressed) = (member.compressed, member.uncompressed);
    let crc = member.crc.to_le_bytes();
    let long = [
        crc.as_slice(),
        &compressed.to_le_bytes(),
        &uncompressed.to_le_bytes(),
    ]
    .concat();
    let short = [
        crc.as_slice(),
        &(compressed as u32).to_le_bytes(),
        &(uncompressed as u32).to_le_bytes(),
    ]
    .concat();
    let (signature, rest) = match found.strip_prefix(b"PK\x07\x08") {
        Some(rest) => (4, rest),
        None => (0, &*found),
    };
    // The long form first: the short one can look like its beginning.
    let length = if rest.starts_with(&long) {
        signature + long.len()
    } else if rest.starts_with(&short) {
        signature + short.len()
    } else {
        // Readers that go by the directory do not miss it.
        0
    };
    Ok(span.data.end + length as u64)
}

fn check_unchanged(tree: &ZipTree) -> Result<()> {
    crate::source::check_unchanged(&*tree.source)
}

fn copy(tree: &ZipTree, range: Range<u64>, out: &mut Counted<'_>) -> Result<()> {
    for_each_chunk_in(&*tree.source, range, |_, bytes| {
        out.write_all(bytes).map_err(Error::Write)?;
        Ok(true)
    })
}

/// Counts what is written.
pub(super) struct Counted<'a> {
    out: &'a mut dyn Write,
    pub(super) written: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
