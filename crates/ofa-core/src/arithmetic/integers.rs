//! Rows of numbers as integers of 24 bits times a power of two, whose products are exact.
//!
//! A number becomes the integer nearest to `value / unit`, where the unit is the power of two that leaves
//! the largest number of the row below [`LIMIT`]. Scaling by a power of two rounds nothing. A row of f16
//! numbers hardly loses anything, since these have 11 bits: only what is 2^11 times smaller than the
//! largest does, and how much is told.
//!
//! The product of two rows, `units * sum of products of integers`, is the same number on every machine,
//! in whatever order it is added up and whether with fused instructions or by bytes in tile registers,
//! while no sum reaches 2^53.
use super::{InstructionSet, PackedMatrix, Whole, for_each_width, padded, sum_of_squares};

/// What every integer is below.
const LIMIT: f32 = 8_388_608.0;

/// What the root of the sum of the squares of a row stays below, and that of a row of weights: then no sum of products
/// reaches 2^53, by Cauchy and Schwarz.
const LENGTH_OF_ROW: f64 = (1u64 << 26) as f64;
const LENGTH_OF_WEIGHTS: f64 = (1u64 << 27) as f64;

/// A larger scale would not be an f32. What is too small for it is lost, and told.
const LARGEST_EXPONENT: i32 = 120;

/// Rows of integers, as the left side of products.
#[derive(Debug, Default)]
pub(crate) struct IntegerRows {
    integers: Integers,
    side: Side,
}

#[derive(Debug, Default)]
enum Side {
    #[default]
    Empty,
    Floats(Vec<Whole>),
    #[cfg(target_arch = "x86_64")]
    Tiles(ofa_tiles::integers::Rows24),
}

impl IntegerRows {
    /// Takes `rows` rows of `width` values, `stride` apart, in place of those that were there.
    ///
    /// # Panics
    /// Where rows overlap or there are too few values.
    pub(crate) fn refill(
        &mut self,
        set: InstructionSet,
        values: &[f32],
        stride: usize,
        width: usize,
        rows: usize,
    ) {
        assert!(stride >= width, "rows overlap");
        let Self { integers, side } = self;
        integers.refill(values, stride, width, rows, LENGTH_OF_ROW);
        #[cfg(target_arch = "x86_64")]
        if let Some(tiles) = tiles_for(set, width) {
            if !matches!(side, Side::Tiles(_)) {
                *side = Side::Tiles(ofa_tiles::integers::Rows24::new(tiles));
            }
            if let Side::Tiles(packed) = side {
                packed.refill(&integers.values, width, width, rows);
            }
            return;
        }
        let _ = set;
        if !matches!(side, Side::Floats(_)) {
            *side = Side::Floats(Vec::new());
        }
        if let Side::Floats(floats) = side {
            floats.clear();
            floats.extend(integers.values.iter().map(|&value| whole(value)));
        }
    }

    /// The sum of the squares of the numbers of a row.
    pub(crate) fn squares(&self, row: usize) -> f64 {
        self.integers.squares[row]
    }

    /// The sum of the squares of what rounding took from the numbers of a row.
    pub(crate) fn lost(&self, row: usize) -> f64 {
        self.integers.lost[row]
    }
}

/// A matrix of integers, as the right side of products: `x @ weight^T`.
#[derive(Debug, Clone)]
pub(crate) struct IntegerMatrix {
    inputs: usize,
    /// What one is worth in each column of a product.
    units: Vec<f64>,
    side: Weights,
}

#[derive(Debug, Clone)]
enum Weights {
    Floats(PackedMatrix<Whole>),
    #[cfg(target_arch = "x86_64")]
    Tiles(ofa_tiles::integers::Weights24),
}

impl IntegerMatrix {
    /// Packs `[outputs, inputs]` values.
    ///
    /// # Panics
    /// Where `weight` is not `outputs * inputs` long.
    pub(crate) fn new(set: InstructionSet, weight: &[f32], outputs: usize, inputs: usize) -> Self {
        let mut integers = Integers::default();
        integers.refill(weight, inputs, inputs, outputs, LENGTH_OF_WEIGHTS);
        let Integers { values, units, .. } = integers;
        Self {
            inputs,
            units,
            side: Self::side(set, &values, outputs, inputs),
        }
    }

    fn side(set: InstructionSet, values: &[i32], outputs: usize, inputs: usize) -> Weights {
        #[cfg(target_arch = "x86_64")]
        if let Some(tiles) = tiles_for(set, inputs) {
            let packed = ofa_tiles::integers::Weights24::new(tiles, values, outputs, inputs);
            return Weights::Tiles(packed);
        }
        let _ = set;
        Weights::Floats(PackedMatrix::new(values, outputs, inputs, whole))
    }

    /// The most that one is worth in some columns; 0 in none, NaN where a weight is not finite.
    pub(crate) fn largest_unit(&self, columns: std::ops::Range<usize>) -> f64 {
        let units = self.units[columns].iter();
        f64::from_bits(units.fold(0, |most, unit| most.max(unit.to_bits())))
    }

    /// Values from one row of a product to the next.
    pub(crate) fn stride(&self) -> usize {
        padded(self.units.len())
    }

    /// Writes `x @ weight^T` `[rows, stride]`: the exact products of the integers, each multiplied by what its
    /// units are worth. What is beyond a row's outputs has no meaning.
    ///
    /// # Panics
    /// Where `x` was made for other instructions or has another width.
    pub(crate) fn multiply(&self, set: InstructionSet, x: &IntegerRows, result: &mut Vec<f64>) {
        let (stride, rows) = (self.stride(), x.integers.units.len());
        result.resize(rows * stride, 0.0);
        match (&self.side, &x.side) {
            (Weights::Floats(weights), Side::Floats(values)) => {
                let result = bytemuck::cast_slice_mut(result);
                weights.multiply(set, values, self.inputs, rows, result);
            }
            #[cfg(target_arch = "x86_64")]
            (Weights::Tiles(weights), Side::Tiles(rows)) => {
                weights.multiply(rows, result, stride);
            }
            _ => panic!("rows and weights are made for the same instructions"),
        }
        if stride > 0 {
            scale_rows(result, stride, &x.integers.units, &self.units);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn tiles_for(set: InstructionSet, width: usize) -> Option<ofa_tiles::Tiles> {
    let is_in_range = width <= ofa_tiles::integers::MAX_DEPTH;
    set.tiles().filter(|_| is_in_range)
}

fn whole(value: i32) -> Whole {
    Whole(f64::from(value))
}

/// What rows of numbers are as integers.
#[derive(Debug, Default)]
struct Integers {
    /// `[rows, width]`.
    values: Vec<i32>,
    /// What one is worth, for each row; NaN where a number of the row is not finite.
    units: Vec<f64>,
    /// The sum of the squares of the numbers of a row.
    squares: Vec<f64>,
    /// The sum of the squares of what rounding took from them.
    lost: Vec<f64>,
}

impl Integers {
    fn refill(&mut self, values: &[f32], stride: usize, width: usize, rows: usize, length: f64) {
        self.values.resize(rows * width, 0);
        self.units.clear();
        self.squares.clear();
        self.lost.clear();
        for row in 0..rows {
            let values = &values[row * stride..][..width];
            let (largest, squares) = (largest_size(values), sum_of_squares(values));
            let to = &mut self.values[row * width..][..width];
            let (unit, lost) = if largest > 0.0 && largest.is_finite() {
                // Rounding makes an integer half of one larger at most.
                let room = length - (width as f64).sqrt();
                let exponent = exponent_for(largest, squares, room);
                let lost = round(values, power_of_two(exponent) as f32, to);
                let unit = power_of_two(-exponent);
                (unit, f64::from(lost) * unit * unit)
            } else {
                to.fill(0);
                // What is not finite makes the products of the row NaN.
                let unit = if largest == 0.0 { 1.0 } else { f64::NAN };
                (unit, unit - 1.0)
            };
            self.units.push(unit);
            self.squares.push(squares);
            self.lost.push(lost);
        }
    }
}

/// The exponent of what a row is multiplied by, so that its length fits into the room.
fn exponent_for(largest: f32, squares: f64, room: f64) -> i32 {
    // With the exponent of the largest alone it is below the limit, and at least half of it.
    let of_largest = (f64::from(largest).to_bits() >> 52) as i32 - 1023;
    let mut exponent = (22 - of_largest).min(LARGEST_EXPONENT);
    let too_large = |exponent: i32| {
        let scale = power_of_two(exponent);
        f64::from(largest) * scale > f64::from(LIMIT) - 1.0 || squares.sqrt() * scale > room
    };
    while too_large(exponent) {
        exponent -= 1;
    }
    exponent
}

/// `2^exponent`, of the normal numbers.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

for_each_width! {
    /// The largest absolute value; infinite or NaN where a value is.
    pub(crate) fn largest_size(values: &[f32]) -> f32 {
        find_largest_size
    }

    /// Writes the integers nearest to `values * scale`, which are below [`LIMIT`], and gives the sum of the squares of
    /// how far those are.
    fn round(values: &[f32], scale: f32, integers: &mut [i32]) -> f32 {
        round_values
    }

    /// Multiplies each product of two rows of integers by what their units are worth.
    fn scale_rows(products: &mut [f64], stride: usize, row_units: &[f64], units: &[f64]) {
        scale_products
    }
}

/// Values that are worked on side by side.
const LANES: usize = 16;

#[inline(always)]
fn find_largest_size(values: &[f32]) -> f32 {
    // Without their sign, bits are in the order of the sizes, with NaN above all.
    let mut largest = [0u32; LANES];
    let mut take = |values: &[f32]| {
        for (largest, value) in largest.iter_mut().zip(values) {
            *largest = (*largest).max(value.abs().to_bits());
        }
    };
    let whole = values.chunks_exact(LANES);
    let rest = whole.remainder();
    whole.for_each(&mut take);
    take(rest);
    f32::from_bits(largest.into_iter().fold(0, u32::max))
}

#[inline(always)]
fn round_values(values: &[f32], scale: f32, integers: &mut [i32]) -> f32 {
    let mut lost = [0.0f32; LANES];
    let mut take = |values: &[f32], integers: &mut [i32]| {
        for ((lost, &value), integer) in lost.iter_mut().zip(values).zip(integers) {
            let scaled = value * scale;
            #[expect(clippy::manual_clamp, reason = "that lets NaN through")]
            let rounded = (scaled + 0.5f32.copysign(scaled)).max(-LIMIT).min(LIMIT);
            // SAFETY: it is between the limits, also where it was NaN.
            *integer = unsafe { rounded.to_int_unchecked() };
            let off = scaled - *integer as f32;
            *lost += off * off;
        }
    };
    let (whole, mut written) = (values.chunks_exact(LANES), integers.chunks_exact_mut(LANES));
    let rest = whole.remainder();
    for (values, integers) in whole.zip(&mut written) {
        take(values, integers);
    }
    take(rest, written.into_remainder());
    lost.iter().sum()
}

#[inline(always)]
fn scale_products(products: &mut [f64], stride: usize, row_units: &[f64], units: &[f64]) {
    for (row, row_unit) in products.chunks_exact_mut(stride).zip(row_units) {
        for (product, unit) in row.iter_mut().zip(units) {
            *product *= row_unit * unit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};
    use half::f16;

    fn values(rng: &mut Rng, len: usize, scale: f32) -> Vec<f32> {
        (0..len)
            .map(|_| (rng.unit_f64() - 0.5) as f32 * scale)
            .collect()
    }

    fn integers_of(
        values: &[f32],
        stride: usize,
        width: usize,
        rows: usize,
        length: f64,
    ) -> Integers {
        let mut integers = Integers::default();
        integers.refill(values, stride, width, rows, length);
        integers
    }

    #[test]
    fn the_largest_size_is_found_everywhere() {
        for len in 1..40 {
            for at in 0..len {
                let mut values = vec![0.5f32; len];
                values[at] = -3.0;
                assert_eq!(largest_size(&values), 3.0, "{at} of {len}");
            }
        }
    }

    /// Whatever the sizes, a value is its integer times the unit but for what is told to be lost.
    #[test]
    fn integers_are_the_nearest() {
        let mut rng = Rng::new(21, Purpose::Baseline, 0, 0);
        for scale in [1e-42f32, 1e-30, 1e-6, 1.0, 3.0, 1e12, 3e38] {
            for width in [1, 5, 16, 512, 1_536] {
                let row = values(&mut rng, width, scale);
                let integers = integers_of(&row, width, width, 1, LENGTH_OF_ROW);
                let unit = integers.units[0];
                let (mut lost, mut squares) = (0.0, 0.0);
                for (&value, &integer) in row.iter().zip(&integers.values) {
                    assert!(integer.unsigned_abs() < LIMIT as u32);
                    let off = f64::from(value) - f64::from(integer) * unit;
                    assert!(
                        off.abs() <= unit * 0.500_001,
                        "{value} and {integer} of {unit}"
                    );
                    lost += off * off;
                    squares += f64::from(integer).powi(2);
                }
                assert!((lost - integers.lost[0]).abs() <= 1e-5 * lost, "{lost}");
                assert!(squares.sqrt() < LENGTH_OF_ROW);
                // No bit is given away.
                let largest = integers.values.iter().map(|v| v.unsigned_abs()).max();
                let is_full =
                    largest >= Some(LIMIT as u32 / 2 - 1) || squares.sqrt() > LENGTH_OF_ROW / 2.1;
                assert!(is_full || scale < 1e-29, "{scale} {width}: {largest:?}");
            }
        }
    }

    #[test]
    fn rows_at_the_limit_stay_below_it() {
        for value in [1.0f32, 0.999_999_94, 2.0, f32::MAX, f32::MIN_POSITIVE] {
            for width in [1, 600, 20_000] {
                let integers = integers_of(&vec![value; width], width, width, 1, LENGTH_OF_ROW);
                let squares: f64 = integers.values.iter().map(|&v| f64::from(v).powi(2)).sum();
                assert!(squares.sqrt() <= LENGTH_OF_ROW, "{value} {width}");
                let back = f64::from(integers.values[0]) * integers.units[0];
                let off = (back - f64::from(value)).abs();
                assert!(off <= integers.units[0] * 0.500_001, "{value} {width}");
            }
        }
    }

    #[test]
    fn f16_of_one_size_lose_nothing() {
        let mut rng = Rng::new(22, Purpose::Baseline, 0, 0);
        let row: Vec<f32> = (0..512)
            .map(|_| f16::from_f64(0.01 + rng.unit_f64()).to_f32())
            .collect();
        assert_eq!(integers_of(&row, 512, 512, 1, LENGTH_OF_ROW).lost, [0.0]);
        let zeros = integers_of(&[0.0; 3], 3, 3, 1, LENGTH_OF_ROW);
        assert_eq!((zeros.values, zeros.lost), (vec![0; 3], vec![0.0]));
    }

    #[test]
    fn what_is_not_finite_makes_a_row_nan() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in 0..20 {
                let mut row = vec![1.0f32; 40];
                row[at] = bad;
                row[20..].fill(2.0);
                let integers = integers_of(&row, 20, 20, 2, LENGTH_OF_ROW);
                assert!(integers.units[0].is_nan() && integers.lost[0].is_nan());
                assert_eq!(integers.lost[1], 0.0);
            }
        }
    }

    /// The products are those of the integers, with every instruction set.
    #[test]
    fn products_are_exact_with_every_instruction_set() {
        let mut rng = Rng::new(23, Purpose::Baseline, 0, 0);
        for (rows, outputs, inputs) in [(1, 1, 1), (5, 40, 63), (33, 384, 512), (64, 17, 1_100)] {
            let stride = inputs + 2;
            let mut x = values(&mut rng, rows * stride, 2.0);
            let mut weight = values(&mut rng, outputs * inputs, 0.1);
            // The largest sums there are.
            x[..inputs].fill(1.0);
            weight[..inputs].fill(-1.0);
            let left = integers_of(&x, stride, inputs, rows, LENGTH_OF_ROW);
            let right = integers_of(&weight, inputs, inputs, outputs, LENGTH_OF_WEIGHTS);
            for set in InstructionSet::available() {
                let packed = IntegerMatrix::new(set, &weight, outputs, inputs);
                let mut prepared = IntegerRows::default();
                prepared.refill(set, &x, stride, inputs, rows);
                let mut found = vec![f64::NAN; 7];
                packed.multiply(set, &prepared, &mut found);
                for row in 0..rows {
                    for output in 0..outputs {
                        let (x, w) = (
                            &left.values[row * inputs..][..inputs],
                            &right.values[output * inputs..][..inputs],
                        );
                        let products = x.iter().zip(w).map(|(&x, &w)| i64::from(x) * i64::from(w));
                        let exact = products.sum::<i64>() as f64;
                        let expected = exact * (left.units[row] * right.units[output]);
                        let found = found[row * packed.stride() + output];
                        assert_eq!(found, expected, "{set:?} {row} {output}");
                    }
                }
            }
        }
    }
}
