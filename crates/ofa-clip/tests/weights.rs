//! Weights that do not belong to their config: every tensor is named.

mod golden;

use burn_flex::{Flex, FlexDevice};
use golden::Golden;
use ofa_clip::{Checkpoint, ClipConfig, ClipEncoder};
use serde_json::{Map, Value, json};

/// A safetensors file taken apart.
struct File {
    header: Map<String, Value>,
    data: Vec<u8>,
}

impl File {
    fn of(golden: &Golden) -> Self {
        let (_, bytes) = &golden.weights[0];
        let (length, rest) = bytes.split_at(8);
        let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
        let (header, data) = rest.split_at(length);
        Self {
            header: serde_json::from_slice(header).unwrap(),
            data: data.to_vec(),
        }
    }

    /// With one change to the header.
    fn bytes(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Vec<u8> {
        let mut header = self.header.clone();
        change(&mut header);
        let header = Value::Object(header).to_string();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&self.data);
        bytes
    }

    /// The tensors of the model; `position_ids` is none.
    fn tensors(&self) -> Vec<String> {
        let names = self.header.keys();
        names
            .filter(|name| *name != "__metadata__" && !name.ends_with("position_ids"))
            .cloned()
            .collect()
    }
}

fn load(config: &[u8], weights: &[u8]) -> Result<(), String> {
    let config = ClipConfig::from_json(config).unwrap();
    let checkpoint = Checkpoint::open([("model.safetensors", weights)]).unwrap();
    let loaded = ClipEncoder::<Flex>::load(&config, &checkpoint, &FlexDevice);
    loaded.map(drop).map_err(|error| error.to_string())
}

#[test]
fn every_tensor_must_be_there() {
    let golden = Golden::load("one-layer");
    let file = File::of(&golden);
    assert_eq!(load(&golden.config, &file.bytes(|_| ())), Ok(()));
    let tensors = file.tensors();
    assert_eq!(tensors.len(), 46, "{tensors:?}");
    for name in tensors {
        let without = file.bytes(|header| {
            header.shift_remove(&name).unwrap();
        });
        let message = load(&golden.config, &without).unwrap_err();
        let expected = format!("tensor `{name}` [");
        assert!(message.starts_with(&expected), "{name}: {message}");
        assert!(message.contains("] is missing: not found in model.safetensors;"));
    }
}

#[test]
fn every_tensor_must_have_its_shape() {
    let golden = Golden::load("one-layer");
    let file = File::of(&golden);
    for name in file.tensors() {
        for place in ["before", "after"] {
            // The same values in one dimension more.
            let misshapen = file.bytes(|header| {
                let shape = header[&name]["shape"].as_array_mut().unwrap();
                let room = if place == "before" { 0 } else { shape.len() };
                shape.insert(room, json!(1));
                shape.insert(room, json!(1));
            });
            let message = load(&golden.config, &misshapen).unwrap_err();
            let expected = format!("model.safetensors: tensor `{name}`: expected shape [");
            assert!(message.starts_with(&expected), "{name}: {message}");
        }
    }
}

#[test]
fn every_tensor_must_be_of_a_number_type_that_is_read() {
    let golden = Golden::load("one-layer");
    let file = File::of(&golden);
    for name in file.tensors() {
        let whole_numbers = file.bytes(|header| header[&name]["dtype"] = json!("I32"));
        assert_eq!(
            load(&golden.config, &whole_numbers).unwrap_err(),
            format!(
                "model.safetensors: tensor `{name}`: expected dtype F32, F16 or BF16, found I32; convert the weights to F32"
            )
        );
    }
}

#[test]
fn the_logit_scale_may_stand_in_a_list() {
    let golden = Golden::load("one-layer");
    let file = File::of(&golden);
    let listed = file.bytes(|header| header["logit_scale"]["shape"] = json!([1]));
    assert_eq!(load(&golden.config, &listed), Ok(()));
}

#[test]
fn more_layers_than_the_config_counts_are_refused() {
    let golden = Golden::load("quick-gelu");
    let weights = File::of(&golden).bytes(|_| ());
    for (tower, key) in [("text", "text_config"), ("vision", "vision_config")] {
        let mut config: Value = serde_json::from_slice(&golden.config).unwrap();
        config[key]["num_hidden_layers"] = 2.into();
        let message = load(config.to_string().as_bytes(), &weights).unwrap_err();
        let start = format!("model.safetensors: tensor `{tower}_model.encoder.layers.2.");
        assert!(message.starts_with(&start), "{message}");
        let rest = format!(
            "`: expected 2 layers because of `{key}.num_hidden_layers`, found weights of 3; the weights do not belong to this config.json"
        );
        assert!(message.ends_with(&rest), "{message}");
    }
}

#[test]
fn other_tensors_may_be_there() {
    let golden = Golden::load("one-layer");
    let file = File::of(&golden);
    let more = file.bytes(|header| {
        for name in [
            "classifier.weight",
            "text_model.encoder.layers.x",
            "layers.7.weight",
        ] {
            let place = json!({"dtype": "I64", "shape": [0], "data_offsets": [0, 0]});
            header.insert(name.into(), place);
        }
    });
    assert_eq!(load(&golden.config, &more), Ok(()));
}

#[test]
fn sizes_that_no_machine_has_are_refused_before_memory_is_asked_for() {
    let golden = Golden::load("one-layer");
    let weights = File::of(&golden).bytes(|_| ());
    let most = Value::from(i32::MAX);
    for (section, key) in [
        ("text_config", "vocab_size"),
        ("text_config", "max_position_embeddings"),
        ("text_config", "hidden_size"),
        ("text_config", "intermediate_size"),
        ("vision_config", "hidden_size"),
        ("vision_config", "intermediate_size"),
        ("vision_config", "image_size"),
        ("vision_config", "patch_size"),
        ("text_config", "num_hidden_layers"),
        ("vision_config", "num_hidden_layers"),
    ] {
        let mut config: Value = serde_json::from_slice(&golden.config).unwrap();
        config[section][key] = most.clone();
        if key == "patch_size" {
            config[section]["image_size"] = most.clone();
        }
        let message = load(config.to_string().as_bytes(), &weights).unwrap_err();
        let is_named = message.contains("expected shape [") || message.contains("is missing");
        assert!(is_named, "{section}.{key}: {message}");
    }
    let mut config: Value = serde_json::from_slice(&golden.config).unwrap();
    config["projection_dim"] = most;
    let message = load(config.to_string().as_bytes(), &weights).unwrap_err();
    assert!(message.contains("expected shape [2147483647, 16], found [16, 16]"));
}
