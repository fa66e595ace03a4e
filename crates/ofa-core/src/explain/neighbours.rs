//! The records of a cluster that are most like one of them.
use crate::arithmetic::widen;
use crate::arithmetic::{dot_f64, sum_of_squares};
use crate::features::{FeatureRows, check_row};
use crate::{Error, Result, parallel};

/// Rows of one piece of parallel work.
const ROWS_AT_ONCE: usize = 1024;

/// Pieces of a step.
const PIECES_AT_ONCE: usize = 16;

/// A row and how like it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The row of the features.
    pub row: usize,
    /// Cosine of the joint features.
    pub similarity: f64,
}

/// The `count` of `candidates` whose joint features are nearest to those of `row`, the nearest
/// first, the earlier one on ties; `row` itself is none of them.
///
/// Exact: which are nearest is decided by similarities in f64 and in a fixed order of summation, so
/// the answer is the same on every machine.
///
/// # Errors
/// [`Error::Option`] for a row that the features do not have; [`Error::NotFinite`] for one that
/// holds NaN or an infinity.
///
/// Cost: one pass over the candidates' features.
pub fn nearest(
    features: &impl FeatureRows,
    row: usize,
    candidates: &[usize],
    count: usize,
) -> Result<Vec<Neighbour>> {
    let mut search = NearestSearch::begin(features, row, candidates, count)?;
    while search.step(features)?.is_some() {}
    search.finish(features)
}

/// A search for the nearest rows that is under way, for who cannot wait until all were compared; the
/// result is that of [`nearest`].
#[derive(Debug)]
pub struct NearestSearch {
    target: Joint,
    candidates: Vec<usize>,
    /// The similarities of the first candidates, up to [`ABOUT`].
    about: Vec<f32>,
    count: usize,
}

impl NearestSearch {
    /// Begins. It borrows nothing.
    ///
    /// # Errors
    /// As [`nearest`].
    pub fn begin(
        features: &impl FeatureRows,
        row: usize,
        candidates: &[usize],
        count: usize,
    ) -> Result<Self> {
        let beyond = candidates
            .iter()
            .chain([&row])
            .find(|&&row| row >= features.rows());
        if let Some(beyond) = beyond {
            return Err(Error::Option {
                option: "row of the features",
                expected: "one that they have; are scores and features of one run?",
                found: format!("{beyond} of {}", features.rows()),
            });
        }
        let others = candidates.iter().copied().filter(|&other| other != row);
        Ok(Self {
            target: Joint::of(features, row)?,
            candidates: others.collect(),
            about: Vec::new(),
            count,
        })
    }

    /// Compares some ten thousand candidates further and says how many are done, and of how many;
    /// `None` once all are.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a row that holds NaN or an infinity.
    pub fn step(&mut self, features: &impl FeatureRows) -> Result<Option<(usize, usize)>> {
        let (done, of) = (self.about.len(), self.candidates.len());
        if done == of {
            return Ok(None);
        }
        let step = &self.candidates[done..of.min(done + PIECES_AT_ONCE * ROWS_AT_ONCE)];
        let pieces = parallel::map(step.len().div_ceil(ROWS_AT_ONCE), |piece| {
            let from = piece * ROWS_AT_ONCE;
            let to = step.len().min(from + ROWS_AT_ONCE);
            let mut joint = Joint::empty(features);
            let about = |&other: &usize| {
                joint.read(features, other)?;
                Ok(self.target.about(&joint))
            };
            step[from..to]
                .iter()
                .map(about)
                .collect::<Result<Vec<f32>>>()
        });
        for piece in pieces {
            self.about.extend(piece?);
        }
        Ok(Some((self.about.len(), of)))
    }

    /// The nearest of the candidates that were compared.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn finish(self, features: &impl FeatureRows) -> Result<Vec<Neighbour>> {
        // Exact similarities decide, of those that may be near enough.
        let least = match self.count.checked_sub(1) {
            Some(last) if last < self.about.len() => {
                let mut order = self.about.clone();
                let (_, least, _) = order.select_nth_unstable_by(last, |a, b| b.total_cmp(a));
                *least - 2.0 * ABOUT
            }
            _ => f32::NEG_INFINITY,
        };
        let mut neighbours = Vec::new();
        let about = self.candidates.iter().zip(&self.about);
        for (&other, _) in about.filter(|(_, about)| **about >= least) {
            neighbours.push(Neighbour {
                row: other,
                similarity: self.target.cosine(&Joint::of(features, other)?),
            });
        }
        neighbours.sort_by(|a, b| {
            let by_similarity = b.similarity.total_cmp(&a.similarity);
            by_similarity.then(a.row.cmp(&b.row))
        });
        neighbours.truncate(self.count);
        Ok(neighbours)
    }
}

/// The most that [`Joint::about`] may be off. An f32 sum of 2048 products in [`LANES`] is off by
/// `(2048 / 16 + 4) * 2^-24` of the lengths, and this is ten times as much.
const ABOUT: f32 = 1e-4;

/// Partial sums of what need not be exact.
const LANES: usize = 16;

/// An image and a text embedding, side by side, and their joint length.
#[derive(Debug)]
struct Joint {
    values: Vec<f32>,
    length: f64,
}

impl Joint {
    fn of(features: &impl FeatureRows, row: usize) -> Result<Self> {
        let mut joint = Self::empty(features);
        joint.read(features, row)?;
        joint.length = sum_of_squares(&joint.values).sqrt();
        Ok(joint)
    }

    fn empty(features: &impl FeatureRows) -> Self {
        Self {
            values: vec![0.0; 2 * features.dim()],
            length: 0.0,
        }
    }

    /// Takes another row's values, without their length.
    fn read(&mut self, features: &impl FeatureRows, row: usize) -> Result<()> {
        check_row(features, row)?;
        let (image, text) = self.values.split_at_mut(features.dim());
        widen(features.image(row), image);
        widen(features.text(row), text);
        Ok(())
    }

    /// 0 where either has no length.
    fn cosine(&self, other: &Self) -> f64 {
        match self.length * other.length {
            0.0 => 0.0,
            lengths => dot_f64(&self.values, &other.values) / lengths,
        }
    }

    /// The cosine up to [`ABOUT`], of another whose length need not be known: a fraction of the time.
    fn about(&self, other: &Self) -> f32 {
        let (mut products, mut squares) = ([0.0f32; LANES], [0.0f32; LANES]);
        let mut add = |ours: &[f32], theirs: &[f32]| {
            for (lane, (our, their)) in ours.iter().zip(theirs).enumerate() {
                products[lane] += our * their;
                squares[lane] += their * their;
            }
        };
        let (ours, our_rest) = self.values.as_chunks::<LANES>();
        let (theirs, their_rest) = other.values.as_chunks::<LANES>();
        for (ours, theirs) in ours.iter().zip(theirs) {
            add(ours, theirs);
        }
        add(our_rest, their_rest);
        let sum = |lanes: [f32; LANES]| lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
        match self.length * sum(squares).sqrt() {
            0.0 => 0.0,
            lengths => (sum(products) / lengths) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureMatrix;
    use half::f16;
    use proptest::prelude::*;

    proptest! {
        /// Also where many are as near as the last one that counts.
        #[test]
        fn those_that_are_passed_over_are_farther_away(
            values in prop::collection::vec(-3i8..=3, 2 * 37 * 24),
            count in 1usize..30,
        ) {
            let halves: Vec<f16> = values.iter().map(|&value| f16::from_f32(value.into())).collect();
            let (image, text) = halves.split_at(37 * 24);
            let features = FeatureMatrix::new(37, image.to_vec(), text.to_vec()).expect("a matrix");
            let rows: Vec<usize> = (0..24).collect();
            let target = Joint::of(&features, 5).expect("finite");
            let mut all: Vec<(f64, usize)> = (rows.iter().filter(|&&row| row != 5))
                .map(|&row| (-target.cosine(&Joint::of(&features, row).expect("finite")), row))
                .collect();
            all.sort_by(|a, b| a.partial_cmp(b).expect("finite"));
            let found = nearest(&features, 5, &rows, count).expect("neighbours");
            prop_assert_eq!(found.len(), count.min(23));
            for (found, (similarity, row)) in found.iter().zip(all) {
                prop_assert_eq!((found.row, found.similarity), (row, -similarity));
            }
        }
    }

    #[test]
    fn the_nearest_come_first_and_ties_in_dataset_order() {
        let halves = |values: &[f32]| values.iter().map(|&v| f16::from_f32(v)).collect();
        let features = FeatureMatrix::new(
            2,
            halves(&[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0, 0.0]),
            halves(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5, 0.0, 0.0, 1.0, 0.0]),
        )
        .expect("a matrix");
        let found = nearest(&features, 0, &[5, 4, 3, 2, 1, 0], 10).expect("neighbours");
        let rows: Vec<usize> = found.iter().map(|neighbour| neighbour.row).collect();
        // 2 and 3 point where 0 does, 1 and 5 half way, 4 nowhere.
        assert_eq!(rows, [2, 3, 1, 5, 4]);
        assert!((found[1].similarity - 1.0).abs() < 1e-12);
        assert!((found[2].similarity - 0.5).abs() < 1e-12);
        assert_eq!(found[4].similarity, 0.0);
        assert_eq!(nearest(&features, 0, &[2, 3], 1).expect("one").len(), 1);
        assert_eq!(nearest(&features, 0, &[2, 3], 0).expect("none").len(), 0);
        let beyond = nearest(&features, 0, &[6], 1);
        assert!(matches!(beyond, Err(Error::Option { .. })), "{beyond:?}");
    }
}
