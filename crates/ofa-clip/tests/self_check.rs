//! What is stored for a check of an encoder, against the encoder.

mod golden;
mod stored_check;

use burn_flex::{Flex, FlexDevice};
use golden::Golden;
use ofa_clip::{Checkpoint, ClipEncoder, SelfCheck};
use std::path::Path;
use stored_check::{OnCpu, StoredCheck};

const LEAST_COSINE: f64 = 0.999_999;

impl OnCpu for ClipEncoder<Flex> {
    fn embed_image(&self, pixel_values: &[f32]) -> Vec<f32> {
        pollster::block_on(self.encode_images(pixel_values, 1)).unwrap()
    }

    fn embed_text(&self, input_ids: &[u32]) -> Vec<f32> {
        pollster::block_on(self.encode_texts(&[input_ids.to_vec()])).unwrap()
    }
}

#[test]
fn it_holds_what_the_encoder_computes_and_is_the_same_each_time() {
    for name in ["quick-gelu", "gelu-f16"] {
        let golden = Golden::load(name);
        let config = golden.config();
        let encoder = ClipEncoder::<Flex>::load(&config, &golden.checkpoint(), &FlexDevice);
        let encoder = encoder.unwrap();
        let tokenizer = golden.tokenizer();
        let made = || {
            let made = SelfCheck::compute(&encoder, &tokenizer, "of this encoder");
            pollster::block_on(made).unwrap().to_safetensors()
        };
        let bytes = made();
        assert_eq!(bytes, made());

        let stored = StoredCheck::read(&bytes);
        assert_eq!(stored.metadata["encoder_fingerprint"], "of this encoder");
        let (vision, text) = (&encoder.config().vision, &encoder.config().text);
        let size = vision.image_size;
        assert_eq!(stored.images, [2, 3, size, size]);
        let lengths: Vec<usize> = stored.input_ids.iter().map(Vec::len).collect();
        assert!(
            lengths[0] < lengths[1] && lengths[1] < lengths[2],
            "{lengths:?}"
        );
        assert_eq!(lengths[2], text.max_position_embeddings);

        let cosine = stored.least_cosine(&encoder);
        println!("{name}: least cosine {cosine:.9}");
        assert!(cosine >= LEAST_COSINE);
    }
}

#[test]
fn that_of_the_demo_encoder_is_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-encoder");
    let stored = StoredCheck::of(&folder);
    assert_eq!(stored.metadata["format"], "ofa-self-check");
    assert_eq!(stored.metadata["version"], "1");
    let weights = std::fs::read(folder.join("model.safetensors")).unwrap();
    let checkpoint = Checkpoint::open([("model.safetensors", weights)]).unwrap();
    assert_eq!(
        stored.metadata["encoder_fingerprint"],
        checkpoint.fingerprint().unwrap()
    );
    let (config, checkpoint) = stored_check::parts(&folder);
    let encoder = ClipEncoder::<Flex>::load(&config, &checkpoint, &FlexDevice);
    let cosine = stored.least_cosine(&encoder.unwrap());
    println!("least cosine {cosine:.9}");
    assert!(cosine >= LEAST_COSINE);
}
