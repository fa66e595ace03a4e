//! Whether a record's text names as many images as it has.

use ofa_data::Record;

use super::report::{PlaceholderExample, Placeholders};
use super::skipped::{MOST_EXAMPLES, shown_id};

/// What stands in a text where an image belongs.
const PLACEHOLDER: &str = "<image>";

#[derive(Default)]
pub(super) struct PlaceholderTally {
    found: Placeholders,
}

impl PlaceholderTally {
    pub(super) fn add(&mut self, index: u64, record: &Record) {
        let images = record.images.len() as u64;
        let turns = record.human_turns.iter();
        let placeholders: u64 = turns
            .map(|turn| turn.matches(PLACEHOLDER).count() as u64)
            .sum();
        if placeholders == images || record.human_turns.is_empty() {
            return;
        }
        if placeholders == 0 {
            self.found.none += 1;
            return;
        }
        match placeholders > images {
            true => self.found.too_many += 1,
            false => self.found.too_few += 1,
        }
        if self.found.examples.len() < MOST_EXAMPLES {
            self.found.examples.push(PlaceholderExample {
                index,
                id: record.id.as_deref().map(shown_id),
                placeholders,
                images,
            });
        }
    }

    pub(super) fn finish(self) -> Placeholders {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use ofa_data::ImageReference;

    use super::*;

    #[test]
    fn a_difference_counts_where_there_is_a_placeholder_and_none_by_itself() {
        let mut tally = PlaceholderTally::default();
        let cases: [(usize, &[&str]); 7] = [
            (1, &["<image>\nWhat?"]),
            (0, &["What?"]),
            (2, &["<image> and", "<image>?"]),
            (2, &["<image>", "more"]),
            (0, &["<image>?"]),
            (1, &["What?"]),
            (1, &[]),
        ];
        for (index, (images, turns)) in (0..).zip(cases) {
            let record = Record {
                id: None,
                images: vec![ImageReference::Path("a".to_owned()); images],
                human_turns: turns.iter().map(|turn| (*turn).to_owned()).collect(),
            };
            tally.add(index, &record);
        }
        let found = tally.finish();
        assert_eq!((found.too_many, found.too_few, found.none), (1, 1, 1));
        let places: Vec<_> = found
            .examples
            .iter()
            .map(|example| (example.index, example.placeholders, example.images))
            .collect();
        assert_eq!(places, [(3, 1, 2), (4, 1, 0)]);
    }
}
