//! The determinism test as WebAssembly: the hashes are those of a native run.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{command, pkg, wasm};

/// Builds the test with and without vector instructions, runs both under Node, and compares what
/// they print with the committed hashes.
///
/// # Errors
/// Where something cannot be built or run, or a hash is another.
pub(crate) fn run() -> Result<()> {
    let node = wasm::ensure_node()?;
    let toolchain = wasm::ensure_target()?;
    let root = command::root();
    let golden = root.join("tests/goldens/determinism/hashes.json");
    let expected = std::fs::read_to_string(&golden)
        .with_context(|| format!("{} cannot be read", golden.display()))?;
    for simd in [true, false] {
        let start = Instant::now();
        let module = toolchain.build(&wasm::Build {
            package: "ofa-determinism",
            example: None,
            options: &["--no-default-features"],
            c: None,
            simd,
            // As it is shipped.
            profile: pkg::PROFILE,
            folder: if simd { pkg::PROFILE } else { "wasm" },
        })?;
        let built = start.elapsed();
        let start = Instant::now();
        let output = Command::new(node)
            .arg(root.join("tests/determinism/run.mjs"))
            .arg(&module)
            .output()
            .with_context(|| format!("`{node}` could not be started"))?;
        if !output.status.success() {
            bail!(
                "{} failed in Node: {}",
                module.display(),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let found = String::from_utf8(output.stdout).context("the hashes are no text")?;
        let found: Vec<&str> = found.lines().collect();
        let differ: Vec<&str> = expected
            .lines()
            .filter(|line| !found.contains(line))
            .collect();
        if !differ.is_empty() || found.len() != expected.lines().count() {
            bail!(
                "{}: the hashes are not those of {}; expected and not found:\n{}",
                module.display(),
                golden.display(),
                differ.join("\n")
            );
        }
        eprintln!(
            "determinism: WebAssembly {} vectors gives the {} committed hashes (built in {:.0} s, \
             run in {:.0} s)",
            if simd { "with" } else { "without" },
            found.len() - 2,
            built.as_secs_f64(),
            start.elapsed().as_secs_f64()
        );
        let script = root.join("tests/determinism/budget.mjs");
        let mut budget = Command::new(node);
        budget.arg(script).arg(&module);
        command::run_prepared(budget)?;
    }
    Ok(())
}
