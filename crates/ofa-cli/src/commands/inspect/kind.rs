//! What a file or folder is, told from its content.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::output;

/// What there is to look at.
pub(super) enum Kind {
    /// A selector file.
    Selector,
    /// The history of a training run.
    History,
    /// A feature store, or one features file.
    Features,
    /// Scores.
    Scores,
    /// The manifest beside a subset.
    SubsetManifest,
    /// A subset, and its manifest.
    Subset(PathBuf),
    /// The manifest beside scores.
    ScoresManifest,
    /// An encoder folder.
    Encoder,
    /// What `ofa import` may take.
    Foreign,
    /// Perhaps a dataset.
    Dataset,
}

/// How much of a file is read to tell what it is.
const START: usize = 1 << 16;

/// Longest JSON that is read as a manifest or a history, and longest header of tensors.
const MOST_JSON: u64 = 64 << 20;

/// Tells what a path is.
pub(super) fn of(path: &Path) -> Result<Kind> {
    let unreadable = || format!("{}: cannot be read", path.display());
    if path.is_dir() {
        return Ok(of_folder(path));
    }
    let mut file = File::open(path).with_context(unreadable)?;
    let mut start = Vec::new();
    Read::by_ref(&mut file)
        .take(START as u64)
        .read_to_end(&mut start)
        .with_context(unreadable)?;
    if let Some(kind) = of_tensors(path, &mut file, &start)? {
        return Ok(kind);
    }
    let is_foreign = start.starts_with(b"\x93NUMPY")
        || matches!(start[..], [0x80, 2..=5, ..])
        || (start.starts_with(b"PK\x03\x04") && is_foreign_archive(path));
    if is_foreign {
        return Ok(Kind::Foreign);
    }
    if let Some(kind) = of_json(path, &start)? {
        return Ok(kind);
    }
    if is_scores(path, &start) {
        return Ok(Kind::Scores);
    }
    let manifest = output::manifest_path(path);
    if manifest != path && format_of(&manifest).as_deref() == Some("ofa-subset") {
        return Ok(Kind::Subset(manifest));
    }
    Ok(Kind::Dataset)
}

fn of_folder(path: &Path) -> Kind {
    let has = |name: &str| path.join(name).exists();
    let names = || {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok())
    };
    let is_shard = |name: &String| name.starts_with("features-") && name.ends_with(".safetensors");
    let is_store = format_of(&path.join("manifest.json")).as_deref() == Some("ofa-feature-store");
    if is_store || has(".encode") || names().any(|name| is_shard(&name)) {
        Kind::Features
    } else if has("config.json")
        && (has("preprocessor_config.json") || has("processor_config.json"))
    {
        Kind::Encoder
    } else if has("img_emb") || has("text_emb") || names().any(|name| name.ends_with(".npz")) {
        Kind::Foreign
    } else {
        Kind::Dataset
    }
}

/// The kinds that are safetensors files.
fn of_tensors(path: &Path, file: &mut File, start: &[u8]) -> Result<Option<Kind>> {
    let Some((prefix, rest)) = start.split_at_checked(8) else {
        return Ok(None);
    };
    let len = u64::from_le_bytes(prefix.try_into().expect("eight bytes"));
    if rest.first() != Some(&b'{') || len > MOST_JSON {
        return Ok(None);
    }
    let mut header = Vec::new();
    file.seek(SeekFrom::Start(8))?;
    file.take(len).read_to_end(&mut header)?;
    let Ok(header) = serde_json::from_slice::<Value>(&header) else {
        return Ok(None);
    };
    let has = |tensor: &str| header.get(tensor).is_some();
    match header["__metadata__"]["format"].as_str() {
        Some("ofa-selector") => return Ok(Some(Kind::Selector)),
        Some("ofa-features") => return Ok(Some(Kind::Features)),
        _ if has("output.3.weight") => return Ok(Some(Kind::Selector)),
        _ if has("image") && has("text") && has("index") => return Ok(Some(Kind::Features)),
        _ => {}
    }
    let tensors = header.as_object().map_or(0, |header| header.len());
    bail!(
        "{}: a safetensors file with {tensors} entries, but neither a selector (output.3.weight, \
         cluster_centers, …) nor features (image, text, index). Of an encoder, give the folder",
        path.display()
    )
}

/// The kinds that are one JSON object.
fn of_json(path: &Path, start: &[u8]) -> Result<Option<Kind>> {
    if start.trim_ascii_start().first() != Some(&b'{') {
        return Ok(None);
    }
    let Some(json) = read_json(path) else {
        return Ok(None);
    };
    match json["format"].as_str() {
        Some("ofa-subset") => return Ok(Some(Kind::SubsetManifest)),
        Some("ofa-scores") => return Ok(Some(Kind::ScoresManifest)),
        Some("ofa-feature-store") => bail!(
            "{}: the manifest of a feature store; give the folder that it is in",
            path.display()
        ),
        _ => {}
    }
    let is_history = json["epochs"].is_array() && json["selected_epoch"].is_u64();
    Ok(is_history.then_some(Kind::History))
}

/// Whether the columns of scores are there. Of Parquet the columns stand at the end, by name.
fn is_scores(path: &Path, start: &[u8]) -> bool {
    let names = ["index", "cluster", "confidence", "entropy"];
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        names.iter().all(|name| text.contains(name))
    };
    let first_line = || {
        start
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default()
    };
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.to_str() {
        Some("csv") => holds(first_line()),
        Some("jsonl") => serde_json::from_slice::<Value>(first_line())
            .is_ok_and(|row| names.iter().all(|name| row[*name].is_number())),
        Some("parquet") => {
            start.starts_with(b"PAR1") && tail(path).is_some_and(|tail| holds(&tail))
        }
        _ => false,
    }
}

fn tail(path: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(path).ok()?;
    let len = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(START as u64)))
        .ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Whether an archive is one that `ofa import` takes, and no dataset in a zip.
fn is_foreign_archive(path: &Path) -> bool {
    use ofa_data::{FileSource, FileTree, ZipTree};
    let files = FileSource::open(path)
        .and_then(|source| ZipTree::open(std::sync::Arc::new(source)))
        .and_then(|zip| zip.files());
    files.is_ok_and(|files| {
        files.iter().any(|file| {
            file.path.ends_with(".npy")
                || file.path == "data.pkl"
                || file.path.ends_with("/data.pkl")
        })
    })
}

/// A JSON object of moderate length; `None` where it is none.
pub(super) fn read_json(path: &Path) -> Option<Value> {
    let len = std::fs::metadata(path).ok()?.len();
    if len > MOST_JSON {
        return None;
    }
    let json: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    json.is_object().then_some(json)
}

fn format_of(manifest: &Path) -> Option<String> {
    Some(read_json(manifest)?["format"].as_str()?.to_owned())
}
