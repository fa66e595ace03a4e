//! `ofa check`: what encoding would meet in a dataset, before it begins.

mod next;
mod text;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use ofa_data::DatasetImages;
use ofa_pipeline::check::{Check, CheckOptions, CheckReport};
use ofa_pipeline::native::ParallelTrial;
use serde::Serialize;

use super::encode::MultiImageChoice;
use crate::encoder::EncoderFolder;
use crate::failure::Stopped;
use crate::input::DatasetArguments;
use crate::report::{Report, grouped};
use crate::{interrupt, progress};

/// Arguments of `ofa check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    dataset: DatasetArguments,

    /// Folder with the encoder, whose tokeniser then counts the turns that are too long
    #[arg(long, value_name = "ENC")]
    encoder: Option<PathBuf>,

    /// What encoding is to make of a record with several images
    #[arg(long, value_enum, default_value_t)]
    multi_image: MultiImageChoice,

    /// Decode every image, and not only a sample of 200
    #[arg(long)]
    deep: bool,

    /// Fail where any record would be skipped, text-only records included
    #[arg(long)]
    strict: bool,
}

/// What the check came to, and what to do now.
#[derive(Serialize)]
struct CheckOutcome {
    #[serde(flatten)]
    report: CheckReport,
    next: String,
}

/// Checks as the arguments say.
pub(crate) fn run(arguments: &CheckArguments) -> Result<Report> {
    let encoder = match &arguments.encoder {
        Some(folder) => Some(EncoderFolder::open(folder)?),
        None => None,
    };
    let images = arguments.dataset.open_with_images()?;
    let mut options = CheckOptions {
        multi_image: arguments.multi_image.into(),
        deep: arguments.deep,
        format_given: arguments.dataset.format.is_some(),
        ..CheckOptions::default()
    };
    if let Some(encoder) = encoder {
        options.context = encoder.config.text.max_position_embeddings;
        options.tokenizer = Some(Arc::new(encoder.tokenizer));
    }
    let report = look(images, options)?;
    let skipped = report.skipped_records();
    let failure = (arguments.strict && skipped > 0).then(|| {
        format!(
            "{} of {} records would be skipped, which --strict does not allow",
            grouped(skipped),
            grouped(report.records)
        )
    });
    let next = next::step(&report, arguments);
    let text = text::of(&report, &next);
    let report = Report::new(&CheckOutcome { report, next }, text);
    Ok(match failure {
        Some(why) => report.failing(why),
        None => report,
    })
}

fn look(images: Arc<DatasetImages>, options: CheckOptions) -> Result<CheckReport> {
    let bar = progress::bar(images.dataset().len(), "records");
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let trial = Box::new(ParallelTrial::new(threads));
    let mut check = Check::begin(images, options).decoding_with(trial);
    while let Some(progress) = check.step()? {
        bar.set_position(progress.records_done);
        bar.set_message(format!(
            "{} images decoded, {} records to skip",
            grouped(progress.images_decoded),
            grouped(progress.skipped)
        ));
        if interrupt::requested() {
            bar.finish_and_clear();
            return Err(Stopped(format!(
                "{} of {} records were looked at; nothing was written",
                grouped(progress.records_done),
                grouped(progress.records)
            ))
            .into());
        }
    }
    bar.finish_and_clear();
    Ok(check.finish()?)
}
