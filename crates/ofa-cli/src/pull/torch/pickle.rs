//! Reads the subset of Python's pickle format in which `torch.save` writes a state dict.
//!
//! A pickle is a program for a small stack machine, and Python's own reader imports and calls
//! whatever the program names. Here a pickle is data: the machine builds values and calls
//! nothing. A name outside [`Global`]'s list ends the reading, as does an unknown opcode, so a
//! file that would run code in Python is refused by the name of what it would have run.
//!
//! Values live in one arena and refer to each other by index. So the memo shares values at no
//! cost, and a file of a million nested tuples cannot overflow the stack when it is dropped.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};

/// A value's place in the arena of its [`Pickle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(usize);

/// A name that a state dict may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
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
}

/// Element type of a storage, from the name of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StorageType {
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
    fn named(module: &str, name: &str) -> Option<Self> {
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
            _ => return None,
        })
    }
}

/// One value of a pickle.
#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float,
    Text(String),
    Bytes,
    Tuple(Vec<Id>),
    List(Vec<Id>),
    /// Pairs in the order of the file; a state dict's order is its meaning.
    Dict(Vec<(Id, Id)>),
    Global(Global),
    /// What a call would have made: what would have been called, and with what.
    Call(Global, Id),
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
    /// # Errors
    /// The bytes end early, an opcode is unknown or not for data, a global is outside the list,
    /// or the program takes from an empty stack. Each message names the byte position.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut machine = Machine {
            input: Input { bytes, at: 0 },
            arena: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        let root = loop {
            let at = machine.input.at;
            match machine.step() {
                Ok(None) => {}
                Ok(Some(root)) => break root,
                Err(error) => bail!("pickle, byte {at}: {error}"),
            }
        };
        Ok(Self {
            arena: machine.arena,
            root,
            len: machine.input.at,
        })
    }

    /// The value at `id`.
    pub(super) fn get(&self, id: Id) -> &Value {
        &self.arena[id.0]
    }
}

impl Value {
    /// What this is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an integer",
            Self::Float => "a float",
            Self::Text(_) => "a string",
            Self::Bytes => "bytes",
            Self::Tuple(_) | Self::Call(Global::Size, _) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Global(_) => "a class",
            Self::Call(Global::RebuildTensor | Global::RebuildParameter, _) => "a tensor",
            Self::Call(_, _) => "an object",
            Self::Persistent(_) => "a storage",
        }
    }
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        match usize::try_from(count).ok().and_then(|n| rest.get(..n)) {
            Some(taken) => {
                self.at += taken.len();
                Ok(taken)
            }
            None => bail!(
                "the data ends here: {count} more bytes expected, {} found",
                rest.len()
            ),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn text(&mut self, len: u64) -> Result<String> {
        match std::str::from_utf8(self.take(len)?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => bail!("a string is not valid UTF-8"),
        }
    }

    fn line(&mut self) -> Result<&'a str> {
        let rest = &self.bytes[self.at..];
        let Some(len) = rest.iter().position(|&byte| byte == b'\n') else {
            bail!("the data ends inside a name");
        };
        self.at += len + 1;
        std::str::from_utf8(&rest[..len]).map_err(|_| anyhow::anyhow!("a name is not valid UTF-8"))
    }
}

struct Machine<'a> {
    input: Input<'a>,
    arena: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack at each open MARK.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine<'_> {
    fn push(&mut self, value: Value) {
        self.arena.push(value);
        self.stack.push(Id(self.arena.len() - 1));
    }

    fn pop(&mut self) -> Result<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        ensure!(
            self.stack.len() > floor,
            "takes a value from an empty stack"
        );
        Ok(self
            .stack
            .pop()
            .expect("the stack is higher than its floor"))
    }

    fn top(&self) -> Result<Id> {
        match self.stack.last() {
            Some(id) => Ok(*id),
            None => bail!("reads a value from an empty stack"),
        }
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height)),
            None => bail!("closes a list that was never opened"),
        }
    }

    fn pop_tuple(&mut self, len: usize) -> Result<()> {
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Result<()> {
        match Global::named(module, name) {
            Some(global) => {
                self.push(Value::Global(global));
                Ok(())
            }
            None => bail!(
                "refers to {module}.{name}, which a file of plain weights has no use for. \
                 Nothing of the file was run. Expected a state dict (names and tensors), \
                 as torch.save(model.state_dict(), path) writes"
            ),
        }
    }

    fn recall(&mut self, key: u32) -> Result<()> {
        match self.memo.get(&key) {
            Some(id) => {
                self.stack.push(*id);
                Ok(())
            }
            None => bail!("recalls value {key}, which was never stored"),
        }
    }

    fn store(&mut self, key: u32) -> Result<()> {
        let id = self.top()?;
        self.memo.insert(key, id);
        Ok(())
    }

    fn set_items(&mut self, items: &[Id]) -> Result<()> {
        ensure!(items.len().is_multiple_of(2), "a dict's key has no value");
        let id = self.top()?;
        match &mut self.arena[id.0] {
            Value::Dict(pairs) => {
                pairs.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
                Ok(())
            }
            other => bail!("sets items of {}", other.kind()),
        }
    }

    fn append(&mut self, items: Vec<Id>) -> Result<()> {
        let id = self.top()?;
        match &mut self.arena[id.0] {
            Value::List(list) => {
                list.extend(items);
                Ok(())
            }
            other => bail!("appends to {}", other.kind()),
        }
    }

    fn call(&mut self) -> Result<()> {
        let arguments = self.pop()?;
        let callee = self.pop()?;
        let value = match (&self.arena[callee.0], &self.arena[arguments.0]) {
            (Value::Global(Global::OrderedDict), Value::Tuple(items)) => match items[..] {
                [] => Value::Dict(Vec::new()),
                _ => bail!("an OrderedDict with arguments"),
            },
            (Value::Global(global), Value::Tuple(_)) => Value::Call(*global, arguments),
            (callee, _) => bail!("calls {}", callee.kind()),
        };
        self.push(value);
        Ok(())
    }

    /// Does one opcode; the final value once it is STOP.
    fn step(&mut self) -> Result<Option<Id>> {
        match self.input.u8()? {
            // PROTO
            0x80 => {
                let version = self.input.u8()?;
                ensure!(
                    (2..=5).contains(&version),
                    "pickle protocol {version}; protocols 2 to 5 are read"
                );
            }
            // FRAME: lengths of read-ahead blocks, of no use for bytes in memory.
            0x95 => {
                self.input.array::<8>()?;
            }
            b'.' => return self.pop().map(Some),
            b'(' => self.marks.push(self.stack.len()),
            // POP
            b'0' => {
                self.pop()?;
            }
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            // BININT, BININT1, BININT2, LONG1
            b'J' => {
                let value = i32::from_le_bytes(self.input.array()?);
                self.push(Value::Int(value.into()));
            }
            b'K' => {
                let value = self.input.u8()?;
                self.push(Value::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.input.array()?);
                self.push(Value::Int(value.into()));
            }
            0x8a => {
                let value = self.long()?;
                self.push(value);
            }
            b'G' => {
                self.input.array::<8>()?;
                self.push(Value::Float);
            }
            // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, and Python 2's strings
            b'X' | b'T' => {
                let len = self.input.u32()?;
                let text = self.input.text(len.into())?;
                self.push(Value::Text(text));
            }
            0x8c | b'U' => {
                let len = self.input.u8()?;
                let text = self.input.text(len.into())?;
                self.push(Value::Text(text));
            }
            0x8d => {
                let len = u64::from_le_bytes(self.input.array()?);
                let text = self.input.text(len)?;
                self.push(Value::Text(text));
            }
            // BINBYTES, SHORT_BINBYTES
            b'B' => {
                let len = self.input.u32()?;
                self.input.take(len.into())?;
                self.push(Value::Bytes);
            }
            b'C' => {
                let len = self.input.u8()?;
                self.input.take(len.into())?;
                self.push(Value::Bytes);
            }
            b')' => self.push(Value::Tuple(Vec::new())),
            b't' => {
                let items = self.pop_mark()?;
                self.push(Value::Tuple(items));
            }
            0x85 => self.pop_tuple(1)?,
            0x86 => self.pop_tuple(2)?,
            0x87 => self.pop_tuple(3)?,
            b']' => self.push(Value::List(Vec::new())),
            b'l' => {
                let items = self.pop_mark()?;
                self.push(Value::List(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.append(items)?;
            }
            b'}' => self.push(Value::Dict(Vec::new())),
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.set_items(&items)?;
            }
            // BINPUT, LONG_BINPUT, MEMOIZE
            b'q' => {
                let key = self.input.u8()?;
                self.store(key.into())?;
            }
            b'r' => {
                let key = self.input.u32()?;
                self.store(key)?;
            }
            0x94 => {
                let key = self.memo.len() as u32;
                self.store(key)?;
            }
            b'h' => {
                let key = self.input.u8()?;
                self.recall(key.into())?;
            }
            b'j' => {
                let key = self.input.u32()?;
                self.recall(key)?;
            }
            // GLOBAL, STACK_GLOBAL
            b'c' => {
                let module = self.input.line()?;
                let name = self.input.line()?;
                self.global(module, name)?;
            }
            0x93 => {
                let name = self.pop()?;
                let module = self.pop()?;
                match (&self.arena[module.0], &self.arena[name.0]) {
                    (Value::Text(module), Value::Text(name)) => {
                        let (module, name) = (module.clone(), name.clone());
                        self.global(&module, &name)?;
                    }
                    _ => bail!("a class without a name"),
                }
            }
            // REDUCE and NEWOBJ: kept as a description of the call.
            b'R' | 0x81 => self.call()?,
            // BUILD: attributes of an object. A state dict carries `_metadata` (versions of
            // its modules), which no tensor depends on.
            b'b' => {
                self.pop()?;
                let id = self.top()?;
                ensure!(
                    matches!(self.arena[id.0], Value::Dict(_)),
                    "sets attributes of {}",
                    self.arena[id.0].kind()
                );
            }
            b'Q' => {
                let description = self.pop()?;
                self.push(Value::Persistent(description));
            }
            opcode => bail!(
                "opcode {opcode:#04x} is not one that a file of plain weights needs; \
                 the file is damaged or no PyTorch checkpoint"
            ),
        }
        Ok(None)
    }

    /// LONG1: a little-endian integer of any size, of which 8 bytes are enough for a shape.
    fn long(&mut self) -> Result<Value> {
        let len = self.input.u8()?;
        let bytes = self.input.take(len.into())?;
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let fill = if negative { 0xff } else { 0 };
        // The first pickle of the older file format is PyTorch's own ten-byte magic number, so
        // a longer integer must be read through; its low bytes are compared in `legacy`.
        let mut low = [fill; 8];
        for (slot, byte) in low.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Ok(Value::Int(i64::from_le_bytes(low)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> String {
        Pickle::read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_a_hostile_pickle_names_is_refused_by_name() {
        let message = error(b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.");
        assert!(message.contains("posix.system"), "{message}");
        assert!(message.contains("byte 2"), "{message}");
        let message = error(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93.");
        assert!(message.contains("builtins.eval"), "{message}");
    }

    #[test]
    fn opcodes_for_code_and_damage_are_errors_with_their_place() {
        // INST, OBJ, EXT1 and text persistent ids are no part of a state dict.
        for opcode in [b'i', b'o', 0x82, b'P'] {
            let message = error(&[0x80, 2, opcode]);
            assert!(message.contains("byte 2"), "{message}");
            assert!(message.contains(&format!("{opcode:#04x}")), "{message}");
        }
        for (bytes, expected) in [
            (&b"\x80\x02X\xff\xff\xff\xff"[..], "data ends"),
            (b"\x80\x02", "data ends"),
            (b"\x80\x02.", "empty stack"),
            (b"\x80\x02(.", "empty stack"),
            (b"\x80\x02K\x01(\x85", "empty stack"),
            (b"\x80\x02h\x09.", "never stored"),
            (b"\x80\x02t.", "never opened"),
            (b"\x80\x02K\x01K\x02K\x03s.", "sets items"),
            (b"\x80\x02}(K\x01u.", "no value"),
            (b"\x80\x09.", "protocol 9"),
            (b"\x80\x02K\x01)R.", "calls an integer"),
        ] {
            let message = error(bytes);
            assert!(message.contains(expected), "{bytes:?}: {message}");
        }
    }

    #[test]
    fn integers_keep_their_sign_and_width() {
        for (bytes, expected) in [
            (&b"\x80\x02J\xfe\xff\xff\xff."[..], -2),
            (b"\x80\x02K\xff.", 255),
            (b"\x80\x02M\xff\xff.", 65535),
            (b"\x80\x02\x8a\x00.", 0),
            (b"\x80\x02\x8a\x01\xff.", -1),
            (b"\x80\x02\x8a\x05\x00\x00\x00\x00\x01.", 1 << 32),
        ] {
            let pickle = Pickle::read(bytes).unwrap();
            assert!(matches!(pickle.get(pickle.root), Value::Int(v) if *v == expected));
            assert_eq!(pickle.len, bytes.len());
        }
    }

    #[test]
    fn a_million_nested_tuples_neither_overflow_nor_leak_out() {
        let mut bytes = b"\x80\x02N".to_vec();
        bytes.resize(1_000_003, 0x85);
        bytes.push(b'.');
        let pickle = Pickle::read(&bytes).unwrap();
        assert!(matches!(pickle.get(pickle.root), Value::Tuple(items) if items.len() == 1));
    }
}
