//! Batches as the towers take them.

use burn::tensor::{Tensor, TensorData, backend::Backend};
use ofa_clip::VisionConfig;

/// Means and deviations of CLIP's pictures, as in `preprocessor_config.json`.
pub const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
/// See [`MEAN`].
pub const DEVIATION: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Patches of pictures, normalised.
///
/// # Shapes
/// Each picture `size * size * 3` bytes, rows from the top, channels last; the result is
/// `[n * patches, 3 * patch * patch]`, channels first.
pub fn patches<'a, B: Backend>(
    pictures: impl ExactSizeIterator<Item = &'a [u8]>,
    config: &VisionConfig,
    device: &B::Device,
) -> Tensor<B, 2> {
    let (size, patch) = (config.image_size, config.patch_size);
    let side = size / patch;
    let rows = pictures.len() * side * side;
    let mut values = Vec::with_capacity(rows * 3 * patch * patch);
    for picture in pictures {
        for (top, left) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
            for channel in 0..3 {
                for y in 0..patch {
                    let start = ((top * patch + y) * size + left * patch) * 3;
                    let line = &picture[start..start + 3 * patch];
                    values.extend(line.iter().skip(channel).step_by(3).map(|&value| {
                        (f32::from(value) / 255.0 - MEAN[channel]) / DEVIATION[channel]
                    }));
                }
            }
        }
    }
    let shape = [rows, 3 * patch * patch];
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Texts of one batch, padded to its longest.
pub struct Padded {
    /// `[n * length]`.
    pub input_ids: Vec<i32>,
    /// The position of each text's end token.
    pub ends: Vec<usize>,
}

/// Pads texts with zeros to the longest of them.
pub fn padded<'a>(texts: impl Iterator<Item = &'a [u32]> + Clone) -> Padded {
    let length = texts.clone().map(<[u32]>::len).max().unwrap_or(0);
    let mut input_ids = Vec::new();
    let mut ends = Vec::new();
    for text in texts {
        input_ids.extend(text.iter().map(|&id| id as i32));
        input_ids.extend(std::iter::repeat_n(0, length - text.len()));
        ends.push(text.len() - 1);
    }
    Padded { input_ids, ends }
}
