//! What can go wrong in this crate.

use std::io;
use std::path::PathBuf;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why nothing is served. Each message says what was found and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program has no page in it, and none was given.
    #[error(
        "there is no page in this program: it was built before the page was. `cargo xtask web` builds the page, \
         `cargo build --release` after it a program that holds it; --page DIR serves one from a folder"
    )]
    NoPage,

    /// A folder that is to be served as the page is none.
    #[error("{}: expected a folder with the page's index.html; `cargo xtask web` builds one in web/dist", .0.display())]
    NotAPage(PathBuf),

    /// The folder of the encoder lacks a file.
    #[error(
        "{}: expected an encoder in Hugging Face layout, found no {missing}; `ofa pull` and `ofa export-encoder` \
         make such folders", .folder.display()
    )]
    EncoderLacks {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        missing: &'static str,
    },

    /// A link in a folder leads out of it, and nothing outside of it is served.
    #[error(
        "{}: is a link to a file outside of its folder, and nothing outside of it is served; give a folder that holds the \
         files themselves, such as `ofa pull` makes", .0.display()
    )]
    LeadsOut(PathBuf),

    /// A file or folder cannot be opened.
    #[error("{}: cannot be read: {source}", .path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// The host is none of this machine.
    #[error(
        "--host {host}: this machine has no such address ({source}); 127.0.0.1 is for this machine alone, 0.0.0.0 for \
         every network that it is in"
    )]
    NoSuchHost {
        /// As it was given.
        host: String,
        /// Why.
        source: io::Error,
    },

    /// Another program has the port.
    #[error(
        "{host}:{port}: another program has this port; give another with --port, or --port 0 for one that is free"
    )]
    PortTaken {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },

    /// The port may not be used.
    #[error(
        "{host}:{port}: this port may not be used here ({source}); give one above 1023 with --port"
    )]
    PortDenied {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },

    /// Serving ended.
    #[error("the page can no longer be served: {0}")]
    Ended(io::Error),
}
