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
use mimalloc::MiMalloc;

/// Clustering, training and encoding ask for the same large arrays over and over. The system's allocator
/// gives each back to the kernel, which fills the next one with zeros, a page at a time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
