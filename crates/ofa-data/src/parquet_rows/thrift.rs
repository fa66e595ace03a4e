//! Thrift's compact protocol, walked over without being kept.
//!
//! The parquet crate reserves memory for as many items as a list says it has, before it reads the
//! first. A flipped bit there asks for hundreds of gigabytes, and a failed allocation ends the
//! process. So what a file says is walked over here first, and handed on only where its lists
//! and texts lie within the bytes.

use parquet::file::page_index::offset_index::PageLocation;

/// More structs than any list of a footer has, be it of columns, row groups or pages.
const MAX_STRUCTS: u64 = 1 << 18;

/// Deeper than any schema. Each level is a call deep where it is read.
const MAX_DEPTH: usize = 64;

const STOP: u8 = 0;
const I32: u8 = 5;
const I64: u8 = 6;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Whether the metadata of a file can be read without being trusted: every length in it is within
/// the bytes, no list of structs is absurdly long, and neither values nor columns are nested
/// deeper than 64.
pub(super) fn is_sound_metadata(bytes: &[u8]) -> bool {
    let mut walk = Walk { bytes, at: 0 };
    let mut fields = 0;
    let mut sound = || {
        while let Some((field, kind)) = walk.field(&mut fields)? {
            if field == 2 && kind == LIST {
                walk.schema()?;
            } else {
                walk.skip(kind, 0)?;
            }
        }
        Some(())
    };
    sound().is_some()
}

/// What stands at the beginning of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageSizes {
    /// Length of the header itself.
    pub(super) header: usize,
    /// Length of the data when decompressed.
    pub(super) uncompressed: i32,
    /// Length of the data as it stands.
    pub(super) compressed: i32,
}

/// The sizes in a page header, where the whole header is in these bytes.
pub(super) fn page_sizes(bytes: &[u8]) -> Option<PageSizes> {
    let mut walk = Walk { bytes, at: 0 };
    let (mut last, mut uncompressed, mut compressed) = (0, None, None);
    while let Some((field, kind)) = walk.field(&mut last)? {
        match (field, kind) {
            (2, I32) => uncompressed = Some(walk.int()? as i32),
            (3, I32) => compressed = Some(walk.int()? as i32),
            _ => walk.skip(kind, 0)?,
        }
    }
    Some(PageSizes {
        header: walk.at,
        uncompressed: uncompressed?,
        compressed: compressed?,
    })
}

/// The pages of an offset index.
pub(super) fn page_locations(bytes: &[u8]) -> Option<Vec<PageLocation>> {
    let mut walk = Walk { bytes, at: 0 };
    let mut last = 0;
    let mut pages = vec![];
    while let Some((field, kind)) = walk.field(&mut last)? {
        if (field, kind) != (1, LIST) {
            walk.skip(kind, 0)?;
            continue;
        }
        let (count, STRUCT) = walk.list()? else {
            return None;
        };
        for _ in 0..count {
            let (mut last, mut offset, mut size, mut row) = (0, None, None, None);
            while let Some((field, kind)) = walk.field(&mut last)? {
                match (field, kind) {
                    (1, I64) => offset = Some(walk.int()?),
                    (2, I32) => size = Some(walk.int()?),
                    (3, I64) => row = Some(walk.int()?),
                    _ => walk.skip(kind, 0)?,
                }
            }
            pages.push(PageLocation {
                offset: offset?,
                compressed_page_size: i32::try_from(size?).ok()?,
                first_row_index: row?,
            });
        }
    }
    Some(pages)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A signed number of any width.
    fn int(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn pass(&mut self, count: u64) -> Option<()> {
        let rest = (self.bytes.len() - self.at) as u64;
        (count <= rest).then(|| self.at += count as usize)
    }

    /// The next field of a struct and its kind; `Some(None)` where the struct ends.
    fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let head = self.byte()?;
        let kind = head & 0x0f;
        if kind == STOP {
            return Some(None);
        }
        *last = match head >> 4 {
            0 => self.int()?,
            delta => last.checked_add(i64::from(delta))?,
        };
        Some(Some((*last, kind)))
    }

    /// How many items a list has, and their kind.
    fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        let kind = head & 0x0f;
        let rest = (self.bytes.len() - self.at) as u64;
        (count <= rest && (kind != STRUCT || count <= MAX_STRUCTS)).then_some((count, kind))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            9 | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    self.skip_item(kind, depth + 1)?;
                }
                Some(())
            }
            11 => {
                let count = self.varint()?;
                if count == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                for _ in 0..count {
                    self.skip_item(kinds >> 4, depth + 1)?;
                    self.skip_item(kinds & 0x0f, depth + 1)?;
                }
                Some(())
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// As [`skip`](Self::skip), for what is no field: there a truth value takes a byte.
    fn skip_item(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1 | 2 => self.pass(1),
            kind => self.skip(kind, depth),
        }
    }

    /// The list of schema elements, each with the number of its children as field 5.
    fn schema(&mut self) -> Option<()> {
        let (count, kind) = self.list()?;
        // How many children are still to come, for each level.
        let mut open: Vec<i64> = vec![];
        for _ in 0..count {
            if kind != STRUCT {
                return None;
            }
            let (mut last, mut children) = (0, 0);
            while let Some((field, kind)) = self.field(&mut last)? {
                if (field, kind) == (5, I32) {
                    children = self.int()?;
                } else {
                    self.skip(kind, 0)?;
                }
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            if children < 0 || children as u64 > count {
                return None;
            }
            if children > 0 {
                open.push(children);
            }
            while open.last().is_some_and(|left| *left <= 0) {
                open.pop();
            }
            if open.len() > MAX_DEPTH {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_a_page_header_are_read_past_what_is_not_needed() {
        // 1: i32 0, 2: i32 100, 3: i32 -3, 4: binary "ab", then the end.
        let header = [
            0x15, 0x00, 0x15, 0xc8, 0x01, 0x15, 0x05, 0x18, 2, b'a', b'b', 0, 9,
        ];
        assert_eq!(
            page_sizes(&header),
            Some(PageSizes {
                header: 12,
                uncompressed: 100,
                compressed: -3
            })
        );
        for end in 0..12 {
            assert_eq!(page_sizes(&header[..end]), None, "{end}");
        }
    }

    #[test]
    fn lists_longer_than_the_bytes_are_refused() {
        // 2: list of 2^28 structs.
        assert!(!is_sound_metadata(&[
            0x29, 0xfc, 0x80, 0x80, 0x80, 0x80, 1, 0
        ]));
        // 6: text of 2^28 bytes.
        assert!(!is_sound_metadata(&[0x68, 0x80, 0x80, 0x80, 0x80, 1, 0]));
        // 4: a list of no structs.
        assert!(is_sound_metadata(&[0x49, 0x0c, 0]));
    }

    #[test]
    fn deep_values_and_deep_schemas_are_refused() {
        let mut lists = vec![0x49];
        lists.extend([0x19; 100]);
        assert!(!is_sound_metadata(&lists));
        // Schema elements with one child each.
        let schema = |depth: u8| {
            let mut bytes = vec![0x29, 0xfc, depth];
            for left in (0..depth).rev() {
                bytes.extend([0x55, u8::from(left > 0) * 2, 0]);
            }
            bytes.push(0);
            bytes
        };
        assert!(is_sound_metadata(&schema(60)));
        assert!(!is_sound_metadata(&schema(100)));
    }
}
