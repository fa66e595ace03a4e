//! `ofa pull`: download an encoder from the Hugging Face hub, or convert one that lies in a
//! folder, into the layout that every other command reads.
//!
//! - [`hub`] is asked, with the [`settings`] that its users know, for the [`listing`] of a
//!   repository's files and their ids;
//! - [`architecture`] refuses what is no CLIP, from `config.json` alone;
//! - [`layout`] picks the files that make up an encoder;
//! - [`standing`] tells whether a file that is there already is the right one;
//! - [`download`] fetches a file, going on where a run broke off, and verifies it;
//! - [`convert`] turns PyTorch checkpoints, which [`torch`] reads as data, into safetensors, and
//!   [`provenance`] in the result tells a later run from which.
//!
//! Every file gets its final name only when it is whole and verified. Whether a file that is
//! there already is the right one is told by its content's id, so no record is kept of runs.

mod architecture;
mod content_id;
mod convert;
mod download;
mod errors;
mod folder;
mod hub;
mod layout;
mod listing;
mod names;
mod progress;
mod provenance;
mod proxy;
mod refusal;
mod report;
mod repository;
mod settings;
mod standing;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::commands::export_encoder::{DtypeChoice, export};
use crate::failure::Usage;

pub(crate) use report::PullReport;

/// Arguments of `ofa pull`.
#[derive(Debug, clap::Args)]
pub(crate) struct PullArgs {
    /// Repository such as openai/clip-vit-base-patch32, or a local folder to convert
    #[arg(value_name = "REPO|DIR")]
    pub(crate) source: String,

    /// Folder for the encoder; needed for a repository. A local folder is converted in place
    /// without it
    #[arg(short, long, value_name = "ENC")]
    pub(crate) output: Option<PathBuf>,

    /// Branch, tag or commit of the repository [default: main]
    #[arg(long)]
    pub(crate) revision: Option<String>,

    /// Replace files in the output folder that differ, and remove those that would be read in
    /// their place
    #[arg(long)]
    pub(crate) force: bool,

    /// Also write the encoder as a web page fetches it, into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) web: Option<PathBuf>,

    /// How weights are stored for the web
    #[arg(long, value_enum, default_value_t, requires = "web")]
    pub(crate) dtype: DtypeChoice,
}

/// Does what the arguments ask and tells what was done.
///
/// # Errors
/// [`Usage`] where the arguments do not fit together or name nothing; otherwise a message that
/// says what failed and what to do. Nothing half-written is left under a final name.
pub(crate) fn run(args: PullArgs) -> Result<PullReport> {
    let (web, dtype, force) = (args.web.clone(), args.dtype, args.force);
    let mut report = pull(args)?;
    if let Some(web) = web {
        report.web = Some(export(&report.output, &web, dtype, force)?);
    }
    Ok(report)
}

fn pull(args: PullArgs) -> Result<PullReport> {
    let source = &args.source;
    if let Some(output) = &args.output {
        ensure!(
            output.is_dir() || !output.exists(),
            "{}: expected a folder for the encoder, found a file; give another name with -o",
            output.display()
        );
    }
    let local = Path::new(source);
    if local.is_dir() {
        if let Some(revision) = &args.revision {
            return Err(Usage(format!(
                "--revision {revision} chooses a commit on the hub, and {source} is a folder here; \
                 leave one of them out"
            ))
            .into());
        }
        return folder::convert(local, args.output.as_deref(), args.force);
    }
    if local.is_file() {
        return Err(Usage(format!(
            "{source}: expected a folder or the name of a repository, found a file; to convert \
             it, give the folder that it lies in"
        ))
        .into());
    }
    let Some(output) = args.output else {
        return Err(Usage(format!(
            "{source} is not a folder here; to download the repository of that name, say where \
             to: -o ENC/"
        ))
        .into());
    };
    let revision = args.revision.as_deref().unwrap_or("main");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(repository::pull(source, revision, &output, args.force))
}
