//! Files of the page: a `Blob` read in slices, or an array that JavaScript holds.

use std::cell::RefCell;
use std::fmt;
use std::io;

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, DomException, FileReaderSync};

use crate::failure::{Failure, Result};

/// A reading of a blob goes to another process and back. So one that is short takes this much along,
/// since whoever reads a little mostly goes on behind it (headers of archives, neighbouring records).
const AHEAD: usize = 256 << 10;

/// A single reading gets no larger, because the slice stands in memory twice.
const LARGEST: usize = 16 << 20;

#[wasm_bindgen(typescript_custom_section)]
const SOURCE_FILE: &str = r#"
/** A file, by the path that it has in the folder or drop it came from. */
export interface SourceFile {
  path: string;
  /** A `Blob` can be read in a worker only; an array is read where it lies and must not change. */
  source: Blob | Uint8Array;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `SourceFile[]` in JavaScript.
    #[wasm_bindgen(typescript_type = "SourceFile[]")]
    pub type SourceFiles;
}

/// A file of the caller.
#[derive(Debug)]
pub struct SourceFile {
    /// Its path, with `/` between parts.
    pub path: String,
    /// Its bytes.
    pub source: BlobSource,
}

/// Takes apart what JavaScript hands over as `SourceFile[]`; `name` is what messages call it.
///
/// # Errors
/// `bad_option` where something else was given.
pub fn source_files(name: &str, files: &SourceFiles) -> Result<Vec<SourceFile>> {
    let Some(files) = files.dyn_ref::<js_sys::Array>() else {
        let found = kind_of(files);
        return Err(Failure::option(name, "a list of {path, source}", found));
    };
    let file = |(nth, file): (usize, JsValue)| {
        let property = |key: &str| Reflect::get(&file, &key.into()).unwrap_or(JsValue::UNDEFINED);
        let (path, source) = (property("path"), property("source"));
        let Some(path) = path.as_string() else {
            let place = format!("{name}[{nth}].path");
            return Err(Failure::option(&place, "a string", kind_of(&path)));
        };
        let source = BlobSource::new(path.clone(), &source).ok_or_else(|| {
            let place = format!("{name}[{nth}].source ({path})");
            Failure::option(&place, "a Blob or a Uint8Array", kind_of(&source))
        })?;
        Ok(SourceFile { path, source })
    };
    files.iter().enumerate().map(file).collect()
}

/// What a value is, in a word, for a message.
fn kind_of(value: &JsValue) -> String {
    let class = Reflect::get(value, &"constructor".into())
        .and_then(|class| Reflect::get(&class, &"name".into()))
        .ok()
        .and_then(|name| name.as_string());
    class.unwrap_or_else(|| value.js_typeof().as_string().unwrap_or_default())
}

/// A file of the page that is read by position.
///
/// Of a blob only the slices that are asked for are in memory. An array stays in JavaScript's memory.
/// A clone reads the same file.
#[derive(Clone)]
pub struct BlobSource {
    name: String,
    len: u64,
    place: SendWrapper<Place>,
}

#[derive(Clone)]
enum Place {
    Blob {
        blob: Blob,
        /// The last short reading: where it begins, and its bytes.
        ahead: RefCell<(u64, Vec<u8>)>,
    },
    Array(Uint8Array),
}

/// The bytes of a blob cannot be had any more: its file was changed, moved or removed, or the user
/// took the permission back.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "the file can no longer be read ({reason}): it was changed, moved or removed since it was chosen; choose it again"
)]
pub struct BlobLost {
    /// What the browser said.
    reason: String,
}

impl BlobSource {
    /// Takes a `Blob` or a `Uint8Array`; `None` for anything else.
    #[must_use]
    pub fn new(name: impl Into<String>, source: &JsValue) -> Option<Self> {
        let (len, place) = if let Some(array) = source.dyn_ref::<Uint8Array>() {
            (f64::from(array.length()), Place::Array(array.clone()))
        } else if let Some(blob) = source.dyn_ref::<Blob>() {
            let ahead = RefCell::default();
            let blob = blob.clone();
            (blob.size(), Place::Blob { blob, ahead })
        } else {
            return None;
        };
        Some(Self {
            name: name.into(),
            // Whole and below 2^53, where such numbers are exact.
            len: len as u64,
            place: SendWrapper::new(place),
        })
    }

    /// Its name for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.len
    }

    /// When it was last changed, in nanoseconds since 1970; 0 where nobody knows.
    #[must_use]
    pub fn stamp(&self) -> i128 {
        let Place::Blob { blob, .. } = &*self.place else {
            return 0;
        };
        let modified = Reflect::get(blob, &"lastModified".into()).ok();
        let milliseconds = modified.and_then(|modified| modified.as_f64());
        milliseconds.map_or(0, |milliseconds| milliseconds as i128 * 1_000_000)
    }

    /// The whole file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = vec![0; length];
        self.read(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] when there are not that many; [`BlobLost`] inside when the
    /// browser does not give them.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &*self.place {
            Place::Array(_) => {
                self.slice(offset, buffer.len())?.copy_to(buffer);
                Ok(())
            }
            Place::Blob { blob, ahead } => {
                self.read_blob(blob, &mut ahead.borrow_mut(), offset, buffer)
            }
        }
    }

    /// `length` bytes from `offset` on, which have to be there, in JavaScript's memory. Those of an array
    /// are not copied.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn slice(&self, offset: u64, length: usize) -> io::Result<Uint8Array> {
        match &*self.place {
            Place::Blob { blob, .. } => slice(blob, offset, length),
            Place::Array(array) => {
                let (start, end) = (offset as u32, (offset + length as u64) as u32);
                let part = array.subarray(start, end);
                if part.length() as usize == length {
                    Ok(part)
                } else {
                    Err(Self::detached())
                }
            }
        }
    }

    /// An array's buffer was handed to another thread.
    pub(crate) fn detached() -> io::Error {
        let reason = "the array was detached".to_owned();
        io::Error::other(BlobLost { reason })
    }

    /// A range of the file as a blob of its own; of a blob it is read when that is read.
    ///
    /// # Errors
    /// What the browser throws.
    #[cfg(feature = "pipeline")]
    pub(crate) fn part(&self, offset: u64, length: u64) -> Result<Blob> {
        let (start, end) = (offset as f64, (offset + length) as f64);
        Ok(match &*self.place {
            Place::Blob { blob, .. } => blob.slice_with_f64_and_f64(start, end)?,
            Place::Array(array) => {
                let part = array.subarray(start as u32, end as u32);
                Blob::new_with_u8_array_sequence(&js_sys::Array::of1(&part))?
            }
        })
    }

    fn read_blob(
        &self,
        blob: &Blob,
        (start, bytes): &mut (u64, Vec<u8>),
        mut offset: u64,
        mut buffer: &mut [u8],
    ) -> io::Result<()> {
        // A whole file, as an image is, is read once: of hundreds of thousands none is to keep anything.
        if buffer.len() >= AHEAD || buffer.len() as u64 == self.len {
            while !buffer.is_empty() {
                let length = buffer.len().min(LARGEST);
                let (part, rest) = buffer.split_at_mut(length);
                slice(blob, offset, length)?.copy_to(part);
                (offset, buffer) = (offset + length as u64, rest);
            }
            return Ok(());
        }
        let held = |start: u64, bytes: &[u8]| {
            let from = usize::try_from(offset.checked_sub(start)?).ok()?;
            Some(from..from.checked_add(buffer.len())?).filter(|range| range.end <= bytes.len())
        };
        let range = match held(*start, bytes) {
            Some(range) => range,
            None => {
                let length = (self.len - offset).min(AHEAD as u64) as usize;
                // Nothing is held while it is uncertain.
                bytes.clear();
                let read = slice(blob, offset, length)?;
                bytes.resize(length, 0);
                read.copy_to(bytes);
                *start = offset;
                0..buffer.len()
            }
        };
        buffer.copy_from_slice(&bytes[range]);
        Ok(())
    }

    /// Lets go of what was read ahead.
    #[cfg(feature = "pipeline")]
    fn let_go(&self) {
        if let Place::Blob { ahead, .. } = &*self.place {
            ahead.take();
        }
    }
}

impl fmt::Debug for BlobSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("BlobSource");
        debug.field("name", &self.name).field("len", &self.len);
        debug.finish_non_exhaustive()
    }
}

thread_local! {
    /// What the browser said last of a file that it gives no more.
    static LOST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What the browser said of a file that it did not give since this was asked for the last time.
#[cfg(feature = "pipeline")]
pub(crate) fn take_lost() -> Option<String> {
    LOST.take()
}

thread_local! {
    /// `None` outside of workers, where reading would block the page.
    static READER: Option<FileReaderSync> = FileReaderSync::new().ok();
}

fn slice(blob: &Blob, offset: u64, length: usize) -> io::Result<Uint8Array> {
    let lost = |error: JsValue| {
        let reason = error
            .dyn_ref::<DomException>()
            .map_or_else(|| format!("{error:?}"), DomException::name);
        LOST.replace(Some(reason.clone()));
        io::Error::other(BlobLost { reason })
    };
    READER.with(|reader| {
        let Some(reader) = reader else {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a Blob can only be read in a worker; give its bytes as a Uint8Array",
            ));
        };
        let (start, end) = (offset as f64, (offset + length as u64) as f64);
        let part = blob.slice_with_f64_and_f64(start, end).map_err(lost)?;
        let buffer: ArrayBuffer = reader.read_as_array_buffer(&part).map_err(lost)?;
        if buffer.byte_length() as usize != length {
            let reason = format!("{} bytes of {length}", buffer.byte_length());
            return Err(io::Error::other(BlobLost { reason }));
        }
        Ok(Uint8Array::new(&buffer))
    })
}

#[cfg(feature = "pipeline")]
impl ofa_data::ByteSource for BlobSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read(offset, buffer)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn release(&self) {
        self.let_go();
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }

    /// Browsers refuse to read a file that is no longer what was chosen; one byte tells.
    fn is_unchanged(&self) -> io::Result<bool> {
        self.let_go();
        if self.len == 0 {
            return Ok(true);
        }
        match self.read(0, &mut [0]) {
            Ok(()) => Ok(true),
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<BlobLost>()) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
