//! The records at both ends of the confidence.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ofa_core::report::{Extremes, SelectionNumbers};
use ofa_core::score::Scores;
use ofa_data::{DatasetImages, Skip, encoder_text};

use super::thumbnail::Thumbnail;
use crate::error::Result;

/// Most characters of a record's text.
const MOST_TEXT: usize = 280;

/// Most characters of a path, an id or what is said of a broken image.
const MOST_NAME: usize = 120;

/// Records to show, and in which groups.
pub(super) struct Examples {
    by_row: BTreeMap<u32, Example>,
    pub(super) groups: Vec<Group>,
}

/// Records that belong together.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) rows: Vec<u32>,
}

/// A record as it is shown.
pub(super) struct Example {
    pub(super) position: u64,
    pub(super) confidence: f32,
    pub(super) cluster: u32,
    pub(super) gate: f32,
    pub(super) is_chosen: bool,
    /// Its human turns, or what is wrong with it.
    pub(super) text: String,
    /// The first image's path or name.
    pub(super) image: Option<String>,
    pub(super) picture: Option<Result<Thumbnail, Skip>>,
    pub(super) more_images: usize,
}

impl Examples {
    /// Reads the records and makes their images small.
    pub(super) fn read(
        images: &DatasetImages,
        scores: &Scores,
        is_chosen: &[bool],
        numbers: &SelectionNumbers,
    ) -> Result<Self> {
        let groups = groups(&numbers.pool, &numbers.chosen);
        let mut by_row = BTreeMap::new();
        for &row in groups.iter().flat_map(|group| &group.rows) {
            if let Entry::Vacant(place) = by_row.entry(row) {
                let nth = row as usize;
                place.insert(Example::read(images, scores, nth, is_chosen[nth])?);
            }
        }
        Ok(Self { by_row, groups })
    }

    /// The records of a group.
    pub(super) fn of<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a Example> {
        group.rows.iter().filter_map(|row| self.by_row.get(row))
    }
}

/// The two ends of the subset and of the pool; one group where they are the same records.
fn groups(pool: &Extremes, chosen: &Extremes) -> Vec<Group> {
    let mut groups = Vec::new();
    for (what, of_chosen, of_pool) in [
        ("Least confident", &chosen.least, &pool.least),
        ("Most confident", &chosen.most, &pool.most),
    ] {
        let mut add = |of: &str, rows: &Vec<u32>| {
            if !rows.is_empty() {
                groups.push(Group {
                    title: format!("{what} {of}"),
                    rows: rows.clone(),
                });
            }
        };
        if of_chosen == of_pool {
            add("of the subset and of the pool", of_chosen);
        } else {
            add("of the subset", of_chosen);
            add("of the pool", of_pool);
        }
    }
    groups
}

impl Example {
    fn read(images: &DatasetImages, scores: &Scores, row: usize, is_chosen: bool) -> Result<Self> {
        let position = scores.index[row];
        let mut example = Self {
            position,
            confidence: scores.confidence[row],
            cluster: scores.cluster[row],
            gate: scores.gate[row],
            is_chosen,
            text: String::new(),
            image: None,
            picture: None,
            more_images: 0,
        };
        match images.dataset().record(position)? {
            Err(skip) => {
                example.text = shown(&format!("{}: {}", skip.reason, skip.detail), MOST_TEXT)
            }
            Ok(record) => {
                let turns: Vec<String> =
                    record.human_turns.iter().map(|t| encoder_text(t)).collect();
                example.text = shown(&turns.join("\n"), MOST_TEXT);
                example.image = record
                    .images
                    .first()
                    .map(|image| shown(image.name(), MOST_NAME));
                example.more_images = record.images.len().saturating_sub(1);
                example.picture = (record.images.first()).map(|image| {
                    Thumbnail::of(images, position, image)
                        .map_err(|skip| Skip::new(skip.reason, shown(&skip.detail, MOST_NAME)))
                });
            }
        }
        Ok(example)
    }
}

/// A text cut to a number of characters, without characters that control how others are shown.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let harmless = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() => '\u{fffd}',
        // They turn the direction of what follows.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    let mut shown: String = text.chars().take(most).map(harmless).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_and_cannot_hide_anything() {
        assert_eq!(shown("añb\u{0}c\n\u{202e}d", 10), "añb\u{fffd}c\n\u{fffd}d");
        assert_eq!(shown("añbc", 3), "añb…");
        assert_eq!(shown("añb", 3), "añb");
    }

    #[test]
    fn equal_ends_are_shown_once() {
        let ends = |least: &[u32], most: &[u32]| Extremes {
            least: least.to_vec(),
            most: most.to_vec(),
        };
        let groups = groups(&ends(&[1, 2], &[9, 8]), &ends(&[1, 2], &[2, 1]));
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Least confident of the subset and of the pool",
                "Most confident of the subset",
                "Most confident of the pool"
            ]
        );
        assert!(super::groups(&Extremes::default(), &Extremes::default()).is_empty());
    }
}
