//! A source as the crate `tar` reads it: from header to header.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};

use crate::source::ByteSource;

/// How much is read at a time. What follows a header is mostly passed over, so little is enough;
/// headers of small members still come several at once.
const PIECE: usize = 8 << 10;

/// The most that may be read for one member: its own header, and the GNU and pax headers before
/// it, which `tar` reads whole.
pub(super) const MAX_HEADERS: u64 = 16 << 20;

/// Reads a [`ByteSource`], and remembers why it stopped, which `tar` has no words for.
pub(super) struct Window<'a> {
    source: &'a dyn ByteSource,
    state: RefCell<State>,
}

struct State {
    at: u64,
    piece: Vec<u8>,
    piece_start: u64,
    allowance: u64,
    member_start: Option<u64>,
    stop: Option<Stop>,
}

/// Why a read gave less than was asked for.
#[derive(Debug)]
pub(super) enum Stop {
    /// The source ends.
    End,
    /// More than [`MAX_HEADERS`] were asked for.
    TooLong,
    /// The source failed at this byte.
    Failed(u64, io::Error),
}

impl<'a> Window<'a> {
    pub(super) fn new(source: &'a dyn ByteSource) -> Self {
        Self {
            source,
            state: RefCell::new(State {
                at: 0,
                piece: vec![],
                piece_start: 0,
                allowance: 0,
                member_start: None,
                stop: None,
            }),
        }
    }

    /// What is read from now on belongs to the next member.
    pub(super) fn begin_member(&self) {
        let mut state = self.state.borrow_mut();
        state.allowance = MAX_HEADERS;
        state.member_start = None;
        state.stop = None;
    }

    /// Where that member begins, since `tar` goes there before it reads anything of it. It may
    /// lie behind the end of the source.
    pub(super) fn member_start(&self) -> Option<u64> {
        self.state.borrow().member_start
    }

    /// Where the next read would begin.
    pub(super) fn position(&self) -> u64 {
        self.state.borrow().at
    }

    /// Why the last read stopped short, if one did since the member began.
    pub(super) fn take_stop(&self) -> Option<Stop> {
        self.state.borrow_mut().stop.take()
    }

    /// Reads bytes that were read before, without going back.
    pub(super) fn read_again(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let state = self.state.borrow();
        let held = offset
            .checked_sub(state.piece_start)
            .and_then(|start| usize::try_from(start).ok())
            .and_then(|start| state.piece.get(start..start.checked_add(buf.len())?));
        match held {
            Some(bytes) => {
                buf.copy_from_slice(bytes);
                Ok(())
            }
            None => self.source.read_at(offset, buf),
        }
    }
}

impl State {
    fn read(&mut self, source: &dyn ByteSource, buf: &mut [u8]) -> io::Result<usize> {
        let left = source.len().saturating_sub(self.at);
        if left == 0 {
            self.stop = Some(Stop::End);
            return Ok(0);
        }
        if self.allowance == 0 {
            self.stop = Some(Stop::TooLong);
            return Err(io::Error::other("the headers are too long"));
        }
        let piece_end = self.piece_start + self.piece.len() as u64;
        if self.at < self.piece_start || self.at >= piece_end {
            self.piece.resize(left.min(PIECE as u64) as usize, 0);
            self.piece_start = self.at;
            if let Err(error) = source.read_at(self.at, &mut self.piece) {
                self.piece.clear();
                self.stop = Some(Stop::Failed(self.at, error));
                return Err(io::Error::other("the source failed"));
            }
        }
        let held = &self.piece[(self.at - self.piece_start) as usize..];
        let step = held.len().min(buf.len());
        let step = self.allowance.min(step as u64) as usize;
        buf[..step].copy_from_slice(&held[..step]);
        self.at += step as u64;
        self.allowance -= step as u64;
        Ok(step)
    }
}

impl Read for &Window<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.state.borrow_mut().read(self.source, buf)
    }
}

impl Seek for &Window<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut state = self.state.borrow_mut();
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => state.at.checked_add_signed(by),
            SeekFrom::End(by) => self.source.len().checked_add_signed(by),
        };
        let at = at.ok_or(io::ErrorKind::InvalidInput)?;
        state.at = at;
        state.member_start.get_or_insert(at);
        Ok(at)
    }
}
