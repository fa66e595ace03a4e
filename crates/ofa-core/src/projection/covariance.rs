//! The mean and the covariance of the sample.
use super::axes::Axes;
use super::centered;
use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix};
use crate::features::FeatureRows;
use crate::{Result, parallel};

/// Rows whose products are summed in f32 before they join the sums in f64. Part of the result.
const BLOCK: usize = 256;

/// Blocks that the mean takes in one step: they cost next to nothing there.
const BLOCKS_OF_MEAN: usize = 16;

/// Sums over the rows of the sample so far.
#[derive(Debug)]
pub(super) struct Covariance {
    /// Width of a joint feature.
    dim: usize,
    mean_done: usize,
    /// Sums of the columns, then their means.
    mean: Vec<f64>,
    products_done: usize,
    /// `[dim, padded]` over the diagonal and right of it, by whole panels.
    products: Vec<f64>,
}

impl Covariance {
    pub(super) fn new(dim: usize) -> Self {
        Self {
            dim,
            mean_done: 0,
            mean: vec![0.0; dim],
            products_done: 0,
            products: Vec::new(),
        }
    }

    /// Goes some rows further and says how many are done, each of them twice; `None` once all are.
    pub(super) fn step(
        &mut self,
        set: InstructionSet,
        features: &impl FeatureRows,
        sample: &[usize],
    ) -> Result<Option<usize>> {
        if self.mean_done < sample.len() {
            let end = sample.len().min(self.mean_done + BLOCKS_OF_MEAN * BLOCK);
            self.add_to_mean(features, &sample[self.mean_done..end])?;
            self.mean_done = end;
            if end == sample.len() {
                for value in &mut self.mean {
                    *value /= sample.len() as f64;
                }
                self.products = vec![0.0; self.dim * self.dim.next_multiple_of(PANEL)];
            }
        } else if self.products_done < sample.len() {
            let end = sample.len().min(self.products_done + BLOCK);
            self.add_products(set, features, &sample[self.products_done..end])?;
            self.products_done = end;
        } else {
            return Ok(None);
        }
        Ok(Some(self.mean_done + self.products_done))
    }

    fn add_to_mean(&mut self, features: &impl FeatureRows, rows: &[usize]) -> Result<()> {
        let nowhere = vec![0.0f32; self.dim];
        let sums = parallel::map(rows.len().div_ceil(BLOCK), |block| {
            let rows = &rows[block * BLOCK..rows.len().min((block + 1) * BLOCK)];
            let mut joint = vec![0.0f32; self.dim];
            let mut sums = vec![0.0f64; self.dim];
            for row in rows {
                centered(features, std::slice::from_ref(row), &nowhere, &mut joint)?;
                for (sum, value) in sums.iter_mut().zip(&joint) {
                    *sum += f64::from(*value);
                }
            }
            Ok(sums)
        });
        for block in sums {
            for (sum, value) in self.mean.iter_mut().zip(block?) {
                *sum += value;
            }
        }
        Ok(())
    }

    fn add_products(
        &mut self,
        set: InstructionSet,
        features: &impl FeatureRows,
        rows: &[usize],
    ) -> Result<()> {
        let (dim, count) = (self.dim, rows.len());
        let mut joints = vec![0.0f32; count * dim];
        centered(features, rows, &self.center(), &mut joints)?;
        // A column of the features is a row of the left side, and of the right one.
        let mut columns = vec![0.0f32; dim * count];
        for (row, joint) in joints.chunks_exact(dim).enumerate() {
            for (column, value) in joint.iter().enumerate() {
                columns[column * count + row] = *value;
            }
        }
        let right = PackedMatrix::new(&columns, dim, count, |value| value);
        let width = right.padded_outputs();
        parallel::for_each_piece(&mut self.products, PANEL * width, |panel, sums| {
            let left = &columns[panel * PANEL * count..];
            let height = sums.len() / width;
            let panels = panel..width / PANEL;
            let mut products = vec![0.0f32; height * panels.len() * PANEL];
            right.multiply_panels(set, left, count, height, panels.clone(), &mut products);
            let rows = sums.chunks_exact_mut(width);
            for (sums, products) in rows.zip(products.chunks_exact(panels.len() * PANEL)) {
                for (sum, product) in sums[panel * PANEL..].iter_mut().zip(products) {
                    *sum += f64::from(*product);
                }
            }
        });
        Ok(())
    }

    fn center(&self) -> Vec<f32> {
        self.mean.iter().map(|&mean| mean as f32).collect()
    }

    /// What the axes are found in.
    pub(super) fn axes(&mut self) -> Axes {
        let (dim, width) = (self.dim, self.dim.next_multiple_of(PANEL));
        let rows = self.products_done.max(1) as f64;
        let products = std::mem::take(&mut self.products);
        let mut covariance = vec![0.0f64; dim * dim];
        // Without a row there are no products.
        for (i, sums) in products.chunks_exact(width).enumerate() {
            for j in i..dim {
                let value = sums[j] / rows;
                covariance[i * dim + j] = value;
                covariance[j * dim + i] = value;
            }
        }
        Axes::new(&covariance, dim, self.center())
    }
}
