//! The folder that `clip-retrieval inference` writes: `img_emb/img_emb_0.npy`,
//! `text_emb/text_emb_0.npy` and `metadata/metadata_0.parquet`, and so on for each part.

use std::collections::BTreeMap;
use std::sync::Arc;

use ofa_data::{FileTree, TreeFile};

use super::file_order::number;
use super::npy;
use super::rows::RowsPart;
use super::store_writer::{FeatureInput, Positions};
use crate::error::{Error, Result};

const IMAGES: &str = "img_emb/img_emb_";
const TEXTS: &str = "text_emb/text_emb_";
const METADATA: &str = "metadata/metadata_";

/// Whether the files of a folder are of this layout, embeddings of one kind at least.
pub(super) fn is_layout(files: &[TreeFile]) -> bool {
    files.iter().any(|file| {
        let name = file.path.as_str();
        (name.starts_with(IMAGES) || name.starts_with(TEXTS)) && name.ends_with(".npy")
    })
}

/// Looks at all parts.
///
/// # Errors
/// [`Error::Foreign`] where a part lacks a file, or its files have different numbers of rows.
pub(super) fn open(tree: Arc<dyn FileTree>, files: &[TreeFile]) -> Result<FeatureInput> {
    let numbered = |beginning: &str, ending: &str| -> Result<BTreeMap<u64, String>> {
        let mut parts = BTreeMap::new();
        for file in files {
            let path = &file.path;
            let Some((before, part)) = number(path, ending) else {
                continue;
            };
            if before != beginning {
                continue;
            }
            if let Some(other) = parts.insert(part, path.clone()) {
                let problem =
                    format!("{other} and {path} are both part {part}; remove one of them");
                return Err(Error::foreign(tree.name(), problem));
            }
        }
        Ok(parts)
    };
    let images = numbered(IMAGES, ".npy")?;
    let texts = numbered(TEXTS, ".npy")?;
    let metadata = numbered(METADATA, ".parquet")?;
    let lacks = |has: &str, lacking: String| {
        let problem = format!(
            "has {has}, but no {lacking}; expected image and text embeddings of every part, as \
             `clip-retrieval inference` writes them"
        );
        Error::foreign(tree.name(), problem)
    };
    if let Some((part, text)) = texts.iter().find(|(part, _)| !images.contains_key(part)) {
        return Err(lacks(text, format!("{IMAGES}{part}.npy")));
    }
    let mut dim = None;
    let mut parts = Vec::with_capacity(images.len());
    for (part, image) in &images {
        let text = texts
            .get(part)
            .ok_or_else(|| lacks(image, format!("{TEXTS}{part}.npy")))?;
        let open = {
            let (tree, image, text) = (Arc::clone(&tree), image.clone(), text.clone());
            move || {
                let open =
                    |path: &str| npy::open(tree.open(path)?, &format!("{}/{path}", tree.name()));
                Ok((open(&image)?, open(&text)?))
            }
        };
        let rows = RowsPart::look(open, &mut dim)?;
        if !metadata.is_empty() {
            let table = metadata
                .get(part)
                .ok_or_else(|| lacks(image, format!("{METADATA}{part}.parquet")))?;
            check_metadata(&*tree, image, rows.rows, table)?;
        }
        parts.push(rows);
    }
    let mut notes = vec![
        "a record's position is its row through the files in numeric order: clip-retrieval leaves \
         out what it could not read, so see that the rows are those of your dataset"
            .to_owned(),
    ];
    if metadata.is_empty() {
        notes.push(
            "there is no metadata/, so the numbers of rows were not compared with it".to_owned(),
        );
    }
    let (dim, _) = dim.ok_or_else(|| Error::foreign(tree.name(), "holds no embeddings"))?;
    Ok(FeatureInput {
        parts,
        positions: Positions::RowNumbers,
        dim: dim as usize,
        notes,
    })
}

/// Compares the number of rows of a part's embeddings and of its table.
#[cfg(feature = "parquet")]
fn check_metadata(tree: &dyn FileTree, image: &str, rows: u64, table: &str) -> Result<()> {
    use parquet::file::metadata::ParquetMetaDataReader;

    /// What stands at the end: the length of the footer, and `PAR1`.
    const TAIL: u64 = 8;
    /// Longest footer that is read.
    const MOST_FOOTER: u64 = 256 << 20;

    let name = format!("{}/{table}", tree.name());
    let refuse = |problem: String| Error::foreign(&name, problem);
    let source = tree.open(table)?;
    let read = |offset: u64, len: u64| -> Result<Vec<u8>> {
        let mut bytes = vec![0; len as usize];
        source
            .read_at(offset, &mut bytes)
            .map_err(|error| refuse(format!("cannot be read at byte {offset}: {error}")))?;
        Ok(bytes)
    };
    let body = source
        .len()
        .checked_sub(TAIL)
        .ok_or_else(|| refuse("expected a Parquet file, found fewer than 8 bytes".to_owned()))?;
    let tail = read(body, TAIL)?;
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if &tail[4..] != b"PAR1" || footer > body.min(MOST_FOOTER) {
        return Err(refuse(
            "expected a Parquet file, found another end; is it cut short?".to_owned(),
        ));
    }
    let metadata = ParquetMetaDataReader::decode_metadata(&read(body - footer, footer)?)
        .map_err(|error| refuse(format!("its footer cannot be read: {error}")))?;
    let found = metadata.file_metadata().num_rows();
    if u64::try_from(found) == Ok(rows) {
        return Ok(());
    }
    Err(refuse(format!(
        "has {found} rows, but {}/{image} has {rows}; expected a row of each for every record",
        tree.name()
    )))
}

#[cfg(not(feature = "parquet"))]
fn check_metadata(_: &dyn FileTree, _: &str, _: u64, _: &str) -> Result<()> {
    Ok(())
}
