//! What two choices have in common.

/// How two sets of records overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Records of the first set.
    pub first: u64,
    /// Records of the second set.
    pub second: u64,
    /// Records of both.
    pub both: u64,
}

impl Overlap {
    /// The overlap of two sets, each given ascending and without duplicates.
    ///
    /// Cost: one walk over both.
    ///
    /// ```
    /// use ofa_core::overlap::Overlap;
    /// let overlap = Overlap::of(&[1, 3, 5], &[3, 4, 5, 6]);
    /// assert_eq!((overlap.both, overlap.jaccard()), (2, 0.4));
    /// ```
    pub fn of(first: &[u64], second: &[u64]) -> Self {
        Self {
            first: first.len() as u64,
            second: second.len() as u64,
            both: common(first, second).count() as u64,
        }
    }

    /// Records of both by records of either; 1 for two empty sets.
    pub fn jaccard(&self) -> f64 {
        match self.first + self.second - self.both {
            0 => 1.0,
            either => self.both as f64 / either as f64,
        }
    }

    /// The overlap within each cluster. `cluster_of` knows the cluster of a record, or that it has
    /// none, in which case the record is counted last.
    pub fn by_cluster(
        first: &[u64],
        second: &[u64],
        clusters: usize,
        cluster_of: impl Fn(u64) -> Option<usize>,
    ) -> Vec<Self> {
        let mut overlaps = vec![Self::default(); clusters + 1];
        let place = |record: u64| cluster_of(record).map_or(clusters, |c| c.min(clusters));
        for &record in first {
            overlaps[place(record)].first += 1;
        }
        for &record in second {
            overlaps[place(record)].second += 1;
        }
        for record in common(first, second) {
            overlaps[place(record)].both += 1;
        }
        overlaps
    }
}

/// Records of both sets.
fn common<'a>(first: &'a [u64], second: &'a [u64]) -> impl Iterator<Item = u64> + 'a {
    let mut rest = second.iter().copied().peekable();
    first.iter().copied().filter(move |&record| {
        while rest.next_if(|&other| other < record).is_some() {}
        rest.next_if_eq(&record).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn overlaps_are_those_of_sets(
            first in prop::collection::btree_set(0u64..40, 0..30),
            second in prop::collection::btree_set(0u64..40, 0..30),
        ) {
            let list = |set: &BTreeSet<u64>| set.iter().copied().collect::<Vec<_>>();
            let (a, b) = (list(&first), list(&second));
            let overlap = Overlap::of(&a, &b);
            let both: BTreeSet<u64> = first.intersection(&second).copied().collect();
            let either = first.union(&second).count();
            prop_assert_eq!(overlap.both, both.len() as u64);
            if either > 0 {
                prop_assert_eq!(overlap.jaccard(), both.len() as f64 / either as f64);
            } else {
                prop_assert_eq!(overlap.jaccard(), 1.0);
            }
            let cluster = |record: u64| (record % 4 != 3).then_some((record % 4) as usize);
            for (c, part) in Overlap::by_cluster(&a, &b, 3, cluster).into_iter().enumerate() {
                let of = |record: &&u64| **record % 4 == c as u64;
                let expected = Overlap {
                    first: first.iter().filter(of).count() as u64,
                    second: second.iter().filter(of).count() as u64,
                    both: both.iter().filter(of).count() as u64,
                };
                prop_assert_eq!(part, expected);
            }
        }
    }
}
