//! Image bytes to RGB pixels, as Pillow's `Image.open(file).convert("RGB")` gives them.
//!
//! The format is told by the bytes, never by a name. Alpha is dropped, not blended; palettes and
//! grey are expanded; colour profiles and EXIF rotation are ignored; of an animation the first
//! frame is taken. What Pillow refuses because it is cut off is refused here too.
//!
//! The pixels equal Pillow's to the bit, as `tests/images.rs` shows, except in TIFF compressed as
//! JPEG: 1 level, of another inverse transform.
//!
//! Of damaged files, which Pillow reads as far as its libraries do, some are refused: progressive
//! JPEG with a wrong code in it, TIFF with a wrong checksum, BMP without its last bytes.
//!
//! Not read although Pillow does: TIFF compressed as CCITT group 3, Zstandard or LZMA, of CIE
//! L*a*b*, or BigTIFF with a palette; GIF without any palette; and the formats AVIF, BLP, CUR, DDS,
//! DIB, EPS, FLI, ICNS, ICO, IM, JPEG 2000, MSP, Netpbm, PCX, PSD, QOI, SGI, SPIDER, Sun raster,
//! TGA, WMF, XBM and XPM.

mod bmp;
mod gif;
mod jpeg;
mod limits;
mod pillow;
mod png;
mod sniff;
mod tiff;
mod webp;

pub use limits::Limits;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::skip::{Skip, SkipReason};
use sniff::ImageFormat;
pub use sniff::image_extension;

/// Pixels of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
    /// Red, green, blue of each pixel, row by row from the top: `3 * width * height` bytes.
    pub pixels: Vec<u8>,
}

/// Why an image was not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The bytes begin like no image format that is read.
    #[error("expected PNG, JPEG, WebP, GIF, BMP or TIFF, found {found}")]
    UnknownFormat {
        /// What the bytes look like.
        found: &'static str,
    },
    /// The bytes are broken, cut off, or use a rare feature that is not read.
    #[error("{format}: {problem}")]
    Broken {
        /// The format that the first bytes show.
        format: &'static str,
        /// What the decoder says.
        problem: String,
    },
    /// The image would take more than the [`Limits`].
    #[error("{width}x{height} pixels: {problem}")]
    TooLarge {
        /// Width in pixels, as the header says.
        width: u32,
        /// Height in pixels, as the header says.
        height: u32,
        /// Which limit, and how far beyond it.
        problem: String,
    },
}

impl DecodeError {
    /// The reason under which a record with such an image is counted.
    pub fn reason(&self) -> SkipReason {
        match self {
            Self::TooLarge { .. } => SkipReason::ImageTooLarge,
            _ => SkipReason::ImageUnreadable,
        }
    }

    fn broken(format: &'static str, problem: impl ToString) -> Self {
        Self::Broken {
            format,
            problem: problem.to_string(),
        }
    }
}

impl From<DecodeError> for Skip {
    fn from(error: DecodeError) -> Self {
        Skip::new(error.reason(), error.to_string())
    }
}

/// Decodes an image with the default [`Limits`].
///
/// # Errors
/// As [`decode_with_limits`].
///
/// # Example
/// ```
/// // A bitmap of one red pixel: file header, image header, blue, green, red, padding.
/// let mut bytes = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
/// bytes.resize(54, 0);
/// bytes.extend([0, 0, 255, 0]);
/// let image = ofa_data::decode(&bytes)?;
/// assert_eq!((image.width, image.height), (1, 1));
/// assert_eq!(image.pixels, [255, 0, 0]);
/// # Ok::<(), ofa_data::DecodeError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<RgbImage, DecodeError> {
    decode_with_limits(bytes, &Limits::default())
}

/// Decodes an image, unless it is larger than `limits` allow.
///
/// The limits are checked against the header, before the pixels are allocated. A decoder that
/// panics is reported as a broken image where panics unwind.
///
/// # Errors
/// - [`DecodeError::Empty`] and [`DecodeError::UnknownFormat`]: no known image;
/// - [`DecodeError::Broken`]: broken, cut off, or a rare feature that is not read;
/// - [`DecodeError::TooLarge`]: more pixels or memory than the limits allow.
pub fn decode_with_limits(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let format = sniff::format_of(bytes)?;
    let decode = match format {
        ImageFormat::Png => png::decode,
        ImageFormat::Jpeg => jpeg::decode,
        ImageFormat::WebP => webp::decode,
        ImageFormat::Gif => gif::decode,
        ImageFormat::Bmp => bmp::decode,
        ImageFormat::Tiff => tiff::decode,
    };
    // The decoders take borrowed bytes and give owned pixels: nothing half-done outlives them.
    let image = catch_unwind(AssertUnwindSafe(|| decode(bytes, limits)))
        .unwrap_or_else(|_| Err(DecodeError::broken(format.as_str(), "the decoder gave up")))?;
    debug_assert_eq!(
        image.pixels.len(),
        image.width as usize * image.height as usize * 3
    );
    Ok(image)
}
