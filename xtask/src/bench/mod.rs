//! `cargo xtask bench`: stages of the program beside the same in Python, taking turns; with `--web` the
//! package in a browser.

mod growth;
mod inputs;
mod machine;
mod measure;
mod report;
mod results;
mod stages;
mod turns;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use clap::Parser;

use crate::{bench_web, command};

/// Rows of LLaVA-665K.
const WHOLE: u64 = 665_298;

/// Options of the benchmarks.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Measure the package in Chromium beside onnxruntime-web
    #[arg(long)]
    web: bool,

    /// Stages and options; `cargo xtask bench -- --help` lists what there is, and with `--web`
    /// `cargo xtask bench --web -- --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Measures stages of the release program beside the same in Python, taking turns.
#[derive(Parser)]
#[command(name = "cargo xtask bench", no_binary_name = true)]
pub(crate) struct Native {
    /// Stages, or `all`; what was measured before is not measured again
    stages: Vec<String>,

    /// Rows of the feature store and records of the dataset; of other sizes than that of LLaVA-665K
    /// the results stay in `target/bench`
    #[arg(long, default_value_t = WHOLE)]
    rows: u64,

    /// Records of the dataset that is encoded
    #[arg(long, default_value_t = 1000)]
    records: u64,

    /// Turns that each side gets
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Measure `target/release/ofa` as it is
    #[arg(long)]
    no_build: bool,

    /// Measure again what was measured before
    #[arg(long)]
    again: bool,

    /// Measure the program alone at a growing number of rows, up to this many
    #[arg(long, value_name = "ROWS", num_args = 0..=1, default_missing_value = "6652980")]
    growth: Option<u64>,

    /// Write the tables in docs/PERFORMANCE.md anew from docs/performance
    #[arg(long)]
    report: bool,

    /// Compare docs/PERFORMANCE.md with docs/performance, and do nothing else
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.web {
        return bench_web::run(&arguments.rest);
    }
    if arguments.rest.is_empty() {
        return list();
    }
    let native = Native::parse_from(&arguments.rest);
    if native.check {
        return report::check();
    }
    let mut stages = Vec::new();
    for name in &native.stages {
        match name.as_str() {
            "all" => stages.extend(stages::ALL.iter()),
            name => stages.push(stages::named(name)?),
        }
    }
    if !native.no_build && (!stages.is_empty() || native.growth.is_some()) {
        build()?;
    }
    if !stages.is_empty() {
        turns::run(&stages, &native)?;
    }
    if let Some(most) = native.growth {
        growth::run(most, native.again)?;
    }
    if native.report || results::whole_folder().exists() {
        report::write()?;
    }
    Ok(())
}

/// Builds what is measured.
fn build() -> Result<()> {
    eprintln!("Building ofa. The first build takes some minutes.");
    let line = ["build", "--release", "--locked", "--package", "ofa-cli"];
    command::run(&command::cargo(), &line)
}

/// Prints the commands. Cargo runs its benchmarks itself, one package at a time.
fn list() -> Result<()> {
    for stage in &stages::ALL {
        println!("cargo xtask bench {:<9} {}", stage.name, stage.title);
    }
    println!("cargo xtask bench all       all of these");
    println!("cargo xtask bench --growth  the program alone, at a growing number of rows");
    println!("cargo xtask bench --web     the package in Chromium, beside onnxruntime-web");
    let metadata = MetadataCommand::new()
        .manifest_path(command::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    for package in &metadata.packages {
        let benches = package.targets.iter().filter(|target| target.is_bench());
        let names: Vec<&str> = benches.map(|target| target.name.as_str()).collect();
        if !names.is_empty() {
            println!("cargo bench -p {:<12} {}", package.name, names.join(", "));
        }
    }
    Ok(())
}
