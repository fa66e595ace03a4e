//! A subset of a dataset in a zip, as a zip.

use std::collections::HashSet;
use std::io::Write;

use super::write_file_paced;
use crate::Result;
use crate::archive::{NewContents, write_archive};
use crate::dataset::{CAPTIONS, Dataset, DatasetImages, is_among, split};
use crate::error::Error;
use crate::image_source::{IMAGE_EXTENSIONS, ImageReference};
use crate::pace::{Pace, without_pause};

/// What looking up the images of a record counts as: about the bytes of a record.
const LOOKED_UP: u64 = 1 << 10;

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
    without_pause(write_subset_in_zip_paced(
        images,
        positions,
        out,
        &Pace::unbroken(),
    ))
}

/// As [`write_subset_in_zip`], giving way by `pace`.
///
/// # Errors
/// As [`write_subset_in_zip`].
pub async fn write_subset_in_zip_paced(
    images: &DatasetImages,
    positions: &[u64],
    out: &mut dyn Write,
    pace: &Pace,
) -> Result<u64> {
    let dataset: &Dataset = images.dataset();
    let Some(zip) = dataset.zip() else {
        return Err(Error::SubsetIsFiles {
            name: dataset.name().to_owned(),
        });
    };
    super::check(dataset, positions)?;
    if positions.len() as u64 == dataset.len() {
        let mut none = Subsets {
            dataset,
            positions,
            files: vec![],
        };
        return write_archive(zip, &|_| true, &[], &mut none, out, pace).await;
    }
    let needed = needed(images, positions, pace).await?;
    let keep = |path: &str| {
        let (_, extension) = split(path);
        let is_optional = is_among(extension, &IMAGE_EXTENSIONS)
            || dataset.is_captions() && is_among(extension, &CAPTIONS);
        !is_optional || needed.contains(path)
    };
    // A file of records that loses none is copied as it is.
    let (files, paths): (Vec<usize>, Vec<&str>) = dataset
        .files()
        .iter()
        .enumerate()
        .filter_map(|(nth, file)| Some((nth, file.within.as_ref()?.path.as_str())))
        .filter(|&(nth, _)| {
            let (_, range) = dataset.file(nth);
            super::within(positions, &range).len() as u64 != range.end - range.start
        })
        .unzip();
    let mut subsets = Subsets {
        dataset,
        positions,
        files,
    };
    write_archive(zip, &keep, &paths, &mut subsets, out, pace).await
}

/// The records at some positions, each file of them by itself.
struct Subsets<'a> {
    dataset: &'a Dataset,
    positions: &'a [u64],
    /// Numbers of the files.
    files: Vec<usize>,
}

impl NewContents for Subsets<'_> {
    async fn write(&mut self, nth: usize, out: &mut dyn Write, pace: &Pace) -> Result<()> {
        write_file_paced(self.dataset, self.files[nth], self.positions, out, pace).await?;
        Ok(())
    }
}

/// The paths of the images and captions that the records need.
async fn needed(images: &DatasetImages, positions: &[u64], pace: &Pace) -> Result<HashSet<String>> {
    let dataset = images.dataset();
    let mut needed = HashSet::new();
    for &position in positions {
        pace.spend(LOOKED_UP).await;
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
