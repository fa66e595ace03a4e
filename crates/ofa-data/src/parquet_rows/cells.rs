//! Cells of Arrow columns as JSON text, so that turns are read by the one set of rules for records.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, NullArray, StructArray};
use arrow::datatypes::{
    DataType, Field, FieldRef, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::layout::CARRIED;
use crate::dataset::MAX_RECORD_BYTES;

/// A cell as text, where it is one.
pub(super) fn text(column: &ArrayRef, row: usize) -> Option<&str> {
    let texts = column.as_string_view_opt()?;
    texts.is_valid(row).then(|| texts.value(row))
}

/// An id as text, where it is text or a whole number.
pub(super) fn id(column: &ArrayRef, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8View => text(column, row).map(str::to_owned),
        _ => whole_number(column, row),
    }
}

/// The turns of a cell as JSON; `None` where it is null.
///
/// Text stands for itself: it is JSON already. A struct of lists, as `datasets` writes a sequence
/// of dictionaries, becomes the list of structs that it stands for. In a pair of turns
/// `{user, assistant}` the user's becomes a human turn. An image among the parts of a turn becomes
/// a `data:` URI. More than [`MAX_RECORD_BYTES`] are cut off.
pub(super) fn turns(column: &ArrayRef, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    let mut out = String::new();
    match column.data_type() {
        DataType::Utf8View => out.push_str(text(column, row)?),
        DataType::List(_) => {
            let turns = column.as_list::<i32>().value(row);
            let pairs = turns.as_struct_opt().and_then(pair_column);
            write_list(&mut out, 0..turns.len(), |out, nth| match pairs {
                Some(users) if turns.is_valid(nth) => {
                    out.push_str(r#"{"from":"human","value":"#);
                    write(out, users, nth);
                    out.push('}');
                }
                _ => write(out, &turns, nth),
            });
        }
        DataType::Struct(parts)
            if !parts.is_empty()
                && parts
                    .iter()
                    .all(|part| matches!(part.data_type(), DataType::List(_))) =>
        {
            write_transposed(&mut out, column.as_struct(), row);
        }
        _ => write(&mut out, column, row),
    }
    Some(out)
}

/// The column `user` of pairs of turns, which are no turns of their own.
fn pair_column(turns: &StructArray) -> Option<&ArrayRef> {
    if turns.column_by_name("from").is_some() || turns.column_by_name("role").is_some() {
        return None;
    }
    turns.column_by_name("user")
}

/// A struct of lists as a list of structs, as long as the longest of them.
fn write_transposed(out: &mut String, column: &StructArray, row: usize) {
    let parts: Vec<(&str, Option<ArrayRef>)> = column
        .column_names()
        .into_iter()
        .zip(column.columns())
        .map(|(name, lists)| {
            let list = lists
                .is_valid(row)
                .then(|| lists.as_list::<i32>().value(row));
            let is_turn = column
                .column_by_name("from")
                .or(column.column_by_name("role"));
            let name = match (name, is_turn) {
                ("user", None) => "value",
                _ => name,
            };
            (name, list)
        })
        .collect();
    let is_pair = pair_column(column).is_some();
    let length = parts
        .iter()
        .filter_map(|(_, list)| Some(list.as_ref()?.len()))
        .max()
        .unwrap_or(0);
    write_list(out, 0..length, |out, nth| {
        out.push('{');
        if is_pair {
            out.push_str(r#""from":"human""#);
        }
        for (at, (name, list)) in parts.iter().enumerate() {
            if at > 0 || is_pair {
                out.push(',');
            }
            write_text(out, name);
            out.push(':');
            match list {
                Some(list) if nth < list.len() => write(out, list, nth),
                _ => out.push_str("null"),
            }
        }
        out.push('}');
    });
}

fn write_list(
    out: &mut String,
    items: std::ops::Range<usize>,
    mut write_item: impl FnMut(&mut String, usize),
) {
    out.push('[');
    for nth in items {
        // What is larger than any record may be is not read, and a few values of a dictionary can
        // stand in a list a million times.
        if out.len() as u64 > MAX_RECORD_BYTES {
            return;
        }
        if nth > 0 {
            out.push(',');
        }
        write_item(out, nth);
    }
    out.push(']');
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A cell of any type. What JSON has no value for stands as a number: it is no text, which is
/// all that is asked of it.
fn write(out: &mut String, column: &ArrayRef, row: usize) {
    if column.is_null(row) {
        out.push_str("null");
        return;
    }
    match column.data_type() {
        DataType::Null | DataType::BinaryView => out.push_str("null"),
        DataType::Utf8View => write_text(out, text(column, row).unwrap_or_default()),
        DataType::Boolean => out.push_str(match column.as_boolean().value(row) {
            true => "true",
            false => "false",
        }),
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            write_list(out, 0..items.len(), |out, nth| write(out, &items, nth));
        }
        DataType::Struct(_) => {
            let parts = column.as_struct();
            out.push('{');
            for (at, (name, part)) in parts
                .column_names()
                .into_iter()
                .zip(parts.columns())
                .enumerate()
            {
                if at > 0 {
                    out.push(',');
                }
                write_text(out, name);
                out.push(':');
                match part.data_type() {
                    DataType::BinaryView if CARRIED.contains(&name) && part.is_valid(row) => {
                        write_data_uri(out, part.as_binary_view().value(row));
                    }
                    _ => write(out, part, row),
                }
            }
            out.push('}');
        }
        DataType::Map(..) => out.push_str("{}"),
        DataType::Float32 => {
            write_float(out, column.as_primitive::<Float32Type>().value(row).into());
        }
        DataType::Float64 => write_float(out, column.as_primitive::<Float64Type>().value(row)),
        _ => out.push_str(whole_number(column, row).as_deref().unwrap_or("0")),
    }
}

/// The bytes of an image as JSON has them.
fn write_data_uri(out: &mut String, image: &[u8]) {
    out.push_str("\"data:;base64,");
    BASE64_STANDARD.encode_string(image, out);
    out.push('"');
}

/// Turns with nulls where images stand among their parts.
pub(super) fn without_images(turns: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    Ok(match turns.data_type() {
        DataType::List(item) => {
            let lists = turns.as_list::<i32>();
            let items = without_images(lists.values())?;
            let item = Field::clone(item).with_data_type(items.data_type().clone());
            Arc::new(ListArray::try_new(
                Arc::new(item.with_nullable(true)),
                lists.offsets().clone(),
                items,
                lists.nulls().cloned(),
            )?)
        }
        DataType::Struct(parts) => {
            let structs = turns.as_struct();
            let mut fields: Vec<FieldRef> = vec![];
            let mut columns = vec![];
            for (part, column) in parts.iter().zip(structs.columns()) {
                let is_image = CARRIED.contains(&part.name().as_str())
                    && matches!(column.data_type(), DataType::BinaryView);
                let column = match is_image {
                    true => Arc::new(NullArray::new(column.len())),
                    false => without_images(column)?,
                };
                let field = Field::clone(part).with_data_type(column.data_type().clone());
                fields.push(Arc::new(
                    field.with_nullable(part.is_nullable() || is_image),
                ));
                columns.push(column);
            }
            Arc::new(StructArray::try_new(
                fields.into(),
                columns,
                structs.nulls().cloned(),
            )?)
        }
        _ => Arc::clone(turns),
    })
}

fn write_float(out: &mut String, value: f64) {
    out.push_str(&serde_json::Value::from(value).to_string());
}

fn whole_number(column: &ArrayRef, row: usize) -> Option<String> {
    macro_rules! one_of {
        ($($kind:ident => $native:ty),+) => {
            match column.data_type() {
                $(DataType::$kind => column.as_primitive::<$native>().value(row).to_string(),)+
                _ => return None,
            }
        };
    }
    Some(one_of!(
        Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
        UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
    ))
}

/// What text and bytes take in a cell, however often a value of a dictionary stands there.
pub(super) fn length(column: &ArrayRef, row: usize) -> u64 {
    let all = |items: &ArrayRef| -> u64 { (0..items.len()).map(|nth| length(items, nth)).sum() };
    if column.is_null(row) {
        return 0;
    }
    match column.data_type() {
        DataType::Utf8View => text(column, row).map_or(0, str::len) as u64,
        DataType::BinaryView => column.as_binary_view().value(row).len() as u64,
        DataType::List(_) => all(&column.as_list::<i32>().value(row)),
        DataType::Map(..) => {
            let entries = column.as_map().value(row);
            entries.columns().iter().map(all).sum()
        }
        DataType::Struct(_) => {
            let parts = column.as_struct().columns().iter();
            parts.map(|part| length(part, row)).sum()
        }
        _ => 0,
    }
}
