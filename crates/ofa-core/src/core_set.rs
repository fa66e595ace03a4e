//! The core of each cluster, which a selector is trained on.
use crate::budget::Ratio;
use crate::rng::{Purpose, Rng};
use crate::{Error, Result};

/// How the core set is chosen and split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoreSetOptions {
    /// Share of a cluster that is its core.
    pub core_ratio: Ratio,
    /// Share of a core that is kept for validation.
    pub validation_ratio: Ratio,
    /// Seed of the split.
    pub seed: u64,
}

impl Default for CoreSetOptions {
    /// The published values: 0.03 and 0.2; seed 42.
    fn default() -> Self {
        Self {
            core_ratio: "0.03".parse().expect("a ratio"),
            validation_ratio: "0.2".parse().expect("a ratio"),
            seed: 42,
        }
    }
}

/// The rows a selector is trained and validated on; their labels are those of the clustering.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CoreSet {
    /// Training rows, ascending.
    pub training: Vec<usize>,
    /// Validation rows, ascending.
    pub validation: Vec<usize>,
}

impl CoreSet {
    /// Chooses the core of each cluster and splits it.
    ///
    /// Core: the `min(size, max(2, ceil(core_ratio * size)))` members nearest to the centre, the
    /// earlier row on ties. Its rows, nearest first, are shuffled with the cluster's own stream
    /// ([`Purpose::CoreSplit`]); the first `max(1, round(validation_ratio * core))` go to
    /// validation, the rest to training. A cluster of one goes to validation, an empty cluster
    /// has no core.
    ///
    /// # Shapes
    /// `labels` `[n]`, each below `clusters`; `squared_distances` f32 `[n]`, to the centre of the
    /// row's label.
    ///
    /// # Errors
    /// [`Error::Length`] where the two are of different length; [`Error::ClusterOutOfRange`] for
    /// a label of `clusters` or above.
    ///
    /// Source: METHOD section 2.
    pub fn choose(
        labels: &[u32],
        squared_distances: &[f32],
        clusters: usize,
        options: &CoreSetOptions,
    ) -> Result<Self> {
        if labels.len() != squared_distances.len() {
            return Err(Error::Length {
                what: "distances to the centres".into(),
                expected: labels.len(),
                found: squared_distances.len(),
            });
        }
        let mut members = vec![Vec::new(); clusters];
        for (row, &cluster) in labels.iter().enumerate() {
            members
                .get_mut(cluster as usize)
                .ok_or(Error::ClusterOutOfRange {
                    row,
                    cluster,
                    clusters,
                })?
                .push(row);
        }
        let mut chosen = Self::default();
        for (cluster, mut rows) in members.into_iter().enumerate() {
            if rows.is_empty() {
                continue;
            }
            let size = rows.len() as u64;
            let core = options.core_ratio.ceil_of(size).max(2).min(size);
            // The sort is stable: ties keep the earlier row first.
            rows.sort_by(|&a, &b| squared_distances[a].total_cmp(&squared_distances[b]));
            rows.truncate(core as usize);
            Rng::new(options.seed, Purpose::CoreSplit, cluster as u64, 0).shuffle(&mut rows);
            let validation = options.validation_ratio.round_of(core).max(1) as usize;
            chosen.validation.extend_from_slice(&rows[..validation]);
            chosen.training.extend_from_slice(&rows[validation..]);
        }
        chosen.training.sort_unstable();
        chosen.validation.sort_unstable();
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_the_nearest_and_split_as_documented() {
        // Cluster 0: 1000 rows, distance = row; cluster 1: one row; 2: empty; 3: two rows; 4: 3.
        let mut labels = vec![0u32; 1000];
        labels.extend([1, 3, 3, 4, 4, 4]);
        let mut distances: Vec<f32> = (0..1000).map(|i| (999 - i) as f32).collect();
        distances.extend([5.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        let core = CoreSet::choose(&labels, &distances, 5, &CoreSetOptions::default())
            .expect("valid labels");
        let of = |rows: &[usize], cluster: u32| -> Vec<usize> {
            rows.iter()
                .copied()
                .filter(|&row| labels[row] == cluster)
                .collect()
        };
        // ceil(0.03 * 1000) = 30: the nearest are the last rows; 6 of them for validation.
        let mut all = of(&core.training, 0);
        assert_eq!(all.len(), 24);
        all.extend(of(&core.validation, 0));
        all.sort_unstable();
        assert_eq!(all, (970..1000).collect::<Vec<_>>());
        assert_eq!(
            (of(&core.training, 1).len(), of(&core.validation, 1)),
            (0, vec![1000])
        );
        assert_eq!(
            (of(&core.training, 3).len(), of(&core.validation, 3).len()),
            (1, 1)
        );
        // Three equal distances: the earlier two are the core.
        let mut tied = of(&core.training, 4);
        tied.extend(of(&core.validation, 4));
        tied.sort_unstable();
        assert_eq!(tied, [1003, 1004]);
        assert!(core.training.is_sorted() && core.validation.is_sorted());
    }

    #[test]
    fn the_seed_decides_the_split_only() {
        let labels = vec![0u32; 2000];
        let distances: Vec<f32> = (0..2000).map(|i| i as f32).collect();
        let choose = |seed| {
            let options = CoreSetOptions {
                seed,
                ..Default::default()
            };
            CoreSet::choose(&labels, &distances, 1, &options).expect("valid labels")
        };
        assert_eq!(choose(1), choose(1));
        assert_ne!(choose(1), choose(2));
        assert_eq!(choose(2).validation.len(), 12);
    }

    #[test]
    fn wrong_input_is_refused() {
        let options = CoreSetOptions::default();
        assert!(matches!(
            CoreSet::choose(&[0], &[], 1, &options),
            Err(Error::Length { .. })
        ));
        assert_eq!(
            CoreSet::choose(&[0, 1], &[0.0; 2], 1, &options),
            Err(Error::ClusterOutOfRange {
                row: 1,
                cluster: 1,
                clusters: 1
            })
        );
    }
}
