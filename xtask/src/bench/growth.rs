//! How seconds and memory of the program grow with the number of rows.

use std::process::Command;

use anyhow::Result;

use super::inputs::{self, Inputs};
use super::machine::{self, Machine};
use super::results::{self, GrowthResult, GrowthStage};
use super::{WHOLE, measure};
use crate::command;

/// The plot of it, beside the raw numbers.
pub(super) const PLOT: &str = "growth.svg";

/// Rows at which it is measured.
const SIZES: [u64; 4] = [10_000, 100_000, WHOLE, 10 * WHOLE];

/// Measures the sizes up to `most` that were not measured before.
pub(super) fn run(most: u64, again: bool) -> Result<()> {
    for rows in SIZES.into_iter().filter(|&rows| rows <= most) {
        let path = results::whole_folder().join(format!("growth-{rows}.json"));
        if path.exists() && !again {
            eprintln!("measured before: {} (--again)", path.display());
            continue;
        }
        eprintln!("\n{rows} rows");
        let result = measure(rows)?;
        results::write(&path, &result)?;
        if rows > WHOLE {
            // Nothing else needs that many.
            let folder = format!("target/bench/rows-{rows}");
            std::fs::remove_dir_all(command::root().join(folder))?;
        }
    }
    plot()
}

/// Draws what was measured.
fn plot() -> Result<()> {
    let folder = results::whole_folder();
    let mut draw = Command::new(inputs::python()?);
    draw.current_dir(command::root())
        .arg(format!("{}/plot_growth.py", inputs::SCRIPTS))
        .args([&folder, &folder.join(PLOT)]);
    command::run_prepared(draw)
}

fn measure(rows: u64) -> Result<GrowthResult> {
    let inputs = Inputs::new(rows, 0)?;
    let machine = Machine::this();
    let features = inputs.features()?;
    let output = |name: &str| inputs.output(&format!("growth-{name}"));
    let (selector, scores) = (output("selector.safetensors"), output("scores.parquet"));
    let train = ["train", &features, "-o", &selector, "--backend", "flex"];
    let score = ["score", &features, "--selector", &selector, "-o", &scores];
    let mut stages = vec![("train", train.to_vec()), ("score", score.to_vec())];
    // A dataset of ten times the size would need its 10 GB besides.
    let dataset = (rows <= WHOLE).then(|| inputs.dataset()).transpose()?;
    let (confidence, kdpp) = (output("confidence.json"), output("kdpp.json"));
    if let Some(dataset) = &dataset {
        let select = ["select", dataset, "--scores", &scores, "--ratio", "0.15"];
        let diverse = ["--method", "kdpp", "--features", &features, "-o", &kdpp];
        stages.push(("index", vec!["inspect", dataset]));
        stages.push((
            "select, confidence",
            [&select[..], &["-o", &confidence]].concat(),
        ));
        stages.push(("select, kdpp", [&select[..], &diverse].concat()));
    }
    let load_before = machine::load();
    let mut measured = Vec::new();
    for (stage, mut words) in stages {
        if stage != "index" {
            words.push("--force");
        }
        let line = inputs.ofa(&words);
        let log = inputs.log(&format!("growth-{}.log", stage.replace(", ", "-")));
        measured.push(GrowthStage {
            stage: stage.to_owned(),
            command: line.join(" "),
            run: measure::run(&line, &log)?,
        });
    }
    Ok(GrowthResult {
        rows,
        machine,
        load_before,
        stages: measured,
    })
}
