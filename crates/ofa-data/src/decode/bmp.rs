//! BMP.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{ColorType, ImageDecoder};

use super::pillow;
use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let broken = |error: image::ImageError| DecodeError::broken("BMP", error);
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    limits.check("BMP", width, height, u64::from(color.bytes_per_pixel()) + 3)?;
    let mut decoded = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut decoded).map_err(broken)?;
    if let Some(bits) = narrow_channels(bytes) {
        for pixel in decoded.chunks_exact_mut(color.bytes_per_pixel().into()) {
            for (level, bits) in pixel.iter_mut().zip(bits) {
                *level = widen_as_pillow(*level, bits);
            }
        }
    }
    let pixels = match color {
        ColorType::Rgb8 => decoded,
        ColorType::Rgba8 => pillow::drop_fourth(&decoded),
        ColorType::L8 => pillow::expand_grey(decoded.into_iter()),
        other => {
            let problem = format!("unexpected colour type {other:?}");
            return Err(DecodeError::broken("BMP", problem));
        }
    };
    Ok(RgbImage {
        width,
        height,
        pixels,
    })
}

/// Bits of red, green and blue in an image of 16 bits a pixel; `None` for every other image.
fn narrow_channels(bytes: &[u8]) -> Option<[u32; 3]> {
    let number = |at: usize| {
        bytes
            .get(at..at + 4)?
            .first_chunk()
            .map(|b| u32::from_le_bytes(*b))
    };
    let bits_per_pixel = number(28)? & 0xffff;
    // Before this header of 40 bytes there were no 16-bit images.
    if number(14)? < 40 || bits_per_pixel != 16 {
        return None;
    }
    const BITFIELDS: u32 = 3;
    if number(30)? != BITFIELDS {
        return Some([5; 3]);
    }
    Some([
        number(54)?.count_ones(),
        number(58)?.count_ones(),
        number(62)?.count_ones(),
    ])
}

/// The decoder rounds when it widens 5 or 6 bits to 8, Pillow rounds down.
fn widen_as_pillow(level: u8, bits: u32) -> u8 {
    let most = match bits {
        5 => 31,
        6 => 63,
        _ => return level,
    };
    let stored = (u32::from(level) * most + 127) / 255;
    (stored * 255 / most) as u8
}
