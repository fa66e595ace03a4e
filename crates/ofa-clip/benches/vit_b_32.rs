//! Images and texts per second of CLIP ViT-B/32 with random weights on the CPU backend.
//!
//! `cargo bench -p ofa-clip`; `benches/pytorch.py` is the same in PyTorch.
//! Environment: `BATCH` (16), `SECONDS` (10).

use burn_flex::{Flex, FlexDevice};
use ofa_clip::{Checkpoint, ClipConfig, ClipEncoder, Preprocessor, WeightSource};
use std::hint::black_box;
use std::io;
use std::time::Instant;

fn main() {
    let setting = |name: &str, default: usize| {
        let value = std::env::var(name)
            .ok()
            .and_then(|value| value.parse().ok());
        value.unwrap_or(default)
    };
    let batch = setting("BATCH", 16);
    let seconds = setting("SECONDS", 10) as f64;

    preprocessing(seconds.min(3.0));

    let config = ClipConfig::from_json(b"{}").expect("the defaults are ViT-B/32");
    let weights = RandomWeights::new(&tensors(&config));
    let start = Instant::now();
    let checkpoint = Checkpoint::open([("random", weights)]).expect("a whole file");
    let encoder: ClipEncoder<Flex> =
        ClipEncoder::load(&config, &checkpoint, &FlexDevice).expect("all tensors");
    println!("loading: {:.2} s", start.elapsed().as_secs_f64());

    let pixel_values: Vec<f32> = (0..batch * config.vision.pixel_values_len())
        .map(|index| ((index * 7919) % 1000) as f32 / 250.0 - 2.0)
        .collect();
    let rate = per_second(batch, seconds, || {
        let embeddings = encoder.encode_images(black_box(&pixel_values), batch);
        black_box(pollster::block_on(embeddings).expect("the backend works"));
    });
    println!("images, batch {batch}: {rate:.2}/s");

    for length in [16, 77] {
        let end = config.text.vocab_size as u32 - 1;
        let texts: Vec<Vec<u32>> = (0..batch as u32)
            .map(|text| {
                let ids = (0..length - 1).map(|token| (text * 997 + token * 31) % 40_000);
                ids.chain([end]).collect()
            })
            .collect();
        let rate = per_second(batch, seconds, || {
            let embeddings = encoder.encode_texts(black_box(&texts));
            black_box(pollster::block_on(embeddings).expect("the backend works"));
        });
        println!("texts of {length} tokens, batch {batch}: {rate:.2}/s");
    }
}

fn preprocessing(seconds: f64) {
    let preprocessor = Preprocessor::from_json(b"{}").expect("the defaults");
    for (width, height) in [(640, 480), (2048, 1536)] {
        let pixels: Vec<u8> = (0..3 * width * height)
            .map(|index: usize| (index.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        let rate = per_second(1, seconds, || {
            let values = preprocessor.pixel_values(width, height, black_box(&pixels));
            black_box(values.expect("an image with pixels"));
        });
        println!("pixel_values of {width}x{height}: {:.2} ms", 1e3 / rate);
    }
}

/// Items a second, over the given time and at least three calls after a first one.
fn per_second(items: usize, seconds: f64, mut call: impl FnMut()) -> f64 {
    call();
    let start = Instant::now();
    let mut calls = 0;
    while calls < 3 || start.elapsed().as_secs_f64() < seconds {
        call();
        calls += 1;
    }
    (items * calls) as f64 / start.elapsed().as_secs_f64()
}

/// Names and shapes of all tensors of a CLIP model.
fn tensors(config: &ClipConfig) -> Vec<(String, Vec<usize>)> {
    let (vision, text) = (&config.vision, &config.text);
    let mut tensors = vec![
        ("logit_scale".into(), vec![]),
        (
            "vision_model.embeddings.class_embedding".into(),
            vec![vision.hidden_size],
        ),
        (
            "vision_model.embeddings.patch_embedding.weight".into(),
            vec![vision.hidden_size, 3, vision.patch_size, vision.patch_size],
        ),
        (
            "vision_model.embeddings.position_embedding.weight".into(),
            vec![vision.positions(), vision.hidden_size],
        ),
        (
            "visual_projection.weight".into(),
            vec![config.projection_dim, vision.hidden_size],
        ),
        (
            "text_model.embeddings.token_embedding.weight".into(),
            vec![text.vocab_size, text.hidden_size],
        ),
        (
            "text_model.embeddings.position_embedding.weight".into(),
            vec![text.max_position_embeddings, text.hidden_size],
        ),
        (
            "text_projection.weight".into(),
            vec![config.projection_dim, text.hidden_size],
        ),
    ];
    for (tower, width, wide, layers, norms) in [
        (
            "vision_model",
            vision.hidden_size,
            vision.intermediate_size,
            vision.num_hidden_layers,
            ["pre_layrnorm", "post_layernorm"].as_slice(),
        ),
        (
            "text_model",
            text.hidden_size,
            text.intermediate_size,
            text.num_hidden_layers,
            &["final_layer_norm"],
        ),
    ] {
        let mut add = |name: String, weight: Vec<usize>| {
            tensors.push((format!("{name}.bias"), vec![weight[0]]));
            tensors.push((format!("{name}.weight"), weight));
        };
        for norm in norms {
            add(format!("{tower}.{norm}"), vec![width]);
        }
        for layer in 0..layers {
            let name = |part: &str| format!("{tower}.encoder.layers.{layer}.{part}");
            for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                add(name(&format!("self_attn.{part}")), vec![width, width]);
            }
            add(name("layer_norm1"), vec![width]);
            add(name("layer_norm2"), vec![width]);
            add(name("mlp.fc1"), vec![wide, width]);
            add(name("mlp.fc2"), vec![width, wide]);
        }
    }
    tensors
}

/// A safetensors file of small random numbers that is computed where it is read.
struct RandomWeights {
    header: Vec<u8>,
    data: u64,
}

impl RandomWeights {
    fn new(tensors: &[(String, Vec<usize>)]) -> Self {
        let mut data = 0;
        let mut places = serde_json::Map::new();
        for (name, shape) in tensors {
            let end = data + 4 * shape.iter().product::<usize>() as u64;
            let place = serde_json::json!({
                "dtype": "F32", "shape": shape, "data_offsets": [data, end]
            });
            places.insert(name.clone(), place);
            data = end;
        }
        // The data begins at a multiple of four, as `read_at` assumes.
        let mut json = serde_json::Value::Object(places).to_string();
        json.push_str(&" ".repeat(json.len().next_multiple_of(4) - json.len()));
        let mut header = (json.len() as u64).to_le_bytes().to_vec();
        header.extend_from_slice(json.as_bytes());
        Self { header, data }
    }
}

impl WeightSource for RandomWeights {
    fn len(&self) -> u64 {
        self.header.len() as u64 + self.data
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let header = self.header.len() as u64;
        if offset < header {
            return self.header.as_slice().read_at(offset, buffer);
        }
        let first = (offset - header) / 4;
        for (index, bytes) in buffer.chunks_mut(4).enumerate() {
            let mixed = (first + index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let value = (mixed as f32 / (1 << 24) as f32 - 0.5) * 0.07;
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        Ok(())
    }
}
