//! The models of ofa on each of the backends, behind types that name none.
//!
//! A model on a burn backend is a type of its own for each backend, and the compiler works on each for a minute
//! and more. Here they are compiled once, for everybody: a [`Backend`] is [chosen](choose) when the program runs,
//! an [`Encoder`] and a [`Learner`](ofa_train::Learner) are the same types on all of them.
//!
//! Everything here waits until the device is done: programs are synchronous, and a browser, where one cannot
//! wait, has one backend in each module and needs none of this.

// burn-candle is deprecated upstream in favour of burn-flex. It stays as a second, independent
// CPU backend, against which the others are compared, as long as burn 0.21 is what we build on.
#![allow(deprecated)]

#[cfg(feature = "wgpu")]
mod adapters;
mod backend;
mod choice;
mod encoder;
mod error;

pub use backend::Backend;
pub use choice::{Choice, Chosen, choose};
pub use encoder::Encoder;
pub use error::{Error, Result};
