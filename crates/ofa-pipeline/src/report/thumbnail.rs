//! Small pictures that stand in the page itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};
use ofa_data::{DatasetImages, ImageReference, Skip, SkipReason, decode};

/// The longer side, in pixels.
const SIDE: u32 = 160;

/// Quality of the JPEG, of 100.
const QUALITY: u8 = 75;

/// A picture as a `data:` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thumbnail {
    pub(super) uri: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Thumbnail {
    /// Finds, reads and decodes a record's image, and makes it small.
    ///
    /// # Errors
    /// A [`Skip`] with the reason why it cannot be shown. Its detail names no place: where the dataset
    /// lies is nobody's business.
    pub(super) fn of(
        images: &DatasetImages,
        position: u64,
        reference: &ImageReference,
    ) -> Result<Self, Skip> {
        let placeless = |skip: Skip| Skip::new(skip.reason, "");
        let located = images.locate(position, 0, reference).map_err(placeless)?;
        let bytes = images.read(&located.file).map_err(placeless)?;
        let decoded = decode(&bytes)?;
        let (width, height) = fit(decoded.width, decoded.height);
        let unreadable = |what: &str| Skip::new(SkipReason::ImageUnreadable, what);
        let pixels = RgbImage::from_raw(decoded.width, decoded.height, decoded.pixels)
            .ok_or_else(|| unreadable("pixels are missing"))?;
        let small = match (width, height) == pixels.dimensions() {
            true => pixels,
            false => imageops::thumbnail(&pixels, width, height),
        };
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
            .encode_image(&small)
            .map_err(|error| unreadable(&error.to_string()))?;
        Ok(Self {
            uri: format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)),
            width,
            height,
        })
    }
}

/// The size within a square of [`SIDE`]; small images stay as they are.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= SIDE {
        return (width, height);
    }
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(SIDE) / u64::from(longer);
        u32::try_from(side).unwrap_or(SIDE).max(1)
    };
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn the_longer_side_fits() {
        assert_eq!(fit(640, 480), (160, 120));
        assert_eq!(fit(480, 640), (120, 160));
        assert_eq!(fit(20, 10), (20, 10));
        assert_eq!(fit(u32::MAX, 1), (160, 1));
    }
}
