//! What is known about a record. It goes to a side file, one JSON object a line, for measuring what a
//! selection holds; nothing that selects ever reads it.

use crate::dirt::{ImageDirt, PairDirt};
use crate::realm::Realm;
use crate::source::Source;

/// The true labels of one record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Truth {
    /// The record's position in the dataset, from 0.
    pub position: u64,
    /// The realm of the world that the record is from.
    pub realm: Realm,
    /// The source that the record is from.
    pub source: Source,
    /// The scene that the image shows. Records with the same scene are near-duplicates; with the
    /// same scene and variant they show the same file. `None` for a record without an image.
    pub scene: Option<String>,
    /// Which variant of the scene it is.
    pub variant: Option<u32>,
    /// The distinct things in the image, as "red circle", in the order in which they were drawn; before
    /// them "text" or the kind of chart, where there is one.
    pub concepts: Vec<String>,
    /// How many objects the image has. Bars, slices and letters are none.
    pub objects: u32,
    /// What is wrong with the image file.
    pub image_dirt: Option<ImageDirt>,
    /// What is wrong between image and text.
    pub pair_dirt: Option<PairDirt>,
}

impl Truth {
    /// One line of the side file, without the line end.
    pub fn to_json_line(&self) -> String {
        serde_json::to_string(self).expect("a struct of strings and numbers is always valid JSON")
    }
}
