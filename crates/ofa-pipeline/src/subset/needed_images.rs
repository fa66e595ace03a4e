//! The images that a subset needs.

use std::collections::HashSet;

use ofa_data::{DatasetImages, ImageFile, ImagePlace, Located, Skip};

use crate::error::Result;

/// Calls `take` with every distinct image that the records at `positions` name or carry, in the
/// order in which they first appear; with the reason for one that cannot be found.
///
/// # Errors
/// Where the dataset cannot be read, and whatever `take` gives back.
pub fn needed_images<E: From<crate::error::Error>>(
    images: &DatasetImages,
    positions: &[u64],
    mut take: impl FnMut(Result<ImageFile, Skip>) -> Result<(), E>,
) -> Result<(), E> {
    let mut needed = NeededImages::default();
    for &position in positions {
        for image in needed.of_record(images, position)? {
            take(image)?;
        }
    }
    Ok(())
}

/// The images that records need, record by record: for who cannot wait for all.
#[derive(Debug, Default)]
pub struct NeededImages {
    seen: HashSet<u128>,
}

impl NeededImages {
    /// The images of a record that no record before it had; with the reason for one that cannot be
    /// found.
    ///
    /// # Errors
    /// Where the dataset cannot be read.
    pub fn of_record(
        &mut self,
        images: &DatasetImages,
        position: u64,
    ) -> Result<Vec<Result<ImageFile, Skip>>> {
        let mut found = Vec::new();
        let Ok(record) = images.dataset().record(position)? else {
            return Ok(found);
        };
        for (nth, reference) in (0..).zip(&record.images) {
            match images.locate(position, nth, reference) {
                Ok(Located { file, .. }) => {
                    if self.seen.insert(file.key) {
                        found.push(Ok(file));
                    }
                }
                Err(skip) => found.push(Err(skip)),
            }
        }
        Ok(found)
    }
}

/// What an image is called among copies of others: its path; where another image has that already,
/// the same with a number; where it is no name for a file and the image stands in a record, one by
/// that. `None` where there is no name for it.
///
/// `is_name` says whether a path can be a file's, `is_free` whether no other copy has it, and
/// `extension` which one the image has by its bytes.
pub fn name_of_copy(
    file: &ImageFile,
    is_name: impl Fn(&str) -> bool,
    is_free: impl Fn(&str) -> bool,
    extension: impl FnOnce() -> Option<&'static str>,
) -> Option<String> {
    // What an image in a `data:` URI is called says its type and length.
    let is_name = |path: &str| is_name(path) && !path.starts_with("data:");
    let wanted = match file.place {
        _ if is_name(&file.path) => file.path.clone(),
        ImagePlace::Record { position, nth } => {
            let extension = extension().unwrap_or("bin");
            format!("record-{position}-{nth}.{extension}")
        }
        _ => return None,
    };
    if is_free(&wanted) {
        return Some(wanted);
    }
    let name = wanted.rfind('/').map_or(0, |at| at + 1);
    let dot = wanted[name..].rfind('.').filter(|&at| at > 0);
    let (stem, ending) = wanted.split_at(dot.map_or(wanted.len(), |at| name + at));
    (2..)
        .map(|nth: u64| format!("{stem}-{nth}{ending}"))
        .find(|name| is_free(name))
}
