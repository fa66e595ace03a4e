//! A subset of a dataset in a zip, as a zip.

use std::collections::HashSet;
use std::io::Write;

use super::write_file_subset;
use crate::Result;
use crate::archive::{Replacement, write_zip_subset};
use crate::dataset::{CAPTIONS, Dataset, DatasetImages, is_among, split};
use crate::error::Error;
use crate::image_source::{IMAGE_EXTENSIONS, ImageReference};

/// Writes the archive that the dataset is in with the chosen records alone: their file or files
/// with those records, and of the images (and captions) those that they need, each as it stands,
/// compressed bytes and all. Whatever else is in the archive stays in it. Returns how many bytes
/// were written.
///
/// All positions give the very bytes of the source.
///
/// # Errors
/// [`Error::SubsetIsFiles`] where the dataset is in no zip; else as
/// [`write_subset`](crate::write_subset), and those of the archive's members.
pub fn write_subset_in_zip(
    images: &DatasetImages,
    positions: &[u64],
    out: &mut dyn Write,
) -> Result<u64> {
    let dataset: &Dataset = images.dataset();
    let Some(zip) = dataset.zip() else {
        return Err(Error::SubsetIsFiles {
            name: dataset.name().to_owned(),
        });
    };
    super::check(dataset, positions)?;
    if positions.len() as u64 == dataset.len() {
        return write_zip_subset(zip, &|_| true, &mut [], out);
    }
    let needed = needed(images, positions)?;
    let keep = |path: &str| {
        let (_, extension) = split(path);
        let is_optional = is_among(extension, &IMAGE_EXTENSIONS)
            || dataset.is_captions() && is_among(extension, &CAPTIONS);
        !is_optional || needed.contains(path)
    };
    // A file of records that loses none is copied as it is.
    let files: Vec<(usize, &str)> = dataset
        .files()
        .iter()
        .enumerate()
        .filter_map(|(nth, file)| Some((nth, file.within.as_ref()?.path.as_str())))
        .filter(|&(nth, _)| {
            let (_, range) = dataset.file(nth);
            super::within(positions, &range).len() as u64 != range.end - range.start
        })
        .collect();
    let mut writers: Vec<_> = files
        .iter()
        .map(|&(nth, _)| move |out: &mut dyn Write| write_file_subset(dataset, nth, positions, out))
        .collect();
    let mut replaced: Vec<Replacement<'_>> = files
        .iter()
        .zip(&mut writers)
        .map(|(&(_, path), write)| Replacement { path, write })
        .collect();
    write_zip_subset(zip, &keep, &mut replaced, out)
}

/// The paths of the images and captions that the records need.
fn needed(images: &DatasetImages, positions: &[u64]) -> Result<HashSet<String>> {
    let dataset = images.dataset();
    let mut needed = HashSet::new();
    for &position in positions {
        if let Some((_, paths)) = dataset.member_files(position)? {
            needed.extend(paths.into_iter().map(str::to_owned));
            continue;
        }
        let Ok(record) = dataset.record(position)? else {
            continue;
        };
        for (nth, reference) in (0..).zip(&record.images) {
            // A copy outside is no reason to drop the archive's own.
            if let ImageReference::Path(path) = reference {
                needed.extend(images.own_path(position, path));
            }
            if let Ok(located) = images.locate(position, nth, reference) {
                needed.extend(images.path_in_dataset(&located.file));
            }
        }
    }
    Ok(needed)
}
