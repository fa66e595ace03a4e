//! From the values of a pickle to the list of tensors.

use std::collections::BTreeMap;

use super::pickle::{Global, Id, Pickle, StorageType, Value};
use super::{Problem, refuse, require};

/// Element type of a tensor. The order is that of the file written: widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dtype {
    /// IEEE 754 binary64.
    F64,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 binary32.
    F32,
    /// Signed, 32 bits.
    I32,
    /// IEEE 754 binary16.
    F16,
    /// The upper half of a binary32.
    BF16,
    /// Signed, 16 bits.
    I16,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 8 bits.
    U8,
    /// One byte, 0 or 1.
    Bool,
}

impl Dtype {
    /// Bytes of one element.
    #[must_use]
    pub fn size(self) -> u64 {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::BF16 | Self::I16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// The name that the safetensors format has for it.
    #[must_use]
    pub fn safetensors_name(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::I64 => "I64",
            Self::F32 => "F32",
            Self::I32 => "I32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::I16 => "I16",
            Self::I8 => "I8",
            Self::U8 => "U8",
            Self::Bool => "BOOL",
        }
    }
}

impl From<StorageType> for Dtype {
    fn from(storage: StorageType) -> Self {
        match storage {
            StorageType::F64 => Self::F64,
            StorageType::F32 => Self::F32,
            StorageType::F16 => Self::F16,
            StorageType::BF16 => Self::BF16,
            StorageType::I64 => Self::I64,
            StorageType::I32 => Self::I32,
            StorageType::I16 => Self::I16,
            StorageType::I8 => Self::I8,
            StorageType::U8 => Self::U8,
            StorageType::Bool => Self::Bool,
        }
    }
}

/// A tensor as a view into a storage. Offsets, strides and lengths count elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: Dtype,
    /// Its shape; empty for a scalar.
    pub shape: Vec<u64>,
    pub(super) strides: Vec<u64>,
    pub(super) offset: u64,
    pub(super) storage: String,
    pub(super) storage_len: u64,
    elements: u64,
    span: u64,
}

impl TensorEntry {
    /// Elements from one place along each axis to the next.
    pub(crate) fn strides(&self) -> &[u64] {
        &self.strides
    }

    /// Number of elements.
    pub(super) fn elements(&self) -> u64 {
        self.elements
    }

    /// Bytes of all elements, without gaps.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.elements * self.dtype.size()
    }

    /// Elements of the storage from the first one used to the last one used.
    pub(super) fn span(&self) -> u64 {
        self.span
    }

    /// Whether the elements lie in the storage in row-major order without gaps.
    pub(super) fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.elements == 0
            || self
                .shape
                .iter()
                .zip(&self.strides)
                .rev()
                .all(|(&len, &stride)| {
                    let fits = len == 1 || stride == expected;
                    expected *= len;
                    fits
                })
    }

    /// Positions of the elements within the span, in row-major order.
    pub(super) fn positions(&self) -> impl Iterator<Item = u64> + '_ {
        let mut index = vec![0; self.shape.len()];
        let mut at = 0;
        (0..self.elements).map(move |_| {
            let here = at;
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                at += self.strides[axis];
                if index[axis] < self.shape[axis] {
                    break;
                }
                at -= self.strides[axis] * self.shape[axis];
                index[axis] = 0;
            }
            here
        })
    }
}

/// The storages that the values of a pickle describe, with their element types.
pub(super) fn described_storages(pickle: &Pickle) -> BTreeMap<String, Dtype> {
    let described = pickle.values().iter().filter_map(|value| match value {
        Value::Persistent(description) => description_of(pickle, *description).ok(),
        _ => None,
    });
    described.map(|(dtype, key, _)| (key, dtype)).collect()
}

/// The tensor that a value describes. Whether it lies in the file is not looked at.
pub(super) fn tensor(pickle: &Pickle, name: &str, value: Id) -> Result<TensorEntry, Problem> {
    let arguments = match pickle.get(value) {
        Value::Call(Global::RebuildTensor, arguments) => tuple(pickle, *arguments)?,
        Value::Call(Global::RebuildParameter, arguments) => {
            let inner = tuple(pickle, *arguments)?.first().copied();
            match inner.map(|id| pickle.get(id)) {
                Some(Value::Call(Global::RebuildTensor, arguments)) => tuple(pickle, *arguments)?,
                _ => refuse!("a parameter without a tensor"),
            }
        }
        other => refuse!("expected a tensor, found {}", other.kind()),
    };
    let [storage, offset, shape, strides, ..] = arguments else {
        refuse!(
            "expected storage, offset, shape and strides, found {} values",
            arguments.len()
        );
    };
    let (dtype, storage, storage_len) = persistent_storage(pickle, *storage)?;
    let offset = count(pickle, *offset)?;
    let shape = counts(pickle, *shape)?;
    let strides = counts(pickle, *strides)?;
    require!(
        shape.len() == strides.len(),
        "{} axes with {} strides",
        shape.len(),
        strides.len()
    );
    let elements = shape
        .iter()
        .try_fold(1u64, |product, &len| product.checked_mul(len));
    let span = match elements {
        Some(0) => Some(0),
        _ => shape
            .iter()
            .zip(&strides)
            .try_fold(1u64, |sum, (&len, &stride)| {
                sum.checked_add((len - 1).checked_mul(stride)?)
            }),
    };
    let (Some(elements), Some(span)) = (elements, span) else {
        refuse!("shape {shape:?} with strides {strides:?} is beyond any file");
    };
    Ok(TensorEntry {
        name: name.to_owned(),
        dtype,
        shape,
        strides,
        offset,
        storage,
        storage_len,
        elements,
        span,
    })
}

/// `("storage", class, key, location, element count, …)`.
fn persistent_storage(pickle: &Pickle, id: Id) -> Result<(Dtype, String, u64), Problem> {
    match pickle.get(id) {
        Value::Persistent(description) => description_of(pickle, *description),
        other => refuse!("expected a storage, found {}", other.kind()),
    }
}

fn description_of(pickle: &Pickle, description: Id) -> Result<(Dtype, String, u64), Problem> {
    let [tag, class, key, _location, len, view @ ..] = tuple(pickle, description)? else {
        refuse!("a storage's description is too short");
    };
    match (pickle.get(*tag), pickle.get(*class), pickle.get(*key)) {
        (Value::Text(tag), Value::Global(Global::Storage(class)), Value::Text(key))
            if tag == "storage" =>
        {
            require!(
                view.iter().all(|id| matches!(pickle.get(*id), Value::None)),
                "its storage is a view of another, as only PyTorch before 0.4 wrote; \
                 save it again with a newer PyTorch"
            );
            Ok(((*class).into(), key.clone(), count(pickle, *len)?))
        }
        (_, class, _) => refuse!("expected a storage class, found {}", class.kind()),
    }
}

pub(super) fn tuple(pickle: &Pickle, id: Id) -> Result<&[Id], Problem> {
    match pickle.get(id) {
        Value::Tuple(items) => Ok(items),
        // torch.Size((2, 3)): its one argument is the tuple.
        Value::Call(Global::Size, arguments) => match pickle.get(*arguments) {
            Value::Tuple(items) => match items[..] {
                [inner] => match pickle.get(inner) {
                    Value::Tuple(items) => Ok(items),
                    other => refuse!("expected a shape, found {}", other.kind()),
                },
                _ => refuse!("expected a shape"),
            },
            other => refuse!("expected a shape, found {}", other.kind()),
        },
        other => refuse!("expected a tuple, found {}", other.kind()),
    }
}

fn count(pickle: &Pickle, id: Id) -> Result<u64, Problem> {
    match pickle.get(id) {
        Value::Int(value) => {
            u64::try_from(*value).map_err(|_| format!("expected a count, found {value}"))
        }
        other => refuse!("expected a count, found {}", other.kind()),
    }
}

pub(super) fn counts(pickle: &Pickle, id: Id) -> Result<Vec<u64>, Problem> {
    tuple(pickle, id)?
        .iter()
        .map(|&id| count(pickle, id))
        .collect()
}
