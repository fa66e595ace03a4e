//! Core rows with their pseudo-labels, as the training loop reads them.
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use ofa_core::features::FeatureRows;

use crate::{Error, Result};

/// Embeddings in f32 with a class for each row: the training or the validation part of a core.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledRows {
    dim: usize,
    image: Vec<f32>,
    text: Vec<f32>,
    labels: Vec<u32>,
}

impl LabelledRows {
    /// Rows from arrays.
    ///
    /// # Shapes
    /// - `image`, `text`: `[n, dim]` row by row, f32.
    /// - `labels`: `[n]`, each below `classes`.
    ///
    /// # Errors
    /// [`Error::RowsLength`] where an array has another length, [`Error::RowNotFinite`] for the
    /// first NaN or infinity, [`Error::Label`] for the first label that is no class.
    pub fn new(
        dim: usize,
        classes: usize,
        image: Vec<f32>,
        text: Vec<f32>,
        labels: Vec<u32>,
    ) -> Result<Self> {
        let expected = labels.len() * dim;
        for (array, values) in [("image", &image), ("text", &text)] {
            if values.len() != expected {
                return Err(Error::RowsLength {
                    array,
                    expected,
                    found: values.len(),
                });
            }
            if let Some(at) = values.iter().position(|x| !x.is_finite()) {
                return Err(Error::RowNotFinite {
                    array,
                    row: at / dim,
                    column: at % dim,
                });
            }
        }
        if let Some(row) = labels.iter().position(|&label| label as usize >= classes) {
            return Err(Error::Label {
                row,
                label: labels[row],
                classes,
            });
        }
        Ok(Self {
            dim,
            image,
            text,
            labels,
        })
    }

    /// Copies the rows `members` out of `features`, widened from f16. Rows that were clustered
    /// have been checked.
    ///
    /// A core is a few percent of the rows, read a hundred times: it is gathered once.
    pub(crate) fn gather(
        features: &impl FeatureRows,
        members: impl ExactSizeIterator<Item = (usize, u32)>,
    ) -> Self {
        let dim = features.dim();
        let mut image = Vec::with_capacity(members.len() * dim);
        let mut text = Vec::with_capacity(members.len() * dim);
        let mut labels = Vec::with_capacity(members.len());
        for (row, label) in members {
            image.extend(features.image(row).iter().map(|x| x.to_f32()));
            text.extend(features.text(row).iter().map(|x| x.to_f32()));
            labels.push(label);
        }
        Self {
            dim,
            image,
            text,
            labels,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Width of one embedding.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The class of each row.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The rows at `indices`, in that order, as tensors on `device`.
    ///
    /// # Panics
    /// Where an index is not below [`len`](Self::len).
    pub fn batch<B: Backend>(&self, indices: &[usize], device: &B::Device) -> Batch<B> {
        let shape = [indices.len(), self.dim];
        let (image, text) = self.embeddings_at(indices);
        let labels: Vec<i32> = indices.iter().map(|&row| self.labels[row] as i32).collect();
        Batch {
            image: Tensor::from_data(TensorData::new(image, shape), device),
            text: Tensor::from_data(TensorData::new(text, shape), device),
            labels: Tensor::from_data(TensorData::new(labels, [indices.len(), 1]), device),
        }
    }

    /// The image and the text embeddings at `indices`, in that order, row by row.
    pub(crate) fn embeddings_at(&self, indices: &[usize]) -> (Vec<f32>, Vec<f32>) {
        let pick = |values: &[f32]| {
            let mut picked = Vec::with_capacity(indices.len() * self.dim);
            for &row in indices {
                picked.extend_from_slice(&values[row * self.dim..(row + 1) * self.dim]);
            }
            picked
        };
        (pick(&self.image), pick(&self.text))
    }
}

/// Some labelled rows on a device.
#[derive(Debug, Clone)]
pub struct Batch<B: Backend> {
    /// `[b, d]`.
    pub image: Tensor<B, 2>,
    /// `[b, d]`.
    pub text: Tensor<B, 2>,
    /// `[b, 1]`, the class of each row.
    pub labels: Tensor<B, 2, Int>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_rows_are_refused_by_place() {
        let rows = |image: Vec<f32>, text: Vec<f32>, labels: Vec<u32>| {
            LabelledRows::new(2, 3, image, text, labels)
        };
        assert_eq!(
            rows(vec![0.0; 3], vec![0.0; 4], vec![0, 1]),
            Err(Error::RowsLength {
                array: "image",
                expected: 4,
                found: 3
            })
        );
        assert_eq!(
            rows(vec![0.0; 4], vec![0.0, 0.0, 0.0, f32::NAN], vec![0, 1]),
            Err(Error::RowNotFinite {
                array: "text",
                row: 1,
                column: 1
            })
        );
        assert_eq!(
            rows(vec![0.0; 4], vec![0.0; 4], vec![0, 3]),
            Err(Error::Label {
                row: 1,
                label: 3,
                classes: 3
            })
        );
        assert_eq!(
            rows(vec![0.0; 4], vec![0.0; 4], vec![0, 2]).map(|r| r.len()),
            Ok(2)
        );
    }
}
