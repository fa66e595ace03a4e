//! What a subset is written as: in kind, converted, as several files or a zip, with its images.

mod forms;
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use forms::{encode, formats, records, scores, select};
use ofa_tests::demo_encoder;
use program::{fails, path};
use serde_json::Value;

#[test]
fn several_files_become_one_or_stay_several() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text");
    for (name, file) in [("shards", "part-2.json"), ("shards_jsonl", "part-2.jsonl")] {
        let features = home.join(name);
        encode(&text.join(name), Some(&text.join("images")), &[], &features);
        let scores = scores(&features, home);
        let target = home.join(format!("{name}-subset"));
        let account = select(
            &text.join(name),
            &scores,
            &target,
            &["--ratio", "1", "--per-file"],
        );
        assert_eq!(account["output"]["files"], 3);
        let source = text.join(name);
        let ending = file.rsplit('.').next().expect("an ending");
        let first = format!("part-0.{ending}");
        assert_eq!(
            fs::read(target.join(&first)).expect("a file"),
            fs::read(source.join(&first)).expect("a file"),
            "all of its records are chosen"
        );
        assert!(
            records(&fs::read(target.join(format!("part-1.{ending}"))).expect("a file")).is_empty()
        );
        assert_eq!(
            records(&fs::read(target.join(file)).expect("a file")).len(),
            2
        );
    }
}

#[test]
fn a_subset_is_converted_on_request_and_takes_its_images_along() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text");
    let (data, images) = (text.join("dump_indent.json"), text.join("images"));
    let features = home.join("features");
    encode(&data, Some(&images), &[], &features);
    let scores = scores(&features, home);
    let images = path(&images);
    let converted = |format: &str, name: &str| {
        let target = home.join(name);
        let account = select(
            &data,
            &scores,
            &target,
            &[
                "--images",
                &images,
                "--ratio",
                "1",
                "--output-format",
                format,
            ],
        );
        (fs::read(target).expect("the subset"), account)
    };
    let (lines, account) = converted("jsonl", "subset.jsonl");
    assert_eq!(account["output"]["converted_from"], "json");
    let source = records(&fs::read(&data).expect("the source"));
    let chosen: Vec<Value> = [0, 1, 2, 4, 5].map(|nth: usize| source[nth].clone()).into();
    assert_eq!(records(&lines), chosen);
    assert!(
        String::from_utf8(lines)
            .expect("UTF-8")
            .contains("\"score\":1.0,"),
        "digits are kept"
    );
    let (array, _) = converted("json", "same.json");
    assert!(
        array.starts_with(b"[\n  {"),
        "the dataset's own format is not converted"
    );
    assert_eq!(
        String::from_utf8(converted("ids", "ids.txt").0).expect("UTF-8"),
        "a-1\n2\na-1\nw\nm\n"
    );
    assert_eq!(
        String::from_utf8(converted("indices", "indices.txt").0).expect("UTF-8"),
        "0\n1\n2\n4\n5\n"
    );
    let csv = String::from_utf8(converted("csv", "table.csv").0).expect("UTF-8");
    assert!(
        csv.starts_with("index,id,images,human_turns,record\n0,a-1,"),
        "{csv}"
    );
    assert!(converted("parquet", "rows.parquet").0.starts_with(b"PAR1"));

    for target in ["with", "with.zip"] {
        let copied = home.join(target);
        let account = select(
            &data,
            &scores,
            &home.join(format!("{target}.json")),
            &[
                "--images",
                &images,
                "--ratio",
                "1",
                "--with-images",
                &path(&copied),
            ],
        );
        assert_eq!(account["output"]["images"]["files"], 4);
        assert_eq!(account["output"]["images"]["left_out"], 0);
    }
    for name in ["coco/a.png", "gqa/图 片.png"] {
        assert_eq!(
            fs::read(home.join("with").join(name)).expect("a copy"),
            fs::read(text.join("images").join(name)).expect("an image")
        );
    }
}

#[test]
fn what_stands_in_a_folder_stays_and_is_told() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let data = formats().join("captions");
    let features = home.join("features");
    encode(&data, None, &[], &features);
    let scores = scores(&features, home);
    let target = home.join("subset");
    let first = select(&data, &scores, &target, &["--ratio", "1"]);
    assert_eq!(first["output"]["files"], 6);
    assert_eq!(first["other_files"], Value::Null);
    let second = select(&data, &scores, &target, &["--count", "1", "--force"]);
    assert_eq!(second["output"]["files"], 2);
    assert_eq!(second["other_files"][0]["files"], 4);
    assert_eq!(second["other_files"][0]["folder"], path(&target).as_str());
    assert!(target.join("gqa/图 片.png").exists());
    // Names are looked at before the first file is written.
    let bad = home.join("bad");
    fs::create_dir_all(bad.join("gqa/图 片.txt")).expect("made");
    let line = [
        "select",
        &path(&data),
        "--scores",
        &path(&scores),
        "--ratio",
        "1",
    ];
    let more = ["--force", "-o", &path(&bad)];
    fails(
        &[&line[..], &more].concat(),
        1,
        &["图 片.txt", "is a folder"],
    );
    assert!(!bad.join("coco").exists());
}

#[test]
fn a_sample_is_converted_with_the_text_beside_it() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let data = formats().join("webdataset/captions.tar");
    let features = home.join("features");
    encode(&data, None, &[], &features);
    let scores = scores(&features, home);
    let subset = home.join("subset.jsonl");
    let more = ["--ratio", "1", "--output-format", "jsonl"];
    select(&data, &scores, &subset, &more);
    let again = ofa_data::Dataset::open(
        std::sync::Arc::new(ofa_data::FileSource::open(&subset).expect("a file")),
        None,
    )
    .expect("a dataset");
    let source = ofa_data::Dataset::open(
        std::sync::Arc::new(ofa_data::FileSource::open(&data).expect("a file")),
        None,
    )
    .expect("a dataset");
    let turns = |dataset: &ofa_data::Dataset, nth| {
        let record = dataset.record(nth).expect("read").expect("valid");
        record.human_turns
    };
    let indices = home.join("indices");
    select(
        &data,
        &scores,
        &indices,
        &["--ratio", "1", "--output-format", "indices"],
    );
    let chosen = fs::read_to_string(indices).expect("positions");
    assert!(!again.is_empty());
    assert_eq!(chosen.lines().count() as u64, again.len());
    for (nth, position) in (0..).zip(chosen.lines()) {
        let position = position.parse().expect("a position");
        assert_eq!(turns(&again, nth), turns(&source, position));
    }
}

#[test]
fn a_subset_of_a_zip_is_a_zip_with_what_it_needs() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let data = home.join("data.zip");
    let text = formats().join("text");
    let mut zip = zip::ZipWriter::new(fs::File::create(&data).expect("a file"));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    let mut add = |name: &str, bytes: &[u8]| {
        zip.start_file(name, options).expect("begun");
        std::io::Write::write_all(&mut zip, bytes).expect("written");
    };
    add(
        "train.json",
        &fs::read(text.join("dump_indent.json")).expect("records"),
    );
    add("README.md", b"Read me.");
    for name in [
        "coco/a.png",
        "coco/b.jpg",
        "gqa/图 片.png",
        "gqa/d.webp",
        "coco/unused.png",
    ] {
        let bytes = fs::read(text.join("images").join(name)).unwrap_or_else(|_| b"unused".to_vec());
        add(name, &bytes);
    }
    zip.finish().expect("a zip");

    let features = home.join("features");
    let encoded = encode(&data, None, &[], &features);
    assert_eq!(encoded.skipped.len(), 2);
    let scores = scores(&features, home);
    let subset = home.join("subset.zip");
    select(&data, &scores, &subset, &["--ratio", "1"]);
    let mut zip = zip::ZipArchive::new(fs::File::open(&subset).expect("a zip")).expect("a zip");
    let mut names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "README.md",
            "coco/a.png",
            "coco/b.jpg",
            "gqa/d.webp",
            "gqa/图 片.png",
            "train.json"
        ]
    );
    let mut json_text = vec![];
    std::io::Read::read_to_end(
        &mut zip.by_name("train.json").expect("records"),
        &mut json_text,
    )
    .expect("read");
    assert_eq!(records(&json_text).len(), 5);
    let again = encode(&subset, None, &[], &home.join("again"));
    assert_eq!(again.tensors["image"], encoded.tensors["image"]);

    // Under another name, the records alone.
    let alone = home.join("alone.json");
    select(&data, &scores, &alone, &["--ratio", "1"]);
    assert_eq!(fs::read(alone).expect("records"), json_text);
}

#[test]
fn captions_in_a_zip_stay_in_a_zip() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let data = formats().join("zip/python_captions.zip");
    let features = home.join("features");
    let encoded = encode(&data, None, &[], &features);
    assert!(encoded.skipped.is_empty());
    let scores = scores(&features, home);
    let subset = home.join("all.zip");
    select(&data, &scores, &subset, &["--ratio", "1"]);
    assert_eq!(
        fs::read(&subset).expect("the subset"),
        fs::read(&data).expect("the source"),
        "all records are the very archive"
    );
    let half = home.join("half.zip");
    select(&data, &scores, &half, &["--count", "2"]);
    assert_eq!(
        encode(&half, None, &[], &home.join("again")).tensors["index"].len(),
        16
    );
}

#[test]
fn no_output_lands_on_or_among_the_inputs() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let shards = home.join("shards");
    fs::create_dir(&shards).expect("made");
    let text = formats().join("text");
    let mut sources = BTreeMap::new();
    for nth in 0..3 {
        let name = format!("part-{nth}.jsonl");
        let bytes = fs::read(text.join("shards_jsonl").join(&name)).expect("a shard");
        fs::write(shards.join(&name), &bytes).expect("written");
        sources.insert(name, bytes);
    }
    let images = home.join("images");
    fs::create_dir_all(images.join("coco")).expect("made");
    for name in ["coco/a.png", "coco/b.jpg"] {
        fs::copy(text.join("images").join(name), images.join(name)).expect("copied");
    }
    let pattern = path(&shards.join("*.jsonl"));
    let features = home.join("features");
    encode(Path::new(&pattern), Some(&images), &[], &features);
    let scores = path(&scores(&features, home));
    let images_path = path(&images);
    let refuse = |data: &str, more: &[&str], words: &str| {
        let mut line = vec![
            "select",
            data,
            "--images",
            &images_path,
            "--scores",
            &scores,
            "--ratio",
            "1",
            "--force",
        ];
        line.extend(more);
        fails(&line, 1, &[words]);
    };
    let (folder, shard) = (path(&shards), path(&shards.join("part-0.jsonl")));
    refuse(&pattern, &["-o", &shard], "inputs are never changed");
    refuse(
        &pattern,
        &["--per-file", "-o", &folder],
        "inputs are never changed",
    );
    refuse(
        &folder,
        &["-o", &path(&shards.join("new.jsonl"))],
        "read as a part of it",
    );
    let output = path(&home.join("subset.jsonl"));
    refuse(
        &pattern,
        &["-o", &output, "--with-images", &images_path],
        "inputs are never changed",
    );
    refuse(
        &pattern,
        &["-o", &path(&home.join("x")), "--with-images", &path(home)],
        "inputs are never changed",
    );
    for (name, bytes) in sources {
        assert_eq!(
            fs::read(shards.join(&name)).expect("a shard"),
            bytes,
            "{name}"
        );
    }
    fails(
        &[
            "encode",
            &folder,
            "--encoder",
            &path(&demo_encoder()),
            "-o",
            &path(&shards.join("features")),
        ],
        1,
        &["read as a part of it"],
    );
}
