//! WebP.
//!
//! Only the colours of the first frame are wanted, so its image data is decoded as a file of its
//! own: alpha is never decoded, and an animation's frame is never blended with its canvas.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::pillow;
use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let file = riff_payload(bytes)?;
    let mut canvas = None;
    for chunk in Chunks(file) {
        let (name, data) = chunk?;
        match (name, data) {
            (b"VP8 " | b"VP8L", _) => return decode_still(name, data, limits),
            (b"VP8X", [_, _, _, _, size @ ..]) if size.len() >= 6 => {
                canvas = Some((number(&size[..3]) + 1, number(&size[3..6]) + 1));
            }
            (b"ANMF", _) => {
                let canvas = canvas.ok_or_else(|| broken("a frame before the canvas"))?;
                return decode_frame(data, canvas, limits);
            }
            _ => {}
        }
    }
    Err(broken("there is no image in it"))
}

fn broken(problem: impl ToString) -> DecodeError {
    DecodeError::broken("WebP", problem)
}

/// The chunks of the file. A file that is shorter than it says is cut off.
fn riff_payload(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let length = number(&bytes[4..8]) as usize;
    bytes.get(12..length.saturating_add(8)).ok_or_else(|| {
        broken(format_args!(
            "cut off: {} bytes, expected {}",
            bytes.len(),
            length as u64 + 8
        ))
    })
}

/// The chunks of a RIFF list: name and data.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<(&'a [u8; 4], &'a [u8]), DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let Some(data) = rest.get(..length) else {
            self.0 = &[];
            return Some(Err(broken("cut off within a chunk")));
        };
        self.0 = rest.get(length + length % 2..).unwrap_or_default();
        Some(Ok((name, data)))
    }
}

/// Little-endian, of up to four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// The first frame of an animation, on a black canvas.
fn decode_frame(
    data: &[u8],
    (width, height): (u32, u32),
    limits: &Limits,
) -> Result<RgbImage, DecodeError> {
    let (header, chunks) = data
        .split_at_checked(16)
        .ok_or_else(|| broken("a frame cut off"))?;
    let (x, y) = (number(&header[..3]) * 2, number(&header[3..6]) * 2);
    for chunk in Chunks(chunks) {
        let (name, data) = chunk?;
        if !matches!(name, b"VP8 " | b"VP8L") {
            continue;
        }
        limits.check("WebP", width, height, 3 + BYTES_PER_PIXEL)?;
        let frame = decode_still(name, data, limits)?;
        if (x, y, frame.width, frame.height) == (0, 0, width, height) {
            return Ok(frame);
        }
        if x + frame.width > width || y + frame.height > height {
            return Err(broken("the first frame is larger than the canvas"));
        }
        let mut pixels = vec![0; width as usize * height as usize * 3];
        let lines = pixels.chunks_exact_mut(width as usize * 3).skip(y as usize);
        for (line, from) in lines.zip(frame.pixels.chunks_exact(frame.width as usize * 3)) {
            line[x as usize * 3..][..from.len()].copy_from_slice(from);
        }
        return Ok(RgbImage {
            width,
            height,
            pixels,
        });
    }
    Err(broken("the first frame has no image in it"))
}

/// Four samples of a lossless image and the result.
const BYTES_PER_PIXEL: u64 = 7;

/// The image data of a frame, as a file of its own.
fn decode_still(name: &[u8; 4], data: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let mut file = Vec::with_capacity(data.len() + 21);
    let padded = data.len() + data.len() % 2;
    file.extend(b"RIFF");
    file.extend((padded as u32 + 12).to_le_bytes());
    file.extend(b"WEBP");
    file.extend(name);
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file.resize(20 + padded, 0);

    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    limits.check("WebP", width, height, BYTES_PER_PIXEL)?;
    let size = decoder
        .output_buffer_size()
        .ok_or_else(|| broken("too large for this machine"))?;
    let mut decoded = vec![0; size];
    decoder.read_image(&mut decoded).map_err(broken)?;
    let pixels = if decoder.has_alpha() {
        pillow::drop_fourth(&decoded)
    } else {
        decoded
    };
    Ok(RgbImage {
        width,
        height,
        pixels,
    })
}
