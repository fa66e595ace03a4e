//! Where the images of records are found, and what becomes of several.

mod forms;
mod program;

use std::fs;

use forms::{Encoded, encode, formats, scores, select};
use ofa_tests::demo_encoder;
use program::{fails, json, path};
use serde_json::Value;

#[test]
fn records_with_several_images_follow_the_policy() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text");
    let images = text.join("images");
    let record = |names: &str| {
        format!(r#"{{"image": {names}, "conversations": [{{"from": "human", "value": "Same?"}}]}}"#)
    };
    let data = home.join("data.jsonl");
    let lines = [
        r#""coco/a.png""#,
        r#"["coco/a.png", "coco/b.jpg"]"#,
        r#"["coco/a.png", "http://example.org/b.jpg"]"#,
        r#"["missing.png", "coco/a.png"]"#,
        r#"["missing.png", "http://example.org/b.jpg"]"#,
    ]
    .map(record);
    fs::write(&data, lines.join("\n")).expect("written");
    let reasons = |encoded: &Encoded| -> Vec<(u64, String)> {
        encoded
            .skipped
            .iter()
            .map(|(&index, reason)| (index, reason.clone()))
            .collect()
    };
    let row = |encoded: &Encoded, nth: usize| {
        encoded.tensors["image"]
            .chunks(encoded.tensors["image"].len() / (encoded.tensors["index"].len() / 8))
            .nth(nth)
            .expect("a row")
            .to_vec()
    };

    let mean = encode(&data, Some(&images), &[], &home.join("mean"));
    assert_eq!(reasons(&mean), [(4, "image_missing".to_owned())]);
    assert_ne!(row(&mean, 0), row(&mean, 1));
    assert_eq!(
        row(&mean, 0),
        row(&mean, 2),
        "what cannot be used is left out"
    );
    assert_eq!(row(&mean, 0), row(&mean, 3));
    let notes = fs::read_to_string(home.join("mean/notes.jsonl")).expect("notes");
    assert_eq!(notes.lines().count(), 2);
    assert!(
        notes.contains("image_url: http://example.org/b.jpg"),
        "{notes}"
    );

    let first = encode(
        &data,
        Some(&images),
        &["--multi-image", "first"],
        &home.join("first"),
    );
    let missing = "image_missing".to_owned();
    assert_eq!(reasons(&first), [(3, missing.clone()), (4, missing)]);
    assert_eq!(row(&first, 0), row(&first, 1));

    let skip = encode(
        &data,
        Some(&images),
        &["--multi-image", "skip"],
        &home.join("skip"),
    );
    assert!(
        skip.skipped
            .values()
            .all(|reason| reason == "several_images")
    );
    assert_eq!(skip.skipped.len(), 4);

    // A store of one policy is not gone on with under another.
    fails(
        &[
            "encode",
            &path(&data),
            "--images",
            &path(&images),
            "--encoder",
            &path(&demo_encoder()),
            "--backend",
            "flex",
            "-o",
            &path(&home.join("skip")),
        ],
        1,
        &["--multi-image", "skip", "mean"],
    );
}

#[test]
fn files_of_several_folders_have_their_images_beside_them() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text/images");
    let records = |question: &str| {
        let record = |id: u8| {
            format!(
                r#"{{"id": {id}, "image": "x.png", "conversations": [{{"from": "human", "value": "{question} {id}"}}]}}"#
            )
        };
        format!("[{}, {}]", record(1), record(2))
    };
    // Two different images of one name, and beside them what is no dataset.
    for (folder, image) in [("one", "coco/a.png"), ("two", "gqa/图 片.png")] {
        let folder = home.join("data").join(folder);
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join("data.json"), records("Same?")).expect("written");
        fs::write(folder.join("info.json"), r#"{"version": 1}"#).expect("written");
        fs::write(folder.join("._data.json"), b"\0\x05\x16\x07").expect("written");
        fs::copy(text.join(image), folder.join("x.png")).expect("copied");
    }
    let data = home.join("data");
    let whole = encode(&data, None, &[], &home.join("whole"));
    let pattern = encode(&data.join("*/data.json"), None, &[], &home.join("pattern"));
    assert_eq!(whole, pattern);
    assert!(whole.skipped.is_empty());
    let (one, two) = whole.tensors["image"].split_at(whole.tensors["image"].len() / 2);
    assert_ne!(one, two, "each has its own image");

    let scores = scores(&home.join("whole"), home);
    let copied = home.join("copied");
    let account = select(
        &data,
        &scores,
        &home.join("subset.json"),
        &["--ratio", "1", "--with-images", &path(&copied)],
    );
    assert_eq!(account["output"]["images"]["files"], 2, "neither is lost");
    assert_eq!(account["output"]["images"]["renamed"], 1);
    let report = json(&["check", &path(&data), "--deep"]);
    assert_eq!(report["would_be_encoded"], 4);
    assert_eq!(report["distinct_images"], 2);
}

#[test]
fn repairs_of_image_names_are_reported() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let text = formats().join("text/images");
    let images = home.join("images");
    fs::create_dir_all(images.join("coco")).expect("made");
    fs::copy(text.join("coco/a.png"), images.join("coco/a b.png")).expect("copied");
    fs::copy(text.join("coco/a.png"), images.join("coco/#U56fe.png")).expect("copied");
    fs::copy(text.join("coco/b.jpg"), images.join("coco/b.jpg")).expect("copied");
    fs::copy(text.join("coco/b.jpg"), images.join("coco/two.jpg")).expect("copied");
    fs::copy(text.join("coco/a.png"), images.join("coco/two.webp")).expect("copied");
    let data = home.join("data.jsonl");
    let names = [
        r"coco\\b.jpg",
        "coco/a%20b.png",
        "coco/图.png",
        "coco/b.png",
        "coco/two.png",
        "b.jpg",
    ];
    let lines = names.map(|name| {
        format!(
            r#"{{"image": "{name}", "conversations": [{{"from": "human", "value": "Where?"}}]}}"#
        )
    });
    fs::write(&data, lines.join("\n")).expect("written");
    let encoded = encode(&data, Some(&images), &[], &home.join("features"));
    let missing = "image_missing".to_owned();
    assert_eq!(encoded.skipped, [(4, missing.clone()), (5, missing)].into());
    let notes = fs::read_to_string(home.join("features/notes.jsonl")).expect("notes");
    let details: Vec<String> = notes
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(line["note"], "image_repaired");
            line["detail"].as_str().expect("a detail").to_owned()
        })
        .collect();
    assert_eq!(
        details,
        [
            "backslash: coco/b.jpg",
            "percent: coco/a b.png",
            "unicode_escape: coco/#U56fe.png",
            "extension: coco/b.jpg",
        ]
    );
    let report = json(&["check", &path(&data), "--images", &path(&images)]);
    assert_eq!(report["notes"]["image_repaired"], 4);
    assert_eq!(report["would_be_encoded"], 4);
    let manifest: Value =
        serde_json::from_slice(&fs::read(home.join("features/manifest.json")).expect("a manifest"))
            .expect("JSON");
    assert_eq!(manifest["notes"]["image_repaired"], 4);
}
