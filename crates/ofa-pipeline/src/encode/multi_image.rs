//! Records with several images.

use half::f16;
use ofa_data::{Skip, SkipReason};
use serde::{Deserialize, Serialize};

/// What the image embedding of a record with several images is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultiImage {
    /// The mean of the normalised embeddings of those images that can be used, normalised again.
    /// Only where none can, the record is skipped, for the reason of the first.
    #[default]
    Mean,
    /// The embedding of the first image; the others are not looked at.
    First,
    /// None: the record is skipped as `several_images`.
    Skip,
}

impl MultiImage {
    /// The name that the command line and the manifest have for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::First => "first",
            Self::Skip => "skip",
        }
    }

    /// How many of a record's images are looked at.
    ///
    /// # Errors
    /// `several_images` where the record is not to be encoded.
    pub(crate) fn images_used(self, images: usize) -> Result<usize, Skip> {
        match self {
            Self::Mean => Ok(images),
            Self::First => Ok(images.min(1)),
            Self::Skip if images > 1 => Err(Skip::new(
                SkipReason::SeveralImages,
                format!("{images} images"),
            )),
            Self::Skip => Ok(images),
        }
    }
}

/// The mean of normalised embeddings, normalised again, as f16.
///
/// One embedding is taken as it is: to normalise it a second time would only add rounding.
pub(super) fn mean_embedding(rows: &[&[f32]]) -> Result<Vec<f16>, Skip> {
    if let [row] = rows {
        return finite(row.iter().map(|&value| f16::from_f32(value)).collect());
    }
    let mut sum = vec![0.0_f64; rows.first().map_or(0, |row| row.len())];
    for row in rows {
        for (total, &value) in sum.iter_mut().zip(*row) {
            *total += f64::from(value);
        }
    }
    let norm = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
    finite(
        sum.iter()
            .map(|&value| f16::from_f64(value / norm))
            .collect(),
    )
}

fn finite(embedding: Vec<f16>) -> Result<Vec<f16>, Skip> {
    if embedding.iter().all(|value| value.is_finite()) {
        Ok(embedding)
    } else {
        Err(Skip::new(
            SkipReason::EmbeddingNotFinite,
            "the encoder gave a value that is not a finite number; its weights or its precision do not suffice for this record",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_several_is_normalised_and_one_is_kept() {
        let (x, y): (&[f32], &[f32]) = (&[1.0, 0.0], &[0.0, 1.0]);
        let one = mean_embedding(&[y]).expect("finite");
        assert_eq!(one, [f16::from_f32(0.0), f16::from_f32(1.0)]);
        let two = mean_embedding(&[x, y]).expect("finite");
        assert_eq!(two, [f16::from_f64(0.5_f64.sqrt()); 2]);
        // The same turn twice weighs twice.
        let three = mean_embedding(&[x, x, y]).expect("finite");
        assert_eq!(three[0], f16::from_f64(2.0 / 5_f64.sqrt()));
        // Opposite images have no mean direction.
        let skip = mean_embedding(&[&[1.0], &[-1.0]]).expect_err("0 / 0");
        assert_eq!(skip.reason, SkipReason::EmbeddingNotFinite);
    }

    #[test]
    fn the_policy_says_how_many_images_count() {
        assert_eq!(MultiImage::Mean.images_used(3), Ok(3));
        assert_eq!(MultiImage::First.images_used(3), Ok(1));
        assert_eq!(MultiImage::Skip.images_used(1), Ok(1));
        let skip = MultiImage::Skip.images_used(2).expect_err("several");
        assert_eq!(skip.reason, SkipReason::SeveralImages);
    }
}
