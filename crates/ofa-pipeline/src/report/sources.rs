//! The source folders of records, before and after.

use std::collections::HashMap;

use ofa_data::{Dataset, Record};

use crate::check::{MOST_FOLDERS, source_folder};
use crate::error::Result;

/// Folders that are listed.
const LISTED: usize = 20;

/// How often progress is told, in records.
const STEP: u64 = 4096;

/// What is said of records that name no image.
pub(super) const NO_IMAGE: &str = "—";

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

/// The source folder of every record of a dataset, for the pages about its subsets.
///
/// Memory: 4 bytes a record and the folders' names, of which no more are told apart than
/// `ofa check` counts.
#[derive(Debug)]
pub struct SourceFolders {
    /// The folders in the order in which they come.
    names: Vec<String>,
    /// The number of each record's folder; [`BEYOND`] for those that are not told apart.
    of_record: Vec<u32>,
}

/// Stands for all folders after the first [`MOST_FOLDERS`].
const BEYOND: u32 = u32::MAX;

impl SourceFolders {
    /// Parses every record once. `progress` hears how many were read.
    ///
    /// # Errors
    /// Where the dataset cannot be read.
    pub fn read(dataset: &Dataset, progress: &mut dyn FnMut(u64)) -> Result<Self> {
        let mut number_of: HashMap<String, u32> = HashMap::new();
        let mut folders = Self {
            names: Vec::new(),
            of_record: Vec::new(),
        };
        for position in 0..dataset.len() {
            if position.is_multiple_of(STEP) {
                progress(position);
            }
            let folder = match dataset.record(position)? {
                Ok(record) => folder_of(&record),
                Err(_) => NO_IMAGE.to_owned(),
            };
            let known = number_of.get(&folder).copied();
            let number = match known {
                Some(number) => number,
                None if folders.names.len() >= MOST_FOLDERS => BEYOND,
                None => {
                    let number = folders.names.len() as u32;
                    folders.names.push(folder.clone());
                    number_of.insert(folder, number);
                    number
                }
            };
            folders.of_record.push(number);
        }
        progress(dataset.len());
        Ok(folders)
    }

    /// How many records of each folder there are and how many of them are in a subset, whose
    /// positions ascend.
    pub(super) fn count(&self, positions: &[u64]) -> Sources {
        let mut counts = vec![Counts::default(); self.names.len()];
        let (mut beyond, mut total) = (Counts::default(), Counts::default());
        let mut chosen = positions.iter().copied().peekable();
        for (position, &number) in (0..).zip(&self.of_record) {
            let is_chosen = chosen.next_if_eq(&position).is_some();
            match number {
                BEYOND => beyond.add(is_chosen),
                number => counts[number as usize].add(is_chosen),
            }
            total.add(is_chosen);
        }
        let by_folder = self.names.iter().cloned().zip(counts).collect();
        Sources::list(by_folder, beyond, total)
    }
}

impl Sources {
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

fn folder_of(record: &Record) -> String {
    match record.images.first() {
        Some(image) => source_folder(image),
        None => NO_IMAGE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ofa_data::MemorySource;
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
        let sources = folders.count(&[2, 30, 32]);
        let first: Vec<_> = (sources.listed.iter().take(3))
            .map(|s| (s.folder.as_str(), s.counts.before, s.counts.after))
            .collect();
        assert_eq!(first, [("two/b", 2, 1), ("—", 2, 1), ("one/0", 1, 0)]);
        assert_eq!(sources.listed.len(), LISTED);
        assert_eq!(sources.other_folders, 12);
        assert_eq!((sources.total.before, sources.total.after), (34, 3));
        let listed: u64 = sources.listed.iter().map(|s| s.counts.before).sum();
        assert_eq!(listed + sources.others.before, 34);
        let none = folders.count(&[]);
        assert_eq!((none.total.before, none.total.after), (34, 0));
    }
}
