use std::collections::BTreeMap;
use std::sync::Mutex;

use ofa_data::{ByteSource, FileStat, FileTree, FindError, MemorySource, TreeFile};
use serde_json::{Value, json};

use super::*;
use crate::encode::try_to_decode;
use crate::native::ParallelTrial;

/// Images in memory, by path; what was read is written down.
#[derive(Default)]
struct MemoryImages {
    files: BTreeMap<String, Vec<u8>>,
    reads: Mutex<Vec<String>>,
}

impl FileTree for MemoryImages {
    fn name(&self) -> &str {
        "memory"
    }

    fn files(&self) -> ofa_data::Result<Vec<TreeFile>> {
        unreachable!("nothing lists the images")
    }

    fn find(&self, path: &str) -> Result<Option<FileStat>, FindError> {
        let place = self.files.keys().position(|known| known == path);
        Ok(place.map(|place| FileStat {
            len: self.files[path].len() as u64,
            stamp: place as i128,
        }))
    }

    fn open(&self, path: &str) -> ofa_data::Result<Arc<dyn ByteSource>> {
        self.reads.lock().expect("alive").push(path.to_owned());
        Ok(Arc::new(MemorySource::new(path, self.files[path].clone())))
    }
}

/// A bitmap of one pixel.
fn pixel() -> Vec<u8> {
    let mut bytes =
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
    bytes.resize(58, 0);
    bytes
}

fn images(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Arc<MemoryImages> {
    Arc::new(MemoryImages {
        files: files.into_iter().collect(),
        reads: Mutex::default(),
    })
}

fn check(lines: &[String], images: &Arc<MemoryImages>, options: CheckOptions) -> CheckReport {
    let source = MemorySource::new("memory.jsonl", lines.join("\n").into_bytes());
    let dataset = Dataset::open(Arc::new(source), None).expect("a dataset");
    let images = Arc::new(DatasetImages::new(
        Arc::new(dataset),
        vec![Arc::clone(images) as _],
    ));
    let report = finished(Check::begin(Arc::clone(&images), options.clone()));
    for threads in [1, 3] {
        let trial = Box::new(ParallelTrial::new(threads));
        let check = Check::begin(Arc::clone(&images), options.clone()).decoding_with(trial);
        assert_eq!(finished(check), report, "{threads} threads");
    }
    for at_a_time in [1, 5] {
        let mut check =
            Check::begin(Arc::clone(&images), options.clone()).decoding_elsewhere(at_a_time);
        loop {
            let ahead = check.ahead().expect("memory is read").to_vec();
            let results = ahead.iter().map(|file| try_to_decode(&images, file));
            check.tried(results.collect());
            if check.step().expect("memory is read").is_none() {
                break;
            }
        }
        assert_eq!(check.finish().expect("the sums hold"), report);
    }
    report
}

fn finished(mut check: Check) -> CheckReport {
    let mut before = CheckProgress::default();
    while let Some(progress) = check.step().expect("memory is read") {
        assert!(progress.records_done >= before.records_done);
        assert!(progress != before || progress.records_done == 0);
        before = progress;
    }
    assert_eq!(before.records_done, before.records);
    assert!(check.step().expect("it is over").is_none());
    check.finish().expect("the sums hold")
}

fn record(image: Value, turns: &[&str]) -> String {
    let turns: Vec<Value> = turns
        .iter()
        .map(|turn| json!({"from": "human", "value": turn}))
        .collect();
    json!({"image": image, "conversations": turns}).to_string()
}

fn counts(report: &CheckReport) -> Vec<(&str, u64)> {
    let skipped = report.skipped.iter();
    skipped
        .map(|(reason, skipped)| (reason.as_str(), skipped.count))
        .collect()
}

#[test]
fn every_record_is_counted_once_as_encoding_would() {
    let images = images([
        ("a/good.bmp".to_owned(), pixel()),
        ("a/broken.bmp".to_owned(), b"BM".to_vec()),
    ]);
    let lines = [
        record(json!("a/good.bmp"), &["<image>\nWhat is this?"]),
        record(json!("a/broken.bmp"), &["<image>\nWhat is this?"]),
        record(json!("a/lost.bmp"), &["What is this?", "And this?"]),
        record(json!("../a.bmp"), &["<image>"]),
        record(json!("http://host/a.bmp"), &["<image>"]),
        record(Value::Null, &["这是什么？"]),
        record(json!("a/good.bmp"), &[]),
        record(json!(["a/lost.bmp", "a/good.bmp"]), &["<image>"]),
        record(json!(["a/broken.bmp", "a/lost.bmp"]), &["<image><image>"]),
        record(json!(["a/lost.bmp", "a/broken.bmp"]), &["<image><image>"]),
        "{\"id\": ".to_owned(),
        "17".to_owned(),
        record(json!("a/good.bmp"), &["<image>\nWhat is this?"]),
    ];
    for deep in [false, true] {
        let with = |multi_image| CheckOptions {
            multi_image,
            deep,
            ..CheckOptions::default()
        };
        let report = check(&lines, &images, with(MultiImage::Mean));
        assert_eq!(report.records, 13);
        assert_eq!(
            counts(&report),
            [
                ("image_missing", 2),
                ("image_outside", 1),
                ("image_unreadable", 2),
                ("image_url", 1),
                ("invalid_json", 1),
                ("no_human_turn", 1),
                ("not_an_object", 1),
                ("text_only", 1),
            ]
        );
        assert_eq!(report.would_be_encoded, 3);
        assert_eq!(report.skipped_records(), 10);
        assert_eq!(report.notes["image_left_out"], 1);
        let missing = &report.skipped["image_missing"].examples;
        assert_eq!((missing[0].index, missing[1].index), (2, 9));
        assert_eq!(missing[0].detail, "a/lost.bmp: not found under memory");
        let unreadable = &report.skipped["image_unreadable"].examples[0];
        assert!(unreadable.detail.starts_with("a/broken.bmp: BMP"));

        assert_eq!((report.with_image, report.text_only), (10, 1));
        assert_eq!((report.several_images, report.images), (3, 13));
        assert_eq!((report.distinct_images, report.images_missing), (5, 1));
        assert_eq!(report.images_not_located.values().sum::<u64>(), 3);
        assert_eq!((report.images_sampled, report.images_unreadable), (2, 1));
        assert_eq!(report.human_turns, 11);
        assert_eq!(report.duplicate_records.records, 1);
        assert_eq!(report.duplicate_records.examples[0].first_index, 0);
        assert_eq!(report.without_id, 11);
        assert_eq!(report.scripts["latin"], 4);
        assert_eq!(report.scripts["han"], 1);
        assert_eq!(report.scripts["none"], 6);
        let placeholders = &report.placeholders;
        assert_eq!((placeholders.too_few, placeholders.none), (1, 1));
        assert_eq!(report.folders[0].folder, "a");
        assert_eq!(
            (report.folders[0].images, report.folders[0].not_located),
            (11, 4)
        );

        let report = check(&lines, &images, with(MultiImage::First));
        assert_eq!(report.skipped["image_missing"].count, 3);
        assert_eq!(report.would_be_encoded, 2);
        assert!(report.notes.is_empty());
        let report = check(&lines, &images, with(MultiImage::Skip));
        assert_eq!(report.skipped["several_images"].count, 3);
        assert_eq!(report.would_be_encoded, 2);
    }
}

#[test]
fn a_sample_is_spread_evenly_and_a_deep_check_decodes_all() {
    let path = |n: u64| format!("{n:05}.bmp");
    let images = images((0..5000).map(|n| (path(n), b"BM".to_vec())));
    let lines: Vec<String> = (0..5000).map(|n| record(json!(path(n)), &["?"])).collect();
    let report = check(&lines, &images, CheckOptions::default());
    assert_eq!(
        (report.images_sampled, report.images_unreadable),
        (200, 200)
    );
    assert_eq!(counts(&report), [("image_unreadable", 200)]);
    assert_eq!(report.would_be_encoded, 4800);
    // Three checks read each image of the sample, and the three examples again for their words; two decode elsewhere,
    // where these words are known.
    let reads = images.reads.lock().expect("alive").clone();
    let expected: Vec<String> = (0..200).map(|n| path(25 * n)).collect();
    assert_eq!(reads[..200], expected);
    let of_samples = 3 * 203 + 2 * 200;
    assert_eq!(reads.len(), of_samples);

    let deep = CheckOptions {
        deep: true,
        ..CheckOptions::default()
    };
    let report = check(&lines, &images, deep);
    assert_eq!((report.images_sampled, report.would_be_encoded), (5000, 0));
    // The same of deep checks, each of which reads every image.
    let reads = images.reads.lock().expect("alive").len();
    assert_eq!(reads, of_samples + 3 * 5003 + 2 * 5000);
}

#[test]
fn stretches_of_text_are_made_up_for_and_few_records_give_several_images() {
    let path = |n: u64| format!("{n}.bmp");
    let images = images((0..3000).map(|n| (path(n), pixel())));
    let text = (0..3000).map(|n| record(Value::Null, &[&format!("{n}?")]));
    let with_image = (0..3000).map(|n| record(json!(path(n)), &["?"]));
    let lines: Vec<String> = text.chain(with_image).collect();
    let report = check(&lines, &images, CheckOptions::default());
    assert_eq!(report.images_sampled, 200);
    assert_eq!(report.text_only, 3000);

    let several = |n: u64| (0..50).map(|k| path(50 * n + k)).collect::<Vec<_>>();
    let lines: Vec<String> = (0..10).map(|n| record(json!(several(n)), &["?"])).collect();
    let report = check(&lines, &images, CheckOptions::default());
    assert_eq!((report.images, report.images_sampled), (500, 200));
}

#[test]
fn an_image_that_failed_in_the_sample_fails_in_every_record() {
    let images = images([
        ("good.bmp".to_owned(), pixel()),
        ("broken.bmp".to_owned(), Vec::new()),
    ]);
    let lines: Vec<String> = (0..1000)
        .map(|n| {
            let broken = n % 2 == 1;
            let image = if broken { "broken.bmp" } else { "good.bmp" };
            record(json!(image), &[&format!("{n}?")])
        })
        .collect();
    let report = check(&lines, &images, CheckOptions::default());
    assert_eq!(counts(&report), [("image_unreadable", 500)]);
    assert_eq!((report.images_sampled, report.images_unreadable), (2, 1));
}

#[test]
fn long_texts_of_a_dataset_are_cut_in_the_report() {
    let images = images([]);
    let long = "é".repeat(5000);
    let record = json!({"id": long, "image": long, "text": "<image><image>"}).to_string();
    let report = check(&[record], &images, CheckOptions::default());
    let json = serde_json::to_string(&report).expect("plain data");
    assert!(json.chars().count() < 4000, "{json}");
    assert_eq!(report.placeholders.too_many, 1);
}

#[test]
fn an_empty_dataset_has_an_empty_report_with_all_its_names() {
    let dataset = Dataset::open(Arc::new(MemorySource::new("m", b"[]".to_vec())), None);
    let dataset = Arc::new(dataset.expect("a dataset"));
    let images = Arc::new(DatasetImages::new(dataset, vec![]));
    let mut check = Check::begin(images, CheckOptions::default());
    while check.step().expect("memory is read").is_some() {}
    let json = serde_json::to_value(check.finish().expect("the sums hold")).expect("plain data");
    let names: Vec<&str> = json
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    // A contract, as the names of reasons are.
    let expected = "dataset format files why fingerprint remarks records with_image text_only \
        several_images images distinct_images human_turns multi_image would_be_encoded skipped notes \
        images_missing images_not_located images_sampled images_unreadable deep placeholders \
        duplicate_ids without_id duplicate_records turns_over_context scripts folders other_folders";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    assert_eq!(json["why"], "begins with `[`");
    assert_eq!(json["records"], 0);
}
