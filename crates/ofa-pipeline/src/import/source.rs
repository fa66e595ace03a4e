//! What a source is, told from its content.

use std::sync::Arc;

use ofa_data::{ByteSource, FileTree, ZipTree};

use super::selector_pt::SelectorImport;
use super::store_writer::FeatureInput;
use super::{clip_retrieval, datacomp, features_pt, npy, selector_pt};
use crate::error::{Error, Result};
use crate::torch::TorchFile;

/// Longest pickle that is read: the metadata of millions of records stand in it.
const MOST_PICKLE: u64 = 1 << 30;

/// Where something is imported from.
#[derive(Clone)]
pub enum ImportSource {
    /// A file.
    File(Arc<dyn ByteSource>),
    /// A folder.
    Folder(Arc<dyn FileTree>),
}

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// The authors' selector.
    SelectorPt,
    /// The authors' features.
    FeaturesPt,
    /// A folder of clip-retrieval.
    ClipRetrieval,
    /// One or several `.npz` of DataComp.
    DataComp,
}

impl ImportKind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SelectorPt => "a selector checkpoint of PyTorch",
            Self::FeaturesPt => "features of PyTorch",
            Self::ClipRetrieval => "embeddings of clip-retrieval",
            Self::DataComp => "embeddings of DataComp",
        }
    }
}

/// A source that was looked at.
pub enum Imported {
    /// A selector, read.
    Selector(Box<SelectorImport>),
    /// Features, to be read a shard at a time.
    Features(FeatureInput),
}

const EXPECTED: &str = "expected a selector.pt (with selector_state_dict, cluster_centers), a \
     features.pt (with image_features, text_features, record_indices), a folder of clip-retrieval \
     (img_emb/, text_emb/, metadata/), or DataComp's .npz (b32_img, b32_txt) or a folder of them";

/// Looks at a source and tells what it is. `embedding` chooses among the encoders of a DataComp
/// file (`b32`, `l14`).
///
/// # Errors
/// [`Error::Foreign`] with what was expected and found.
pub fn open(source: &ImportSource, embedding: Option<&str>) -> Result<(ImportKind, Imported)> {
    match source {
        ImportSource::File(source) => open_file(source, embedding),
        ImportSource::Folder(tree) => open_folder(tree, embedding),
    }
}

fn open_folder(
    tree: &Arc<dyn FileTree>,
    embedding: Option<&str>,
) -> Result<(ImportKind, Imported)> {
    let files = tree.files()?;
    if clip_retrieval::is_layout(&files) {
        let input = clip_retrieval::open(Arc::clone(tree), &files)?;
        return Ok((ImportKind::ClipRetrieval, Imported::Features(input)));
    }
    if files.iter().any(|file| file.path.ends_with(".npz")) {
        let input = datacomp::open_folder(tree, &files, embedding)?;
        return Ok((ImportKind::DataComp, Imported::Features(input)));
    }
    let shown: Vec<&str> = files
        .iter()
        .take(5)
        .map(|file| file.path.as_str())
        .collect();
    let problem = format!(
        "{EXPECTED}; found a folder with {} files: {shown:?}",
        files.len()
    );
    Err(Error::foreign(tree.name(), problem))
}

fn open_file(
    source: &Arc<dyn ByteSource>,
    embedding: Option<&str>,
) -> Result<(ImportKind, Imported)> {
    let name = source.name().to_owned();
    let mut start = [0; 6];
    let have = source.len().min(6) as usize;
    source
        .read_at(0, &mut start[..have])
        .map_err(|error| Error::foreign(&name, format!("cannot be read: {error}")))?;
    if start == *npy::MAGIC {
        let problem =
            format!("{EXPECTED}; found one array of NumPy: give the folder that it is in");
        return Err(Error::foreign(&name, problem));
    }
    if start.starts_with(b"PK\x03\x04") {
        let zip = ZipTree::open(Arc::clone(source))?;
        if datacomp::is_layout(&zip)? {
            let input = datacomp::open_file(Arc::clone(source), embedding)?;
            return Ok((ImportKind::DataComp, Imported::Features(input)));
        }
        let files = zip.files()?;
        let is_torch = |path: &str| path == "data.pkl" || path.ends_with("/data.pkl");
        if !files.iter().any(|file| is_torch(&file.path)) {
            let shown: Vec<&str> = files
                .iter()
                .take(5)
                .map(|file| file.path.as_str())
                .collect();
            let problem = format!(
                "{EXPECTED}; found an archive with {} files: {shown:?}",
                files.len()
            );
            return Err(Error::foreign(&name, problem));
        }
    } else if !matches!(start, [0x80, 2..=5, ..]) {
        let problem = format!(
            "{EXPECTED}; found a file that begins with {:02x?}",
            &start[..have]
        );
        return Err(Error::foreign(&name, problem));
    }
    let file = TorchFile::open(Arc::clone(source), &name, MOST_PICKLE)?;
    let root = file.root();
    if selector_pt::is_layout(root) {
        let selector = selector_pt::open(&file, &**source)?;
        return Ok((
            ImportKind::SelectorPt,
            Imported::Selector(Box::new(selector)),
        ));
    }
    if features_pt::is_layout(root) {
        let input = features_pt::open(&file)?;
        return Ok((ImportKind::FeaturesPt, Imported::Features(input)));
    }
    let found = match root.pairs() {
        Some(pairs) => {
            let keys: Vec<&str> = pairs.filter_map(|(key, _)| key.text()).take(8).collect();
            format!("a dict with the keys {keys:?}")
        }
        None => root.kind().to_owned(),
    };
    Err(Error::foreign(&name, format!("{EXPECTED}; found {found}")))
}
