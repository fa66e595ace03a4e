//! JPEG.

mod planes;
mod upsample;

use libjpeg_turbo_rs::{DecodeLimits, DecodeWarning, Decoder, PixelFormat};
use memchr::memchr;

use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let (frame, end) = checked(bytes, limits)?;
    let decoder = prepare(bytes, limits)?;
    let header = decoder.header();
    let size = [header.width, header.height].map(u32::from);
    if size != [frame.width, frame.height] {
        return Err(broken("two frame headers"));
    }
    let by_planes = planes::wanted(&decoder);
    let cut = || broken("cut off: there is no end marker");
    match end {
        End::Marked => {}
        End::Open if frame.progressive || by_planes => return Err(cut()),
        End::Open => {
            // Without an end marker libjpeg waits for more, unless it can look far enough beyond
            // the last pixel.
            let without_ahead = bytes.len().saturating_sub(LOOK_AHEAD).max(frame.scan);
            let image = prepare(&bytes[..without_ahead], limits)?
                .decode_image()
                .map_err(broken)?;
            let cut_short = |warning: &_| matches!(warning, DecodeWarning::TruncatedData { .. });
            if image.warnings.iter().any(cut_short) {
                return Err(cut());
            }
        }
    }
    let pixels = match by_planes {
        true => planes::decode(decoder)?,
        false => decoder.decode_image().map_err(broken)?.data,
    };
    Ok(RgbImage {
        width: frame.width,
        height: frame.height,
        pixels,
    })
}

/// Checks the size of a JPEG that another decoder is to read, before it allocates anything.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    checked(bytes, limits).map(|_| ())
}

fn checked(bytes: &[u8], limits: &Limits) -> Result<(Frame, End), DecodeError> {
    let frame = walk_to_scan(bytes)?;
    let end = end_of(bytes, frame.scan)?;
    let components = u64::from(frame.components);
    // A progressive image is held as 16-bit coefficients until its last scan.
    let coefficients = if frame.progressive { components * 2 } else { 0 };
    limits.check(
        "JPEG",
        frame.width,
        frame.height,
        coefficients + components + 3,
    )?;
    Ok((frame, end))
}

/// With how many bytes to come libjpeg never has to wait: it fills a register of 64 bits.
const LOOK_AHEAD: usize = 7;

fn broken(problem: impl ToString) -> DecodeError {
    DecodeError::broken("JPEG", problem)
}

/// A decoder with the settings that are libjpeg's defaults: damage within the data costs pixels,
/// not the image.
fn prepare<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Decoder<'a>, DecodeError> {
    let bounds = DecodeLimits {
        max_width: 1 << 16,
        max_height: 1 << 16,
        max_pixels: limits.max_pixels,
        ..DecodeLimits::default()
    };
    let mut decoder = Decoder::new_with_limits(bytes, bounds).map_err(broken)?;
    decoder.set_lenient(true);
    decoder.set_block_smoothing(true);
    decoder.set_output_format(PixelFormat::Rgb);
    Ok(decoder)
}

/// How the data ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With an end marker.
    Marked,
    /// With the file.
    Open,
}

/// Goes through the markers after the start of the first scan.
///
/// # Errors
/// A marker that makes libjpeg give up: the start of another image, a second frame header, or
/// one that means nothing.
fn end_of(bytes: &[u8], scan: usize) -> Result<End, DecodeError> {
    let mut at = scan;
    let skip_segment = |at: usize| match bytes.get(at..at + 2) {
        Some(length) => at + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2),
        None => bytes.len(),
    };
    at = skip_segment(at);
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(0xff, rest)) {
        at += found;
        at += bytes[at..].iter().take_while(|&&byte| byte == 0xff).count();
        let Some(&marker) = bytes.get(at) else { break };
        at += 1;
        match marker {
            0 | 0x01 | 0xd0..=0xd7 => {}
            0xd9 => return Ok(End::Marked),
            0xd8 => return Err(broken("another image begins within the first")),
            0xc4 | 0xcc | 0xda..=0xdd | 0xe0..=0xef | 0xfe => at = skip_segment(at),
            0xc0..=0xcf => return Err(broken("a second frame header")),
            _ => return Err(broken(format_args!("unknown marker 0x{marker:02x}"))),
        }
    }
    Ok(End::Open)
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
    let cut = || broken("cut off before the first scan");
    let mut frame = Frame {
        width: 0,
        height: 0,
        components: 0,
        progressive: false,
        scan: 0,
    };
    let mut at = 2;
    loop {
        at += memchr(0xff, bytes.get(at..).ok_or_else(cut)?).ok_or_else(cut)?;
        at += bytes[at..].iter().take_while(|&&byte| byte == 0xff).count();
        let marker = *bytes.get(at).ok_or_else(cut)?;
        at += 1;
        match marker {
            0 | 0x01 | 0xd0..=0xd8 => continue,
            0x02..=0xbf => return Err(broken(format_args!("unknown marker 0x{marker:02x}"))),
            _ => {}
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
