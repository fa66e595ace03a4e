use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{
    ArrayRef, BinaryArray, FixedSizeBinaryArray, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray, StructArray, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::data_type::{ByteArrayType, Int96, Int96Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::*;
use crate::image_source::{ImageReference, MAX_IMAGE_FILE_BYTES};
use crate::skip::SkipReason;
use crate::source::MemorySource;

fn open(bytes: Vec<u8>) -> ParquetRows {
    try_open(bytes).unwrap()
}

fn try_open(bytes: Vec<u8>) -> Result<ParquetRows> {
    ParquetRows::open(Arc::new(MemorySource::new("m.parquet", bytes)))
}

fn write(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut out = vec![];
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    out
}

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns
        .into_iter()
        .map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn strings(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// A path and an image, each maybe missing.
type Cell = (Option<Vec<u8>>, Option<String>);

fn image_structs(cells: &[Option<Cell>]) -> StructArray {
    let bytes: BinaryArray = cells
        .iter()
        .map(|cell| cell.as_ref().and_then(|(bytes, _)| bytes.as_deref()))
        .collect();
    let paths: StringArray = cells
        .iter()
        .map(|cell| cell.as_ref().and_then(|(_, path)| path.as_deref()))
        .collect();
    StructArray::new(
        vec![
            Field::new("bytes", DataType::Binary, true),
            Field::new("path", DataType::Utf8, true),
        ]
        .into(),
        vec![Arc::new(bytes), Arc::new(paths)],
        Some(cells.iter().map(Option::is_some).collect::<NullBuffer>()),
    )
}

fn lists<T: Clone>(rows: &[Option<Vec<T>>], items: impl Fn(&[T]) -> ArrayRef) -> ArrayRef {
    let flat: Vec<T> = rows.iter().flatten().flatten().cloned().collect();
    let items = items(&flat);
    Arc::new(ListArray::new(
        Arc::new(Field::new("element", items.data_type().clone(), true)),
        OffsetBuffer::from_lengths(rows.iter().map(|row| row.as_ref().map_or(0, Vec::len))),
        items,
        Some(rows.iter().map(Option::is_some).collect::<NullBuffer>()),
    ))
}

/// The references that a row of cells stands for, with the images.
fn expected_images(cells: &[Option<Cell>]) -> Vec<Result<Vec<u8>, String>> {
    cells
        .iter()
        .flatten()
        .filter_map(|(bytes, path)| match (bytes, path) {
            (Some(bytes), _) => Some(Ok(bytes.clone())),
            (None, Some(path)) if !path.trim().is_empty() => Some(Err(path.clone())),
            _ => None,
        })
        .collect()
}

fn found_images(rows: &ParquetRows, row: u64) -> Vec<Result<Vec<u8>, String>> {
    let images = rows.record(row).unwrap().unwrap().images;
    (0u32..)
        .zip(images)
        .map(|(nth, image)| match image {
            ImageReference::Path(path) => Err(path),
            ImageReference::Embedded(_) => Ok(rows.image(row, nth).unwrap()),
        })
        .collect()
}

/// What a file holds, by Arrow's own reader, with the metadata of the schema.
fn contents(bytes: &[u8]) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes));
    let reader = reader.unwrap().build().unwrap();
    let schema = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(
        bytes::Bytes::copy_from_slice(bytes),
        1024,
    )
    .map(|reader| arrow::array::RecordBatchReader::schema(&reader))
    .unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// Every combination in which files are commonly written.
fn any_properties() -> impl Strategy<Value = WriterProperties> {
    let codecs = prop::sample::select(vec![
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(Default::default()),
    ]);
    let statistics = prop::sample::select(vec![
        EnabledStatistics::None,
        EnabledStatistics::Chunk,
        EnabledStatistics::Page,
    ]);
    (
        (codecs, statistics, any::<bool>(), any::<bool>()),
        (any::<bool>(), 1usize..40, 1usize..20),
    )
        .prop_map(
            |((codec, statistics, second, dictionary), (no_index, group, page))| {
                WriterProperties::builder()
                    .set_compression(codec)
                    .set_statistics_enabled(statistics)
                    .set_writer_version(match second {
                        true => WriterVersion::PARQUET_2_0,
                        false => WriterVersion::PARQUET_1_0,
                    })
                    .set_dictionary_enabled(dictionary)
                    .set_offset_index_disabled(no_index)
                    .set_max_row_group_row_count(Some(group))
                    .set_data_page_row_count_limit(page)
                    .set_write_batch_size(page)
                    .build()
            },
        )
}

fn any_cell() -> impl Strategy<Value = Option<Cell>> {
    let bytes = prop::option::weighted(0.8, prop::collection::vec(any::<u8>(), 0..20));
    let path = prop::option::of(prop::sample::select(vec!["", " ", "a.png", "dir/ä.png"]));
    prop::option::weighted(0.8, (bytes, path.prop_map(|path| path.map(str::to_owned))))
}

fn any_list() -> impl Strategy<Value = Option<Vec<Option<Cell>>>> {
    prop::option::weighted(0.8, prop::collection::vec(any_cell(), 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn images_and_subsets_are_those_of_the_rows(
        rows in prop::collection::vec((any_cell(), any_list(), prop::option::of("[a-c ]{0,3}")), 1..60),
        properties in any_properties(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let image: Vec<Option<Cell>> = rows.iter().map(|row| row.0.clone()).collect();
        let images: Vec<_> = rows.iter().map(|row| row.1.clone()).collect();
        let text: Vec<Option<&str>> = rows.iter().map(|row| row.2.as_deref()).collect();
        let batch = table(vec![
            ("image", Arc::new(image_structs(&image))),
            ("images", lists(&images, |flat| Arc::new(image_structs(flat)))),
            ("bytes", lists(&images, |flat| {
                let bytes = flat.iter().map(|cell| cell.as_ref().and_then(|cell| cell.0.as_deref()));
                Arc::new(bytes.collect::<BinaryArray>())
            })),
            ("text", strings(&text)),
        ]);
        let bytes = write(&batch, properties);
        let file = open(bytes.clone());
        prop_assert_eq!(file.len(), rows.len() as u64);
        let expected = |row: usize| {
            let one = expected_images(&image[row..=row]);
            match one.is_empty() {
                true => expected_images(images[row].as_deref().unwrap_or_default()),
                false => one,
            }
        };
        for row in 0..rows.len() {
            prop_assert_eq!(found_images(&file, row as u64), expected(row));
        }
        for index in &order {
            let row = index.index(rows.len());
            prop_assert_eq!(found_images(&file, row as u64), expected(row));
            let turns = file.record(row as u64).unwrap().unwrap().human_turns;
            let text = text[row].filter(|text| !text.trim().is_empty());
            prop_assert_eq!(turns, Vec::from_iter(text.map(str::to_owned)));
        }

        let mut chosen: Vec<u64> = order.iter().map(|at| at.index(rows.len()) as u64).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let mut out = vec![];
        write_parquet_subset(&[(&file, &chosen)], &mut out).unwrap();
        let taken = take_record_batch(&contents(&bytes), &UInt64Array::from(chosen)).unwrap();
        prop_assert_eq!(contents(&out), taken);
        let (ours, theirs) = (open(out), file);
        let types = |rows: &ParquetRows| rows.file.schema().root_schema().clone();
        prop_assert_eq!(types(&ours), types(&theirs));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = bytes;
        let length = (bytes.len() as u32).to_le_bytes();
        let tail = [b"PAR1".to_vec(), bytes.clone(), length.to_vec(), b"PAR1".to_vec()].concat();
        prop_assert!(try_open(tail).is_err());
        bytes.extend(b"PAR1");
        prop_assert!(try_open(bytes).is_err());
    }
}

#[test]
fn bytes_alone_and_lists_of_bytes_are_images() {
    let pictures: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"a"[..]), None, Some(b"c")]));
    let file = open(write(&table(vec![("image", pictures)]), Default::default()));
    assert_eq!(found_images(&file, 0), [Ok(b"a".to_vec())]);
    assert_eq!(found_images(&file, 1), []);
    assert_eq!(found_images(&file, 2), [Ok(b"c".to_vec())]);
    assert_eq!(
        file.image(1, 0).unwrap_err().reason,
        SkipReason::ImageMissing
    );
    assert_eq!(
        file.image(3, 0).unwrap_err().reason,
        SkipReason::ImageUnreadable
    );
    assert_eq!(file.json(0).unwrap(), br#"{"image":null}"#);

    let rows = [
        Some(vec![Some(&b"a"[..]), None, Some(b"b")]),
        None,
        Some(vec![]),
    ];
    let images = lists(&rows, |flat| Arc::new(flat.iter().collect::<BinaryArray>()));
    let file = open(write(&table(vec![("images", images)]), Default::default()));
    assert_eq!(
        found_images(&file, 0),
        [Ok(b"a".to_vec()), Ok(b"b".to_vec())]
    );
    assert_eq!(found_images(&file, 1), []);
    assert_eq!(found_images(&file, 2), []);
}

/// Counts the bytes that are read.
struct Counted(MemorySource, AtomicU64);

impl ByteSource for Counted {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.1.fetch_add(buf.len() as u64, Ordering::Relaxed);
        self.0.read_at(offset, buf)
    }

    fn name(&self) -> &str {
        self.0.name()
    }
}

#[test]
fn records_are_read_without_their_images() {
    let cells: Vec<Option<Cell>> = (0..600)
        .map(|row| {
            let image = vec![row as u8; 10_000];
            (row % 3 > 0).then_some((Some(image), None))
        })
        .collect();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(200))
        .build();
    let bytes = write(
        &table(vec![("image", Arc::new(image_structs(&cells)))]),
        properties,
    );
    let source = Arc::new(Counted(MemorySource::new("m", bytes), AtomicU64::new(0)));
    let file = ParquetRows::open(Arc::clone(&source) as Arc<dyn ByteSource>).unwrap();
    for row in 0..600 {
        let images = file.record(row).unwrap().unwrap().images;
        assert_eq!(images.len(), usize::from(row % 3 > 0));
    }
    assert!(source.1.load(Ordering::Relaxed) < 100_000);
    // The images, in order and by two readers that are apart, are read about once.
    for row in (0..600).filter(|row| row % 3 > 0) {
        assert_eq!(file.image(row, 0).unwrap(), vec![row as u8; 10_000]);
    }
    let read = source.1.load(Ordering::Relaxed);
    assert!(read < 4_000_000 * 5 / 4, "{read}");
}

#[test]
fn images_that_were_dropped_are_read_again() {
    // 100 images of 1 MiB are more than what is kept.
    let image = |row: u64| vec![row as u8; 1 << 20];
    let cells: Vec<Option<Cell>> = (0..100).map(|row| Some((Some(image(row)), None))).collect();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_write_batch_size(1)
        .build();
    let bytes = write(
        &table(vec![("image", Arc::new(image_structs(&cells)))]),
        properties,
    );
    let file = open(bytes);
    for row in (0..100).chain([5, 99, 50, 0]) {
        assert_eq!(file.image(row, 0).unwrap(), image(row), "{row}");
    }
}

#[test]
fn one_image_in_every_row_is_held_once() {
    // 256 rows of 1 MiB that the file has once: far more than its sizes say.
    let image = vec![7; 1 << 20];
    let pictures: ArrayRef = Arc::new(BinaryArray::from(vec![&image[..]; 256]));
    let properties = WriterProperties::builder()
        .set_dictionary_page_size_limit(4 << 20)
        .build();
    let bytes = write(&table(vec![("image", pictures)]), properties);
    assert!(bytes.len() < 3 << 20);
    let file = open(bytes);
    for row in (0..256).step_by(5).chain([0, 255]) {
        assert_eq!(file.image(row, 0).unwrap(), image);
    }
    let mut out = vec![];
    let chosen: Vec<u64> = (0..256).step_by(2).collect();
    write_parquet_subset(&[(&file, &chosen)], &mut out).unwrap();
    let subset = open(out);
    assert_eq!((subset.len(), subset.image(127, 0).unwrap()), (128, image));
}

#[test]
fn an_image_that_is_too_large_is_skipped() {
    let large = vec![0; MAX_IMAGE_FILE_BYTES as usize + 1];
    let pictures: ArrayRef = Arc::new(BinaryArray::from(vec![&large[..], b"small"]));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(false)
        .build();
    let file = open(write(&table(vec![("image", pictures)]), properties));
    let skip = file.image(0, 0).unwrap_err();
    assert_eq!(skip.reason, SkipReason::ImageTooLarge);
    assert_eq!(file.image(1, 0).unwrap(), b"small");
}

#[test]
fn turns_that_are_none_are_skipped_with_what_they_are() {
    let record = |name: &str, column: ArrayRef| {
        let file = open(write(&table(vec![(name, column)]), Default::default()));
        file.record(0).unwrap()
    };
    let refused = |name: &str, column: ArrayRef, words: &str| {
        let skip = record(name, column).unwrap_err();
        assert_eq!(skip.reason, SkipReason::InvalidConversations);
        assert!(skip.detail.contains(words), "{}", skip.detail);
    };
    let text = |text: &str| strings(&[Some(text)]);
    refused(
        "conversations",
        text("What?"),
        "text that is no JSON: at its byte 0",
    );
    refused("messages", text("{}"), "`messages` is an object");
    refused("texts", text("[1]"), "turn 0 of `texts` is a number");
    refused(
        "conversations",
        Arc::new(Int64Array::from(vec![5])),
        "is a number",
    );
    let list = lists(&[Some(vec![Some("a")])], |flat| {
        Arc::new(StringArray::from(flat.to_vec()))
    });
    refused(
        "conversations",
        list,
        "turn 0 of `conversations` is a string",
    );
    let turns = |text| text_of_user(text);
    assert_eq!(record("texts", text("null")).unwrap().human_turns, [""; 0]);
    assert_eq!(
        record("texts", text(r#"[{"role": "User", "content": "a\ud83d"}]"#))
            .unwrap()
            .human_turns,
        ["a\u{fffd}"]
    );
    refused(
        "messages",
        turns(Some(1.5)),
        "the text of turn 0 of `messages` is a number",
    );
    assert_eq!(
        record("messages", turns(None)).unwrap().human_turns,
        [""; 0]
    );
}

/// A list of one turn of a user whose content is a number.
fn text_of_user(value: Option<f64>) -> ArrayRef {
    lists(&[Some(vec![value])], |flat| {
        Arc::new(StructArray::from(vec![
            (
                Arc::new(Field::new("role", DataType::Utf8, true)),
                strings(&[Some("user")]),
            ),
            (
                Arc::new(Field::new("content", DataType::Float64, true)),
                Arc::new(Float64Array::from(flat.to_vec())) as ArrayRef,
            ),
        ]))
    })
}

#[test]
fn images_that_are_none_are_skipped_with_what_they_are() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![5]));
    let batch = table(vec![("image", numbers), ("text", strings(&[Some("t")]))]);
    let file = open(write(&batch, Default::default()));
    let skip = file.record(0).unwrap().unwrap_err();
    assert_eq!(skip.reason, SkipReason::InvalidImage);
    assert!(skip.detail.starts_with("`image` is a number or the like"));
    assert_eq!(file.json(0).unwrap(), br#"{"image":5,"text":"t"}"#);
}

#[test]
fn a_file_without_images_and_text_is_refused_with_its_columns() {
    let batch = table(vec![
        ("pixels", strings(&[Some("a")])),
        ("id", strings(&[Some("b")])),
    ]);
    let error = try_open(write(&batch, Default::default())).unwrap_err();
    assert!(matches!(error, Error::ParquetColumns { .. }));
    let text = error.to_string();
    assert!(
        text.contains("found only: `pixels`, `id`; rename"),
        "{text}"
    );
    assert!(text.contains("`image`, `images`") && text.contains("`caption`"));
}

#[test]
fn what_is_no_parquet_file_is_named() {
    let encrypted = b"PAR1............\x04\0\0\0PARE".to_vec();
    assert!(matches!(
        try_open(encrypted),
        Err(Error::ParquetEncrypted { .. })
    ));
    for (bytes, words) in [
        (b"".to_vec(), "only 0 bytes"),
        (b"PAR1 and then something else".to_vec(), "found `else`"),
        (b"PAR1\xff\xff\xff\x7fPAR1".to_vec(), "more than the file"),
        (
            b"PAR1\x29\xfc\xff\x7f\x04\0\0\0PAR1".to_vec(),
            "lengths lead out",
        ),
    ] {
        let error = try_open(bytes).unwrap_err();
        assert!(matches!(error, Error::ParquetFooter { .. }));
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// A file as another tool might write it, by its Parquet schema.
fn write_columns(
    schema: &str,
    key_values: Vec<KeyValue>,
    text: &[&str],
    times: &[Int96],
) -> Vec<u8> {
    let mut out = vec![];
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(key_values))
        .build();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let text: Vec<_> = text.iter().map(|text| (*text).into()).collect();
    column
        .typed::<ByteArrayType>()
        .write_batch(&text, None, None)
        .unwrap();
    column.close().unwrap();
    if let Some(mut column) = group.next_column().unwrap() {
        column
            .typed::<Int96Type>()
            .write_batch(times, None, None)
            .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    out
}

#[test]
fn old_types_and_metadata_are_kept() {
    let schema = "message spark { required binary text (UTF8); required int96 at; }";
    let mut late = Int96::new();
    late.set_data(u32::MAX, 1, u32::MAX);
    let pairs = vec![
        KeyValue::new("huggingface".to_owned(), "{}".to_owned()),
        KeyValue::new("empty".to_owned(), None),
        KeyValue::new("huggingface".to_owned(), "twice".to_owned()),
    ];
    let bytes = write_columns(schema, pairs.clone(), &["a", "b"], &[Int96::new(), late]);
    let mut out = vec![];
    write_parquet_subset(&[(&open(bytes), &[1])], &mut out).unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(out)).unwrap();
    let meta = reader.metadata().file_metadata();
    assert_eq!(meta.key_value_metadata(), Some(&pairs));
    assert_eq!(meta.created_by(), Some("ofa"));
    assert_eq!(meta.schema().name(), "spark");
    let row = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    let text = row.get_column_iter().next().unwrap().1.to_string();
    assert_eq!(text, "\"b\"");
    let group = reader.get_row_group(0).unwrap();
    let pages = group.get_column_page_reader(1).unwrap();
    let column = group.metadata().column(1).column_descr_ptr();
    let mut column = parquet::column::reader::ColumnReaderImpl::<Int96Type>::new(column, pages);
    let mut values = vec![];
    column.read_records(10, None, None, &mut values).unwrap();
    assert_eq!(values, [late]);
}

#[test]
fn classes_of_other_names_are_not_put_together() {
    let schema = "message m { required binary text (UTF8); }";
    let file = |features: &str| {
        let pair = KeyValue::new("huggingface".to_owned(), features.to_owned());
        open(write_columns(schema, vec![pair], &["a"], &[]))
    };
    let (one, same, other) = (
        file(r#"{"names": ["a"], "x": 1}"#),
        file(r#"{"x": 1, "names": ["a"]}"#),
        file(r#"{"names": ["b"], "x": 1}"#),
    );
    let mut out = vec![];
    write_parquet_subset(&[(&one, &[0]), (&same, &[0])], &mut out).unwrap();
    assert_eq!(open(out).len(), 2);
    let error = write_parquet_subset(&[(&one, &[0]), (&other, &[0])], &mut vec![]).unwrap_err();
    assert!(
        error.to_string().contains("metadata `huggingface`"),
        "{error}"
    );
}

#[test]
fn row_groups_are_bounded_by_rows_and_by_bytes() {
    let groups = |bytes: Vec<u8>, chosen: Vec<u64>| -> Vec<i64> {
        let mut out = vec![];
        write_parquet_subset(&[(&open(bytes), &chosen)], &mut out).unwrap();
        let file = open(out);
        file.file
            .meta
            .row_groups()
            .iter()
            .map(|group| group.num_rows())
            .collect()
    };
    let text: Vec<String> = (0..2500).map(|row| format!("text {row}")).collect();
    let text: ArrayRef = Arc::new(StringArray::from(text));
    let small = write(&table(vec![("text", text)]), Default::default());
    assert_eq!(groups(small, (0..2499).collect()), [1000, 1000, 499]);
    let large = vec![7; 1 << 20];
    let image: ArrayRef = Arc::new(BinaryArray::from(vec![&large[..]; 100]));
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_compression(Compression::ZSTD(Default::default()))
        .build();
    let large = write(&table(vec![("image", image)]), properties);
    assert_eq!(groups(large, (0..99).collect()), [63, 36]);
}

#[test]
fn fixed_bytes_and_required_columns_are_copied() {
    let schema = Schema::new(vec![
        Field::new("text", DataType::Utf8, false),
        Field::new("hash", DataType::FixedSizeBinary(3), true),
    ]);
    let hash = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        [Some(*b"abc"), None, Some(*b"xyz")].into_iter(),
        3,
    );
    let batch = RecordBatch::try_new(
        Arc::new(schema),
        vec![
            strings(&[Some("a"), Some("b"), Some("c")]),
            Arc::new(hash.unwrap()),
        ],
    );
    let bytes = write(&batch.unwrap(), Default::default());
    let mut out = vec![];
    write_parquet_subset(&[(&open(bytes.clone()), &[1, 2])], &mut out).unwrap();
    assert_eq!(contents(&out), contents(&bytes).slice(1, 2));
}

#[test]
fn a_full_disk_is_an_error_of_writing() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let text = strings(&[Some("a"), Some("b")]);
    let file = open(write(&table(vec![("text", text)]), Default::default()));
    for chosen in [&[0][..], &[0, 1]] {
        match write_parquet_subset(&[(&file, chosen)], &mut Full) {
            Err(Error::Write(error)) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn pages_whose_headers_hold_long_extremes_are_read() {
    let texts: Vec<String> = (0..6).map(|nth| format!("{nth}").repeat(20_000)).collect();
    let text: ArrayRef = Arc::new(StringArray::from(texts.clone()));
    for no_index in [false, true] {
        let properties = WriterProperties::builder()
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_write_page_header_statistics(true)
            .set_statistics_truncate_length(None)
            .set_dictionary_enabled(false)
            .set_data_page_row_count_limit(2)
            .set_write_batch_size(2)
            .set_offset_index_disabled(no_index)
            .set_compression(Compression::ZSTD(Default::default()))
            .build();
        let bytes = write(&table(vec![("text", Arc::clone(&text))]), properties);
        // The values shrink to nothing; the extremes in the headers do not.
        assert!(bytes.len() > 3 * 2 * 20_000, "{}", bytes.len());
        let file = open(bytes);
        for (row, text) in texts.iter().enumerate() {
            let record = file.record(row as u64).unwrap().unwrap();
            assert_eq!(record.human_turns, [text.as_str()]);
        }
    }
}
