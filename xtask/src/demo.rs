//! `cargo xtask demo`: the main job from end to end, with nothing to download, and then the page.

use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{command, web};

/// What the page is told to open with: the dataset that is built into it.
const DEMO_DATA: &str = "#data=demo";

/// Options of the demo.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// End after the run. Where nobody sits at a terminal, it ends there anyway
    #[arg(long)]
    no_serve: bool,

    /// Passed on to `ofa demo`, such as `--records 500`; without `-o` it writes to
    /// `target/ofa-demo`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let serves = !arguments.no_serve && std::io::stdin().is_terminal();
    if serves {
        // Before the program, which takes the page in.
        eprintln!("Building the page. The first build takes some minutes.");
        web::run()?;
    }
    eprintln!("Building ofa. The first build takes some minutes.");
    let mut line = vec!["demo"];
    line.extend(arguments.rest.iter().map(String::as_str));
    // Not into the working tree of whoever tries it.
    let folder = command::root().join("target/ofa-demo");
    let folder = folder.to_string_lossy();
    let has_output = |word: &String| word.starts_with("-o") || word.starts_with("--output");
    if !arguments.rest.iter().any(has_output) {
        line.extend(["--output", &folder]);
    }
    command::run_prepared(ofa(&line))?;
    if serves {
        serve()?;
    }
    Ok(())
}

/// The program, built for use.
fn ofa(line: &[&str]) -> Command {
    let mut ofa = Command::new(command::cargo());
    ofa.args([
        "run",
        "--release",
        "--package",
        "ofa-cli",
        "--bin",
        "ofa",
        "--",
    ])
    .args(line);
    ofa
}

/// Serves the page until Ctrl-C.
fn serve() -> Result<()> {
    // Any port: nobody has to know it beforehand.
    let mut serving = ofa(&["serve", "--port", "0", "--json"])
        .current_dir(command::root())
        .stdout(Stdio::piped())
        .spawn()
        .context("`cargo` could not be started")?;
    let stdout = serving.stdout.take().context("it was piped")?;
    let said = BufReader::new(stdout).lines().next().transpose()?;
    let address = said.as_deref().and_then(address);
    if let Some(address) = address {
        let page = format!("{address}{DEMO_DATA}");
        eprintln!(
            "\nThe page on the demo's data: {page}\n\
             Or drop a folder with a dataset on {address}; nothing leaves this machine."
        );
        if let Err(error) = open::that_detached(&page) {
            eprintln!("note: no browser could be started ({error}); open the address in one");
        }
    }
    let status = serving.wait()?;
    if !status.success() {
        bail!("`ofa serve` failed ({status})");
    }
    Ok(())
}

/// The address in the object that `ofa serve --json` prints.
fn address(object: &str) -> Option<&str> {
    let (_, after) = object.split_once("\"url\":\"")?;
    after.split_once('"').map(|(address, _)| address)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_address_is_found_in_what_the_server_prints() {
        let printed = r#"{"url":"http://127.0.0.1:4711/","host":"127.0.0.1","port":4711}"#;
        assert_eq!(super::address(printed), Some("http://127.0.0.1:4711/"));
        assert_eq!(super::address("error"), None);
    }
}
