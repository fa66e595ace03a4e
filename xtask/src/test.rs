//! `cargo xtask test`: all tests, with what they need.

use anyhow::Result;

use crate::stages::Stages;
use crate::{browser, command, determinism, graphics, node_tests, pkg, tidy, toolchain, web};

/// Options of the tests.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the tests whose name holds this.
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut stages = Stages::default();
    stages.run("rules of the house", tidy::run)?;
    stages.run("components and driver", || {
        toolchain::ensure_components()?;
        graphics::ensure_driver()
    })?;
    let cargo = command::cargo();
    command::run(&cargo, &["fmt", "--all", "--check"])?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        // Of the browser's modules the largest, which has all that the pipeline's has.
        "--features",
        "ofa-web/full",
        "--",
        "--deny",
        "warnings",
    ];
    stages.run("clippy", || command::run(&cargo, &clippy))?;
    // The tests of the command line run the program itself, which `cargo test` of another
    // package does not build. Built together with the tests, it shares their dependencies:
    // alone it has them with other features, and all of them are compiled once more.
    let build = ["build", "--workspace", "--bins", "--tests", "--locked"];
    stages.run("build", || command::run(&cargo, &build))?;
    let mut line = vec!["test", "--workspace", "--locked"];
    line.extend(arguments.filter.as_deref());
    stages.run("tests of the crates and the program", || {
        command::run(&cargo, &line)
    })?;
    // What cargo does not run has a name of its own for the filter.
    let is_wanted = |name: &str| match &arguments.filter {
        Some(filter) => name.contains(filter.as_str()),
        None => true,
    };
    // The page builds the package that it is made of; both tests are of that.
    if is_wanted("browser") {
        stages.run("package and page", web::run)?;
    } else if is_wanted("node") {
        stages.run("package", pkg::run)?;
    }
    if is_wanted("node") {
        stages.run("tests in Node", node_tests::run)?;
    }
    if is_wanted("browser") {
        stages.run("tests in a browser", browser::run)?;
    }
    if is_wanted("determinism") {
        stages.run("determinism", determinism::run)?;
    }
    Ok(())
}
