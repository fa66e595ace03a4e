//! The page: in the program, or in a folder.

use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

use crate::error::{Error, Result};
use crate::files::Folder;
use crate::representation::{Content, Representation};

/// What `cargo xtask web` built. A program that is built for debugging reads it from the disk.
#[derive(RustEmbed)]
#[folder = "$OFA_PAGE_FOLDER"]
#[allow_missing = true]
struct Embedded;

/// Names of these never change what they stand for: Vite puts a hash of the content in them.
const HASHED: &str = "assets/";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATED: &str = "no-cache";

const INDEX: &str = "index.html";

/// Where the page's files come from.
pub(crate) enum Page {
    Embedded,
    Folder(Folder),
}

impl Page {
    /// The page in a folder, or the one in the program.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self> {
        let Some(folder) = folder else {
            return match Embedded::get(INDEX) {
                Some(_) => Ok(Self::Embedded),
                None => Err(Error::NoPage),
            };
        };
        if !folder.join(INDEX).is_file() {
            return Err(Error::NotAPage(folder.to_owned()));
        }
        Ok(Self::Folder(Folder::open(folder)?))
    }

    /// A file of the page, compressed where the browser takes it and there is such a sibling.
    pub(crate) async fn find(&self, path: &[String], takes_brotli: bool) -> Option<Representation> {
        let path = match path {
            [] => INDEX.to_owned(),
            path => path.join("/"),
        };
        let sibling = format!("{path}.br");
        let plain = self.file(&path).await?;
        let compressed = match takes_brotli {
            true => self.file(&sibling).await,
            false => None,
        };
        let has_sibling = compressed.is_some() || self.has(&sibling);
        let is_compressed = compressed.is_some();
        let mut representation = Representation::new(compressed.unwrap_or(plain), &path);
        representation.cache = if path.starts_with(HASHED) {
            IMMUTABLE
        } else {
            REVALIDATED
        };
        representation.varies = has_sibling;
        representation.is_brotli = is_compressed;
        Some(representation)
    }

    async fn file(&self, path: &str) -> Option<Content> {
        match self {
            Self::Embedded => {
                let file = Embedded::get(path)?;
                Some(Content::Memory {
                    hash: file.metadata.sha256_hash(),
                    bytes: file.data,
                })
            }
            Self::Folder(folder) => folder.find(&PathBuf::from(path)).await,
        }
    }

    fn has(&self, path: &str) -> bool {
        match self {
            Self::Embedded => Embedded::iter().any(|name| name == path),
            Self::Folder(folder) => folder.has(Path::new(path)),
        }
    }
}
