//! On what was measured.

use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::command;

/// The machine, and the state of the project.
#[derive(Serialize, Deserialize, PartialEq)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory_gb: f64,
    pub(super) system: String,
    /// What is measured; with a `+` where files differ from the commit.
    pub(super) commit: String,
    pub(super) day: String,
}

impl Machine {
    /// What can be found out; elsewhere than on Linux parts stay empty.
    pub(super) fn this() -> Self {
        let kibibytes = field("/proc/meminfo", "MemTotal");
        let kibibytes: f64 = kibibytes.trim_end_matches(" kB").parse().unwrap_or(0.0);
        Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gb: (kibibytes * 1024.0 / 1e8).round() / 10.0,
            system: field("/etc/os-release", "PRETTY_NAME"),
            commit: printed("git", &["describe", "--always", "--dirty=+", "--exclude=*"]),
            day: printed("date", &["-u", "+%Y-%m-%d"]),
        }
    }
}

/// How many programs want a core, averaged over a minute.
pub(super) fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// A value in a file of `name: value` or `name=value` lines, or nothing.
fn field(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once([':', '='])?;
        (key.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    });
    value.unwrap_or_default()
}

/// What a program prints, or nothing.
fn printed(program: &str, words: &[&str]) -> String {
    let output = Command::new(program)
        .args(words)
        .current_dir(command::root())
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
