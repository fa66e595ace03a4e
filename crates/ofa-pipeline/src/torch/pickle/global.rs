//! The names that a pickle of plain data refers to.

/// A name that a pickle of plain data may refer to. None of them is ever called: a call is kept
/// as its description, and read as what it would have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::torch) enum Global {
    /// `collections.OrderedDict`, the type of a state dict.
    OrderedDict,
    /// `torch._utils._rebuild_tensor` (before PyTorch 0.4) and `_rebuild_tensor_v2`.
    RebuildTensor,
    /// `torch._utils._rebuild_parameter`, around the tensor of an `nn.Parameter`.
    RebuildParameter,
    /// `torch.Size`, a tuple.
    Size,
    /// A storage class such as `torch.HalfStorage`, which stands for a dtype.
    Storage(StorageType),
    /// `numpy.dtype`.
    NumpyDtype,
    /// `numpy.core.multiarray.scalar`: a dtype and the bytes of one value.
    NumpyScalar,
    /// `numpy.core.multiarray._reconstruct`: an array, whose contents come after it.
    NumpyReconstruct,
    /// `numpy.ndarray`, the class that `_reconstruct` names.
    NumpyArray,
    /// `_codecs.encode`, by which protocol 2 writes bytes as a string.
    Encode,
}

/// Element type of a storage, from the name of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::torch) enum StorageType {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}

impl Global {
    /// The global of this name; `None` for every name that plain data has no use for.
    pub(super) fn named(module: &str, name: &str) -> Option<Self> {
        use StorageType as S;
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "Size") => Self::Size,
            ("torch", "DoubleStorage") => Self::Storage(S::F64),
            ("torch", "FloatStorage") => Self::Storage(S::F32),
            ("torch", "HalfStorage") => Self::Storage(S::F16),
            ("torch", "BFloat16Storage") => Self::Storage(S::BF16),
            ("torch", "LongStorage") => Self::Storage(S::I64),
            ("torch", "IntStorage") => Self::Storage(S::I32),
            ("torch", "ShortStorage") => Self::Storage(S::I16),
            ("torch", "CharStorage") => Self::Storage(S::I8),
            ("torch", "ByteStorage") => Self::Storage(S::U8),
            ("torch", "BoolStorage") => Self::Storage(S::Bool),
            ("numpy", "dtype") => Self::NumpyDtype,
            ("numpy", "ndarray") => Self::NumpyArray,
            // The module's name before and after NumPy 2.
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Self::NumpyScalar,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
                Self::NumpyReconstruct
            }
            ("_codecs", "encode") => Self::Encode,
            _ => return None,
        })
    }
}
