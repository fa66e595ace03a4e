//! Embeddings against `transformers`, on the CPU backend.

mod golden;

use burn_flex::{Flex, FlexDevice};
use golden::{Golden, Rows, worst};
use ofa_clip::{Checkpoint, ClipConfig, ClipEncoder, VisionTower};
use ofa_products::OfThisLibrary;
use std::sync::Arc;

type Encoder = ClipEncoder<Flex>;

fn load(golden: &Golden) -> Encoder {
    Encoder::load(&golden.config(), &golden.checkpoint(), &FlexDevice).unwrap()
}

/// Images that the decoder here reads as Pillow does: all but those with losses, and one with
/// a transparent colour. `tests/tests/encoder_parity.rs` reads all, with the project's decoder.
fn is_lossless(name: &str) -> bool {
    let lossless = name.ends_with(".png") || name == "lossless.webp";
    lossless && name != "palette-transparent.png"
}

fn decode(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let image = image::load_from_memory(bytes).unwrap().to_rgb8();
    (
        image.width() as usize,
        image.height() as usize,
        image.into_raw(),
    )
}

/// With the products of the machine, and with those that a browser may give.
fn check(name: &str) {
    let golden = Golden::load(name);
    check_encoder(name, &golden, &load(&golden));
    let given = Encoder::load_with_products(
        &golden.config(),
        &golden.checkpoint(),
        &FlexDevice,
        Some(Arc::new(OfThisLibrary)),
    );
    check_encoder(&format!("{name}, products given"), &golden, &given.unwrap());
}

fn check_encoder(name: &str, golden: &Golden, encoder: &Encoder) {
    let (images, expected) = golden.images(is_lossless, decode);
    let found = pollster::block_on(encoder.encode_images(&images, expected.len())).unwrap();
    let (cosine, difference) = worst(&found, &expected);
    println!("{name} images: cosine {cosine:.9}, difference {difference:.2e}");
    assert!(cosine >= 0.99999 && difference <= 1e-3);

    let (texts, expected) = golden.texts();
    let found = pollster::block_on(encoder.encode_texts(&texts)).unwrap();
    let (cosine, difference) = worst(&found, &expected);
    println!("{name} texts: cosine {cosine:.9}, difference {difference:.2e}");
    assert!(cosine >= 0.99999 && difference <= 1e-3);
}

#[test]
fn quick_gelu_and_the_old_end_token_rule() {
    check("quick-gelu");
}

#[test]
fn gelu_in_f16_with_a_crop_larger_than_the_image() {
    check("gelu-f16");
}

#[test]
fn gelu_in_bf16_in_shards() {
    check("gelu-bf16-sharded");
}

#[test]
fn a_single_layer() {
    check("one-layer");
}

#[test]
fn patches_have_the_features_of_the_layer_before_the_last() {
    for name in ["quick-gelu", "gelu-f16", "gelu-bf16-sharded", "one-layer"] {
        let golden = Golden::load(name);
        let config = ClipConfig::from_json(&golden.config).unwrap();
        let tower = VisionTower::<Flex>::load(&config, &golden.checkpoint(), &FlexDevice).unwrap();
        let (images, _) = golden.images(is_lossless, decode);
        let expected = golden.patch_features(is_lossless);
        let found = tower.patch_features(&images, expected.len(), &FlexDevice);
        let found = found.unwrap();
        let patches = config.vision.patches_per_side().pow(2);
        assert_eq!(
            found.dims(),
            [expected.len(), patches, config.vision.hidden_size]
        );
        let found = found.into_data().into_vec::<f32>().unwrap();
        let expected = expected.concat();
        assert_eq!(found.len(), expected.len());
        let size = (expected.iter()).fold(0.0_f32, |most, value| most.max(value.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            let apart = (found - expected).abs();
            assert!(apart <= 1e-5 * size, "{name}: {found} for {expected}");
        }
        assert!(tower.patch_features(&images[1..], 2, &FlexDevice).is_err());
    }
}

#[test]
fn tensors_give_what_slices_give() {
    let golden = Golden::load("gelu-f16");
    let encoder = load(&golden);
    let (images, expected) = golden.images(is_lossless, decode);
    let size = encoder.config().vision.image_size;
    let n = expected.len();
    let slices = pollster::block_on(encoder.encode_images(&images, n)).unwrap();
    let data = burn::tensor::TensorData::new(images, [n, 3, size, size]);
    let tensor = burn::tensor::Tensor::<Flex, 4>::from_data(data, &FlexDevice);
    let tensors = encoder.image_embeddings(tensor).into_data();
    assert_eq!(tensors.into_vec::<f32>().unwrap(), slices);

    let ids = vec![vec![5, 6, 1513], vec![7, 1513, 1513]];
    let slices = pollster::block_on(encoder.encode_texts(&ids)).unwrap();
    let data = burn::tensor::TensorData::new(vec![5, 6, 1513, 7, 1513, 9], [2, 3]);
    let tensor = burn::tensor::Tensor::<Flex, 2, burn::tensor::Int>::from_data(data, &FlexDevice);
    let tensors = encoder.text_embeddings(tensor, &[2, 1]).into_data();
    assert_eq!(tensors.into_vec::<f32>().unwrap(), slices);
}

#[test]
fn the_backends_own_operations_give_what_host_kernels_give() {
    for name in ["quick-gelu", "gelu-f16", "one-layer"] {
        let golden = Golden::load(name);
        let host = load(&golden);
        let own = host.clone().with_host_kernels(false);
        let (images, expected) = golden.images(is_lossless, decode);
        let of = |encoder: &Encoder| {
            pollster::block_on(encoder.encode_images(&images, expected.len())).unwrap()
        };
        let (_, apart) = worst(&of(&own), &expected);
        assert!(apart <= 1e-5, "{name}: images: {apart:.2e}");
        assert_ne!(
            of(&host),
            of(&own),
            "two computations that never round apart are one"
        );

        let (texts, expected) = golden.texts();
        let of = |encoder: &Encoder| pollster::block_on(encoder.encode_texts(&texts)).unwrap();
        let (_, apart) = worst(&of(&own), &expected);
        assert!(apart <= 1e-5, "{name}: texts: {apart:.2e}");
        assert_ne!(of(&host), of(&own));
    }
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    for name in ["quick-gelu", "gelu-f16"] {
        let golden = Golden::load(name);
        let encoder = load(&golden);
        let (images, expected) = golden.images(is_lossless, decode);
        let n = expected.len();
        let together = pollster::block_on(encoder.encode_images(&images, n)).unwrap();
        let image_len = images.len() / n;
        let mut alone = Rows::new();
        for image in images.chunks_exact(image_len) {
            alone.push(pollster::block_on(encoder.encode_images(image, 1)).unwrap());
        }
        let (cosine, difference) = worst(&together, &alone);
        println!("{name}: images alone: cosine {cosine:.9}, difference {difference:.2e}");
        assert!(difference <= 1e-5);

        let (texts, _) = golden.texts();
        let together = pollster::block_on(encoder.encode_texts(&texts)).unwrap();
        let one = |ids: &Vec<u32>| {
            pollster::block_on(encoder.encode_texts(std::slice::from_ref(ids))).unwrap()
        };
        let alone: Rows = texts.iter().map(one).collect();
        let (cosine, difference) = worst(&together, &alone);
        println!("{name}: texts alone: cosine {cosine:.9}, difference {difference:.2e}");
        assert!(difference <= 1e-5);
    }
}

#[test]
fn nothing_gives_nothing_and_wrong_sizes_are_refused() {
    let golden = Golden::load("one-layer");
    let encoder = load(&golden);
    let images = |values: &[f32], n| pollster::block_on(encoder.encode_images(values, n));
    let texts = |ids: &[Vec<u32>]| pollster::block_on(encoder.encode_texts(ids));
    assert!(images(&[], 0).unwrap().is_empty());
    assert!(texts(&[]).unwrap().is_empty());
    assert_eq!(
        images(&[0.0; 9], 2).unwrap_err().to_string(),
        "pixel_values: expected 2 images of 768 values, found 9 values"
    );
    assert!(images(&[], 1).is_err());
    assert!(images(&[0.0; 768], 0).is_err());
    assert_eq!(
        texts(&[vec![1], vec![]]).unwrap_err().to_string(),
        "input_ids of text 1: expected between 1 and 77 tokens, found 0"
    );
    assert!(texts(&[vec![1; 78]]).is_err());
    assert_eq!(
        texts(&[vec![1, 1514]]).unwrap_err().to_string(),
        "input_ids of text 0: expected token ids below vocab_size 1514, found 1514"
    );
}

#[test]
fn a_config_that_does_not_match_the_weights_is_refused_by_tensor() {
    let golden = Golden::load("quick-gelu");
    let load = |json: serde_json::Value, files: &[(String, Vec<u8>)]| {
        let config = ClipConfig::from_json(json.to_string().as_bytes()).unwrap();
        let sources = files
            .iter()
            .map(|(name, bytes)| (name.clone(), bytes.as_slice()));
        let checkpoint = Checkpoint::open(sources).unwrap();
        let loaded = Encoder::load(&config, &checkpoint, &FlexDevice);
        loaded.expect_err("they do not match").to_string()
    };
    let config = |change: fn(&mut serde_json::Value)| {
        let mut json: serde_json::Value = serde_json::from_slice(&golden.config).unwrap();
        change(&mut json);
        json
    };
    assert_eq!(
        load(
            config(|json| json["vision_config"]["num_hidden_layers"] = 4.into()),
            &golden.weights
        ),
        "tensor `vision_model.encoder.layers.3.layer_norm1.weight` [64] is missing: not found in model.safetensors; the weights do not belong to this config.json, or a shard is missing"
    );
    assert_eq!(
        load(
            config(|json| json["text_config"]["vocab_size"] = 1500.into()),
            &golden.weights
        ),
        "model.safetensors: tensor `text_model.embeddings.token_embedding.weight`: expected shape [1500, 32], found [1514, 32]; the weights do not belong to this config.json"
    );
    assert!(
        load(
            config(|json| json["projection_dim"] = 33.into()),
            &golden.weights
        )
        .contains("tensor `visual_projection.weight`: expected shape [33, 64], found [32, 64]")
    );

    let sharded = Golden::load("gelu-bf16-sharded");
    let json: serde_json::Value = serde_json::from_slice(&sharded.config).unwrap();
    assert!(load(json, &sharded.weights[..2]).contains("is missing: not found in model-00001-of-00003.safetensors, model-00002-of-00003.safetensors"));
}

#[test]
fn the_fingerprint_of_a_checkpoint_stays() {
    let golden = Golden::load("quick-gelu");
    let fingerprint = golden.checkpoint().fingerprint().unwrap();
    let expected = "170e5f6ee54ea25dbfb76590bc9e606c1325993795da8e6990c9bd2cd21c0634";
    assert_eq!(fingerprint, expected);
}
