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
mod encoder_settings;
mod failure;
mod input;
mod interrupt;
mod output;
mod progress;
mod pull;
mod report;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    match commands::run(arguments.command) {
        Ok(report) => {
            if arguments.json {
                println!("{}", report.json);
            } else {
                eprint!("{}", report.text);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {}", failure::message(&error));
            failure::exit_code(&error)
        }
    }
}
