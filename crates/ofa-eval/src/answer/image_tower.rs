//! From pixels to an 8x8 grid of features.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};

use super::grid::{Neighbourhood, merged};
use super::initial_weights::InitialWeights;
use crate::pictures::{CELL_VALUES, CELLS};

/// Cells on a side of the grid that questions are asked of.
pub(super) const GRID: usize = CELLS / 2;

/// Convolutions, written as linear layers over cells, so that their gradients are those of matrix
/// products.
///
/// ```text
/// 8x8 pixels every 4 pixels -> linear, relu        [b, 16, 16, stem]
/// four cells become one     -> linear + place      [b, 8, 8, channels]
/// x + conv3x3(relu(norm(x)))                       [b, 8, 8, channels]
/// ```
#[derive(Module, Debug)]
pub struct ImageTower<B: Backend> {
    stem: Linear<B>,
    stem_norm: LayerNorm<B>,
    merge: Linear<B>,
    /// Where a cell is, `[1, GRID * GRID * channels]`.
    place: Param<Tensor<B, 2>>,
    norm: LayerNorm<B>,
    convolution: Neighbourhood<B>,
}

impl<B: Backend> ImageTower<B> {
    pub(super) fn new(stem: usize, channels: usize, weights: &mut InitialWeights<'_, B>) -> Self {
        Self {
            stem: weights.linear(CELL_VALUES, stem),
            stem_norm: weights.norm(stem),
            merge: weights.linear(4 * stem, channels),
            place: weights.uniform([1, GRID * GRID * channels], 0.5),
            norm: weights.norm(channels),
            convolution: Neighbourhood::new(channels, 0.7, weights),
        }
    }

    /// # Shapes
    /// `cells`: `[b, CELLS * CELLS, CELL_VALUES]`; the result is `[b, 8, 8, channels]`.
    pub fn forward(&self, cells: Tensor<B, 3>) -> Tensor<B, 4> {
        let [b, count, values] = cells.dims();
        let hidden = self.stem.forward(cells.reshape([b * count, values]));
        let hidden = relu(self.stem_norm.forward(hidden));
        let stem = hidden.dims()[1];
        let hidden = merged(hidden.reshape([b, CELLS, CELLS, stem]));
        let hidden = self
            .merge
            .forward(hidden.reshape([b * GRID * GRID, 4 * stem]));
        let channels = hidden.dims()[1];
        let hidden = hidden.reshape([b, GRID * GRID * channels]) + self.place.val();
        let hidden = hidden.reshape([b, GRID, GRID, channels]);
        let inner = relu(self.norm.forward(hidden.clone()));
        hidden + self.convolution.forward(inner)
    }
}
