//! Writing safetensors so that equal contents give equal bytes.
//!
//! The usual writer keeps the header metadata in a hash map, whose order changes from run to
//! run. Here the metadata stands first, its keys in order, then the tensors in name order.
use std::collections::BTreeMap;

use crate::{Error, Result};

/// Element type of a tensor in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorType {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary16.
    F16,
    /// Signed 64-bit integer.
    I64,
}

impl TensorType {
    fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::I64 => "I64",
        }
    }

    fn bytes(self) -> u64 {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::I64 => 8,
        }
    }
}

/// Name, element type and shape of a tensor that will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: TensorType,
    /// Its shape; empty for a scalar.
    pub shape: Vec<u64>,
}

impl TensorSpec {
    /// Bytes of its data, or an error where the shape leaves the range of u64.
    fn data_len(&self) -> Result<u64> {
        let len = self
            .shape
            .iter()
            .try_fold(self.dtype.bytes(), |len, &n| len.checked_mul(n));
        len.ok_or_else(|| Error::TensorFile {
            name: self.name.clone(),
            problem: format!("shape {:?} has more bytes than fit in 64 bits", self.shape),
        })
    }
}

/// The header of a safetensors file, with its length prefix. The data of the tensors follows it
/// in the order of `tensors`, without gaps, little-endian.
///
/// # Errors
/// [`Error::TensorFile`] where two tensors have one name, the names are not in ascending order,
/// or a shape is too large.
pub fn header(metadata: &BTreeMap<String, String>, tensors: &[TensorSpec]) -> Result<Vec<u8>> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let mut json = String::from("{");
    if !metadata.is_empty() {
        let pairs: Vec<String> = metadata
            .iter()
            .map(|(key, value)| format!("{}:{}", text(key), text(value)))
            .collect();
        json += &format!("\"__metadata__\":{{{}}}", pairs.join(","));
    }
    let mut offset = 0u64;
    let mut previous: Option<&str> = None;
    for tensor in tensors {
        if previous.is_some_and(|name| name >= tensor.name.as_str()) {
            return Err(Error::TensorFile {
                name: tensor.name.clone(),
                problem: "stands after a tensor whose name is not before its own".into(),
            });
        }
        previous = Some(&tensor.name);
        let end = tensor
            .data_len()?
            .checked_add(offset)
            .ok_or_else(|| Error::TensorFile {
                name: tensor.name.clone(),
                problem: "ends beyond 64 bits".into(),
            })?;
        if json.len() > 1 {
            json.push(',');
        }
        let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
        json += &format!(
            "{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{offset},{end}]}}",
            text(&tensor.name),
            tensor.dtype.name(),
            shape.join(","),
        );
        offset = end;
    }
    json.push('}');
    // The format pads its header with spaces so that the data starts at a multiple of 8.
    while json.len() % 8 != 0 {
        json.push(' ');
    }
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(json.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::SafeTensors;

    fn spec(name: &str, dtype: TensorType, shape: &[u64]) -> TensorSpec {
        TensorSpec {
            name: name.into(),
            dtype,
            shape: shape.to_vec(),
        }
    }

    #[test]
    fn the_usual_reader_reads_it() {
        let metadata: BTreeMap<String, String> =
            [("z", "last \"quoted\" \u{1F600}\n"), ("a", "first")]
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .into();
        let tensors = [
            spec("a", TensorType::F32, &[2]),
            spec("b \"x\"", TensorType::F16, &[]),
            spec("c", TensorType::I64, &[0, 3]),
        ];
        let mut file = header(&metadata, &tensors).expect("a valid header");
        assert_eq!(file.len() % 8, 0);
        file.extend_from_slice(bytemuck::cast_slice(&[1.5f32, -2.0]));
        file.extend_from_slice(&half::f16::from_f32(0.5).to_le_bytes());
        let (_, read_metadata) = SafeTensors::read_metadata(&file).expect("readable");
        let pairs: BTreeMap<_, _> = read_metadata
            .metadata()
            .clone()
            .expect("metadata")
            .into_iter()
            .collect();
        assert_eq!(pairs, metadata);
        let read = SafeTensors::deserialize(&file).expect("readable");
        assert_eq!(read.tensor("a").expect("a").shape(), [2]);
        assert_eq!(read.tensor("b \"x\"").expect("b").data(), [0x00, 0x38]);
        assert_eq!(read.tensor("c").expect("c").shape(), [0, 3]);
    }

    #[test]
    fn names_must_ascend() {
        let none = BTreeMap::new();
        for names in [["b", "a"], ["a", "a"]] {
            let tensors = names.map(|name| spec(name, TensorType::F32, &[1]));
            assert!(matches!(
                header(&none, &tensors),
                Err(Error::TensorFile { .. })
            ));
        }
        let huge = [spec("a", TensorType::F32, &[u64::MAX, 2])];
        assert!(matches!(
            header(&none, &huge),
            Err(Error::TensorFile { .. })
        ));
    }
}
