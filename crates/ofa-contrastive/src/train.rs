//! The training loop, which can be stopped and goes on.

use std::ops::ControlFlow;

use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{AdamW, AdamWConfig, Optimizer};
use burn::record::{BinBytesRecorder, FullPrecisionSettings, Recorder};
use burn::tensor::backend::AutodiffBackend;
use ofa_clip::ClipConfig;
use serde::{Deserialize, Serialize};

use crate::layout::Parameters;
use crate::pairs::PairSet;
use crate::recipe::Recipe;
use crate::step::{Threads, gradients};
use crate::tower::TrainedClip;
use crate::{Error, Result};

/// Longest gradient of a parameter; longer ones are shortened to it.
const LONGEST_GRADIENT: f32 = 1.0;

/// The mean loss of some steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossAt {
    /// Steps done.
    pub step: usize,
    /// Mean loss since the entry before.
    pub loss: f64,
}

/// A training run: towers, optimizer, and how far it is.
pub struct Training<B: AutodiffBackend> {
    recipe: Recipe,
    /// The digest of what it is trained on.
    pairs: u64,
    config: ClipConfig,
    model: TrainedClip<B>,
    optimizer: OptimizerAdaptor<AdamW, TrainedClip<B>, B>,
    step: usize,
    losses: Vec<LossAt>,
    threads: Threads,
    device: B::Device,
}

/// The part of a run's state that is no tensor.
#[derive(Serialize, Deserialize)]
struct Progress {
    recipe: Recipe,
    pairs: u64,
    step: usize,
    losses: Vec<LossAt>,
}

/// Steps whose mean loss is one entry of the record.
const STEPS_OF_ENTRY: usize = 50;

type Bytes = BinBytesRecorder<FullPrecisionSettings>;

impl<B: AutodiffBackend> Training<B> {
    /// A run over these pairs that has done nothing yet.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Backend`].
    pub fn begin(
        recipe: Recipe,
        config: ClipConfig,
        set: &PairSet,
        device: B::Device,
    ) -> Result<Self> {
        let optimizer = AdamWConfig::new()
            .with_beta_1(0.9)
            .with_beta_2(0.98)
            .with_epsilon(1e-6)
            .with_weight_decay(recipe.weight_decay)
            .with_grad_clipping(Some(GradientClippingConfig::Norm(LONGEST_GRADIENT)))
            .init();
        Ok(Self {
            model: TrainedClip::from_seed(&config, recipe.seed, &device)?,
            threads: Threads::new(recipe.parts)?,
            optimizer,
            pairs: set.digest(),
            recipe,
            config,
            step: 0,
            losses: Vec::new(),
            device,
        })
    }

    /// Goes on from a state that [`state`](Self::state) gave; `None` where it is of another recipe
    /// or of other pairs.
    ///
    /// # Errors
    /// [`Error::State`] where the bytes are no state, and as [`begin`](Self::begin).
    pub fn resume(
        recipe: Recipe,
        config: ClipConfig,
        set: &PairSet,
        device: B::Device,
        state: &[u8],
    ) -> Result<Option<Self>> {
        let mut parts = state;
        let progress = take(&mut parts)?;
        let progress: Progress =
            serde_json::from_slice(progress).map_err(|error| Error::State(error.to_string()))?;
        if progress.recipe != recipe || progress.pairs != set.digest() {
            return Ok(None);
        }
        let mut run = Self::begin(recipe, config, set, device)?;
        let unreadable = |error: burn::record::RecorderError| Error::State(error.to_string());
        let record =
            Recorder::<B>::load(&Bytes::default(), take(&mut parts)?.to_vec(), &run.device)
                .map_err(unreadable)?;
        run.model = run.model.load_record(record);
        let record =
            Recorder::<B>::load(&Bytes::default(), take(&mut parts)?.to_vec(), &run.device)
                .map_err(unreadable)?;
        run.optimizer = run.optimizer.load_record(record);
        run.step = progress.step;
        run.losses = progress.losses;
        Ok(Some(run))
    }

    /// Everything that the run goes on from.
    ///
    /// # Errors
    /// [`Error::Backend`] where tensors cannot be read back.
    pub fn state(&self) -> Result<Vec<u8>> {
        let progress = Progress {
            recipe: self.recipe.clone(),
            pairs: self.pairs,
            step: self.step,
            losses: self.losses.clone(),
        };
        let failed = |error: burn::record::RecorderError| Error::Backend(error.to_string());
        let progress =
            serde_json::to_vec(&progress).map_err(|error| Error::Backend(error.to_string()))?;
        let model = Recorder::<B>::record(&Bytes::default(), self.model.clone().into_record(), ());
        let optimizer = Recorder::<B>::record(&Bytes::default(), self.optimizer.to_record(), ());
        let mut state = Vec::new();
        for part in [progress, model.map_err(failed)?, optimizer.map_err(failed)?] {
            state.extend_from_slice(&(part.len() as u64).to_le_bytes());
            state.extend_from_slice(&part);
        }
        Ok(state)
    }

    /// Trains to the end. `after` hears of every step and stops the run with
    /// [`ControlFlow::Break`]; the result says whether it came to the end.
    ///
    /// # Errors
    /// [`Error::Diverged`], [`Error::Backend`].
    pub fn run(
        &mut self,
        set: &PairSet,
        after: &mut dyn FnMut(&Self, f64) -> Result<ControlFlow<()>>,
    ) -> Result<bool> {
        let steps = self.recipe.steps(set.len());
        let steps_of_pass = self.recipe.steps_of_pass(set.len()).max(1);
        let mut order = (u64::MAX, Vec::new());
        let mut sum = 0.0;
        while self.step < steps {
            let (pass, within) = (
                (self.step / steps_of_pass) as u64,
                self.step % steps_of_pass,
            );
            if order.0 != pass {
                order = (pass, set.order(self.recipe.seed, pass));
            }
            let pictures = &order.1[within * self.recipe.batch..][..self.recipe.batch];
            let pairs = set.pairs(pictures, self.recipe.seed, pass, within as u64);
            let (loss, gradients) = gradients(
                &self.model,
                &self.config.vision,
                &pairs,
                &self.threads,
                &self.device,
            )?;
            if !loss.is_finite() {
                let step = self.step;
                return Err(Error::Diverged { step, loss });
            }
            let rate = self.recipe.learning_rate_at(self.step, steps);
            self.model = self.optimizer.step(rate, self.model.clone(), gradients);
            self.step += 1;
            sum += loss;
            let since = self.step - self.losses.last().map_or(0, |entry| entry.step);
            if since == STEPS_OF_ENTRY || self.step == steps {
                self.losses.push(LossAt {
                    step: self.step,
                    loss: sum / since as f64,
                });
                sum = 0.0;
            }
            if after(self, loss)?.is_break() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Steps done.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Mean losses so far.
    pub fn losses(&self) -> &[LossAt] {
        &self.losses
    }

    /// Whether a state can be kept here: between two entries of the record the sum would be lost.
    pub fn is_at_entry(&self) -> bool {
        self.step.is_multiple_of(STEPS_OF_ENTRY)
    }

    /// The weights as they stand.
    ///
    /// # Errors
    /// [`Error::Backend`] where they cannot be read back.
    pub fn parameters(&self) -> Result<Parameters> {
        self.model.parameters()
    }
}

/// Takes one part, which begins with its length, off the front.
fn take<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let cut = || Error::State("it breaks off".to_owned());
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
    let part = rest.get(..length).ok_or_else(cut)?;
    *bytes = &rest[length..];
    Ok(part)
}
