//! JPEG whose planes are put together here.
//!
//! The decoder does it for grey and for colour whose first component is the finest. With four
//! components, or a coarse first one, it enlarges wrongly or not at all.

use libjpeg_turbo_rs::{ColorSpace, Decoder};

use super::broken;
use super::upsample::{Plane, enlarge_row};
use crate::decode::{DecodeError, pillow};

/// Whether the decoder leaves this image to [`decode`].
pub(super) fn wanted(decoder: &Decoder<'_>) -> bool {
    let components = &decoder.header().components;
    let coarse = components.first().is_some_and(|first| {
        components.iter().any(|other| {
            other.horizontal_sampling > first.horizontal_sampling
                || other.vertical_sampling > first.vertical_sampling
        })
    });
    components.len() == 4 || coarse
}

/// The pixels of an image of three or four components.
pub(super) fn decode(decoder: Decoder<'_>) -> Result<Vec<u8>, DecodeError> {
    let space = decoder.jpeg_color_space();
    let factors: Vec<[usize; 2]> = decoder
        .header()
        .components
        .iter()
        .map(|one| [one.horizontal_sampling, one.vertical_sampling].map(usize::from))
        .collect();
    let most = [0, 1].map(|axis| factors.iter().map(|of| of[axis]).max().unwrap_or(1));
    let whole_steps = |of: &[usize; 2]| {
        of.iter()
            .zip(most)
            .all(|(&of, most)| of > 0 && most % of == 0)
    };
    if !factors.iter().all(whole_steps) {
        return Err(broken("subsampling by a fraction is not read"));
    }
    let raw = decoder.decode_raw().map_err(broken)?;
    let planes: Vec<Plane<'_>> = factors
        .iter()
        .zip(raw.planes.iter().zip(&raw.plane_widths))
        .map(|(of, (samples, &stride))| Plane {
            samples,
            stride,
            width: (raw.width * of[0]).div_ceil(most[0]),
            height: (raw.height * of[1]).div_ceil(most[1]),
            times: [most[0] / of[0], most[1] / of[1]],
        })
        .collect();

    let mut rows = vec![vec![]; planes.len()];
    let mut pixels = Vec::with_capacity(raw.width * raw.height * 3);
    for y in 0..raw.height {
        for (row, plane) in rows.iter_mut().zip(&planes) {
            enlarge_row(plane, y, row);
        }
        let pixel = |x: usize, nth: usize| rows[nth][x];
        for x in 0..raw.width {
            let three = [pixel(x, 0), pixel(x, 1), pixel(x, 2)];
            // Ink is stored inverted by Adobe's programs, and Pillow counts on it. The conversion
            // undoes the inversion of the three colours, but not that of black.
            let inks = match space {
                ColorSpace::YCbCr => {
                    pixels.extend(pillow::ycc_to_rgb(three));
                    continue;
                }
                ColorSpace::Ycck => pillow::ycc_to_rgb(three),
                ColorSpace::Cmyk => three.map(|ink| 255 - ink),
                _ => {
                    pixels.extend(three);
                    continue;
                }
            };
            let [cyan, magenta, yellow] = inks;
            let black = 255 - pixel(x, 3);
            pixels.extend(pillow::cmyk_to_rgb([cyan, magenta, yellow, black]));
        }
    }
    Ok(pixels)
}
