//! The files of the encoder that say what it is, and the settings of its training.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::batch::{DEVIATION, MEAN};

/// Sizes of the towers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    /// Side of a picture, in pixels.
    pub image_size: usize,
    /// Side of a patch, in pixels.
    pub patch_size: usize,
    /// Width of the image tower.
    pub vision_width: usize,
    /// Blocks of the image tower.
    pub vision_layers: usize,
    /// Width of the text tower.
    pub text_width: usize,
    /// Blocks of the text tower.
    pub text_layers: usize,
    /// Attention heads of both.
    pub heads: usize,
    /// Width of the embeddings.
    pub embedding: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
}

/// Everything that the trained weights follow from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Sizes of the towers.
    pub sizes: Sizes,
    /// Seed of start values, order and texts.
    pub seed: u64,
    /// Seed of the worlds that pictures are taken from.
    pub world_seed: u64,
    /// Pictures of each world.
    pub pictures: u64,
    /// Pairs of a step.
    pub batch: usize,
    /// Passes over the pictures.
    pub passes: u64,
    /// The largest learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises.
    pub warm_up: f64,
    /// Decay of the weights.
    pub weight_decay: f32,
    /// Parts of a batch, one for each thread; the last bits of the weights depend on it.
    pub parts: usize,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            sizes: Sizes {
                image_size: 64,
                patch_size: 16,
                vision_width: 192,
                vision_layers: 4,
                text_width: 128,
                text_layers: 3,
                heads: 4,
                embedding: 128,
                vocabulary: 1280,
            },
            seed: 1,
            world_seed: 1_000_001,
            pictures: 24_000,
            batch: 256,
            passes: 10,
            learning_rate: 1e-3,
            warm_up: 0.06,
            weight_decay: 0.02,
            parts: 2,
        }
    }
}

impl Recipe {
    /// Steps of the whole training, over so many pictures.
    pub fn steps(&self, pictures: usize) -> usize {
        self.steps_of_pass(pictures) * self.passes as usize
    }

    /// Steps of one pass. Pictures that do not fill a batch are left for another pass.
    pub fn steps_of_pass(&self, pictures: usize) -> usize {
        pictures / self.batch
    }

    /// The learning rate of a step: a rise in a line, then half a cosine to 0.
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f64 {
        let warm_up = (self.warm_up * steps as f64).max(1.0);
        let step = step as f64;
        if step < warm_up {
            return self.learning_rate * (step + 1.0) / warm_up;
        }
        let done = (step - warm_up) / (steps as f64 - warm_up).max(1.0);
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    }
}

impl Sizes {
    /// `config.json`.
    pub fn config_json(&self) -> Value {
        let end = self.vocabulary - 1;
        json!({
            "architectures": ["CLIPModel"],
            "model_type": "clip",
            "projection_dim": self.embedding,
            "logit_scale_init_value": 2.6592,
            "torch_dtype": "float16",
            "text_config": {
                "model_type": "clip_text_model",
                "vocab_size": self.vocabulary,
                "hidden_size": self.text_width,
                "intermediate_size": 2 * self.text_width,
                "projection_dim": self.embedding,
                "num_hidden_layers": self.text_layers,
                "num_attention_heads": self.heads,
                "max_position_embeddings": 77,
                "hidden_act": "quick_gelu",
                "layer_norm_eps": 1e-5,
                "bos_token_id": end - 1,
                "eos_token_id": end,
                "pad_token_id": end,
            },
            "vision_config": {
                "model_type": "clip_vision_model",
                "hidden_size": self.vision_width,
                "intermediate_size": 2 * self.vision_width,
                "projection_dim": self.embedding,
                "num_hidden_layers": self.vision_layers,
                "num_attention_heads": self.heads,
                "num_channels": 3,
                "image_size": self.image_size,
                "patch_size": self.patch_size,
                "hidden_act": "quick_gelu",
                "layer_norm_eps": 1e-5,
            },
        })
    }

    /// `preprocessor_config.json`: CLIP's own, at this size.
    pub fn preprocessor_json(&self) -> Value {
        json!({
            "image_processor_type": "CLIPImageProcessor",
            "do_convert_rgb": true,
            "do_resize": true,
            "size": {"shortest_edge": self.image_size},
            "resample": 3,
            "do_center_crop": true,
            "crop_size": {"height": self.image_size, "width": self.image_size},
            "do_rescale": true,
            "rescale_factor": 1.0 / 255.0,
            "do_normalize": true,
            "image_mean": MEAN.map(shortest),
            "image_std": DEVIATION.map(shortest),
        })
    }
}

/// The number as people write it, not as the digits of its f32.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().expect("a number reads back")
}
