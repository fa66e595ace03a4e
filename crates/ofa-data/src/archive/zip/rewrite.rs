//! A member with new contents.

use std::io::{self, Write};

use miniz_oxide::deflate::core::{CompressorOxide, create_comp_flags_from_zip_params};
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{MZError, MZFlush, MZStatus};

use super::member::{HAS_DESCRIPTOR, Member};
use super::subset::Counted;
use crate::Result;
use crate::error::Error;

/// The flag that says that the name is UTF-8. The others speak of the old data.
const IS_UTF8: u16 = 1 << 11;

/// Lengths from here on take zip64, with room for data that deflating makes longer.
const LONG: u64 = 0xf000_0000;

/// zlib's default level.
const LEVEL: i32 = 6;

/// What the directory has to say of a member with new contents.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) flags: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    /// Whether its lengths have 64 bits everywhere.
    pub(super) is_zip64: bool,
}

/// Writes a member with new contents, named and timed as `record` of the directory says. The
/// lengths follow in a descriptor, because `out` cannot be gone back in. `None` where the contents
/// are longer than what was written before them allows.
pub(super) fn rewrite(
    record: &[u8],
    member: &Member,
    out: &mut Counted<'_>,
    write: &mut dyn FnMut(&mut dyn Write) -> Result<u64>,
) -> Result<Option<Rewritten>> {
    let is_zip64 = member.uncompressed >= LONG;
    let flags = (u16::from_le_bytes([record[8], record[9]]) & IS_UTF8) | HAS_DESCRIPTOR;
    let name_len = usize::from(u16::from_le_bytes([record[28], record[29]]));
    let mut header = b"PK\x03\x04".to_vec();
    header.extend(if is_zip64 { 45_u16 } else { 20 }.to_le_bytes());
    header.extend(flags.to_le_bytes());
    // The method, the time and the date.
    header.extend(&record[10..16]);
    header.extend([0; 4]);
    header.extend(if is_zip64 { [0xff; 8] } else { [0; 8] });
    header.extend(&record[28..30]);
    header.extend(if is_zip64 { 20_u16 } else { 0 }.to_le_bytes());
    header.extend(&record[46..46 + name_len]);
    if is_zip64 {
        header.extend([1, 0, 16, 0]);
        header.extend([0; 16]);
    }
    out.write_all(&header).map_err(Error::Write)?;
    let start = out.written;
    let mut data = Contents {
        out,
        compressor: (!member.is_stored()).then(compressor),
        buffer: vec![0; 64 << 10],
        crc: crc32fast::Hasher::new(),
        length: 0,
    };
    write(&mut data)?;
    data.finish().map_err(Error::Write)?;
    let rewritten = Rewritten {
        flags,
        crc: data.crc.finalize(),
        uncompressed: data.length,
        compressed: out.written - start,
        is_zip64,
    };
    let lengths = [rewritten.compressed, rewritten.uncompressed];
    let mut descriptor = b"PK\x07\x08".to_vec();
    descriptor.extend(rewritten.crc.to_le_bytes());
    for length in lengths {
        if is_zip64 {
            descriptor.extend(length.to_le_bytes());
        } else {
            // All ones would point to a zip64 field.
            let Some(length) = u32::try_from(length)
                .ok()
                .filter(|&length| length < u32::MAX)
            else {
                return Ok(None);
            };
            descriptor.extend(length.to_le_bytes());
        }
    }
    out.write_all(&descriptor).map_err(Error::Write)?;
    Ok(Some(rewritten))
}

fn compressor() -> Box<CompressorOxide> {
    // Negative window bits: no header of zlib.
    Box::new(CompressorOxide::new(create_comp_flags_from_zip_params(
        LEVEL, -15, 0,
    )))
}

/// Deflates or copies what is written to it.
struct Contents<'a, 'b> {
    out: &'a mut Counted<'b>,
    compressor: Option<Box<CompressorOxide>>,
    buffer: Vec<u8>,
    crc: crc32fast::Hasher,
    length: u64,
}

impl Contents<'_, '_> {
    fn deflate(&mut self, mut bytes: &[u8], flush: MZFlush) -> io::Result<()> {
        let Some(compressor) = &mut self.compressor else {
            return self.out.write_all(bytes);
        };
        loop {
            let result = deflate(compressor, bytes, &mut self.buffer, flush);
            bytes = &bytes[result.bytes_consumed..];
            self.out.write_all(&self.buffer[..result.bytes_written])?;
            match result.status {
                Ok(MZStatus::StreamEnd) => return Ok(()),
                Ok(_) if bytes.is_empty() && result.bytes_written < self.buffer.len() => {
                    if flush != MZFlush::Finish {
                        return Ok(());
                    }
                }
                Ok(_) => {}
                // Nothing was there to be done.
                Err(MZError::Buf) if bytes.is_empty() && flush != MZFlush::Finish => return Ok(()),
                Err(error) => return Err(io::Error::other(format!("deflate: {error:?}"))),
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.deflate(&[], MZFlush::Finish)
    }
}

impl Write for Contents<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.deflate(bytes, MZFlush::None)?;
        self.crc.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    /// The compressor keeps what it needs, so that flushing makes the data no longer.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
