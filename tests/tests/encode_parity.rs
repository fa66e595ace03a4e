//! `ofa encode` on encoder folders in every layout, against the embeddings of `transformers`.
//!
//! What `encoder_parity.rs` asks of the library is asked here of the program: from a dataset and
//! a folder to the numbers in the feature store.

mod program;

use std::fs;
use std::path::{Path, PathBuf};

use ofa_tests::golden;
use program::{fails, json, path};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json as object};

const MODELS: [&str; 4] = ["quick-gelu", "gelu-f16", "gelu-bf16-sharded", "one-layer"];

/// Embeddings, one to a row.
type Rows = Vec<Vec<f32>>;

/// In which files a folder says how texts and images are prepared.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// `tokenizer.json` and `preprocessor_config.json`.
    OneFile,
    /// `vocab.json`, `merges.txt` and `preprocessor_config.json`.
    TwoFiles,
    /// `tokenizer.json`, and `processor_config.json` as `transformers` 5 saves it.
    Processor,
}

/// An encoder folder of a golden model.
fn encoder(home: &Path, model: &str, layout: Layout) -> PathBuf {
    let folder = home.join(format!("{model}-{layout:?}"));
    fs::create_dir(&folder).expect("made");
    let copy = |from: &Path, name: &str| {
        fs::copy(from.join(name), folder.join(name)).expect("copied");
    };
    let from = golden("clip").join(model);
    for entry in fs::read_dir(&from).expect("a golden model") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("UTF-8");
        if name != "expected.safetensors" && name != "preprocessor_config.json" {
            copy(&from, name);
        }
    }
    match layout {
        Layout::TwoFiles => {
            copy(&golden("tokenizer"), "vocab.json");
            copy(&golden("tokenizer"), "merges.txt");
        }
        Layout::OneFile | Layout::Processor => copy(&golden("tokenizer"), "tokenizer.json"),
    }
    match layout {
        Layout::OneFile | Layout::TwoFiles => copy(&from, "preprocessor_config.json"),
        Layout::Processor => {
            let nested = object!({
                "image_processor": read_json(&from.join("preprocessor_config.json")),
                "processor_class": "CLIPProcessor"
            });
            fs::write(folder.join("processor_config.json"), nested.to_string()).expect("written");
        }
    }
    folder
}

fn read_json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON")
}

/// The names of a golden's images or its texts.
fn inputs(kind: &str) -> Vec<String> {
    let inputs = read_json(&golden("clip").join("inputs.json"));
    serde_json::from_value(inputs[kind].clone()).expect("names")
}

/// Writes a dataset that pairs the golden's images with its texts, each at least once.
fn dataset(home: &Path) -> PathBuf {
    let (images, texts) = (inputs("images"), inputs("texts"));
    let records = images
        .iter()
        .zip(texts.iter().cycle())
        .map(|(image, text)| {
            object!({
                "id": image,
                "image": image,
                "conversations": [
                    {"from": "human", "value": format!("<image>\n{text}")},
                    {"from": "gpt", "value": "Yes."},
                ]
            })
        });
    assert!(images.len() >= texts.len());
    let records: Value = records.collect();
    let file = home.join("data.json");
    fs::write(&file, records.to_string()).expect("written");
    file
}

/// The rows of a tensor, f16 widened.
fn rows(file: &Path, name: &str) -> Rows {
    let bytes = fs::read(file).expect("a safetensors file");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let tensor = tensors.tensor(name).expect("a tensor");
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F32 => {
            let numbers = tensor.data().as_chunks::<4>().0.iter();
            numbers.map(|bytes| f32::from_le_bytes(*bytes)).collect()
        }
        Dtype::F16 => {
            let numbers = tensor.data().as_chunks::<2>().0.iter();
            numbers
                .map(|bytes| half::f16::from_le_bytes(*bytes).to_f32())
                .collect()
        }
        other => panic!("{name} is {other:?}"),
    };
    let width = tensor.shape()[1];
    values.chunks_exact(width).map(<[f32]>::to_vec).collect()
}

/// The cosine of two rows and the largest difference of a value.
fn compare(found: &[f32], expected: &[f32]) -> (f64, f32) {
    assert_eq!(found.len(), expected.len());
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
        products.sum()
    };
    let lengths = dot(found, found).sqrt() * dot(expected, expected).sqrt();
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let finite = found.iter().all(|value| value.is_finite());
    assert!(finite, "features are numbers");
    (dot(found, expected) / lengths, apart.fold(0.0, f32::max))
}

fn encode_line(data: &Path, encoder: &Path, store: &Path) -> Vec<String> {
    let words = [
        "encode",
        &path(data),
        "--images",
        &path(&golden("clip").join("images")),
        "--encoder",
        &path(encoder),
        "--backend",
        "flex",
        "-o",
        &path(store),
    ];
    words.map(str::to_owned).to_vec()
}

/// PNG and lossless WebP, which every decoder reads alike.
fn is_lossless(image: &str) -> bool {
    image.ends_with(".png") || image == "lossless.webp"
}

fn check(layout: Layout) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = dataset(home.path());
    let (images, texts) = (inputs("images"), inputs("texts"));
    for model in MODELS {
        let folder = encoder(home.path(), model, layout);
        let store = home.path().join(format!("features-of-{model}"));
        let line = encode_line(&data, &folder, &store);
        let told = json(&line.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(told["rows"], images.len());

        let expected = golden("clip").join(model).join("expected.safetensors");
        let store = store.join("features-00000.safetensors");
        let found = rows(&store, "image");
        assert_eq!(found.len(), images.len());
        let expected_images = rows(&expected, "image_embeddings");
        for (image, (found, expected)) in images.iter().zip(found.iter().zip(&expected_images)) {
            let (cosine, apart) = compare(found, expected);
            let place = format!("{model}, {layout:?}, {image}: {cosine} {apart:e}");
            if is_lossless(image) {
                assert!(cosine >= 0.99999 && apart <= 1e-3, "{place}");
            } else {
                assert!(cosine >= 0.9995, "{place}");
            }
        }
        let found = rows(&store, "text");
        let expected_texts = rows(&expected, "text_embeddings");
        assert_eq!(expected_texts.len(), texts.len());
        for (row, (found, expected)) in found.iter().zip(expected_texts.iter().cycle()).enumerate()
        {
            let (cosine, apart) = compare(found, expected);
            let text = &texts[row % texts.len()];
            let place = format!("{model}, {layout:?}, {text:?}: {cosine} {apart:e}");
            assert!(cosine >= 0.99999 && apart <= 1e-3, "{place}");
        }
    }
}

#[test]
fn with_tokenizer_json() {
    check(Layout::OneFile);
}

#[test]
fn with_vocab_and_merges() {
    check(Layout::TwoFiles);
}

#[test]
fn as_transformers_5_saves_a_processor() {
    check(Layout::Processor);
}

#[test]
fn the_nested_image_processor_goes_before_the_file_of_its_own() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = dataset(home.path());
    let folder = encoder(home.path(), "one-layer", Layout::Processor);
    fs::write(folder.join("preprocessor_config.json"), "{").expect("written");
    let store = home.path().join("features");
    let line = encode_line(&data, &folder, &store);
    json(&line.iter().map(String::as_str).collect::<Vec<_>>());

    // A processor_config.json of former versions says nothing of images.
    fs::write(
        folder.join("processor_config.json"),
        "{\"processor_class\": \"CLIPProcessor\"}",
    )
    .expect("written");
    fs::remove_file(folder.join("preprocessor_config.json")).expect("removed");
    let line = encode_line(&data, &folder, &home.path().join("other"));
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    fails(&line, 1, &["preprocessor_config.json is missing"]);
}

#[test]
fn a_shard_that_is_missing_or_cut_short_is_named() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = dataset(home.path());
    let folder = encoder(home.path(), "gelu-bf16-sharded", Layout::OneFile);
    let store = home.path().join("features");
    let line = encode_line(&data, &folder, &store);
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    for number in 1..=3 {
        let name = format!("model-{number:05}-of-00003.safetensors");
        let shard = folder.join(&name);
        let whole = fs::read(&shard).expect("a shard");
        fs::remove_file(&shard).expect("removed");
        fails(&line, 1, &[&name, "is missing"]);
        for length in [0, 5, 100, whole.len() / 2, whole.len() - 1] {
            fs::write(&shard, &whole[..length]).expect("written");
            fails(&line, 1, &[&name, "not a whole safetensors file"]);
        }
        fs::write(&shard, &whole).expect("written");
    }
    assert!(!store.exists(), "nothing is left of a run that was refused");
    json(&line);
}
