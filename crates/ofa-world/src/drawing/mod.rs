//! From shapes and colours to the bytes of an image file, drawn in whole numbers, so that every
//! platform makes the same bytes.

mod canvas;
mod coding;
mod font;
mod layout;
mod lettering;
mod outline;
mod region;
mod variation;

pub(crate) use canvas::{Canvas, Rgb, turned};
pub(crate) use coding::{Coding, code, gif};
pub(crate) use layout::{Cell, Extent, PIXEL};
pub(crate) use lettering::Lettering;
pub(crate) use outline::{UNIT, in_disc, in_ellipse, in_polygon};
pub(crate) use region::Region;
pub(crate) use variation::{Motion, Variation};
