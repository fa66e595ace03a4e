//! `cargo xtask test`: all tests, with what they need.

use anyhow::Result;

use crate::{browser, command, determinism, graphics, node_tests, pkg, tidy, toolchain};

/// Options of the tests.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the tests whose name holds this.
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    tidy::run()?;
    toolchain::ensure_components()?;
    graphics::ensure_driver()?;
    let cargo = command::cargo();
    command::run(&cargo, &["fmt", "--all", "--check"])?;
    command::run(
        &cargo,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ],
    )?;
    // The tests of the command line run the program itself, which `cargo test` of another
    // package does not build. Built together with the tests, it shares their dependencies:
    // alone it has them with other features, and all of them are compiled once more.
    command::run(
        &cargo,
        &["build", "--workspace", "--bins", "--tests", "--locked"],
    )?;
    let mut line = vec!["test", "--workspace", "--locked"];
    line.extend(arguments.filter.as_deref());
    command::run(&cargo, &line)?;
    // What cargo does not run has a name of its own for the filter.
    let is_wanted = |name: &str| match &arguments.filter {
        Some(filter) => name.contains(filter.as_str()),
        None => true,
    };
    if is_wanted("node") || is_wanted("browser") {
        // Both are of the package; what is up to date is not built again.
        pkg::run()?;
    }
    if is_wanted("node") {
        node_tests::run()?;
    }
    if is_wanted("browser") {
        browser::run()?;
    }
    if is_wanted("determinism") {
        determinism::run()?;
    }
    Ok(())
}
