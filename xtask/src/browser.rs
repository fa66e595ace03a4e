//! The tests in a browser: what the program's pages are to those who read, hear or operate them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::{command, debian, wasm};

/// Where the tests are, from the project's root.
const TESTS: &str = "tests/browser";

/// Names the browser, where it lies elsewhere than usual.
const VARIABLE: &str = "OFA_CHROMIUM";

/// Runs them in Chromium on what the built program makes.
///
/// # Errors
/// Where Node, npm or Chromium is missing and cannot be installed, or a test fails.
pub(crate) fn run() -> Result<()> {
    let node = wasm::ensure_node()?;
    let npm = ensure_npm()?;
    ensure_chromium(node)?;
    let folder = command::root().join(TESTS);
    let mut install = Command::new(npm);
    install
        .args(["ci", "--prefer-offline", "--no-audit", "--no-fund"])
        // Packages only, and of them no scripts: one would download a browser.
        .arg("--ignore-scripts")
        .arg("--prefix")
        .arg(&folder);
    command::run_prepared(install)?;
    let mut tests = Command::new(node);
    tests
        .args(["--test", "--test-reporter=spec"])
        .args(test_files(&folder)?)
        .env("OFA_PROGRAM", program()?);
    command::run_prepared(tests)
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

/// The program `ofa` that `cargo build` made.
fn program() -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(command::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    let name = format!("ofa{}", std::env::consts::EXE_SUFFIX);
    Ok(metadata
        .target_directory
        .into_std_path_buf()
        .join("debug")
        .join(name))
}

/// Makes sure that npm runs, and gives its name. Debian packs it apart from Node.
fn ensure_npm() -> Result<&'static str> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let runs = || {
        let version = Command::new(npm).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    if !runs() {
        debian::install(&["npm"]).context("no `npm`: install the one that comes with Node")?;
    }
    if !runs() {
        bail!("npm was installed, but `{npm}` does not run");
    }
    Ok(npm)
}

/// Makes sure that the tests find a Chromium; they know where to look.
fn ensure_chromium(node: &str) -> Result<()> {
    let look = || -> Result<Option<String>> {
        let output = Command::new(node)
            .arg(command::root().join(TESTS).join("chromium_path.mjs"))
            .output()
            .with_context(|| format!("`{node}` could not be started"))?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok((!output.status.success()).then_some(said))
    };
    let Some(said) = look()? else {
        return Ok(());
    };
    if std::env::var_os(VARIABLE).is_some() || !cfg!(target_os = "linux") {
        bail!("{said}");
    }
    debian::install(&["chromium"]).context(said)?;
    match look()? {
        Some(said) => bail!("Debian's chromium is installed, but {said}"),
        None => Ok(()),
    }
}
