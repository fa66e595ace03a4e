//! Files on the disk: those below one folder, or one by itself.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tokio::fs::File;

use crate::error::{Error, Result};
use crate::representation::Content;

/// A folder out of which nothing leads.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let canonical = folder.canonicalize().map_err(|source| Error::Unreadable {
            path: folder.to_owned(),
            source,
        })?;
        Ok(Self(canonical))
    }

    /// The path of a file below the folder, links followed; nothing where one leads out of it.
    fn place(&self, path: &Path) -> Option<PathBuf> {
        let place = self.0.join(path).canonicalize().ok()?;
        (place.starts_with(&self.0) && place.is_file()).then_some(place)
    }

    pub(crate) fn has(&self, path: &Path) -> bool {
        self.place(path).is_some()
    }

    /// Opens a file below it.
    pub(crate) async fn find(&self, path: &Path) -> Option<Content> {
        open(&self.place(path)?).await
    }
}

/// An encoder's folder: what belongs to an encoder is served, and nothing else that lies there.
pub(crate) struct EncoderFolder {
    folder: Folder,
    pub(crate) name: String,
}

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "safetensors";

impl EncoderFolder {
    /// Opens a folder that has what every encoder has.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let folder = Folder::open(path)?;
        let lacks = |missing| Error::EncoderLacks {
            folder: path.to_owned(),
            missing,
        };
        if !path.join(CONFIG).is_file() {
            return Err(lacks(CONFIG));
        }
        let entries = folder.0.read_dir().map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let mut has_weights = false;
        for entry in entries.flatten() {
            let name = PathBuf::from(entry.file_name());
            if !is_of_an_encoder(&name) || !path.join(&name).is_file() {
                continue;
            }
            if !folder.has(&name) {
                return Err(Error::LeadsOut(path.join(name)));
            }
            has_weights |= name.extension().is_some_and(|ending| ending == WEIGHTS);
        }
        if !has_weights {
            return Err(lacks("weights (model.safetensors, or shards of it)"));
        }
        let name = folder.0.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        Ok(Self { folder, name })
    }

    /// Opens one of its files.
    pub(crate) async fn find(&self, name: &str) -> Option<Content> {
        let name = Path::new(name);
        match is_of_an_encoder(name) {
            true => self.folder.find(name).await,
            false => None,
        }
    }
}

/// Whether a name is one of settings, a vocabulary or weights.
fn is_of_an_encoder(name: &Path) -> bool {
    let ending = name.extension().and_then(|ending| ending.to_str());
    let is_hidden = name.to_string_lossy().starts_with('.');
    !is_hidden && (name == Path::new("merges.txt") || matches!(ending, Some("json" | WEIGHTS)))
}

/// A file that is served under a name of its own.
pub(crate) struct SelectorFile {
    path: PathBuf,
    pub(crate) name: String,
}

impl SelectorFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let unreadable = |source| Error::Unreadable {
            path: path.to_owned(),
            source,
        };
        std::fs::File::open(path).map_err(unreadable)?;
        let name = path.file_name().unwrap_or_default();
        Ok(Self {
            path: path.canonicalize().map_err(unreadable)?,
            name: name.to_string_lossy().into_owned(),
        })
    }

    pub(crate) async fn content(&self) -> Option<Content> {
        open(&self.path).await
    }
}

/// Opens a file; one that was removed meanwhile is not there.
async fn open(path: &Path) -> Option<Content> {
    let file = File::open(path).await.ok()?;
    let metadata = file
        .metadata()
        .await
        .ok()
        .filter(|metadata| metadata.is_file())?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Content::File {
        file,
        length: metadata.len(),
        modified,
    })
}
