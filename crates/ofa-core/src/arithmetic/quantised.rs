//! Vectors as integers of 16 bits, whose products are exact.
//!
//! A value becomes the integer that is nearest to `value * scale`; two of them stand in an `i32`, as
//! [`PackedMatrix`](super::PackedMatrix) of `i32` takes them. Of vectors that are no longer than
//! [`LENGTH`] after scaling no sum of products leaves `i32`, by Cauchy and Schwarz, so that a product
//! is the same number on every machine, in whatever order it is added up. Processors have instructions
//! for it that do several times as many products as those for floats.
use super::{InstructionSet, PackedMatrix, for_each_width, padded};

/// The most that a vector may measure after scaling, and each of its values.
pub(crate) const LENGTH: f32 = 32_767.0;

/// Added to a float of less than 2^22 it leaves the nearest integer in the lowest bits.
const TO_INTEGER: f32 = 12_582_912.0;

/// `i32` that a vector of so many values takes.
pub(crate) fn pairs_of(values: usize) -> usize {
    values.div_ceil(2)
}

for_each_width! {
    /// Writes `values * scale` as integers, two in each of `pairs`.
    pub(crate) fn quantise(values: &[f32], scale: f32, pairs: &mut [i32]) {
        quantise_values
    }

    /// The sum of the squares of the integers, for a vector no longer than [`LENGTH`].
    pub(crate) fn squared_length(pairs: &[i32]) -> i32 {
        sum_of_squared_integers
    }
}

#[inline(always)]
fn quantise_values(values: &[f32], scale: f32, pairs: &mut [i32]) {
    let integers: &mut [i16] = bytemuck::cast_slice_mut(pairs);
    assert!(integers.len() >= values.len(), "room for every value");
    let (written, rest) = integers.split_at_mut(values.len());
    for (integer, &value) in written.iter_mut().zip(values) {
        *integer = (value * scale + TO_INTEGER).to_bits() as i16;
    }
    rest.fill(0);
}

#[inline(always)]
fn sum_of_squared_integers(pairs: &[i32]) -> i32 {
    let integers: &[i16] = bytemuck::cast_slice(pairs);
    let squares = integers.iter().map(|&integer| {
        let wide = i32::from(integer);
        wide * wide
    });
    squares.sum()
}

/// The right side of products of such vectors.
#[derive(Debug, Clone)]
pub(crate) struct PairMatrix {
    outputs: usize,
    pairs: usize,
    side: Side,
}

#[derive(Debug, Clone)]
enum Side {
    Pairs(PackedMatrix<i32>),
    #[cfg(target_arch = "x86_64")]
    Tiles(ofa_tiles::Tiles, ofa_tiles::integers::Weights16),
}

impl PairMatrix {
    /// Packs `[outputs, pairs]`.
    ///
    /// # Panics
    /// Where there are other than `outputs * pairs`.
    pub(crate) fn new(set: InstructionSet, weight: &[i32], outputs: usize, pairs: usize) -> Self {
        let side = Self::side(set, weight, outputs, pairs);
        Self {
            outputs,
            pairs,
            side,
        }
    }

    fn side(set: InstructionSet, weight: &[i32], outputs: usize, pairs: usize) -> Side {
        #[cfg(target_arch = "x86_64")]
        if let Some(tiles) = set.tiles()
            && 2 * pairs <= ofa_tiles::integers::MAX_DEPTH
        {
            let weight = bytemuck::cast_slice(weight);
            let packed = ofa_tiles::integers::Weights16::new(tiles, weight, outputs, 2 * pairs);
            return Side::Tiles(tiles, packed);
        }
        let _ = set;
        Side::Pairs(PackedMatrix::new(weight, outputs, pairs, |pair| pair))
    }

    /// The products of `rows` vectors `[rows, pairs]`: `[rows, padded]`, where what is beyond a row's outputs has no
    /// meaning.
    ///
    /// # Panics
    /// Where `x` is too short.
    pub(crate) fn multiply(&self, set: InstructionSet, x: &[i32], rows: usize) -> Vec<i32> {
        let stride = padded(self.outputs);
        let mut products = vec![0i32; rows * stride];
        match &self.side {
            Side::Pairs(weights) => weights.multiply(set, x, self.pairs, rows, &mut products),
            #[cfg(target_arch = "x86_64")]
            Side::Tiles(tiles, weights) => {
                let (x, depth) = (bytemuck::cast_slice(x), 2 * self.pairs);
                let mut packed = ofa_tiles::integers::Rows16::new(*tiles);
                packed.refill(x, depth, depth, rows);
                weights.multiply(&packed, &mut products, stride);
            }
        }
        products
    }
}

/// How far the product of two quantised vectors of so many values can be from that of the scaled
/// ones, where neither is longer than [`LENGTH`].
///
/// A value is off by half of one, and by what scaling it in f32 is rounded by; so a vector is off by
/// no more than the root of their number times that, which the other vector's length multiplies.
pub(crate) fn product_error(values: usize) -> f64 {
    let of_vector = 0.51 * (values as f64).sqrt();
    of_vector * (2.0 * (f64::from(LENGTH) + 1.0) + of_vector)
}

#[cfg(test)]
mod tests {
    use super::super::{dot_f64, sum_of_squares};
    use super::*;
    use crate::rng::{Purpose, Rng};

    fn unit_vector(rng: &mut Rng, len: usize) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..len).map(|_| (rng.unit_f64() - 0.5) as f32).collect();
        let scale = (1.0 / sum_of_squares(&vector).sqrt()) as f32;
        vector.iter_mut().for_each(|value| *value *= scale);
        vector
    }

    fn quantised(vector: &[f32]) -> Vec<i32> {
        let mut pairs = vec![-1; pairs_of(vector.len())];
        quantise(vector, LENGTH, &mut pairs);
        pairs
    }

    fn integers(pairs: &[i32]) -> Vec<i64> {
        let integers: &[i16] = bytemuck::cast_slice(pairs);
        integers.iter().map(|&value| i64::from(value)).collect()
    }

    #[test]
    fn values_become_the_nearest_integers() {
        let values = [0.0, 1.0, -1.0, 0.49, -0.51, 0.5, 1.5, 32_767.0, -32_767.0];
        let mut pairs = [-1; 5];
        quantise(&values, 1.0, &mut pairs);
        // Halves go to the even one; the last is what fills the pair.
        let expected = [0, 1, -1, 0, -1, 0, 2, 32_767, -32_767, 0];
        assert_eq!(integers(&pairs), expected);
        let mut again = [-1; 5];
        quantise_values(&values, 1.0, &mut again);
        assert_eq!(pairs, again);
    }

    #[test]
    fn products_are_exact_with_every_instruction_set() {
        let mut rng = Rng::new(9, Purpose::Baseline, 0, 0);
        for len in [1, 2, 63, 200, 1024] {
            let (rows, columns) = (11, 40);
            let vectors = |rng: &mut Rng, count: usize| -> Vec<i32> {
                let mut all = Vec::new();
                (0..count).for_each(|_| all.extend(quantised(&unit_vector(rng, len))));
                // The largest there is: 1 in one place.
                let mut axis = vec![0.0; len];
                axis[0] = -1.0;
                all[..pairs_of(len)].copy_from_slice(&quantised(&axis));
                all
            };
            let (left, right) = (vectors(&mut rng, rows), vectors(&mut rng, columns));
            let pairs = pairs_of(len);
            let expected: Vec<i64> = left
                .chunks_exact(pairs)
                .flat_map(|x| right.chunks_exact(pairs).map(move |y| (x, y)))
                .map(|(x, y)| {
                    integers(x)
                        .iter()
                        .zip(integers(y))
                        .map(|(x, y)| x * y)
                        .sum()
                })
                .collect();
            for set in InstructionSet::available() {
                let stride = padded(columns);
                let packed = PairMatrix::new(set, &right, columns, pairs);
                let found = packed.multiply(set, &left, rows);
                let found = found.chunks_exact(stride).flat_map(|row| &row[..columns]);
                let found: Vec<i64> = found.map(|&product| i64::from(product)).collect();
                assert_eq!(found, expected, "{set:?}, {len} values");
            }
            let squares: i64 = integers(&left).iter().map(|value| value * value).sum();
            let lengths = left.chunks_exact(pairs).map(squared_length);
            assert_eq!(lengths.map(i64::from).sum::<i64>(), squares);
        }
    }

    #[test]
    fn products_are_no_further_off_than_is_said() {
        let mut rng = Rng::new(10, Purpose::Baseline, 0, 0);
        let unit = f64::from(LENGTH) * f64::from(LENGTH);
        for len in [1, 7, 512, 1024] {
            for _ in 0..50 {
                let (x, y) = (unit_vector(&mut rng, len), unit_vector(&mut rng, len));
                let (xs, ys) = (integers(&quantised(&x)), integers(&quantised(&y)));
                let found: i64 = xs.iter().zip(&ys).map(|(x, y)| x * y).sum();
                let error = (found as f64 - dot_f64(&x, &y) * unit).abs();
                assert!(error <= product_error(len), "{error} of {len} values");
            }
        }
    }
}
