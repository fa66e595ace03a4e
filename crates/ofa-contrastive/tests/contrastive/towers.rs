//! The trained towers against those of `ofa-clip`, on the same checkpoint.

use burn_flex::Flex;
use half::f16;
use ofa_clip::{Checkpoint, ClipEncoder, Preprocessor};
use ofa_contrastive::batch::{padded, patches};
use ofa_contrastive::layout::{Parameters, to_safetensors_f16};
use ofa_contrastive::tower::TrainedClip;

/// What a checkpoint in f16 holds.
fn rounded(mut parameters: Parameters) -> Parameters {
    for array in parameters.values_mut() {
        for value in &mut array.values {
            *value = f16::from_f32(*value).to_f32();
        }
    }
    parameters
}

fn close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-5, "{found} and {expected}");
    }
}

#[test]
fn embeddings_are_those_of_the_encoder() {
    let recipe = crate::small::recipe();
    let config = crate::small::config(&recipe);
    let device = Default::default();
    let started = TrainedClip::<Flex>::from_seed(&config, 5, &device).expect("start values");
    let parameters = rounded(started.parameters().expect("read"));
    let trained = TrainedClip::<Flex>::from_parameters(&config, &parameters, &device)
        .expect("its own parameters");
    assert_eq!(trained.parameters().expect("read"), parameters);

    let file = to_safetensors_f16(&parameters).expect("a checkpoint");
    let checkpoint = Checkpoint::open([("model.safetensors", &file[..])]).expect("opened");
    let encoder = ClipEncoder::<Flex>::load(&config, &checkpoint, &device).expect("loaded");

    let picture: Vec<u8> = (0..16 * 16 * 3)
        .map(|at| (at * at % 251) as u8)
        .chain((0..16 * 16 * 3).map(|at| (at * 7 % 255) as u8))
        .collect();
    let preprocessor = recipe.sizes.preprocessor_json().to_string();
    let preprocessor = Preprocessor::from_json(preprocessor.as_bytes()).expect("its own");
    let pixel_values: Vec<f32> = picture
        .chunks(16 * 16 * 3)
        .flat_map(|picture| preprocessor.pixel_values(16, 16, picture).expect("sized"))
        .collect();
    let expected = pollster::block_on(encoder.encode_images(&pixel_values, 2)).expect("encoded");
    let found = trained.vision.embeddings(patches(
        picture.chunks(16 * 16 * 3),
        &config.vision,
        &device,
    ));
    close(&found.into_data().to_vec().expect("f32"), &expected);

    let end = 539;
    let texts = [vec![538, 3, 77, 4, 500, end], vec![538, 9, end]];
    let expected = pollster::block_on(encoder.encode_texts(&texts)).expect("encoded");
    let batch = padded(texts.iter().map(Vec::as_slice));
    let found = trained
        .text
        .embeddings(&batch.input_ids, &batch.ends, &device);
    close(&found.into_data().to_vec().expect("f32"), &expected);
}
