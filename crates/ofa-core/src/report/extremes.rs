//! The least and the most confident records.
use std::cmp::Ordering;

/// Rows of the scores with the lowest and the highest confidence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extremes {
    /// The least confident, the very least first; the earlier row on ties.
    pub least: Vec<u32>,
    /// The most confident, the very most first; the earlier row on ties.
    pub most: Vec<u32>,
}

/// The `count` least and most confident of some rows.
///
/// Cost: a walk over the rows and a sort of `count` of them.
pub fn extremes(confidence: &[f32], rows: Vec<u32>, count: usize) -> Extremes {
    let by = |order: fn(&f32, &f32) -> Ordering, mut rows: Vec<u32>| {
        let compare = |a: &u32, b: &u32| {
            order(&confidence[*a as usize], &confidence[*b as usize]).then(a.cmp(b))
        };
        if count < rows.len() {
            rows.select_nth_unstable_by(count, compare);
            rows.truncate(count);
        }
        rows.sort_unstable_by(compare);
        rows
    };
    Extremes {
        least: by(|a, b| ascending(*a, *b), rows.clone()),
        most: by(|a, b| ascending(*b, *a), rows),
    }
}

/// 0.0 and -0.0 are a tie, as where records are chosen.
fn ascending(a: f32, b: f32) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.total_cmp(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_earlier_row_at_both_ends() {
        let confidence = [0.5, -0.0, 0.0, 0.5, 0.25];
        let found = extremes(&confidence, vec![0, 1, 2, 3, 4], 2);
        assert_eq!(found.least, [1, 2]);
        assert_eq!(found.most, [0, 3]);
        let all = extremes(&confidence, vec![4, 0, 2], 10);
        assert_eq!(all.least, [2, 4, 0]);
        assert_eq!(all.most, [0, 4, 2]);
        assert_eq!(extremes(&confidence, vec![], 2), Extremes::default());
    }
}
