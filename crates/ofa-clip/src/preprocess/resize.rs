//! Resizing of 8-bit RGB images: two passes, one along rows and one along columns, each rounded
//! to 8 bits.
//!
//! Reference: `ImagingResampleInner` and its 8-bit passes in Pillow's `Resample.c`.

use super::Size;
use super::filter::{Filter, Taps};
use super::vector;
use crate::{Error, Result};

/// Resizes an image as Pillow's `Image.resize` does, to the bit.
///
/// # Shapes
/// `rgb` is `[height, width, 3]` in row-major order, 8 bits a channel; the result is
/// `[new_height, new_width, 3]`.
///
/// # Errors
/// [`Error::Image`]: a side is 0, or `rgb` does not have `3 * width * height` bytes.
///
/// # Example
/// ```
/// use ofa_clip::{Filter, resize_rgb};
/// let twice = resize_rgb(1, 1, &[10, 20, 30], 2, 1, Filter::Bicubic).unwrap();
/// assert_eq!(twice, [10, 20, 30, 10, 20, 30]);
/// ```
pub fn resize_rgb(
    width: usize,
    height: usize,
    rgb: &[u8],
    new_width: usize,
    new_height: usize,
    filter: Filter,
) -> Result<Vec<u8>> {
    let image = Image::new(width, height, rgb)?;
    if new_width == 0 || new_height == 0 {
        return Err(Error::Image {
            width,
            height,
            reason: format!("cannot be resized to {new_width}x{new_height}"),
        });
    }
    let target = Size {
        height: new_height,
        width: new_width,
    };
    Ok(image.resized(target, Window::whole(target), filter))
}

/// The part of a resized image that is wanted.
pub(super) struct Window {
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Window {
    pub(super) fn whole(size: Size) -> Self {
        Self {
            top: 0,
            left: 0,
            height: size.height,
            width: size.width,
        }
    }
}

/// A checked view of pixels.
pub(super) struct Image<'a> {
    size: Size,
    rgb: &'a [u8],
}

impl<'a> Image<'a> {
    pub(super) fn new(width: usize, height: usize, rgb: &'a [u8]) -> Result<Self> {
        let reason = if width == 0 || height == 0 {
            "it has no pixels".to_owned()
        } else {
            let bytes = width.checked_mul(height).and_then(|n| n.checked_mul(3));
            if bytes == Some(rgb.len()) {
                return Ok(Self {
                    size: Size { height, width },
                    rgb,
                });
            }
            let found = rgb.len();
            format!("expected 3 bytes for each pixel, found {found} bytes")
        };
        Err(Error::Image {
            width,
            height,
            reason,
        })
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// The wanted part of this image resized to `target`.
    pub(super) fn resized(&self, target: Size, window: Window, filter: Filter) -> Vec<u8> {
        // As in Pillow, a side that keeps its length is not filtered.
        let columns = (target.width != self.size.width).then(|| {
            let wanted = window.left..window.left + window.width;
            Taps::new(self.size.width, target.width, wanted, filter)
        });
        let rows = (target.height != self.size.height).then(|| {
            let wanted = window.top..window.top + window.height;
            Taps::new(self.size.height, target.height, wanted, filter)
        });
        let line = 3 * self.size.width;
        let needed = match &rows {
            Some(rows) => rows.span(),
            None => window.top..window.top + window.height,
        };
        let source = &self.rgb[needed.start * line..needed.end * line];
        let (Some(columns), Some(rows)) = (&columns, &rows) else {
            return match (columns, rows) {
                (Some(columns), _) => vector::along_rows(source, self.size.width, &columns),
                (None, rows) => {
                    let kept = cut_lines(source, line, &window);
                    match rows {
                        Some(rows) => {
                            vector::along_columns(&kept, 3 * window.width, needed.start, &rows)
                        }
                        None => kept,
                    }
                }
            };
        };
        if columns_first(self.size, target) {
            let low = vector::along_columns(source, line, needed.start, rows);
            vector::along_rows(&low, self.size.width, columns)
        } else {
            let narrow = vector::along_rows(source, self.size.width, columns);
            vector::along_columns(&narrow, 3 * window.width, needed.start, rows)
        }
    }
}

/// Whether the pass along columns comes first.
///
/// The two orders round differently, so this decides over single levels. Up to Pillow 12 the
/// pass along rows always comes first. Pillow 13, to which the goldens hold this crate, turns
/// the order where the height shrinks by more than twice what the width shrinks by: pictures
/// more than twice as high as wide.
///
/// Reference: `horizontal_first` in `ImagingResampleInner` of Pillow 13, which is
/// `!(dh > 0 && dh > 2 * dw)` with `dh` and `dw` what height and width shrink by.
fn columns_first(from: Size, to: Size) -> bool {
    let shrinks = |from: usize, to: usize| from as i64 - to as i64;
    let (height, width) = (
        shrinks(from.height, to.height),
        shrinks(from.width, to.width),
    );
    height > 0 && height > 2 * width
}

/// The wanted columns of each line.
fn cut_lines(source: &[u8], line: usize, window: &Window) -> Vec<u8> {
    let kept = 3 * window.left..3 * (window.left + window.width);
    let lines = source.chunks_exact(line);
    lines
        .flat_map(|line| &line[kept.clone()])
        .copied()
        .collect()
}
