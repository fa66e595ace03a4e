//! `cargo xtask bench --web`: the package in Chromium, beside onnxruntime-web on the same model, the
//! same inputs and the same number of threads.
//!
//! What is large is made here and not committed: random weights of the shape of CLIP ViT-B/32 in both
//! libraries' formats, and images.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::{browser, command, pkg, python, wasm};

/// Where the benchmark is, from the project's root.
const BENCH: &str = "tests/browser/bench";

/// Where what it needs is made.
const WORK: &str = "target/bench-web";

/// The size of model whose graphs are checked against numpy when it is made.
const CHECKED_SIZE: &str = "small";

/// The size that is measured where none is asked for.
const USUAL_SIZE: &str = "vit_b_32";

/// Records of the generated dataset whose images are decoded.
const DEMO_RECORDS: &str = "60";

/// Makes what is missing and measures; `rest` is passed on.
///
/// # Errors
/// Where Node, npm, Chromium or Python is missing, something cannot be made, or the two libraries
/// do not embed the same inputs alike.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let node = wasm::ensure_node()?;
    let bench = command::root().join(BENCH);
    let mut measure = Command::new(node);
    measure.arg(bench.join("bench.mjs")).args(rest);
    if rest.iter().any(|word| word == "--help" || word == "-h") {
        return command::run_prepared(measure);
    }
    pkg::run()?;
    browser::install_packages(&command::root().join(browser::TESTS))?;
    browser::install_packages(&bench)?;
    browser::ensure_chromium(node)?;
    let work = command::root().join(WORK);
    std::fs::create_dir_all(&work).with_context(|| format!("{} cannot be made", work.display()))?;
    make_models(&bench.join("models"), &work, size(rest))?;
    let demo = work.join("demo");
    if !demo.exists() {
        make_demo(&demo)?;
    }
    measure
        .env("OFA_BENCH_FOLDER", &work)
        .env("OFA_BENCH_DEMO", &demo);
    command::run_prepared(measure)
}

/// The size of model that is asked for.
fn size(rest: &[String]) -> &str {
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if word == "--size" {
            return words.next().map_or(USUAL_SIZE, String::as_str);
        }
        if let Some(size) = word.strip_prefix("--size=") {
            return size;
        }
    }
    USUAL_SIZE
}

/// Makes models and images where they are missing or were made by an older script.
fn make_models(scripts: &Path, work: &Path, size: &str) -> Result<()> {
    let changed = last_change(scripts)?;
    let is_made = |file: PathBuf| {
        let made = file.metadata().and_then(|metadata| metadata.modified());
        made.is_ok_and(|made| made > changed)
    };
    let models = [CHECKED_SIZE, size]
        .into_iter()
        .filter(|size| !is_made(work.join(size).join("text.onnx")));
    let mut models: Vec<&str> = models.collect();
    models.dedup();
    let has_images = is_made(work.join("images/images.json"));
    if models.is_empty() && has_images {
        return Ok(());
    }
    let python = python::ensure(scripts, &work.join("python"))?;
    let script = |name: &str| {
        let mut make = Command::new(&python);
        make.arg(scripts.join(name));
        make
    };
    for size in models {
        let mut make = script("make_models.py");
        make.arg(work).arg(size);
        command::run_prepared(make)?;
    }
    if !has_images {
        let mut make = script("make_images.py");
        make.arg(work.join("images"));
        command::run_prepared(make)?;
    }
    Ok(())
}

/// When a script was last changed.
fn last_change(scripts: &Path) -> Result<SystemTime> {
    let entries = scripts
        .read_dir()
        .with_context(|| format!("{} cannot be read", scripts.display()))?;
    let mut last = SystemTime::UNIX_EPOCH;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "py") {
            last = last.max(path.metadata()?.modified()?);
        }
    }
    Ok(last)
}

/// Generates the dataset of the demo.
fn make_demo(folder: &Path) -> Result<()> {
    let folder = folder.to_string_lossy();
    let build = ["run", "--release", "--locked", "--package", "ofa-cli"];
    let demo = ["--bin", "ofa", "--", "demo", "--data-only"];
    let how = ["--records", DEMO_RECORDS, "--output", &folder];
    command::run(&command::cargo(), &[&build[..], &demo, &how].concat())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn the_size_is_the_one_that_the_benchmark_is_told() {
        let of = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            size(&words).to_owned()
        };
        assert_eq!(of(&[]), "vit_b_32");
        assert_eq!(of(&["--rounds", "2", "--size", "small"]), "small");
        assert_eq!(of(&["--size=small"]), "small");
    }
}
