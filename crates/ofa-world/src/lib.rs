//! Small procedural worlds: endless LLaVA-format datasets with pictures, made from a seed.
//!
//! Nothing has to be downloaded to try the project, and every test that needs a dataset can have one
//! whose truth is known. Scenes are sampled as scene graphs, rendered, and asked about in
//! conversations from several sources. What makes real data redundant and dirty is in it too
//! (near-duplicates, heavy-tailed concepts, mismatched pairs, wrong answers, broken images), each
//! with a label in [`Truth`], which goes to a side file that selection never reads.
//!
//! There are two [realms](Realm): one whose pictures show shapes, glyphs and bar charts, to learn
//! on, and one of other things, other words and other habits, as a dataset that was never seen
//! before. [`World::captioned`] gives clean pictures with sentences about them, for training an
//! encoder.
//!
//! The crate does no IO: [`World`] yields names and bytes, and the caller stores them.
//!
//! ```
//! use ofa_world::{Realm, World, json_array};
//!
//! let world = World::new(Realm::Shapes, 42, 100)?;
//! let mut annotations = String::from(json_array::OPEN);
//! for record in world {
//!     if record.position > 0 {
//!         annotations.push_str(json_array::SEPARATOR);
//!     }
//!     annotations.push_str(&record.json);
//!     if let Some(file) = record.image.as_ref().and_then(|image| image.bytes.as_deref()) {
//!         assert!(file.len() < 200_000); // here: write it under `image.path`
//!     }
//! }
//! annotations.push_str(json_array::CLOSE);
//! # assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&annotations).unwrap().len(), 100);
//! # Ok::<(), ofa_world::Error>(())
//! ```
//!
//! Everything follows from a counter-based generator through integers and plain IEEE arithmetic in a
//! fixed order (sines are `libm`'s), so the bytes are the same on every platform. A record depends only on the realm, the seed and its position: a world of 100 records is
//! the beginning of a world of 100,000 with the same realm and seed.

mod captioned;
mod conversation;
mod dirt;
mod drawing;
mod error;
mod phrase;
mod realm;
mod record;
mod rng;
mod scene;
mod scene_id;
mod shapes;
mod source;
mod things;
mod truth;
mod vocabulary;
mod world;

pub mod json_array;

pub use captioned::Captioned;
pub use dirt::{ImageDirt, PairDirt};
pub use error::Error;
pub use realm::Realm;
pub use source::Source;
pub use truth::Truth;
pub use world::{World, WorldImage, WorldRecord};
