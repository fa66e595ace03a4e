//! From image files and texts to embeddings, against `transformers`, on every native backend.
//!
//! One test body; PNG and lossless WebP must agree to 1e-3 and a cosine of 0.99999, JPEG and
//! lossy WebP, where decoders may differ by a level, to a cosine of 0.9995.

// burn-candle is deprecated upstream; it stays as an independent CPU backend to compare with.
#![allow(deprecated)]

#[path = "../../crates/ofa-clip/tests/golden/mod.rs"]
mod golden;

use burn::tensor::backend::Backend;
use golden::{Golden, Rows, worst};

const MODELS: [&str; 4] = ["quick-gelu", "gelu-f16", "gelu-bf16-sharded", "one-layer"];

fn parity<B: Backend>(backend: &str, device: &B::Device) {
    for name in MODELS {
        let golden = Golden::load(name);
        let encoder = golden.encoder::<B>(device);
        let images = |wanted: fn(&str) -> bool| {
            let (values, expected) = golden.images(wanted, decode);
            let found = pollster::block_on(encoder.encode_images(&values, expected.len()));
            worst(&found.unwrap(), &expected)
        };
        let (values, expected) = golden.images(is_lossless, decode);
        let found = pollster::block_on(encoder.encode_images(&values, expected.len())).unwrap();
        let images_found: Rows = found
            .chunks_exact(expected[0].len())
            .map(<[f32]>::to_vec)
            .collect();
        let (cosine, difference) = images(is_lossless);
        println!("{backend} {name} lossless: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.99999 && difference <= 1e-3);

        let (cosine, difference) = images(|name| !is_lossless(name));
        println!("{backend} {name} lossy: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.9995);

        let (ids, expected) = golden.texts();
        let found = pollster::block_on(encoder.encode_texts(&ids)).unwrap();
        let (cosine, difference) = worst(&found, &expected);
        println!("{backend} {name} texts: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.99999 && difference <= 1e-3);

        // One alone takes other kernels than a batch does.
        let one = |ids| pollster::block_on(encoder.encode_texts(std::slice::from_ref(ids)));
        let alone: Rows = ids.iter().map(|ids| one(ids).unwrap()).collect();
        let (cosine, difference) = worst(&found, &alone);
        println!("{backend} {name} texts alone: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.99999 && difference <= 1e-4);
        let (values, _) = golden.images(is_lossless, decode);
        let image_len = values.len() / images_found.len();
        let one = |image| pollster::block_on(encoder.encode_images(image, 1)).unwrap();
        let alone: Rows = values.chunks_exact(image_len).map(one).collect();
        let (cosine, difference) = worst(&images_found.concat(), &alone);
        println!("{backend} {name} images alone: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.99999 && difference <= 1e-4);
    }
}

fn is_lossless(name: &str) -> bool {
    name.ends_with(".png") || name == "lossless.webp"
}

fn decode(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let image = ofa_data::decode(bytes).unwrap();
    (image.width as usize, image.height as usize, image.pixels)
}

#[test]
fn flex() {
    parity::<burn_flex::Flex>("flex", &burn_flex::FlexDevice);
}

#[test]
fn candle() {
    parity::<burn_candle::Candle>("candle", &burn_candle::CandleDevice::Cpu);
}

/// On the machine's GPU, or on a software one (Mesa's lavapipe) where there is none.
#[test]
fn wgpu() {
    parity::<burn_wgpu::Wgpu>("wgpu", &burn_wgpu::WgpuDevice::default());
}
