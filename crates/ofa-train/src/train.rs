//! From features to a selector: clusters, core set, training.
use std::ops::ControlFlow;

use ofa_core::centers::{Assignment, Centers};
use ofa_core::core_set::{CoreSet, CoreSetOptions};
use ofa_core::features::FeatureRows;
use ofa_core::kmeans::{self, KMeansOptions, KMeansProgress};
use ofa_core::selector::{Selector, SelectorConfig};

use crate::{
    EpochMetrics, Error, History, LabelledRows, Learner, Provenance, Result, TrainOptions, fit,
};

/// A step of a training run, as it happens.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TrainEvent {
    /// k-means is at work.
    KMeans(KMeansProgress),
    /// Every row has its cluster.
    Clustered {
        /// Sum of the squared distances of all rows to their centres.
        inertia: f64,
        /// Members of each cluster.
        sizes: Vec<u64>,
    },
    /// The core set is chosen and split.
    CoreSet {
        /// Core rows to train on.
        training_rows: usize,
        /// Core rows to validate on.
        validation_rows: usize,
    },
    /// An epoch of training is over.
    Epoch {
        /// Its measures.
        metrics: EpochMetrics,
        /// Epochs in all.
        epochs: usize,
    },
}

/// What training gives.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOutcome {
    /// The selector of the chosen epoch, with the early selector beside it.
    pub selector: Selector,
    /// The whole run.
    pub history: History,
}

/// What makes the classifier that is trained: [`Trainer::from_seed`](crate::Trainer::from_seed) on a backend.
pub type NewLearner<'a> = dyn Fn(&SelectorConfig, &TrainOptions) -> Result<Box<dyn Learner>> + 'a;

/// Trains a selector: k-means and pseudo-labels, core set, training, choice of the epoch.
///
/// `progress` hears of every stage and every epoch and stops the run with
/// [`ControlFlow::Break`]. Everything random follows from `options.seed`: the same rows, options
/// and seed give the same selector, to the byte, on the same CPU backend.
///
/// Cost: k-means reads all rows once and some many times; training reads only the core. Beyond
/// the features, memory is a label and a distance a row, the core in f32, and the classifier with
/// its optimizer.
///
/// # Errors
/// [`Error::Option`] for a setting outside its range; [`Error::Core`] for fewer rows than
/// clusters and for NaN or an infinity in the features; [`Error::CoreTooSmall`] where the core
/// leaves no row to train on; [`Error::Diverged`] where the loss is no longer finite;
/// [`Error::Backend`]; [`Error::Cancelled`].
///
/// Source: METHOD sections 2 and 3.
pub fn train(
    features: &impl FeatureRows,
    options: &TrainOptions,
    provenance: &Provenance,
    learner: &NewLearner<'_>,
    progress: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>,
) -> Result<TrainOutcome> {
    options.check()?;
    let settings = KMeansOptions::new(options.clusters, options.seed);
    let clustering = kmeans::fit(features, &settings, &mut |event| {
        progress(TrainEvent::KMeans(event))
    })?;
    let kmeans::Clustering {
        centers,
        assignment,
        ..
    } = clustering;
    train_on_clusters(
        features, centers, assignment, options, provenance, learner, progress,
    )
}

/// Trains a selector on clusters that are given instead of found.
///
/// As [`train`], with the pseudo-labels from `centers`.
///
/// # Shapes
/// `centers` f32 `[options.clusters, 2 * features.dim()]`, in the space of joint features.
///
/// # Errors
/// As [`train`]; centres of another shape or with NaN or an infinity.
pub fn train_with_centers(
    features: &impl FeatureRows,
    centers: Vec<f32>,
    options: &TrainOptions,
    provenance: &Provenance,
    learner: &NewLearner<'_>,
    progress: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>,
) -> Result<TrainOutcome> {
    options.check()?;
    let prepared = Centers::new(&centers, options.clusters, 2 * features.dim())?;
    let assignment = prepared.assign(features, 0..features.rows())?;
    train_on_clusters(
        features, centers, assignment, options, provenance, learner, progress,
    )
}

fn train_on_clusters(
    features: &impl FeatureRows,
    centers: Vec<f32>,
    assignment: Assignment,
    options: &TrainOptions,
    provenance: &Provenance,
    learner: &NewLearner<'_>,
    progress: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>,
) -> Result<TrainOutcome> {
    let mut report = |event| match progress(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    };
    let inertia = assignment.inertia();
    let mut sizes = vec![0u64; options.clusters];
    for &label in &assignment.labels {
        sizes[label as usize] += 1;
    }
    report(TrainEvent::Clustered {
        inertia,
        sizes: sizes.clone(),
    })?;

    let core_options = CoreSetOptions {
        core_ratio: options.core_ratio_as_written()?,
        seed: options.seed,
        ..CoreSetOptions::default()
    };
    let Assignment {
        labels,
        squared_distances,
    } = assignment;
    let core = CoreSet::choose(&labels, &squared_distances, options.clusters, &core_options)?;
    let gather = |rows: &[usize]| {
        let members = rows.iter().map(|&row| (row, labels[row]));
        LabelledRows::gather(features, members)
    };
    let (training, validation) = (gather(&core.training), gather(&core.validation));
    let (training_rows, validation_rows) = (training.len(), validation.len());
    report(TrainEvent::CoreSet {
        training_rows,
        validation_rows,
    })?;

    let config = SelectorConfig {
        feature_dim: features.dim(),
        hidden_dim: options.hidden_dim,
        gate_hidden_dim: options.gate_hidden_dim,
        num_clusters: options.clusters,
        fusion_mode: options.fusion_mode,
    };
    let mut learner = learner(&config, options)?;
    let fitted = fit(
        &mut *learner,
        &training,
        &validation,
        options,
        &mut |metrics| {
            progress(TrainEvent::Epoch {
                metrics: metrics.clone(),
                epochs: options.epochs,
            })
        },
    )?;
    let history = History {
        options: options.clone(),
        provenance: provenance.clone(),
        feature_dim: features.dim(),
        rows: features.rows(),
        inertia,
        cluster_sizes: sizes,
        training_rows,
        validation_rows,
        selected_epoch: fitted.selected_epoch,
        epochs: fitted.epochs,
    };
    let selector = Selector {
        config,
        weights: fitted.selected,
        cluster_centers: centers,
        early: Some(fitted.early),
        training: Some(history.training_metadata()),
    };
    selector.check()?;
    Ok(TrainOutcome { selector, history })
}
