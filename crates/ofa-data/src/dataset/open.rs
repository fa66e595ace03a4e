//! What is in a file, a folder or an archive, told from the content.

use std::sync::Arc;

use super::captioned_images::{CaptionedImages, is_among, split};
use super::record_file::{RecordFile, Records, Within};
use super::text_records::TextRecords;
use crate::Result;
use crate::archive::ZipTree;
use crate::error::Error;
use crate::file_tree::{FileTree, TreeFile};
use crate::format::{self, Format};
use crate::skip::SkipReason;
use crate::source::{self, ByteSource};
use crate::webdataset::Samples;

/// The files of a dataset in order, and what is worth a word.
pub(super) struct Opened {
    pub(super) files: Vec<RecordFile>,
    pub(super) remarks: Vec<String>,
}

/// Opens one file: records, or an archive of them.
pub(super) fn file(source: Arc<dyn ByteSource>, format: Option<Format>) -> Result<Opened> {
    if is_zip(&*source)? {
        let zip = ZipTree::open(source)?;
        let mut remarks = vec![];
        if let Some(example) = zip.ignored_example() {
            remarks.push(format!(
                "{}: {} members are not read, such as {example}",
                zip.name(),
                zip.ignored()
            ));
        }
        let zip: Arc<dyn FileTree> = Arc::new(zip);
        let mut opened = tree(&zip, format)?;
        opened.remarks.splice(0..0, remarks);
        return Ok(opened);
    }
    let records = records(source, format)?;
    let mut remarks = vec![];
    remark_on(&records, &mut remarks);
    Ok(Opened {
        files: vec![RecordFile {
            records,
            within: None,
        }],
        remarks,
    })
}

fn records(source: Arc<dyn ByteSource>, format: Option<Format>) -> Result<Records> {
    let format = match format {
        Some(format @ (Format::Json | Format::Jsonl)) => {
            format::refuse_unsupported(&*source)?;
            format
        }
        Some(format) => format,
        None => Format::detect(&*source)?,
    };
    match format {
        Format::Json | Format::Jsonl => Ok(Records::Text(TextRecords::open(source, format)?)),
        #[cfg(feature = "parquet")]
        Format::Parquet => Ok(Records::Parquet(Box::new(
            crate::parquet_rows::ParquetRows::open(source)?,
        ))),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(Error::WithoutParquet {
            name: source.name().to_owned(),
        }),
        Format::Webdataset => Ok(Records::Webdataset(Samples::open(source)?)),
        Format::Captions => Err(Error::NotATree {
            name: source.name().to_owned(),
        }),
    }
}

/// Opens a folder or an archive: its files of records in the order of their paths, or its images
/// with their captions.
pub(super) fn tree(tree: &Arc<dyn FileTree>, format: Option<Format>) -> Result<Opened> {
    let listed = tree.files()?;
    let mut opened = Opened {
        files: vec![],
        remarks: vec![],
    };
    if format != Some(Format::Captions) {
        record_files(tree, &listed, format, &mut opened)?;
    }
    if opened.files.is_empty()
        && format.is_none_or(|format| format == Format::Captions)
        && let Some(records) = CaptionedImages::open(tree, &listed)
    {
        if records.lone_captions() > 0 {
            opened.remarks.push(format!(
                "{}: {} texts lie beside no image of the same name, and are no records",
                tree.name(),
                records.lone_captions()
            ));
        }
        opened.files.push(RecordFile {
            records: Records::Captions(records),
            within: None,
        });
    }
    if opened.files.is_empty() {
        return Err(Error::NoRecords {
            name: tree.name().to_owned(),
            found: what_is_there(&listed),
        });
    }
    Ok(opened)
}

/// Extensions of files of records, by the kind of file.
const TEXTS: [&str; 3] = ["json", "jsonl", "ndjson"];
const PARQUET: [&str; 1] = ["parquet"];
const TARS: [&str; 1] = ["tar"];

/// Opens the files of records: all texts and Parquet files, or where there are none, all tars,
/// since beside other records those hold the images.
fn record_files(
    tree: &Arc<dyn FileTree>,
    listed: &[TreeFile],
    wanted: Option<Format>,
    opened: &mut Opened,
) -> Result<()> {
    let kinds: &[&[&str]] = match wanted {
        None => &[&TEXTS, &PARQUET],
        Some(Format::Json | Format::Jsonl) => &[&TEXTS],
        Some(Format::Parquet) => &[&PARQUET],
        Some(Format::Webdataset) => &[&TARS],
        Some(Format::Captions) => &[],
    };
    let mut found: Option<(Format, &str)> = None;
    let (mut left_out, mut example) = (0_u64, None);
    for file in listed {
        let (_, extension) = split(&file.path);
        if !kinds.iter().any(|kind| is_among(extension, kind)) {
            continue;
        }
        let records = match records(tree.open(&file.path)?, wanted) {
            Ok(records) => records,
            // Not every JSON beside a dataset is one.
            Err(
                error @ (Error::NotAnArray { .. }
                | Error::NotJson { .. }
                | Error::Empty { .. }
                | Error::Unsupported { .. }),
            ) => {
                left_out += 1;
                example.get_or_insert_with(|| error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        if wanted.is_none() && is_beside_the_data(&records, extension)? {
            left_out += 1;
            example.get_or_insert_with(|| format!("{}: no records in it", records.name()));
            continue;
        }
        let format = records.format();
        match found {
            Some((earlier, path)) if earlier != format => {
                return Err(Error::MixedFormats {
                    name: tree.name().to_owned(),
                    one: format!("{path} ({earlier})"),
                    other: format!("{} ({format})", file.path),
                });
            }
            _ => found = Some((format, &file.path)),
        }
        push(tree, file, records, opened);
    }
    if let Some(example) = example {
        opened.remarks.push(match left_out {
            1 => format!("left out: {example}"),
            more => format!("{more} files left out, the first of them: {example}"),
        });
    }
    if found.is_none() && wanted.is_none() {
        for file in listed {
            if is_among(split(&file.path).1, &TARS) {
                let records = records(tree.open(&file.path)?, Some(Format::Webdataset))?;
                push(tree, file, records, opened);
            }
        }
    }
    Ok(())
}

/// Whether a `.json` says something about the data rather than being it: one object that is no
/// record, or a list of something else than objects.
fn is_beside_the_data(records: &Records, extension: &str) -> Result<bool> {
    let Records::Text(_) = records else {
        return Ok(false);
    };
    if !extension.eq_ignore_ascii_case("json") || records.len() == 0 {
        return Ok(false);
    }
    Ok(match records.record(0)? {
        Ok(record) => {
            records.len() == 1 && record.images.is_empty() && record.human_turns.is_empty()
        }
        Err(skip) => {
            skip.reason == SkipReason::NotAnObject
                && matches!(records.record(records.len() - 1)?, Err(last) if last.reason == SkipReason::NotAnObject)
        }
    })
}

fn push(tree: &Arc<dyn FileTree>, file: &TreeFile, records: Records, opened: &mut Opened) {
    remark_on(&records, &mut opened.remarks);
    opened.files.push(RecordFile {
        records,
        within: Some(Within {
            tree: Arc::clone(tree),
            path: file.path.clone(),
        }),
    });
}

/// What a file of records has that a person should know.
fn remark_on(records: &Records, remarks: &mut Vec<String>) {
    if let Records::Webdataset(samples) = records {
        remarks.extend(samples.notes());
    }
}

/// In words: which files there are, by their extensions.
fn what_is_there(listed: &[TreeFile]) -> String {
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    for file in listed {
        let (_, extension) = split(&file.path);
        *counts.entry(extension.to_ascii_lowercase()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if counts.is_empty() {
        return "no file".to_owned();
    }
    let shown: Vec<String> = counts
        .iter()
        .take(8)
        .map(|(extension, count)| match extension.as_str() {
            "" => format!("{count} without an extension"),
            extension => format!("{count} .{extension}"),
        })
        .collect();
    let more = if counts.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}

/// Whether the bytes are those of a zip archive.
pub(crate) fn is_zip(source: &dyn ByteSource) -> Result<bool> {
    let start = source::read_prefix(source, 4)?;
    Ok(matches!(
        start.as_slice(),
        [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6]
    ))
}
