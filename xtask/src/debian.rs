//! Packages of Debian that the tests need, installed where they are missing.

use std::process::Command;

use anyhow::Result;

use crate::command;

/// Installs packages, as root or with sudo where that asks for no password.
///
/// # Errors
/// Where neither works.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    eprintln!("Installing {}.", packages.join(", "));
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let (program, first): (_, &[&str]) = match is_root {
        true => ("apt-get", &[]),
        false => ("sudo", &["--non-interactive", "apt-get"]),
    };
    command::run(program, &[first, &["update"]].concat())?;
    let options = &["install", "--yes", "--no-install-recommends"];
    command::run(program, &[first, options, packages].concat())
}
