//! Files that `torch.save` wrote, read as data: nothing in them is ever run.
//!
//! Both of PyTorch's formats are read: the zip archive of PyTorch 1.6 and later, and the older
//! run of pickles. A [`TorchFile`] holds the values of the pickle and reads tensors by position,
//! so the memory used does not follow from theirs. A [`Checkpoint`] is one that holds a state
//! dict and nothing else.

mod archive;
mod checkpoint;
mod file;
mod legacy;
mod node;
mod numpy;
mod pickle;
mod tensor;

pub use checkpoint::Checkpoint;
pub use file::TorchFile;
pub use node::Node;
pub use numpy::{NumpyArray, NumpyType};
pub use tensor::{Dtype, TensorEntry};

/// What is wrong with a file, in words; who opened it adds the file's name.
type Problem = String;

/// Ends a function with a [`Problem`].
macro_rules! refuse {
    ($($words:tt)*) => { return Err(format!($($words)*)) };
}

/// Ends a function with a [`Problem`] unless a condition holds.
macro_rules! require {
    ($condition:expr, $($words:tt)*) => {
        if !$condition {
            return Err(format!($($words)*));
        }
    };
}

use {refuse, require};
