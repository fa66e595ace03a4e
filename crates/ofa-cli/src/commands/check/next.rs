//! What to do after a check: the command to run, or what to mend before it.

use ofa_data::SkipReason;
use ofa_pipeline::check::CheckReport;
use ofa_pipeline::encode::MultiImage;

use super::CheckArguments;
use crate::report::grouped;
use crate::shell::quoted;

/// The next step, in a line or two.
pub(super) fn step(report: &CheckReport, arguments: &CheckArguments) -> String {
    let missing = report.skipped.get(SkipReason::ImageMissing.as_str());
    match missing {
        // Most images missing is more often a wrong `--images` than a bad dataset.
        Some(missing) if missing.count > report.records / 2 => {
            let example = missing.examples.first();
            let detail = example.map_or("", |example| &example.detail);
            format!(
                "{} of {} records name an image that was not found: is --images the folder that \
                 their paths start from?\n{detail}",
                grouped(missing.count),
                grouped(report.records)
            )
        }
        _ if report.would_be_encoded == 0 => {
            "no record would be encoded; mend them first, or is this another file than was meant?"
                .to_owned()
        }
        _ => encode_command(arguments),
    }
}

fn encode_command(arguments: &CheckArguments) -> String {
    let dataset = &arguments.dataset;
    let mut words = vec!["ofa".to_owned(), "encode".to_owned(), quoted(&dataset.data)];
    for folder in &dataset.images {
        words.extend(["--images".to_owned(), quoted(folder)]);
    }
    if let Some(format) = dataset.format {
        words.extend(["--format".to_owned(), format.to_string()]);
    }
    let multi_image = MultiImage::from(arguments.multi_image);
    if multi_image != MultiImage::default() {
        words.extend(["--multi-image", multi_image.as_str()].map(str::to_owned));
    }
    let encoder = arguments.encoder.as_deref();
    let encoder = encoder.map_or_else(|| "ENC".to_owned(), quoted);
    words.extend(["--encoder".to_owned(), encoder]);
    words.extend(["-o", "features"].map(str::to_owned));
    words.join(" ")
}
