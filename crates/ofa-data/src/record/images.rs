//! The images that a record names or carries.

use super::field::Field;
use super::{Unusable, is_blank};
use crate::image_source::{EmbeddedImage, ImageReference};
use crate::images::data_uri;
use crate::skip::{Skip, SkipReason};

/// The references of `image` or `images`: one or a list, each a string or an object.
///
/// # Errors
/// `invalid_image` for a value that is neither.
pub(super) fn of_field(field: Option<Field<'_>>, key: &str) -> Result<Vec<String>, Unusable> {
    let Some(field) = field else {
        return Ok(vec![]);
    };
    let (items, in_list) = match field.list()? {
        Some(items) => (items, true),
        None => (vec![field], false),
    };
    let mut found = vec![];
    for item in items.into_iter().filter(|item| !item.is_null()) {
        match reference(item)? {
            Ok(reference) => found.extend(reference),
            Err(kind) => {
                let kind = match in_list {
                    true => format!("a list with {kind}"),
                    false => kind.to_owned(),
                };
                let detail = format!(
                    "`{key}` is {kind}; expected a path, an object with `path`, `url` or `bytes`, \
                     or a list of those"
                );
                return Err(Unusable::Skip(Skip::new(SkipReason::InvalidImage, detail)));
            }
        }
    }
    Ok(found)
}

/// The reference of one part of a turn's content; `None` where it is no image, or only says that
/// an image of `images` stands here.
///
/// # Errors
/// `invalid_image` where an image's value is neither text nor an object.
pub(super) fn of_part(part: Field<'_>) -> Result<Option<String>, Unusable> {
    let Some(values) = part.last_of([
        "image",
        "image_url",
        "url",
        "path",
        "base64",
        "source",
        "bytes",
    ])?
    else {
        return Ok(None);
    };
    let Some([kind]) = part.last_of(["type"])? else {
        return Ok(None);
    };
    let kind = kind.map(Field::text).transpose()?.flatten();
    if kind.is_some_and(|kind| !kind.contains("image")) {
        return Ok(None);
    }
    let [image, image_url, url, path, base64, source, bytes] = values;
    // A part may have the bytes of an image beside the path that they came from.
    let bytes = bytes.map(Field::text).transpose()?.flatten();
    if let Some(uri) = bytes.and_then(as_data_uri) {
        return Ok(Some(uri));
    }
    for (value, key) in [
        (image, "image"),
        (image_url, "image_url"),
        (url, "url"),
        (path, "path"),
        (source, "source"),
    ] {
        let Some(value) = value else { continue };
        match reference(value)? {
            Ok(Some(reference)) => return Ok(Some(reference)),
            Ok(None) => {}
            Err(kind) => {
                let detail = format!("`{key}` of a part is {kind}; expected a path or an address");
                return Err(Unusable::Skip(Skip::new(SkipReason::InvalidImage, detail)));
            }
        }
    }
    let base64 = base64.map(Field::text).transpose()?.flatten();
    Ok(base64.and_then(as_data_uri))
}

/// One reference. `None` where it is blank or nothing is in it; `Err` says what it is instead.
fn reference(value: Field<'_>) -> serde_json::Result<Result<Option<String>, &'static str>> {
    if let Some(text) = value.text()? {
        return Ok(Ok(Some(text).filter(|text| !is_blank(text))));
    }
    let Some([bytes, data, path, url]) = value.last_of(["bytes", "data", "path", "url"])? else {
        return Ok(Err(value.kind()));
    };
    for carried in [bytes, data].into_iter().flatten() {
        if let Some(uri) = carried.text()?.and_then(as_data_uri) {
            return Ok(Ok(Some(uri)));
        }
    }
    for named in [path, url].into_iter().flatten() {
        match named.text()? {
            Some(text) if is_blank(&text) => {}
            Some(text) => return Ok(Ok(Some(text))),
            None => return Ok(Err("an object whose path is no string")),
        }
    }
    // An object with other keys only says nothing of where the image is.
    let is_empty = bytes.is_none() && data.is_none() && path.is_none() && url.is_none();
    Ok(match is_empty && !value.is_empty_object() {
        true => Err("an object without `path`, `url` or `bytes`"),
        false => Ok(None),
    })
}

/// Base64 as a record gives it, as the data URI that it would be.
fn as_data_uri(base64: String) -> Option<String> {
    if is_blank(&base64) {
        None
    } else if is_data_uri(&base64) {
        Some(base64)
    } else {
        Some(format!("data:;base64,{base64}"))
    }
}

/// A reference as it stands in a record, told by what it is.
pub(crate) fn told_apart(reference: String) -> ImageReference {
    match is_data_uri(&reference) {
        true => ImageReference::Embedded(EmbeddedImage {
            key: data_uri::key(&reference),
            name: data_uri::label(&reference),
        }),
        false => ImageReference::Path(without_file_scheme(reference)),
    }
}

/// Whether a reference carries the image itself.
pub(crate) fn is_data_uri(reference: &str) -> bool {
    reference
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
}

/// The path of a `file:` address; every other reference as it is.
fn without_file_scheme(reference: String) -> String {
    let path = reference
        .get(..7)
        .filter(|scheme| scheme.eq_ignore_ascii_case("file://"))
        .map(|_| &reference[7..]);
    match path {
        Some(path) => path.strip_prefix("localhost").unwrap_or(path).to_owned(),
        None => reference,
    }
}
