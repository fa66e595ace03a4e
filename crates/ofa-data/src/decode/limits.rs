//! How large an image may be.

use super::DecodeError;

/// Bounds against images that say they are huge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels. The default, 178,956,970, is where Pillow raises its
    /// `DecompressionBombError`.
    pub max_pixels: u64,
    /// Most bytes that decoding may take at once, estimated from the header. The default is
    /// 1 GiB.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 178_956_970,
            max_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// Refuses an image of no pixels or too many, or whose decoding takes too much memory:
    /// `bytes_per_pixel` for all buffers that exist at once, the result included.
    pub(super) fn check(
        &self,
        format: &'static str,
        width: u32,
        height: u32,
        bytes_per_pixel: u64,
    ) -> Result<(), DecodeError> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 {
            return Err(DecodeError::broken(
                format,
                format_args!("{width}x{height} pixels"),
            ));
        }
        if pixels > self.max_pixels {
            let problem = format!("{pixels} pixels are more than {}", self.max_pixels);
            return Err(DecodeError::TooLarge {
                width,
                height,
                problem,
            });
        }
        let bytes = pixels.saturating_mul(bytes_per_pixel);
        if bytes > self.max_bytes {
            let problem = format!("decoding takes {bytes} bytes, more than {}", self.max_bytes);
            return Err(DecodeError::TooLarge {
                width,
                height,
                problem,
            });
        }
        Ok(())
    }
}
