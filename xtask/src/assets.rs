//! `cargo xtask train-demo-encoder`, `cargo xtask train-demo-selector`: what lies in `assets`, made
//! anew.

use anyhow::{Context, Result};

use crate::command;

/// Options of both.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to the training.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// The encoder that the program embeds.
const ENCODER: &str = "assets/demo-encoder";

/// The selector that the program embeds.
const SELECTOR: &str = "assets/demo-selector/selector.safetensors";

/// Records of the first world that the bundled selector is trained on, and their seed. No other
/// command uses this seed by itself.
const SELECTOR_WORLD: [&str; 6] = ["--realm", "shapes", "--records", "24000", "--seed", "7"];

/// What differs from the method's defaults, which are for hundreds of thousands of records: the core
/// of so small a pool has few rows for each cluster.
const SELECTOR_TRAINING: [(&str, &str); 4] = [
    ("--clusters", "64"),
    ("--core-ratio", "0.2"),
    ("--batch", "256"),
    // The same on every machine, whatever graphics it has.
    ("--backend", "flex"),
];

/// Trains the encoder and writes down what it computes; stopped and started again it goes on.
pub(crate) fn train_encoder(arguments: &Arguments) -> Result<()> {
    let mut line = vec![
        "run",
        "--release",
        "--locked",
        "--package",
        "ofa-contrastive",
        "--bin",
        "train-demo-encoder",
        "--",
        "--output",
        ENCODER,
        "--work",
        "target/demo-encoder",
    ];
    line.extend(arguments.rest.iter().map(String::as_str));
    command::run(&command::cargo(), &line)?;
    let mut check = vec!["run", "--release", "--locked", "--package"];
    check.extend(["ofa-contrastive", "--example", "write_self_check", "--"]);
    check.push(ENCODER);
    command::run(&command::cargo(), &check)
}

/// Makes the first world, encodes it and trains the selector on it.
pub(crate) fn train_selector(arguments: &Arguments) -> Result<()> {
    const WORLD: &str = "target/demo-selector";
    const FEATURES: &str = "target/demo-selector/features";
    // The program embeds the selector, so that without one it cannot be built to make one.
    let selector = command::root().join(SELECTOR);
    if !selector.exists() {
        std::fs::write(&selector, [])
            .with_context(|| format!("{}: cannot be written", selector.display()))?;
    }
    let mut world = vec!["demo", "--data-only", "--output", WORLD];
    world.extend(SELECTOR_WORLD);
    ofa(&world)?;
    ofa(&[
        "encode",
        "target/demo-selector/data.json",
        "--images",
        "target/demo-selector/images",
        "--encoder",
        ENCODER,
        "-o",
        FEATURES,
        "--backend",
        "flex",
        "--force",
    ])?;
    let mut train = vec!["train", FEATURES];
    train.extend(["-o", SELECTOR, "--force"]);
    let is_given = |name: &str| {
        let value = format!("{name}=");
        let mut words = arguments.rest.iter();
        words.any(|word| word == name || word.starts_with(&value))
    };
    for (name, value) in SELECTOR_TRAINING {
        if !is_given(name) {
            train.extend([name, value]);
        }
    }
    train.extend(arguments.rest.iter().map(String::as_str));
    ofa(&train)
}

fn ofa(arguments: &[&str]) -> Result<()> {
    let mut line = vec!["run", "--release", "--locked", "--package", "ofa-cli"];
    line.extend(["--bin", "ofa", "--"]);
    line.extend(arguments);
    command::run(&command::cargo(), &line)
}
