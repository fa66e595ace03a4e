//! Reads the subset of Python's pickle format in which plain data are saved.
//!
//! A pickle is a program for a small stack machine, and Python's own reader imports and calls
//! whatever the program names. Here a pickle is data: the machine builds values and calls
//! nothing. A name outside [`Global`]'s list ends the reading, as does an unknown opcode, so a
//! file that would run code in Python is refused by the name of what it would have run.
//!
//! Values live in one arena and refer to each other by index. So the memo shares values at no
//! cost, and a file of a million nested tuples cannot overflow the stack when it is dropped.

mod global;
mod input;
mod machine;
#[cfg(test)]
mod tests;

pub(super) use global::{Global, StorageType};

use super::Problem;

/// A value's place in the arena of its [`Pickle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(usize);

/// One value of a pickle.
#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits, little-endian.
    BigInt(Vec<u8>),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    /// Pairs in the order of the file; a state dict's order is its meaning.
    Dict(Vec<(Id, Id)>),
    Global(Global),
    /// What a call would have made: what would have been called, and with what.
    Call(Global, Id),
    /// A NumPy array, by the tuple of its contents.
    NumpyArray(Id),
    /// A storage kept outside the pickle, by its description.
    Persistent(Id),
}

/// All values of one pickle that was read to its end.
#[derive(Debug)]
pub(super) struct Pickle {
    arena: Vec<Value>,
    /// The value that the pickle stands for.
    pub(super) root: Id,
    /// Bytes read, up to and including the STOP opcode.
    pub(super) len: usize,
}

impl Pickle {
    /// Reads one pickle from the start of `bytes`; what follows its STOP opcode is left.
    ///
    /// Memory: 32 bytes for each value, and the texts.
    ///
    /// # Errors
    /// The bytes end early, an opcode is unknown or not for data, a global is outside the list,
    /// or the program takes from an empty stack. Each message names the byte position.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        machine::read(bytes)
    }

    /// The value at `id`.
    pub(super) fn get(&self, id: Id) -> &Value {
        &self.arena[id.0]
    }

    /// Every value, whether the root leads to it or not.
    pub(super) fn values(&self) -> &[Value] {
        &self.arena
    }
}

impl Value {
    /// What this is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::BigInt(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Tuple(_) | Self::Call(Global::Size, _) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Global(_) => "a class",
            Self::Call(Global::RebuildTensor | Global::RebuildParameter, _) => "a tensor",
            Self::Call(Global::NumpyScalar, _) => "a NumPy number",
            Self::NumpyArray(_) | Self::Call(Global::NumpyReconstruct, _) => "a NumPy array",
            Self::Call(_, _) => "an object",
            Self::Persistent(_) => "a storage",
        }
    }
}
