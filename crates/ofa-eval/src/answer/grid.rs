//! Cells of a picture and their neighbours.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};

use super::initial_weights::InitialWeights;

/// A convolution of 3x3 cells as a linear layer over each cell with its eight neighbours; beyond the
/// edge there are zeros. Cells are made half as wide before, which took a third off the time of a run.
#[derive(Module, Debug)]
pub(super) struct Neighbourhood<B: Backend> {
    narrow: Linear<B>,
    linear: Linear<B>,
}

impl<B: Backend> Neighbourhood<B> {
    pub(super) fn new(channels: usize, scale: f64, weights: &mut InitialWeights<'_, B>) -> Self {
        let half = channels / 2;
        Self {
            narrow: weights.linear(channels, half),
            linear: weights.scaled_linear(9 * half, channels, scale),
        }
    }

    /// `[b, side, side, channels]` to the same.
    pub(super) fn forward(&self, cells: Tensor<B, 4>) -> Tensor<B, 4> {
        let [b, rows, columns, wide] = cells.dims();
        let device = cells.device();
        let narrow = (self.narrow).forward(cells.reshape([b * rows * columns, wide]));
        let channels = narrow.dims()[1];
        let cells = relu(narrow).reshape([b, rows, columns, channels]);
        let line = Tensor::zeros([b, 1, columns, channels], &device);
        let cells = Tensor::cat(vec![line.clone(), cells, line], 1);
        let line = Tensor::zeros([b, rows + 2, 1, channels], &device);
        let cells = Tensor::cat(vec![line.clone(), cells, line], 2);
        let shifted = (0..9).map(|nth| {
            let (y, x) = (nth / 3, nth % 3);
            (cells.clone()).slice([0..b, y..y + rows, x..x + columns, 0..channels])
        });
        let together = Tensor::cat(shifted.collect(), 3);
        let flat = together.reshape([b * rows * columns, 9 * channels]);
        self.linear.forward(flat).reshape([b, rows, columns, wide])
    }
}
