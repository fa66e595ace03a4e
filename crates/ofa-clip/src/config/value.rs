//! Typed reading of one JSON object, with errors that name file and key.

use crate::{Error, Result};
use serde_json::{Map, Value};
use std::fmt::Display;

/// A JSON object in a file, and the path that leads to it.
pub(crate) struct Section<'a> {
    file: &'static str,
    path: String,
    object: Option<&'a Map<String, Value>>,
}

impl<'a> Section<'a> {
    pub(crate) fn root(file: &'static str, value: &'a Value) -> Result<Self> {
        match value {
            Value::Object(object) => Ok(Self {
                file,
                path: String::new(),
                object: Some(object),
            }),
            other => Err(Error::Config {
                file: file.into(),
                key: "(the whole file)".into(),
                expected: "an object".into(),
                found: shown(other),
            }),
        }
    }

    /// The names of the keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.object
            .into_iter()
            .flat_map(|object| object.keys().map(String::as_str))
    }

    /// The value of a key; `null` counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object?.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn section(&self, key: &str) -> Result<Option<Self>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Self {
                file: self.file,
                path: format!("{}{key}.", self.path),
                object: Some(object),
            })),
            Some(other) => Err(self.error(key, "an object", shown(other))),
        }
    }

    pub(crate) fn section_or_empty(&self, key: &str) -> Result<Self> {
        Ok(self.section(key)?.unwrap_or(Self {
            file: self.file,
            path: format!("{}{key}.", self.path),
            object: None,
        }))
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.error(key, "a string", shown(other))),
        }
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&'a str>> {
        let wrong = |found: &Value| self.error(key, "a list of strings", shown(found));
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().ok_or_else(|| wrong(item)))
                .collect(),
            Some(other) => Err(wrong(other)),
        }
    }

    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.error(key, "true or false", shown(other))),
        }
    }

    /// A whole number of at least 1.
    pub(crate) fn size(&self, key: &str, default: usize) -> Result<usize> {
        self.size_from(1, key, default)
    }

    /// A whole number of at least `least`.
    pub(crate) fn size_from(&self, least: usize, key: &str, default: usize) -> Result<usize> {
        let Some(value) = self.get(key) else {
            return Ok(default);
        };
        let size = size_of(value).filter(|size| *size >= least);
        size.ok_or_else(|| {
            let expected = format!("a whole number between {least} and {}", i32::MAX);
            self.error(key, &expected, shown(value))
        })
    }

    /// A token id.
    pub(crate) fn token_id(&self, key: &str, default: u32) -> Result<u32> {
        match self.get(key) {
            None => Ok(default),
            Some(value) => value
                .as_u64()
                .and_then(|id| u32::try_from(id).ok())
                .ok_or_else(|| self.error(key, "a token id", shown(value))),
        }
    }

    /// A finite number above zero.
    pub(crate) fn positive(&self, key: &str, default: f64) -> Result<f64> {
        match self.get(key) {
            None => Ok(default),
            Some(value) => value
                .as_f64()
                .filter(|number| *number > 0.0 && number.is_finite())
                .ok_or_else(|| self.error(key, "a number above 0", shown(value))),
        }
    }

    pub(crate) fn error(&self, key: &str, expected: &str, found: impl Display) -> Error {
        Error::Config {
            file: self.file.into(),
            key: format!("{}{key}", self.path),
            expected: expected.into(),
            found: found.to_string(),
        }
    }
}

/// A size as `usize`; the bound keeps products of two sizes within 64 bits.
pub(crate) fn size_of(value: &Value) -> Option<usize> {
    value
        .as_u64()
        .filter(|size| (1..=i32::MAX as u64).contains(size))
        .and_then(|size| usize::try_from(size).ok())
}

/// A value as an error message shows it: long ones are cut.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
