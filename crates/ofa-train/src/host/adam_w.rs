//! AdamW with decoupled weight decay, in PyTorch's arithmetic.
use rayon::prelude::*;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// Values that one core moves at a time.
const PIECE: usize = 1 << 14;

/// What a step multiplies by.
pub(super) struct Rates {
    decay: f32,
    /// Learning rate over the bias correction of the first moment.
    step: f32,
    /// One over the root of the bias correction of the second moment.
    second: f32,
}

impl Rates {
    /// Of the step of this number, from 1.
    pub(super) fn at(step: i32, learning_rate: f64, weight_decay: f64) -> Self {
        Self {
            decay: (1.0 - learning_rate * weight_decay) as f32,
            step: (learning_rate / (1.0 - BETA_1.powi(step))) as f32,
            second: (1.0 / (1.0 - BETA_2.powi(step)).sqrt()) as f32,
        }
    }
}

/// The running means of a parameter's gradients and of their squares.
pub(super) struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Moments {
    pub(super) fn zeros(len: usize) -> Self {
        Self {
            first: vec![0.0; len],
            second: vec![0.0; len],
        }
    }

    /// Moves the values against their gradients.
    pub(super) fn step(&mut self, values: &mut [f32], gradients: &[f32], rates: &Rates) {
        let pieces = (values.par_chunks_mut(PIECE))
            .zip(gradients.par_chunks(PIECE))
            .zip(self.first.par_chunks_mut(PIECE))
            .zip(self.second.par_chunks_mut(PIECE));
        pieces.for_each(|(((values, gradients), first), second)| {
            let moments = first.iter_mut().zip(second);
            for ((value, &gradient), (first, second)) in
                values.iter_mut().zip(gradients).zip(moments)
            {
                *first = BETA_1 as f32 * *first + (1.0 - BETA_1) as f32 * gradient;
                *second = BETA_2 as f32 * *second + (1.0 - BETA_2) as f32 * (gradient * gradient);
                let size = second.sqrt() * rates.second + EPSILON;
                *value = *value * rates.decay - rates.step * (*first / size);
            }
        });
    }
}
