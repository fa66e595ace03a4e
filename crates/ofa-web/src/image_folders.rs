//! Folders that images lie in, told from what the records name: a zip may have all of them below
//! `images/`, of which the records say nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ofa_data::{DatasetImages, FileTree, FolderOfTree, ImageReference, SkipReason};

/// Records that are looked at, spread over the dataset.
const SAMPLE: u64 = 256;

/// Most folders that are found in one tree.
const MOST_FOLDERS: usize = 16;

/// Folders of trees from which paths lead to images that records name and that are found nowhere
/// yet. Those that most of the records looked at speak for come first.
///
/// Asks for the trees, and lists them, only where an image is missing. What cannot be read is no
/// reason to fail here: it is told of where it is needed.
pub(crate) fn image_folders(
    images: &DatasetImages,
    trees: impl FnOnce() -> Vec<Arc<dyn FileTree>>,
) -> Vec<Arc<dyn FileTree>> {
    let missing = missing_images(images);
    if missing.is_empty() {
        return vec![];
    }
    trees()
        .iter()
        .flat_map(|tree| folders_in(tree, &missing))
        .collect()
}

/// Paths of images, of a sample of the records, for which there is no file.
fn missing_images(images: &DatasetImages) -> Vec<String> {
    let dataset = images.dataset();
    let step = dataset.len().div_ceil(SAMPLE).max(1);
    let mut missing = vec![];
    for position in (0..dataset.len()).step_by(step as usize) {
        let Ok(Ok(record)) = dataset.record(position) else {
            continue;
        };
        for (nth, reference) in record.images.iter().enumerate() {
            if let ImageReference::Path(path) = reference
                && let Err(skip) = images.locate(position, nth as u32, reference)
                && skip.reason == SkipReason::ImageMissing
            {
                let path = path.replace('\\', "/");
                missing.push(path.trim_start_matches("./").to_owned());
            }
        }
    }
    missing
}

fn folders_in(tree: &Arc<dyn FileTree>, missing: &[String]) -> Vec<Arc<dyn FileTree>> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut by_name: HashMap<String, Vec<&str>> = HashMap::new();
    for path in missing {
        by_name.entry(name(path)).or_default().push(path);
    }
    let mut votes = BTreeMap::<String, u64>::new();
    for file in tree.files().unwrap_or_default() {
        for wanted in by_name.get(&name(&file.path)).into_iter().flatten() {
            let folder = file.path.strip_suffix(wanted);
            if let Some(folder) = folder.and_then(|folder| folder.strip_suffix('/')) {
                *votes.entry(folder.to_owned()).or_default() += 1;
            }
        }
    }
    let mut votes: Vec<_> = votes.into_iter().collect();
    votes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    votes
        .into_iter()
        .take(MOST_FOLDERS)
        .map(|(folder, _)| {
            Arc::new(FolderOfTree::new(Arc::clone(tree), &folder)) as Arc<dyn FileTree>
        })
        .collect()
}
