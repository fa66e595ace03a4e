//! Records of the directory with another place, and the records at its end.

use std::ops::Range;

use super::directory::RECORD;
use super::rewrite::Rewritten;

const ALL_ONES: u32 = u32::MAX;
const ZIP64_FIELD: u16 = 1;
/// The version of the format that has zip64.
const ZIP64_VERSION: u16 = 45;

/// Where a member is in the archive that is written.
#[derive(Clone, Copy)]
pub(super) struct NewOffset(pub(super) u64);

/// A record as it was, but for the place of its member. `None` where its extra fields would become
/// too long.
pub(super) fn moved_record(record: &[u8], offset: NewOffset) -> Option<Vec<u8>> {
    let mut record = record.to_vec();
    let extra = extra_range(&record);
    // Where the 64 bits of the place are or would be: after the lengths that are there.
    let lengths = [24, 20].map(|at| long(&record, at) == ALL_ONES);
    let before = lengths.into_iter().filter(|&is_there| is_there).count() * 8;
    let zip64 = zip64_field(&record[extra.clone()]).map(|field| {
        let start = extra.start + field.start;
        start..extra.start + field.end
    });
    let place = zip64.clone().map(|field| field.start + before..field.end);
    let has_long_place =
        long(&record, 42) == ALL_ONES && place.as_ref().is_some_and(|place| place.len() >= 8);
    if has_long_place {
        let start = place?.start;
        record[start..start + 8].copy_from_slice(&offset.0.to_le_bytes());
        return Some(record);
    }
    if let Some(short) = short_offset(offset) {
        record[42..46].copy_from_slice(&short.to_le_bytes());
        return Some(record);
    }
    let added = offset.0.to_le_bytes();
    let longer = match &zip64 {
        Some(field) if field.len() >= before => {
            let size = field.len() + added.len();
            let at = field.start + before;
            record.splice(at..at, added);
            set_short(&mut record, field.start - 2, size)?;
            added.len()
        }
        None if before == 0 => {
            let mut field = vec![];
            field.extend(ZIP64_FIELD.to_le_bytes());
            field.extend(8_u16.to_le_bytes());
            field.extend(added);
            record.splice(extra.start..extra.start, field.iter().copied());
            field.len()
        }
        // The lengths that the field should hold are not there: nothing can follow them.
        _ => return None,
    };
    set_short(&mut record, 30, extra.len() + longer)?;
    record[42..46].copy_from_slice(&ALL_ONES.to_le_bytes());
    need_zip64(&mut record);
    Some(record)
}

/// The record of a member with new contents: name, times, attributes, comment and the other extra
/// fields are those of the old one.
pub(super) fn rewritten_record(
    record: &[u8],
    new: &Rewritten,
    offset: NewOffset,
) -> Option<Vec<u8>> {
    let extra = extra_range(record);
    let mut fields = record[extra.clone()].to_vec();
    if let Some(field) = zip64_field(&fields) {
        fields.drain(field.start - 4..field.end);
    }
    let mut zip64 = vec![];
    let length = |length: u64, zip64: &mut Vec<u8>| match u32::try_from(length) {
        Ok(length) if !new.is_zip64 => length,
        _ => {
            zip64.extend(length.to_le_bytes());
            ALL_ONES
        }
    };
    let uncompressed = length(new.uncompressed, &mut zip64);
    let compressed = length(new.compressed, &mut zip64);
    let place = short_offset(offset).unwrap_or_else(|| {
        zip64.extend(offset.0.to_le_bytes());
        ALL_ONES
    });
    if !zip64.is_empty() {
        let mut field = ZIP64_FIELD.to_le_bytes().to_vec();
        field.extend((zip64.len() as u16).to_le_bytes());
        field.extend(&zip64);
        fields.splice(0..0, field);
    }
    let mut written = record[..extra.start].to_vec();
    written[8..10].copy_from_slice(&new.flags.to_le_bytes());
    written[16..20].copy_from_slice(&new.crc.to_le_bytes());
    written[20..24].copy_from_slice(&compressed.to_le_bytes());
    written[24..28].copy_from_slice(&uncompressed.to_le_bytes());
    set_short(&mut written, 30, fields.len())?;
    // The first disk: a longer number would be in the zip64 field.
    written[34..36].copy_from_slice(&[0; 2]);
    written[42..46].copy_from_slice(&place.to_le_bytes());
    if !zip64.is_empty() {
        need_zip64(&mut written);
    }
    written.extend(&fields);
    written.extend(&record[extra.end..]);
    Some(written)
}

/// What follows the records: the end record with the comment, and those of zip64 before it where
/// a number takes them.
pub(super) fn end_records(members: u64, directory: Range<u64>, comment: &[u8]) -> Vec<u8> {
    let size = directory.end - directory.start;
    let short_members = u16::try_from(members)
        .ok()
        .filter(|&count| count < u16::MAX);
    let short_size = u32::try_from(size).ok().filter(|&size| size < ALL_ONES);
    let short_start = short_offset(NewOffset(directory.start));
    let mut end = vec![];
    if short_members.is_none() || short_size.is_none() || short_start.is_none() {
        end.extend(b"PK\x06\x06");
        // How long the rest of this record is.
        end.extend(44_u64.to_le_bytes());
        end.extend(ZIP64_VERSION.to_le_bytes());
        end.extend(ZIP64_VERSION.to_le_bytes());
        end.extend([0; 8]);
        for number in [members, members, size, directory.start] {
            end.extend(number.to_le_bytes());
        }
        end.extend(b"PK\x06\x07");
        end.extend([0; 4]);
        end.extend(directory.end.to_le_bytes());
        end.extend(1_u32.to_le_bytes());
    }
    end.extend(b"PK\x05\x06");
    end.extend([0; 4]);
    let count = short_members.unwrap_or(u16::MAX).to_le_bytes();
    end.extend([count, count].as_flattened());
    end.extend(short_size.unwrap_or(ALL_ONES).to_le_bytes());
    end.extend(short_start.unwrap_or(ALL_ONES).to_le_bytes());
    end.extend((comment.len() as u16).to_le_bytes());
    end.extend(comment);
    end
}

/// A place as 32 bits hold it. All ones would point to a zip64 field.
fn short_offset(offset: NewOffset) -> Option<u32> {
    u32::try_from(offset.0)
        .ok()
        .filter(|&offset| offset < ALL_ONES)
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn set_short(bytes: &mut [u8], at: usize, value: usize) -> Option<()> {
    let value = u16::try_from(value).ok()?;
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    Some(())
}

/// Raises the version that a reader needs to the one that has zip64.
fn need_zip64(record: &mut [u8]) {
    let version = short(record, 6).max(ZIP64_VERSION);
    record[6..8].copy_from_slice(&version.to_le_bytes());
}

/// Where the extra fields are in a record.
fn extra_range(record: &[u8]) -> Range<usize> {
    let start = RECORD + usize::from(short(record, 28));
    start..start + usize::from(short(record, 30))
}

/// Where the contents of the zip64 field are among extra fields.
fn zip64_field(fields: &[u8]) -> Option<Range<usize>> {
    let mut at = 0;
    while at + 4 <= fields.len() {
        let end = at + 4 + usize::from(short(fields, at + 2));
        if end > fields.len() {
            return None;
        }
        if short(fields, at) == ZIP64_FIELD {
            return Some(at + 4..end);
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: u64 = 0x1_2345_6789;

    fn record(offset: u32, lengths: [u32; 2], extra: &[u8]) -> Vec<u8> {
        let mut record = b"PK\x01\x02\x14\x03\x14\x00".to_vec();
        record.extend([0; 12]);
        record.extend(lengths.map(u32::to_le_bytes).as_flattened());
        record.extend([1, 0, extra.len() as u8, 0, 3, 0]);
        record.extend([0; 8]);
        record.extend(offset.to_le_bytes());
        record.push(b'a');
        record.extend(extra);
        record.extend(b"end");
        record
    }

    /// As rawzip reads it back: lengths and place.
    fn read_back(record: &[u8]) -> (u64, u64, u64) {
        let mut bytes = record.to_vec();
        bytes.extend(end_records(1, 0..record.len() as u64, b""));
        let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
        let read = archive.entries().next_entry().unwrap().unwrap();
        assert_eq!(read.file_path().as_bytes(), b"a");
        assert_eq!(read.comment().as_bytes(), b"end");
        (
            read.compressed_size_hint(),
            read.uncompressed_size_hint(),
            read.local_header_offset(),
        )
    }

    #[test]
    fn only_the_place_changes() {
        let other = [9, 9, 2, 0, 1, 1];
        let both = [
            &other[..],
            &[1, 0, 16, 0],
            &7_u64.to_le_bytes(),
            &8_u64.to_le_bytes(),
        ]
        .concat();
        let all = [&[1, 0, 24, 0], &both[10..], &FAR.to_le_bytes()[..], &other].concat();
        let place = [&[1, 0, 8, 0], &FAR.to_le_bytes()[..]].concat();
        let ones = [u32::MAX; 2];
        for (before, lengths) in [
            (record(5, [7, 8], &[]), (7, 8)),
            (record(5, [7, 8], &other), (7, 8)),
            (record(5, ones, &both), (8, 7)),
            (record(u32::MAX, ones, &all), (8, 7)),
            (record(u32::MAX, [7, 8], &place), (7, 8)),
        ] {
            for offset in [0, 6, u64::from(u32::MAX) - 1, u64::from(u32::MAX), FAR + 1] {
                let after = moved_record(&before, NewOffset(offset)).unwrap();
                assert_eq!(read_back(&after), (lengths.0, lengths.1, offset));
                if offset == 6 {
                    assert_eq!(after.len(), before.len());
                }
                // And back again.
                let again = moved_record(&after, NewOffset(5)).unwrap();
                assert_eq!(read_back(&again), (lengths.0, lengths.1, 5));
            }
        }
        // Lengths that are not there cannot be followed by a place.
        for extra in [&[][..], &[1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
            let broken = record(5, ones, extra);
            assert!(moved_record(&broken, NewOffset(6)).is_some());
            assert!(moved_record(&broken, NewOffset(FAR)).is_none());
        }
        let mut full = record(5, [7, 8], &[]);
        full[30..32].fill(0xff);
        full.splice(47..47, [0; 0xffff]);
        assert!(moved_record(&full, NewOffset(FAR)).is_none());
    }

    #[test]
    fn new_lengths_and_places_have_the_bits_that_they_need() {
        let before = record(
            5,
            [u32::MAX; 2],
            &[1, 0, 16, 0].into_iter().chain([3; 16]).collect::<Vec<_>>(),
        );
        for (is_zip64, compressed, uncompressed) in
            [(false, 10, 20), (true, 10, 20), (true, FAR, FAR + 1)]
        {
            let new = Rewritten {
                flags: 8,
                crc: 1,
                compressed,
                uncompressed,
                is_zip64,
            };
            for offset in [0, FAR] {
                let after = rewritten_record(&before, &new, NewOffset(offset)).unwrap();
                assert_eq!(read_back(&after), (compressed, uncompressed, offset));
            }
        }
    }

    #[test]
    fn the_end_takes_64_bits_where_it_needs_them() {
        assert_eq!(end_records(0, 0..0, b"c").len(), 23);
        for (members, directory) in [
            (65_535, 10..20),
            (1, FAR..FAR + 46),
            (1, u64::from(u32::MAX)..FAR),
            (1, 0..FAR),
        ] {
            let end = end_records(members, directory.clone(), b"c");
            assert_eq!(end.len(), 56 + 20 + 23);
            let number = |at: usize| u64::from_le_bytes(end[at..at + 8].try_into().unwrap());
            assert_eq!([number(24), number(32)], [members; 2]);
            assert_eq!(
                [number(40), number(48)],
                [directory.end - directory.start, directory.start]
            );
            assert_eq!(number(64), directory.end);
        }
        assert_eq!(end_records(65_534, 0..9, b"").len(), 22);
    }
}
