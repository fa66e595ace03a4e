//! The tests in a browser: the npm package at work there, and what the program's pages are to those who
//! read, hear or operate them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{command, debian, node_tests, wasm};

/// Where the tests are, from the project's root.
pub(crate) const TESTS: &str = "tests/browser";

/// Names the browser, where it lies elsewhere than usual.
const VARIABLE: &str = "OFA_CHROMIUM";

/// Runs them in Chromium on the built package and on what the built program makes.
///
/// # Errors
/// Where Node, npm or Chromium is missing and cannot be installed, or a test fails.
pub(crate) fn run() -> Result<()> {
    let node = wasm::ensure_node()?;
    ensure_chromium(node)?;
    let folder = command::root().join(TESTS);
    install_packages(&folder)?;
    node_tests::run_folder(node, &folder)
}

/// Installs the npm packages that a folder's lock file names.
///
/// # Errors
/// Where npm is missing and cannot be installed, or it fails.
pub(crate) fn install_packages(folder: &Path) -> Result<()> {
    let mut install = Command::new(ensure_npm()?);
    install
        .args(["ci", "--prefer-offline", "--no-audit", "--no-fund"])
        // Packages only, and of them no scripts: one would download a browser.
        .arg("--ignore-scripts")
        .arg("--prefix")
        .arg(folder);
    command::run_prepared(install)
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
///
/// # Errors
/// Where there is none and none can be installed.
pub(crate) fn ensure_chromium(node: &str) -> Result<()> {
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
