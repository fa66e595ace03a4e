//! `cargo xtask bench`: which benchmarks there are; with `--web` the ones in a browser.

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::{bench_web, command};

/// Options of the benchmarks.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Measure the package in Chromium beside onnxruntime-web
    #[arg(long)]
    web: bool,

    /// Passed on to the benchmark in the browser; `cargo xtask bench --web -- --help` lists what
    /// there is
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.web {
        return bench_web::run(&arguments.rest);
    }
    if let Some(word) = arguments.rest.first() {
        bail!("`{word}` is an option of `cargo xtask bench --web`; `cargo bench` takes its own");
    }
    list()
}

/// Prints the commands. Cargo runs its benchmarks itself, one package at a time.
fn list() -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(command::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    for package in &metadata.packages {
        let benches = package.targets.iter().filter(|target| target.is_bench());
        let names: Vec<&str> = benches.map(|target| target.name.as_str()).collect();
        if !names.is_empty() {
            println!("cargo bench -p {:<10} {}", package.name, names.join(", "));
        }
    }
    println!("cargo xtask bench --web   the package in Chromium, beside onnxruntime-web");
    Ok(())
}
