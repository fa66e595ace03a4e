//! Arrays that NumPy wrote.
//!
//! Source: NumPy's `numpy.lib.format`, versions 1.0, 2.0 and 3.0.

use std::sync::Arc;

use ofa_data::ByteSource;
use py_literal::Value;

use super::rows::{Float, Rows};
use crate::error::{Error, Result};

/// How the bytes of a file begin.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Longest header that is read; that of a plain matrix takes 128 bytes.
const MOST_HEADER: usize = 4096;

/// The header of a plain array has two pairs of brackets. Its reader calls itself for each, so
/// more are refused before it sees them.
const MOST_BRACKETS: usize = 16;

/// Opens a matrix of floats; `name` is what messages call it.
///
/// # Errors
/// [`Error::Foreign`]: no array of NumPy, no matrix, not of floats of 2, 4 or 8 bytes, column
/// after column, or cut short.
pub(super) fn open(source: Arc<dyn ByteSource>, name: &str) -> Result<Rows> {
    let header = read_header(&*source).map_err(|problem| Error::foreign(name, problem))?;
    let [rows, width] = header.shape[..] else {
        let problem = format!(
            "expected a matrix with a row for each record, found an array of shape {:?}",
            header.shape
        );
        return Err(Error::foreign(name, problem));
    };
    if header.fortran_order && rows > 1 && width > 1 {
        let problem = "stands column after column (fortran_order); expected row after row: save it \
                       as numpy.save(path, numpy.ascontiguousarray(array))";
        return Err(Error::foreign(name, problem));
    }
    let rows = Rows {
        name: name.to_owned(),
        source,
        start: header.data,
        stride: width.saturating_mul(header.float.size()),
        float: header.float,
        rows,
        width,
    };
    rows.checked()
}

#[derive(Debug, PartialEq)]
struct Header {
    float: Float,
    fortran_order: bool,
    shape: Vec<u64>,
    /// Where the elements begin.
    data: u64,
}

fn read_header(source: &dyn ByteSource) -> Result<Header, String> {
    let have = source.len().min(12) as usize;
    let mut start = [0; 12];
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    source.read_at(0, &mut start[..have]).map_err(unreadable)?;
    if have < 12 || !start.starts_with(MAGIC) {
        return Err(format!(
            "expected an array of NumPy (.npy), found the bytes {:02x?}",
            &start[..have]
        ));
    }
    let [a, b, c, d] = [start[8], start[9], start[10], start[11]];
    let (len, at) = match start[6] {
        1 => (u32::from(u16::from_le_bytes([a, b])), 10),
        2 | 3 => (u32::from_le_bytes([a, b, c, d]), 12),
        version => {
            return Err(format!(
                "NumPy's file format {version}; versions 1 to 3 are read"
            ));
        }
    };
    let len = len as usize;
    if len > MOST_HEADER || source.len() < at + len as u64 {
        return Err(format!(
            "its header should take {len} bytes; expected at most {MOST_HEADER}, and the file has {}",
            source.len()
        ));
    }
    let mut text = vec![0; len];
    source.read_at(at, &mut text).map_err(unreadable)?;
    let text = String::from_utf8(text).map_err(|_| "its header is no text".to_owned())?;
    let brackets = text.bytes().filter(|byte| b"([{".contains(byte)).count();
    let literal = match brackets <= MOST_BRACKETS {
        true => text.trim().parse().ok(),
        false => None,
    };
    let header = match literal {
        Some(Value::Dict(pairs)) => pairs,
        _ => {
            let shown: String = text.chars().take(200).collect();
            return Err(format!(
                "expected a header with descr, fortran_order and shape, found {shown:?}"
            ));
        }
    };
    let entry = |name: &str| {
        let found = header
            .iter()
            .find(|(key, _)| key.as_string().is_some_and(|key| key == name));
        found
            .map(|(_, value)| value)
            .ok_or_else(|| format!("its header has no `{name}`"))
    };
    let float = match entry("descr")? {
        Value::String(descr) => match descr.as_str() {
            "<f2" => Float::F16,
            "<f4" => Float::F32,
            "<f8" => Float::F64,
            other => {
                return Err(format!(
                    "its elements are `{other}`; expected little-endian floats: save it as \
                     numpy.save(path, array.astype('<f4'))"
                ));
            }
        },
        other => return Err(format!("its elements are {other}; expected floats")),
    };
    let Value::Boolean(fortran_order) = entry("fortran_order")? else {
        return Err("`fortran_order` in its header is no bool".to_owned());
    };
    let shape = match entry("shape")? {
        Value::Tuple(axes) | Value::List(axes) => axes
            .iter()
            .map(|axis| axis.to_string().parse().ok())
            .collect::<Option<Vec<u64>>>(),
        _ => None,
    };
    Ok(Header {
        float,
        fortran_order: *fortran_order,
        shape: shape.ok_or("`shape` in its header is no tuple of sizes")?,
        data: at + len as u64,
    })
}

#[cfg(test)]
mod tests {
    use ofa_data::MemorySource;

    use super::*;

    fn file(version: u8, header: &str) -> MemorySource {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((header.len() as u16).to_le_bytes()),
            _ => bytes.extend((header.len() as u32).to_le_bytes()),
        }
        bytes.extend(header.bytes());
        bytes.extend([0; 64]);
        MemorySource::new("a.npy", bytes)
    }

    #[test]
    fn all_versions_and_both_orders_are_understood() {
        for version in 1..=3 {
            let header = "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 2), }   \n";
            let read = read_header(&file(version, header)).expect("a header");
            assert_eq!(read.shape, [3, 2]);
            assert_eq!(read.float, Float::F16);
            let start = if version == 1 { 10 } else { 12 };
            assert_eq!(read.data, start + header.len() as u64);
        }
    }

    #[test]
    fn hostile_headers_are_refused_in_words() {
        let deep = format!("{}1{}", "(".repeat(2000), ")".repeat(2000));
        for (header, expected) in [
            (deep.as_str(), "expected a header"),
            (
                "{'descr': '>f4', 'fortran_order': False, 'shape': (3, 2)}",
                "`>f4`",
            ),
            (
                "{'descr': '|O', 'fortran_order': False, 'shape': (3, 2)}",
                "`|O`",
            ),
            (
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}",
                "expected floats",
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
                "shape [3]",
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 2)}",
                "no tuple",
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 8)}",
                "cut short",
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (8, 18446744073709551615)}",
                "wide",
            ),
            (
                "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 4)}",
                "ascontiguousarray",
            ),
            ("{'descr': '<f4', 'shape': (4, 4)}", "`fortran_order`"),
            ("os.system('id')", "expected a header"),
        ] {
            let Err(error) = open(Arc::new(file(1, header)), "a.npy") else {
                panic!("{header} was read");
            };
            let message = error.to_string();
            assert!(message.contains(expected), "{message}");
            assert!(message.starts_with("a.npy: "), "{message}");
        }
    }
}
