//! Scored records in two dimensions: the first two principal components of their joint features.
//!
//! # The method
//! The covariance of all rows would cost as much as encoding them. So it is taken of a sample, of at
//! most [`SAMPLE`] rows: a subspace iteration finds its leading 32 axes, all rows are projected
//! onto these once, and the two directions in which they differ most are found among the 32
//! (Rayleigh-Ritz). Of pools that are no larger than the sample that is PCA itself; of larger ones the
//! axes lack what of the true ones lies outside of the sample's 32. On 50,000 rows of 512-wide
//! embeddings whose k-th axis has 1/k of the first one's variance, places are off by 0.1% and 0.2% of
//! their spread, and 99.97% of the variance along the true axes is kept.
//!
//! # One answer everywhere
//! Products are those of [`crate::arithmetic::PackedMatrix`], sums are taken over pieces of a fixed
//! number of rows, in their order, and random numbers come from named streams. An axis points to where
//! its largest loading is positive.
//!
//! Source: Halko, Martinsson and Tropp, Finding Structure with Randomness, sections 4.4 and 5.3.
mod axes;
mod covariance;
mod turned;

use crate::arithmetic::InstructionSet;
use crate::features::{FeatureRows, check_row};
use crate::rng::{Purpose, Rng};
use crate::{Error, Result};
use axes::Axes;
use covariance::Covariance;
use turned::Turned;

/// Rows that the axes are looked for on.
pub const SAMPLE: usize = 16_384;

/// The same picture for everybody: no seed is asked for.
const SEED: u64 = 42;

/// Rows in two dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// `[rows, 2]`: the coordinates, of which each column has the mean 0.
    pub coordinates: Vec<f32>,
    /// The share of the variance of all joint features that lies along each of the two; 0 where the
    /// features do not differ at all.
    pub explained: [f64; 2],
}

/// A projection that is under way.
///
/// It borrows nothing, so that a caller can go on with other things between two steps.
#[derive(Debug)]
pub struct Projector {
    set: InstructionSet,
    /// The rows of the features that are projected, in the order of the coordinates.
    rows: Vec<usize>,
    /// Those of them that the axes are looked for on.
    sample: Vec<usize>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Covariance(Covariance),
    Axes(Axes),
    Turned(Turned),
    Finished(Projection),
}

/// How far a projection is, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows done.
    pub done: usize,
    /// Rows altogether; each of the sample counts three times.
    pub of: usize,
}

impl Projector {
    /// Begins with rows of `features`, each of which may come once.
    ///
    /// # Errors
    /// [`Error::Option`] for a row that the features do not have.
    pub fn begin(features: &impl FeatureRows, rows: Vec<usize>) -> Result<Self> {
        if let Some(beyond) = rows.iter().find(|&&row| row >= features.rows()) {
            return Err(Error::Option {
                option: "row of the features",
                expected: "one that they have; are scores and features of one run?",
                found: format!("{beyond} of {}", features.rows()),
            });
        }
        let sample = match rows.len() {
            few if few <= SAMPLE => rows.clone(),
            many => {
                let mut rng = Rng::new(SEED, Purpose::Projection, 0, 0);
                let mut drawn = rng.sample_without_replacement(many, SAMPLE);
                drawn.sort_unstable();
                drawn.into_iter().map(|nth| rows[nth]).collect()
            }
        };
        Ok(Self {
            set: InstructionSet::detect(),
            stage: Stage::Covariance(Covariance::new(2 * features.dim())),
            rows,
            sample,
        })
    }

    /// Uses these vector instructions; the result is the same with each.
    #[must_use]
    pub fn with_instruction_set(mut self, set: InstructionSet) -> Self {
        self.set = set;
        self
    }

    /// Goes a step further, some tens of milliseconds long; `None` once all is done.
    ///
    /// # Errors
    /// [`Error::NotFinite`] with the first row that holds NaN or an infinity.
    ///
    /// # Panics
    /// Where `features` are others than those that it began with, and narrower or fewer.
    pub fn step(&mut self, features: &impl FeatureRows) -> Result<Option<Progress>> {
        let (set, sample, rows) = (self.set, &self.sample, &self.rows);
        let of = 3 * sample.len() + rows.len();
        let (next, done) = match &mut self.stage {
            Stage::Covariance(covariance) => match covariance.step(set, features, sample)? {
                Some(done) => (None, done),
                None => (Some(Stage::Axes(covariance.axes())), 2 * sample.len()),
            },
            Stage::Axes(axes) => match axes.step(set) {
                Some(share) => (
                    None,
                    (2 * sample.len()) + (share * sample.len() as f64) as usize,
                ),
                None => (Some(Stage::Turned(axes.turn())), 3 * sample.len()),
            },
            Stage::Turned(turned) => match turned.step(set, features, rows)? {
                Some(done) => (None, 3 * sample.len() + done),
                None => (Some(Stage::Finished(turned.finish())), of),
            },
            Stage::Finished(_) => return Ok(None),
        };
        if let Some(next) = next {
            self.stage = next;
        }
        Ok(Some(Progress { done, of }))
    }

    /// The projection, once no step is left; `None` before.
    #[must_use]
    pub fn finish(self) -> Option<Projection> {
        match self.stage {
            Stage::Finished(projection) => Some(projection),
            _ => None,
        }
    }
}

/// Projects rows of `features` at once.
///
/// # Errors
/// As [`Projector::begin`] and [`Projector::step`].
///
/// Cost: some `2 dim^2` multiplications for each row of the sample and `64 dim` for each row, `dim`
/// being the width of an embedding; 128 bytes of memory a row.
pub fn project(features: &impl FeatureRows, rows: Vec<usize>) -> Result<Projection> {
    let mut projector = Projector::begin(features, rows)?;
    while projector.step(features)?.is_some() {}
    Ok(projector.finish().expect("no step is left"))
}

/// Joint features of some rows less `center`, one after the other.
fn centered(
    features: &impl FeatureRows,
    rows: &[usize],
    center: &[f32],
    joints: &mut [f32],
) -> Result<()> {
    for (&row, joint) in rows.iter().zip(joints.chunks_exact_mut(center.len())) {
        check_row(features, row)?;
        crate::features::joint(features, row, joint);
        for (value, center) in joint.iter_mut().zip(center) {
            *value -= center;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
