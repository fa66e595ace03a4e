//! `ofa pull`: download an encoder from the Hugging Face hub, or convert one that lies in a
//! folder, into the layout that every other command reads.
//!
//! - [`hub`] asks the hub for a repository's files and their ids;
//! - [`layout`] picks the files that make up an encoder;
//! - [`architecture`] refuses what is no CLIP before any weights are fetched;
//! - [`download`] fetches a file, going on where a run broke off, and verifies it;
//! - [`convert`] turns PyTorch checkpoints, which [`torch`] reads as data, into safetensors.
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
mod progress;
mod report;
mod repository;
mod torch;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use report::PullReport;

/// Download an encoder from the Hugging Face hub and convert it where needed.
///
/// Takes a CLIP in Hugging Face layout. A repository that has only pytorch_model.bin is converted
/// to model.safetensors. Run again after a break, it goes on where it stopped; files that are
/// there already are kept. Proxy, token and mirror are set as for every tool of the hub:
/// HTTPS_PROXY, HF_TOKEN (or `hf auth login`), HF_ENDPOINT; SSL_CERT_FILE adds certificates.
#[derive(Debug, clap::Args)]
pub(crate) struct PullArgs {
    /// Repository such as openai/clip-vit-base-patch32, or a local folder to convert
    #[arg(value_name = "REPO|DIR")]
    pub(crate) source: String,

    /// Folder for the encoder; needed for a repository. A local folder is converted in place
    /// without it
    #[arg(short, long, value_name = "ENC")]
    pub(crate) output: Option<PathBuf>,

    /// Branch, tag or commit of the repository
    #[arg(long, default_value = "main")]
    pub(crate) revision: String,

    /// Replace files in the output folder that differ
    #[arg(long)]
    pub(crate) force: bool,
}

/// Arguments that do not fit together: exit code 2.
#[derive(Debug)]
pub(crate) struct BadUsage(String);

impl std::fmt::Display for BadUsage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUsage {}

/// Does what the arguments ask and tells what was done.
///
/// # Errors
/// [`BadUsage`] where a repository is given without a folder for it; otherwise a message that
/// says what failed and what to do. Nothing half-written is left under a final name.
pub(crate) fn run(args: PullArgs) -> Result<PullReport> {
    let local = Path::new(&args.source);
    if local.is_dir() {
        return folder::convert(local, args.output.as_deref(), args.force);
    }
    let Some(output) = args.output else {
        return Err(BadUsage(format!(
            "{} is not a folder here; to download the repository of that name, say where to: \
             -o ENC/",
            args.source
        ))
        .into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(repository::pull(
        &args.source,
        &args.revision,
        &output,
        args.force,
    ))
}
