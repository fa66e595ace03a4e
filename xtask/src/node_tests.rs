//! Tests that Node's own runner runs: those of the npm package in Node, and those in a browser.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use walkdir::WalkDir;

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
        .args(side_by_side(node))
        .args(test_files(folder)?)
        .env("OFA_PROGRAM", program)
        .env(FOLDER, &pools);
    let outcome = command::run_prepared(tests);
    remove(&pools)?;
    outcome
}

/// As many files at a time as there are processors, where Node can be told so: by itself it leaves one free, and tests
/// in a browser wait most of their time.
fn side_by_side(node: &str) -> Option<String> {
    let processors = std::thread::available_parallelism().ok()?;
    let option = format!("--test-concurrency={processors}");
    let answer = Command::new(node).args([&option, "--version"]).output();
    answer
        .is_ok_and(|answer| answer.status.success())
        .then_some(option)
}

/// Packages that npm installed have tests of their own.
const PACKAGES: &str = "node_modules";

/// The tests in a folder and in those below it, by name: what Node makes of a folder differs between its versions.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.file_name() != PACKAGES);
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("{} cannot be read", folder.display()))?;
        if entry.path().to_string_lossy().ends_with(".test.mjs") {
            files.push(entry.into_path());
        }
    }
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
