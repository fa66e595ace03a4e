//! Which source folder records come from.

use std::collections::HashMap;

use ofa_data::{Dataset, Record};

use crate::check::{MOST_FOLDERS, source_folder};
use crate::error::Result;

/// How often progress is told, in records.
const STEP: u64 = 4096;

/// What is said of records that name no image.
pub(crate) const NO_IMAGE: &str = "—";

/// Stands for all folders after the first [`MOST_FOLDERS`].
pub(crate) const BEYOND: u32 = u32::MAX;

/// The source folder of each of some records: the first two folders of their first image's path.
///
/// Memory: 4 bytes a record and the folders' names, of which no more are told apart than
/// `ofa check` counts.
#[derive(Debug, Default)]
pub struct SourceFolders {
    /// The folders in the order in which they come.
    names: Vec<String>,
    number_of: HashMap<String, u32>,
    /// The number of each record's folder; [`BEYOND`] for those that are not told apart.
    of_record: Vec<u32>,
}

impl SourceFolders {
    /// Parses every record once. `progress` hears how many were read.
    ///
    /// # Errors
    /// Where the dataset cannot be read.
    pub fn read(dataset: &Dataset, progress: &mut dyn FnMut(u64)) -> Result<Self> {
        let mut folders = Self::default();
        for position in 0..dataset.len() {
            if position.is_multiple_of(STEP) {
                progress(position);
            }
            folders.add(dataset, position)?;
        }
        progress(dataset.len());
        Ok(folders)
    }

    /// Parses one record and puts its folder behind those that are known.
    ///
    /// # Errors
    /// Where the dataset cannot be read.
    pub fn add(&mut self, dataset: &Dataset, position: u64) -> Result<()> {
        let folder = match dataset.record(position)? {
            Ok(record) => folder_of(&record),
            Err(_) => NO_IMAGE.to_owned(),
        };
        let known = self.number_of.get(&folder).copied();
        let number = match known {
            Some(number) => number,
            None if self.names.len() >= MOST_FOLDERS => BEYOND,
            None => {
                let number = self.names.len() as u32;
                self.names.push(folder.clone());
                self.number_of.insert(folder, number);
                number
            }
        };
        self.of_record.push(number);
        Ok(())
    }

    /// How many records were read.
    #[must_use]
    pub fn records(&self) -> usize {
        self.of_record.len()
    }

    /// The folders in the order in which they come.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The place in [`names`](Self::names) of each record's folder; `None` for the folders that are
    /// not told apart.
    pub fn of_records(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        let number = |&number: &u32| (number != BEYOND).then_some(number as usize);
        self.of_record.iter().map(number)
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
    fn folders_beyond_the_most_are_not_told_apart() {
        let mut lines = String::new();
        for n in 0..MOST_FOLDERS + 2 {
            writeln!(lines, r#"{{"image": "one/{n}/a.jpg"}}"#).expect("a string");
        }
        lines.push_str("{\"image\": \"one/7/b.jpg\"}\n");
        let source = MemorySource::new("d.jsonl", lines.into_bytes());
        let dataset = Dataset::open(Arc::new(source), None).expect("a dataset");
        let mut folders = SourceFolders::default();
        for position in (0..dataset.len()).rev() {
            folders.add(&dataset, position).expect("read");
        }
        assert_eq!(folders.records(), MOST_FOLDERS + 3);
        assert_eq!(folders.names().len(), MOST_FOLDERS);
        let of: Vec<Option<usize>> = folders.of_records().collect();
        assert_eq!(of[0], Some(0));
        assert_eq!(folders.names()[0], "one/7");
        assert_eq!(of[MOST_FOLDERS + 2], None);
        assert_eq!(of[1 + MOST_FOLDERS + 1 - 7], Some(0));
    }
}
