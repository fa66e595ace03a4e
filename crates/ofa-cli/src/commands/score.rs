//! `ofa score`: confidence, entropy, gate and cluster of every row of some features.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ofa_core::features::FeatureRows;
use ofa_core::report::DomainCheck;
use ofa_core::score::{Scorer, Scores};
use ofa_core::selector::Selector;
use ofa_pipeline::native::open_features;
use ofa_pipeline::report::{domain_numbers, domain_verdict};
use ofa_pipeline::scores::{ScoresFormat, ScoresOrigin, write_scores};
use serde::Serialize;

use crate::duration::duration_text;
use crate::failure::Stopped;
use crate::report::{Report, grouped, lossy};
use crate::{input, interrupt, output, progress};

/// Arguments of `ofa score`.
#[derive(Debug, clap::Args)]
pub(crate) struct ScoreArguments {
    /// A feature store, or one features file
    #[arg(value_name = "FEATURES")]
    features: PathBuf,

    /// The selector that `ofa train` wrote
    #[arg(long, value_name = "S")]
    selector: PathBuf,

    /// The scores: .parquet, .csv or .jsonl
    #[arg(short, long, value_name = "SCORES")]
    output: PathBuf,

    /// Replace an output that exists, and use a selector of another encoder
    #[arg(long)]
    force: bool,
}

/// What scoring came to.
#[derive(Debug, Serialize)]
pub(crate) struct ScoreOutcome {
    #[serde(serialize_with = "lossy")]
    scores: PathBuf,
    rows: usize,
    mean_confidence: f64,
    /// Where the selector says how confident it was in training.
    out_of_domain: Option<bool>,
    domain: Option<DomainCheck>,
    seconds: f64,
}

impl ScoreOutcome {
    /// The report of the command.
    pub(crate) fn report(&self) -> Report {
        Report::new(self, self.text())
    }

    /// The account for people.
    pub(crate) fn text(&self) -> String {
        format!(
            "{} records scored in {}, mean confidence {:.4}\nscores: {}\n",
            grouped(self.rows as u64),
            duration_text(Duration::from_secs_f64(self.seconds)),
            self.mean_confidence,
            self.scores.display()
        )
    }
}

/// Scores as the arguments say.
pub(crate) fn run(arguments: &ScoreArguments) -> Result<ScoreOutcome> {
    let format = ScoresFormat::of_name(&arguments.output.display().to_string())?;
    let manifest = output::manifest_path(&arguments.output);
    let mut outputs = vec![arguments.output.as_path()];
    if format.has_manifest_beside() {
        outputs.push(&manifest);
    }
    output::refuse_existing(&outputs, arguments.force)?;
    output::refuse_inputs(
        &arguments.output,
        &[&arguments.features, &arguments.selector],
    )?;
    let (selector, selector_sha256) = input::read_selector(&arguments.selector)?;
    score(
        &arguments.features,
        &selector,
        &selector_sha256,
        &arguments.output,
        arguments.force,
    )
}

/// Scores features and writes the scores down.
pub(crate) fn score(
    features_path: &Path,
    selector: &Selector,
    selector_sha256: &str,
    target: &Path,
    force: bool,
) -> Result<ScoreOutcome> {
    let started = Instant::now();
    let name = target.display().to_string();
    let format = ScoresFormat::of_name(&name)?;
    let (features, manifest) = open_features(features_path)?;
    let fingerprints = features.fingerprints().clone();
    let trained_with = selector.training_text("encoder_fingerprint");
    if !force {
        fingerprints.check_encoder("the features", trained_with, "the selector")?;
    }
    input::say_if_unknown("the features", fingerprints.encoder.as_deref(), "encoder");
    input::say_if_unknown("the selector", trained_with, "encoder");
    // Begun now, so that a place that cannot be written to is told before the work.
    let mut file = output::begin(target)?;
    let scores = compute(&features, selector)
        .with_context(|| format!("features {}", features_path.display()))?;
    let origin = ScoresOrigin {
        fingerprints,
        selector: Some(selector_sha256.to_owned()),
        dataset_records: manifest.as_ref().map(|manifest| manifest.dataset_records),
        skipped: manifest.map(|manifest| manifest.skipped),
        training_confidence: selector.training_confidence(),
    };
    write_scores(&scores, &origin, format, &name, &mut file)?;
    if format.has_manifest_beside() {
        let manifest = output::manifest_path(target);
        output::finish_with(file, target, &manifest, &origin.to_json())?;
    } else {
        file.finish()
            .with_context(|| output::cannot_write(target))?;
    }
    let trained = origin.training_confidence;
    let domain = trained.and_then(|trained| DomainCheck::new(trained, &scores.confidence));
    if let Some(check) = domain.filter(DomainCheck::is_out_of_domain) {
        eprintln!(
            "warning: out of domain: {}\n{}",
            domain_verdict(&check),
            domain_numbers(&check)
        );
    }
    let total: f64 = scores
        .confidence
        .iter()
        .map(|&value| f64::from(value))
        .sum();
    Ok(ScoreOutcome {
        scores: target.to_owned(),
        rows: scores.rows(),
        mean_confidence: total / scores.rows().max(1) as f64,
        out_of_domain: domain.map(|check| check.is_out_of_domain()),
        domain,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn compute(features: &impl FeatureRows, selector: &Selector) -> Result<Scores> {
    let scorer = Scorer::new(selector)?;
    let bar = progress::bar(features.rows() as u64, "records scored");
    let scores = scorer.score_all(features, &mut |rows| {
        bar.set_position(rows as u64);
        if interrupt::requested() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    bar.finish_and_clear();
    match scores {
        Err(ofa_core::Error::Cancelled) => {
            Err(Stopped("nothing was written; the same command starts anew".to_owned()).into())
        }
        scores => Ok(scores?),
    }
}
