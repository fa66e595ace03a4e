//! A JSON value of a field that is looked at.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value, with numbers as text and objects as they stand.
pub(super) enum Field {
    Null,
    Bool,
    Number(String),
    Text(String),
    List(Vec<Field>),
    Map(Object),
}

/// The pairs of an object in their order, duplicate keys included.
pub(super) struct Object(Vec<(String, Field)>);

impl Object {
    /// The value of the first of these keys that is there and not null; of a key that stands
    /// twice, the last.
    pub(super) fn take<const N: usize>(&mut self, keys: [&str; N]) -> Option<Field> {
        keys.into_iter().find_map(|wanted| {
            let at = self.0.iter().rposition(|(key, _)| key == wanted)?;
            match std::mem::replace(&mut self.0[at].1, Field::Null) {
                Field::Null => None,
                value => Some(value),
            }
        })
    }
}

impl Field {
    /// In words, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Bool)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field, E> {
        Ok(Field::Number(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field, E> {
        Ok(Field::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field, E> {
        Ok(Field::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Field, E> {
        Ok(Field::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field, A::Error> {
        let mut list = vec![];
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Field::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
        let mut pairs = vec![];
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Field::Map(Object(pairs)))
    }
}
