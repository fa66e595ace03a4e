use super::{Activation, Transformer, value::Section};
use crate::Result;

/// Sizes of the image tower.
#[derive(Debug, Clone, PartialEq)]
pub struct VisionConfig {
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width between the two layers of an MLP.
    pub intermediate_size: usize,
    /// Number of transformer blocks.
    pub num_hidden_layers: usize,
    /// Number of attention heads; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Non-linearity of the MLPs.
    pub hidden_act: Activation,
    /// Added to the variance in layer norms.
    pub layer_norm_eps: f64,
    /// Height and width of `pixel_values`, in pixels.
    pub image_size: usize,
    /// Height and width of a patch, in pixels.
    pub patch_size: usize,
}

impl VisionConfig {
    pub(super) fn read(section: &Section<'_>) -> Result<Self> {
        let transformer = Transformer::read(section, 768, 12)?;
        let channels = section.size("num_channels", 3)?;
        if channels != 3 {
            return Err(section.error("num_channels", "3 (RGB)", channels));
        }
        let image_size = section.size("image_size", 224)?;
        let patch_size = section.size("patch_size", 32)?;
        if patch_size > image_size {
            let expected = format!("at most image_size {image_size}");
            return Err(section.error("patch_size", &expected, patch_size));
        }
        // `pixel_values_len` and `positions` are at most this; it is above what 32 bits can
        // count long before it is above what 64 bits can.
        let values = image_size.checked_mul(image_size);
        if values.and_then(|pixels| pixels.checked_mul(3)).is_none() {
            let expected = "a size whose pixels this machine can count";
            return Err(section.error("image_size", expected, image_size));
        }
        Ok(Self {
            hidden_size: transformer.hidden_size,
            intermediate_size: transformer.intermediate_size,
            num_hidden_layers: transformer.num_hidden_layers,
            num_attention_heads: transformer.num_attention_heads,
            hidden_act: transformer.hidden_act,
            layer_norm_eps: transformer.layer_norm_eps,
            image_size,
            patch_size,
        })
    }

    /// Number of patches along one side; pixels beyond the last whole patch are not seen.
    pub fn patches_per_side(&self) -> usize {
        self.image_size / self.patch_size
    }

    /// Number of positions: one for each patch and one for the class token.
    pub fn positions(&self) -> usize {
        self.patches_per_side() * self.patches_per_side() + 1
    }

    /// Number of values in the `pixel_values` of one image.
    pub fn pixel_values_len(&self) -> usize {
        3 * self.image_size * self.image_size
    }
}
