//! A range of another source.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::ByteSource;

/// A range of another [`ByteSource`], as a source of its own: a stored member of an archive.
pub struct PartSource {
    name: String,
    parent: Arc<dyn ByteSource>,
    start: u64,
    len: u64,
}

impl PartSource {
    /// Takes the range, and a name for messages such as `data.zip/a/b.json`.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] where the range ends before it begins or leaves `parent`.
    pub fn new(
        parent: Arc<dyn ByteSource>,
        range: Range<u64>,
        name: impl Into<String>,
    ) -> io::Result<Self> {
        check_range(&*parent, &range)?;
        Ok(Self {
            name: name.into(),
            parent,
            start: range.start,
            len: range.end - range.start,
        })
    }
}

/// That a range lies within a source.
pub(super) fn check_range(parent: &dyn ByteSource, range: &Range<u64>) -> io::Result<()> {
    if range.start <= range.end && range.end <= parent.len() {
        return Ok(());
    }
    let problem = format!(
        "expected a range within the {} bytes of {}, found {} to {}",
        parent.len(),
        parent.name(),
        range.start,
        range.end
    );
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

impl ByteSource for PartSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        match offset.checked_add(buf.len() as u64) {
            Some(end) if end <= self.len => self.parent.read_at(self.start + offset, buf),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn part_of(&self) -> Option<(&Arc<dyn ByteSource>, u64)> {
        Some((&self.parent, self.start))
    }

    fn is_unchanged(&self) -> io::Result<bool> {
        self.parent.is_unchanged()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    #[test]
    fn a_part_reads_its_range_and_nothing_else() {
        let parent: Arc<dyn ByteSource> =
            Arc::new(MemorySource::new("m", (0..10).collect::<Vec<u8>>()));
        let part = PartSource::new(parent.clone(), 3..7, "m/part").unwrap();
        assert_eq!((part.len(), part.name()), (4, "m/part"));
        assert!(
            part.part_of()
                .is_some_and(|(of, at)| Arc::ptr_eq(of, &parent) && at == 3)
        );
        let mut two = [0; 2];
        part.read_at(2, &mut two).unwrap();
        assert_eq!(two, [5, 6]);
        part.read_at(4, &mut []).unwrap();
        for offset in [3, 4, u64::MAX] {
            let error = part.read_at(offset, &mut two).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
        assert!(PartSource::new(parent.clone(), 10..10, "empty").is_ok());
        #[allow(clippy::reversed_empty_ranges)]
        for range in [3..11, 11..11, 7..3] {
            let error = PartSource::new(parent.clone(), range, "m/part");
            assert_eq!(error.err().unwrap().kind(), io::ErrorKind::InvalidInput);
        }
    }
}
