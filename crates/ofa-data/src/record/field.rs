//! A JSON value of a field that is looked at.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON value as it stands, read no further than it is asked.
///
/// So a number of 400 digits or a list 1,000 deep costs nothing where only the kind matters.
#[derive(Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(super) struct Field<'a>(#[serde(borrow)] &'a RawValue);

impl<'a> Field<'a> {
    pub(super) fn is_null(self) -> bool {
        self.0.get() == "null"
    }

    /// Whether it is `{}`.
    pub(super) fn is_empty_object(self) -> bool {
        let json = self.0.get();
        json.strip_prefix('{')
            .is_some_and(|rest| rest.trim_start().starts_with('}'))
    }

    /// In words, for messages.
    pub(super) fn kind(self) -> &'static str {
        kind_of(self.0.get().bytes().next())
    }

    /// The text, where it is a string.
    pub(super) fn text(self) -> serde_json::Result<Option<String>> {
        let json = self.0.get();
        json.starts_with('"')
            .then(|| serde_json::from_str(json))
            .transpose()
    }

    /// The number as it is written, where it is one.
    pub(super) fn number(self) -> Option<&'a str> {
        let json = self.0.get();
        json.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            .then_some(json)
    }

    /// The items, where it is a list.
    pub(super) fn list(self) -> serde_json::Result<Option<Vec<Field<'a>>>> {
        let json = self.0.get();
        json.starts_with('[')
            .then(|| serde_json::from_str(json))
            .transpose()
    }

    /// As [`last_of`], where it is an object.
    pub(super) fn last_of<const N: usize>(
        self,
        keys: [&str; N],
    ) -> serde_json::Result<Option<[Option<Field<'a>>; N]>> {
        let json = self.0.get();
        json.starts_with('{')
            .then(|| last_of(json, keys))
            .transpose()
    }
}

/// The kind of a JSON value by its first byte, in words.
pub(super) fn kind_of(first: Option<u8>) -> &'static str {
    match first {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The values of these keys of an object, of a key that stands twice the last. Null is no value.
pub(super) fn last_of<'a, const N: usize>(
    json: &'a str,
    keys: [&str; N],
) -> serde_json::Result<[Option<Field<'a>>; N]> {
    struct LastOf<'k, const N: usize>([&'k str; N]);

    impl<'de, const N: usize> Visitor<'de> for LastOf<'_, N> {
        type Value = [Option<Field<'de>>; N];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = [None; N];
            while let Some(key) = map.next_key::<String>()? {
                match self.0.iter().position(|wanted| *wanted == key) {
                    Some(nth) => {
                        let value: Field<'de> = map.next_value()?;
                        found[nth] = Some(value).filter(|value| !value.is_null());
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Ok(found)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = deserializer.deserialize_map(LastOf(keys))?;
    deserializer.end()?;
    Ok(found)
}

/// Where the value of this key stands in an object, of a key that stands twice the last.
pub(super) fn range_of(json: &str, key: &str) -> serde_json::Result<Option<Range<usize>>> {
    struct LastText<'k>(&'k str);

    impl<'de> Visitor<'de> for LastText<'_> {
        type Value = Option<&'de str>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<String>()? {
                let value: Field<'de> = map.next_value()?;
                if key == self.0 {
                    found = Some(value.0.get());
                }
            }
            Ok(found)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = deserializer.deserialize_map(LastText(key))?;
    deserializer.end()?;
    Ok(found.map(|value| {
        // A borrowed value is a piece of the text that it was read from.
        let start = value.as_ptr() as usize - json.as_ptr() as usize;
        start..start + value.len()
    }))
}
