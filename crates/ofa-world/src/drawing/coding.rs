//! From pixels to the bytes of an image file.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::canvas::Canvas;
use super::layout::Extent;
use super::variation::Variation;

/// How the images of a source are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Jpeg,
    Png,
}

impl Coding {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// Lights and grains a drawn scene and codes it.
pub(crate) fn code(canvas: &mut Canvas, coding: Coding, variation: &Variation) -> Vec<u8> {
    canvas.light_and_grain(variation.light, variation.grain, variation.grain_seed);
    match coding {
        Coding::Jpeg => jpeg(canvas, variation.jpeg_quality),
        Coding::Png => png(canvas),
    }
}

fn encode(canvas: &Canvas, encoder: impl ImageEncoder) {
    let Extent { width, height } = canvas.extent;
    encoder
        .write_image(
            &canvas.pixels,
            width as u32,
            height as u32,
            ExtendedColorType::Rgb8,
        )
        .expect("a picture with three bytes for each pixel can always be coded into memory");
}

fn jpeg(canvas: &Canvas, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(canvas, JpegEncoder::new_with_quality(&mut bytes, quality));
    bytes
}

fn png(canvas: &Canvas) -> Vec<u8> {
    let mut bytes = Vec::new();
    // `Fast` compresses with fdeflate. The other levels go through flate2, whose bytes depend on
    // which of its backends another crate of the build has chosen.
    let compression = CompressionType::Fast;
    encode(
        canvas,
        PngEncoder::new_with_quality(&mut bytes, compression, FilterType::Adaptive),
    );
    bytes
}

/// GIF bytes of a drawn scene, lit and grained.
pub(crate) fn gif(canvas: &mut Canvas, variation: &Variation) -> Vec<u8> {
    canvas.light_and_grain(variation.light, variation.grain, variation.grain_seed);
    let mut bytes = Vec::new();
    let Extent { width, height } = canvas.extent;
    GifEncoder::new_with_speed(&mut bytes, 10)
        .encode(
            &canvas.pixels,
            width as u32,
            height as u32,
            ExtendedColorType::Rgb8,
        )
        .expect("a picture with three bytes for each pixel can always be coded into memory");
    bytes
}
