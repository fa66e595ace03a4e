//! Weights as the kernel reads them.

/// Columns of a weight that lie side by side: what the kernel computes of a row at a time.
pub const COLUMNS: usize = 8;

/// A weight `[depth, columns]`, [`COLUMNS`] at a time: of each such panel the rows one after the other, and
/// zeros for columns that are not there. A panel is then read from its start to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedWeight {
    depth: usize,
    columns: usize,
    values: Vec<f32>,
}

impl PackedWeight {
    /// Lays a weight out anew.
    ///
    /// # Shapes
    /// `values` `[depth, columns]` f32, row by row.
    ///
    /// # Panics
    /// Where `values` has another length.
    pub fn new(values: &[f32], depth: usize, columns: usize) -> Self {
        assert_eq!(values.len(), depth * columns, "{depth} rows of {columns}");
        let mut packed = Vec::with_capacity(columns.next_multiple_of(COLUMNS) * depth);
        for first in (0..columns).step_by(COLUMNS) {
            let there = COLUMNS.min(columns - first);
            for row in values.chunks_exact(columns) {
                packed.extend_from_slice(&row[first..first + there]);
                packed.resize(packed.len() + COLUMNS - there, 0.0);
            }
        }
        Self {
            depth,
            columns,
            values: packed,
        }
    }

    /// How many inputs it has.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// How many outputs it has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// `[ceil(columns / COLUMNS), depth, COLUMNS]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// How many rows a product has whose parts are these.
    ///
    /// # Panics
    /// Where they are not whole rows, or not as many of both.
    pub fn rows_of(&self, x: &[f32], product: &[f32]) -> usize {
        let rows = x.len().checked_div(self.depth).unwrap_or(0);
        assert_eq!(x.len(), rows * self.depth, "rows of {}", self.depth);
        assert_eq!(
            product.len(),
            rows * self.columns,
            "{rows} rows of {}",
            self.columns
        );
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_lie_side_by_side_and_missing_ones_are_zero() {
        let values: Vec<f32> = (0..2 * 10).map(|value| value as f32).collect();
        let packed = PackedWeight::new(&values, 2, 10);
        let (left, right) = packed.values().split_at(2 * COLUMNS);
        assert_eq!(left[..8], values[..8]);
        assert_eq!(left[8..], values[10..18]);
        assert_eq!(
            right,
            [
                8.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 18.0, 19.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            ]
        );
    }
}
