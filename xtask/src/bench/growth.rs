//! How seconds and memory of the program grow with the number of rows.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::inputs::{self, Inputs};
use super::machine::{self, Machine};
use super::results::{self, GrowthResult, GrowthStage};
use super::{WHOLE, measure};
use crate::{bench_web, browser, command, wasm};

/// The plot of it, beside the raw numbers.
pub(super) const PLOT: &str = "growth.svg";

/// The encoder that ships with the project.
const ENCODER: &str = "assets/demo-encoder";

/// What measures the page, among the benchmarks in a browser.
const PAGE_SCRIPT: &str = "page_growth.mjs";

/// What is measured by itself, at sizes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    /// Training, scoring, the index and choices
    Rows,
    /// Encoding of the demo's world with the demo's encoder
    Encode,
    /// The page in Chromium, on the data and scores of the first part
    Page,
}

impl Part {
    /// Rows, or records, at which it is measured.
    fn sizes(self) -> &'static [u64] {
        match self {
            Self::Rows => &[10_000, 100_000, WHOLE, 10 * WHOLE],
            Self::Encode => &[1_000, 10_000, 100_000],
            Self::Page => &[10_000, 100_000, WHOLE],
        }
    }

    /// The file of its results at one size.
    fn file(self, rows: u64) -> String {
        match self {
            Self::Rows => format!("growth-{rows}.json"),
            Self::Encode => format!("growth-encode-{rows}.json"),
            Self::Page => format!("growth-page-{rows}.json"),
        }
    }

    fn measure(self, rows: u64) -> Result<GrowthResult> {
        match self {
            Self::Rows => measure_rows(rows),
            Self::Encode => measure_encode(rows),
            Self::Page => measure_page(rows),
        }
    }
}

/// The parts that were asked for: all where none was named.
pub(super) fn asked(named: &[Part]) -> &[Part] {
    match named {
        [] => Part::value_variants(),
        some => some,
    }
}

/// Measures the sizes up to `most` that were not measured before.
pub(super) fn run(most: u64, parts: &[Part], again: bool) -> Result<()> {
    for &part in parts {
        for &rows in part.sizes().iter().filter(|&&rows| rows <= most) {
            let path = results::whole_folder().join(part.file(rows));
            if path.exists() && !again {
                eprintln!("measured before: {} (--again)", path.display());
                continue;
            }
            eprintln!("\n{part:?}: {rows}");
            let result = part.measure(rows)?;
            results::write(&path, &result)?;
            if rows > WHOLE {
                // Nothing else needs that many.
                let folder = format!("target/bench/rows-{rows}");
                std::fs::remove_dir_all(command::root().join(folder))?;
            }
        }
    }
    plot()
}

/// What a folder has of all parts, by the number of rows.
pub(super) fn measured(folder: &Path) -> Result<Vec<GrowthResult>> {
    let mut found = Vec::new();
    for part in Part::value_variants() {
        for &rows in part.sizes() {
            found.extend(results::read::<GrowthResult>(
                &folder.join(part.file(rows)),
            )?);
        }
    }
    found.sort_by_key(|result| result.rows);
    Ok(found)
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

fn measure_rows(rows: u64) -> Result<GrowthResult> {
    let inputs = Inputs::new(rows, 0)?;
    let features = inputs.features()?;
    let output = |name: &str| inputs.output(&format!("growth-{name}"));
    let (selector, scores) = (output("selector.safetensors"), output("scores.parquet"));
    let train = ["train", &features, "-o", &selector, "--force"];
    let train = [&train[..], &["--backend", "flex"]].concat();
    let score = ["score", &features, "--selector", &selector];
    let score = [&score[..], &["-o", &scores, "--force"]].concat();
    let mut stages = vec![("train", train), ("score", score)];
    // A dataset of ten times the size would need its 12 GB besides.
    let dataset = (rows <= WHOLE).then(|| inputs.dataset()).transpose()?;
    let (confidence, kdpp) = (output("confidence.json"), output("kdpp.json"));
    if let Some(dataset) = &dataset {
        let select = ["select", dataset, "--scores", &scores, "--ratio", "0.15"];
        let select = [&select[..], &["--force", "-o"]].concat();
        let diverse = [&kdpp[..], "--method", "kdpp", "--features", &features];
        stages.push(("index", vec!["inspect", dataset]));
        let by_confidence = [&select[..], &[&confidence[..]]].concat();
        stages.push(("select, confidence", by_confidence));
        stages.push(("select, kdpp", [&select[..], &diverse].concat()));
    }
    run_alone(&inputs, &stages)
}

fn measure_encode(records: u64) -> Result<GrowthResult> {
    let inputs = Inputs::new(records, records)?;
    let world = inputs.world()?;
    let (data, images) = (format!("{world}/data.json"), format!("{world}/images"));
    let features = inputs.output("growth-features");
    let encode = ["encode", &data, "--images", &images, "--encoder", ENCODER];
    let how = ["-o", &features, "--backend", "flex", "--force"];
    run_alone(&inputs, &[("encode", [&encode[..], &how].concat())])
}

/// Runs commands of the program one after the other.
fn run_alone(inputs: &Inputs, stages: &[(&str, Vec<&str>)]) -> Result<GrowthResult> {
    let machine = Machine::this();
    let load_before = machine::load();
    let mut measured = Vec::with_capacity(stages.len());
    for (stage, words) in stages {
        let line = inputs.ofa(words);
        let log = inputs.log(&format!("growth-{}.log", stage.replace(", ", "-")));
        measured.push(GrowthStage {
            stage: (*stage).to_owned(),
            command: line.join(" "),
            run: measure::run(&line, &log)?,
        });
    }
    Ok(GrowthResult {
        rows: inputs.rows(),
        machine,
        load_before,
        stages: measured,
    })
}

/// What it took is told by the script, whose own process is neither the page nor its browser.
fn measure_page(rows: u64) -> Result<GrowthResult> {
    let node = wasm::ensure_node()?;
    browser::ensure_chromium(node)?;
    browser::install_packages(&command::root().join(browser::TESTS))?;
    let inputs = Inputs::new(rows, 0)?;
    let script = format!("{}/{PAGE_SCRIPT}", bench_web::BENCH);
    let mut line = vec![node.to_owned(), script];
    line.extend([inputs.dataset()?, inputs.scores()?, inputs.features()?]);
    let machine = Machine::this();
    let load_before = machine::load();
    let run = measure::run(&line, &inputs.log("growth-page.log"))?;
    let stages: Vec<GrowthStage> = serde_json::from_value(run.printed["stages"].clone())
        .with_context(|| format!("{PAGE_SCRIPT} printed no stages"))?;
    Ok(GrowthResult {
        rows,
        machine,
        load_before,
        stages,
    })
}
