//! The stack machine that a pickle is a program for.

use std::collections::HashMap;

use super::global::Global;
use super::input::Input;
use super::{Id, Pickle, Value};
use crate::torch::{Problem, refuse, require};

/// As [`Pickle::read`].
pub(super) fn read(bytes: &[u8]) -> Result<Pickle, Problem> {
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
            Err(problem) => refuse!("pickle, byte {at}: {problem}"),
        }
    };
    Ok(Pickle {
        arena: machine.arena,
        root,
        len: machine.input.at,
    })
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

    fn pop(&mut self) -> Result<Id, Problem> {
        let floor = self.marks.last().copied().unwrap_or(0);
        require!(
            self.stack.len() > floor,
            "takes a value from an empty stack"
        );
        Ok(self
            .stack
            .pop()
            .expect("the stack is higher than its floor"))
    }

    fn top(&self) -> Result<Id, Problem> {
        match self.stack.last() {
            Some(id) => Ok(*id),
            None => refuse!("reads a value from an empty stack"),
        }
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, Problem> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height)),
            None => refuse!("closes a list that was never opened"),
        }
    }

    fn pop_tuple(&mut self, len: usize) -> Result<(), Problem> {
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), Problem> {
        match Global::named(module, name) {
            Some(global) => {
                self.push(Value::Global(global));
                Ok(())
            }
            None => refuse!(
                "refers to {module}.{name}, which a file of plain data has no use for. \
                 Nothing of the file was run. Expected names, numbers and tensors, \
                 as torch.save(model.state_dict(), path) writes"
            ),
        }
    }

    fn recall(&mut self, key: u32) -> Result<(), Problem> {
        match self.memo.get(&key) {
            Some(id) => {
                self.stack.push(*id);
                Ok(())
            }
            None => refuse!("recalls value {key}, which was never stored"),
        }
    }

    fn store(&mut self, key: u32) -> Result<(), Problem> {
        let id = self.top()?;
        self.memo.insert(key, id);
        Ok(())
    }

    fn set_items(&mut self, items: &[Id]) -> Result<(), Problem> {
        require!(items.len().is_multiple_of(2), "a dict's key has no value");
        let id = self.top()?;
        match &mut self.arena[id.0] {
            Value::Dict(pairs) => {
                pairs.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
                Ok(())
            }
            other => refuse!("sets items of {}", other.kind()),
        }
    }

    fn append(&mut self, items: Vec<Id>) -> Result<(), Problem> {
        let id = self.top()?;
        match &mut self.arena[id.0] {
            Value::List(list) => {
                list.extend(items);
                Ok(())
            }
            other => refuse!("appends to {}", other.kind()),
        }
    }

    fn call(&mut self) -> Result<(), Problem> {
        let arguments = self.pop()?;
        let callee = self.pop()?;
        let value = match (&self.arena[callee.0], &self.arena[arguments.0]) {
            (Value::Global(Global::OrderedDict), Value::Tuple(items)) => match items[..] {
                [] => Value::Dict(Vec::new()),
                _ => refuse!("an OrderedDict with arguments"),
            },
            (Value::Global(Global::Encode), Value::Tuple(items)) => self.latin1(items)?,
            (Value::Global(global), Value::Tuple(_)) => Value::Call(*global, arguments),
            (callee, _) => refuse!("calls {}", callee.kind()),
        };
        self.push(value);
        Ok(())
    }

    /// `_codecs.encode(text, "latin1")`: the bytes that the characters stand for.
    fn latin1(&self, arguments: &[Id]) -> Result<Value, Problem> {
        let values: Vec<&Value> = arguments.iter().map(|id| &self.arena[id.0]).collect();
        let [Value::Text(text), Value::Text(encoding)] = values[..] else {
            refuse!("encodes something else than a string");
        };
        require!(
            encoding == "latin1",
            "encodes as {encoding}; expected latin1"
        );
        let bytes: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
        match bytes {
            Ok(bytes) => Ok(Value::Bytes(bytes)),
            Err(_) => refuse!("encodes a string that is not latin1"),
        }
    }

    /// BUILD: attributes of an object.
    fn build(&mut self) -> Result<(), Problem> {
        let state = self.pop()?;
        let id = self.top()?;
        match &self.arena[id.0] {
            // A state dict carries `_metadata` (versions of its modules), which no tensor
            // depends on.
            Value::Dict(_) => Ok(()),
            Value::Call(Global::NumpyDtype, _) => match &self.arena[state.0] {
                Value::Tuple(items) => match items.get(1).map(|id| &self.arena[id.0]) {
                    Some(Value::Text(order)) if order == "<" || order == "|" => Ok(()),
                    Some(Value::Text(order)) => {
                        refuse!("a NumPy type of byte order `{order}`; little-endian ones are read")
                    }
                    _ => refuse!("a NumPy type without a byte order"),
                },
                other => refuse!("a NumPy type of {}", other.kind()),
            },
            Value::Call(Global::NumpyReconstruct, _) => {
                self.arena[id.0] = Value::NumpyArray(state);
                Ok(())
            }
            other => refuse!("sets attributes of {}", other.kind()),
        }
    }

    /// Does one opcode; the final value once it is STOP.
    fn step(&mut self) -> Result<Option<Id>, Problem> {
        match self.input.u8()? {
            // PROTO
            0x80 => {
                let version = self.input.u8()?;
                require!(
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
            // LONG1, LONG4
            0x8a => {
                let len = self.input.u8()?;
                let value = self.long(len.into())?;
                self.push(value);
            }
            0x8b => {
                let len = self.input.u32()?;
                let value = self.long(len.into())?;
                self.push(value);
            }
            // BINFLOAT, the one number that stands big-endian.
            b'G' => {
                let value = f64::from_be_bytes(self.input.array()?);
                self.push(Value::Float(value));
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
            // BINBYTES8, BINBYTES, SHORT_BINBYTES
            0x8e => {
                let len = u64::from_le_bytes(self.input.array()?);
                let bytes = self.input.take(len)?.to_vec();
                self.push(Value::Bytes(bytes));
            }
            b'B' => {
                let len = self.input.u32()?;
                let bytes = self.input.take(len.into())?.to_vec();
                self.push(Value::Bytes(bytes));
            }
            b'C' => {
                let len = self.input.u8()?;
                let bytes = self.input.take(len.into())?.to_vec();
                self.push(Value::Bytes(bytes));
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
                let key = u32::try_from(self.memo.len()).unwrap_or(u32::MAX);
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
                    _ => refuse!("a class without a name"),
                }
            }
            // REDUCE and NEWOBJ: kept as a description of the call.
            b'R' | 0x81 => self.call()?,
            b'b' => self.build()?,
            b'Q' => {
                let description = self.pop()?;
                self.push(Value::Persistent(description));
            }
            opcode => refuse!(
                "opcode {opcode:#04x} is not one that a file of plain data needs; \
                 the file is damaged or no PyTorch checkpoint"
            ),
        }
        Ok(None)
    }

    /// A little-endian integer of any size.
    fn long(&mut self, len: u64) -> Result<Value, Problem> {
        let bytes = self.input.take(len)?;
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut low = [if negative { 0xff } else { 0 }; 8];
        if bytes.len() > low.len() {
            return Ok(Value::BigInt(bytes.to_vec()));
        }
        low[..bytes.len()].copy_from_slice(bytes);
        Ok(Value::Int(i64::from_le_bytes(low)))
    }
}
