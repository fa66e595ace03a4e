//! The order of numbered files.

use std::cmp::Ordering;

/// Orders names by the numbers at their ends, where all have one behind the same beginning, and
/// by their bytes otherwise: `part_2` stands before `part_10`, but names that are hashes have no
/// order of numbers.
pub(super) fn sort(paths: &mut [String], ending: &str) {
    let numbered: Option<Vec<_>> = paths.iter().map(|path| number(path, ending)).collect();
    let one_beginning = numbered.is_some_and(|numbered| {
        numbered
            .windows(2)
            .all(|pair| pair[0].0.eq_ignore_ascii_case(pair[1].0))
    });
    paths.sort_by(|one, other| {
        let by_number = match (number(one, ending), number(other, ending)) {
            (Some((_, one)), Some((_, other))) if one_beginning => one.cmp(&other),
            _ => Ordering::Equal,
        };
        by_number.then_with(|| one.cmp(other))
    });
}

/// The number at the end of a name before its ending, and what stands before it.
pub(super) fn number<'a>(path: &'a str, ending: &str) -> Option<(&'a str, u64)> {
    let stem = path.strip_suffix(ending)?;
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, number) = stem.split_at(stem.len() - digits);
    Some((before, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::sort;

    fn sorted(names: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        sort(&mut names, ".npz");
        names
    }

    #[test]
    fn numbers_count_only_where_all_names_are_numbered_alike() {
        assert_eq!(
            sorted(&["p_10.npz", "p_2.npz", "p_001.npz"]),
            ["p_001.npz", "p_2.npz", "p_10.npz"]
        );
        assert_eq!(
            sorted(&["a10.npz", "b2.npz", "c.npz"]),
            ["a10.npz", "b2.npz", "c.npz"]
        );
        assert_eq!(sorted(&["b2.npz", "a10.npz"]), ["a10.npz", "b2.npz"]);
    }
}
