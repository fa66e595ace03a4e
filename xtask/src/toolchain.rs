//! The parts of the Rust toolchain that the tests use and a minimal installation lacks.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::command;

/// Makes sure that `cargo fmt` and `cargo clippy` run, installing them with rustup where they
/// do not.
///
/// # Errors
/// Where one is missing and there is no rustup, or it fails.
pub(crate) fn ensure_components() -> Result<()> {
    let cargo = command::cargo();
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let runs = Command::new(&cargo)
            .args([subcommand, "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !runs {
            command::run("rustup", &["component", "add", component]).with_context(|| {
                format!("`cargo {subcommand}` is missing: install {component} for this toolchain")
            })?;
        }
    }
    Ok(())
}
