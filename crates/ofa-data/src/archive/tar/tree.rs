//! The files of a tar archive by their paths.

use std::io;
use std::sync::Arc;

use super::{Ignored, TarIndex, as_path, shown};
use crate::Result;
use crate::error::Error;
use crate::file_tree::{FileStat, FileTree, FindError, TreeFile};
use crate::source::{ByteSource, PartSource};

/// A tar archive as a [`FileTree`]: 8 bytes a file besides its [`TarIndex`].
///
/// A leading `./` is no part of a path. Of several members with one path the last counts, as
/// when the archive is unpacked. Names that are not UTF-8 or could lead out are never found.
#[derive(Debug)]
pub struct TarTree {
    index: Arc<TarIndex>,
    /// Members by the bytes of their paths.
    order: Vec<usize>,
    unlisted: Ignored,
}

impl TarTree {
    /// Opens an archive, see [`TarIndex::open`].
    ///
    /// # Errors
    /// Those of [`TarIndex::open`].
    pub fn open(source: Arc<dyn ByteSource>) -> Result<Self> {
        Ok(Self::new(Arc::new(TarIndex::open(source)?)))
    }

    /// Sorts the files of an index.
    pub fn new(index: Arc<TarIndex>) -> Self {
        let mut unlisted = Ignored::default();
        let mut order = vec![];
        for (nth, member) in index.members().enumerate() {
            match as_path(member.name) {
                Some(_) => order.push(nth),
                None => unlisted
                    .add(|| format!("`{}` at byte {}", shown(member.name), member.raw.start)),
            }
        }
        // Stable, so that of equal paths the last one in the archive comes last.
        order.sort_by_key(|&nth| index.name_of(nth));
        order.dedup_by(|later, earlier| {
            let equal = index.name_of(*later) == index.name_of(*earlier);
            if equal {
                *earlier = *later;
            }
            equal
        });
        Self {
            index,
            order,
            unlisted,
        }
    }

    /// The archive's members in its own order.
    pub fn index(&self) -> &Arc<TarIndex> {
        &self.index
    }

    /// Files that are not listed, since their names are not UTF-8 or could lead out.
    pub fn unlisted(&self) -> &Ignored {
        &self.unlisted
    }

    /// What a user should know of, a sentence each: those of [`TarIndex::notes`], and what is
    /// not listed.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.index.notes();
        if let Some(example) = &self.unlisted.example {
            notes.push(format!(
                "{}: files whose names are absolute, lead out of the archive or are not UTF-8 \
                 are passed over: {}, the first is {example}; pack them under plain relative \
                 names if they are needed",
                self.index.name(),
                self.unlisted.count,
            ));
        }
        notes
    }

    fn place_of(&self, path: &str) -> Result<usize, usize> {
        self.order
            .binary_search_by(|&nth| self.index.name_of(nth).cmp(path.as_bytes()))
            .map(|at| self.order[at])
    }

    /// Whether a file is below this path, which is where files not less than `PATH/` begin.
    fn is_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let at = self
            .order
            .partition_point(|&nth| self.index.name_of(nth) < below.as_bytes());
        self.order
            .get(at)
            .is_some_and(|&nth| self.index.name_of(nth).starts_with(below.as_bytes()))
    }
}

impl FileTree for TarTree {
    fn name(&self) -> &str {
        self.index.name()
    }

    fn files(&self) -> Result<Vec<TreeFile>> {
        let listed = self.order.iter().filter_map(|&nth| {
            let member = self.index.member(nth)?;
            Some(TreeFile {
                path: as_path(member.name)?.to_owned(),
                len: member.data.end - member.data.start,
            })
        });
        Ok(listed.collect())
    }

    fn find(&self, path: &str) -> Result<Option<FileStat>, FindError> {
        match self.place_of(path) {
            Ok(nth) => Ok(self.index.member(nth).map(|member| FileStat {
                len: member.data.end - member.data.start,
                stamp: i128::from(member.modified) << 64 | i128::from(member.data.start),
            })),
            Err(_) if self.is_folder(path) => Err(FindError::NotAFile("a folder".to_owned())),
            Err(_) => Ok(None),
        }
    }

    fn open(&self, path: &str) -> Result<Arc<dyn ByteSource>> {
        let name = format!("{}/{path}", self.name());
        let member = self
            .place_of(path)
            .ok()
            .and_then(|nth| self.index.member(nth));
        match member {
            Some(member) => {
                let part = PartSource::new(self.index.source.clone(), member.data, name.as_str());
                match part {
                    Ok(part) => Ok(Arc::new(part)),
                    Err(source) => Err(Error::Open { path: name, source }),
                }
            }
            None => Err(Error::Open {
                path: name,
                source: io::Error::new(
                    io::ErrorKind::NotFound,
                    "the archive has no file of that name",
                ),
            }),
        }
    }
}
