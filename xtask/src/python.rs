//! A Python of its own for scripts that need packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// Makes sure that `folder` has a Python with the packages that the scripts' `requirements.txt` names, and
/// gives its program.
///
/// # Errors
/// Where there is no Python with the module venv, or a package cannot be installed.
pub(crate) fn ensure(scripts: &Path, folder: &Path) -> Result<PathBuf> {
    let inside = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    let python = folder.join(inside);
    if !python.exists() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        let mut make = Command::new(system);
        make.args(["-m", "venv"]).arg(folder);
        command::run_prepared(make).with_context(|| {
            format!(
                "no folder for Python's packages could be made: install Python 3.11 or newer as \
                 `{system}`, with its module venv (on Debian python3-venv)"
            )
        })?;
    }
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet"])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(scripts.join("requirements.txt"));
    command::run_prepared(install)?;
    Ok(python)
}
