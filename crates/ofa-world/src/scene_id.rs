//! The name of a scene: what records share when they show the same picture.

use crate::rng::Rng;
use crate::source::Source;

/// Records in a row whose scenes come from one set of slots. Sharing within a stretch keeps the
/// iterator's memory bounded; the famous scenes are shared by the whole dataset.
pub(crate) const STRETCH: u64 = 512;

/// Scenes that the whole dataset returns to, for each source.
const FAMOUS: u32 = 24;
/// Slots of a stretch that many records use, and those that few do.
const POPULAR: u32 = 8;
const ORDINARY: u32 = 400;

/// Variants of a scene: near-duplicates, the same scene graph moved and coded a little differently.
pub(crate) const VARIANTS: u32 = 6;

/// A scene of one source. Every variant of it has the same scene graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SceneId {
    pub(crate) source: Source,
    /// `None`: a famous scene, shared by the whole dataset.
    pub(crate) stretch: Option<u64>,
    pub(crate) slot: u32,
}

/// One picture: a scene in one of its variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ImageId {
    pub(crate) scene: SceneId,
    pub(crate) variant: u32,
}

impl ImageId {
    /// Draws the picture that the record at this position shows.
    pub(crate) fn sample(rng: &mut Rng, source: Source, position: u64) -> Self {
        let stretch = Some(position / STRETCH);
        let (stretch, slot) = match rng.below(100) {
            0..14 => (None, rng.zipf(FAMOUS)),
            14..34 => (stretch, rng.below(POPULAR)),
            _ => (stretch, POPULAR + rng.below(ORDINARY)),
        };
        // Half of the time the plain one, so that exact repeats are as common as near ones.
        let variant = if rng.one_in(2) {
            0
        } else {
            rng.below(VARIANTS)
        };
        Self {
            scene: SceneId {
                source,
                stretch,
                slot,
            },
            variant,
        }
    }

    /// The path below the images root. Files of different sources share their bare names, as those of
    /// real sources do.
    pub(crate) fn path(self) -> String {
        let SceneId {
            source,
            stretch,
            slot,
        } = self.scene;
        let set = stretch.map_or("famous".to_owned(), |stretch| format!("{stretch:06}"));
        let extension = source.coding().extension();
        format!(
            "{}/{set}_{slot:03}_{}.{extension}",
            source.folder(),
            self.variant
        )
    }

    /// The number of this picture's random stream.
    pub(crate) fn stream(self) -> u64 {
        self.scene.stream() | u64::from(self.variant)
    }
}

impl SceneId {
    /// The name in the truth file.
    pub(crate) fn name(self) -> String {
        let set = self
            .stretch
            .map_or("famous".to_owned(), |stretch| format!("{stretch:06}"));
        format!("{}/{set}_{:03}", self.source.name(), self.slot)
    }

    /// The number of this scene's random stream: 4 bits for the source within its realm (the realm is
    /// in the key), stretch, slot, and 4 bits for the variant.
    pub(crate) fn stream(self) -> u64 {
        let stretch = self.stretch.map_or(0, |stretch| stretch + 1);
        self.source.number() << 60 | stretch << 16 | u64::from(self.slot) << 4
    }
}
