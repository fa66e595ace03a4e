//! Both sides of a stage, taking turns: what disturbs the one disturbs the other.

use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};

use super::inputs::Inputs;
use super::machine::{self, Machine};
use super::results::{self, StageResult, Turn};
use super::stages::{self, Stage};
use super::{Native, WHOLE, measure};
use crate::command;

/// Measures the stages that were not measured before.
///
/// # Errors
/// Where an input cannot be made or a command fails. What was measured until then is kept.
pub(super) fn run(asked: &[&Stage], options: &Native) -> Result<()> {
    let inputs = Inputs::new(options.rows, options.records)?;
    let folder = if options.rows == WHOLE {
        results::whole_folder()
    } else {
        command::root().join(inputs.folder()).join("results")
    };
    let start = Instant::now();
    for (nth, stage) in asked.iter().enumerate() {
        let minutes = start.elapsed().as_secs() / 60;
        eprintln!(
            "\n{} of {}: {} ({minutes} minutes so far)",
            nth + 1,
            asked.len(),
            stage.title
        );
        let path = folder.join(format!("{}.json", stage.name));
        if path.exists() && !options.again {
            eprintln!("measured before: {} (--again)", path.display());
            continue;
        }
        let result = measure(stage, &inputs, options.rounds)?;
        results::write(&path, &result)?;
        eprintln!("written: {}", path.display());
    }
    Ok(())
}

fn measure(stage: &Stage, inputs: &Inputs, rounds: u32) -> Result<StageResult> {
    let machine = Machine::this();
    let lines = (stage.lines)(inputs)?;
    let turn = |side: &str, round: u32, lines: &[Vec<String>]| -> Result<Turn> {
        let load_before = machine::load();
        let mut runs = Vec::new();
        for (nth, line) in lines.iter().enumerate() {
            let log = inputs.log(&format!("{}-{side}-{round}-{nth}.log", stage.name));
            runs.push(measure::run(line, &log)?);
        }
        Ok(Turn { load_before, runs })
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        ours.push(turn("ours", round, &lines.ours)?);
        theirs.push(turn("theirs", round, &lines.theirs)?);
    }
    let shown = |lines: &[Vec<String>]| lines.iter().map(|line| line.join(" ")).collect();
    Ok(StageResult {
        stage: stage.name.to_owned(),
        rows: inputs.rows(),
        records_encoded: inputs.records(),
        machine,
        packages: packages()?,
        our_commands: shown(&lines.ours),
        their_commands: shown(&lines.theirs),
        ours,
        theirs,
        facts: facts(stage, inputs)?,
    })
}

/// What the outputs of both sides are worth, where speed alone would not tell.
fn facts(stage: &Stage, inputs: &Inputs) -> Result<Value> {
    let compare = |script: &str, words: &[&str]| -> Result<Value> {
        let line = inputs.reference(script, words);
        let log = inputs.log(&format!("{}-facts.log", stage.name));
        Ok(measure::run(&line, &log)?.printed)
    };
    match stage.name {
        "kmeans" => {
            let (ours, theirs) = stages::kmeans_outputs(inputs);
            let inertia = compare("inertia.py", &[&inputs.features()?, &ours, &theirs])?;
            let of = |side: usize| inertia["inertia"][side].as_f64().unwrap_or(f64::NAN);
            Ok(
                json!({"our_inertia": of(0), "their_inertia": of(1), "inertia_ratio": of(0) / of(1)}),
            )
        }
        "encode" => {
            let (ours, theirs) = stages::encode_outputs(inputs);
            compare("agreement.py", &[&ours, &theirs])
        }
        _ => Ok(json!({})),
    }
}

/// What is installed for the references, as `NAME==VERSION`.
fn packages() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(command::root().join("tests/bench/requirements.txt"))?;
    let lines = text.lines().filter(|line| line.contains("=="));
    Ok(lines.map(str::to_owned).collect())
}
