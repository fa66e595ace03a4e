//! `ofa-eval`: a quick evaluation from end to end, its report, and going on.

mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ofa_tests::{demo_encoder, ofa_bin, ofa_eval_bin};
use program::path;

/// The selector that ships with the project.
fn demo_selector() -> std::path::PathBuf {
    demo_encoder().join("../demo-selector/selector.safetensors")
}

fn ofa_eval(words: &[&str]) -> Output {
    Command::new(ofa_eval_bin())
        .args(words)
        .output()
        .expect("the program starts")
}

/// Runs the program, which must succeed, and gives what it said.
fn said(words: &[&str]) -> String {
    let output = ofa_eval(words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "ofa-eval {}: {said}",
        words.join(" ")
    );
    said
}

/// A quick evaluation with a few more words.
fn run_quick(folder: &Path, more: &[&str]) -> String {
    let (folder, ofa) = (path(folder), path(&ofa_bin()));
    let (encoder, selector) = (path(&demo_encoder()), path(&demo_selector()));
    let mut words: Vec<&str> = vec![
        "run",
        "--quick",
        "--ofa",
        &ofa,
        "--encoder",
        &encoder,
        "--selector",
        &selector,
        "-o",
        &folder,
    ];
    words.extend(more);
    said(&words)
}

#[test]
fn an_evaluation_goes_on_and_its_report_follows_from_its_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = folder.path().join("runs-of-eval");
    // The full pool with and without pictures, and two methods at two budgets, on two worlds.
    let first = run_quick(&runs, &["--realm", "shapes"]);
    assert!(first.contains("6 runs trained, 0 were there"), "{first}");
    let second = run_quick(&runs, &[]);
    assert!(second.contains("6 runs trained, 6 were there"), "{second}");
    let third = run_quick(&runs, &[]);
    assert!(third.contains("0 runs trained, 12 were there"), "{third}");
    // A run that is missing is made again, alone.
    let missing = runs.join("runs/shapes.bundled.random.0_3.one-pass.1.json");
    let before = fs::read_to_string(&missing).expect("a run");
    fs::remove_file(&missing).expect("removed");
    let again = run_quick(&runs, &[]);
    assert!(again.contains("1 runs trained, 11 were there"), "{again}");
    let without_time = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        value["run"]["seconds"] = serde_json::Value::Null;
        value
    };
    let after = fs::read_to_string(&missing).expect("the run again");
    assert_eq!(without_time(&after), without_time(&before));

    let documents = folder.path().join("docs");
    let (from, to) = (path(&runs), path(&documents));
    said(&["report", &from, "-o", &to]);
    said(&["check", &to]);
    let report = documents.join("EVALUATION.md");
    let text = fs::read_to_string(&report).expect("a report");
    for words in [
        "## Shapes",
        "## Things",
        "confidence",
        "relative-shapes-one-pass.svg",
    ] {
        assert!(text.contains(words), "`{words}` is not in: {text}");
    }
    // Runs are taken over from raw numbers, into a folder that has none.
    let raw = path(&documents.join("evaluation/runs.json"));
    let elsewhere = folder.path().join("elsewhere");
    let line = ["--realm", "shapes", "--earlier", &raw];
    let taken = run_quick(&elsewhere, &line);
    assert!(taken.contains("0 runs trained, 6 were there"), "{taken}");
    let others = run_quick(
        &folder.path().join("others"),
        &[&line[..], &["--records", "300"]].concat(),
    );
    assert!(others.contains("6 runs trained, 0 were there"), "{others}");

    fs::write(&report, text.replacen("| random | ", "| random | 9", 1)).expect("written");
    let output = ofa_eval(&["check", &to]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("EVALUATION.md:"), "{errors}");
}

#[test]
fn what_cannot_be_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = path(folder.path());
    let cases: [(&[&str], &str); 4] = [
        (&["report", &empty], "run the evaluation first"),
        (&["check", &empty], "runs.json"),
        (&["run", "-o", &empty, "--budgets", "1.5"], "at most 1"),
        (&["run", "-o", &empty, "--methods", "best"], "kdpp-map"),
    ];
    for (words, expected) in cases {
        let output = ofa_eval(words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{words:?}");
        assert!(errors.contains(expected), "{words:?}: {errors}");
    }
}
