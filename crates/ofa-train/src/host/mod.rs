//! Training steps on host memory, with gradients written out.
//!
//! On a CPU backend every operation, forwards and backwards, is a pass of its own over memory on one
//! core, and the products of matrices are half of the time. Here what lies between products is one
//! pass, on all cores, and the optimizer another; the arithmetic is that of [`crate::model`] and of
//! PyTorch's AdamW.
//!
//! - [`network`]: the activations of a batch and the gradients;
//! - [`product`]: products of matrices;
//! - [`adam_w`]: what moves the parameters.
//!
//! Sums over rows are taken over pieces of a fixed number of rows, in order: the number of threads
//! changes no bit.
mod adam_w;
mod network;
mod product;

use std::collections::BTreeMap;

use burn::tensor::backend::Backend;

use self::adam_w::Moments;
use self::network::Activations;
use crate::TrainOptions;

/// Values by the names of the selector file, in PyTorch's layout.
pub(crate) type Parameters = BTreeMap<&'static str, Vec<f32>>;

/// Rows that are worked on together, and over which sums are taken first.
const ROWS: usize = 64;

/// Whether tensors of this backend are host memory.
pub(crate) fn is_host_memory<B: Backend>(device: &B::Device) -> bool {
    B::name(device) == "flex"
}

/// A classifier with the optimizer that moves it.
pub(crate) struct HostTrainer {
    parameters: Parameters,
    gradients: Parameters,
    moments: BTreeMap<&'static str, Moments>,
    activations: Activations,
    steps: i32,
    learning_rate: f64,
    weight_decay: f64,
}

/// Labelled embeddings of a batch, row by row.
pub(crate) struct HostBatch<'a> {
    /// `[b, d]`.
    pub(crate) image: &'a [f32],
    /// `[b, d]`.
    pub(crate) text: &'a [f32],
    /// `[b]`.
    pub(crate) labels: &'a [usize],
    /// `[b, h]`, as in [`crate::FusionClassifier::forward`].
    pub(crate) dropout: Option<&'a [f32]>,
}

impl HostTrainer {
    /// Starts from these parameters, with the learning rate and weight decay of `options`.
    pub(crate) fn new(parameters: Parameters, options: &TrainOptions) -> Self {
        let zeros = |values: &Vec<f32>| vec![0.0f32; values.len()];
        Self {
            gradients: (parameters.iter())
                .map(|(name, values)| (*name, zeros(values)))
                .collect(),
            moments: (parameters.iter())
                .map(|(name, values)| (*name, Moments::zeros(values.len())))
                .collect(),
            parameters,
            activations: Activations::default(),
            steps: 0,
            learning_rate: options.learning_rate,
            weight_decay: options.weight_decay,
        }
    }

    /// The parameters as they stand.
    pub(crate) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// One step down the mean cross-entropy of a batch, which it returns.
    pub(crate) fn step(&mut self, batch: &HostBatch<'_>) -> f32 {
        let loss = self.activations.forward(&self.parameters, batch);
        self.activations
            .backward(&self.parameters, batch, &mut self.gradients);
        self.steps += 1;
        let rates = adam_w::Rates::at(self.steps, self.learning_rate, self.weight_decay);
        for (name, values) in &mut self.parameters {
            let moments = self.moments.get_mut(name).expect("one for each parameter");
            moments.step(values, &self.gradients[name], &rates);
        }
        loss
    }
}
