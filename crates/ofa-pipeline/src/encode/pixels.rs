//! Where a window's pixel values come from, one image after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ofa_clip::Preprocessor;
use ofa_data::{ImageFile, ImageSource, Skip, SkipReason};

/// Gives the pixel values of the images it was started on, in their order.
pub trait PixelSource {
    /// Begins a window. What was left of the last one is forgotten.
    fn start(&mut self, files: Vec<ImageFile>);

    /// The pixel values of the next image, or why it has none.
    ///
    /// # Shapes
    /// `[3, height, width]` f32 of the encoder's input size, flattened.
    ///
    /// # Errors
    /// A [`Skip`] when the file cannot be read, decoded or preprocessed.
    ///
    /// # Panics
    /// When called more often than there were files.
    fn next(&mut self) -> Result<Vec<f32>, Skip>;
}

/// Reads, decodes and preprocesses one image.
///
/// # Errors
/// A [`Skip`] with the reason and what was found in the file. A decoder that panics on a
/// malformed file costs this image, not the run.
pub fn pixel_values(
    images: &dyn ImageSource,
    preprocessor: &Preprocessor,
    file: &ImageFile,
) -> Result<Vec<f32>, Skip> {
    let bytes = images.read(file)?;
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let image = ofa_data::decode(&bytes).map_err(|error| {
            let skip = Skip::from(error);
            Skip::new(skip.reason, format!("{}: {}", file.path, skip.detail))
        })?;
        preprocessor
            .pixel_values(image.width as usize, image.height as usize, &image.pixels)
            .map_err(|error| {
                Skip::new(
                    SkipReason::ImageUnreadable,
                    format!("{}: {error}", file.path),
                )
            })
    }));
    decoded.unwrap_or_else(|_| {
        Err(Skip::new(
            SkipReason::ImageUnreadable,
            format!("{}: the decoder failed on this file", file.path),
        ))
    })
}
