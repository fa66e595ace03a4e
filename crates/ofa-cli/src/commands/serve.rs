//! `ofa serve`: the page, from the program itself.

use std::path::PathBuf;

use anyhow::Result;
use ofa_serve::{Server, Settings};
use serde::Serialize;

use crate::report::{Report, lossy};
use crate::{input, interrupt};

/// Arguments of `ofa serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArguments {
    /// A CLIP in Hugging Face layout for the page to offer, as `ofa pull` or `ofa export-encoder` makes one
    #[arg(long, value_name = "ENC")]
    encoder: Option<PathBuf>,

    /// A selector for the page to offer, as `ofa train` makes one
    #[arg(long, value_name = "S")]
    selector: Option<PathBuf>,

    /// Address to listen on: this machine alone, or 0.0.0.0 for every network that it is in
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,

    /// Port to listen on; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,

    /// Open the page in the browser
    #[arg(long)]
    open: bool,

    /// A folder with a page to serve in place of the one in this program, such as web/dist
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
}

/// What is served, and where.
#[derive(Serialize)]
struct Serving<'a> {
    url: &'a str,
    host: String,
    port: u16,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "lossy_if_any"
    )]
    encoder: Option<&'a PathBuf>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "lossy_if_any"
    )]
    selector: Option<&'a PathBuf>,
}

fn lossy_if_any<S: serde::Serializer>(
    path: &Option<&PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => lossy(path, serializer),
        None => serializer.serialize_none(),
    }
}

/// Serves until Ctrl-C. What it has to say it says when it begins, in `json` for machines.
pub(crate) fn run(arguments: &ServeArguments, json: bool) -> Result<Report> {
    if let Some(selector) = &arguments.selector {
        // A visitor would learn later, and less, of what is wrong with it.
        input::read_selector(selector)?;
    }
    let server = Server::bind(&Settings {
        host: arguments.host.clone(),
        port: arguments.port,
        page: arguments.page.clone(),
        encoder: arguments.encoder.clone(),
        selector: arguments.selector.clone(),
    })?;
    let url = server.url();
    if json {
        let serving = Serving {
            url: &url,
            host: server.address().ip().to_string(),
            port: server.address().port(),
            encoder: arguments.encoder.as_ref(),
            selector: arguments.selector.as_ref(),
        };
        println!("{}", serde_json::to_string(&serving)?);
    }
    eprintln!("The page is at {url}  (Ctrl-C ends it)");
    if !server.is_loopback() {
        eprintln!(
            "warning: {} is not this machine alone: whoever reaches it can open the page and fetch what is offered with \
             it. What is dropped on the page stays in the browser that it is dropped in. Over plain http \
             browsers let the page do its work on localhost alone: for other machines put a server with https before \
             it.",
            server.address().ip()
        );
    }
    if arguments.open
        && let Err(error) = open::that_detached(&url)
    {
        eprintln!("note: no browser could be started ({error}); open {url} in one");
    }
    server.run(interrupt::requested)?;
    Ok(Report::said())
}
