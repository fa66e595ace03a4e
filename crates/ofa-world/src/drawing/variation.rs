//! What tells two drawings of one scene from each other.

use super::coding::Coding;
use super::layout::PIXEL;
use crate::dirt::ImageDirt;
use crate::rng::{Rng, Subject, WorldKey};
use crate::scene_id::ImageId;

/// How a scene is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Motion {
    /// In sixteenths of a pixel.
    pub(crate) shift: (i32, i32),
    /// In percent of an object's own radius.
    pub(crate) scale: i32,
}

/// How one variant of a scene is moved, lit and coded.
pub(crate) struct Variation {
    pub(crate) motion: Motion,
    pub(crate) light: i32,
    pub(crate) grain: i32,
    pub(crate) grain_seed: u64,
    pub(crate) jpeg_quality: u8,
}

impl Variation {
    /// What is wrong with the file of a picture, and how it is drawn. Both come from one stream, the
    /// dirt first.
    pub(crate) fn of(key: WorldKey, id: ImageId) -> (Option<ImageDirt>, Self) {
        let mut rng = Rng::new(key, Subject::Variant, id.stream());
        // A famous picture is in so many records that it is kept clean.
        let dirt = ImageDirt::sample(&mut rng).filter(|_| id.scene.stretch.is_some());
        let coding = id.scene.source.coding();
        (dirt, Self::sample(&mut rng, coding, id.variant != 0))
    }

    pub(crate) fn sample(rng: &mut Rng, coding: Coding, moves: bool) -> Self {
        let grain = match coding {
            Coding::Jpeg => rng.between(0, 10),
            // Grain makes a PNG five times as large.
            Coding::Png => 0,
        };
        let (motion, light) = if moves {
            let mut pixels = || rng.between(-3 * PIXEL, 3 * PIXEL);
            let shift = (pixels(), pixels());
            let scale = rng.between(95, 103);
            (Motion { shift, scale }, rng.between(-10, 10))
        } else {
            let shift = (0, 0);
            (Motion { shift, scale: 100 }, 0)
        };
        let jpeg_quality = rng.between(55, 95) as u8;
        Self {
            motion,
            light,
            grain,
            grain_seed: rng.word(),
            jpeg_quality,
        }
    }
}
