//! Bytes as HTTP has them: a type, a tag, ranges, and whether the browser has them already.

use std::borrow::Cow;
use std::ops::Bound;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Response, StatusCode};
use headers::{
    AcceptRanges, ContentLength, ContentRange, ETag, HeaderMapExt, IfNoneMatch, IfRange, Range,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
use tokio_util::io::ReaderStream;

/// Bytes that are read from a file at a time: weights are gigabytes.
const CHUNK: usize = 256 << 10;

/// Where bytes are.
pub(crate) enum Content {
    Memory {
        bytes: Cow<'static, [u8]>,
        hash: [u8; 32],
    },
    File {
        file: File,
        length: u64,
        /// Since 1970.
        modified: Duration,
    },
}

/// What is served under an address.
pub(crate) struct Representation {
    content: Content,
    media_type: String,
    pub(crate) cache: &'static str,
    /// Whether others are served compressed.
    pub(crate) varies: bool,
    pub(crate) is_brotli: bool,
}

impl Representation {
    /// Bytes with the type that a name says, to be asked for anew each time.
    pub(crate) fn new(content: Content, name: &str) -> Self {
        let media_type = mime_guess::from_path(name).first_or_octet_stream();
        let is_text = media_type.type_() == mime_guess::mime::TEXT;
        Self {
            content,
            media_type: match is_text {
                true => format!("{media_type}; charset=utf-8"),
                false => media_type.to_string(),
            },
            cache: "no-cache",
            varies: false,
            is_brotli: false,
        }
    }

    fn length(&self) -> u64 {
        match &self.content {
            Content::Memory { bytes, .. } => bytes.len() as u64,
            Content::File { length, .. } => *length,
        }
    }

    /// Of the content where it is in memory. A file is as it was while its length and time are.
    fn tag(&self) -> ETag {
        let tag = match &self.content {
            Content::Memory { hash, .. } => hash[..16]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            Content::File {
                length, modified, ..
            } => format!("{length:x}-{:x}", modified.as_nanos()),
        };
        format!("\"{tag}\"").parse().expect("a quoted tag")
    }

    /// Answers a request for it.
    pub(crate) async fn answer(self, request: &HeaderMap) -> Response<Body> {
        let (length, tag) = (self.length(), self.tag());
        let mut headers = HeaderMap::new();
        headers.typed_insert(tag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        if self.varies {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        let is_known = request
            .typed_get::<IfNoneMatch>()
            .is_some_and(|known| !known.precondition_passes(&tag));
        if is_known {
            return response(StatusCode::NOT_MODIFIED, headers, Body::empty());
        }
        if let Ok(media_type) = HeaderValue::from_str(&self.media_type) {
            headers.insert(header::CONTENT_TYPE, media_type);
        }
        if self.is_brotli {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        headers.typed_insert(AcceptRanges::bytes());
        let is_same = request
            .typed_get::<IfRange>()
            .is_none_or(|range| !range.is_modified(Some(&tag), None));
        let wanted = request.typed_get::<Range>().filter(|_| is_same);
        let (status, from, count) = match wanted.map_or(Part::Whole, |range| part(&range, length)) {
            Part::Whole => (StatusCode::OK, 0, length),
            Part::Of { first, last } => {
                let range = ContentRange::bytes(first..=last, length).expect("within the length");
                headers.typed_insert(range);
                (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
            }
            Part::Outside => {
                headers.typed_insert(ContentRange::unsatisfied_bytes(length));
                return response(StatusCode::RANGE_NOT_SATISFIABLE, headers, Body::empty());
            }
        };
        headers.typed_insert(ContentLength(count));
        match self.content.body(from, count).await {
            Ok(body) => response(status, headers, body),
            Err(_) => response(
                StatusCode::INTERNAL_SERVER_ERROR,
                HeaderMap::new(),
                Body::empty(),
            ),
        }
    }
}

fn response(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

impl Content {
    async fn body(self, from: u64, count: u64) -> std::io::Result<Body> {
        match self {
            Self::Memory { bytes, .. } => {
                let end = from + count;
                let (from, end) = (from as usize, end as usize);
                Ok(match bytes {
                    Cow::Borrowed(bytes) => Body::from(&bytes[from..end]),
                    Cow::Owned(bytes) => Body::from(bytes[from..end].to_vec()),
                })
            }
            Self::File { mut file, .. } => {
                file.seek(SeekFrom::Start(from)).await?;
                file.set_max_buf_size(CHUNK);
                let stream = ReaderStream::with_capacity(file.take(count), CHUNK);
                Ok(Body::from_stream(stream))
            }
        }
    }
}

/// What is wanted of some bytes.
#[derive(Debug, PartialEq)]
enum Part {
    Whole,
    Of { first: u64, last: u64 },
    Outside,
}

/// The one range that is asked for. Several at once, or one that makes no sense, count as none.
fn part(range: &Range, length: u64) -> Part {
    let mut ranges = range.satisfiable_ranges(length);
    let (Some((from, to)), None) = (ranges.next(), ranges.next()) else {
        return Part::Whole;
    };
    let first = match from {
        Bound::Included(first) => first,
        Bound::Excluded(_) | Bound::Unbounded => return Part::Whole,
    };
    let last = match to {
        Bound::Included(last) if last < first => return Part::Whole,
        Bound::Included(last) => last.min(length.saturating_sub(1)),
        Bound::Excluded(_) | Bound::Unbounded => length.saturating_sub(1),
    };
    match first < length {
        true => Part::Of { first, last },
        false => Part::Outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_http() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, text.parse().expect("a header"));
            headers
                .typed_get::<Range>()
                .map_or(Part::Whole, |range| part(&range, 10))
        };
        let of_bytes = |first, last| Part::Of { first, last };
        for (text, expected) in [
            ("bytes=0-0", of_bytes(0, 0)),
            ("bytes=2-5", of_bytes(2, 5)),
            ("bytes=2-", of_bytes(2, 9)),
            ("bytes=-3", of_bytes(7, 9)),
            ("bytes=8-99", of_bytes(8, 9)),
            ("bytes=10-", Part::Outside),
            ("bytes=-0", Part::Outside),
            // As much as there is.
            ("bytes=-99", Part::Whole),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("lines=0-1", Part::Whole),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
