//! Seconds and memory of a program that is run once.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command;

/// A kernel of OpenBLAS that somebody chose for old builds of it would slow the reference.
const CHOSEN_KERNELS: [&str; 2] = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

/// What a run came to.
#[derive(Serialize, Deserialize)]
pub(super) struct Run {
    /// From the start of the process to its end.
    pub(super) seconds: f64,
    /// Processor time of all its threads and processes.
    pub(super) cpu_seconds: f64,
    /// Most memory that it, or one of its processes where there are several, held at once. Mapped
    /// files count.
    pub(super) peak_bytes: u64,
    /// The JSON object on the last line that it printed.
    pub(super) printed: Value,
}

/// Runs a program in the project's root, what it says going to a file.
///
/// # Errors
/// Where it cannot be started, fails, or prints no JSON object.
pub(super) fn run(words: &[String], log: &Path) -> Result<Run> {
    let line = words.join(" ");
    eprintln!("$ {line}");
    let said = File::create(log).with_context(|| format!("{} cannot be made", log.display()))?;
    let printed = log.with_extension("stdout");
    let mut program = Command::new(&words[0]);
    program
        .args(&words[1..])
        .current_dir(command::root())
        .stdin(Stdio::null())
        .stdout(File::create(&printed)?)
        .stderr(said);
    for name in CHOSEN_KERNELS {
        program.env_remove(name);
    }
    let start = Instant::now();
    let child = program
        .spawn()
        .with_context(|| format!("`{}` could not be started", words[0]))?;
    let (status, cpu_seconds, peak_bytes) = wait(child)?;
    let seconds = start.elapsed().as_secs_f64();
    if status != 0 {
        bail!("`{line}` failed; {} has what it said", log.display());
    }
    let printed = std::fs::read_to_string(printed)?;
    let object = printed.lines().last().and_then(|last| {
        let value: Value = serde_json::from_str(last).ok()?;
        value.is_object().then_some(value)
    });
    let printed = object.with_context(|| format!("`{line}` printed no JSON object at its end"))?;
    eprintln!("  {seconds:.2} s, {} MB", peak_bytes / 1_000_000);
    Ok(Run {
        seconds,
        cpu_seconds,
        peak_bytes,
        printed,
    })
}

/// Waits for a program: its status, processor time and peak of memory.
#[cfg(unix)]
fn wait(child: std::process::Child) -> Result<(i32, f64, u64)> {
    let process = libc::pid_t::try_from(child.id())?;
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to what the call writes; a zeroed `rusage` is a valid one. The child is
    // waited for nowhere else.
    let (waited, usage) = unsafe {
        let waited = libc::wait4(process, &raw mut status, 0, usage.as_mut_ptr());
        (waited, usage.assume_init())
    };
    if waited != process {
        return Err(std::io::Error::last_os_error()).context("a program could not be waited for");
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    // Linux counts kibibytes, macOS bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Ok((
        status,
        seconds(usage.ru_utime) + seconds(usage.ru_stime),
        u64::try_from(usage.ru_maxrss)? * unit,
    ))
}

#[cfg(not(unix))]
fn wait(_: std::process::Child) -> Result<(i32, f64, u64)> {
    bail!("memory is measured on Linux and macOS only")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Run> {
        let name = format!("ofa-bench-{}-{}.log", std::process::id(), script.len());
        let log = std::env::temp_dir().join(name);
        let words = ["sh", "-c", script].map(str::to_owned);
        let measured = run(&words, &log);
        let _ = std::fs::remove_file(&log);
        let _ = std::fs::remove_file(log.with_extension("stdout"));
        measured
    }

    #[test]
    fn the_last_line_is_what_a_program_tells() {
        let run = shell(r#"echo words; echo '{"records": 3}'"#).expect("a program that works");
        assert_eq!(run.printed["records"], 3);
        assert!(run.peak_bytes > 100_000, "{}", run.peak_bytes);
    }

    #[test]
    fn a_program_that_fails_or_tells_nothing_is_an_error() {
        assert!(shell("echo '{}'; exit 3").is_err());
        assert!(shell("echo done").is_err());
    }
}
