//! The authors' `features.pt`: a dict with `image_features` and `text_features` `[n, d]`,
//! `record_indices` `[n]` and `metadata`.

use super::rows::{Float, Rows, RowsPart};
use super::store_writer::{FeatureInput, Positions};
use crate::error::{Error, Result};
use crate::torch::{Dtype, Node, TorchFile};

const IMAGES: &str = "image_features";
const TEXTS: &str = "text_features";
const POSITIONS: &str = "record_indices";

/// How many rows that have one position are named.
const NAMED_DUPLICATES: usize = 5;

/// Whether the saved value is of this layout, embeddings of one kind at least.
pub(super) fn is_layout(root: Node<'_>) -> bool {
    [IMAGES, TEXTS].iter().any(|key| root.entry(key).is_some())
}

/// Looks at the tensors and reads the positions.
///
/// # Errors
/// [`Error::Foreign`] where a tensor is missing, of another type or shape, or where positions
/// repeat, are negative or are not one for each row.
pub(super) fn open(file: &TorchFile) -> Result<FeatureInput> {
    let (image, text) = (matrix(file, IMAGES)?, matrix(file, TEXTS)?);
    let mut dim = None;
    let part = RowsPart::look(move || Ok((image.clone(), text.clone())), &mut dim)?;
    let (dim, _) = dim.expect("a part was looked at");
    let mut notes = vec![];
    let positions = match file.root().entry(POSITIONS).filter(|node| !node.is_none()) {
        None => {
            notes.push(format!(
                "there are no {POSITIONS}: a record's position is its row"
            ));
            Positions::RowNumbers
        }
        Some(node) => {
            let listed = integers(file, node)?;
            if listed.len() as u64 != part.rows {
                let problem = format!(
                    "{POSITIONS} has {} positions, but {IMAGES} has {} rows; expected one for each",
                    listed.len(),
                    part.rows
                );
                return Err(Error::foreign(file.name(), problem));
            }
            in_order(file.name(), listed, &mut notes)?
        }
    };
    Ok(FeatureInput {
        parts: vec![part],
        positions,
        dim: dim as usize,
        notes,
    })
}

fn matrix(file: &TorchFile, key: &str) -> Result<Rows> {
    let refuse = |problem: String| Error::foreign(file.name(), format!("tensor {key}: {problem}"));
    let node = file.root().entry(key).ok_or_else(|| {
        refuse(format!(
            "it is missing; expected {IMAGES}, {TEXTS} and {POSITIONS}, as the authors' encoder \
             saves them"
        ))
    })?;
    let tensor = file.tensor(node, key)?;
    let float = match tensor.dtype {
        Dtype::F16 => Float::F16,
        Dtype::BF16 => Float::BF16,
        Dtype::F32 => Float::F32,
        Dtype::F64 => Float::F64,
        other => {
            return Err(refuse(format!(
                "expected floats, found {}",
                other.safetensors_name()
            )));
        }
    };
    let &[rows, width] = tensor.shape.as_slice() else {
        return Err(refuse(format!(
            "expected a row for each record, found the shape {:?}",
            tensor.shape
        )));
    };
    let &[stride, step] = tensor.strides() else {
        unreachable!("as many strides as axes");
    };
    if width > 1 && step != 1 {
        return Err(refuse(
            "does not stand row after row; save it as tensor.contiguous()".to_owned(),
        ));
    }
    let (source, start) = file.storage(&tensor);
    let rows = Rows {
        name: format!("{}: {key}", file.name()),
        source,
        start,
        stride: if rows > 1 { stride } else { width }.saturating_mul(float.size()),
        float,
        rows,
        width,
    };
    rows.checked()
}

/// The whole numbers of a tensor, an array or a list.
fn integers(file: &TorchFile, node: Node<'_>) -> Result<Vec<i64>> {
    let refuse = |problem: String| Error::foreign(file.name(), format!("{POSITIONS}: {problem}"));
    let one_axis = |shape: &[u64]| match shape {
        [_] => Ok(()),
        other => Err(refuse(format!(
            "expected a position for each row, found the shape {other:?}"
        ))),
    };
    if let Some(items) = node.items() {
        let integer = |(row, item): (usize, Node<'_>)| {
            item.integer().ok_or_else(|| {
                refuse(format!(
                    "expected a whole number in row {row}, found {}",
                    item.kind()
                ))
            })
        };
        return items.enumerate().map(integer).collect();
    }
    if let Some(array) = node.numpy_array().map_err(refuse)? {
        one_axis(&array.shape)?;
        let elements = array.bytes.chunks_exact(array.dtype.size());
        let integers: Option<_> = elements.map(|bytes| array.dtype.integer(bytes)).collect();
        return integers.ok_or_else(|| refuse("expected whole numbers, found floats".to_owned()));
    }
    let tensor = file.tensor(node, POSITIONS)?;
    one_axis(&tensor.shape)?;
    let bytes = file.bytes(&tensor)?;
    Ok(match tensor.dtype {
        Dtype::I64 => elements(&bytes, i64::from_le_bytes),
        Dtype::I32 => elements(&bytes, |bytes| i32::from_le_bytes(bytes).into()),
        Dtype::I16 => elements(&bytes, |bytes| i16::from_le_bytes(bytes).into()),
        Dtype::I8 => elements(&bytes, |bytes| i8::from_le_bytes(bytes).into()),
        Dtype::U8 => elements(&bytes, |[byte]| byte.into()),
        other => {
            return Err(refuse(format!(
                "expected whole numbers, found {}",
                other.safetensors_name()
            )));
        }
    })
}

fn elements<const N: usize>(bytes: &[u8], element: impl Fn([u8; N]) -> i64) -> Vec<i64> {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .copied()
        .map(element)
        .collect()
}

/// Brings positions into ascending order, with a word where they are not.
fn in_order(name: &str, listed: Vec<i64>, notes: &mut Vec<String>) -> Result<Positions> {
    let refuse = |problem: String| Error::foreign(name, format!("{POSITIONS}: {problem}"));
    if let Some(row) = listed
        .iter()
        .position(|&position| !(0..i64::MAX).contains(&position))
    {
        return Err(refuse(format!(
            "row {row} has the position {}; expected positions from 0",
            listed[row]
        )));
    }
    let listed: Vec<u64> = listed.into_iter().map(i64::cast_unsigned).collect();
    if listed.is_sorted_by(|one, next| one < next) {
        return Ok(Positions::Listed(listed));
    }
    let mut sorted: Vec<(u64, u64)> = listed.into_iter().zip(0..).collect();
    sorted.sort_unstable();
    let twice: Vec<String> = sorted
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0)
        .map(|pair| {
            let [(position, one), (_, other)] = [pair[0], pair[1]];
            format!("{position} (rows {one} and {other})")
        })
        .take(NAMED_DUPLICATES)
        .collect();
    if !twice.is_empty() {
        return Err(refuse(format!(
            "positions come twice: {}; a record has one row: remove the others and save it again",
            twice.join(", ")
        )));
    }
    notes.push(format!(
        "{POSITIONS} are not in ascending order: the rows are sorted by them"
    ));
    Ok(Positions::Sorted(sorted))
}
