//! How well an encoder finds the text of a picture among many, and the picture of a text.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Shares of queries whose answer is among the nearest 1, 5 and 10.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recall {
    /// Among the nearest one.
    pub at_1: f64,
    /// Among the nearest five.
    pub at_5: f64,
    /// Among the nearest ten.
    pub at_10: f64,
}

impl Recall {
    /// What guessing gives: the mean over the queries of the chance that one of so many drawn
    /// candidates has the query's text. `same` as in [`recall`].
    pub fn chance(same: &[u64]) -> Self {
        let n = same.len();
        let among = |k: usize| {
            let queries = same.iter().map(|own| {
                let wrong = same.iter().filter(|&other| other != own).count();
                let all_wrong = (0..k.min(n))
                    .map(|drawn| (wrong as f64 - drawn as f64).max(0.0) / (n - drawn) as f64);
                1.0 - all_wrong.product::<f64>()
            });
            queries.sum::<f64>() / n.max(1) as f64
        };
        Self {
            at_1: among(1),
            at_5: among(5),
            at_10: among(10),
        }
    }

    fn of_ranks(ranks: &[usize]) -> Self {
        let within = |k: usize| {
            let found = ranks.iter().filter(|&&rank| rank < k).count();
            found as f64 / ranks.len().max(1) as f64
        };
        Self {
            at_1: within(1),
            at_5: within(5),
            at_10: within(10),
        }
    }
}

/// Recall in both directions, over pairs that stand in the same rows.
///
/// Where several candidates have the query's own text, each of them is right: the rank is that of the
/// nearest. A candidate that is as near as the right one counts as nearer, and so does everything where
/// an embedding is not a number.
///
/// # Shapes
/// `images` and `texts` `[n, d]`, rows of length 1; `same` n numbers, equal for equal texts. The
/// result is (text of a picture, picture of a text). Cost: n^2 d.
pub fn recall(images: &[f32], texts: &[f32], same: &[u64], width: usize) -> (Recall, Recall) {
    let ranks = |queries: &[f32], candidates: &[f32]| -> Vec<usize> {
        let queries = queries.chunks(width).zip(same);
        queries
            .map(|(query, own)| {
                let scores = candidates.chunks(width).map(|candidate| {
                    let products = query.iter().zip(candidate).map(|(a, b)| a * b);
                    products.sum::<f32>()
                });
                let scores: Vec<f32> = scores.collect();
                let is_right = |candidate: usize| same[candidate] == *own;
                let right = (0..scores.len()).filter(|&candidate| is_right(candidate));
                let best = right
                    .map(|candidate| scores[candidate])
                    .fold(f32::MIN, f32::max);
                let nearer = scores.iter().enumerate();
                nearer
                    .filter(|&(candidate, score)| {
                        let is_farther = matches!(score.partial_cmp(&best), Some(Ordering::Less));
                        !is_right(candidate) && !is_farther
                    })
                    .count()
            })
            .collect()
    };
    (
        Recall::of_ranks(&ranks(images, texts)),
        Recall::of_ranks(&ranks(texts, images)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_what_is_as_near_or_nearer() {
        let images = [1.0, 0.0, 0.0, 1.0, 0.6, 0.8];
        let texts = [0.8, 0.6, 0.0, 1.0, 1.0, 0.0];
        // Scores of the pictures: [0.8 0 1], [0.6 1 0], [0.96 0.8 0.6]: ranks 1, 0, 2.
        let (text_of_picture, picture_of_text) = recall(&images, &texts, &[0, 1, 2], 2);
        assert_eq!(text_of_picture.at_1, 1.0 / 3.0);
        assert_eq!(text_of_picture.at_5, 1.0);
        // Scores of the texts: [0.8 0.6 0.96], [0 1 0.8], [1 0 0.6]: ranks 1, 0, 1.
        assert_eq!(picture_of_text.at_1, 1.0 / 3.0);
        // The first and the third text are the same: either is right.
        let (text_of_picture, _) = recall(&images, &texts, &[0, 1, 0], 2);
        assert_eq!(text_of_picture.at_1, 1.0);
    }

    #[test]
    fn equal_scores_find_nothing() {
        let all = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let (recall, _) = recall(&all, &all, &[0, 1, 2], 2);
        assert_eq!(recall.at_1, 0.0);
        let alone: Vec<u64> = (0..1000).collect();
        assert!((Recall::chance(&alone).at_5 - 0.005).abs() < 1e-12);
        // Of four, two have the same text: the chances are 1/2, 1/2, 1/4 and 1/4.
        assert!((Recall::chance(&[7, 7, 1, 2]).at_1 - 0.375).abs() < 1e-12);
        let (unknown, _) = super::recall(&[f32::NAN; 6], &all, &[0, 1, 2], 2);
        assert_eq!(unknown.at_1, 0.0);
    }
}
