//! The training loop.
use std::ops::ControlFlow;

use burn::module::AutodiffModule;
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{AdamW, AdamWConfig, GradientsParams, Optimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Tensor, TensorData};
use ofa_core::selector::SelectorConfig;

use crate::checkpoint::Checkpoints;
use crate::draws::{ClassBalancedDraws, dropout_mask};
use crate::host::{self, HostBatch, HostTrainer};
use crate::metrics::ValidationTally;
use crate::{
    Batch, EpochMetrics, Error, FusionClassifier, LabelledRows, Result, TrainOptions,
    ValidationMetrics,
};

/// A classifier with the optimizer that moves it: AdamW with betas 0.9 and 0.999, eps 1e-8 and
/// decoupled weight decay on every parameter, in PyTorch's arithmetic.
///
/// On a device the backend differentiates. Where tensors are host memory (flex) gradients are written
/// out, which takes three fifths of the time.
pub struct Trainer<B: AutodiffBackend> {
    engine: Engine<B>,
}

enum Engine<B: AutodiffBackend> {
    Backend(Box<OnBackend<B>>),
    Host(Box<OnHost<B>>),
}

struct OnBackend<B: AutodiffBackend> {
    model: FusionClassifier<B>,
    optimizer: OptimizerAdaptor<AdamW, FusionClassifier<B>, B>,
    learning_rate: f64,
}

struct OnHost<B: AutodiffBackend> {
    trainer: HostTrainer,
    config: SelectorConfig,
    device: B::Device,
}

impl<B: AutodiffBackend> Trainer<B> {
    /// Starts from a classifier, with the learning rate and weight decay of `options`.
    pub fn new(model: FusionClassifier<B>, options: &TrainOptions) -> Self {
        let device = model.output.weight.val().device();
        if host::is_host_memory::<B::InnerBackend>(&device) {
            let parameters = model.valid().read_parameters();
            let parameters = parameters.expect("host memory can be read");
            return Self {
                engine: Engine::Host(Box::new(OnHost {
                    trainer: HostTrainer::new(parameters, options),
                    config: model.config(),
                    device,
                })),
            };
        }
        let optimizer = AdamWConfig::new()
            .with_beta_1(0.9)
            .with_beta_2(0.999)
            .with_epsilon(1e-8) // burn's own default is 1e-5.
            .with_weight_decay(options.weight_decay as f32)
            .init();
        Self {
            engine: Engine::Backend(Box::new(OnBackend {
                model,
                optimizer,
                learning_rate: options.learning_rate,
            })),
        }
    }

    /// One step down the mean cross-entropy of a batch, which it returns, shape `[1]`.
    ///
    /// `dropout` is as in [`FusionClassifier::forward`]. Nothing is read back from a device.
    pub fn step(
        &mut self,
        batch: Batch<B>,
        dropout: Option<Tensor<B, 2>>,
    ) -> Tensor<B::InnerBackend, 1> {
        match &mut self.engine {
            Engine::Backend(engine) => engine.step(batch, dropout),
            Engine::Host(engine) => engine.step(batch, dropout),
        }
    }

    /// The classifier as it stands, without gradients.
    pub fn classifier(&self) -> FusionClassifier<B::InnerBackend> {
        match &self.engine {
            Engine::Backend(engine) => engine.model.valid(),
            Engine::Host(engine) => {
                let parameters = engine.trainer.parameters();
                FusionClassifier::from_source(&engine.config, &engine.device, &mut |name, _| {
                    parameters[name].clone()
                })
            }
        }
    }

    /// Width of the hidden layers.
    fn hidden_dim(&self) -> usize {
        match &self.engine {
            Engine::Backend(engine) => engine.model.hidden_dim(),
            Engine::Host(engine) => engine.config.hidden_dim,
        }
    }
}

impl<B: AutodiffBackend> OnBackend<B> {
    fn step(
        &mut self,
        batch: Batch<B>,
        dropout: Option<Tensor<B, 2>>,
    ) -> Tensor<B::InnerBackend, 1> {
        let prediction = self.model.forward(batch.image, batch.text, dropout);
        let log_likelihood = log_softmax(prediction.logits, 1).gather(1, batch.labels);
        let loss = log_likelihood.mean().neg();
        let value = loss.clone().inner();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.model);
        // The optimizer takes the model by value; the clone shares its tensors.
        self.model = self
            .optimizer
            .step(self.learning_rate, self.model.clone(), gradients);
        value
    }
}

impl<B: AutodiffBackend> OnHost<B> {
    fn step(
        &mut self,
        batch: Batch<B>,
        dropout: Option<Tensor<B, 2>>,
    ) -> Tensor<B::InnerBackend, 1> {
        let image = host::taken(batch.image.inner());
        let text = host::taken(batch.text.inner());
        let dropout = dropout.map(|mask| host::taken(mask.inner()));
        let labels = batch.labels.inner().into_data();
        let labels: Vec<usize> = labels.iter::<i64>().map(|label| label as usize).collect();
        let loss = self.trainer.step(&HostBatch {
            image: image.as_slice().expect(IS_F32),
            text: text.as_slice().expect(IS_F32),
            labels: &labels,
            dropout: (dropout.as_ref()).map(|mask| mask.as_slice().expect(IS_F32)),
        });
        Tensor::from_floats([loss], &self.device)
    }
}

const IS_F32: &str = "converted to f32";

/// What a training loop leaves behind.
#[derive(Debug)]
pub struct Fitted<B: Backend> {
    /// The weights of the chosen epoch.
    pub selected: FusionClassifier<B>,
    /// The chosen epoch, from 1.
    pub selected_epoch: usize,
    /// The weights after epoch 1.
    pub early: FusionClassifier<B>,
    /// The measures of every epoch, in order.
    pub epochs: Vec<EpochMetrics>,
}

/// Trains a classifier on labelled rows and keeps the epoch that the policy chooses.
///
/// Of `options` it reads everything from `dropout` on; the rows say what the classes are.
/// `progress` is called after every epoch and stops the run with [`ControlFlow::Break`].
///
/// Cost: `epochs` passes over both parts. Memory beyond the rows: the model, its optimizer state,
/// one batch of activations, and two copies of the weights.
///
/// # Errors
/// A setting outside its range; no training or no validation row; parts of different width;
/// a loss that is no longer finite; a backend that fails; [`Error::Cancelled`].
pub fn fit<B: AutodiffBackend>(
    model: FusionClassifier<B>,
    train: &LabelledRows,
    validation: &LabelledRows,
    options: &TrainOptions,
    device: &B::Device,
    progress: &mut dyn FnMut(&EpochMetrics) -> ControlFlow<()>,
) -> Result<Fitted<B::InnerBackend>> {
    options.check()?;
    if train.is_empty() || validation.is_empty() {
        return Err(Error::CoreTooSmall {
            train: train.len(),
            validation: validation.len(),
        });
    }
    if train.dim() != validation.dim() {
        return Err(Error::WidthsDiffer {
            train: train.dim(),
            validation: validation.dim(),
        });
    }
    let classes = model.classes();
    let draws = ClassBalancedDraws::new(train.labels(), classes, options.seed);
    let mut checkpoints = Checkpoints::new(options.checkpoint_policy, options.target_accuracy);
    let mut trainer = Trainer::new(model, options);
    let mut early = None;
    let mut epochs = Vec::new();
    for epoch in 1..=options.epochs {
        let train_loss = run_epoch(
            &mut trainer,
            train,
            &draws.epoch(epoch),
            epoch,
            options,
            device,
        )?;
        let classifier = trainer.classifier();
        let validation = validate(&classifier, validation, options.batch, device)?;
        for (loss, value) in [("training", train_loss), ("validation", validation.loss)] {
            if !value.is_finite() {
                return Err(Error::Diverged { loss, epoch, value });
            }
        }
        let metrics = EpochMetrics {
            epoch,
            train_loss,
            validation,
        };
        checkpoints.offer(&metrics, || classifier.clone());
        early.get_or_insert(classifier);
        let flow = progress(&metrics);
        epochs.push(metrics);
        if flow.is_break() {
            return Err(Error::Cancelled);
        }
    }
    let (selected_epoch, selected) = checkpoints
        .into_chosen()
        .expect("options.check() asks for at least one epoch");
    let early = early.expect("options.check() asks for at least one epoch");
    Ok(Fitted {
        selected,
        selected_epoch,
        early,
        epochs,
    })
}

/// One pass over the draws; the mean loss of the epoch.
fn run_epoch<B: AutodiffBackend>(
    trainer: &mut Trainer<B>,
    train: &LabelledRows,
    draws: &[usize],
    epoch: usize,
    options: &TrainOptions,
    device: &B::Device,
) -> Result<f64> {
    let mut losses = Vec::with_capacity(draws.len().div_ceil(options.batch));
    for (number, rows) in draws.chunks(options.batch).enumerate() {
        let mask = (options.dropout > 0.0).then(|| {
            let units = rows.len() * trainer.hidden_dim();
            let mask = dropout_mask(options.seed, epoch, number, units, options.dropout);
            let shape = [rows.len(), trainer.hidden_dim()];
            Tensor::from_data(TensorData::new(mask, shape), device)
        });
        losses.push(trainer.step(train.batch(rows, device), mask));
    }
    // Read once an epoch: a read waits for everything queued before it.
    let losses = read(Tensor::cat(losses, 0), "the training loss")?;
    let total: f64 = (losses.iter().zip(draws.chunks(options.batch)))
        .map(|(&loss, rows)| f64::from(loss) * rows.len() as f64)
        .sum();
    Ok(total / draws.len() as f64)
}

/// Measures a classifier on labelled rows, `batch` rows at a time.
///
/// # Errors
/// [`Error::CoreTooSmall`] where there is no row, [`Error::Backend`] where the backend fails.
pub fn validate<B: Backend>(
    classifier: &FusionClassifier<B>,
    rows: &LabelledRows,
    batch: usize,
    device: &B::Device,
) -> Result<ValidationMetrics> {
    if rows.is_empty() {
        return Err(Error::CoreTooSmall {
            train: 0,
            validation: 0,
        });
    }
    let mut tally = ValidationTally::new(classifier.classes());
    let all: Vec<usize> = (0..rows.len()).collect();
    for indices in all.chunks(batch.max(1)) {
        let Batch { image, text, .. } = rows.batch::<B>(indices, device);
        let prediction = classifier.forward(image, text, None);
        let logits = read(prediction.logits, "validation logits")?;
        let gate = read(prediction.gate, "validation gates")?;
        tally.add(
            &logits,
            &gate,
            &rows.labels()[indices[0]..indices[0] + indices.len()],
        );
    }
    Ok(tally.finish())
}

/// The values of a tensor, row by row.
pub(crate) fn read<B: Backend, const D: usize>(
    tensor: Tensor<B, D>,
    what: &'static str,
) -> Result<Vec<f32>> {
    let failed = |problem: String| Error::Backend { what, problem };
    let data = tensor.try_into_data().map_err(|e| failed(e.to_string()))?;
    data.convert::<f32>()
        .into_vec()
        .map_err(|e| failed(format!("{e:?}")))
}
