//! A very small recipe, and pictures that are nothing but numbers.

use ofa_clip::ClipConfig;
use ofa_contrastive::pairs::Picture;
use ofa_contrastive::recipe::{Recipe, Sizes};

pub(crate) fn recipe() -> Recipe {
    Recipe {
        sizes: Sizes {
            image_size: 16,
            patch_size: 8,
            vision_width: 32,
            vision_layers: 2,
            text_width: 24,
            text_layers: 2,
            heads: 2,
            embedding: 16,
            vocabulary: 540,
        },
        pictures: 32,
        batch: 16,
        passes: 60,
        learning_rate: 3e-3,
        ..Recipe::default()
    }
}

pub(crate) fn config(recipe: &Recipe) -> ClipConfig {
    let json = recipe.sizes.config_json().to_string();
    ClipConfig::from_json(json.as_bytes()).expect("the recipe's own config")
}

/// Pictures of one of eight colours, named by their captions.
pub(crate) fn pictures(count: usize) -> Vec<Picture> {
    const NAMES: [&str; 8] = [
        "black", "blue", "green", "cyan", "red", "magenta", "yellow", "white",
    ];
    (0..count)
        .map(|number| {
            let colour = number % 8;
            let bits = [colour >> 2 & 1, colour >> 1 & 1, colour & 1];
            let pixel = bits.map(|bit| (bit * 200 + number % 50) as u8);
            Picture {
                pixels: pixel.iter().copied().cycle().take(16 * 16 * 3).collect(),
                captions: vec![format!("a {} wall", NAMES[colour])],
                exchanges: vec![("What is it?".into(), format!("A {} wall", NAMES[colour]))],
            }
        })
        .collect()
}
