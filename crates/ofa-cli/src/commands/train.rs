//! `ofa train`: features to a selector.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use ofa_backends::Backend;
use ofa_core::features::{FeatureRows, check_finite};
use ofa_core::kmeans::KMeansProgress;
use ofa_core::selector::{FusionMode, SelectorConfig};
use ofa_pipeline::native::open_features;
use ofa_pipeline::store::Features;
use ofa_train::{
    CheckpointPolicy, Provenance, TrainEvent, TrainOptions, TrainOutcome, train, train_with_centers,
};
use serde::Serialize;

use crate::backend::BackendChoice;
use crate::duration::duration_text;
use crate::failure::{Stopped, Usage};
use crate::report::{Report, grouped, lossy};
use crate::{input, interrupt, output, progress};

/// Arguments of `ofa train`.
#[derive(Debug, clap::Args)]
pub(crate) struct TrainArguments {
    /// A feature store, or one features file
    #[arg(value_name = "FEATURES")]
    pub(crate) features: PathBuf,

    /// The selector; the history of the run is written beside it as NAME.history.json
    #[arg(short, long, value_name = "SELECTOR")]
    pub(crate) output: PathBuf,

    /// Number of clusters
    #[arg(long, value_name = "K", default_value_t = TrainOptions::default().clusters)]
    pub(crate) clusters: usize,

    /// Take the clusters of this selector instead of finding them
    #[arg(long, value_name = "SELECTOR", conflicts_with = "clusters")]
    pub(crate) centers: Option<PathBuf>,

    /// Share of each cluster, nearest its centre, that is trained on
    #[arg(long, value_name = "RATIO", default_value_t = TrainOptions::default().core_ratio)]
    pub(crate) core_ratio: f64,

    /// How image and text are joined: full, static-gate, no-interaction or concat
    #[arg(long, value_name = "MODE", default_value = TrainOptions::default().fusion_mode.name())]
    pub(crate) fusion_mode: FusionMode,

    /// Epochs, all of which are run
    #[arg(long, value_name = "N", default_value_t = TrainOptions::default().epochs)]
    pub(crate) epochs: usize,

    /// Validation macro accuracy at which the selector is kept
    #[arg(long, value_name = "SHARE", default_value_t = TrainOptions::default().target_accuracy)]
    pub(crate) target_accuracy: f64,

    /// Which epoch is kept: target-any, target, max-coverage or last
    #[arg(long, value_name = "POLICY", default_value = TrainOptions::default().checkpoint_policy.name())]
    pub(crate) checkpoint_policy: CheckpointPolicy,

    /// Learning rate of AdamW
    #[arg(long, value_name = "RATE", default_value_t = TrainOptions::default().learning_rate)]
    pub(crate) learning_rate: f64,

    /// Weight decay of AdamW
    #[arg(long, value_name = "DECAY", default_value_t = TrainOptions::default().weight_decay)]
    pub(crate) weight_decay: f64,

    /// Share of hidden units dropped in training
    #[arg(long, value_name = "SHARE", default_value_t = TrainOptions::default().dropout)]
    pub(crate) dropout: f64,

    /// Rows of a training step
    #[arg(long, value_name = "N", default_value_t = TrainOptions::default().batch)]
    pub(crate) batch: usize,

    /// Seed of everything that is drawn
    #[arg(long, default_value_t = TrainOptions::default().seed)]
    pub(crate) seed: u64,

    /// What trains the selector
    #[arg(long, value_enum, default_value_t)]
    pub(crate) backend: BackendChoice,

    /// Write the selector in half precision
    #[arg(long)]
    pub(crate) half: bool,

    /// Replace an output that exists, and take the clusters of another encoder's selector
    #[arg(long)]
    pub(crate) force: bool,
}

/// What training came to.
#[derive(Debug, Serialize)]
pub(crate) struct TrainSummary {
    #[serde(serialize_with = "lossy")]
    selector: PathBuf,
    #[serde(serialize_with = "lossy")]
    history: PathBuf,
    rows: usize,
    clusters: usize,
    training_rows: usize,
    validation_rows: usize,
    selected_epoch: usize,
    macro_accuracy: f64,
    coverage: usize,
    median_confidence: f64,
    seconds: f64,
}

impl TrainSummary {
    /// The report of the command.
    pub(crate) fn report(&self) -> Report {
        Report::new(self, self.text())
    }

    /// The account for people.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}: {} records in {} clusters, {} core records trained on, {} validated on\n\
             epoch {} kept: macro accuracy {:.3}, {} clusters predicted, median confidence {:.4}\n\
             selector: {}\nhistory: {}\n",
            duration_text(Duration::from_secs_f64(self.seconds)),
            grouped(self.rows as u64),
            self.clusters,
            grouped(self.training_rows as u64),
            grouped(self.validation_rows as u64),
            self.selected_epoch,
            self.macro_accuracy,
            self.coverage,
            self.median_confidence,
            self.selector.display(),
            self.history.display(),
        )
    }
}

/// Trains as the arguments say.
pub(crate) fn run(arguments: &TrainArguments) -> Result<TrainSummary> {
    let history = history_path(&arguments.output);
    output::refuse_existing(&[&arguments.output, &history], arguments.force)?;
    let mut inputs = vec![arguments.features.as_path()];
    inputs.extend(arguments.centers.as_deref());
    output::refuse_inputs(&arguments.output, &inputs)?;
    let mut options = options(arguments);
    if let Err(error) = options.check() {
        return Err(Usage(error.to_string()).into());
    }
    let started = Instant::now();
    let (features, _) = open_features(&arguments.features)?;
    check_finite(&features)
        .with_context(|| format!("features {}", arguments.features.display()))?;
    let fingerprints = features.fingerprints();
    input::say_if_unknown("the features", fingerprints.encoder.as_deref(), "encoder");
    let centers = match &arguments.centers {
        Some(path) => {
            let (selector, _) = input::read_selector(path)?;
            if selector.config.feature_dim != features.dim() {
                return Err(Usage(format!(
                    "{}: its clusters are of embeddings {} wide, the features are {} wide",
                    path.display(),
                    selector.config.feature_dim,
                    features.dim()
                ))
                .into());
            }
            let of_centers = selector.training_text("encoder_fingerprint");
            if !arguments.force {
                fingerprints.check_encoder("the features", of_centers, "the clusters")?;
            }
            options.clusters = selector.config.num_clusters;
            Some(selector.cluster_centers)
        }
        None => None,
    };
    // Begun now, so that a place that cannot be written to is told before the work.
    let mut file = output::begin(&arguments.output)?;
    let provenance = Provenance {
        encoder_fingerprint: fingerprints.encoder.clone(),
        dataset_fingerprint: fingerprints.dataset.clone(),
    };
    let work = TrainWork {
        features: &features,
        centers,
        options: &options,
        provenance: &provenance,
    };
    let backend = arguments.backend.choose()?;
    let outcome = work
        .run(backend)
        .with_context(|| format!("features {}", arguments.features.display()))?;
    let bytes = outcome.selector.to_safetensors(arguments.half)?;
    let mut json = serde_json::to_vec_pretty(&outcome.history)?;
    json.push(b'\n');
    file.write_all(&bytes)
        .with_context(|| output::cannot_write(&arguments.output))?;
    output::finish_with(file, &arguments.output, &history, &json)?;
    let selected = outcome.history.selected();
    Ok(TrainSummary {
        selector: arguments.output.clone(),
        history,
        rows: features.rows(),
        clusters: options.clusters,
        training_rows: outcome.history.training_rows,
        validation_rows: outcome.history.validation_rows,
        selected_epoch: outcome.history.selected_epoch,
        macro_accuracy: selected.validation.macro_accuracy,
        coverage: selected.validation.coverage,
        median_confidence: selected.validation.confidence.median,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn options(arguments: &TrainArguments) -> TrainOptions {
    TrainOptions {
        clusters: arguments.clusters,
        core_ratio: arguments.core_ratio,
        fusion_mode: arguments.fusion_mode,
        dropout: arguments.dropout,
        epochs: arguments.epochs,
        batch: arguments.batch,
        learning_rate: arguments.learning_rate,
        weight_decay: arguments.weight_decay,
        target_accuracy: arguments.target_accuracy,
        checkpoint_policy: arguments.checkpoint_policy,
        seed: arguments.seed,
        ..TrainOptions::default()
    }
}

/// The history's place beside a selector.
///
/// Only a known ending makes room for it: in `selector-0.15` the dot is part of the name.
pub(crate) fn history_path(selector: &Path) -> PathBuf {
    let name = selector.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".safetensors").unwrap_or(&name);
    selector.with_file_name(format!("{stem}.history.json"))
}

struct TrainWork<'a> {
    features: &'a Features,
    centers: Option<Vec<f32>>,
    options: &'a TrainOptions,
    provenance: &'a Provenance,
}

impl TrainWork<'_> {
    fn run(self, backend: Backend) -> Result<TrainOutcome> {
        let bar = progress::bar(self.options.epochs as u64, "epochs");
        let mut watch = |event| {
            show(&bar, &event);
            if interrupt::requested() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let Self {
            features,
            centers,
            options,
            provenance,
        } = self;
        let learner =
            |config: &SelectorConfig, options: &TrainOptions| backend.learner(config, options);
        let outcome = match centers {
            Some(centers) => {
                train_with_centers(features, centers, options, provenance, &learner, &mut watch)
            }
            None => train(features, options, provenance, &learner, &mut watch),
        };
        bar.finish_and_clear();
        match outcome {
            Err(
                ofa_train::Error::Cancelled | ofa_train::Error::Core(ofa_core::Error::Cancelled),
            ) => {
                Err(Stopped("nothing was written; the same command starts anew".to_owned()).into())
            }
            outcome => Ok(outcome?),
        }
    }
}

/// What clustering is at, before the first epoch.
fn clustering(progress: &KMeansProgress) -> String {
    match progress {
        KMeansProgress::Seeding { done, of } => format!("clusters: centres seeded {done}/{of}"),
        KMeansProgress::Swapping { done, of } => format!("clusters: swaps tried {done}/{of}"),
        KMeansProgress::Batch {
            run, runs, step, ..
        } => format!("clusters: run {run}/{runs}, batch {step}"),
        KMeansProgress::Assigning { done, of } => {
            format!("clusters: records assigned {}%", done * 100 / of.max(&1))
        }
        _ => String::new(),
    }
}

fn show(bar: &ProgressBar, event: &TrainEvent) {
    match event {
        TrainEvent::KMeans(progress) => bar.set_message(clustering(progress)),
        TrainEvent::Clustered { sizes, .. } => {
            let (least, most) = (sizes.iter().min(), sizes.iter().max());
            bar.suspend(|| {
                eprintln!(
                    "{} clusters of {} to {} records",
                    sizes.len(),
                    grouped(least.copied().unwrap_or_default()),
                    grouped(most.copied().unwrap_or_default()),
                );
            });
        }
        TrainEvent::CoreSet {
            training_rows,
            validation_rows,
        } => bar.suspend(|| {
            eprintln!(
                "core set: {} records to train on, {} to validate on",
                grouped(*training_rows as u64),
                grouped(*validation_rows as u64)
            );
        }),
        TrainEvent::Epoch { metrics, .. } => {
            bar.set_position(metrics.epoch as u64);
            bar.set_message(format!(
                "loss {:.3}, macro accuracy {:.3}, coverage {}",
                metrics.validation.loss,
                metrics.validation.macro_accuracy,
                metrics.validation.coverage
            ));
        }
        _ => {}
    }
}
