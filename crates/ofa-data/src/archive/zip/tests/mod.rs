//! Archives for the tests, made by a well-kept program and by hand.

mod reading;
mod refusals;
mod subset;

use std::io::{Cursor, Read, Write};

use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::record::end_records;
use super::*;
use crate::source::MemorySource;

fn options(method: CompressionMethod) -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(method)
}

const STORED: CompressionMethod = CompressionMethod::Stored;
const DEFLATED: CompressionMethod = CompressionMethod::Deflated;

/// An archive as a well-kept program makes it.
fn archive(files: &[(&str, Vec<u8>, SimpleFileOptions)], comment: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes, options) in files {
        writer.start_file(*name, *options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.set_comment(comment).unwrap();
    writer.finish().unwrap().into_inner()
}

/// The same, written to a pipe: lengths and checksums follow the data.
fn streamed(files: &[(&str, Vec<u8>, SimpleFileOptions)]) -> Vec<u8> {
    let mut writer = ZipWriter::new_stream(vec![]);
    for (name, bytes, options) in files {
        writer.start_file(*name, *options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A member as its parts say it, right or wrong.
#[derive(Clone)]
struct Handmade<'a> {
    name: &'a [u8],
    local_name: &'a [u8],
    flags: u16,
    method: u16,
    crc: u32,
    data: &'a [u8],
    compressed: u32,
    uncompressed: u32,
    attributes: u32,
    /// Instead of where it is.
    offset: Option<u32>,
}

/// A stored member, all of it right.
fn handmade<'a>(name: &'a (impl AsRef<[u8]> + ?Sized), data: &'a [u8]) -> Handmade<'a> {
    Handmade {
        name: name.as_ref(),
        local_name: name.as_ref(),
        flags: 0,
        method: 0,
        crc: crc32fast::hash(data),
        data,
        compressed: data.len() as u32,
        uncompressed: data.len() as u32,
        attributes: 0,
        offset: None,
    }
}

fn assemble(members: &[Handmade<'_>], comment: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    let mut directory = vec![];
    for member in members {
        let numbers = [member.crc, member.compressed, member.uncompressed].map(u32::to_le_bytes);
        directory.extend(b"PK\x01\x02\x14\x03\x14\x00");
        directory.extend(
            [member.flags, member.method, 0, 0]
                .map(u16::to_le_bytes)
                .as_flattened(),
        );
        directory.extend(numbers.as_flattened());
        directory.extend((member.name.len() as u16).to_le_bytes());
        directory.extend([0; 8]);
        directory.extend(member.attributes.to_le_bytes());
        directory.extend(member.offset.unwrap_or(bytes.len() as u32).to_le_bytes());
        directory.extend(member.name);
        bytes.extend(b"PK\x03\x04\x14\x00");
        bytes.extend(
            [member.flags, member.method, 0, 0]
                .map(u16::to_le_bytes)
                .as_flattened(),
        );
        bytes.extend(numbers.as_flattened());
        bytes.extend((member.local_name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(member.local_name);
        bytes.extend(member.data);
    }
    let start = bytes.len() as u64;
    bytes.extend(&directory);
    let end = bytes.len() as u64;
    bytes.extend(end_records(members.len() as u64, start..end, comment));
    bytes
}

fn open(bytes: &[u8]) -> Result<ZipTree> {
    ZipTree::open(Arc::new(MemorySource::new("m.zip", bytes.to_vec())))
}

fn listed(tree: &ZipTree) -> Vec<String> {
    tree.files()
        .unwrap()
        .into_iter()
        .map(|file| file.path)
        .collect()
}

/// The file read whole and as a source, which have to agree.
fn contents(tree: &ZipTree, path: &str) -> Result<Vec<u8>, String> {
    let whole = tree.read(path, 1 << 30);
    let source = FileTree::open(tree, path);
    let read = source
        .map_err(|error| error.to_string())
        .and_then(|source| {
            let mut bytes = vec![0; source.len() as usize];
            source
                .read_at(0, &mut bytes)
                .map_err(|error| error.to_string())?;
            Ok(bytes)
        });
    match &whole {
        Ok(whole) => assert_eq!(read.as_deref(), Ok(&whole[..])),
        // A stored part is read without its checksum, as any file is.
        Err(skip) => assert!(read.is_err() || skip.detail.contains("CRC-32"), "{skip}"),
    }
    whole.map_err(|skip| skip.detail)
}

fn text(length: usize) -> Vec<u8> {
    (0..length)
        .map(|nth| b"{\"id\": 0123456789},\n"[nth * nth / 7 % 20])
        .collect()
}

fn subset(tree: &ZipTree, keep: &[&str], replaced: &mut [Replacement<'_>]) -> Vec<u8> {
    let mut bytes = vec![];
    let written =
        write_zip_subset(tree, &|path| keep.contains(&path), replaced, &mut bytes).unwrap();
    assert_eq!(written, bytes.len() as u64);
    bytes
}

fn by_zip_crate(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|nth| {
            let mut file = archive.by_index(nth).unwrap();
            let mut bytes = vec![];
            file.read_to_end(&mut bytes).unwrap();
            (file.name().to_owned(), bytes)
        })
        .collect()
}
