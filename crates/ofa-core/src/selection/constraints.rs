//! Records that the user wants in, or out.
use std::collections::BTreeSet;

use crate::{Error, Result};

/// Records that are in or out of the subset whatever the method says, by position in the dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Chosen in any case; they count towards the budget and their cluster's quota.
    pub pinned: BTreeSet<u64>,
    /// Never chosen; another record of their cluster takes the place.
    pub excluded: BTreeSet<u64>,
}

impl Constraints {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.pinned.is_empty() && self.excluded.is_empty()
    }

    /// The rows of the pinned and of the excluded records, in a pool with these positions.
    ///
    /// Excluded records that have no score are not in the pool anyway, and are passed over.
    ///
    /// # Errors
    /// [`Error::PinnedAndExcluded`]; [`Error::PinOutsidePool`] for a pinned record without a
    /// score.
    pub(super) fn rows(&self, index: &[u64]) -> Result<(Vec<u32>, Vec<u32>)> {
        if let Some(&position) = self.pinned.intersection(&self.excluded).next() {
            return Err(Error::PinnedAndExcluded { position });
        }
        let row = |position: u64| index.binary_search(&position).ok().map(|row| row as u32);
        let pinned = (self.pinned.iter())
            .map(|&position| row(position).ok_or(Error::PinOutsidePool { position }))
            .collect::<Result<_>>()?;
        let excluded = self.excluded.iter().filter_map(|&p| row(p)).collect();
        Ok((pinned, excluded))
    }
}
