//! Files of JSON that are whole or not there.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Writes bytes beside the name, then gives them the name.
///
/// # Errors
/// Where the file or its folder cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    let beside = Path::new(&beside);
    fs::write(beside, bytes).map_err(Error::file(beside))?;
    fs::rename(beside, path).map_err(Error::file(path))
}

/// Writes a value as JSON.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut json = serde_json::to_vec(value).map_err(|error| Error::content(path, error))?;
    json.push(b'\n');
    write(path, &json)
}

/// Reads a value; `None` where there is no file.
///
/// # Errors
/// Where the file cannot be read or is something else.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file(path)(error)),
    };
    let value = serde_json::from_slice(&bytes).map_err(|error| Error::content(path, error))?;
    Ok(Some(value))
}
