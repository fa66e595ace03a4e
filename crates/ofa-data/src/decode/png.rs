//! PNG.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, InterlaceInfo, Reader, Transformations};

use super::pillow::{self, Palette};
use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let broken = |error: png::DecodingError| DecodeError::broken("PNG", error);
    let mut decoder = Decoder::new_with_limits(
        Cursor::new(bytes),
        png::Limits {
            bytes: usize::try_from(limits.max_bytes).unwrap_or(usize::MAX),
        },
    );
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);

    let header = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (header.width, header.height);
    let (color, depth) = (header.color_type, header.bit_depth);
    let sample_bits = color.samples() as u64 * depth as u64;
    // The samples as stored, those of less than a byte once more unpacked, and the result.
    let unpacked = u64::from(sample_bits < 8);
    limits.check("PNG", width, height, sample_bits.div_ceil(8) + unpacked + 3)?;

    let mut reader = decoder.read_info().map_err(broken)?;
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| DecodeError::broken("PNG", "too large for this machine"))?;
    let mut stored = vec![0; size];
    read_rows(&mut reader, &mut stored, sample_bits as u8).map_err(broken)?;

    let bits = depth as u8;
    let pixels = match (color, depth) {
        (ColorType::Grayscale, BitDepth::Eight) => pillow::expand_grey(stored.into_iter()),
        (ColorType::Grayscale, BitDepth::Sixteen) => {
            let samples = stored.as_chunks::<2>().0.iter();
            pillow::expand_grey(samples.map(|&s| pillow::clip_16(u16::from_be_bytes(s))))
        }
        (ColorType::Grayscale, _) => {
            let step = 255 / ((1 << bits) - 1) as u8;
            let samples = pillow::unpack_bits(&stored, width, bits).into_iter();
            pillow::expand_grey(samples.map(|sample| sample * step))
        }
        (ColorType::Indexed, _) => {
            let palette = Palette::new(reader.info().palette.as_deref().unwrap_or_default());
            palette.expand(pillow::unpack_bits(&stored, width, bits).into_iter())
        }
        (ColorType::Rgb, BitDepth::Sixteen) => stored.into_iter().step_by(2).collect(),
        (ColorType::Rgb, _) => stored,
        (ColorType::Rgba, BitDepth::Sixteen) => {
            let mut pixels = Vec::with_capacity(stored.len() / 8 * 3);
            for pixel in stored.as_chunks::<8>().0 {
                pixels.extend([pixel[0], pixel[2], pixel[4]]);
            }
            pixels
        }
        (ColorType::Rgba, _) => pillow::drop_fourth(&stored),
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen) => {
            pillow::expand_grey(stored.as_chunks::<4>().0.iter().map(|pixel| pixel[0]))
        }
        (ColorType::GrayscaleAlpha, _) => {
            pillow::expand_grey(stored.as_chunks::<2>().0.iter().map(|pixel| pixel[0]))
        }
    };
    Ok(RgbImage {
        width,
        height,
        pixels,
    })
}

/// Reads the rows and no further: Pillow does not miss what should follow them either.
fn read_rows<R: std::io::BufRead + std::io::Seek>(
    reader: &mut Reader<R>,
    stored: &mut [u8],
    bits_per_pixel: u8,
) -> Result<(), png::DecodingError> {
    let (width, interlaced) = (reader.info().width, reader.info().interlaced);
    // The size of the whole image was computed from it.
    let stride = reader
        .output_line_size(width)
        .expect("a line is smaller than the image");
    if !interlaced {
        for row in stored.chunks_exact_mut(stride) {
            reader.read_row(row)?;
        }
        return Ok(());
    }
    for _ in 0..interlaced_rows(width, reader.info().height) {
        let Some(row) = reader.next_interlaced_row()? else {
            break;
        };
        let InterlaceInfo::Adam7(pass) = row.interlace() else {
            break;
        };
        png::expand_interlaced_row(stored, stride, row.data(), pass, bits_per_pixel);
    }
    Ok(())
}

/// How many rows the seven passes of an interlaced image have.
fn interlaced_rows(width: u32, height: u32) -> u32 {
    // First column, first row and row distance of each pass.
    [
        (0, 0, 8),
        (4, 0, 8),
        (0, 4, 8),
        (2, 0, 4),
        (0, 2, 4),
        (1, 0, 2),
        (0, 1, 2),
    ]
    .into_iter()
    .filter(|&(x, _, _)| x < width)
    .map(|(_, y, step)| height.saturating_sub(y).div_ceil(step))
    .sum()
}
