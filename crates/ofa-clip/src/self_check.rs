//! What an encoder computes, written down beside its weights.

use crate::weights::header::header_of;
use crate::{ClipEncoder, ClipTokenizer, Result};
use burn::tensor::backend::Backend;
use safetensors::Dtype;

const FORMAT: &str = "ofa-self-check";
const VERSION: &str = "1";

/// Images that are embedded: more than one, so that what mixes up rows shows.
const IMAGES: usize = 2;

/// A few words, a sentence, and more than the context of a CLIP holds: between them they come by each
/// of its positions, and the longest has to be told from what pads the others.
const TEXTS: [&str; 3] = [
    "a dog",
    "Where does the path behind the red house lead to?",
    "A market on a rainy morning: in front a woman in a yellow coat counts coins into the hand of a \
     man who sells apples, pears and 12 kinds of cheese; behind them two children run after a dog, a \
     bicycle leans on a wall, and above the roofs, which are wet and grey, stands the tower of a \
     church whose clock says twenty to nine. How many people are there, and which of them is in a \
     hurry to be somewhere else before it rains again?",
];

/// Inputs of an encoder and the embeddings that it has for them.
///
/// Whoever loads the encoder on a device that may compute something else, as drivers of GPUs do now
/// and then, embeds the inputs there and compares, before any other result is believed. That takes no
/// second model and no other backend.
///
/// Inputs are images made by a formula and texts of three lengths, as the model takes them: no
/// preprocessing and no tokenizer stands between.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfCheck {
    encoder_fingerprint: String,
    image_size: usize,
    dim: usize,
    pixel_values: Vec<f32>,
    input_ids: Vec<Vec<u32>>,
    image_embeddings: Vec<f32>,
    text_embeddings: Vec<f32>,
}

impl SelfCheck {
    /// The file's name.
    pub const FILE: &'static str = "self_check.safetensors";

    /// Embeds the inputs, where `encoder` runs: on the CPU, whose results are the most exact.
    ///
    /// `tokenizer` is that [of the model](ClipTokenizer::for_model). `encoder_fingerprint` says whose
    /// embeddings these are: the [fingerprint](crate::Checkpoint::fingerprint) by which the encoder is
    /// known, so of an export that of its source.
    ///
    /// Costs two images and three texts, one of them as long as the model takes.
    ///
    /// # Errors
    /// - [`Error::Tokenize`](crate::Error::Tokenize): the tokenizer failed.
    /// - [`Error::Input`](crate::Error::Input): the tokenizer is not cut for the model, and gave more
    ///   ids than it takes, or ids that it does not have.
    /// - [`Error::Backend`](crate::Error::Backend): the backend failed.
    pub async fn compute<B: Backend>(
        encoder: &ClipEncoder<B>,
        tokenizer: &ClipTokenizer,
        encoder_fingerprint: impl Into<String>,
    ) -> Result<Self> {
        let image_size = encoder.config().vision.image_size;
        let images = (0..IMAGES).flat_map(|image| image_values(image, image_size));
        let pixel_values: Vec<f32> = images.collect();
        let texts = TEXTS.iter().map(|text| tokenizer.encode(text));
        let input_ids = texts.collect::<Result<Vec<_>>>()?;
        Ok(Self {
            encoder_fingerprint: encoder_fingerprint.into(),
            image_size,
            dim: encoder.embedding_dim(),
            image_embeddings: encoder.encode_images(&pixel_values, IMAGES).await?,
            text_embeddings: encoder.encode_texts(&input_ids).await?,
            pixel_values,
            input_ids,
        })
    }

    /// The file's bytes: safetensors. The same values give the same bytes.
    ///
    /// # Shapes
    /// With `n` images, `m` texts, `s` the model's image size and `d` the width of its embeddings:
    ///
    /// | tensor | | |
    /// |---|---|---|
    /// | `pixel_values` | F32 | `[n, 3, s, s]` |
    /// | `input_ids` | U32 | `[sum of lengths]`: the ids of one text after those of the other |
    /// | `lengths` | U32 | `[m]` |
    /// | `image_embeddings` | F32 | `[n, d]`, rows of length 1 |
    /// | `text_embeddings` | F32 | `[m, d]`, rows of length 1 |
    ///
    /// The header's metadata are `format` (`ofa-self-check`), `version` (`1`) and
    /// `encoder_fingerprint`. A ViT-B/32 has 1.2 MB, nearly all of it pixels.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let (size, texts) = (self.image_size, self.input_ids.len());
        let input_ids = self.input_ids.concat();
        let lengths: Vec<u32> = self.input_ids.iter().map(|ids| ids.len() as u32).collect();
        let images = self.pixel_values.len() / (3 * size * size);
        let header = header_of(
            &[
                ("format", FORMAT),
                ("version", VERSION),
                ("encoder_fingerprint", &self.encoder_fingerprint),
            ],
            [
                ("pixel_values", Dtype::F32, &[images, 3, size, size][..]),
                ("input_ids", Dtype::U32, &[input_ids.len()]),
                ("lengths", Dtype::U32, &[texts]),
                ("image_embeddings", Dtype::F32, &[images, self.dim]),
                ("text_embeddings", Dtype::F32, &[texts, self.dim]),
            ],
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        let floats = |bytes: &mut Vec<u8>, values: &[f32]| {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        };
        floats(&mut bytes, &self.pixel_values);
        let ids = input_ids.iter().chain(&lengths);
        bytes.extend(ids.flat_map(|id| id.to_le_bytes()));
        floats(&mut bytes, &self.image_embeddings);
        floats(&mut bytes, &self.text_embeddings);
        bytes
    }
}

/// One image, `[3, size, size]`, within the range that preprocessing gives.
fn image_values(image: usize, size: usize) -> impl Iterator<Item = f32> {
    (0..3 * size * size).map(move |at| {
        let (x, y) = (at % size, at / size % size);
        let channel = at / (size * size);
        // A ramp of another slope for each image and channel, so that rows, columns, channels and
        // images are told from each other, with a checkerboard on it, so that there is detail.
        let ramp = ((x * (1 + image) + y * (1 + channel)) % size) as f32 / size as f32;
        let board = (x / 8 + y / 8) % 2;
        3.0 * ramp - 1.5 + 0.5 * board as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::SafeTensors;

    #[test]
    fn images_and_their_channels_differ_everywhere_and_stay_in_range() {
        for size in [32, 64, 224] {
            let images = [0, 1].map(|image| image_values(image, size).collect::<Vec<_>>());
            let planes: Vec<&[f32]> = images
                .iter()
                .flat_map(|image| image.chunks(size * size))
                .collect();
            assert_eq!(planes.len(), 6);
            for (nth, plane) in planes.iter().enumerate() {
                assert!(plane.iter().all(|value| (-1.5..=2.0).contains(value)));
                // One value of a row is another than the next.
                assert!(
                    plane
                        .chunks(size)
                        .all(|row| row.windows(2).all(|w| w[0] != w[1]))
                );
                for other in &planes[..nth] {
                    let same = plane.iter().zip(*other).filter(|(a, b)| a == b).count();
                    assert!(same * 8 < plane.len(), "{size}: {same} values are the same");
                }
            }
        }
    }

    #[test]
    fn the_file_is_read_by_the_usual_reader() {
        let check = SelfCheck {
            encoder_fingerprint: "f".repeat(64),
            image_size: 2,
            dim: 3,
            pixel_values: (0..24).map(|at| at as f32).collect(),
            input_ids: vec![vec![7, 9], vec![7, 70_000, 9]],
            image_embeddings: vec![0.5; 6],
            text_embeddings: vec![-0.5; 6],
        };
        let bytes = check.to_safetensors();
        let (header, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(header % 8, 0);
        let metadata = metadata.metadata().clone().unwrap();
        assert_eq!(metadata.len(), 3);
        assert_eq!(metadata["format"], "ofa-self-check");
        assert_eq!(metadata["version"], "1");
        assert_eq!(metadata["encoder_fingerprint"], "f".repeat(64));
        let read = SafeTensors::deserialize(&bytes).unwrap();
        let words = |name: &str| -> (Dtype, Vec<usize>, Vec<u32>) {
            let tensor = read.tensor(name).unwrap();
            let (words, _) = tensor.data().as_chunks::<4>();
            let words = words.iter().map(|word| u32::from_le_bytes(*word));
            (tensor.dtype(), tensor.shape().to_vec(), words.collect())
        };
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
        assert_eq!(
            words("pixel_values"),
            (Dtype::F32, vec![2, 3, 2, 2], bits(&check.pixel_values))
        );
        assert_eq!(
            words("input_ids"),
            (Dtype::U32, vec![5], vec![7, 9, 7, 70_000, 9])
        );
        assert_eq!(words("lengths"), (Dtype::U32, vec![2], vec![2, 3]));
        assert_eq!(
            words("image_embeddings"),
            (Dtype::F32, vec![2, 3], bits(&[0.5; 6]))
        );
        assert_eq!(
            words("text_embeddings"),
            (Dtype::F32, vec![2, 3], bits(&[-0.5; 6]))
        );
        assert_eq!(read.len(), 5);
    }
}
