//! The page, served from the program itself: nothing lies beside it on the disk, and nothing is asked of the
//! network.
//!
//! [`Server::bind`] opens what is to be served and takes the port, [`Server::run`] answers until it is told to stop.
//! There is nothing to be changed here: only `GET` and `HEAD` are answered.

mod error;
mod files;
mod page;
mod policy;
mod representation;
mod server;
mod site;

pub use error::{Error, Result};
pub use server::{Server, Settings};
