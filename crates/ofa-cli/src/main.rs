//! `ofa`: choose which multimodal instruction data is worth training on.
//!
//! Arguments are parsed once, in [`arguments`]; every command is a module of [`commands`] that
//! gives back a [`report::Report`]. Progress and messages go to stderr, and so does the report
//! unless `--json` asks for it on stdout.

mod arguments;
mod backend;
mod commands;
mod duration;
mod encoder;
mod exported;
mod failure;
mod file_sink;
mod input;
mod interrupt;
mod open_files;
mod output;
mod progress;
mod pull;
mod report;
mod shell;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    open_files::allow_many();
    match commands::run(arguments.command, arguments.json) {
        Ok(report) => {
            if arguments.json {
                if let Some(json) = report.json {
                    println!("{json}");
                }
            } else {
                eprint!("{}", report.text);
            }
            match report.failure {
                Some(why) => {
                    eprintln!("error: {why}");
                    ExitCode::FAILURE
                }
                None => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            eprintln!("error: {}", failure::message(&error));
            failure::exit_code(&error)
        }
    }
}
