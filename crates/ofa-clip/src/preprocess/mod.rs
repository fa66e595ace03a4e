//! From decoded RGB pixels to `pixel_values`, as Pillow and `transformers` compute them.

mod config;
mod filter;
mod resize;
mod vector;

pub use filter::Filter;
pub use resize::resize_rgb;

use crate::{ClipConfig, Error, Result};
use config::TargetSize;
use resize::Window;

/// What `preprocessor_config.json` (or `processor_config.json`) says is done to an image before the model sees it.
///
/// Reference: `CLIPImageProcessor` of `transformers`, in its Pillow form. For equal input
/// pixels, `pixel_values` are equal to its, to the bit.
///
/// # Example
/// ```
/// let preprocessor = ofa_clip::Preprocessor::from_json(b"{}").unwrap();
/// let grey = vec![128; 3 * 40 * 30];
/// let pixel_values = preprocessor.pixel_values(40, 30, &grey).unwrap();
/// assert_eq!(pixel_values.len(), 3 * 224 * 224);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessor {
    /// The file it was read from, for messages.
    file: &'static str,
    resize: Option<(TargetSize, Filter)>,
    crop: Option<Size>,
    output: Size,
    /// For each channel, what each of the 256 levels becomes: rescaling and normalising
    /// work on single values, so a table is exact.
    levels: Box<[[f32; 256]; 3]>,
}

/// Height and width in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    height: usize,
    width: usize,
}

impl Preprocessor {
    /// Reads `preprocessor_config.json`; missing keys take the defaults of
    /// `CLIPImageProcessor`.
    ///
    /// # Errors
    /// - [`Error::Json`]: the bytes are not JSON.
    /// - [`Error::Config`]: the file is for another image processor, asks for the nearest
    ///   pixel (`resample` 0) or for padding to another size, does not lead to one size for
    ///   every image, or has a value of the wrong type.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        config::read(bytes)
    }

    /// Reads `processor_config.json`, in which `transformers` 5 saves what formerly stood in
    /// `preprocessor_config.json`, under `image_processor`.
    ///
    /// Nothing where that key is missing, as in files of former versions: then
    /// `preprocessor_config.json` is to be read.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn from_processor_json(bytes: &[u8]) -> Result<Option<Self>> {
        config::read_processor(bytes)
    }

    /// Height and width of `pixel_values`.
    pub fn output_size(&self) -> (usize, usize) {
        (self.output.height, self.output.width)
    }

    /// Checks that this preprocessor makes images of the size that the model takes.
    ///
    /// # Errors
    /// [`Error::Mismatch`]: it does not.
    pub fn check_model(&self, model: &ClipConfig) -> Result<()> {
        let size = model.vision.image_size;
        if self.output_size() == (size, size) {
            return Ok(());
        }
        let Size { height, width } = self.output;
        Err(Error::Mismatch {
            first: self.file,
            second: "config.json",
            reason: format!("it makes images of {width}x{height}, the model takes {size}x{size}"),
        })
    }

    /// Resizes, crops, rescales and normalises one image.
    ///
    /// # Shapes
    /// `rgb` is `[height, width, 3]` in row-major order, 8 bits a channel; the result is
    /// `[3, h, w]` with `(h, w)` as [`output_size`](Self::output_size) says.
    ///
    /// # Errors
    /// [`Error::Image`]: a side is 0, or `rgb` does not have `3 * width * height` bytes.
    pub fn pixel_values(&self, width: usize, height: usize, rgb: &[u8]) -> Result<Vec<f32>> {
        let mut values = vec![0.0; 3 * self.output.height * self.output.width];
        self.pixel_values_into(width, height, rgb, &mut values)?;
        Ok(values)
    }

    /// As [`pixel_values`](Self::pixel_values), into a part of a batch.
    ///
    /// # Errors
    /// As there, and [`Error::Input`] when `values` has another length than `3 * h * w`.
    pub fn pixel_values_into(
        &self,
        width: usize,
        height: usize,
        rgb: &[u8],
        values: &mut [f32],
    ) -> Result<()> {
        let plane = self.output.height * self.output.width;
        if values.len() != 3 * plane {
            return Err(Error::Input {
                what: "room for pixel_values".into(),
                expected: format!("{} values", 3 * plane),
                found: values.len().to_string(),
            });
        }
        let pixels = self.pixels(width, height, rgb)?;
        let (red, rest) = values.split_at_mut(plane);
        let (green, blue) = rest.split_at_mut(plane);
        let [red_level, green_level, blue_level] = self.levels.as_ref();
        let places = red.iter_mut().zip(green).zip(blue);
        for (pixel, ((red, green), blue)) in pixels.as_chunks::<3>().0.iter().zip(places) {
            *red = red_level[usize::from(pixel[0])];
            *green = green_level[usize::from(pixel[1])];
            *blue = blue_level[usize::from(pixel[2])];
        }
        Ok(())
    }

    /// The resized and cropped image, before rescaling and normalising.
    ///
    /// # Shapes
    /// As [`pixel_values`](Self::pixel_values), but the result is `[h, w, 3]` in 8 bits.
    ///
    /// # Errors
    /// [`Error::Image`]: a side is 0, or `rgb` does not have `3 * width * height` bytes.
    pub fn pixels(&self, width: usize, height: usize, rgb: &[u8]) -> Result<Vec<u8>> {
        let image = resize::Image::new(width, height, rgb)?;
        let (target, filter) = match &self.resize {
            Some((size, filter)) => (size.of(image.size()), *filter),
            None => (image.size(), Filter::Bicubic),
        };
        let Some(crop) = self.crop else {
            if target != self.output {
                return Err(Error::Image {
                    width,
                    height,
                    reason: format!(
                        "expected {}x{} pixels because {} neither resizes nor crops",
                        self.output.width, self.output.height, self.file
                    ),
                });
            }
            return Ok(image.resized(target, Window::whole(target), filter));
        };
        let rows = Span::centred(target.height, crop.height);
        let columns = Span::centred(target.width, crop.width);
        // Only what is kept is computed: an image of 1200x11 becomes 24436x224 before it
        // is cropped.
        let window = Window {
            top: rows.source,
            left: columns.source,
            height: rows.length,
            width: columns.length,
        };
        let kept = image.resized(target, window, filter);
        if (rows.length, columns.length) == (crop.height, crop.width) {
            return Ok(kept);
        }
        let mut padded = vec![0; 3 * crop.height * crop.width];
        let lines = padded.chunks_exact_mut(3 * crop.width).skip(rows.target);
        for (line, from) in lines.zip(kept.chunks_exact(3 * columns.length)) {
            line[3 * columns.target..][..from.len()].copy_from_slice(from);
        }
        Ok(padded)
    }
}

/// How one side of an image meets the same side of a centred crop.
struct Span {
    /// First pixel of the image that is kept.
    source: usize,
    /// Where it goes in the crop.
    target: usize,
    /// How many are kept.
    length: usize,
}

impl Span {
    /// The crop is rounded to the left (top) where it cuts. Where it pads, `transformers`
    /// pads in a frame rounded to the right and then cuts that frame as above.
    fn centred(image: usize, crop: usize) -> Self {
        if image >= crop {
            Self {
                source: (image - crop) / 2,
                target: 0,
                length: crop,
            }
        } else {
            Self {
                source: 0,
                target: (crop - image).div_ceil(2),
                length: image,
            }
        }
    }
}
