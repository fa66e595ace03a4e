//! Which columns hold a record's images and its text, found by name as records do.

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{SchemaDescriptor, Type};

use super::file::File;
use crate::Result;
use crate::error::Error;
use crate::record;

/// The columns of images. The first one that has a reference in a row counts there.
pub(super) const IMAGES: [&str; 2] = ["image", "images"];

/// The columns of turns. The first one that is not empty in a row counts there.
pub(super) const TURNS: [&str; 3] = ["conversations", "messages", "texts"];

/// The parts of a turn that are read. `user` is the human side of a pair of turns.
const TURN_PARTS: [&str; 5] = ["from", "role", "value", "content", "user"];

/// The parts of a part of a turn's content that are read: its text, and an image or where that is.
const CONTENT_PARTS: [&str; 8] = [
    "type",
    "text",
    "image",
    "image_url",
    "url",
    "path",
    "source",
    "bytes",
];

/// Those of them, and of the structs that they may be, that are an image themselves where they are
/// bytes.
pub(super) const CARRIED: [&str; 5] = ["image", "image_url", "source", "bytes", "data"];

/// The columns of text where a row has no human turn, the first one first.
pub(super) fn fallback_names() -> impl Iterator<Item = &'static str> {
    record::FALLBACK_KEYS.into_iter().chain(["caption"])
}

/// What is read of a file's columns.
pub(super) struct Layout {
    pub(super) images: Vec<ImageColumn>,
    /// The leaf columns that text is read from, in ascending order.
    pub(super) text: Vec<usize>,
}

/// A column of images.
pub(super) enum ImageColumn {
    /// Images, references, or lists of either.
    Leaves(ImageLeaves),
    /// Something else.
    Unusable {
        /// Its name.
        name: &'static str,
        /// What it holds, in words.
        kind: &'static str,
    },
}

/// How images lie in the leaf columns below a column.
pub(super) struct ImageLeaves {
    pub(super) name: &'static str,
    /// The leaf with the images themselves.
    pub(super) bytes: Option<usize>,
    /// Which part of a struct that is, if there is a struct.
    pub(super) bytes_part: Option<usize>,
    /// The leaf with paths.
    pub(super) path: Option<usize>,
    /// The definition level from which on there is an image or a null in the place of one. Below
    /// it is a list that is null or empty.
    pub(super) slot: i16,
    /// The definition level from which on the image itself is there, be its parts null.
    pub(super) present: i16,
    /// Whether a row has a list of them.
    pub(super) repeated: bool,
}

impl Layout {
    pub(super) fn of(file: &File) -> Result<Self> {
        let schema = file.schema();
        let mut images = vec![];
        let mut text = vec![];
        for name in IMAGES {
            if let Some((field, first)) = column(schema, name)
                && let Some(column) = image_column(name, field, first)
            {
                images.push(column);
            }
        }
        let mut has_text = false;
        for name in TURNS {
            if let Some((field, first)) = column(schema, name) {
                has_text = true;
                turn_leaves(field, first, &mut text);
            }
        }
        for name in fallback_names() {
            if let Some((field, first)) = column(schema, name)
                && is_text(field)
            {
                has_text = true;
                text.push(first);
            }
        }
        if images.is_empty() && !has_text {
            let all: Vec<&str> = root_names(schema).collect();
            let shown = all.len().min(50);
            let mut found = quoted(all[..shown].iter().copied());
            if shown < all.len() {
                found.push_str(&format!(" and {} more", all.len() - shown));
            }
            return Err(Error::ParquetColumns {
                name: file.name().to_owned(),
                images: quoted(IMAGES.into_iter()),
                texts: quoted(TURNS.into_iter().chain(fallback_names())),
                found,
            });
        }
        if let Some((field, first)) = column(schema, "id")
            && field.is_primitive()
        {
            text.push(first);
        }
        text.sort_unstable();
        text.dedup();
        Ok(Self { images, text })
    }

    /// The leaf columns that hold images themselves.
    pub(super) fn image_bytes(&self) -> impl Iterator<Item = usize> + '_ {
        self.images.iter().filter_map(|column| match column {
            ImageColumn::Leaves(leaves) => leaves.bytes,
            ImageColumn::Unusable { .. } => None,
        })
    }
}

pub(super) fn root_names(schema: &SchemaDescriptor) -> impl Iterator<Item = &str> {
    schema
        .root_schema()
        .get_fields()
        .iter()
        .map(|field| field.name())
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The first column of this name, with its first leaf. One that can hold nothing but null counts
/// as missing.
fn column<'a>(schema: &'a SchemaDescriptor, name: &str) -> Option<(&'a Type, usize)> {
    let mut first = 0;
    for field in schema.root_schema().get_fields() {
        if field.name() == name {
            let info = field.get_basic_info();
            let null = info.logical_type_ref() == Some(&LogicalType::Unknown);
            return (!null).then_some((&**field, first));
        }
        first += leaf_count(field);
    }
    None
}

fn leaf_count(field: &Type) -> usize {
    match field {
        Type::PrimitiveType { .. } => 1,
        Type::GroupType { fields, .. } => fields.iter().map(|field| leaf_count(field)).sum(),
    }
}

fn is_text(field: &Type) -> bool {
    let info = field.get_basic_info();
    is_bytes(field)
        && (info.converted_type() == ConvertedType::UTF8
            || info.logical_type_ref() == Some(&LogicalType::String))
}

fn is_bytes(field: &Type) -> bool {
    field.is_primitive() && field.get_physical_type() == Physical::BYTE_ARRAY && !is_repeated(field)
}

fn is_repeated(field: &Type) -> bool {
    let info = field.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

/// What a list is made of, with the rules for files from before lists had three levels.
fn list_item(field: &Type) -> Option<ListItem<'_>> {
    let info = field.get_basic_info();
    let annotated = info.converted_type() == ConvertedType::LIST
        || info.logical_type_ref() == Some(&LogicalType::List);
    let [repeated] = field.is_group().then(|| field.get_fields())? else {
        return None;
    };
    if !annotated || !is_repeated(repeated) {
        return None;
    }
    match &**repeated {
        Type::GroupType { fields, .. }
            if fields.len() == 1
                && repeated.name() != "array"
                && repeated.name() != format!("{}_tuple", field.name()) =>
        {
            Some(ListItem::Inside(&fields[0]))
        }
        _ => Some(ListItem::Itself(repeated)),
    }
}

/// The type of a list's items.
enum ListItem<'a> {
    /// A field below the repeated one.
    Inside(&'a Type),
    /// The repeated field.
    Itself(&'a Type),
}

impl<'a> ListItem<'a> {
    fn field(self) -> &'a Type {
        match self {
            Self::Inside(field) | Self::Itself(field) => field,
        }
    }
}

fn optional_level(field: &Type) -> i16 {
    i16::from(field.is_optional())
}

fn image_column(name: &'static str, field: &Type, first: usize) -> Option<ImageColumn> {
    let unusable = |kind| Some(ImageColumn::Unusable { name, kind });
    if is_repeated(field) {
        return unusable("a repeated field");
    }
    let mut leaves = ImageLeaves {
        name,
        bytes: None,
        bytes_part: None,
        path: None,
        slot: 0,
        present: optional_level(field),
        repeated: false,
    };
    let mut item = field;
    if let Some(found) = list_item(field) {
        leaves.repeated = true;
        leaves.slot = leaves.present + 1;
        leaves.present = leaves.slot;
        if let ListItem::Inside(inside) = found {
            leaves.present += optional_level(inside);
        }
        item = found.field();
        if item.get_basic_info().logical_type_ref() == Some(&LogicalType::Unknown) {
            return None;
        }
    }
    // The repeated field of an old list is text or bytes of its own.
    let is_leaf = item.is_primitive() && item.get_physical_type() == Physical::BYTE_ARRAY;
    if is_leaf {
        let info = item.get_basic_info();
        let text = info.converted_type() == ConvertedType::UTF8
            || info.logical_type_ref() == Some(&LogicalType::String);
        *if text {
            &mut leaves.path
        } else {
            &mut leaves.bytes
        } = Some(first);
    } else if item.is_primitive() {
        return unusable(if leaves.repeated {
            "a list of numbers or the like"
        } else {
            "a number or the like"
        });
    } else if list_item(item).is_some() {
        return unusable("a list of lists");
    } else {
        let mut leaf = first;
        for (nth, part) in item.get_fields().iter().enumerate() {
            match part.name() {
                "bytes" if is_bytes(part) => {
                    leaves.bytes = Some(leaf);
                    leaves.bytes_part = Some(nth);
                }
                "path" if is_bytes(part) => leaves.path = Some(leaf),
                _ => {}
            }
            leaf += leaf_count(part);
        }
        if leaves.bytes.is_none() && leaves.path.is_none() {
            return unusable("a struct without `bytes` and `path`");
        }
    }
    Some(ImageColumn::Leaves(leaves))
}

/// The leaves that the human turns of a column are read from.
fn turn_leaves(field: &Type, first: usize, out: &mut Vec<usize>) {
    match list_item(field) {
        Some(item) => parts(item.field(), first, &TURN_PARTS, out),
        None => parts(field, first, &TURN_PARTS, out),
    }
}

/// The leaves of these parts of a struct, or of all of anything else.
fn parts(item: &Type, first: usize, names: &[&str], out: &mut Vec<usize>) {
    let info = item.get_basic_info();
    let plain_struct = item.is_group()
        && list_item(item).is_none()
        && !matches!(
            info.converted_type(),
            ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE
        )
        && info.logical_type_ref() != Some(&LogicalType::Map);
    if !plain_struct {
        out.extend(first..first + leaf_count(item));
        return;
    }
    let before = out.len();
    let mut leaf = first;
    for part in item.get_fields() {
        if names.contains(&part.name()) {
            match list_item(part) {
                Some(item) => parts(item.field(), leaf, &CONTENT_PARTS, out),
                None => out.extend(leaf..leaf + leaf_count(part)),
            }
        }
        leaf += leaf_count(part);
    }
    // Something has to be read in order to know whether the struct is there.
    if out.len() == before
        && let Some(part) = item.get_fields().first()
    {
        out.extend(first..first + leaf_count(part));
    }
}
