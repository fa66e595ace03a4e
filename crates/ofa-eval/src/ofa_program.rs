//! The program `ofa`, run as a user runs it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, Result};

/// Where the program is.
#[derive(Debug, Clone)]
pub struct OfaProgram(PathBuf);

impl OfaProgram {
    /// The program at a path, or the one of that name that the system finds.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Runs it to its end with these words.
    ///
    /// # Errors
    /// [`Error::Program`] with the last lines of what it said, where it cannot be started or fails.
    pub fn run(&self, words: &[&dyn AsWord]) -> Result<()> {
        let words: Vec<OsString> = words.iter().map(|word| word.word()).collect();
        let mut line = "ofa".to_owned();
        for word in &words {
            line.push(' ');
            line.push_str(&word.to_string_lossy());
        }
        let failed = |problem: String| Error::Program {
            line: line.clone(),
            problem,
        };
        let output = Command::new(&self.0)
            .args(&words)
            .output()
            .map_err(|error| failed(format!("{}: {error}; give --ofa", self.0.display())))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(5)..].join("\n");
        Err(failed(format!("{}\n{last}", output.status)))
    }
}

/// What can stand on a command line.
pub trait AsWord {
    /// The word.
    fn word(&self) -> OsString;
}

impl AsWord for str {
    fn word(&self) -> OsString {
        self.into()
    }
}

impl AsWord for &str {
    fn word(&self) -> OsString {
        self.into()
    }
}

impl AsWord for String {
    fn word(&self) -> OsString {
        self.into()
    }
}

impl AsWord for PathBuf {
    fn word(&self) -> OsString {
        self.into()
    }
}

impl AsWord for &Path {
    fn word(&self) -> OsString {
        self.as_os_str().to_owned()
    }
}

impl AsWord for u64 {
    fn word(&self) -> OsString {
        self.to_string().into()
    }
}
