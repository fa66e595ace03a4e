//! Where a window's pixel values come from, one image after the other.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ofa_clip::Preprocessor;
use ofa_data::{
    DatasetImages, DecodeError, ImageFile, Limits, RgbImage, Skip, SkipReason, decode_with_limits,
};

/// Most memory that decoding an image may take while others are decoded beside it.
const ORDINARY_BYTES: u64 = 128 << 20;

/// Held from decoding to the small input of the encoder for an image that takes more: one at a
/// time, so that some huge ones among many do not multiply with the number of threads.
static HUGE: Mutex<()> = Mutex::new(());

/// The pixel values of an image, once they are there, or why it has none.
///
/// # Shapes
/// `[3, height, width]` f32 of the encoder's input size, flattened.
pub type NextPixels<'a> = Pin<Box<dyn Future<Output = Result<Vec<f32>, Skip>> + 'a>>;

/// Gives the pixel values of the images it was started on, in their order.
pub trait PixelSource {
    /// Begins a window. What was left of the last one is forgotten.
    fn start(&mut self, files: Vec<ImageFile>);

    /// The pixel values of the next image, or why it has none: it cannot be read, decoded or
    /// preprocessed.
    ///
    /// # Panics
    /// When called more often than there were files.
    fn next(&mut self) -> NextPixels<'_>;
}

/// Reads, decodes and preprocesses one image.
///
/// # Errors
/// A [`Skip`] with the reason and what was found in the file. A decoder that panics on a
/// malformed file costs this image, not the run.
pub fn pixel_values(
    images: &DatasetImages,
    preprocessor: &Preprocessor,
    file: &ImageFile,
) -> Result<Vec<f32>, Skip> {
    of_decoded(images, file, |image| preprocessed(preprocessor, image))
}

/// Decodes and preprocesses an image whose file was read.
///
/// # Errors
/// As [`pixel_values`], without the file's path in the detail.
pub fn pixel_values_of_bytes(preprocessor: &Preprocessor, bytes: &[u8]) -> Result<Vec<f32>, Skip> {
    let (image, _turn) = decode(bytes)?;
    preprocessed(preprocessor, &image)
}

/// Decodes an image whose file was read, for nothing but to see whether that is possible.
///
/// # Errors
/// As [`pixel_values_of_bytes`].
pub fn try_to_decode_bytes(bytes: &[u8]) -> Result<(), Skip> {
    decode(bytes)?;
    Ok(())
}

fn preprocessed(preprocessor: &Preprocessor, image: &RgbImage) -> Result<Vec<f32>, Skip> {
    preprocessor
        .pixel_values(image.width as usize, image.height as usize, &image.pixels)
        .map_err(|error| Skip::new(SkipReason::ImageUnreadable, error.to_string()))
}

/// Reads and decodes one image for nothing but to see whether that is possible.
///
/// # Errors
/// As [`pixel_values`].
pub(crate) fn try_to_decode(images: &DatasetImages, file: &ImageFile) -> Result<(), Skip> {
    of_decoded(images, file, |_| Ok(()))
}

/// What `make` makes of an image, once it is read and decoded.
fn of_decoded<T>(
    images: &DatasetImages,
    file: &ImageFile,
    make: impl FnOnce(&RgbImage) -> Result<T, Skip>,
) -> Result<T, Skip> {
    let of_file = |skip: Skip| Skip::new(skip.reason, format!("{}: {}", file.path, skip.detail));
    let made = catch_unwind(AssertUnwindSafe(|| {
        let bytes = images.read(file)?;
        let (image, _turn) = decode(&bytes).map_err(|error| of_file(error.into()))?;
        drop(bytes);
        make(&image).map_err(of_file)
    }));
    made.unwrap_or_else(|_| {
        Err(Skip::new(
            SkipReason::ImageUnreadable,
            format!("{}: the decoder failed on this file", file.path),
        ))
    })
}

/// Decodes an image, and keeps the turn that a huge one had to wait for.
fn decode(bytes: &[u8]) -> Result<(RgbImage, Option<MutexGuard<'static, ()>>), DecodeError> {
    let most = Limits::default();
    let ordinary = Limits {
        max_bytes: most.max_bytes.min(ORDINARY_BYTES),
        ..most
    };
    // Limits are held against the header, before anything is decoded.
    match decode_with_limits(bytes, &ordinary) {
        Err(DecodeError::TooLarge { .. }) => {
            let turn = HUGE.lock().unwrap_or_else(PoisonError::into_inner);
            Ok((decode_with_limits(bytes, &most)?, Some(turn)))
        }
        decoded => Ok((decoded?, None)),
    }
}
