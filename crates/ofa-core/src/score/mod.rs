//! Scoring any dataset with a trained selector, with no retraining.
//!
//! For each record: the selector's confidence (`max softmax`), entropy and gate, the nearest
//! source cluster, with an early selector its confidence too, and how well image and text are
//! aligned compared with the record's cluster ([`ClusterTextMeans`]).
//!
//! Source: METHOD section 4.
mod alignment;
mod forward;
mod layers;
mod rounding;
mod rows;

use std::ops::{ControlFlow, Range};

pub use alignment::ClusterTextMeans;
use forward::{Network, Outputs};
use layers::Fused;
use rows::{IntegerBlock, RowBlock};

use crate::arithmetic::InstructionSet;
use crate::centers::{Centers, ROWS_AT_ONCE};
use crate::features::{self, FeatureRows};
use crate::selector::{Selector, SelectorConfig};
use crate::{Error, Result, parallel};

/// The scores of some records, in columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// Position of the record in its dataset, ascending.
    pub index: Vec<u64>,
    /// Nearest source cluster.
    pub cluster: Vec<u32>,
    /// Largest class probability, in (0, 1].
    pub confidence: Vec<f32>,
    /// Entropy of the class probabilities in nats.
    pub entropy: Vec<f32>,
    /// The gate: the share of the image branch, in [0, 1].
    pub gate: Vec<f32>,
    /// Confidence of the early selector, where there is one.
    pub early_confidence: Option<Vec<f32>>,
    /// How much nearer the image is to its own text than to the mean text of its cluster.
    pub alignment_margin: Option<Vec<f32>>,
}

impl Scores {
    /// How many records there are.
    pub fn rows(&self) -> usize {
        self.index.len()
    }

    /// Adds the rows of `other` at the end. A column that only one of the two has is dropped,
    /// unless one of them has no rows.
    pub fn append(&mut self, other: Self) {
        if self.rows() == 0 {
            *self = other;
            return;
        }
        if other.rows() == 0 {
            return;
        }
        let join = |mine: &mut Option<Vec<f32>>, other: Option<Vec<f32>>| {
            *mine = mine.take().zip(other).map(|(mut mine, other)| {
                mine.extend(other);
                mine
            });
        };
        self.index.extend(other.index);
        self.cluster.extend(other.cluster);
        self.confidence.extend(other.confidence);
        self.entropy.extend(other.entropy);
        self.gate.extend(other.gate);
        join(&mut self.early_confidence, other.early_confidence);
        join(&mut self.alignment_margin, other.alignment_margin);
    }

    /// Checks that scores, perhaps read from a file, can be used: columns of one length, record
    /// positions that ascend, cluster numbers that a selector can have, confidences in [0, 1],
    /// other values finite.
    ///
    /// # Errors
    /// [`Error::Length`] for a column of another length, [`Error::Score`] for the first bad row.
    pub fn check(&self) -> Result<()> {
        let rows = self.rows();
        let columns = [
            ("confidence", Some(&self.confidence)),
            ("entropy", Some(&self.entropy)),
            ("gate", Some(&self.gate)),
            ("early_confidence", self.early_confidence.as_ref()),
            ("alignment_margin", self.alignment_margin.as_ref()),
        ];
        let columns: Vec<(&str, &Vec<f32>)> = columns
            .into_iter()
            .filter_map(|(name, column)| Some((name, column?)))
            .collect();
        let lengths = columns.iter().map(|(name, column)| (*name, column.len()));
        for (name, len) in lengths.chain([("cluster", self.cluster.len())]) {
            if len != rows {
                return Err(Error::Length {
                    what: format!("scores: column `{name}`"),
                    expected: rows,
                    found: len,
                });
            }
        }
        for row in 0..rows {
            let error = |problem| {
                Err(Error::Score {
                    row,
                    index: self.index[row],
                    problem,
                })
            };
            if row > 0 && self.index[row] <= self.index[row - 1] {
                return error(format!(
                    "its record position does not come after {} of the row before; positions \
                     must ascend without duplicates",
                    self.index[row - 1]
                ));
            }
            // Clusters are counted from 0 up to the largest number, so that one is bounded.
            if self.cluster[row] as usize >= SelectorConfig::LARGEST_SIZE {
                return error(format!(
                    "cluster is {}, expected a number below {}; score the records again",
                    self.cluster[row],
                    SelectorConfig::LARGEST_SIZE
                ));
            }
            for &(name, column) in &columns {
                let value = column[row];
                let is_probability = matches!(name, "confidence" | "early_confidence");
                if is_probability && !(0.0..=1.0).contains(&value) {
                    return error(format!("{name} is {value}, expected a number from 0 to 1"));
                }
                if !value.is_finite() {
                    return error(format!("{name} is {value}, expected a finite number"));
                }
            }
        }
        Ok(())
    }
}

/// Room for a block of rows on its way, which is filled again with each.
#[derive(Default)]
struct Room {
    block: RowBlock<f32>,
    integers: IntegerBlock,
    fused: Fused,
    joint: Vec<f32>,
}

/// A selector prepared for scoring.
#[derive(Debug, Clone)]
pub struct Scorer {
    feature_dim: usize,
    network: Network,
    early: Option<Network>,
    centers: Centers,
    set: InstructionSet,
}

impl Scorer {
    /// Prepares a selector.
    ///
    /// # Errors
    /// Those of [`Selector::check`].
    pub fn new(selector: &Selector) -> Result<Self> {
        Self::with_instruction_set(selector, InstructionSet::detect())
    }

    /// Prepares a selector for these instructions instead of the widest; the result is the same.
    ///
    /// # Errors
    /// Those of [`Selector::check`].
    ///
    /// # Panics
    /// Where this processor lacks them.
    pub fn with_instruction_set(selector: &Selector, set: InstructionSet) -> Result<Self> {
        assert!(set.is_available(), "this processor lacks {set:?}");
        selector.check()?;
        let config = &selector.config;
        Ok(Self {
            feature_dim: config.feature_dim,
            network: Network::new(set, config, &selector.weights),
            early: selector
                .early
                .as_ref()
                .map(|weights| Network::new(set, config, weights)),
            centers: Centers::prepare(
                set,
                &selector.cluster_centers,
                config.num_clusters,
                config.joint_dim(),
            ),
            set,
        })
    }

    /// The number of clusters.
    pub fn clusters(&self) -> usize {
        self.centers.clusters()
    }

    /// The width of an embedding.
    pub fn feature_dim(&self) -> usize {
        self.feature_dim
    }

    /// Scores some rows; all columns but the alignment margin, which needs the whole pool.
    ///
    /// Confidence and gate are within 1e-6 of a computation in f64, the entropy within 2e-6, with
    /// any weights: the matrix products before the layer norm are those of integers of 24 bits, and rows
    /// for which that is not enough are computed again in f64.
    ///
    /// # Errors
    /// [`Error::FeatureWidth`] where the features are not as wide as the selector's,
    /// [`Error::NotFinite`] for the first row with NaN or an infinity, [`Error::Score`] where the
    /// network's result is not a finite number (embeddings far from unit length).
    ///
    /// # Panics
    /// Where `rows` reaches beyond the features.
    pub fn score(&self, features: &impl FeatureRows, rows: Range<usize>) -> Result<Scores> {
        if features.dim() != self.feature_dim {
            return Err(Error::FeatureWidth {
                expected: self.feature_dim,
                found: features.dim(),
            });
        }
        // Rows that one thread scores with the same room.
        const PIECE: usize = 8 * ROWS_AT_ONCE;
        let pieces = parallel::map(rows.len().div_ceil(PIECE), |piece| {
            let start = rows.start + piece * PIECE;
            self.score_piece(features, start..rows.end.min(start + PIECE))
        });
        let mut scores = Scores::default();
        for piece in pieces {
            scores.append(piece?);
        }
        Ok(scores)
    }

    fn score_piece(&self, features: &impl FeatureRows, rows: Range<usize>) -> Result<Scores> {
        let (mut room, mut scores) = (Room::default(), Scores::default());
        for start in rows.clone().step_by(ROWS_AT_ONCE) {
            let end = rows.end.min(start + ROWS_AT_ONCE);
            scores.append(self.score_block(features, start..end, &mut room)?);
        }
        Ok(scores)
    }

    fn score_block(
        &self,
        features: &impl FeatureRows,
        rows: Range<usize>,
        room: &mut Room,
    ) -> Result<Scores> {
        for row in rows.clone() {
            features::check_row(features, row)?;
        }
        let Room {
            block,
            integers,
            fused,
            joint,
        } = room;
        block.load(features, rows.clone());
        integers.refill(self.set, block);
        let outputs = self.network.forward(self.set, block, integers, fused);
        let early_confidence = (self.early.as_ref())
            .map(|early| early.forward(self.set, block, integers, fused).confidence);
        block.write_joint(joint);
        let assignment = self.centers.nearest(joint);
        let Outputs {
            confidence,
            entropy,
            gate,
        } = outputs;
        let finite = |row: usize| {
            let early = early_confidence
                .as_ref()
                .map_or(0.0, |early: &Vec<f32>| early[row]);
            (confidence[row] + entropy[row] + gate[row] + early).is_finite()
        };
        if let Some(row) = (0..rows.len()).find(|&row| !finite(row)) {
            return Err(Error::Score {
                row: rows.start + row,
                index: features.index(rows.start + row),
                problem: "the selector's result is not finite; embeddings should be L2-normalised"
                    .into(),
            });
        }
        Ok(Scores {
            index: rows.map(|row| features.index(row)).collect(),
            cluster: assignment.labels,
            confidence,
            entropy,
            gate,
            early_confidence,
            alignment_margin: None,
        })
    }

    /// Scores all rows, with the alignment margin. `progress` hears how many rows are scored and
    /// may stop the work.
    ///
    /// # Errors
    /// As [`Self::score`]; [`Error::Cancelled`] where `progress` breaks;
    /// [`Error::FeatureSumRange`] as [`ClusterTextMeans::margins`].
    pub fn score_all(
        &self,
        features: &impl FeatureRows,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Scores> {
        let mut scores = Scores::default();
        while self.score_further(features, &mut scores)? {
            if progress(scores.rows()).is_break() {
                return Err(Error::Cancelled);
            }
        }
        self.add_margins(features, &mut scores)?;
        Ok(scores)
    }

    /// Scores the rows that come after those in `scores`, some ten thousand of them. `false` where
    /// there were none left. For who cannot wait until all are scored; the result is the same.
    ///
    /// # Errors
    /// As [`Self::score`].
    pub fn score_further(&self, features: &impl FeatureRows, scores: &mut Scores) -> Result<bool> {
        const STEP: usize = 128 * ROWS_AT_ONCE;
        let start = scores.rows();
        let end = features.rows().min(start + STEP);
        if start >= end {
            return Ok(false);
        }
        scores.append(self.score(features, start..end)?);
        Ok(true)
    }

    /// Adds the alignment margins, once all rows are scored.
    ///
    /// # Errors
    /// [`Error::FeatureSumRange`] as [`ClusterTextMeans::margins`].
    ///
    /// # Panics
    /// Where `scores` are not of all rows.
    pub fn add_margins(&self, features: &impl FeatureRows, scores: &mut Scores) -> Result<()> {
        let mut means = ClusterTextMeans::new(self.clusters(), self.feature_dim);
        means.add(features, 0..features.rows(), &scores.cluster)?;
        let margins = means.margins(features, 0..features.rows(), &scores.cluster)?;
        scores.alignment_margin = Some(margins);
        Ok(())
    }
}
