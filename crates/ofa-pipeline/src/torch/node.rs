//! The values of a pickle, as its readers see them.

use serde_json::{Map, Number, Value as Json};

use super::numpy::{self, NumpyArray};
use super::pickle::{Global, Id, Pickle, Value};
use super::tensor::{TensorEntry, tensor};
use super::{Problem, refuse};

/// Most values and most levels of what is turned into JSON: values are shared at no cost in a
/// pickle, and written out each time in JSON.
const MOST_JSON_VALUES: usize = 1 << 20;
const MOST_JSON_LEVELS: usize = 32;

/// One value of a pickle.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pickle: &'a Pickle,
    id: Id,
}

impl<'a> Node<'a> {
    pub(super) fn new(pickle: &'a Pickle, id: Id) -> Self {
        Self { pickle, id }
    }

    fn value(self) -> &'a Value {
        self.pickle.get(self.id)
    }

    fn at(self, id: Id) -> Self {
        Self { id, ..self }
    }

    /// What this is, for messages.
    #[must_use]
    pub fn kind(self) -> &'static str {
        self.value().kind()
    }

    /// Whether it is `None`.
    #[must_use]
    pub fn is_none(self) -> bool {
        matches!(self.value(), Value::None)
    }

    /// The string that it is.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match self.value() {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number that it is, Python's or NumPy's.
    #[must_use]
    pub fn integer(self) -> Option<i64> {
        match self.value() {
            Value::Int(value) => Some(*value),
            Value::Call(Global::NumpyScalar, arguments) => {
                let (dtype, bytes) = numpy::scalar(self.pickle, *arguments).ok()?;
                dtype.integer(bytes)
            }
            _ => None,
        }
    }

    /// The pairs of the dict that it is, in its order.
    pub fn pairs(self) -> Option<impl ExactSizeIterator<Item = (Self, Self)> + use<'a>> {
        match self.value() {
            Value::Dict(pairs) => Some(
                pairs
                    .iter()
                    .map(move |&(key, value)| (self.at(key), self.at(value))),
            ),
            _ => None,
        }
    }

    /// The items of the list or tuple that it is.
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = Self> + use<'a>> {
        match self.value() {
            Value::List(items) | Value::Tuple(items) => {
                Some(items.iter().map(move |&id| self.at(id)))
            }
            _ => None,
        }
    }

    /// The value of a dict's key; as in Python, the last where the key comes twice.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<Self> {
        let mut pairs = self.pairs()?;
        let mut found = None;
        for (name, value) in &mut pairs {
            if name.text() == Some(key) {
                found = Some(value);
            }
        }
        found
    }

    /// Whether it describes a tensor.
    #[must_use]
    pub fn is_tensor(self) -> bool {
        matches!(
            self.value(),
            Value::Call(Global::RebuildTensor | Global::RebuildParameter, _)
        )
    }

    pub(super) fn tensor(self, name: &str) -> Result<TensorEntry, Problem> {
        tensor(self.pickle, name, self.id)
    }

    /// The NumPy array that it is; `None` where it is something else.
    ///
    /// # Errors
    /// In words, where it is an array that cannot be read.
    pub fn numpy_array(self) -> Result<Option<NumpyArray<'a>>, String> {
        match self.value() {
            Value::NumpyArray(state) => numpy::array(self.pickle, *state).map(Some),
            _ => Ok(None),
        }
    }

    /// The value as JSON. Tuples become lists, and numbers that are not finite their names.
    ///
    /// # Errors
    /// In words, where it is no plain data: a tensor or an array, keys that are neither texts nor
    /// numbers, or more values or levels than a file of settings has.
    pub fn json(self) -> Result<Json, String> {
        let mut left = MOST_JSON_VALUES;
        self.json_within(&mut left, MOST_JSON_LEVELS)
    }

    fn json_within(self, left: &mut usize, levels: usize) -> Result<Json, Problem> {
        let (Some(fewer), Some(levels)) = (left.checked_sub(1), levels.checked_sub(1)) else {
            refuse!("it has more than {MOST_JSON_VALUES} values or {MOST_JSON_LEVELS} levels");
        };
        *left = fewer;
        Ok(match self.value() {
            Value::None => Json::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => float(*value),
            Value::Text(text) => text.as_str().into(),
            Value::Tuple(items) | Value::List(items) => Json::Array(
                items
                    .iter()
                    .map(|&id| self.at(id).json_within(left, levels))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Dict(pairs) => {
                let mut map = Map::new();
                for &(key, value) in pairs {
                    let name = match self.at(key).json_within(left, levels)? {
                        Json::String(name) => name,
                        name @ (Json::Number(_) | Json::Bool(_)) => name.to_string(),
                        _ => refuse!("a key is {}", self.at(key).kind()),
                    };
                    map.insert(name, self.at(value).json_within(left, levels)?);
                }
                Json::Object(map)
            }
            Value::Call(Global::NumpyScalar, arguments) => {
                let (dtype, bytes) = numpy::scalar(self.pickle, *arguments)?;
                match (dtype, dtype.integer(bytes), dtype.float(bytes)) {
                    (numpy::NumpyType::Bool, Some(value), _) => (value != 0).into(),
                    (_, Some(value), _) => value.into(),
                    (_, None, Some(value)) => float(value),
                    _ => refuse!("a NumPy number out of range"),
                }
            }
            other => refuse!("it is {}", other.kind()),
        })
    }
}

/// JSON has no word for what is not finite.
fn float(value: f64) -> Json {
    Number::from_f64(value).map_or_else(|| value.to_string().into(), Json::Number)
}
