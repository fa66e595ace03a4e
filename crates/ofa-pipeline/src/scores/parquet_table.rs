//! Scores as Parquet.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float32Array, Int32Array, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use ofa_core::score::Scores;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::origin::ScoresOrigin;
use crate::error::{Error, Result};
use crate::store::Fingerprints;

/// Key of the origin in a file's key-value metadata.
const ORIGIN: &str = "ofa-scores";

pub(super) fn write(
    scores: &Scores,
    origin: &ScoresOrigin,
    name: &str,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let refuse = |problem: String| Error::Scores {
        name: name.to_owned(),
        problem: format!("cannot be written: {problem}"),
    };
    let whole = |value: u64| i64::try_from(value).expect("datasets have fewer than 2^63 records");
    let cluster = |value: u32| i32::try_from(value).expect("fewer than 2^31 clusters");
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    let mut column = |name: &str, values: ArrayRef| {
        fields.push(Field::new(name, values.data_type().clone(), false));
        columns.push(values);
    };
    let floats = |values: &[f32]| -> ArrayRef { Arc::new(Float32Array::from(values.to_vec())) };
    column(
        "index",
        Arc::new(Int64Array::from_iter_values(
            scores.index.iter().map(|&v| whole(v)),
        )),
    );
    column(
        "cluster",
        Arc::new(Int32Array::from_iter_values(
            scores.cluster.iter().map(|&v| cluster(v)),
        )),
    );
    column("confidence", floats(&scores.confidence));
    column("entropy", floats(&scores.entropy));
    column("gate", floats(&scores.gate));
    if let Some(values) = &scores.early_confidence {
        column("early_confidence", floats(values));
    }
    if let Some(values) = &scores.alignment_margin {
        column("alignment_margin", floats(values));
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
        .map_err(|error| refuse(error.to_string()))?;
    let json = String::from_utf8(origin.to_json()).expect("JSON is UTF-8");
    let mut metadata = vec![KeyValue::new(ORIGIN.to_owned(), json)];
    // The fingerprints once more by themselves, for readers that know nothing of ours.
    for (key, value) in [
        ("dataset", &origin.fingerprints.dataset),
        ("encoder", &origin.fingerprints.encoder),
    ] {
        if let Some(value) = value {
            metadata.push(KeyValue::new(key.to_owned(), value.clone()));
        }
    }
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("ofa ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(metadata))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema, Some(properties))
        .map_err(|error| refuse(error.to_string()))?;
    writer
        .write(&batch)
        .map_err(|error| refuse(error.to_string()))?;
    writer.close().map_err(|error| refuse(error.to_string()))?;
    Ok(())
}

pub(super) fn read(bytes: Vec<u8>, name: &str) -> Result<(Scores, ScoresOrigin)> {
    let refuse = |problem: String| Error::Scores {
        name: name.to_owned(),
        problem,
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))
        .map_err(|error| refuse(format!("not a whole Parquet file: {error}")))?;
    let key_values = builder.metadata().file_metadata().key_value_metadata();
    let value = |key: &str| {
        let pair = key_values?.iter().find(|pair| pair.key == key)?;
        pair.value.clone()
    };
    let origin = match value(ORIGIN) {
        Some(json) => ScoresOrigin::from_json(json.as_bytes(), name)?,
        None => ScoresOrigin {
            fingerprints: Fingerprints {
                dataset: value("dataset"),
                encoder: value("encoder"),
            },
            ..ScoresOrigin::default()
        },
    };
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let reader = builder.build().map_err(|error| refuse(error.to_string()))?;
    let batches: Vec<RecordBatch> = reader
        .collect::<Result<_, _>>()
        .map_err(|error| refuse(format!("not a whole Parquet file: {error}")))?;
    let column = |column: &str, as_type: &DataType| -> Result<Option<Vec<ArrayRef>>> {
        if !names.iter().any(|name| name == column) {
            return Ok(None);
        }
        batches
            .iter()
            .map(|batch| {
                let values = batch.column_by_name(column).expect("all batches have the schema");
                let values = cast(values, as_type)
                    .map_err(|error| refuse(format!("column `{column}`: {error}")))?;
                match values.null_count() {
                    0 => Ok(values),
                    nulls => Err(refuse(format!(
                        "column `{column}`: expected a {as_type} in every row, found {nulls} nulls or values out of range"
                    ))),
                }
            })
            .collect::<Result<Vec<_>>>()
            .map(Some)
    };
    let required = |values: Option<Vec<ArrayRef>>, column: &str| {
        values.ok_or_else(|| refuse(format!("expected a column `{column}`, found {names:?}")))
    };
    let floats = |name: &str| -> Result<Option<Vec<f32>>> {
        Ok(column(name, &DataType::Float32)?.map(|arrays| {
            arrays
                .iter()
                .flat_map(|array| downcast::<Float32Array>(array).values().to_vec())
                .collect()
        }))
    };
    let index: Vec<u64> = required(column("index", &DataType::Int64)?, "index")?
        .iter()
        .flat_map(|array| downcast::<Int64Array>(array).values().to_vec())
        .map(|value| {
            u64::try_from(value).map_err(|_| {
                refuse(format!(
                    "column `index`: expected a position from 0, found {value}"
                ))
            })
        })
        .collect::<Result<_>>()?;
    let cluster: Vec<u32> = required(column("cluster", &DataType::Int32)?, "cluster")?
        .iter()
        .flat_map(|array| downcast::<Int32Array>(array).values().to_vec())
        .map(|value| {
            u32::try_from(value).map_err(|_| {
                refuse(format!(
                    "column `cluster`: expected a number from 0, found {value}"
                ))
            })
        })
        .collect::<Result<_>>()?;
    let needed = |column: &str| -> Result<Vec<f32>> {
        floats(column)?
            .ok_or_else(|| refuse(format!("expected a column `{column}`, found {names:?}")))
    };
    // An optional column counts as known where every row has it.
    let known = |column: &str| -> Result<Option<Vec<f32>>> {
        let has_nulls = batches.iter().any(|batch| {
            let values = batch.column_by_name(column);
            values.is_some_and(|values| values.null_count() > 0)
        });
        if has_nulls { Ok(None) } else { floats(column) }
    };
    let scores = Scores {
        index,
        cluster,
        confidence: needed("confidence")?,
        entropy: needed("entropy")?,
        gate: needed("gate")?,
        early_confidence: known("early_confidence")?,
        alignment_margin: known("alignment_margin")?,
    };
    Ok((scores, origin))
}

fn downcast<T: 'static>(array: &ArrayRef) -> &T {
    array
        .as_any()
        .downcast_ref()
        .expect("cast to this type just now")
}
