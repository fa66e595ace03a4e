//! TIFF, its first page.

use std::borrow::Cow;
use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{ChunkType, Decoder, DecodingResult};
use tiff::tags::Tag;

use super::jpeg;
use super::pillow::{self, Palette};
use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let broken = |error: tiff::TiffError| DecodeError::broken("TIFF", error);
    let unread = |what: String| DecodeError::broken("TIFF", format!("{what} is not read"));
    let (bytes, indexed) = indices_as_grey(bytes);
    let mut decoder = Decoder::new(Cursor::new(&*bytes)).map_err(broken)?;
    let (width, height) = decoder.dimensions().map_err(broken)?;
    let color = decoder.colortype().map_err(broken)?;
    let bits = color.bit_depth();
    // Extra samples make no more than one sample here: more are refused by the colour type.
    let stored_bytes = u64::from(color.num_samples()) * u64::from(bits).div_ceil(8);
    limits.check("TIFF", width, height, 1 + stored_bytes + 1 + 3)?;

    // Every value of a tag takes a byte of the file, at least.
    let mut tag_limits = tiff::decoder::Limits::default();
    let most_values = bytes
        .len()
        .saturating_mul(size_of::<tiff::decoder::ifd::Value>());
    tag_limits.decoding_buffer_size = tag_limits.decoding_buffer_size.min(most_values);
    let mut decoder = decoder.with_limits(tag_limits);

    let planes: u64 = decoder
        .find_tag_unsigned(Tag::PlanarConfiguration)
        .map_err(broken)?
        .unwrap_or(1);
    let layout = Layout {
        planar: planes == 2,
        associated_alpha: decoder
            .find_tag_unsigned_vec::<u64>(Tag::ExtraSamples)
            .map_err(broken)?
            .is_some_and(|kinds| kinds.first() == Some(&1)),
        jpeg: decoder
            .find_tag_unsigned::<u64>(Tag::Compression)
            .map_err(broken)?
            == Some(7),
    };
    let orientation = decoder
        .find_tag_unsigned::<u64>(Tag::Orientation)
        .map_err(broken)?
        .unwrap_or(1);
    // What is left beside the samples of the whole image, for those of one tile or strip.
    let whole = u64::from(width) * u64::from(height) * stored_bytes;
    let left = Limits {
        max_bytes: limits.max_bytes.saturating_sub(whole),
        ..*limits
    };
    let samples = decoder
        .find_tag_unsigned::<u64>(Tag::SamplesPerPixel)
        .map_err(broken)?
        .unwrap_or(1);
    let (tile_width, _) = decoder.chunk_dimensions();
    // A row of a tile is read as a whole, however little of it is in the image.
    let sample_bytes = u64::from(bits).div_ceil(8);
    left.check("TIFF", tile_width, 1, samples.saturating_mul(sample_bytes))?;
    if layout.jpeg {
        check_jpegs(&bytes, &mut decoder, &left)?;
    }
    let palette = match indexed {
        true => Some(color_map(
            &decoder.get_tag_u16_vec(Tag::ColorMap).map_err(broken)?,
        )),
        false => None,
    };
    let mut tiff_limits = tiff::decoder::Limits::default();
    tiff_limits.decoding_buffer_size = usize::try_from(limits.max_bytes).unwrap_or(usize::MAX);
    tiff_limits.intermediate_buffer_size = tiff_limits.decoding_buffer_size;
    let mut decoder = decoder.with_limits(tiff_limits);
    let mut stored = DecodingResult::U8(vec![]);
    decoder.read_image_to_buffer(&mut stored).map_err(broken)?;

    let pixel_count = width as usize * height as usize;
    let pixels = match (stored, color) {
        (DecodingResult::U8(packed), ColorType::Gray(bits @ (1 | 2 | 4 | 8))) => {
            let samples = pillow::unpack_bits(&packed, width, bits).into_iter();
            let step = (255 / ((1u16 << bits) - 1)) as u8;
            match palette {
                Some(palette) => palette.expand(samples),
                None => pillow::expand_grey(samples.map(|sample| sample * step)),
            }
        }
        (stored, color) if palette.is_some() => match (palette, stored, color) {
            // The second sample is alpha or nothing.
            (
                Some(palette),
                DecodingResult::U8(samples),
                ColorType::Multiband {
                    bit_depth: 8,
                    num_samples: 2,
                },
            ) if planes != 2 => palette.expand(samples.into_iter().step_by(2)),
            _ => return Err(unread(format!("a palette of {color:?}"))),
        },
        (DecodingResult::U16(samples), ColorType::Gray(_)) => {
            pillow::expand_grey(samples.into_iter().map(pillow::clip_16))
        }
        // Wider numbers are clipped, not scaled.
        (DecodingResult::I16(samples), ColorType::Gray(_)) => {
            pillow::expand_grey(samples.into_iter().map(|sample| sample.clamp(0, 255) as u8))
        }
        (DecodingResult::I32(samples), ColorType::Gray(_)) => {
            pillow::expand_grey(samples.into_iter().map(|sample| sample.clamp(0, 255) as u8))
        }
        (DecodingResult::U32(samples), ColorType::Gray(_)) => {
            let signed = samples.into_iter().map(|sample| sample as i32);
            pillow::expand_grey(signed.map(|sample| sample.clamp(0, 255) as u8))
        }
        (DecodingResult::F32(samples), ColorType::Gray(_)) => {
            pillow::expand_grey(samples.into_iter().map(|sample| sample as u8))
        }
        (DecodingResult::U8(samples), color) if bits == 8 => {
            three_channels(&samples, pixel_count, layout, color)
                .ok_or_else(|| unread(format!("{color:?}")))?
        }
        (DecodingResult::U16(samples), color) => {
            // Of wider samples Pillow takes the high byte, before anything else.
            let high: Vec<u8> = samples
                .into_iter()
                .map(|sample| (sample >> 8) as u8)
                .collect();
            three_channels(&high, pixel_count, layout, color)
                .ok_or_else(|| unread(format!("{color:?}")))?
        }
        (_, color) => return Err(unread(format!("{color:?}"))),
    };
    if pixels.len() != pixel_count * 3 {
        return Err(unread(format!("the layout of its samples ({color:?})")));
    }
    Ok(orient(
        RgbImage {
            width,
            height,
            pixels,
        },
        orientation,
    ))
}

/// Checks the sizes of the JPEGs in the file: nothing keeps them to those of the image.
fn check_jpegs(
    bytes: &[u8],
    decoder: &mut Decoder<Cursor<&[u8]>>,
    limits: &Limits,
) -> Result<(), DecodeError> {
    let broken = |error: tiff::TiffError| DecodeError::broken("TIFF", error);
    let mut numbers = |strip: Tag, tile: Tag| {
        let tag = match decoder.get_chunk_type() {
            ChunkType::Strip => strip,
            ChunkType::Tile => tile,
        };
        let numbers = decoder.find_tag_unsigned_vec::<u64>(tag).map_err(broken)?;
        Ok::<_, DecodeError>(numbers.unwrap_or_default())
    };
    let offsets = numbers(Tag::StripOffsets, Tag::TileOffsets)?;
    let lengths = numbers(Tag::StripByteCounts, Tag::TileByteCounts)?;
    let tables = match decoder.find_tag(Tag::JPEGTables).map_err(broken)? {
        Some(tables) => Some(tables.into_u8_vec().map_err(broken)?),
        None => None,
    };
    for (&offset, &length) in offsets.iter().zip(&lengths) {
        let data = usize::try_from(offset).ok().and_then(|at| bytes.get(at..));
        let data = data.unwrap_or_default();
        let data = &data[..usize::try_from(length).map_or(data.len(), |l| l.min(data.len()))];
        match &tables {
            // Without the marker of its end, and the JPEG without that of its start.
            Some(tables) => {
                let mut both = tables[..tables.len().saturating_sub(2)].to_vec();
                both.extend(data.get(2..).unwrap_or_default());
                jpeg::check(&both, limits)?;
            }
            None => jpeg::check(data, limits)?,
        }
    }
    Ok(())
}

/// The decoder refuses indexed colour, though it reads grey of the same bits: the file is passed
/// on as grey where it is indexed. Tells whether it was.
fn indices_as_grey(bytes: &[u8]) -> (Cow<'_, [u8]>, bool) {
    const PHOTOMETRIC: u16 = 262;
    const MIN_IS_BLACK: u16 = 1;
    const INDEXED: u16 = 3;
    let little = bytes.starts_with(b"II");
    let short = |at: usize| {
        let two = *bytes.get(at..)?.first_chunk()?;
        Some(if little {
            u16::from_le_bytes(two)
        } else {
            u16::from_be_bytes(two)
        })
    };
    let long = |at: usize| {
        let four = *bytes.get(at..)?.first_chunk()?;
        Some(if little {
            u32::from_le_bytes(four)
        } else {
            u32::from_be_bytes(four)
        } as usize)
    };
    let find = || {
        // BigTIFF (43) has another layout and is left to the decoder.
        let directory = long(4).filter(|_| short(2) == Some(42))?;
        let entries = usize::from(short(directory)?);
        let entry = (0..entries)
            .map(|nth| directory + 2 + 12 * nth)
            .find(|&entry| short(entry) == Some(PHOTOMETRIC))?;
        Some(entry + 8).filter(|&value| short(value) == Some(INDEXED))
    };
    let Some(value) = find() else {
        return (Cow::Borrowed(bytes), false);
    };
    let mut grey = bytes.to_vec();
    let number = if little {
        MIN_IS_BLACK.to_le_bytes()
    } else {
        MIN_IS_BLACK.to_be_bytes()
    };
    grey[value..value + 2].copy_from_slice(&number);
    (Cow::Owned(grey), true)
}

/// 16-bit reds, then greens, then blues.
fn color_map(map: &[u16]) -> Palette {
    let colours = map.len() / 3;
    let bytes: Vec<u8> = (0..colours)
        .flat_map(|nth| [nth, colours + nth, 2 * colours + nth].map(|at| (map[at] >> 8) as u8))
        .collect();
    Palette::new(&bytes)
}

/// How samples are to be read.
#[derive(Clone, Copy)]
struct Layout {
    /// Plane by plane instead of pixel by pixel.
    planar: bool,
    /// Colours are stored multiplied by their alpha.
    associated_alpha: bool,
    /// Compressed as JPEG, of which libjpeg makes the colours, not Pillow.
    jpeg: bool,
}

/// Samples of 8 bits to RGB. `None` where the colour type or the number of samples is not known.
fn three_channels(
    samples: &[u8],
    pixel_count: usize,
    layout: Layout,
    color: ColorType,
) -> Option<Vec<u8>> {
    let channels = samples.len() / pixel_count;
    if channels * pixel_count != samples.len() {
        return None;
    }
    let needed = match color {
        ColorType::CMYK(_) | ColorType::CMYKA(_) | ColorType::RGBA(_) => 4,
        ColorType::RGB(_) | ColorType::YCbCr(_) => 3,
        // Grey with alpha or with something else beside it.
        ColorType::GrayA(_) | ColorType::Multiband { num_samples: 2, .. } => 1,
        _ => return None,
    };
    if channels < needed {
        return None;
    }
    let sample = |pixel: usize, channel: usize| {
        let at = if layout.planar {
            channel * pixel_count + pixel
        } else {
            pixel * channels + channel
        };
        samples[at]
    };
    let mut pixels = Vec::with_capacity(pixel_count * 3);
    for pixel in 0..pixel_count {
        let [a, b, c, d] = std::array::from_fn(|channel| {
            if channel < needed {
                sample(pixel, channel)
            } else {
                0
            }
        });
        pixels.extend(match color {
            ColorType::CMYK(_) | ColorType::CMYKA(_) => pillow::cmyk_to_rgb([a, b, c, d]),
            ColorType::RGBA(_) if layout.associated_alpha => pillow::unmultiply([a, b, c, d]),
            ColorType::YCbCr(_) if layout.jpeg => pillow::ycc_to_rgb([a, b, c]),
            ColorType::YCbCr(_) => pillow::coarse_ycc_to_rgb([a, b, c]),
            ColorType::RGBA(_) | ColorType::RGB(_) => [a, b, c],
            _ => [a; 3],
        });
    }
    Some(pixels)
}

/// Turns the image as its tag says. Pillow leaves EXIF rotation to the caller in every other
/// format, but loads a TIFF turned.
fn orient(image: RgbImage, orientation: u64) -> RgbImage {
    let (swap, flip_x, flip_y) = match orientation {
        2 => (false, true, false),
        3 => (false, true, true),
        4 => (false, false, true),
        5 => (true, false, false),
        6 => (true, false, true),
        7 => (true, true, true),
        8 => (true, true, false),
        _ => return image,
    };
    let (from_width, from_height) = (image.width as usize, image.height as usize);
    let (width, height) = if swap {
        (image.height, image.width)
    } else {
        (image.width, image.height)
    };
    let mut pixels = Vec::with_capacity(image.pixels.len());
    for y in 0..height as usize {
        for x in 0..width as usize {
            let (x, y) = if swap { (y, x) } else { (x, y) };
            let x = if flip_x { from_width - 1 - x } else { x };
            let y = if flip_y { from_height - 1 - y } else { y };
            let at = (y * from_width + x) * 3;
            pixels.extend(&image.pixels[at..at + 3]);
        }
    }
    RgbImage {
        width,
        height,
        pixels,
    }
}
