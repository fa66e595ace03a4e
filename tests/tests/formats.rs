//! One small dataset in every form: the same features, the same counts, the records unchanged.

mod forms;
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use forms::{encode, formats, records, scores, select};
use ofa_tests::demo_encoder;
use program::{fails, path};

#[test]
fn every_form_of_text_gives_the_same_features_and_its_own_records_back() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text");
    let images = text.join("images");
    let expected = encode(
        &text.join("dump.json"),
        Some(&images),
        &[],
        &home.join("dump"),
    );
    assert_eq!(
        expected.skipped,
        [(3, "text_only".to_owned()), (6, "image_missing".to_owned())].into()
    );
    for name in [
        "dump_utf8.json",
        "dump_indent.json",
        "dump_tabs_bom.json",
        "compact.json",
        "lines.jsonl",
        "lines_crlf_unended.jsonl",
        "messages.jsonl",
        "data_uris.json",
        "shards",
        "shards/*.json",
        "shards_jsonl",
    ] {
        let features = home.join(name.replace(['/', '*'], "_"));
        let data = text.join(name);
        let encoded = encode(&data, Some(&images), &[], &features);
        assert_eq!(encoded, expected, "{name}");

        let scores = scores(&features, home);
        let subset = home.join("subset");
        select(
            &data,
            &scores,
            &subset,
            &["--ratio", "1", "--text-only", "keep", "--force"],
        );
        let found = records(&fs::read(&subset).expect("the subset"));
        let form = if name.contains("messages") || name.contains("uris") {
            &data
        } else {
            &text.join("dump.json")
        };
        let mut all = records(&fs::read(form).expect("the source"));
        all.truncate(6);
        assert_eq!(found, all, "{name}");
    }
}

#[test]
fn images_with_captions_are_a_dataset() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let data = formats().join("captions");
    let encoded = encode(&data, None, &[], &home.join("features"));
    // In the order of their names: coco/a, coco/b, gqa/d without a caption, gqa/图 片.
    assert_eq!(encoded.skipped, [(2, "no_human_turn".to_owned())].into());
    let scores = scores(&home.join("features"), home);
    for target in ["subset", "packed.zip"] {
        let account = select(&data, &scores, &home.join(target), &["--ratio", "1"]);
        assert_eq!(account["records"], 4);
        assert_eq!(account["output"]["files"], 6);
    }
    for name in ["coco/b.jpg", "coco/b.txt", "gqa/图 片.txt"] {
        assert_eq!(
            fs::read(home.join("subset").join(name)).expect("a copy"),
            fs::read(data.join(name)).expect("the source")
        );
    }
    assert!(!home.join("subset/README.txt").exists());
    let inside = path(&data.join("subset"));
    fails(
        &[
            "select",
            &path(&data),
            "--scores",
            &path(&scores),
            "--ratio",
            "1",
            "-o",
            &inside,
        ],
        1,
        &["would be read as a part of it"],
    );
}

#[test]
fn tables_and_shards_give_the_same_features_and_subsets_in_kind() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text");
    let expected = encode(
        &text.join("dump.json"),
        Some(&text.join("images")),
        &[],
        &home.join("dump"),
    );
    for (name, file) in [
        ("tables/train.parquet", "subset.parquet"),
        ("tables/part-*.parquet", "subset.parquet"),
        ("shards", "subset.tar"),
        ("shards/shard-?.tar", "subset.tar"),
    ] {
        let features = home.join(name.replace(['/', '*', '?'], "_"));
        let data = formats().join(name);
        assert_eq!(encode(&data, None, &[], &features), expected, "{name}");

        // What is chosen, read again, is what it was.
        let scores = scores(&features, home);
        let subset = home.join(file);
        let account = select(&data, &scores, &subset, &["--ratio", "1", "--force"]);
        assert_eq!(account["written"], 5, "{name}");
        let again = encode(&subset, None, &[], &features.join("again"));
        assert_eq!(again.skipped, BTreeMap::new(), "{name}");
        for tensor in ["image", "text"] {
            assert_eq!(again.tensors[tensor], expected.tensors[tensor], "{name}");
        }
    }
}

#[test]
fn a_zip_is_a_dataset_with_its_images() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text");
    let expected = encode(
        &text.join("dump.json"),
        Some(&text.join("images")),
        &[],
        &home.join("dump"),
    );
    for name in [
        "python_stored.zip",
        "python_deflated.zip",
        "python_zip64.zip",
        "infozip.zip",
    ] {
        let data = formats().join("zip").join(name);
        let features = home.join(name);
        // The records are in `data/`, the images in `images/` above it.
        let images = data.join("images");
        let roots = [None, Some(images.as_path())];
        let encoded = roots.map(|images| {
            let features = features.join(images.map_or("own", |_| "given"));
            encode(&data, images, &[], &features)
        });
        assert_eq!(encoded[1], expected, "{name}");
        assert_eq!(
            encoded[0]
                .skipped
                .values()
                .filter(|reason| *reason == "image_missing")
                .count(),
            6,
            "`coco/a.png` is not `images/coco/a.png`"
        );
        // As roots of images, zips serve like folders.
        let given = encode(
            &text.join("dump.json"),
            Some(&packed(&text.join("images"), home)),
            &[],
            &features.join("packed"),
        );
        assert_eq!(given, expected, "{name}");
    }
    let data = formats().join("zip/infozip_encrypted.zip");
    let encoder = path(&demo_encoder());
    let refused = |data: &Path, words: &[&str]| {
        let features = path(&home.join("refused"));
        fails(
            &[
                "encode",
                &path(data),
                "--encoder",
                &encoder,
                "-o",
                &features,
            ],
            1,
            words,
        );
    };
    refused(&data, &["infozip_encrypted.zip", "encrypted", "unpack it"]);
    let bzip2 = formats().join("zip/python_bzip2.zip");
    refused(&bzip2, &["python_bzip2.zip", "data/train.json", "bzip2"]);
    let cut = home.join("cut.zip");
    let whole = fs::read(formats().join("zip/infozip.zip")).expect("a zip");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("written");
    refused(&cut, &["cut.zip"]);
}

/// The images of a folder as a zip, stored.
fn packed(images: &Path, home: &Path) -> PathBuf {
    let target = home.join("images.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&target).expect("a file"));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for name in ["coco/a.png", "coco/b.jpg", "gqa/图 片.png", "gqa/d.webp"] {
        zip.start_file(name, options).expect("begun");
        let bytes = fs::read(images.join(name)).expect("an image");
        std::io::Write::write_all(&mut zip, &bytes).expect("written");
    }
    zip.finish().expect("a zip");
    target
}
