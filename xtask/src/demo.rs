//! `cargo xtask demo`: the main job from end to end, with nothing to download.

use anyhow::Result;

use crate::command;

/// Options of the demo.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to `ofa demo`, such as `--records 500`; without `-o` it writes to
    /// `target/ofa-demo`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    eprintln!("Building ofa. The first build takes some minutes.");
    let mut line = vec![
        "run",
        "--release",
        "--package",
        "ofa-cli",
        "--bin",
        "ofa",
        "--",
        "demo",
    ];
    line.extend(arguments.rest.iter().map(String::as_str));
    // Not into the working tree of whoever tries it.
    let folder = command::root().join("target/ofa-demo");
    let folder = folder.to_string_lossy();
    let has_output = |word: &String| word.starts_with("-o") || word.starts_with("--output");
    if !arguments.rest.iter().any(has_output) {
        line.extend(["--output", &folder]);
    }
    command::run(&command::cargo(), &line)
}
