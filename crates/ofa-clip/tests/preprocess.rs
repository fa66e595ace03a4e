//! Pixels against Pillow and `transformers`: equal to the bit.

use ofa_clip::{Filter, Preprocessor, resize_rgb};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const CASES: &str = include_str!("../../../tests/goldens/preprocess/cases.json");

#[derive(Deserialize)]
struct Cases {
    configs: BTreeMap<String, serde_json::Value>,
    resizes: Vec<Resize>,
    processed: Vec<Processed>,
}

#[derive(Deserialize)]
struct Resize {
    seed: u64,
    width: usize,
    height: usize,
    new_width: usize,
    new_height: usize,
    resample: u8,
    sha256: String,
}

#[derive(Deserialize)]
struct Processed {
    config: String,
    seed: u64,
    width: usize,
    height: usize,
    shape: [usize; 3],
    pixels_sha256: String,
    pixel_values_sha256: String,
}

/// The formula of the golden's `generate.py`.
fn pixels(seed: u64, width: usize, height: usize) -> Vec<u8> {
    let value = |index: u64| {
        let mut x = (index * 2_654_435_761 + seed * 40_503) & 0xFFFF_FFFF;
        x ^= x >> 15;
        x = (x * 2_246_822_519) & 0xFFFF_FFFF;
        x ^= x >> 13;
        let noise = ((x >> 8) & 255) as u8;
        match (index / 64) % 4 {
            3 if noise < 128 => 0,
            3 => 255,
            _ => noise,
        }
    };
    (0..(3 * width * height) as u64).map(value).collect()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn resizing_equals_pillow() {
    let cases: Cases = serde_json::from_str(CASES).unwrap();
    assert!(cases.resizes.len() > 200);
    for case in cases.resizes {
        let filter = match case.resample {
            1 => Filter::Lanczos,
            2 => Filter::Bilinear,
            3 => Filter::Bicubic,
            4 => Filter::Box,
            5 => Filter::Hamming,
            other => panic!("no filter {other}"),
        };
        let (width, height) = (case.new_width, case.new_height);
        let source = pixels(case.seed, case.width, case.height);
        let found = resize_rgb(case.width, case.height, &source, width, height, filter).unwrap();
        assert_eq!(
            sha256(&found),
            case.sha256,
            "{}x{} to {width}x{height}, {filter:?}",
            case.width,
            case.height
        );
    }
}

#[test]
fn pixel_values_equal_transformers() {
    let cases: Cases = serde_json::from_str(CASES).unwrap();
    assert!(cases.processed.len() > 200);
    for case in cases.processed {
        let config = cases.configs[&case.config].to_string();
        let preprocessor = Preprocessor::from_json(config.as_bytes()).unwrap();
        let (height, width) = preprocessor.output_size();
        assert_eq!([3, height, width], case.shape);
        let source = pixels(case.seed, case.width, case.height);
        let place = format!("{} on {}x{}", case.config, case.width, case.height);
        let found = preprocessor
            .pixels(case.width, case.height, &source)
            .unwrap();
        assert_eq!(sha256(&found), case.pixels_sha256, "pixels of {place}");
        let found = preprocessor
            .pixel_values(case.width, case.height, &source)
            .unwrap();
        let bytes: Vec<u8> = found.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(
            sha256(&bytes),
            case.pixel_values_sha256,
            "pixel_values of {place}"
        );
    }
}

#[test]
fn an_image_must_have_pixels() {
    let preprocessor = Preprocessor::from_json(b"{}").unwrap();
    let message = |width, height, bytes| {
        let result = preprocessor.pixel_values(width, height, &vec![0; bytes]);
        result.unwrap_err().to_string()
    };
    assert_eq!(message(0, 5, 0), "image of 0x5 pixels: it has no pixels");
    assert_eq!(
        message(2, 2, 11),
        "image of 2x2 pixels: expected 3 bytes for each pixel, found 11 bytes"
    );
    assert!(message(usize::MAX, 2, 11).contains("found 11 bytes"));
    assert!(resize_rgb(1, 1, &[0; 3], 0, 1, Filter::Bicubic).is_err());
    let mut short = vec![0.0; 7];
    let result = preprocessor.pixel_values_into(1, 1, &[0; 3], &mut short);
    assert!(result.unwrap_err().to_string().contains("150528 values"));
}

#[test]
fn without_resize_and_crop_only_the_right_size_passes() {
    let config = br#"{"do_center_crop": false, "size": {"height": 2, "width": 3}}"#;
    let preprocessor = Preprocessor::from_json(config).unwrap();
    assert_eq!(preprocessor.output_size(), (2, 3));
    assert_eq!(preprocessor.pixels(1, 1, &[9; 3]).unwrap(), vec![9; 18]);
}
