//! From image files and texts to embeddings, against `transformers`, on every native backend.
//!
//! One test body; PNG and lossless WebP must agree to 1e-3 and a cosine of 0.99999, JPEG and
//! lossy WebP, where decoders may differ by a level, to a cosine of 0.9995.

#[path = "../../crates/ofa-clip/tests/golden/mod.rs"]
mod golden;

use golden::{Golden, Rows, worst};
use ofa_backends::Backend;

const MODELS: [&str; 4] = ["quick-gelu", "gelu-f16", "gelu-bf16-sharded", "one-layer"];

fn parity(backend: Backend) {
    for name in MODELS {
        let golden = Golden::load(name);
        let encoder = backend
            .encoder(&golden.config(), &golden.checkpoint())
            .unwrap();
        let images = |wanted: fn(&str) -> bool| {
            let (values, expected) = golden.images(wanted, decode);
            let found = encoder.encode_images(&values, expected.len());
            worst(&found.unwrap(), &expected)
        };
        let (values, expected) = golden.images(is_lossless, decode);
        let found = encoder.encode_images(&values, expected.len()).unwrap();
        let images_found: Rows = found
            .chunks_exact(expected[0].len())
            .map(<[f32]>::to_vec)
            .collect();
        let (cosine, difference) = images(is_lossless);
        println!("{backend:?} {name} lossless: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.99999 && difference <= 1e-3);

        let (cosine, difference) = images(|name| !is_lossless(name));
        println!("{backend:?} {name} lossy: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.9995);

        let (ids, expected) = golden.texts();
        let found = encoder.encode_texts(&ids).unwrap();
        let (cosine, difference) = worst(&found, &expected);
        println!("{backend:?} {name} texts: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.99999 && difference <= 1e-3);

        // One alone takes other kernels than a batch does.
        let one = |ids| encoder.encode_texts(std::slice::from_ref(ids));
        let alone: Rows = ids.iter().map(|ids| one(ids).unwrap()).collect();
        let (cosine, difference) = worst(&found, &alone);
        println!("{backend:?} {name} texts alone: cosine {cosine:.8}, difference {difference:.1e}");
        assert!(cosine >= 0.99999 && difference <= 1e-4);
        let (values, _) = golden.images(is_lossless, decode);
        let image_len = values.len() / images_found.len();
        let one = |image| encoder.encode_images(image, 1).unwrap();
        let alone: Rows = values.chunks_exact(image_len).map(one).collect();
        let (cosine, difference) = worst(&images_found.concat(), &alone);
        println!(
            "{backend:?} {name} images alone: cosine {cosine:.8}, difference {difference:.1e}"
        );
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
    parity(Backend::Flex);
}

#[test]
fn candle() {
    parity(Backend::Candle);
}

/// On the machine's GPU, or on a software one (Mesa's lavapipe) where there is none.
#[test]
fn wgpu() {
    parity(Backend::Wgpu);
}
