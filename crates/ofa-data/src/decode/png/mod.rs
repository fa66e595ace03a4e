//! PNG.
//!
//! Read here and not by the `png` crate, because which damage is read and which is refused is
//! Pillow's rule: it checks no chunk's checksum from the image data on, but that of the
//! compressed data, and takes an image whose rows end early.

mod chunks;
mod rows;

use super::pillow::{self, Palette};
use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let chunks::Contents {
        header,
        palette,
        data,
    } = chunks::walk(bytes)?;
    let (width, height) = (header.width, header.height);
    let sample_bits = header.bits_per_pixel();
    let stored = sample_bits.div_ceil(8);
    // The samples as stored, those of less than a byte once more unpacked, and the result; before
    // that, those of an interlaced image twice, in both orders.
    let unpacked = usize::from(sample_bits < 8);
    let twice = if header.interlaced { 2 * stored } else { 0 };
    let bytes_per_pixel = twice.max(stored + unpacked + 3);
    limits.check("PNG", width, height, bytes_per_pixel as u64)?;

    let stored = rows::read(&header, &data)?;
    let bits = header.depth;
    let pixels = match (header.color, bits) {
        (Color::Grey, 8) => pillow::expand_grey(stored.into_iter()),
        (Color::Grey, 16) => {
            let samples = stored.as_chunks::<2>().0.iter();
            pillow::expand_grey(samples.map(|&s| pillow::clip_16(u16::from_be_bytes(s))))
        }
        (Color::Grey, _) => {
            let step = 255 / ((1 << bits) - 1) as u8;
            let samples = pillow::unpack_bits(&stored, width, bits).into_iter();
            pillow::expand_grey(samples.map(|sample| sample * step))
        }
        (Color::Indexed, _) => {
            let palette = Palette::new(palette.unwrap_or_default());
            palette.expand(pillow::unpack_bits(&stored, width, bits).into_iter())
        }
        (Color::Rgb, 16) => stored.into_iter().step_by(2).collect(),
        (Color::Rgb, _) => stored,
        (Color::Rgba, 16) => {
            let mut pixels = Vec::with_capacity(stored.len() / 8 * 3);
            for pixel in stored.as_chunks::<8>().0 {
                pixels.extend([pixel[0], pixel[2], pixel[4]]);
            }
            pixels
        }
        (Color::Rgba, _) => pillow::drop_fourth(&stored),
        (Color::GreyAlpha, 16) => {
            pillow::expand_grey(stored.as_chunks::<4>().0.iter().map(|pixel| pixel[0]))
        }
        (Color::GreyAlpha, _) => {
            pillow::expand_grey(stored.as_chunks::<2>().0.iter().map(|pixel| pixel[0]))
        }
    };
    Ok(RgbImage {
        width,
        height,
        pixels,
    })
}

fn broken(problem: impl ToString) -> DecodeError {
    DecodeError::broken("PNG", problem)
}

/// What the samples of a pixel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Color {
    Grey,
    Rgb,
    Indexed,
    GreyAlpha,
    Rgba,
}

/// What the chunk `IHDR` says.
#[derive(Debug, Clone, Copy)]
struct Header {
    width: u32,
    height: u32,
    color: Color,
    /// Bits of a sample.
    depth: u8,
    interlaced: bool,
}

impl Header {
    fn bits_per_pixel(&self) -> usize {
        let samples = match self.color {
            Color::Grey | Color::Indexed => 1,
            Color::GreyAlpha => 2,
            Color::Rgb => 3,
            Color::Rgba => 4,
        };
        samples * usize::from(self.depth)
    }
}
