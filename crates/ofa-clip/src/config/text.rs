use super::{Activation, Transformer, value::Section};
use crate::Result;

/// Sizes of the text tower.
#[derive(Debug, Clone, PartialEq)]
pub struct TextConfig {
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
    /// Number of rows of the token embedding.
    pub vocab_size: usize,
    /// The context: the most tokens a text can have, start and end token included.
    pub max_position_embeddings: usize,
    /// Where a text is pooled.
    pub end_token: EndTokenRule,
}

/// How the position at which a text is pooled is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndTokenRule {
    /// The first position with the highest token id.
    ///
    /// Configurations with `eos_token_id` 2 come from before that key was right;
    /// `transformers` reads them so, and in CLIP's vocabulary the end token is the highest.
    Highest,
    /// The first position with this token id; position 0 where there is none.
    First(u32),
}

impl EndTokenRule {
    /// The position at which `input_ids` are pooled; 0 for an empty slice.
    ///
    /// # Example
    /// ```
    /// use ofa_clip::EndTokenRule;
    /// assert_eq!(EndTokenRule::First(9).position(&[8, 1, 9, 9]), 2);
    /// assert_eq!(EndTokenRule::Highest.position(&[8, 1, 9, 9]), 2);
    /// ```
    pub fn position(self, input_ids: &[u32]) -> usize {
        let found = match self {
            Self::Highest => {
                let highest = input_ids.iter().max();
                input_ids.iter().position(|id| Some(id) == highest)
            }
            Self::First(end) => input_ids.iter().position(|id| *id == end),
        };
        found.unwrap_or(0)
    }
}

impl TextConfig {
    pub(super) fn read(section: &Section<'_>) -> Result<Self> {
        let transformer = Transformer::read(section, 512, 8)?;
        Ok(Self {
            hidden_size: transformer.hidden_size,
            intermediate_size: transformer.intermediate_size,
            num_hidden_layers: transformer.num_hidden_layers,
            num_attention_heads: transformer.num_attention_heads,
            hidden_act: transformer.hidden_act,
            layer_norm_eps: transformer.layer_norm_eps,
            vocab_size: section.size("vocab_size", 49408)?,
            // A text has at least its start and its end token.
            max_position_embeddings: section.size_from(2, "max_position_embeddings", 77)?,
            end_token: match section.token_id("eos_token_id", 49407)? {
                2 => EndTokenRule::Highest,
                id => EndTokenRule::First(id),
            },
        })
    }
}
