//! From a scene graph to the bytes of an image file.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::canvas::Canvas;
use crate::dirt::ImageDirt;
use crate::layout::{Extent, PIXEL};
use crate::rng::{Rng, Subject};
use crate::scene::Scene;
use crate::scene_id::ImageId;
use crate::source::Coding;

/// What one variant of a scene changes, and what is wrong with its file.
struct Variant {
    /// In sixteenths of a pixel.
    shift: (i32, i32),
    /// In percent.
    scale: i32,
    light: i32,
    grain: i32,
    grain_seed: u64,
    jpeg_quality: u8,
}

/// What is wrong with the file of this picture.
pub(crate) fn image_dirt(seed: u64, id: ImageId) -> Option<ImageDirt> {
    // A famous picture is in so many records that it is kept clean.
    id.scene.stretch?;
    ImageDirt::sample(&mut Rng::new(seed, Subject::Variant, id.stream()))
}

/// The bytes of the picture's file; `None` where the file is missing on purpose.
pub(crate) fn image_bytes(seed: u64, id: ImageId, scene: &Scene) -> Option<Vec<u8>> {
    let coding = id.scene.source.coding();
    let dirt = image_dirt(seed, id);
    match dirt {
        Some(ImageDirt::Missing) => return None,
        Some(ImageDirt::Empty) => return Some(Vec::new()),
        Some(ImageDirt::NotAnImage) => return Some(NOT_FOUND_PAGE.to_vec()),
        Some(ImageDirt::Truncated | ImageDirt::GifBytes) | None => {}
    }
    let variant = Variant::new(seed, id, coding);
    let canvas = render(scene, &variant);
    let mut bytes = match (dirt, coding) {
        (Some(ImageDirt::GifBytes), _) => gif(&canvas),
        (_, Coding::Jpeg) => jpeg(&canvas, variant.jpeg_quality),
        (_, Coding::Png) => png(&canvas),
    };
    if dirt == Some(ImageDirt::Truncated) {
        bytes.truncate(bytes.len() / 2);
    }
    Some(bytes)
}

const NOT_FOUND_PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>\
    <body><h1>Not Found</h1></body></html>\n";

impl Variant {
    fn new(seed: u64, id: ImageId, coding: Coding) -> Self {
        let mut rng = Rng::new(seed, Subject::Variant, id.stream());
        // The dirt is drawn first from the same stream, so that it does not depend on what follows.
        let _ = ImageDirt::sample(&mut rng);
        let grain = match coding {
            Coding::Jpeg => rng.between(0, 10),
            // Grain makes a PNG five times as large.
            Coding::Png => 0,
        };
        let (shift, scale, light) = if id.variant == 0 {
            ((0, 0), 100, 0)
        } else {
            let shift = (
                rng.between(-3 * PIXEL, 3 * PIXEL),
                rng.between(-3 * PIXEL, 3 * PIXEL),
            );
            (shift, rng.between(95, 103), rng.between(-10, 10))
        };
        let jpeg_quality = rng.between(55, 95) as u8;
        Self {
            shift,
            scale,
            light,
            grain,
            grain_seed: rng.word(),
            jpeg_quality,
        }
    }
}

fn render(scene: &Scene, variant: &Variant) -> Canvas {
    let background = scene.background;
    let height = scene.extent.height;
    let mut canvas = Canvas::filled(scene.extent, |x, y| background.rgb_at(x, y, height));
    for object in &scene.objects {
        let mut moved = *object;
        moved.centre.0 += variant.shift.0;
        moved.centre.1 += variant.shift.1;
        moved.radius = moved.radius * variant.scale / 100;
        canvas.draw(&moved);
    }
    canvas.light_and_grain(variant.light, variant.grain, variant.grain_seed);
    canvas
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

fn gif(canvas: &Canvas) -> Vec<u8> {
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
