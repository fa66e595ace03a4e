//! The training of the answer model.

use burn::optim::{AdamWConfig, GradientsParams, Optimizer};
use burn::tensor::Tensor;
use burn::tensor::backend::{AutodiffBackend, Backend};
use ofa_core::rng::{Purpose, Rng};
use serde::{Deserialize, Serialize};

use super::head::Targets;
use super::{AnswerModel, Batch, ModelSize};
use crate::examples_of_records::{Examples, Vocabularies};
use crate::{Error, Pictures, Result, Texts};

/// How the answer model is trained; the same for every arm.
///
/// AdamW with betas 0.9 and 0.999 and eps 1e-8; the learning rate rises in a straight line over the
/// warm-up and falls to 0 along a cosine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Records of a step, each with all of its turns.
    pub batch_records: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Decay of every weight.
    pub weight_decay: f64,
    /// Share of the steps over which the learning rate rises.
    pub warm_up: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            batch_records: 8,
            learning_rate: 1e-3,
            weight_decay: 0.01,
            warm_up: 0.1,
        }
    }
}

impl Schedule {
    /// Steps of one pass over so many records.
    #[must_use]
    pub fn steps_of_pass(&self, records: usize) -> usize {
        records.div_ceil(self.batch_records)
    }

    /// The learning rate of a step (from 0) of so many.
    fn learning_rate(&self, step: usize, steps: usize) -> f64 {
        let warm_up = (self.warm_up * steps as f64).max(1.0);
        let done = step as f64 + 1.0;
        if done <= warm_up {
            return self.learning_rate * done / warm_up;
        }
        let way = (done - warm_up) / (steps as f64 - warm_up).max(1.0);
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * way).cos())
    }
}

/// The steps' records: passes over all records, each in an order of its own. A pass's last step is
/// filled up from the next pass, so that every step has a whole batch, but for the very last one of
/// training for whole passes.
fn batches(records: usize, batch: usize, steps: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut batches = Vec::with_capacity(steps);
    let whole_passes = steps == records.div_ceil(batch);
    let wanted = if whole_passes { records } else { steps * batch };
    let mut order = Vec::with_capacity(wanted + records);
    for pass in 0.. {
        if order.len() >= wanted {
            break;
        }
        let mut rng = Rng::new(seed, Purpose::AnswerOrder, pass, 0);
        let mut numbers: Vec<usize> = (0..records).collect();
        rng.shuffle(&mut numbers);
        order.extend(numbers);
    }
    order.truncate(wanted);
    batches.extend(order.chunks(batch).map(<[usize]>::to_vec));
    batches
}

/// A trained answer model.
#[derive(Debug)]
pub struct Trained<B: Backend> {
    /// The model without gradients.
    pub model: AnswerModel<B>,
    /// Mean loss of a turn over the last tenth of the steps.
    pub loss: f64,
}

/// What an answer model is trained on, and how.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// The records.
    pub examples: &'a Examples,
    /// Their pictures.
    pub pictures: &'a Pictures,
    /// Their questions, and what can be answered.
    pub texts: &'a Texts,
    /// The words and answers of the pool.
    pub vocabularies: &'a Vocabularies,
    /// How wide the model is.
    pub size: ModelSize,
    /// How it is trained.
    pub schedule: Schedule,
    /// How many steps.
    pub steps: usize,
    /// Whether the model sees nothing in place of every picture.
    pub blind: bool,
    /// What all that is drawn follows from.
    pub seed: u64,
}

/// Trains an answer model.
///
/// # Errors
/// [`Error::Nothing`] without a record, [`Error::Model`] where the loss is no longer finite.
pub fn train<B: AutodiffBackend>(
    training: &Training<'_>,
    device: &B::Device,
) -> Result<Trained<B::InnerBackend>> {
    let Training {
        examples,
        pictures,
        texts,
        vocabularies,
        schedule,
        steps,
        blind,
        seed,
        ..
    } = *training;
    if examples.records.is_empty() || steps == 0 {
        return Err(Error::Nothing {
            what: "the subset".to_owned(),
            purpose: "train on",
        });
    }
    let mut model =
        AnswerModel::<B>::from_seed(&training.size, vocabularies, pictures, texts, seed, device);
    let mut optimizer = AdamWConfig::new()
        .with_beta_1(0.9)
        .with_beta_2(0.999)
        .with_epsilon(1e-8)
        .with_weight_decay(schedule.weight_decay as f32)
        .init();
    let last = steps - steps.div_ceil(10);
    let mut losses: Vec<Tensor<B::InnerBackend, 1>> = Vec::new();
    let mut asked = 0;
    let batches = batches(examples.records.len(), schedule.batch_records, steps, seed);
    for (step, records) in batches.iter().enumerate() {
        let (targets, count) = Targets::<B>::new(examples, vocabularies, records, device);
        if count == 0 {
            continue;
        }
        let batch = Batch::<B>::new(examples, pictures, texts, records, blind, device);
        let loss = model.forward(&batch).loss(targets);
        if step >= last {
            losses.push(loss.clone().inner());
            asked += count;
        }
        let loss = loss / count as f64;
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let rate = schedule.learning_rate(step, steps);
        model = optimizer.step(rate, model, gradients);
    }
    let total: f32 = if losses.is_empty() {
        0.0
    } else {
        read(Tensor::cat(losses, 0))?.iter().sum()
    };
    let loss = f64::from(total) / asked.max(1) as f64;
    if !loss.is_finite() {
        let problem = format!("the loss became {loss}; use a lower learning rate");
        return Err(Error::Model(problem));
    }
    use burn::module::AutodiffModule;
    Ok(Trained {
        model: model.valid(),
        loss,
    })
}

/// The values of a tensor, row by row.
pub(super) fn read<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Result<Vec<f32>> {
    let data = tensor
        .try_into_data()
        .map_err(|error| Error::Model(error.to_string()))?;
    (data.convert::<f32>().into_vec()).map_err(|error| Error::Model(format!("{error:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_has_every_record_once_and_more_steps_go_on() {
        let one_pass = batches(10, 4, 3, 1);
        assert_eq!(one_pass.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        let mut seen = one_pass.concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        let longer = batches(10, 4, 7, 1);
        assert_eq!(longer.iter().map(Vec::len).collect::<Vec<_>>(), [4; 7]);
        assert_eq!(longer.concat()[..10], one_pass.concat());
        assert_ne!(longer.concat()[10..20], longer.concat()[..10]);
        assert_ne!(batches(10, 4, 3, 2), one_pass);
    }

    #[test]
    fn the_learning_rate_rises_and_falls() {
        let schedule = Schedule {
            warm_up: 0.1,
            learning_rate: 1.0,
            ..Schedule::default()
        };
        let rates: Vec<f64> = (0..20)
            .map(|step| schedule.learning_rate(step, 20))
            .collect();
        assert!((rates[0] - 0.5).abs() < 1e-12 && (rates[1] - 1.0).abs() < 1e-12);
        assert!((rates[10] - 0.5).abs() < 1e-12 && rates[19].abs() < 1e-12);
        assert!(schedule.learning_rate(0, 1) > 0.0);
    }
}
