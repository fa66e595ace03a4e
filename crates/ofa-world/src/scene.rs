//! What a realm has to offer for one picture, before a pixel is drawn.

use crate::conversation::Exchange;
use crate::drawing::{Canvas, Motion};
use crate::realm::Realm;
use crate::rng::{Rng, Subject, WorldKey};
use crate::scene_id::SceneId;
use crate::source::Source;
use crate::{shapes, things};

/// The scene graph of a picture, of either realm.
pub(crate) trait Scene {
    /// What is to be seen, as the truth file lists it.
    fn concepts(&self) -> Vec<String>;

    /// What tells this scene from others of its source. Two scenes that have none of it in common
    /// are about different things.
    fn contents(&self) -> Vec<String>;

    /// How many objects there are.
    fn object_count(&self) -> u32;

    /// Moves everything a little, so that boxes and pixels stay true to each other.
    fn shift(&mut self, motion: Motion);

    /// Draws the scene.
    fn paint(&self) -> Canvas;

    /// One question of a source about the scene. `turn` counts from 0.
    fn exchange(&self, source: Source, turn: usize, rng: &mut Rng) -> Exchange;

    /// Everything that can be said about the scene in one go, the fullest first; at least three,
    /// some of them maybe twice.
    fn captions(&self, rng: &mut Rng) -> Vec<String>;
}

/// A scene as a source has them.
pub(crate) fn sample(source: Source, rng: &mut Rng) -> Box<dyn Scene> {
    match source.realm() {
        Realm::Shapes => Box::new(shapes::Scene::sample(source, rng)),
        Realm::Things => Box::new(things::Scene::sample(source, rng)),
    }
}

/// The scene of this name, the same every time.
pub(crate) fn named(key: WorldKey, id: SceneId) -> Box<dyn Scene> {
    sample(id.source, &mut Rng::new(key, Subject::Scene, id.stream()))
}
