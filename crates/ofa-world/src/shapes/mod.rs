//! The first realm: geometric shapes, strings of glyphs, bar charts.

mod background;
mod captions;
mod chart;
mod concept;
mod object;
mod outline;
mod placement;
mod questions;
mod scene;
mod sign;
mod texture;

pub(crate) use questions::text_exchange;
pub(crate) use scene::Scene;
