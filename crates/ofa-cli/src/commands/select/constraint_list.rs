//! Lists of records to pin or to exclude.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ofa_data::Dataset;
use serde_json::Value;

use super::choice::read_manifest;

/// A record as a list names it.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Position(u64),
    Id(String),
}

/// Reads a list and finds its records.
pub(super) fn read(path: &Path, dataset: &Dataset) -> Result<BTreeSet<u64>> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{name}: cannot be read; expected a list of records"))?;
    if text.trim_start().starts_with('{') {
        let Some(positions) = read_manifest(path)?.positions else {
            bail!("{name}: this manifest does not have the subset's `positions`; select again");
        };
        return Ok(positions.0.into_iter().collect());
    }
    let entries = parse(&text).with_context(|| name.to_string())?;
    let mut positions = BTreeSet::new();
    let mut ids = Vec::new();
    for (place, entry) in entries {
        match entry {
            Entry::Position(position) if position < dataset.len() => {
                positions.insert(position);
            }
            Entry::Position(position) => bail!(
                "{name}: {place}: expected a position below {}, since the dataset has so many \
                 records, found {position}",
                dataset.len()
            ),
            Entry::Id(id) => ids.push((place, id)),
        }
    }
    if !ids.is_empty() {
        let known = positions_of_ids(dataset, &ids)?;
        for (place, id) in &ids {
            match known[id.as_str()].as_slice() {
                [position] => positions.insert(*position),
                [] => bail!("{name}: {place}: no record has the id {id:?}"),
                [first, second, ..] => bail!(
                    "{name}: {place}: the id {id:?} names more than one record, among them \
                     {first} and {second}; give the position"
                ),
            };
        }
    }
    Ok(positions)
}

/// The positions in a list that has nothing else, ascending and each once; `None` for a file that
/// is no such list.
pub(crate) fn parse_positions(path: &Path) -> Result<Option<Vec<u64>>> {
    if path.is_dir() || !looks_like_positions(path)? {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    let entries = parse(&text).with_context(|| path.display().to_string())?;
    let mut positions = BTreeSet::new();
    for (place, entry) in entries {
        match entry {
            Entry::Position(position) => positions.insert(position),
            Entry::Id(id) => bail!(
                "{}: {place}: expected a position, found {id:?}",
                path.display()
            ),
        };
    }
    Ok(Some(positions.into_iter().collect()))
}

/// Whether a file begins as a list of positions does: with a number, or with `[` and a number.
fn looks_like_positions(path: &Path) -> Result<bool> {
    let reading = || format!("{}: cannot be read", path.display());
    let mut start = vec![0; 4096];
    let mut file = File::open(path).with_context(reading)?;
    let length = file.read(&mut start).with_context(reading)?;
    let start = String::from_utf8_lossy(&start[..length]);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let start = start.strip_prefix('[').unwrap_or(start).trim_start();
    let end = start.find(|c: char| !c.is_ascii_digit());
    let after = end
        .map_or("", |end| &start[end..])
        .trim_start_matches(['\r', ' ']);
    let is_empty = start.is_empty() || start.trim_end() == "]";
    Ok(is_empty || (end != Some(0) && (after.is_empty() || after.starts_with(['\n', ',', ']']))))
}

/// The records of a list, each with its place in it.
fn parse(text: &str) -> Result<Vec<(String, Entry)>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('[') {
        let values: Vec<Value> =
            serde_json::from_str(text).context("expected a JSON array of positions and ids")?;
        let entry = |(nth, value)| {
            let place = format!("element {nth}");
            match value {
                Value::String(id) => Ok((place, Entry::Id(id))),
                Value::Number(number) if number.is_u64() => {
                    let position = number.as_u64().expect("just seen");
                    Ok((place, Entry::Position(position)))
                }
                other => bail!("{place}: expected a position or an id, found {other}"),
            }
        };
        return values.into_iter().enumerate().map(entry).collect();
    }
    let lines = (1..).zip(text.lines());
    let entries = lines.filter(|(_, line)| !line.trim().is_empty());
    let entry = |(number, line): (u64, &str)| {
        let place = format!("line {number}");
        let is_number = line.trim().bytes().all(|byte| byte.is_ascii_digit());
        match is_number {
            true => match line.trim().parse() {
                Ok(position) => Ok((place, Entry::Position(position))),
                Err(_) => bail!("{place}: expected a position, found {line}, which is too large"),
            },
            // As `--output-format ids` writes an id with line breaks.
            false if line.starts_with('"') => match serde_json::from_str(line) {
                Ok(id) => Ok((place, Entry::Id(id))),
                Err(_) => Ok((place, Entry::Id(line.to_owned()))),
            },
            false => Ok((place, Entry::Id(line.to_owned()))),
        }
    };
    entries.map(entry).collect()
}

/// The positions of the records with these ids, from one pass over the dataset.
fn positions_of_ids<'a>(
    dataset: &Dataset,
    ids: &'a [(String, String)],
) -> Result<HashMap<&'a str, Vec<u64>>> {
    let mut known: HashMap<&str, Vec<u64>> =
        ids.iter().map(|(_, id)| (id.as_str(), vec![])).collect();
    for position in 0..dataset.len() {
        if let Ok(record) = dataset.record(position)?
            && let Some(id) = &record.id
            && let Some(positions) = known.get_mut(id.as_str())
        {
            positions.push(position);
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Entry> {
        let parsed = parse(text).expect("a list");
        parsed.into_iter().map(|(_, entry)| entry).collect()
    }

    #[test]
    fn lists_are_lines_or_json() {
        let id = |id: &str| Entry::Id(id.to_owned());
        assert_eq!(
            entries("3\r\n\n 17 \nabc 1\n\"a\\nb\"\n"),
            [
                Entry::Position(3),
                Entry::Position(17),
                id("abc 1"),
                id("a\nb")
            ]
        );
        assert_eq!(
            entries("\u{feff}[3, \"4\", \"x\"]"),
            [Entry::Position(3), id("4"), id("x")]
        );
        assert_eq!(entries(""), []);
        for text in ["[1.5]", "[-1]", "[[1]]", "[1", "99999999999999999999"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
