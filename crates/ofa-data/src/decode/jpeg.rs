//! JPEG.

use memchr::memmem;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::pillow;
use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let broken = |problem: &dyn std::fmt::Display| DecodeError::broken("JPEG", problem);
    let frame = walk_to_scan(bytes)?;
    // The decoder would fill what is missing with grey. libjpeg waits for the end marker too.
    if memmem::find(&bytes[frame.scan..], &[0xff, 0xd9]).is_none() {
        return Err(broken(&"cut off: there is no end marker"));
    }
    // A progressive image is held as 16-bit coefficients until its last scan.
    let coefficients = if frame.progressive {
        u64::from(frame.components) * 2
    } else {
        0
    };
    let samples = u64::from(frame.components.max(3));
    let converted = if frame.components == 4 { 3 } else { 0 };
    limits.check(
        "JPEG",
        frame.width,
        frame.height,
        coefficients + samples + converted,
    )?;

    let options = DecoderOptions::default()
        .set_max_width(1 << 16)
        .set_max_height(1 << 16);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| broken(&error))?;
    let stored = decoder.input_colorspace().expect("the headers are decoded");
    let wanted = match stored {
        ColorSpace::CMYK | ColorSpace::YCCK => stored,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let decoded = decoder.decode().map_err(|error| broken(&error))?;
    let pixels = match wanted {
        // Such files come from Adobe programs, which store ink inverted; Pillow counts on it.
        ColorSpace::CMYK => four_to_rgb(&decoded, |stored| stored.map(|ink| 255 - ink)),
        // The conversion undoes the inversion of the three colours, but not that of black.
        ColorSpace::YCCK => four_to_rgb(&decoded, |[y, cb, cr, black]| {
            let [red, green, blue] = pillow::ycc_to_rgb([y, cb, cr]);
            [red, green, blue, 255 - black]
        }),
        _ => decoded,
    };
    Ok(RgbImage {
        width: frame.width,
        height: frame.height,
        pixels,
    })
}

/// What the headers up to the first scan say.
struct Frame {
    width: u32,
    height: u32,
    components: u8,
    progressive: bool,
    /// Where the first scan begins.
    scan: usize,
}

fn walk_to_scan(bytes: &[u8]) -> Result<Frame, DecodeError> {
    let cut = || DecodeError::broken("JPEG", "cut off before the first scan");
    let mut frame = Frame {
        width: 0,
        height: 0,
        components: 0,
        progressive: false,
        scan: 0,
    };
    let mut at = 2;
    loop {
        at += memchr::memchr(0xff, bytes.get(at..).ok_or_else(cut)?).ok_or_else(cut)?;
        at += bytes[at..].iter().take_while(|&&byte| byte == 0xff).count();
        let marker = *bytes.get(at).ok_or_else(cut)?;
        at += 1;
        if matches!(marker, 0 | 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let segment = &bytes[at..];
        let length = segment.first_chunk().ok_or_else(cut)?;
        match (marker, segment) {
            (0xda, _) => {
                frame.scan = at;
                return Ok(frame);
            }
            // Start of frame, of whatever coding, except the three codes that mean other things.
            (0xc0..=0xcf, [_, _, _, h1, h0, w1, w0, components, ..])
                if !matches!(marker, 0xc4 | 0xc8 | 0xcc) =>
            {
                frame.width = u16::from_be_bytes([*w1, *w0]).into();
                frame.height = u16::from_be_bytes([*h1, *h0]).into();
                frame.components = *components;
                frame.progressive = marker & 3 == 2;
            }
            _ => {}
        }
        at += usize::from(u16::from_be_bytes(*length)).max(2);
    }
}

fn four_to_rgb(stored: &[u8], to_cmyk: impl Fn([u8; 4]) -> [u8; 4]) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(stored.len() / 4 * 3);
    for &pixel in stored.as_chunks::<4>().0 {
        pixels.extend(pillow::cmyk_to_rgb(to_cmyk(pixel)));
    }
    pixels
}
