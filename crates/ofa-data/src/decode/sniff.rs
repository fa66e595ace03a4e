//! The format of an image, told by its first bytes.

use super::DecodeError;

/// The formats that are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageFormat {
    Png,
    Jpeg,
    WebP,
    Gif,
    Bmp,
    Tiff,
}

impl ImageFormat {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        }
    }
}

/// The usual extension of an image's file, told by its first bytes; `None` where it is no image
/// that is decoded.
pub fn image_extension(bytes: &[u8]) -> Option<&'static str> {
    let format = format_of(bytes).ok()?;
    Some(match format {
        ImageFormat::Png => "png",
        ImageFormat::Jpeg => "jpg",
        ImageFormat::WebP => "webp",
        ImageFormat::Gif => "gif",
        ImageFormat::Bmp => "bmp",
        ImageFormat::Tiff => "tiff",
    })
}

pub(super) fn format_of(bytes: &[u8]) -> Result<ImageFormat, DecodeError> {
    let found = match bytes {
        [] => return Err(DecodeError::Empty),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => return Ok(ImageFormat::Png),
        [0xff, 0xd8, 0xff, ..] => return Ok(ImageFormat::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => return Ok(ImageFormat::Gif),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => {
            return Ok(ImageFormat::WebP);
        }
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => {
            return Ok(ImageFormat::Tiff);
        }
        [b'B', b'M', ..] => return Ok(ImageFormat::Bmp),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand {
            [b'a', b'v', b'i', b'f' | b's', ..] => "AVIF",
            [b'h', b'e', b'i' | b'v', ..] | [b'm', b'i', b'f', b'1', ..] => "HEIC",
            _ => "a video or an image in an ISO container",
        },
        [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] | [0xff, 0x0a, ..] => "JPEG XL",
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => "JPEG 2000",
        [0, 0, 1, 0, ..] => "an icon (ICO)",
        [b'8', b'B', b'P', b'S', ..] => "a Photoshop document",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        [b'P', b'K', 3, 4, ..] => "a zip archive",
        [0x1f, 0x8b, ..] => "gzip-compressed data",
        _ if bytes.starts_with(b"version https://git-lfs") => {
            "a Git LFS pointer (the image itself was not downloaded; `git lfs pull` does it)"
        }
        _ => {
            let start = bytes.trim_ascii_start();
            let text = start
                .strip_prefix(b"\xef\xbb\xbf")
                .unwrap_or(start)
                .trim_ascii_start();
            match text {
                [] => "white space",
                [b'<', ..] => "a web page, or an SVG or XML text",
                [b'{' | b'[', ..] => "JSON",
                _ if bytes.iter().all(|&byte| byte == 0) => "zeros (was the download cut off?)",
                _ => "unknown data",
            }
        }
    };
    Err(DecodeError::UnknownFormat { found })
}
