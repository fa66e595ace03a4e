//! The folders that image references begin with.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ofa_data::ImageReference;

use super::report::{Folder, OtherFolders};

/// Folders that a report lists.
const LISTED: usize = 12;

/// Folders that are counted by themselves. A dataset with a folder for each image has more, and
/// must not fill the memory with their names.
pub(crate) const MOST_FOLDERS: usize = 10_000;

/// Most characters of a folder's name that count.
const MOST_NAME: usize = 200;

/// What is said of images that stand in the records themselves.
const IN_THE_RECORDS: &str = "(in the records)";

#[derive(Default)]
pub(super) struct Folders {
    by_name: HashMap<String, Uses>,
    beyond: Uses,
}

#[derive(Default)]
struct Uses {
    images: u64,
    not_located: u64,
}

impl Folders {
    pub(super) fn add(&mut self, reference: &ImageReference, not_located: bool) {
        let name = source_folder(reference);
        let has_room = self.by_name.len() < MOST_FOLDERS;
        let uses = match self.by_name.entry(name) {
            Entry::Occupied(uses) => uses.into_mut(),
            Entry::Vacant(place) if has_room => place.insert(Uses::default()),
            Entry::Vacant(_) => &mut self.beyond,
        };
        uses.images += 1;
        uses.not_located += u64::from(not_located);
    }

    /// The most used folders, the most used first, and what the others have.
    pub(super) fn finish(self) -> (Vec<Folder>, OtherFolders) {
        let mut folders: Vec<Folder> = self
            .by_name
            .into_iter()
            .map(|(folder, uses)| Folder {
                folder,
                images: uses.images,
                not_located: uses.not_located,
            })
            .collect();
        folders.sort_by(|a, b| b.images.cmp(&a.images).then(a.folder.cmp(&b.folder)));
        let others = folders.split_off(LISTED.min(folders.len()));
        let sum = |of: fn(&Folder) -> u64| others.iter().map(of).sum::<u64>();
        let other_folders = OtherFolders {
            folders: others.len() as u64,
            images: sum(|folder| folder.images) + self.beyond.images,
            not_located: sum(|folder| folder.not_located) + self.beyond.not_located,
            complete: self.beyond.images == 0,
        };
        (folders, other_folders)
    }
}

/// The folder that an image comes from: at most two levels of its path.
pub(crate) fn source_folder(reference: &ImageReference) -> String {
    match reference {
        ImageReference::Embedded(image) if image.name.starts_with("data:") => {
            IN_THE_RECORDS.to_owned()
        }
        reference => folder_of(reference.name()),
    }
}

/// The first two folders of a path, `.` where it has none; of an address, the host and the first
/// folder.
fn folder_of(path: &str) -> String {
    let is_slash = |c: char| matches!(c, '/' | '\\');
    let (start, rest) = match path.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(is_slash) => (format!("{scheme}://"), rest),
        _ if path.starts_with(is_slash) => ("/".to_owned(), path),
        _ => (String::new(), path),
    };
    let folders = rest
        .rfind(is_slash)
        .map_or("", |last| &rest[..last])
        .split(is_slash)
        .filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = folders.take(2).collect();
    let name: String = start
        .chars()
        .chain(parts.join("/").chars())
        .take(MOST_NAME)
        .collect();
    match name.as_str() {
        "" => ".".to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_two_levels_of_the_path() {
        for (path, folder) in [
            ("a.jpg", "."),
            ("./a.jpg", "."),
            ("", "."),
            ("coco/a.jpg", "coco"),
            ("coco\\train\\a.jpg", "coco/train"),
            ("./coco//train/x/y/a.jpg", "coco/train"),
            ("/data/coco/train/a.jpg", "/data/coco"),
            ("/a.jpg", "/"),
            ("../coco/a.jpg", "../coco"),
            ("C:\\data\\a.jpg", "C:/data"),
            ("https://host/b/c/a.jpg", "https://host/b"),
            ("https://host", "https://"),
        ] {
            assert_eq!(folder_of(path), folder, "{path}");
        }
    }

    #[test]
    fn the_most_used_are_listed_and_the_others_counted_however_many() {
        let mut folders = Folders::default();
        let mut add = |path: String, not_located| {
            folders.add(&ImageReference::Path(path), not_located);
        };
        for n in 0..MOST_FOLDERS + 5 {
            add(format!("one/{n}/a.jpg"), n % 2 == 0);
        }
        add("one/7/b.jpg".to_owned(), true);
        let (listed, others) = folders.finish();
        assert_eq!(listed.len(), LISTED);
        assert_eq!(listed[0].folder, "one/7");
        assert_eq!((listed[0].images, listed[0].not_located), (2, 1));
        assert_eq!(others.folders as usize, MOST_FOLDERS - LISTED);
        let images: u64 = listed.iter().map(|folder| folder.images).sum();
        assert_eq!(images + others.images, MOST_FOLDERS as u64 + 6);
        assert!(!others.complete);
    }
}
