//! Running the program `ofa`.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::path::Path;
use std::process::{Command, Output};

use ofa_tests::ofa_bin;
use serde_json::Value;

/// Runs the program to its end.
pub(crate) fn ofa(arguments: &[&str]) -> Output {
    Command::new(ofa_bin())
        .args(arguments)
        .output()
        .expect("the program starts")
}

/// Runs the program with `--json`, which must succeed, and gives the object it prints.
pub(crate) fn json(arguments: &[&str]) -> Value {
    let mut line = vec!["--json"];
    line.extend(arguments);
    let output = ofa(&line);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "ofa {}: {errors}",
        arguments.join(" ")
    );
    serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
}

/// Runs the program, which must fail with this exit code and these words in its message.
pub(crate) fn fails(arguments: &[&str], status: i32, words: &[&str]) {
    let output = ofa(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    let line = arguments.join(" ");
    assert_eq!(output.status.code(), Some(status), "ofa {line}: {errors}");
    for word in words {
        assert!(
            errors.contains(word),
            "ofa {line}: `{word}` is not in: {errors}"
        );
    }
    assert!(!errors.contains("panicked"), "ofa {line}: {errors}");
}

/// A path as an argument.
pub(crate) fn path(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}
