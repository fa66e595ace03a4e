//! A deflated range of another source, read at any place.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ByteSource;
use super::part::check_range;
use super::raw_deflate::{Deflated, WINDOW};

/// How much is inflated at a time. All positions kept are multiples of it.
const CHUNK: u64 = 256 << 10;
/// The smallest distance between two checkpoints: what a random read inflates at most.
const SPACING: u64 = 4 << 20;
/// A checkpoint takes about 44 KiB, so all of a source's take less than 50 MiB.
const MAX_CHECKPOINTS: u64 = 1024;
/// How many inflated chunks are kept: 8 MiB.
const CACHED_CHUNKS: usize = 32;
/// How many places are kept from which reading may go on: more than threads read at once.
const CURSORS: usize = 32;
/// How many buffers are kept for the next reads: 2 MiB.
const BUFFERS: usize = 8;

/// A deflated range of another [`ByteSource`], read at any place without being held whole: a
/// deflated member of an archive.
///
/// Reading from start to end inflates once. On the way, checkpoints are kept from which inflating
/// can begin again: one for each 4 MiB of output, fewer for data longer than 4 GiB. A read
/// elsewhere begins at the nearest checkpoint, or place that was read lately, before it.
///
/// The length that was declared is held against what comes out, and the CRC-32 whenever the end
/// is inflated: the last bytes of data with a wrong checksum are never given out. Errors are of
/// [`io::ErrorKind::InvalidData`] and say what is wrong.
///
/// Memory: at most 64 MiB, whatever the length.
pub struct InflateSource {
    name: String,
    parent: Arc<dyn ByteSource>,
    data: Range<u64>,
    len: u64,
    crc: u32,
    spacing: u64,
    shared: Mutex<Shared>,
}

/// What reads in any thread build up and use.
#[derive(Default)]
struct Shared {
    /// By position in the output.
    checkpoints: BTreeMap<u64, Arc<Place>>,
    /// Where reads lately ended, the latest last.
    cursors: Vec<Place>,
    /// Chunks by number, the latest used last.
    chunks: Vec<(u64, Arc<[u8]>)>,
    /// Buffers that no thread uses now.
    buffers: Vec<Vec<u8>>,
}

/// A chunk's beginning, with all that is needed to inflate from there.
#[derive(Clone)]
struct Place {
    output: u64,
    stream: Deflated,
    /// The output before this place, as far back as it can be referred to.
    window: Vec<u8>,
    /// Of all output before this place.
    crc: crc32fast::Hasher,
}

impl InflateSource {
    /// Takes the range `data` of `parent`, which holds raw deflate (no header of zlib or gzip), the
    /// length and CRC-32 that the inflated data are said to have, and a name for messages.
    ///
    /// Nothing is read yet.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] where the range ends before it begins or leaves `parent`.
    pub fn new(
        parent: Arc<dyn ByteSource>,
        data: Range<u64>,
        len: u64,
        crc: u32,
        name: impl Into<String>,
    ) -> io::Result<Self> {
        check_range(&*parent, &data)?;
        let spacing = (len / MAX_CHECKPOINTS).max(SPACING).div_ceil(CHUNK) * CHUNK;
        Ok(Self {
            name: name.into(),
            parent,
            data,
            len,
            crc,
            spacing,
            shared: Mutex::default(),
        })
    }

    /// Nothing that is kept is ever half changed, so a thread that died while it held the lock
    /// left no harm.
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The nearest place at or before a position. A place exactly there is taken away; another
    /// is copied, so that the thread that reads on from it finds it again.
    fn place_before(&self, position: u64) -> Place {
        let mut shared = self.shared();
        let cursors = shared.cursors.iter().enumerate();
        let cursor = cursors
            .filter(|(_, place)| place.output <= position)
            .max_by_key(|(_, place)| place.output)
            .map(|(nth, place)| (nth, place.output));
        let checkpoint = shared.checkpoints.range(..=position).next_back();
        match (cursor, checkpoint) {
            (Some((nth, output)), _) if output == position => shared.cursors.remove(nth),
            (Some((nth, output)), checkpoint) if checkpoint.is_none_or(|(&at, _)| at < output) => {
                shared.cursors[nth].clone()
            }
            (_, Some((_, place))) => (**place).clone(),
            _ => Place {
                output: 0,
                stream: Deflated::new(self.data.clone()),
                window: vec![],
                crc: crc32fast::Hasher::new(),
            },
        }
    }

    /// One chunk, from the cache or inflated.
    fn chunk(&self, number: u64) -> io::Result<Arc<[u8]>> {
        let mut buffer = {
            let mut shared = self.shared();
            if let Some(nth) = shared.chunks.iter().position(|(at, _)| *at == number) {
                let found = shared.chunks.remove(nth);
                shared.chunks.push(found.clone());
                return Ok(found.1);
            }
            shared.buffers.pop().unwrap_or_default()
        };
        let mut place = self.place_before(number * CHUNK);
        while place.output < number * CHUNK {
            self.inflate_chunk(&mut place, &mut buffer)?;
        }
        let chunk: Arc<[u8]> = self.inflate_chunk(&mut place, &mut buffer)?.into();
        let mut shared = self.shared();
        shared.chunks.retain(|(at, _)| *at != number);
        if shared.chunks.len() >= CACHED_CHUNKS {
            shared.chunks.remove(0);
        }
        shared.chunks.push((number, chunk.clone()));
        if place.output < self.len {
            if shared.cursors.len() >= CURSORS {
                shared.cursors.remove(0);
            }
            shared.cursors.push(place);
        }
        if shared.buffers.len() < BUFFERS {
            shared.buffers.push(buffer);
        }
        Ok(chunk)
    }

    /// Inflates the chunk at a place, which moves behind it.
    fn inflate_chunk<'a>(
        &self,
        place: &mut Place,
        buffer: &'a mut Vec<u8>,
    ) -> io::Result<&'a [u8]> {
        let left = self.len - place.output;
        let wanted = left.min(CHUNK) as usize;
        let is_last = left <= CHUNK;
        let before = place.window.len();
        // One byte of room more shows that there is more than was declared. Without a window
        // before it, data that refer to what is not there are found out.
        let end = before + wanted + usize::from(is_last);
        buffer.resize(WINDOW + CHUNK as usize + 1, 0);
        buffer[..before].copy_from_slice(&place.window);
        let written = place
            .stream
            .inflate(&*self.parent, &mut buffer[..end], before)?;
        let is_done = place.stream.is_done();
        if written > wanted {
            return Err(longer_than(self.len));
        }
        if written < wanted || (is_done && !is_last) {
            return Err(shorter_than(self.len, place.output + written as u64));
        }
        let chunk = before..before + wanted;
        place.output += wanted as u64;
        place.crc.update(&buffer[chunk.clone()]);
        if is_last {
            check_end(&place.stream, &place.crc, self.crc)?;
        } else {
            place.window.clear();
            let window = chunk.end.saturating_sub(WINDOW)..chunk.end;
            place.window.extend_from_slice(&buffer[window]);
            if place.output.is_multiple_of(self.spacing) {
                let mut shared = self.shared();
                let checkpoint = shared.checkpoints.entry(place.output);
                checkpoint.or_insert_with(|| Arc::new(place.clone()));
            }
        }
        Ok(&buffer[chunk])
    }
}

/// What is said of data that inflate to more than their declared length.
fn longer_than(declared: u64) -> io::Error {
    invalid(format!(
        "the deflated data inflate to more than the {declared} bytes that are declared"
    ))
}

/// What is said of data that inflate to less than their declared length.
fn shorter_than(declared: u64, found: u64) -> io::Error {
    invalid(format!(
        "the deflated data inflate to {found} bytes; {declared} are declared"
    ))
}

/// That nothing follows the inflated data, and that they have their checksum.
fn check_end(stream: &Deflated, crc: &crc32fast::Hasher, expected: u32) -> io::Result<()> {
    match stream.rest() {
        0 => check_crc(crc.clone().finalize(), expected),
        rest => Err(invalid(format!(
            "{rest} bytes follow the end of the deflated data"
        ))),
    }
}

/// That data have the checksum that was declared.
pub(crate) fn check_crc(found: u32, expected: u32) -> io::Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(invalid(format!(
        "expected the CRC-32 {expected:08x}, found {found:08x}: the data are damaged"
    )))
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// Two bits of deflated data stand for 258 bytes at most.
const MAX_RATIO: u64 = 1032;

/// Inflates a whole range with the checks of an [`InflateSource`].
///
/// At most `len + 1` bytes are allocated for the output, whatever the data inflate to.
pub(crate) fn inflate_whole(
    parent: &dyn ByteSource,
    data: Range<u64>,
    len: usize,
    crc: u32,
) -> io::Result<Vec<u8>> {
    // So long an output that memory might not hold it needs as long an input.
    let data_len = data.end.saturating_sub(data.start);
    if len as u64 / MAX_RATIO > data_len {
        return Err(invalid(format!(
            "{data_len} bytes of deflated data cannot inflate to the {len} that are declared"
        )));
    }
    let mut out = vec![0; len.saturating_add(1)];
    let mut stream = Deflated::new(data);
    let written = stream.inflate(parent, &mut out, 0)?;
    if written > len {
        return Err(longer_than(len as u64));
    }
    if written < len {
        return Err(shorter_than(len as u64, written as u64));
    }
    out.truncate(len);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&out);
    check_end(&stream, &hasher, crc)?;
    Ok(out)
}

impl ByteSource for InflateSource {
    fn release(&self) {
        let mut shared = self.shared();
        shared.cursors = vec![];
        shared.chunks = vec![];
        shared.buffers = vec![];
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buf.len() as u64);
        if end.is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut at = offset;
        while !buf.is_empty() {
            let chunk = self.chunk(at / CHUNK)?;
            let chunk = &chunk[(at % CHUNK) as usize..];
            let step = chunk.len().min(buf.len());
            buf[..step].copy_from_slice(&chunk[..step]);
            buf = &mut buf[step..];
            at += step as u64;
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn is_unchanged(&self) -> io::Result<bool> {
        self.parent.is_unchanged()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::source::MemorySource;

    /// Data in which literals, near and far matches and incompressible runs follow each other.
    fn mixed(length: usize, seed: u64) -> Vec<u8> {
        let mut state = seed | 1;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut bytes = Vec::with_capacity(length + 1024);
        while bytes.len() < length {
            let run = 1 + (next() % 700) as usize;
            match next() % 4 {
                0 => bytes.extend((0..run).map(|_| next() as u8)),
                1 => bytes.extend(std::iter::repeat_n(next() as u8, run)),
                2 => bytes
                    .extend(format!("{{\"id\": {}, \"image\": \"a/b.jpg\"}},\n", next()).bytes()),
                _ => {
                    let back = (next() as usize % WINDOW + 1).min(bytes.len());
                    for _ in 0..run.min(back) {
                        bytes.push(bytes[bytes.len() - back]);
                    }
                }
            }
        }
        bytes.truncate(length);
        bytes
    }

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(vec![], flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The data stand between other bytes, so that a read outside them would be seen.
    fn source(data: &[u8], len: u64, crc: u32) -> InflateSource {
        let file = [b"before".as_slice(), data, b"after".as_slice()].concat();
        let parent = Arc::new(MemorySource::new("m.zip", file));
        InflateSource::new(parent, 6..6 + data.len() as u64, len, crc, "m.zip/a").unwrap()
    }

    fn read(source: &InflateSource, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        source.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// The two ways to read everything, which have to agree.
    fn read_all(data: &[u8], len: u64, crc: u32) -> Result<Vec<u8>, String> {
        let source = source(data, len, crc);
        let read = read(&source, 0, len as usize).map_err(|error| {
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            error.to_string()
        });
        let parent = MemorySource::new("m", data.to_vec());
        let whole = inflate_whole(&parent, 0..data.len() as u64, len as usize, crc);
        assert_eq!(whole.is_ok(), read.is_ok(), "{whole:?}");
        read
    }

    #[test]
    fn any_place_is_read_as_it_was() {
        let bytes = mixed(21 << 20, 7);
        let source = source(
            &deflated(&bytes),
            bytes.len() as u64,
            crc32fast::hash(&bytes),
        );
        assert_eq!(source.len(), bytes.len() as u64);
        // Backwards, so that nothing is read in order.
        for (nth, start) in (0..bytes.len() - 5000).step_by(3_333_333).rev().enumerate() {
            let length = nth * 700;
            assert_eq!(
                read(&source, start as u64, length).unwrap(),
                bytes[start..start + length]
            );
        }
        let all = read(&source, 0, bytes.len()).unwrap();
        assert!(all == bytes);
        let shared = source.shared();
        assert_eq!(
            shared.checkpoints.keys().copied().collect::<Vec<_>>(),
            [4, 8, 12, 16, 20].map(|at| at << 20)
        );
        assert!(shared.chunks.len() <= CACHED_CHUNKS && shared.cursors.len() <= CURSORS);
        drop(shared);
        let error = read(&source, bytes.len() as u64, 1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(read(&source, u64::MAX, 1).is_err());
        read(&source, bytes.len() as u64, 0).unwrap();
    }

    #[test]
    fn checkpoints_are_bounded_for_any_length() {
        for len in [0, 1, SPACING, 5 << 30, 1 << 40, u64::MAX] {
            let source = source(&[], len, 0);
            assert!(len / source.spacing <= MAX_CHECKPOINTS, "{len}");
            assert_eq!(source.spacing % CHUNK, 0, "{len}");
        }
        let place = size_of::<miniz_oxide::inflate::core::DecompressorOxide>() + WINDOW;
        assert!(place as u64 * MAX_CHECKPOINTS < 50 << 20);
    }

    #[test]
    fn threads_read_different_places() {
        let bytes = mixed(6 << 20, 3);
        let source = source(
            &deflated(&bytes),
            bytes.len() as u64,
            crc32fast::hash(&bytes),
        );
        std::thread::scope(|scope| {
            for start in [0, 1 << 20, 3 << 20, 5 << 20] {
                let (source, bytes) = (&source, &bytes);
                scope.spawn(move || {
                    for offset in (start..start + (1 << 20)).step_by(100_000) {
                        let read = read(source, offset as u64, 40_000).unwrap();
                        assert!(read == bytes[offset..offset + 40_000]);
                    }
                });
            }
        });
    }

    #[test]
    fn what_is_declared_wrongly_is_said() {
        let bytes = mixed(CHUNK as usize + 1000, 5);
        let len = bytes.len() as u64;
        let crc = crc32fast::hash(&bytes);
        let data = deflated(&bytes);
        assert_eq!(read_all(&data, len, crc).unwrap(), bytes);
        let mut trailing = data.clone();
        trailing.extend(b"more");
        for (data, len, crc, word) in [
            (&data[..], len + 1, crc, "inflate to 263144 bytes; 263145"),
            (&data, len * 2, crc, "inflate to 263144 bytes"),
            (&data, len - 1, crc, "more than the 263143 bytes"),
            (&data, 1, crc, "more than the 1 bytes"),
            (&data, CHUNK, crc, "more than"),
            (&data, len, crc ^ 1, "CRC-32"),
            (&trailing, len, crc, "4 bytes follow"),
            (&data[..data.len() - 1], len, crc, "break off"),
            (&data[..20], len, crc, "break off"),
            (&[], len, crc, "break off"),
            (&[0xff; 10], 5, 0, "broken"),
        ] {
            let error = read_all(data, len, crc).unwrap_err();
            assert!(error.contains(word), "expected {word}: {error}");
        }
        // What comes before the fault is given out.
        let wrong = source(&data, len, crc ^ 1);
        assert_eq!(
            read(&wrong, 0, CHUNK as usize).unwrap(),
            bytes[..CHUNK as usize]
        );
        assert!(read(&wrong, len - 1, 1).is_err());
    }

    #[test]
    fn what_refers_to_before_the_beginning_is_broken() {
        // A fixed block whose first symbol is a match of length 3 at distance 1.
        let data = [0b0000_0011, 0b0000_0010, 0, 0];
        assert!(read_all(&data, 3, 0).unwrap_err().contains("broken"));
    }

    #[test]
    fn a_bomb_takes_no_more_than_was_declared() {
        let bytes = vec![0; 64 << 20];
        let data = deflated(&bytes);
        let error = read_all(&data, 1024, 0).unwrap_err();
        assert!(error.contains("more than the 1024 bytes"), "{error}");
        // The other way round nothing is allocated at all.
        let parent = MemorySource::new("m", data[..100].to_vec());
        let error = inflate_whole(&parent, 0..100, usize::MAX, 0).unwrap_err();
        assert!(error.to_string().contains("cannot inflate"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn reads_are_those_of_the_plain_bytes(
            length in 0_usize..900_000,
            seed: u64,
            reads in proptest::collection::vec((0.0..1.0, 0_usize..400_000), 1..12),
        ) {
            let bytes = mixed(length, seed);
            let source = source(&deflated(&bytes), length as u64, crc32fast::hash(&bytes));
            for (place, wanted) in reads {
                let start = (place * length as f64) as usize;
                let end = (start + wanted).min(length);
                let read = read(&source, start as u64, end - start).unwrap();
                prop_assert!(read == bytes[start..end]);
            }
        }

        #[test]
        fn no_damage_goes_unseen(seed: u64, place in 0.0..1.0, bit in 0_u8..8, cut: bool) {
            let bytes = mixed(3000, seed);
            let mut data = deflated(&bytes);
            let at = (place * data.len() as f64) as usize;
            if cut {
                data.truncate(at);
            } else {
                data[at] ^= 1_u8 << bit;
            }
            // A flip in the padding after the last symbol changes nothing.
            if let Ok(read) = read_all(&data, 3000, crc32fast::hash(&bytes)) {
                prop_assert!(!cut && read == bytes);
            }
        }
    }
}
