//! Single steps of training, on a backend.
use burn::module::AutodiffModule;
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{AdamW, AdamWConfig, GradientsParams, Optimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};
use ofa_core::selector::{SelectorConfig, SelectorWeights};

use crate::host::{self, HostBatch, HostTrainer};
use crate::parameters::selector_weights;
use crate::readback::read;
use crate::{FusionClassifier, LabelledRows, Learner, Predictions, Result, TrainOptions};

/// A classifier with the optimizer that moves it: AdamW with betas 0.9 and 0.999, eps 1e-8 and
/// decoupled weight decay on every parameter, in PyTorch's arithmetic.
///
/// On a device the backend differentiates. Where tensors are host memory (flex) gradients are written
/// out, which takes three fifths of the time.
pub struct Trainer<B: AutodiffBackend> {
    config: SelectorConfig,
    device: B::Device,
    engine: Engine<B>,
}

enum Engine<B: AutodiffBackend> {
    Backend(Box<OnBackend<B>>),
    Host(Box<OnHost>),
}

struct OnBackend<B: AutodiffBackend> {
    model: FusionClassifier<B>,
    optimizer: OptimizerAdaptor<AdamW, FusionClassifier<B>, B>,
    learning_rate: f64,
    /// Of the steps whose losses were not asked for yet, each `[1]`.
    losses: Vec<Tensor<B::InnerBackend, 1>>,
}

struct OnHost {
    trainer: HostTrainer,
    losses: Vec<f32>,
}

impl<B: AutodiffBackend> Trainer<B> {
    /// Starts from a classifier, with the learning rate and weight decay of `options`.
    pub fn new(model: FusionClassifier<B>, options: &TrainOptions, device: &B::Device) -> Self {
        let config = model.config();
        let engine = if host::is_host_memory::<B::InnerBackend>(device) {
            let parameters = model.valid().read_parameters();
            let parameters = parameters.expect("host memory can be read");
            Engine::Host(Box::new(OnHost {
                trainer: HostTrainer::new(parameters, options),
                losses: Vec::new(),
            }))
        } else {
            let optimizer = AdamWConfig::new()
                .with_beta_1(0.9)
                .with_beta_2(0.999)
                .with_epsilon(1e-8) // burn's own default is 1e-5.
                .with_weight_decay(options.weight_decay as f32)
                .init();
            Engine::Backend(Box::new(OnBackend {
                model,
                optimizer,
                learning_rate: options.learning_rate,
                losses: Vec::new(),
            }))
        };
        Self {
            config,
            device: device.clone(),
            engine,
        }
    }

    /// Starts from the values that follow from `options.seed`, as the [`Learner`] that
    /// [`train`](crate::train) asks for.
    ///
    /// # Errors
    /// Those of [`SelectorConfig::check`].
    pub fn from_seed(
        config: &SelectorConfig,
        options: &TrainOptions,
        device: &B::Device,
    ) -> Result<Box<dyn Learner>> {
        let model = FusionClassifier::from_seed(config, options.seed, device)?;
        Ok(Box::new(Self::new(model, options, device)))
    }

    /// Starts from weights that are given.
    ///
    /// # Errors
    /// Those of [`FusionClassifier::from_weights`].
    pub fn from_weights(
        config: &SelectorConfig,
        weights: &SelectorWeights,
        options: &TrainOptions,
        device: &B::Device,
    ) -> Result<Box<dyn Learner>> {
        let model = FusionClassifier::from_weights(config, weights, device)?;
        Ok(Box::new(Self::new(model, options, device)))
    }
}

impl<B: AutodiffBackend> Learner for Trainer<B> {
    fn config(&self) -> SelectorConfig {
        self.config
    }

    fn step(&mut self, rows: &LabelledRows, indices: &[usize], dropout: Option<Vec<f32>>) {
        match &mut self.engine {
            Engine::Backend(engine) => {
                let dropout = dropout.map(|mask| {
                    let shape = [indices.len(), self.config.hidden_dim];
                    Tensor::from_data(TensorData::new(mask, shape), &self.device)
                });
                engine.step(rows, indices, dropout, &self.device);
            }
            Engine::Host(engine) => engine.step(rows, indices, dropout.as_deref()),
        }
    }

    fn losses(&mut self) -> Result<Vec<f32>> {
        match &mut self.engine {
            Engine::Backend(engine) if engine.losses.is_empty() => Ok(Vec::new()),
            Engine::Backend(engine) => {
                let losses = std::mem::take(&mut engine.losses);
                // Read together: a read waits for everything queued before it.
                read(Tensor::cat(losses, 0), "the training loss")
            }
            Engine::Host(engine) => Ok(std::mem::take(&mut engine.losses)),
        }
    }

    fn predict(&self, rows: &LabelledRows, batch: usize) -> Result<Predictions> {
        let classifier = match &self.engine {
            Engine::Backend(engine) => engine.model.valid(),
            Engine::Host(engine) => {
                let parameters = engine.trainer.parameters();
                FusionClassifier::<B::InnerBackend>::from_source(
                    &self.config,
                    &self.device,
                    &mut |name, _| parameters[name].clone(),
                )
            }
        };
        classifier.predict(rows, batch, &self.device)
    }

    fn weights(&self) -> Result<SelectorWeights> {
        match &self.engine {
            Engine::Backend(engine) => engine.model.valid().to_weights(&self.config),
            Engine::Host(engine) => {
                selector_weights(engine.trainer.parameters().clone(), &self.config)
            }
        }
    }
}

impl<B: AutodiffBackend> OnBackend<B> {
    fn step(
        &mut self,
        rows: &LabelledRows,
        indices: &[usize],
        dropout: Option<Tensor<B, 2>>,
        device: &B::Device,
    ) {
        let batch = rows.batch(indices, device);
        let prediction = self.model.forward(batch.image, batch.text, dropout);
        let log_likelihood = log_softmax(prediction.logits, 1).gather(1, batch.labels);
        let loss = log_likelihood.mean().neg();
        self.losses.push(loss.clone().inner());
        let gradients = GradientsParams::from_grads(loss.backward(), &self.model);
        // The optimizer takes the model by value; the clone shares its tensors.
        self.model = self
            .optimizer
            .step(self.learning_rate, self.model.clone(), gradients);
    }
}

impl OnHost {
    fn step(&mut self, rows: &LabelledRows, indices: &[usize], dropout: Option<&[f32]>) {
        let (image, text) = rows.embeddings_at(indices);
        let labels = indices.iter().map(|&row| rows.labels()[row] as usize);
        let loss = self.trainer.step(&HostBatch {
            image: &image,
            text: &text,
            labels: &labels.collect::<Vec<_>>(),
            dropout,
        });
        self.losses.push(loss);
    }
}
