//! Pictures with sentences that describe them, for training an encoder.

use crate::conversation::conversation;
use crate::drawing::{Variation, code};
use crate::rng::{Rng, Subject, WorldKey};
use crate::scene;
use crate::source::Source;

/// A clean picture with true sentences about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Captioned {
    /// The source whose scenes, questions and coding the picture has. Never one without images.
    pub source: Source,
    /// The bytes of the image file.
    pub image: Vec<u8>,
    /// Three to six different sentences, the first of them the fullest.
    pub captions: Vec<String>,
    /// Questions of the source with their true answers.
    pub exchanges: Vec<(String, String)>,
}

/// The fewest and most captions of a picture.
const CAPTIONS: (i32, i32) = (3, 6);

pub(crate) fn captioned(key: WorldKey, position: u64) -> Captioned {
    let mut rng = Rng::new(key, Subject::Captioned, position);
    let source = Source::sample_with_images(key.realm, &mut rng);
    let mut scene = scene::sample(source, &mut rng);
    let variation = Variation::sample(&mut rng, source.coding(), true);
    scene.shift(variation.motion);
    let mut canvas = scene.paint();
    let image = code(&mut canvas, source.coding(), &variation);

    let wanted = rng.between(CAPTIONS.0, CAPTIONS.1) as usize;
    let mut sentences = scene.captions(&mut rng);
    // The fullest stays first; which of the others come is drawn.
    rng.shuffle(&mut sentences[1..]);
    let mut captions: Vec<String> = Vec::with_capacity(wanted);
    for sentence in sentences {
        if captions.len() < wanted && !captions.contains(&sentence) {
            captions.push(sentence);
        }
    }
    let exchanges = conversation(source, Some(&*scene), &mut rng)
        .into_iter()
        .map(|exchange| (exchange.question, exchange.answer))
        .collect();
    Captioned {
        source,
        image,
        captions,
        exchanges,
    }
}
