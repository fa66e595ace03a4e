//! How fast images are decoded, on one core.
//!
//! `cargo bench -p ofa-data --bench decode -- [FILE...]` takes the files, or else a generated
//! image of 640x480 in the formats that can be written here.

use std::io::Cursor;
use std::time::{Duration, Instant};

use image::{ImageFormat, RgbImage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let benchmark = arguments.iter().any(|argument| argument == "--bench");
    let files: Vec<_> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let mut images = vec![];
    for file in files {
        images.push((file.clone(), std::fs::read(file)?));
    }
    if images.is_empty() {
        let image = scene();
        for (name, format) in [
            ("JPEG", ImageFormat::Jpeg),
            ("PNG", ImageFormat::Png),
            ("lossless WebP", ImageFormat::WebP),
            ("BMP", ImageFormat::Bmp),
        ] {
            let mut bytes = vec![];
            image.write_to(&mut Cursor::new(&mut bytes), format)?;
            images.push((name.to_owned(), bytes));
        }
    }
    let span = if benchmark {
        Duration::from_secs(2)
    } else {
        Duration::ZERO
    };
    for (name, bytes) in images {
        let start = Instant::now();
        let mut rounds = 0;
        let image = loop {
            let image = ofa_data::decode(&bytes)?;
            rounds += 1;
            if start.elapsed() >= span {
                break image;
            }
        };
        let milliseconds = start.elapsed().as_secs_f64() * 1e3 / f64::from(rounds);
        println!(
            "{name}: {}x{}, {} KB: {milliseconds:.2} ms",
            image.width,
            image.height,
            bytes.len() / 1000
        );
    }
    Ok(())
}

/// Gradients and edges with some noise, so that compression has ordinary work.
fn scene() -> RgbImage {
    let mut state = 1u32;
    RgbImage::from_fn(640, 480, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 28) as f32;
        let wave = |frequency: f32| 110.0 + 100.0 * (x as f32 * frequency + y as f32 / 40.0).sin();
        let edge = if (x / 32 + y / 32) % 5 == 0 {
            40.0
        } else {
            0.0
        };
        image::Rgb([0.01, 0.03, 0.1].map(|frequency| (wave(frequency) * 0.8 + edge + noise) as u8))
    })
}
