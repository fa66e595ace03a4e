//! Weights of a page's files, read in large windows.
//!
//! Each reading of a blob goes to another process and back, which takes about a millisecond however
//! little is read; a model has hundreds of small tensors, and the large ones are read in pieces. So
//! windows of the files are read, and stay in JavaScript's memory for as long as neighbours are asked
//! for. This module's own memory, which never shrinks, has none of them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::rc::Rc;

use js_sys::Uint8Array;
use ofa_clip::WeightSource;

use crate::blob_source::BlobSource;

/// Bytes of a window. Four times as many are read hardly faster.
const WINDOW: u64 = 8 << 20;

/// Bytes of a file's first window: headers are there, of which no more may be wanted.
const HEADER: u64 = 256 << 10;

/// Windows that are held: a layer of CLIP ViT-L/14 as f16 spans that many, and its tensors are asked
/// for in another order than the file's.
const HELD: usize = 4;

/// Weight files that share their windows.
pub(crate) struct WeightFiles {
    windows: Rc<RefCell<Windows<Uint8Array>>>,
    before_reading: Rc<dyn Fn(usize)>,
    count: usize,
}

impl WeightFiles {
    /// `before_reading` is told how many bytes are read each time.
    pub(crate) fn new(before_reading: impl Fn(usize) + 'static) -> Self {
        Self {
            windows: Rc::default(),
            before_reading: Rc::new(before_reading),
            count: 0,
        }
    }

    /// One more file.
    pub(crate) fn add(&mut self, source: BlobSource) -> WindowedWeights {
        let file = self.count;
        self.count += 1;
        WindowedWeights {
            source,
            file,
            windows: Rc::clone(&self.windows),
            before_reading: Rc::clone(&self.before_reading),
        }
    }
}

/// One file of weights.
pub(crate) struct WindowedWeights {
    source: BlobSource,
    /// Its number among those that share their windows.
    file: usize,
    windows: Rc<RefCell<Windows<Uint8Array>>>,
    before_reading: Rc<dyn Fn(usize)>,
}

impl WeightSource for WindowedWeights {
    fn len(&self) -> u64 {
        self.source.length()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let length = self.len();
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (self.before_reading)(buffer.len());
        let mut windows = self.windows.borrow_mut();
        for Part {
            window,
            start,
            range,
        } in parts(offset, buffer.len())
        {
            let held = windows.get((self.file, window), || {
                let Range { start, end } = extent(window);
                self.source.slice(start, (end.min(length) - start) as usize)
            })?;
            let part = held.subarray(start, start + range.len() as u32);
            if part.length() as usize != range.len() {
                // An array is a window of itself, and can be handed to another thread at any time.
                return Err(BlobSource::detached());
            }
            part.copy_to(&mut buffer[range]);
        }
        Ok(())
    }
}

/// What a window has of a reading.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    /// The window's number.
    window: u64,
    /// Where in the window it begins.
    start: u32,
    /// Where in the reading it lies.
    range: Range<usize>,
}

/// Where in a file a window lies. The last one ends with the file.
fn extent(window: u64) -> Range<u64> {
    match window.checked_sub(1) {
        None => 0..HEADER,
        Some(before) => HEADER + before * WINDOW..HEADER + window * WINDOW,
    }
}

/// Cuts a reading by windows.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = Part> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let left = length.checked_sub(at).filter(|left| *left > 0)?;
        let position = offset + at as u64;
        let window = position
            .checked_sub(HEADER)
            .map_or(0, |behind| 1 + behind / WINDOW);
        let extent = extent(window);
        let range = at..at + left.min((extent.end - position) as usize);
        at = range.end;
        Some(Part {
            window,
            start: (position - extent.start) as u32,
            range,
        })
    })
}

/// The windows that were used last, the latest at the end.
struct Windows<T> {
    held: VecDeque<((usize, u64), T)>,
}

impl<T> Default for Windows<T> {
    fn default() -> Self {
        Self {
            held: VecDeque::with_capacity(HELD),
        }
    }
}

impl<T> Windows<T> {
    /// The window of a file, read where it is not held.
    fn get(&mut self, place: (usize, u64), read: impl FnOnce() -> io::Result<T>) -> io::Result<&T> {
        let found = self.held.iter().position(|(held, _)| *held == place);
        let window = match found.and_then(|nth| self.held.remove(nth)) {
            Some((_, window)) => window,
            None => {
                // Let go of first, so that there are never more.
                while self.held.len() >= HELD {
                    self.held.pop_front();
                }
                read()?
            }
        };
        self.held.push_back((place, window));
        Ok(&self.held[self.held.len() - 1].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_cut_where_windows_meet() {
        let cut = |offset, length| -> Vec<(u64, u32, Range<usize>)> {
            let parts = parts(offset, length);
            parts
                .map(|part| (part.window, part.start, part.range))
                .collect()
        };
        let whole = WINDOW as usize;
        assert_eq!(cut(5, 0), []);
        assert_eq!(cut(0, 8), [(0, 0, 0..8)]);
        assert_eq!(
            cut(HEADER - 3, whole + 5),
            [
                (0, HEADER as u32 - 3, 0..3),
                (1, 0, 3..whole + 3),
                (2, 0, whole + 3..whole + 5)
            ]
        );
        assert_eq!(cut(HEADER + 7 * WINDOW + 1, 1), [(8, 1, 0..1)]);
        // Every byte is that of its place.
        for Part {
            window,
            start,
            range,
        } in parts(1234, 3 * whole)
        {
            assert_eq!(
                extent(window).start + u64::from(start),
                1234 + range.start as u64
            );
            assert!(
                extent(window).start + u64::from(start) + range.len() as u64 <= extent(window).end
            );
        }
    }

    #[test]
    fn the_windows_that_were_used_last_are_held() {
        let mut windows = Windows::default();
        let reads = RefCell::new(Vec::new());
        let mut get = |place: (usize, u64)| {
            let read = || {
                reads.borrow_mut().push(place);
                Ok(place)
            };
            assert_eq!(*windows.get(place, read).unwrap(), place);
            assert!(windows.held.len() <= HELD);
        };
        (0..HELD as u64).for_each(|nth| get((0, nth)));
        get((0, 0));
        // Of another file, though of the same number; the one not used for longest makes room.
        get((1, 0));
        get((0, 0));
        get((0, 1));
        let expected = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (0, 1)];
        assert_eq!(*reads.borrow(), expected);
    }

    #[test]
    fn what_cannot_be_read_is_not_held() {
        let mut windows = Windows::<u8>::default();
        let failed = windows.get((0, 0), || Err(io::ErrorKind::NotFound.into()));
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(*windows.get((0, 0), || Ok(7)).unwrap(), 7);
    }
}
