//! Records as rows of a table.

use std::io::Write;

use ofa_data::Dataset;

use super::compact;
use crate::error::{Error, Result};

/// A record as a row.
struct Row {
    index: u64,
    id: Option<String>,
    images: Vec<String>,
    human_turns: Vec<String>,
    record: String,
}

fn row(dataset: &Dataset, index: u64, format: &'static str) -> Result<Row> {
    let record = dataset.record(index)?.map_err(|skip| Error::Convert {
        format,
        problem: format!("record {index}: {skip}"),
    })?;
    let json = String::from_utf8(compact(&dataset.record_bytes(index)?));
    Ok(Row {
        index,
        id: record.id,
        images: record
            .images
            .iter()
            .map(|image| image.name().to_owned())
            .collect(),
        human_turns: record.human_turns,
        record: json.map_err(|error| Error::Convert {
            format,
            problem: format!("record {index}: {error}"),
        })?,
    })
}

const COLUMNS: [&str; 5] = ["index", "id", "images", "human_turns", "record"];

pub(super) fn write_csv(dataset: &Dataset, positions: &[u64], out: &mut dyn Write) -> Result<()> {
    let refuse = |error: csv::Error| Error::Convert {
        format: "csv",
        problem: error.to_string(),
    };
    let json = |list: &[String]| serde_json::to_string(list).expect("a list of strings");
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS).map_err(refuse)?;
    for &position in positions {
        let row = row(dataset, position, "csv")?;
        table
            .write_record([
                row.index.to_string(),
                row.id.unwrap_or_default(),
                json(&row.images),
                json(&row.human_turns),
                row.record,
            ])
            .map_err(refuse)?;
    }
    table.flush().map_err(|error| refuse(error.into()))
}

#[cfg(not(feature = "parquet"))]
pub(super) fn write_parquet(_: &Dataset, _: &[u64], _: &mut (dyn Write + Send)) -> Result<()> {
    Err(Error::Convert {
        format: "parquet",
        problem: "this build has no Parquet".to_owned(),
    })
}

#[cfg(feature = "parquet")]
pub(super) fn write_parquet(
    dataset: &Dataset,
    positions: &[u64],
    out: &mut (dyn Write + Send),
) -> Result<()> {
    use std::sync::Arc;

    use arrow::array::{Int64Builder, ListBuilder, RecordBatch, StringBuilder};
    use arrow::datatypes::{DataType, Field, Schema};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{Compression, ZstdLevel};
    use parquet::file::properties::WriterProperties;

    /// Rows of a row group.
    const ROWS: usize = 1000;

    let refuse = |problem: String| Error::Convert {
        format: "parquet",
        problem,
    };
    let strings =
        |name: &str| Field::new_list(name, Field::new_list_field(DataType::Utf8, true), false);
    let schema = Arc::new(Schema::new(vec![
        Field::new(COLUMNS[0], DataType::Int64, false),
        Field::new(COLUMNS[1], DataType::Utf8, true),
        strings(COLUMNS[2]),
        strings(COLUMNS[3]),
        Field::new(COLUMNS[4], DataType::Utf8, false),
    ]));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("ofa ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))
        .map_err(|error| refuse(error.to_string()))?;
    for positions in positions.chunks(ROWS) {
        let mut index = Int64Builder::new();
        let (mut id, mut record) = (StringBuilder::new(), StringBuilder::new());
        let mut images = ListBuilder::new(StringBuilder::new());
        let mut turns = ListBuilder::new(StringBuilder::new());
        for &position in positions {
            let row = row(dataset, position, "parquet")?;
            index.append_value(i64::try_from(row.index).expect("fewer than 2^63 records"));
            id.append_option(row.id);
            images.append_value(row.images.into_iter().map(Some));
            turns.append_value(row.human_turns.into_iter().map(Some));
            record.append_value(row.record);
        }
        let batch = RecordBatch::try_new(
            Arc::clone(&schema),
            vec![
                Arc::new(index.finish()),
                Arc::new(id.finish()),
                Arc::new(images.finish()),
                Arc::new(turns.finish()),
                Arc::new(record.finish()),
            ],
        );
        batch
            .and_then(|batch| writer.write(&batch).map_err(Into::into))
            .map_err(|error| refuse(error.to_string()))?;
        writer.flush().map_err(|error| refuse(error.to_string()))?;
    }
    writer.close().map_err(|error| refuse(error.to_string()))?;
    Ok(())
}
