//! NumPy's numbers and arrays within a pickle.

use super::pickle::{Global, Id, Pickle, Value};
use super::tensor::{counts, tuple};
use super::{Problem, refuse, require};

/// Element type of a NumPy value; all are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumpyType {
    /// A float of 2, 4 or 8 bytes.
    Float(u8),
    /// A signed integer of 1, 2, 4 or 8 bytes.
    Int(u8),
    /// An unsigned integer of 1, 2, 4 or 8 bytes.
    Uint(u8),
    /// One byte, 0 or 1.
    Bool,
}

impl NumpyType {
    /// The type of a name such as `f8`, with or without a byte order before it.
    ///
    /// `None` for every other type, and for big-endian ones.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.strip_prefix(['<', '|', '=']).unwrap_or(name);
        Some(match name {
            "f2" | "f4" | "f8" => Self::Float(name.as_bytes()[1] - b'0'),
            "i1" | "i2" | "i4" | "i8" => Self::Int(name.as_bytes()[1] - b'0'),
            "u1" | "u2" | "u4" | "u8" => Self::Uint(name.as_bytes()[1] - b'0'),
            "b1" => Self::Bool,
            _ => return None,
        })
    }

    /// Bytes of one element.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Float(size) | Self::Int(size) | Self::Uint(size) => size.into(),
            Self::Bool => 1,
        }
    }

    /// The element that some bytes are, where it is a whole number.
    #[must_use]
    pub fn integer(self, bytes: &[u8]) -> Option<i64> {
        let mut wide = [0; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let low = u64::from_le_bytes(wide);
        match self {
            Self::Float(_) => None,
            Self::Uint(_) | Self::Bool => i64::try_from(low).ok(),
            Self::Int(size) => {
                let unused = 64 - 8 * u32::from(size);
                Some((low << unused).cast_signed() >> unused)
            }
        }
    }

    /// The element that some bytes are, where it is a float.
    #[must_use]
    pub fn float(self, bytes: &[u8]) -> Option<f64> {
        match (self, bytes) {
            (Self::Float(2), &[a, b]) => Some(half::f16::from_le_bytes([a, b]).to_f64()),
            (Self::Float(4), &[a, b, c, d]) => Some(f32::from_le_bytes([a, b, c, d]).into()),
            (Self::Float(8), bytes) => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
            _ => None,
        }
    }
}

/// A NumPy array that stands in a pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumpyArray<'a> {
    /// Element type.
    pub dtype: NumpyType,
    /// Shape; empty for a scalar.
    pub shape: Vec<u64>,
    /// The elements, row-major and little-endian.
    pub bytes: &'a [u8],
}

/// A number: `scalar(dtype, bytes)`.
pub(super) fn scalar(pickle: &Pickle, arguments: Id) -> Result<(NumpyType, &[u8]), Problem> {
    let [dtype, bytes] = tuple(pickle, arguments)? else {
        refuse!("a NumPy number without a type and bytes");
    };
    let dtype = dtype_of(pickle, *dtype)?;
    match pickle.get(*bytes) {
        Value::Bytes(bytes) if bytes.len() == dtype.size() => Ok((dtype, bytes)),
        other => refuse!("expected the bytes of a number, found {}", other.kind()),
    }
}

/// An array: `(version, shape, dtype, is_fortran, bytes)`.
pub(super) fn array(pickle: &Pickle, state: Id) -> Result<NumpyArray<'_>, Problem> {
    let [_version, shape, dtype, fortran, bytes] = tuple(pickle, state)? else {
        refuse!("a NumPy array without a shape, a type and bytes");
    };
    let shape = counts(pickle, *shape)?;
    let dtype = dtype_of(pickle, *dtype)?;
    require!(
        matches!(pickle.get(*fortran), Value::Bool(false)) || shape.len() < 2,
        "a NumPy array that stands column after column"
    );
    let Value::Bytes(bytes) = pickle.get(*bytes) else {
        refuse!(
            "expected the bytes of an array, found {}",
            pickle.get(*bytes).kind()
        );
    };
    let expected = shape
        .iter()
        .try_fold(dtype.size() as u64, |len, &n| len.checked_mul(n));
    require!(
        expected == Some(bytes.len() as u64),
        "a NumPy array of shape {shape:?} in {} bytes",
        bytes.len()
    );
    Ok(NumpyArray {
        dtype,
        shape,
        bytes,
    })
}

fn dtype_of(pickle: &Pickle, id: Id) -> Result<NumpyType, Problem> {
    let Value::Call(Global::NumpyDtype, arguments) = pickle.get(id) else {
        refuse!("expected a NumPy type, found {}", pickle.get(id).kind());
    };
    let name = tuple(pickle, *arguments)?.first().map(|id| pickle.get(*id));
    let Some(Value::Text(name)) = name else {
        refuse!("a NumPy type without a name");
    };
    NumpyType::named(name).ok_or_else(|| {
        format!("NumPy's type `{name}`; expected whole numbers, or floats of 2, 4 or 8 bytes")
    })
}
