//! How many records of a budget each cluster gets.

/// The quota of each cluster: proportional to its size, in exact integers, summing to `budget`.
///
/// `raw = size * budget / n` and `quota = floor(raw)`. Where `budget` reaches the number of
/// non-empty clusters, each of those is promised 1 and gets it. Then, one seat a cluster and
/// pass: missing seats go to the largest `raw - quota` among clusters with room; surplus seats
/// are taken from the smallest `raw - quota` among clusters with more than they are promised;
/// the lowest index first on ties; until the sum is exact.
///
/// Cost: a few sorts of the clusters. Source: METHOD section 5.
///
/// # Panics
/// Where `budget` is above the sum of the sizes, or that sum above 2^63: check the budget with
/// [`Budget::resolve`](crate::budget::Budget::resolve).
///
/// ```
/// use ofa_core::quota::quotas;
/// assert_eq!(quotas(&[70, 20, 10, 0], 7), [5, 1, 1, 0]);
/// // Every non-empty cluster gets one where the budget allows it.
/// assert_eq!(quotas(&[97, 1, 1, 1], 4), [1, 1, 1, 1]);
/// ```
pub fn quotas(sizes: &[u64], budget: u64) -> Vec<u64> {
    let bounds: Vec<QuotaBounds> = (sizes.iter())
        .map(|&size| QuotaBounds {
            least: 0,
            most: size,
        })
        .collect();
    quotas_within(sizes, &bounds, budget)
}

/// What a cluster's quota must be at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaBounds {
    /// Records of the cluster that are chosen in any case.
    pub least: u64,
    /// Records of the cluster that may be chosen.
    pub most: u64,
}

/// As [`quotas`], with bounds: a cluster is promised what it has to have, and its room ends where
/// no more of its records may be chosen. The shares stay those of the sizes.
///
/// Where the budget does not reach for what clusters have to have and one for each other one that
/// has room, the latter is not promised.
///
/// # Panics
/// As [`quotas`]; where `budget` is not between the sums of the bounds, or a cluster's bounds are
/// not `least <= most <= size`.
pub fn quotas_within(sizes: &[u64], bounds: &[QuotaBounds], budget: u64) -> Vec<u64> {
    let total: u128 = sizes.iter().map(|&size| u128::from(size)).sum();
    assert!(total < 1 << 63, "sizes sum to {total}");
    assert_eq!(sizes.len(), bounds.len(), "bounds for each cluster");
    for (size, bounds) in sizes.iter().zip(bounds) {
        assert!(
            bounds.least <= bounds.most && bounds.most <= *size,
            "{bounds:?} of {size} records"
        );
    }
    let least: u64 = bounds.iter().map(|bounds| bounds.least).sum();
    let most: u64 = bounds.iter().map(|bounds| bounds.most).sum();
    assert!(
        (least..=most).contains(&budget),
        "a budget of {budget} where {least} to {most} of {total} records may be chosen"
    );
    if total == 0 {
        return vec![0; sizes.len()];
    }
    let one_each = |bounds: &QuotaBounds| bounds.least.max(bounds.most.min(1));
    let promise = budget >= bounds.iter().map(one_each).sum();
    let promised: Vec<u64> = (bounds.iter())
        .map(|bounds| {
            if promise {
                one_each(bounds)
            } else {
                bounds.least
            }
        })
        .collect();
    // Everything in units of 1/total: raw = size * budget, a quota = quota * total.
    let raw = |cluster: usize| u128::from(sizes[cluster]) * u128::from(budget);
    let mut quotas: Vec<u64> = (0..sizes.len())
        .map(|cluster| {
            let floor = (raw(cluster) / total) as u64;
            floor.max(promised[cluster]).min(bounds[cluster].most)
        })
        .collect();
    let lead =
        |cluster: usize, quota: u64| raw(cluster) as i128 - (u128::from(quota) * total) as i128;

    let mut sum: u64 = quotas.iter().sum();
    while sum < budget {
        let mut order: Vec<usize> = (0..sizes.len())
            .filter(|&c| quotas[c] < bounds[c].most)
            .collect();
        order.sort_by_key(|&c| (-lead(c, quotas[c]), c));
        for cluster in order.into_iter().take((budget - sum) as usize) {
            quotas[cluster] += 1;
            sum += 1;
        }
    }
    while sum > budget {
        let mut order: Vec<usize> = (0..sizes.len())
            .filter(|&c| quotas[c] > promised[c])
            .collect();
        order.sort_by_key(|&c| (lead(c, quotas[c]), c));
        for cluster in order.into_iter().take((sum - budget) as usize) {
            quotas[cluster] -= 1;
            sum -= 1;
        }
    }
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn proportional_with_largest_remainder() {
        assert_eq!(quotas(&[50, 30, 20], 10), [5, 3, 2]);
        // raw 3.333 each: the missing seat goes to the lowest index.
        assert_eq!(quotas(&[10, 10, 10], 10), [4, 3, 3]);
        // raw 6.5, 2.6, 0.9: floors 6, 2, and the promised 1; the seat left goes to 2.6.
        assert_eq!(quotas(&[65, 26, 9], 10), [6, 3, 1]);
        assert_eq!(quotas(&[3, 0, 4], 7), [3, 0, 4]);
        assert_eq!(quotas(&[], 0), [0u64; 0]);
        assert_eq!(quotas(&[0, 0], 0), [0, 0]);
        assert_eq!(quotas(&[5, 5], 0), [0, 0]);
    }

    #[test]
    fn promises_are_kept_where_the_budget_reaches() {
        // raw 3.96, 1, 0.02 x 2: the promises leave 2 seats for 4.96.
        assert_eq!(quotas(&[396, 100, 2, 2], 5), [2, 1, 1, 1]);
        // A budget below the number of clusters promises nothing.
        assert_eq!(quotas(&[90, 5, 5], 2), [2, 0, 0]);
        assert_eq!(quotas(&[5, 90, 5], 1), [0, 1, 0]);
    }

    #[test]
    fn what_must_be_chosen_and_what_must_not_moves_the_rest() {
        let within = |sizes: &[u64], bounds: &[(u64, u64)], budget| {
            let bounds: Vec<QuotaBounds> = bounds
                .iter()
                .map(|&(least, most)| QuotaBounds { least, most })
                .collect();
            quotas_within(sizes, &bounds, budget)
        };
        // Six pins where the share is 3: the others give a seat each, and one gives a second.
        assert_eq!(
            within(&[30, 40, 30], &[(6, 30), (0, 40), (0, 30)], 10),
            [6, 2, 2]
        );
        // Room for one where the share is 5.
        assert_eq!(
            within(&[50, 25, 25], &[(0, 1), (0, 25), (0, 25)], 10),
            [1, 5, 4]
        );
        // Pins alone take the budget: nothing is promised.
        assert_eq!(within(&[10, 10], &[(3, 10), (0, 10)], 3), [3, 0]);
        // A cluster of which everything is excluded is promised nothing.
        assert_eq!(
            within(&[90, 5, 5], &[(0, 90), (0, 0), (0, 5)], 2),
            [1, 0, 1]
        );
    }

    /// floor(size * (budget / n)) in f64 gives 2 here, because 3/49 rounds down.
    #[test]
    fn integers_do_not_floor_one_too_low() {
        let sizes = [49, 49 * 2];
        assert_eq!(quotas(&sizes, 9), [3, 6]);
    }

    /// A slow, separate statement of the rule: one seat at a time, marking who had one this pass.
    fn seat_by_seat(sizes: &[u64], budget: u64) -> Vec<u64> {
        let n: u64 = sizes.iter().sum();
        let promise = budget >= sizes.iter().filter(|&&s| s > 0).count() as u64;
        let least = |c: usize| u64::from(promise && sizes[c] > 0);
        let mut quota: Vec<u64> = (0..sizes.len())
            .map(|c| (sizes[c] * budget / n).max(least(c)))
            .collect();
        let mut had = vec![false; sizes.len()];
        loop {
            let sum: u64 = quota.iter().sum();
            if sum == budget {
                return quota;
            }
            let lead = |c: usize| {
                let seats_this_pass = i64::from(had[c]) * if sum < budget { 1 } else { -1 };
                (sizes[c] * budget) as i64 - (quota[c] as i64 - seats_this_pass) * n as i64
            };
            let open = (0..sizes.len()).filter(|&c| {
                !had[c]
                    && if sum < budget {
                        quota[c] < sizes[c]
                    } else {
                        quota[c] > least(c)
                    }
            });
            let next = if sum < budget {
                open.min_by_key(|&c| (-lead(c), c))
            } else {
                open.min_by_key(|&c| (lead(c), c))
            };
            match next {
                Some(c) if sum < budget => (quota[c], had[c]) = (quota[c] + 1, true),
                Some(c) => (quota[c], had[c]) = (quota[c] - 1, true),
                None => had.fill(false),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn quotas_keep_the_rule(
            sizes in prop::collection::vec(prop_oneof![Just(0u64), 1u64..4, 1u64..2000], 1..40),
            share in 0.0f64..=1.0,
        ) {
            let total: u64 = sizes.iter().sum();
            prop_assume!(total > 0);
            let budget = (share * total as f64) as u64;
            let quotas = quotas(&sizes, budget);
            prop_assert_eq!(quotas.iter().sum::<u64>(), budget);
            let non_empty = sizes.iter().filter(|&&s| s > 0).count() as u64;
            for (&quota, &size) in quotas.iter().zip(&sizes) {
                prop_assert!(quota <= size);
                if size > 0 && budget >= non_empty {
                    prop_assert!(quota >= 1);
                }
            }
            prop_assert_eq!(quotas, seat_by_seat(&sizes, budget));
        }

        /// Within its bounds a quota is where the leads put it: no seat could move to a cluster
        /// with room whose lead is more than a seat above.
        #[test]
        fn bounds_are_kept_and_shares_stay_proportional(
            clusters in prop::collection::vec((0u64..300, 0.0f64..=1.0, 0.0f64..=1.0), 1..30),
            share in 0.0f64..=1.0,
        ) {
            let sizes: Vec<u64> = clusters.iter().map(|c| c.0).collect();
            let bounds: Vec<QuotaBounds> = clusters
                .iter()
                .map(|&(size, a, b)| {
                    let (a, b) = ((a * size as f64) as u64, (b * size as f64) as u64);
                    QuotaBounds { least: a.min(b) / 4, most: a.max(b) }
                })
                .collect();
            let least: u64 = bounds.iter().map(|b| b.least).sum();
            let most: u64 = bounds.iter().map(|b| b.most).sum();
            let budget = least + (share * (most - least) as f64) as u64;
            let quotas = quotas_within(&sizes, &bounds, budget);
            prop_assert_eq!(quotas.iter().sum::<u64>(), budget);
            let one_each: u64 = bounds.iter().map(|b| b.least.max(b.most.min(1))).sum();
            for (quota, bounds) in quotas.iter().zip(&bounds) {
                prop_assert!((bounds.least..=bounds.most).contains(quota));
                prop_assert!(*quota >= 1 || bounds.most == 0 || budget < one_each);
            }
        }

        #[test]
        fn without_real_bounds_nothing_changes(
            sizes in prop::collection::vec(0u64..300, 1..30), share in 0.0f64..=1.0,
        ) {
            let total: u64 = sizes.iter().sum();
            prop_assume!(total > 0);
            let budget = (share * total as f64) as u64;
            prop_assert_eq!(quotas(&sizes, budget), seat_by_seat(&sizes, budget));
        }

        #[test]
        fn huge_sizes_do_not_overflow(
            sizes in prop::collection::vec(0u64..1 << 58, 1..20), share in 0.0f64..=1.0,
        ) {
            let total: u64 = sizes.iter().sum();
            let budget = ((share * total as f64) as u64).min(total);
            prop_assert_eq!(quotas(&sizes, budget).iter().sum::<u64>(), budget);
        }
    }
}
