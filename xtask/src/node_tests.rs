//! Tests that Node's own runner runs: those of the npm package in Node, and those in a browser.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

use crate::{command, wasm};

/// Where the tests of the package in Node are, from the project's root.
const TESTS: &str = "tests/node";

/// Tells the tests where to keep what the program makes for several of them.
const FOLDER: &str = "OFA_TEST_FOLDER";

/// Runs the package's tests in Node: scoring, choosing, and the package as it is installed.
///
/// # Errors
/// Where Node is missing and cannot be installed, or a test fails.
pub(crate) fn run() -> Result<()> {
    let node = wasm::ensure_node()?;
    run_folder(node, &command::root().join(TESTS))
}

/// Runs the tests of a folder on the built program.
///
/// # Errors
/// Where one fails.
pub(crate) fn run_folder(node: &str, folder: &Path) -> Result<()> {
    let target = target_folder()?;
    let pools = target.join("test-pools");
    // What an earlier build made says nothing of this one.
    remove(&pools)?;
    let program = target
        .join("debug")
        .join(format!("ofa{}", std::env::consts::EXE_SUFFIX));
    let mut tests = Command::new(node);
    tests
        .args(["--test", "--test-reporter=spec"])
        .args(test_files(folder)?)
        .env("OFA_PROGRAM", program)
        .env(FOLDER, &pools);
    let outcome = command::run_prepared(tests);
    remove(&pools)?;
    outcome
}

/// The tests, by name: what Node makes of a folder differs between its versions.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = folder
        .read_dir()
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Where cargo builds.
fn target_folder() -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(command::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    Ok(metadata.target_directory.into_std_path_buf())
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}
