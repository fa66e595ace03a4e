//! The second realm: things in front of landscapes, words on signs, line and pie charts.

mod arrangement;
mod backdrop;
mod captions;
mod figures;
mod graph;
mod item;
mod names;
mod questions;
mod scene;
mod sign;

pub(crate) use questions::text_exchange;
pub(crate) use scene::Scene;
