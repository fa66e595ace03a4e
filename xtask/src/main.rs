//! `cargo xtask …`: everything that is done with the project apart from plain cargo commands.
//!
//! It starts programs and reads the tree. It does not depend on burn, so that it builds in
//! seconds on a fresh machine.

mod assets;
mod bench;
mod bench_web;
mod browser;
mod command;
mod debian;
mod demo;
mod determinism;
mod eval;
mod graphics;
mod node_tests;
mod pkg;
mod python;
mod stages;
mod test;
mod tidy;
mod toolchain;
mod wasm;
mod wasm_check;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build what is missing and run the main job from end to end on generated data.
    Demo(demo::Arguments),
    /// Install what the tests need and run all of them.
    Test(test::Arguments),
    /// Run the determinism test as WebAssembly under Node, with and without its vectors.
    Determinism,
    /// Train the demo encoder anew, in at most 90 minutes on two cores.
    TrainDemoEncoder(assets::Arguments),
    /// Train the bundled selector anew.
    TrainDemoSelector(assets::Arguments),
    /// Measure stages beside programs in Python, or with `--web` the package beside onnxruntime-web.
    Bench(bench::Arguments),
    /// Build the npm package in `pkg`: its WebAssembly modules and the TypeScript around them.
    Pkg,
    /// Build the page into `web/dist`, with what `ofa serve` and other servers need of it.
    Web,
    /// Measure what selected subsets are worth, and write docs/EVALUATION.md.
    Eval(eval::Arguments),
    /// Check the rules of the house: dependency directions, who may touch files, names, lengths.
    Tidy,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::Determinism => determinism::run(),
        Task::TrainDemoEncoder(arguments) => assets::train_encoder(&arguments),
        Task::TrainDemoSelector(arguments) => assets::train_selector(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Pkg => pkg::run(),
        Task::Web => web::run(),
        Task::Eval(arguments) => eval::run(&arguments),
        Task::Tidy => tidy::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
