//! A choice by any method.
use std::ops::ControlFlow;

use super::blocks::{self, Block};
use super::k_center::k_center;
use super::ranking::Ranking;
use super::{Method, Selection, SelectionPool, baselines};
use crate::arithmetic::InstructionSet;
use crate::budget::Budget;
use crate::features::{FeatureRows, check_row};
use crate::{Error, Result, parallel};

/// Blocks between two calls of the progress callback.
const BLOCKS_AT_ONCE: usize = 64;

/// Hears how many of the records to choose are settled, of how many; may stop the work.
pub type ChoiceProgress<'a> = dyn FnMut(u64, u64) -> ControlFlow<()> + 'a;

/// What a choice is made with besides the pool.
struct Means<'a, 'b> {
    method: Method,
    seed: u64,
    features: Option<Embeddings<'a>>,
    progress: &'a mut ChoiceProgress<'b>,
    settled: u64,
    budget: u64,
}

/// A group and places among its kept records.
type Places = (usize, Vec<usize>);

impl<'a> Means<'a, '_> {
    fn embeddings(&self) -> Result<Embeddings<'a>> {
        self.features.ok_or(Error::NeedsFeatures {
            method: self.method,
        })
    }

    fn settle(&mut self, records: u64) -> Result<()> {
        self.settled += records;
        match (self.progress)(self.settled, self.budget) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }
}

/// The features, and where in them each row of the scores is.
#[derive(Clone, Copy)]
struct Embeddings<'a> {
    features: &'a dyn FeatureRows,
    /// Rows of the features by row of the scores; `None` where they are the same.
    rows: Option<&'a [usize]>,
}

impl Embeddings<'_> {
    fn rows_of(&self, rows: &[u32]) -> Vec<usize> {
        let place = |&row: &u32| self.rows.map_or(row as usize, |rows| rows[row as usize]);
        rows.iter().map(place).collect()
    }
}

impl SelectionPool {
    /// Chooses by a method. `features` are those that were scored, or more of the dataset's;
    /// `seed` is for what is drawn; `progress` is called while the methods that look at
    /// embeddings work.
    ///
    /// Pinned records are chosen first and the method fills up the quotas: among the records that
    /// the alignment filter keeps, and where those are too few, with the largest margins among the
    /// others.
    ///
    /// # Errors
    /// As [`Self::select_confidence`]; [`Error::NeedsQuotas`] for a method that works within
    /// clusters and a pool without quotas; [`Error::NeedsFeatures`] for a method that looks at
    /// embeddings without any; [`Error::FeaturesLackRecord`] where a scored record has none;
    /// [`Error::NotFinite`] for an embedding that is not finite; [`Error::Kernel`] where a block's
    /// kernel cannot be decomposed; [`Error::Cancelled`] where `progress` breaks.
    ///
    /// Source: METHOD section 5.
    pub fn select(
        &self,
        method: Method,
        budget: Budget,
        seed: u64,
        features: Option<&dyn FeatureRows>,
        progress: &mut ChoiceProgress<'_>,
    ) -> Result<Selection> {
        if !self.has_quotas && !method.works_without_quotas() {
            return Err(Error::NeedsQuotas { method });
        }
        if method == Method::Confidence {
            return self.select_confidence(budget);
        }
        let quotas = self.group_quotas(budget)?;
        let features = features.filter(|_| method.needs_features());
        let rows = match features {
            Some(features) => self.feature_rows(features)?,
            None if method.needs_features() => return Err(Error::NeedsFeatures { method }),
            None => None,
        };
        let mut means = Means {
            method,
            seed,
            features: features.map(|features| Embeddings {
                features,
                rows: rows.as_deref(),
            }),
            progress,
            settled: 0,
            budget: quotas.iter().map(|quota| quota.quota).sum(),
        };
        // Places that are left for the method, by group.
        let mut open = Vec::with_capacity(self.groups.len());
        let mut is_chosen = vec![false; self.len()];
        let mut mark = |rows: &[u32]| rows.iter().for_each(|&row| is_chosen[row as usize] = true);
        for (group, quota) in self.groups.iter().zip(&quotas) {
            let others = quota.quota as usize - group.pinned.len();
            let from_kept = others.min(group.kept);
            mark(&group.pinned);
            mark(&group.set_aside()[..others - from_kept]);
            means.settled += (quota.quota as usize - from_kept) as u64;
            open.push(from_kept);
        }
        for (group, chosen) in self.choose(&open, &mut means)? {
            let kept = self.groups[group].kept();
            chosen
                .iter()
                .for_each(|&place| is_chosen[kept[place] as usize] = true);
        }
        Ok(self.in_dataset_order(&is_chosen, quotas))
    }

    /// Places among the kept records, by group; a group may come in several parts.
    fn choose(&self, open: &[usize], means: &mut Means<'_, '_>) -> Result<Vec<Places>> {
        match means.method {
            // That is done already, without a method's means.
            Method::Confidence => Ok(vec![]),
            Method::Random => self.choose_at_random(open, means),
            Method::Kdpp | Method::KdppMap => self.choose_by_blocks(open, means),
            Method::ClipScore => self.choose_in_groups(open, means, choose_most_alike),
            Method::KCenter => self.choose_in_groups(open, means, choose_farthest),
        }
    }

    /// By a method that looks at one group at a time.
    fn choose_in_groups(
        &self,
        open: &[usize],
        means: &mut Means<'_, '_>,
        choose: fn(
            usize,
            &Ranking,
            usize,
            Embeddings<'_>,
            &mut Means<'_, '_>,
        ) -> Result<Vec<usize>>,
    ) -> Result<Vec<Places>> {
        let embeddings = means.embeddings()?;
        let mut chosen = Vec::with_capacity(self.groups.len());
        for (number, (group, &open)) in self.groups.iter().zip(open).enumerate() {
            if open > 0 {
                let places = choose(number, group, open, embeddings, means)?;
                chosen.push((number, places));
            }
        }
        Ok(chosen)
    }

    fn choose_at_random(&self, open: &[usize], means: &mut Means<'_, '_>) -> Result<Vec<Places>> {
        // Every row of a group, whatever is pinned, excluded or set aside.
        let mut rows = vec![vec![]; self.groups.len()];
        for (row, &cluster) in (0u32..).zip(&self.cluster) {
            let group = if self.has_quotas { cluster as usize } else { 0 };
            rows[group].push(row);
        }
        let mut place_of: Vec<Option<u32>> = vec![None; self.len()];
        for group in &self.groups {
            for (place, &row) in (0..).zip(group.kept()) {
                place_of[row as usize] = Some(place);
            }
        }
        let mut chosen = Vec::with_capacity(rows.len());
        for (number, (rows, &open)) in rows.iter_mut().zip(open).enumerate() {
            let cluster = self.has_quotas.then_some(number);
            baselines::random_order(rows, means.seed, cluster);
            let places = rows.iter().filter_map(|&row| place_of[row as usize]);
            let places = places.map(|place| place as usize).take(open).collect();
            chosen.push((number, places));
            means.settle(open as u64)?;
        }
        Ok(chosen)
    }

    fn choose_by_blocks(&self, open: &[usize], means: &mut Means<'_, '_>) -> Result<Vec<Places>> {
        let embeddings = means.embeddings()?;
        let (method, seed) = (means.method, means.seed);
        let (mut cuts, mut rows) = (Vec::new(), Vec::new());
        for (number, (group, &open)) in self.groups.iter().zip(open).enumerate() {
            let candidates = blocks::candidates(group.kept, open);
            cuts.extend(blocks::cut(seed, number, candidates, open));
            rows.push(embeddings.rows_of(&group.kept()[..candidates]));
        }
        let set = InstructionSet::detect();
        let mut chosen = Vec::with_capacity(cuts.len());
        for some in cuts.chunks(BLOCKS_AT_ONCE) {
            let choices = parallel::map(some.len(), |i| {
                let block: &Block = &some[i];
                let rows = &rows[block.cluster];
                block.choose(set, &embeddings.features, rows, method, seed)
            });
            let mut settled = 0;
            for (block, places) in some.iter().zip(choices) {
                let places = places?;
                settled += places.len() as u64;
                chosen.push((block.cluster, places));
            }
            means.settle(settled)?;
        }
        Ok(chosen)
    }

    /// The features' row of every row of the pool; `None` where they are the same.
    fn feature_rows(&self, features: &dyn FeatureRows) -> Result<Option<Vec<usize>>> {
        let is_same = features.rows() == self.len()
            && (0..self.len()).all(|row| features.index(row) == self.index[row]);
        if is_same {
            return Ok(None);
        }
        let mut next = 0;
        let place = |&position: &u64| {
            while next < features.rows() && features.index(next) < position {
                next += 1;
            }
            if next < features.rows() && features.index(next) == position {
                Ok(next)
            } else {
                Err(Error::FeaturesLackRecord { position })
            }
        };
        self.index
            .iter()
            .map(place)
            .collect::<Result<_>>()
            .map(Some)
    }
}

/// The kept records whose image and text are most alike, the earlier record on ties.
fn choose_most_alike(
    _: usize,
    group: &Ranking,
    open: usize,
    embeddings: Embeddings<'_>,
    means: &mut Means<'_, '_>,
) -> Result<Vec<usize>> {
    let (kept, features) = (group.kept(), embeddings.features);
    let rows = embeddings.rows_of(kept);
    rows.iter().try_for_each(|&row| check_row(&features, row))?;
    let scores = baselines::clip_scores(&features, &rows);
    let mut places: Vec<usize> = (0..kept.len()).collect();
    places.sort_by(|&a, &b| {
        let order = scores[b].partial_cmp(&scores[a]);
        order.expect("checked: no NaN").then(kept[a].cmp(&kept[b]))
    });
    places.truncate(open);
    means.settle(open as u64)?;
    Ok(places)
}

/// The kept records that are farthest from all that are chosen, pinned ones included.
fn choose_farthest(
    number: usize,
    group: &Ranking,
    open: usize,
    embeddings: Embeddings<'_>,
    means: &mut Means<'_, '_>,
) -> Result<Vec<usize>> {
    let (kept, features) = (group.kept(), embeddings.features);
    // In dataset order, so that ties go to the earlier record.
    let mut places: Vec<usize> = (0..kept.len()).collect();
    places.sort_by_key(|&place| kept[place]);
    let in_order: Vec<u32> = places.iter().map(|&place| kept[place]).collect();
    let candidates = embeddings.rows_of(&in_order);
    let centers = embeddings.rows_of(&group.pinned);
    for &row in candidates.iter().chain(&centers) {
        check_row(&features, row)?;
    }
    let seed = (means.seed, number);
    let mut settle = || match means.settle(1) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    let chosen = k_center(&features, &candidates, &centers, open, seed, &mut settle)?;
    Ok(chosen.into_iter().map(|i| places[i]).collect())
}
