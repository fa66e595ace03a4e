//! `cargo xtask eval`: what selected subsets are worth.

use std::path::Path;

use anyhow::Result;

use crate::command;

/// Options of the evaluation.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Compare docs/EVALUATION.md and its figures with the raw numbers, and do nothing else
    #[arg(long, conflicts_with_all = ["ablate", "quick", "rest"])]
    check: bool,

    /// Train selectors with one setting changed and measure what they choose, after an evaluation
    #[arg(long)]
    ablate: bool,

    /// At a size that takes a minute and says nothing; docs/ stays as it is
    #[arg(long)]
    quick: bool,

    /// Passed on to `ofa-eval`, such as `--realm shapes` or `--jobs 2`; without `-o` everything is
    /// kept in `target/ofa-eval`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    build("ofa-eval")?;
    let program = command::root()
        .join("target/release")
        .join(format!("ofa-eval{}", std::env::consts::EXE_SUFFIX));
    let program = program.to_string_lossy();
    if arguments.check {
        return command::run(&program, &["check", "docs"]);
    }
    build("ofa-cli")?;
    let name = if arguments.quick {
        "ofa-eval-quick"
    } else {
        "ofa-eval"
    };
    let folder = command::root().join("target").join(name);
    let mut folder = folder.to_string_lossy().into_owned();
    let at = (arguments.rest.iter()).position(|word| word == "-o" || word == "--output");
    if let Some(given) = at.and_then(|at| arguments.rest.get(at + 1)) {
        folder.clone_from(given);
    }
    let task = if arguments.ablate { "ablate" } else { "run" };
    let mut line = vec![task];
    if arguments.quick && !arguments.ablate {
        line.push("--quick");
    }
    line.extend(arguments.rest.iter().map(String::as_str));
    // What was measured before and committed is not measured again.
    let raw = command::root().join("docs/evaluation/runs.json");
    let raw = raw.to_string_lossy();
    if !arguments.quick && !arguments.ablate && Path::new(&*raw).exists() {
        line.extend(["--earlier", &raw]);
    }
    if at.is_none() {
        line.extend(["--output", &folder]);
    }
    command::run(&program, &line)?;
    // A quick evaluation's report is no document of the project.
    let documents = if arguments.quick {
        format!("{folder}/docs")
    } else {
        "docs".to_owned()
    };
    command::run(&program, &["report", &folder, "--output", &documents])?;
    command::run(&program, &["check", &documents])
}

fn build(package: &str) -> Result<()> {
    eprintln!("Building {package}. The first build takes some minutes.");
    let line = ["build", "--release", "--package", package];
    command::run(&command::cargo(), &line)
}
