//! The tables in docs/PERFORMANCE.md, derived from the raw numbers in docs/performance.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::results::{self, GrowthResult, StageResult, Turn};
use super::stages::{self, Compared, Stage};
use crate::command;

/// What stands around the derived part.
const BEGIN: &str = "<!-- Derived from docs/performance by `cargo xtask bench -- --report`. -->\n";
const END: &str = "<!-- Here the derived part ends. -->\n";

/// Writes the derived part anew.
pub(super) fn write() -> Result<()> {
    let path = document();
    let text = std::fs::read_to_string(&path)?;
    let derived = derived(&results::whole_folder())?;
    std::fs::write(&path, with_derived(&text, &derived)?)
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Fails unless the derived part is what the raw numbers give.
pub(super) fn check() -> Result<()> {
    let text = std::fs::read_to_string(document())?;
    let derived = derived(&results::whole_folder())?;
    let expected = with_derived(&text, &derived)?;
    let differing = (text.lines().zip(expected.lines())).position(|(one, other)| one != other);
    if text != expected {
        bail!(
            "docs/PERFORMANCE.md:{}: not what docs/performance gives; \
             `cargo xtask bench -- --report` writes it anew",
            differing.map_or(text.lines().count(), |line| line + 1)
        );
    }
    Ok(())
}

fn document() -> std::path::PathBuf {
    command::root().join("docs/PERFORMANCE.md")
}

/// The document with another derived part.
fn with_derived(text: &str, derived: &str) -> Result<String> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.context("docs/PERFORMANCE.md has no derived part")?;
    Ok(format!("{before}{BEGIN}{derived}{END}{after}"))
}

/// What a folder of raw numbers gives.
fn derived(folder: &Path) -> Result<String> {
    let mut text = String::new();
    let mut found = Vec::new();
    for stage in &stages::ALL {
        let path = folder.join(format!("{}.json", stage.name));
        if let Some(result) = results::read::<StageResult>(&path)? {
            found.push((stage, result));
        }
    }
    if found.is_empty() {
        text.push_str("\nNot measured yet.\n\n");
    } else {
        compared(&mut text, &found)?;
    }
    grown(&mut text, folder)?;
    Ok(text)
}

/// The table of stages beside their references.
fn compared(text: &mut String, found: &[(&Stage, StageResult)]) -> Result<()> {
    text.push_str(
        "\n| stage | reference | ofa, s | of that work, s | reference, s | of that work, s | times as fast | target | \
         ofa, MB | reference, MB | command |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for (stage, result) in found {
        let seconds = |turns: &[Turn]| median(turns.iter().map(Turn::seconds).collect());
        let work = |turns: &[Turn]| median(turns.iter().map(Turn::seconds_of_work).collect());
        // Elsewhere nothing of ours is left out.
        let our_work = match stage.compared {
            Compared::Work => format!("{:.2}", work(&result.ours)),
            _ => String::new(),
        };
        let megabytes = |turns: &[Turn]| {
            let most = turns.iter().map(Turn::peak_bytes).max().unwrap_or(0);
            most as f64 / 1e6
        };
        writeln!(
            text,
            "| {} | {} | {:.2} | {our_work} | {:.2} | {:.2} | {} | {} | {:.0} | {:.0} | `cargo xtask bench {}` |",
            stage.title,
            stage.reference,
            seconds(&result.ours),
            seconds(&result.theirs),
            work(&result.theirs),
            ratio(stage, result),
            stage.target,
            megabytes(&result.ours),
            megabytes(&result.theirs),
            stage.name,
        )?;
    }
    text.push('\n');
    for (stage, result) in found {
        let machine = &result.machine;
        let loads = (result.ours.iter().chain(&result.theirs)).filter_map(|turn| turn.load_before);
        writeln!(
            text,
            "- {}: {} rows{}, {} rounds, commit {}, {}; {}, {} cores, {} GB, {}; load before a turn at most {:.1}{}.",
            stage.name,
            result.rows,
            if stage.name == "encode" {
                format!(" (of them {} records encoded)", result.records_encoded)
            } else {
                String::new()
            },
            result.ours.len(),
            machine.commit,
            machine.day,
            machine.processor,
            machine.cores,
            machine.memory_gb,
            machine.system,
            loads.fold(0.0, f64::max),
            agreement(result),
        )?;
    }
    text.push('\n');
    Ok(())
}

/// How alike the outputs of both sides are, where that was looked at.
fn agreement(result: &StageResult) -> String {
    let fact = |name: &str| result.facts[name].as_f64();
    if let Some(ratio) = fact("inertia_ratio") {
        return format!("; inertia {ratio:.4} times the reference's");
    }
    let cosines = fact("least_cosine_of_images").zip(fact("least_cosine_of_texts"));
    cosines.map_or_else(String::new, |(images, texts)| {
        let least = images.min(texts);
        format!(
            "; least cosine between the embeddings of both 1 - {:.0e}",
            1.0 - least
        )
    })
}

/// How many times as fast as the reference, over pairs of turns: median, least and greatest.
fn ratio(stage: &Stage, result: &StageResult) -> String {
    let of = |(ours, theirs): (&Turn, &Turn)| match stage.compared {
        Compared::Whole => theirs.seconds() / ours.seconds(),
        Compared::WholeWithWork => theirs.seconds_of_work() / ours.seconds(),
        Compared::Work => theirs.seconds_of_work() / ours.seconds_of_work(),
    };
    let mut ratios: Vec<f64> = result.ours.iter().zip(&result.theirs).map(of).collect();
    ratios.sort_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (ratios.first(), ratios.last()) else {
        return String::new();
    };
    let range = format!("({least:.2} to {greatest:.2})");
    format!("{:.2} {range}", median(ratios))
}

/// The table of the program alone.
fn grown(text: &mut String, folder: &Path) -> Result<()> {
    let mut found = Vec::new();
    for entry in folder.read_dir().into_iter().flatten() {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("growth-") && name.ends_with(".json") {
            found.extend(results::read::<GrowthResult>(&path)?);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    found.sort_by_key(|result| result.rows);
    text.push_str(
        "| rows | stage | s | microseconds a row | MB | commit |\n\
         | ---: | --- | ---: | ---: | ---: | --- |\n",
    );
    for result in &found {
        for stage in &result.stages {
            writeln!(
                text,
                "| {} | {} | {:.2} | {:.2} | {:.0} | {} |",
                result.rows,
                stage.stage,
                stage.run.seconds,
                stage.run.seconds / result.rows as f64 * 1e6,
                stage.run.peak_bytes as f64 / 1e6,
                result.machine.commit,
            )?;
        }
    }
    writeln!(
        text,
        "\n![Seconds and memory at a growing number of rows](performance/{})\n",
        super::growth::PLOT
    )?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[half],
        _ => (values[half - 1] + values[half]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_says_what_the_raw_numbers_give() {
        check().expect("`cargo xtask bench -- --report` was run after the last measurement");
    }

    #[test]
    fn another_derived_part_leaves_the_rest() {
        let text = format!("before\n{BEGIN}old\n{END}after\n");
        let new = with_derived(&text, "new\n").expect("a derived part");
        assert_eq!(new, format!("before\n{BEGIN}new\n{END}after\n"));
        assert!(with_derived("nothing\n", "").is_err());
    }

    #[test]
    fn a_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![4.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
    }
}
