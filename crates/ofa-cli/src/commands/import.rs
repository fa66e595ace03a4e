//! `ofa import`: a selector or features of another program to ours.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ofa_core::selector::SelectorConfig;
use ofa_data::{FileSource, FolderTree};
use ofa_pipeline::import::{
    self, FeatureImport, FeatureInput, ImportKind, ImportSource, Imported, SelectorImport,
};
use ofa_pipeline::native::Folder;
use ofa_pipeline::store::StoreManifest;
use serde::Serialize;

use crate::failure::Stopped;
use crate::report::{Report, grouped, lossy};
use crate::{interrupt, output, progress};

/// Arguments of `ofa import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArguments {
    /// A selector.pt or features.pt of the method's authors, a folder of clip-retrieval
    /// (img_emb/, text_emb/, metadata/), or DataComp's .npz or a folder of them; told from the
    /// content. A pickle is read as data: nothing in it is run
    #[arg(value_name = "SOURCE")]
    source: PathBuf,

    /// The selector file, or the folder for the features
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// Which embeddings of a DataComp file are taken: b32 or l14. Without it, b32
    #[arg(long, value_name = "NAME")]
    embedding: Option<String>,

    /// Replace an output that exists
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct SelectorOutcome<'a> {
    kind: ImportKind,
    #[serde(serialize_with = "lossy")]
    source: &'a Path,
    #[serde(serialize_with = "lossy")]
    selector: &'a Path,
    config: SelectorConfig,
    early: bool,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct FeaturesOutcome<'a> {
    kind: ImportKind,
    #[serde(serialize_with = "lossy")]
    source: &'a Path,
    #[serde(serialize_with = "lossy")]
    features: &'a Path,
    normalised: u64,
    notes: Vec<String>,
    #[serde(flatten)]
    manifest: StoreManifest,
}

/// Imports as the arguments say.
pub(crate) fn run(arguments: &ImportArguments) -> Result<Report> {
    let source = open_source(&arguments.source)?;
    output::refuse_inputs(&arguments.output, &[&arguments.source])?;
    if arguments.source.is_dir() {
        output::refuse_inside(&arguments.output, &arguments.source)?;
    }
    let (kind, imported) = import::open(&source, arguments.embedding.as_deref())?;
    match imported {
        Imported::Selector(selector) => import_selector(arguments, kind, *selector),
        Imported::Features(input) => import_features(arguments, kind, input),
    }
}

/// A file or a folder to import from.
pub(crate) fn open_source(path: &Path) -> Result<ImportSource> {
    if path.is_dir() {
        return Ok(ImportSource::Folder(Arc::new(FolderTree::open(path)?)));
    }
    Ok(ImportSource::File(Arc::new(FileSource::open(path)?)))
}

fn import_selector(
    arguments: &ImportArguments,
    kind: ImportKind,
    import: SelectorImport,
) -> Result<Report> {
    output::refuse_existing(&[&arguments.output], arguments.force)?;
    let SelectorImport { selector, notes } = import;
    let bytes = selector.to_safetensors(false)?;
    let mut file = output::begin(&arguments.output)?;
    file.write_all(&bytes)
        .and_then(|()| file.finish())
        .with_context(|| output::cannot_write(&arguments.output))?;
    let config = selector.config;
    let mut text = said(&notes);
    writeln!(
        text,
        "{}: {} clusters, embeddings {} wide, mode {}{}\nselector: {}",
        kind.words(),
        config.num_clusters,
        config.feature_dim,
        config.fusion_mode,
        match selector.early {
            Some(_) => ", with the early selector",
            None => "",
        },
        arguments.output.display()
    )
    .expect("a string takes everything");
    let outcome = SelectorOutcome {
        kind,
        source: &arguments.source,
        selector: &arguments.output,
        config,
        early: selector.early.is_some(),
        notes,
    };
    Ok(Report::new(&outcome, text))
}

fn import_features(
    arguments: &ImportArguments,
    kind: ImportKind,
    input: FeatureInput,
) -> Result<Report> {
    let target = &arguments.output;
    if target.is_file() {
        bail!(
            "{}: is a file; expected the name of a folder for the features",
            target.display()
        );
    }
    output::refuse_around(target, &[&arguments.source])?;
    let store = Folder::new(target);
    let _lock = store
        .lock()
        .with_context(|| format!("{}: cannot be written to", target.display()))?;
    let bar = progress::bar(input.rows(), "records imported");
    let mut import = FeatureImport::begin(input, &store, arguments.force)?;
    while import.step()? {
        bar.set_position(import.done());
        if interrupt::requested() {
            bar.finish_and_clear();
            return Err(Stopped("the same command starts anew".to_owned()).into());
        }
    }
    bar.finish_and_clear();
    let outcome = import.finish()?;
    let manifest = outcome.manifest;
    let mut text = said(&outcome.notes);
    write!(
        text,
        "{}: {} records, embeddings {} wide",
        kind.words(),
        grouped(manifest.rows),
        manifest.dim
    )
    .expect("a string takes everything");
    for (reason, count) in &manifest.skipped {
        write!(text, ", {} {reason}", grouped(*count)).expect("a string takes everything");
    }
    writeln!(text, "\nfeatures: {}", target.display()).expect("a string takes everything");
    let outcome = FeaturesOutcome {
        kind,
        source: &arguments.source,
        features: target,
        normalised: outcome.normalised,
        notes: outcome.notes,
        manifest,
    };
    Ok(Report::new(&outcome, text))
}

/// Notes as lines.
fn said(notes: &[String]) -> String {
    notes.iter().map(|note| format!("note: {note}\n")).collect()
}
