//! From the values of a pickle to the list of tensors.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};

use super::pickle::{Global, Id, Pickle, StorageType, Value};

/// Element type of a tensor. The order is that of the file written: widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pull) enum Dtype {
    F64,
    I64,
    F32,
    I32,
    F16,
    BF16,
    I16,
    I8,
    U8,
    Bool,
}

impl Dtype {
    /// Bytes of one element.
    pub(in crate::pull) fn size(self) -> u64 {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::BF16 | Self::I16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// The name that the safetensors format has for it.
    pub(in crate::pull) fn safetensors_name(self) -> &'static str {
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
pub(in crate::pull) struct TensorEntry {
    pub(in crate::pull) name: String,
    pub(in crate::pull) dtype: Dtype,
    pub(in crate::pull) shape: Vec<u64>,
    pub(super) strides: Vec<u64>,
    pub(super) offset: u64,
    pub(super) storage: String,
    pub(super) storage_len: u64,
    elements: u64,
    span: u64,
}

impl TensorEntry {
    /// Number of elements.
    pub(super) fn elements(&self) -> u64 {
        self.elements
    }

    /// Bytes of all elements, without gaps.
    pub(in crate::pull) fn bytes(&self) -> u64 {
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

/// All tensors of a state dict, in its order.
///
/// # Errors
/// The pickle is no dict of names and tensors, or a name comes twice.
pub(super) fn state_dict(pickle: &Pickle) -> Result<Vec<TensorEntry>> {
    let Value::Dict(pairs) = pickle.get(pickle.root) else {
        bail!(
            "expected a state dict (names and tensors), found {}",
            pickle.get(pickle.root).kind()
        );
    };
    let mut names = BTreeSet::new();
    let mut tensors = Vec::with_capacity(pairs.len());
    for &(key, value) in pairs {
        let Value::Text(name) = pickle.get(key) else {
            bail!(
                "expected the name of a tensor, found {}",
                pickle.get(key).kind()
            );
        };
        ensure!(names.insert(name), "the tensor {name} is there twice");
        tensors.push(tensor(pickle, name, value).with_context(|| format!("tensor {name}"))?);
    }
    ensure!(!tensors.is_empty(), "it holds no tensor");
    Ok(tensors)
}

fn tensor(pickle: &Pickle, name: &str, value: Id) -> Result<TensorEntry> {
    let arguments = match pickle.get(value) {
        Value::Call(Global::RebuildTensor, arguments) => tuple(pickle, *arguments)?,
        Value::Call(Global::RebuildParameter, arguments) => {
            let inner = tuple(pickle, *arguments)?.first().copied();
            match inner.map(|id| pickle.get(id)) {
                Some(Value::Call(Global::RebuildTensor, arguments)) => tuple(pickle, *arguments)?,
                _ => bail!("a parameter without a tensor"),
            }
        }
        other => bail!("expected a tensor, found {}", other.kind()),
    };
    let [storage, offset, shape, strides, ..] = arguments else {
        bail!(
            "expected storage, offset, shape and strides, found {} values",
            arguments.len()
        );
    };
    let (dtype, storage, storage_len) = persistent_storage(pickle, *storage)?;
    let offset = count(pickle, *offset)?;
    let shape = counts(pickle, *shape)?;
    let strides = counts(pickle, *strides)?;
    ensure!(
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
        bail!("shape {shape:?} with strides {strides:?} is beyond any file");
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
fn persistent_storage(pickle: &Pickle, id: Id) -> Result<(Dtype, String, u64)> {
    let Value::Persistent(description) = pickle.get(id) else {
        bail!("expected a storage, found {}", pickle.get(id).kind());
    };
    let [tag, class, key, _location, len, view @ ..] = tuple(pickle, *description)? else {
        bail!("a storage's description is too short");
    };
    match (pickle.get(*tag), pickle.get(*class), pickle.get(*key)) {
        (Value::Text(tag), Value::Global(Global::Storage(class)), Value::Text(key))
            if tag == "storage" =>
        {
            ensure!(
                view.iter().all(|id| matches!(pickle.get(*id), Value::None)),
                "its storage is a view of another, as only PyTorch before 0.4 wrote; \
                 save it again with a newer PyTorch"
            );
            Ok(((*class).into(), key.clone(), count(pickle, *len)?))
        }
        (_, class, _) => bail!("expected a storage class, found {}", class.kind()),
    }
}

fn tuple(pickle: &Pickle, id: Id) -> Result<&[Id]> {
    match pickle.get(id) {
        Value::Tuple(items) => Ok(items),
        // torch.Size((2, 3)): its one argument is the tuple.
        Value::Call(Global::Size, arguments) => match pickle.get(*arguments) {
            Value::Tuple(items) => match items[..] {
                [inner] => match pickle.get(inner) {
                    Value::Tuple(items) => Ok(items),
                    other => bail!("expected a shape, found {}", other.kind()),
                },
                _ => bail!("expected a shape"),
            },
            other => bail!("expected a shape, found {}", other.kind()),
        },
        other => bail!("expected a tuple, found {}", other.kind()),
    }
}

fn count(pickle: &Pickle, id: Id) -> Result<u64> {
    match pickle.get(id) {
        Value::Int(value) => {
            u64::try_from(*value).map_err(|_| anyhow::anyhow!("expected a count, found {value}"))
        }
        other => bail!("expected a count, found {}", other.kind()),
    }
}

fn counts(pickle: &Pickle, id: Id) -> Result<Vec<u64>> {
    tuple(pickle, id)?
        .iter()
        .map(|&id| count(pickle, id))
        .collect()
}
