//! DataComp's `.npz` files: for each encoder an array of image and one of text embeddings, as
//! `b32_img` and `b32_txt`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ofa_data::{ByteSource, FileTree, TreeFile, ZipTree};

use super::file_order;
use super::npy;
use super::rows::RowsPart;
use super::store_writer::{FeatureInput, Positions};
use crate::error::{Error, Result};

const IMAGES: &str = "_img.npy";
const TEXTS: &str = "_txt.npy";

/// Whether the members of a zip are such arrays.
pub(super) fn is_layout(zip: &ZipTree) -> Result<bool> {
    Ok(!prefixes(zip)?.is_empty())
}

/// The one file.
pub(super) fn open_file(
    source: Arc<dyn ByteSource>,
    embedding: Option<&str>,
) -> Result<FeatureInput> {
    let name = source.name().to_owned();
    let open = move || Ok(Arc::clone(&source));
    input(&name, vec![Box::new(open)], embedding)
}

/// All `.npz` files of a folder.
pub(super) fn open_folder(
    tree: &Arc<dyn FileTree>,
    files: &[TreeFile],
    embedding: Option<&str>,
) -> Result<FeatureInput> {
    let mut paths: Vec<String> = files
        .iter()
        .filter(|file| file.path.ends_with(".npz"))
        .map(|file| file.path.clone())
        .collect();
    file_order::sort(&mut paths, ".npz");
    let sources = paths.into_iter().map(|path| {
        let tree = Arc::clone(tree);
        Box::new(move || Ok(tree.open(&path)?)) as OpenSource
    });
    let mut input = input(tree.name(), sources.collect(), embedding)?;
    input.notes.push(format!(
        "a record's position is its row through the {} files in the order of their names",
        input.parts.len()
    ));
    Ok(input)
}

type OpenSource = Box<dyn Fn() -> Result<Arc<dyn ByteSource>>>;

fn input(name: &str, sources: Vec<OpenSource>, embedding: Option<&str>) -> Result<FeatureInput> {
    let mut notes = vec![];
    let mut dim = None;
    let mut parts = Vec::with_capacity(sources.len());
    let mut chosen = embedding.map(str::to_owned);
    for source in sources {
        let zip = ZipTree::open(source()?)?;
        let found = prefixes(&zip)?;
        let prefix = chosen.get_or_insert_with(|| {
            let first = found
                .get("b32")
                .or(found.first())
                .cloned()
                .unwrap_or_else(|| "b32".to_owned());
            if found.len() > 1 {
                notes.push(format!(
                    "the embeddings {first} are taken of {}; --embedding chooses others",
                    listed(&found)
                ));
            }
            first
        });
        if !found.contains(prefix.as_str()) {
            let problem = format!(
                "expected the arrays {prefix}_img and {prefix}_txt, found {}",
                if found.is_empty() {
                    "no pair of that form".to_owned()
                } else {
                    format!("those of {}", listed(&found))
                }
            );
            return Err(Error::foreign(zip.name(), problem));
        }
        let prefix = prefix.clone();
        let open = move || {
            let zip = ZipTree::open(source()?)?;
            let open = |ending: &str| {
                let member = format!("{prefix}{ending}");
                npy::open(zip.open(&member)?, &format!("{}/{member}", zip.name()))
            };
            Ok((open(IMAGES)?, open(TEXTS)?))
        };
        parts.push(RowsPart::look(open, &mut dim)?);
    }
    let (dim, _) = dim.ok_or_else(|| Error::foreign(name, "holds no .npz file"))?;
    Ok(FeatureInput {
        parts,
        positions: Positions::RowNumbers,
        dim: dim as usize,
        notes,
    })
}

/// The encoders of which a file has both arrays.
fn prefixes(zip: &ZipTree) -> Result<BTreeSet<String>> {
    let files = zip.files()?;
    let with = |ending: &str| -> BTreeSet<String> {
        let prefix = |file: &TreeFile| file.path.strip_suffix(ending).map(str::to_owned);
        files.iter().filter_map(prefix).collect()
    };
    Ok(with(IMAGES).intersection(&with(TEXTS)).cloned().collect())
}

fn listed(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.join(", ")
}
