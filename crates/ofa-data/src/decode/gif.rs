//! GIF, its first frame.

use gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::pillow::Palette;
use super::{DecodeError, Limits, RgbImage};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let broken = |error: gif::DecodingError| DecodeError::broken("GIF", error);
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.allow_unknown_blocks(true);
    // The frame is checked below, before anything is allocated for it.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder = options.read_info(whole_blocks(bytes)).map_err(broken)?;
    let screen = (u32::from(decoder.width()), u32::from(decoder.height()));

    let frame = decoder
        .next_frame_info()
        .map_err(broken)?
        .ok_or_else(|| DecodeError::broken("GIF", "there is no image in it"))?;
    let (x, y) = (usize::from(frame.left), usize::from(frame.top));
    let (frame_width, frame_height) = (usize::from(frame.width), usize::from(frame.height));
    // A frame may be larger than the screen; the screen then grows.
    let width = screen.0.max((x + frame_width) as u32);
    let height = screen.1.max((y + frame_height) as u32);
    limits.check("GIF", width, height, 1 + 1 + 3)?;
    if frame_width == 0 || frame_height == 0 {
        return Err(DecodeError::broken("GIF", "the first frame has no pixels"));
    }
    // What the frame leaves free has the transparent colour, which counts like any other.
    let free = frame.transparent.unwrap_or(0);
    let local = frame.palette.clone();

    let mut indices = vec![0; frame_width * frame_height];
    decoder.read_into_buffer(&mut indices).map_err(broken)?;
    let palette = local.or_else(|| decoder.global_palette().map(<[u8]>::to_vec));
    let palette = to_palette(&palette.unwrap_or_default());

    let whole =
        (x, y) == (0, 0) && (width as usize, height as usize) == (frame_width, frame_height);
    if !whole {
        let mut canvas = vec![free; width as usize * height as usize];
        let lines = canvas.chunks_exact_mut(width as usize).skip(y);
        for (line, from) in lines.zip(indices.chunks_exact(frame_width)) {
            line[x..x + frame_width].copy_from_slice(from);
        }
        indices = canvas;
    }
    Ok(RgbImage {
        width,
        height,
        pixels: palette.expand(indices.into_iter()),
    })
}

/// The bytes up to a block of image data that is cut off, of which Pillow reads nothing.
fn whole_blocks(bytes: &[u8]) -> &[u8] {
    let table = |flags: u8| match flags {
        0x80.. => 3 << ((flags & 7) + 1),
        _ => 0,
    };
    let mut at = 13 + bytes.get(10).map_or(0, |&flags| table(flags));
    loop {
        match bytes.get(at) {
            Some(b'!') => at += 2,
            Some(b',') => {
                at += 11 + bytes.get(at + 9).map_or(0, |&flags| table(flags));
            }
            Some(b';') | None => return bytes,
            // Between blocks anything else is passed over.
            Some(_) => {
                at += 1;
                continue;
            }
        }
        while let Some(&length @ 1..) = bytes.get(at) {
            let next = at + 1 + usize::from(length);
            if next > bytes.len() {
                return &bytes[..at];
            }
            at = next;
        }
        at += 1;
    }
}

/// Where the colours count up from black in grey, or there are none, Pillow reads the indices as
/// grey levels, also those beyond the last colour.
fn to_palette(colours: &[u8]) -> Palette {
    let counts_up = colours
        .as_chunks::<3>()
        .0
        .iter()
        .zip(0u8..)
        .all(|(colour, level)| *colour == [level; 3]);
    if counts_up {
        Palette::grey()
    } else {
        Palette::new(colours)
    }
}
