//! The commands, a module each but for `pull`, which is [`crate::pull`].

pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod demo;
pub(crate) mod encode;
pub(crate) mod explain;
pub(crate) mod export_encoder;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod merge;
pub(crate) mod run;
pub(crate) mod score;
pub(crate) mod select;
pub(crate) mod serve;
pub(crate) mod train;

use anyhow::Result;

use crate::arguments::Command;
use crate::report::Report;
use crate::{interrupt, pull};

/// Runs a command. What it has to say is printed when it is done; only one that goes on until it is stopped has to know
/// whether machines read it.
pub(crate) fn run(command: Command, json: bool) -> Result<Report> {
    // Pulling listens for itself; joining and selecting take seconds and have no step at which
    // they would look: there Ctrl-C ends the program, which leaves nothing under a final name.
    if !matches!(
        command,
        Command::Pull(_)
            | Command::Merge(_)
            | Command::Select(_)
            | Command::Compare(_)
            | Command::Explain(_)
    ) {
        interrupt::listen();
    }
    match command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Encode(arguments) => encode::run(&arguments).map(|outcome| outcome.report()),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Train(arguments) => train::run(&arguments).map(|outcome| outcome.report()),
        Command::Score(arguments) => score::run(&arguments).map(|outcome| outcome.report()),
        Command::Select(arguments) => select::run(&arguments).map(|outcome| outcome.report()),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Pull(arguments) => {
            pull::run(arguments).map(|report| Report::new(&report, report.to_string()))
        }
        Command::ExportEncoder(arguments) => export_encoder::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments, json),
    }
}
