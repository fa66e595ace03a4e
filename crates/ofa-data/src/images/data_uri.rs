//! Images that a record holds as a `data:` URI.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};

use crate::identity;
use crate::image_source::MAX_IMAGE_FILE_BYTES;
use crate::skip::{Skip, SkipReason, grouped};

/// Takes what encoders leave out or get wrong without harm: padding, and bits behind the last
/// byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes that a `data:` URI holds: `data:[type][;parameters][;base64],payload`.
///
/// Base64 may be of the standard or the URL-safe alphabet, with or without padding, with white
/// space and percent-encoding in it.
///
/// # Errors
/// A [`Skip`] with `image_unreadable` where it is no such URI or its payload is broken, and with
/// `image_too_large` where it holds more than [`MAX_IMAGE_FILE_BYTES`].
pub(crate) fn decode(uri: &str) -> Result<Vec<u8>, Skip> {
    decode_at_most(uri, MAX_IMAGE_FILE_BYTES)
}

fn decode_at_most(uri: &str, most: u64) -> Result<Vec<u8>, Skip> {
    let skip = |reason, problem: String| Skip::new(reason, format!("{}: {problem}", label(uri)));
    let unreadable = |problem| skip(SkipReason::ImageUnreadable, problem);
    let parts = Parts::of(uri).ok_or_else(|| {
        let problem = "expected `data:` and a comma before the image, found no comma";
        unreadable(problem.to_owned())
    })?;
    let payload = parts.payload.as_bytes();
    let within = |length: usize| match length as u64 {
        length if length > most => Err(skip(
            SkipReason::ImageTooLarge,
            format!("{length} bytes are more than {most}"),
        )),
        _ => Ok(()),
    };
    if !parts.base64 {
        within(percent_decode(payload).count())?;
        return Ok(percent_decode(payload).collect());
    }
    let digits = || {
        percent_decode(payload)
            .filter(|byte| !byte.is_ascii_whitespace())
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                byte => byte,
            })
    };
    let padding = |byte: &u8| *byte == b'=';
    within(digits().filter(|byte| !padding(byte)).count() / 4 * 3)?;
    let mut digits: Vec<u8> = digits().collect();
    while digits.last().is_some_and(padding) {
        digits.pop();
    }
    BASE64
        .decode(&digits)
        .map_err(|error| unreadable(format!("broken base64: {error}")))
}

/// What an image in a `data:` URI is called in messages.
pub(crate) fn label(uri: &str) -> String {
    /// A type is a few words; more of it is no name.
    const MOST: usize = 64;

    let Some(parts) = Parts::of(uri) else {
        return format!("data:, {} bytes", grouped(uri.len() as u64));
    };
    let is_name = |c: char| c.is_ascii_graphic();
    let name = match parts.media_type {
        name if name.len() <= MOST && name.chars().all(is_name) => name,
        _ => "",
    };
    let coding = if parts.base64 { " of base64" } else { "" };
    format!(
        "data:{name}, {} bytes{coding}",
        grouped(parts.payload.len() as u64)
    )
}

/// Identity for caches: the first 16 bytes of the SHA-256 of the URI.
pub(crate) fn key(uri: &str) -> u128 {
    identity::of_hash(Sha256::new_with_prefix(uri))
}

struct Parts<'a> {
    media_type: &'a str,
    base64: bool,
    payload: &'a str,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Option<Self> {
        let (scheme, rest) = uri.trim_start().split_once(':')?;
        let (header, payload) = rest.split_once(',')?;
        let mut parameters = header.split(';').map(str::trim);
        let media_type = parameters.next().unwrap_or_default();
        let base64 = parameters.any(|parameter| parameter.eq_ignore_ascii_case("base64"));
        scheme.eq_ignore_ascii_case("data").then_some(Self {
            media_type,
            base64,
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_a_data_uri_is_read() {
        for uri in [
            "data:image/png;base64,+/+/YQ==",
            "data:image/png;base64,-_-_YQ",
            "DATA:image/png;charset=utf-8;BASE64,+/+/YQ=",
            "data:;base64,+/+ /\n\tYQ==\r\n",
            "data:;base64,%2B%2F%2B%2FYQ%3D%3D",
            " data:image/png; base64 ,+/+/YR",
        ] {
            assert_eq!(decode(uri).unwrap(), [0xfb, 0xff, 0xbf, b'a'], "{uri}");
        }
        let plain = decode("data:image/svg+xml,%3Csvg/%3E,%ff").unwrap();
        assert_eq!(plain, b"<svg/>,\xff");
        assert_eq!(decode("data:,").unwrap(), b"");
        assert_eq!(decode("data:;base64,").unwrap(), b"");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (uri, words) in [
            ("data:image/png;base64", "found no comma"),
            ("file:a,b", "expected `data:`"),
            (
                "data:image/png;base64,ab!d",
                "broken base64: Invalid symbol 33, offset 2",
            ),
            ("data:image/png;base64,a=bc", "broken base64"),
            ("data:image/png;base64,abcde", "broken base64"),
            ("data:image/png;base64,\u{e9}", "broken base64"),
        ] {
            let skip = decode(uri).unwrap_err();
            assert_eq!(skip.reason, SkipReason::ImageUnreadable, "{uri}");
            assert!(skip.detail.contains(words), "{skip}");
        }
        for uri in ["data:;base64,YWJjZGVm", "data:,abcdef", "data:,%61bcdef"] {
            assert_eq!(decode_at_most(uri, 6).unwrap(), b"abcdef");
            let skip = decode_at_most(uri, 5).unwrap_err();
            assert_eq!(skip.reason, SkipReason::ImageTooLarge, "{uri}");
        }
    }

    #[test]
    fn labels_are_short_whatever_the_uri() {
        let payload = "a".repeat(12_345);
        for (uri, expected) in [
            (
                format!("data:image/png;base64,{payload}"),
                "data:image/png, 12,345 bytes of base64",
            ),
            (
                format!("data:image/svg+xml,{}", &payload[..999]),
                "data:image/svg+xml, 999 bytes",
            ),
            (format!("data:{payload},"), "data:, 0 bytes"),
            (payload.clone(), "data:, 12,345 bytes"),
        ] {
            assert_eq!(label(&uri), expected);
        }
    }

    #[test]
    fn keys_are_the_first_half_of_the_digest() {
        assert_eq!(key("data:,a"), 0x12ef6c07486f373f626d1cbea1805e57);
        assert_ne!(key("data:,b"), 0x12ef6c07486f373f626d1cbea1805e57);
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for engine in [&BASE64_STANDARD, &BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE] {
                let uri = format!("data:image/png;base64,{}", engine.encode(&bytes));
                prop_assert_eq!(decode(&uri).unwrap(), bytes.clone());
            }
        }

        #[test]
        fn no_text_panics(uri in r"(data:)?[a-z;]{0,9}(;base64,)?(?s).{0,40}") {
            let _ = (decode(&uri), label(&uri), key(&uri));
        }
    }
}
