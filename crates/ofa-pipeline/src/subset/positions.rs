//! Positions of records, as a manifest has them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Positions of records in their dataset.
///
/// As JSON an array on one line, also where the rest is indented: a hundred thousand lines of a
/// number each are read by nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions(pub Vec<u64>);

impl Positions {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<u64> for Positions {
    fn from_iter<I: IntoIterator<Item = u64>>(positions: I) -> Self {
        Self(positions.into_iter().collect())
    }
}

impl Serialize for Positions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_string(&self.0).map_err(serde::ser::Error::custom)?;
        let raw = RawValue::from_string(json).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_stand_on_one_line() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Holder {
            a: u64,
            positions: Positions,
        }
        let holder = Holder {
            a: 1,
            positions: Positions(vec![3, 18_446_744_073_709_551_615]),
        };
        let json = serde_json::to_string_pretty(&holder).expect("plain data");
        let expected = "{\n  \"a\": 1,\n  \"positions\": [3,18446744073709551615]\n}";
        assert_eq!(json, expected);
        let back: Holder = serde_json::from_str(&json).expect("the same");
        assert_eq!(back, holder);
        let value = serde_json::to_value(&holder).expect("plain data");
        assert_eq!(value["positions"][0], 3);
    }
}
