//! Pictures and what is said of them, from the demo worlds.

use std::collections::HashMap;

use ofa_clip::{ClipTokenizer, Preprocessor};
use ofa_core::rng::{Purpose, Rng};
use ofa_world::{Captioned, Realm, World};
use rayon::prelude::*;

use crate::step::Pairs;
use crate::{Error, Result};

/// A picture at the encoder's size and its texts, not yet in tokens.
pub struct Picture {
    /// `size * size * 3` bytes, rows from the top, channels last.
    pub pixels: Vec<u8>,
    /// True sentences about it, the fullest first.
    pub captions: Vec<String>,
    /// Questions with their true answers.
    pub exchanges: Vec<(String, String)>,
}

/// So many pictures of a world, in the order of their positions.
///
/// They pass through a file's bytes, decoder and preprocessor as a dataset's do, so that the encoder
/// is trained on what it will see.
///
/// # Errors
/// [`Error::Picture`] where a picture of the world cannot be read back.
pub fn pictures(
    realm: Realm,
    seed: u64,
    count: u64,
    preprocessor: &Preprocessor,
) -> Result<Vec<Picture>> {
    // Captioned pictures have scenes of their own, however many records the world has.
    let world = World::new(realm, seed, 1).expect("a world of one record can be asked for");
    (0..count)
        .into_par_iter()
        .map(|position| {
            let failed = |problem: String| Error::Picture {
                realm: realm.name(),
                position,
                problem,
            };
            let Captioned {
                image,
                captions,
                exchanges,
                ..
            } = world.captioned(position);
            let decoded = ofa_data::decode(&image).map_err(|error| failed(error.to_string()))?;
            let (width, height) = (decoded.width as usize, decoded.height as usize);
            Ok(Picture {
                pixels: preprocessor.pixels(width, height, &decoded.pixels)?,
                captions,
                exchanges,
            })
        })
        .collect()
}

/// Which texts say something of a picture, by their numbers.
#[derive(Debug, Clone, Default)]
struct TextsOfPicture {
    captions: Vec<u32>,
    answered: Vec<u32>,
    asked: Vec<u32>,
}

/// Pictures and texts to draw pairs from.
pub struct PairSet {
    pixels: Vec<u8>,
    picture_length: usize,
    of_pictures: Vec<TextsOfPicture>,
    /// Distinct texts as token ids.
    texts: Vec<Vec<u32>>,
}

impl PairSet {
    /// Puts texts into tokens, each distinct one once.
    ///
    /// # Errors
    /// Those of the tokenizer.
    pub fn new(pictures: &[Picture], tokenizer: &ClipTokenizer) -> Result<Self> {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut texts = Vec::new();
        let mut number = |text: String| -> Result<u32> {
            if let Some(&number) = numbers.get(&text) {
                return Ok(number);
            }
            let number = texts.len() as u32;
            texts.push(tokenizer.encode(&text)?);
            numbers.insert(text, number);
            Ok(number)
        };
        let mut of_pictures = Vec::with_capacity(pictures.len());
        let mut pixels = Vec::new();
        for picture in pictures {
            let mut of_picture = TextsOfPicture::default();
            for caption in &picture.captions {
                of_picture.captions.push(number(caption.clone())?);
            }
            for (question, answer) in &picture.exchanges {
                of_picture
                    .answered
                    .push(number(format!("{question} {answer}"))?);
                of_picture.asked.push(number(question.clone())?);
            }
            of_pictures.push(of_picture);
            pixels.extend_from_slice(&picture.pixels);
        }
        let picture_length = pixels.len() / pictures.len().max(1);
        Ok(Self {
            pixels,
            picture_length,
            of_pictures,
            texts,
        })
    }

    /// A number that other pictures, texts or tokens would hardly have.
    pub fn digest(&self) -> u64 {
        // FNV-1a, by words: nobody makes pictures to deceive it.
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        let mut take = |word: u64| digest = (digest ^ word).wrapping_mul(0x0100_0000_01b3);
        for eight in self.pixels.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            take(u64::from_le_bytes(word));
        }
        for text in &self.texts {
            take(text.len() as u64);
            text.iter().for_each(|&id| take(u64::from(id)));
        }
        for of_picture in &self.of_pictures {
            for kind in [
                &of_picture.captions,
                &of_picture.answered,
                &of_picture.asked,
            ] {
                take(kind.len() as u64);
                kind.iter().for_each(|&number| take(u64::from(number)));
            }
        }
        digest
    }

    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.of_pictures.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.of_pictures.is_empty()
    }

    /// The order in which a pass goes through the pictures.
    pub fn order(&self, seed: u64, pass: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        Rng::new(seed, Purpose::EncoderPairs, pass, 0).shuffle(&mut order);
        order
    }

    /// Pairs each of these pictures with one of its texts.
    ///
    /// Captions are as frequent as what is asked, so that an embedding knows both what is in a picture
    /// and what people ask about such a picture. Questions stand alone more rarely than with their
    /// answers, since most fit many pictures.
    pub fn pairs(&self, pictures: &[usize], seed: u64, pass: u64, step: u64) -> Pairs<'_> {
        let mut rng = Rng::new(seed, Purpose::EncoderPairs, pass, step + 1);
        let mut pairs = Pairs {
            pictures: Vec::with_capacity(pictures.len()),
            texts: Vec::with_capacity(pictures.len()),
            text_numbers: Vec::with_capacity(pictures.len()),
        };
        for &picture in pictures {
            let of_picture = &self.of_pictures[picture];
            let kind = match rng.index(10) {
                0..5 => &of_picture.captions,
                5..8 => &of_picture.answered,
                _ => &of_picture.asked,
            };
            let kind = if kind.is_empty() {
                &of_picture.captions
            } else {
                kind
            };
            let number = kind[rng.index(kind.len())];
            let start = picture * self.picture_length;
            pairs
                .pictures
                .push(&self.pixels[start..start + self.picture_length]);
            pairs.texts.push(&self.texts[number as usize]);
            pairs.text_numbers.push(u64::from(number));
        }
        pairs
    }
}
