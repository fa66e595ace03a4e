//! The images that a subset needs.

use std::collections::HashSet;

use ofa_data::{DatasetImages, ImageFile, Located, Skip};

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
    let mut seen = HashSet::new();
    for &position in positions {
        let record = images
            .dataset()
            .record(position)
            .map_err(crate::error::Error::from)?;
        let Ok(record) = record else { continue };
        for (nth, reference) in (0..).zip(&record.images) {
            match images.locate(position, nth, reference) {
                Ok(Located { file, .. }) => {
                    if seen.insert(file.key) {
                        take(Ok(file))?;
                    }
                }
                Err(skip) => take(Err(skip))?,
            }
        }
    }
    Ok(())
}
