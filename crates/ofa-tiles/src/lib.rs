//! Matrix products on the tile registers of processors that have them (AMX).
//!
//! [`Tiles::get`] says whether this processor has tile registers and this process may use them; on all
//! other machines it is `None`, and callers multiply as they do without this crate.
//!
//! Nothing here depends on the number of threads, and no row of a product on the other rows.

mod detection;
pub mod floats;

#[cfg(target_arch = "x86_64")]
mod configuration;
#[cfg(target_arch = "x86_64")]
pub mod integers;

pub use detection::Tiles;
