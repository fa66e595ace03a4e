//! The source folders of records, before and after.

use crate::sources::SourceFolders;

/// Folders that are listed.
const LISTED: usize = 20;

/// How many records come from each source folder: the first two folders of their first image's
/// path.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    /// The folders with the most records, the most first.
    pub(super) listed: Vec<Source>,
    /// Folders beside them; more where there are more than are counted by themselves.
    pub(super) other_folders: u64,
    /// Their records.
    pub(super) others: Counts,
    /// All records.
    pub(super) total: Counts,
}

/// A folder and its records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) folder: String,
    pub(super) counts: Counts,
}

/// Records of the dataset and of the subset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) before: u64,
    pub(super) after: u64,
}

impl Counts {
    fn add(&mut self, is_chosen: bool) {
        self.before += 1;
        self.after += u64::from(is_chosen);
    }
}

impl Sources {
    /// How many records of each folder there are and how many of them are in a subset, whose
    /// positions ascend.
    pub(super) fn count(folders: &SourceFolders, positions: &[u64]) -> Self {
        let mut counts = vec![Counts::default(); folders.names().len()];
        let (mut beyond, mut total) = (Counts::default(), Counts::default());
        let mut chosen = positions.iter().copied().peekable();
        for (position, place) in (0..).zip(folders.of_records()) {
            let is_chosen = chosen.next_if_eq(&position).is_some();
            match place {
                None => beyond.add(is_chosen),
                Some(place) => counts[place].add(is_chosen),
            }
            total.add(is_chosen);
        }
        let by_folder = folders.names().iter().cloned().zip(counts).collect();
        Self::list(by_folder, beyond, total)
    }

    fn list(by_folder: Vec<(String, Counts)>, beyond: Counts, total: Counts) -> Self {
        let mut listed: Vec<Source> = by_folder
            .into_iter()
            .map(|(folder, counts)| Source { folder, counts })
            .collect();
        listed.sort_by(|a, b| {
            let by_size = b.counts.before.cmp(&a.counts.before);
            by_size.then_with(|| a.folder.cmp(&b.folder))
        });
        let rest = listed.split_off(LISTED.min(listed.len()));
        let sum =
            |of: fn(&Counts) -> u64| rest.iter().map(|source| of(&source.counts)).sum::<u64>();
        Self {
            other_folders: rest.len() as u64,
            others: Counts {
                before: sum(|counts| counts.before) + beyond.before,
                after: sum(|counts| counts.after) + beyond.after,
            },
            listed,
            total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ofa_data::{Dataset, MemorySource};
    use std::fmt::Write as _;
    use std::sync::Arc;

    #[test]
    fn every_record_has_one_source() {
        let mut lines = String::new();
        for n in 0..30 {
            writeln!(lines, r#"{{"image": "one/{n}/a.jpg"}}"#).expect("a string");
        }
        lines.push_str("{\"image\": [\"two/b/x/y.jpg\", \"one/1/a.jpg\"]}\n{broken\n{}\n");
        lines.push_str("{\"image\": \"two/b/z.jpg\"}\n");
        let source = MemorySource::new("d.jsonl", lines.into_bytes());
        let dataset = Dataset::open(Arc::new(source), None).expect("a dataset");
        let mut seen = 0;
        let folders = SourceFolders::read(&dataset, &mut |n| seen = n).expect("read");
        assert_eq!(seen, 34);
        let sources = Sources::count(&folders, &[2, 30, 32]);
        let first: Vec<_> = (sources.listed.iter().take(3))
            .map(|s| (s.folder.as_str(), s.counts.before, s.counts.after))
            .collect();
        assert_eq!(first, [("two/b", 2, 1), ("—", 2, 1), ("one/0", 1, 0)]);
        assert_eq!(sources.listed.len(), LISTED);
        assert_eq!(sources.other_folders, 12);
        assert_eq!((sources.total.before, sources.total.after), (34, 3));
        let listed: u64 = sources.listed.iter().map(|s| s.counts.before).sum();
        assert_eq!(listed + sources.others.before, 34);
        let none = Sources::count(&folders, &[]);
        assert_eq!((none.total.before, none.total.after), (34, 0));
    }
}
