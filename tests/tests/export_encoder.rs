//! `ofa export-encoder` through the program, and what is made of its output.

mod program;
#[path = "../../crates/ofa-clip/tests/stored_check/mod.rs"]
mod stored_check;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ofa_backends::{Backend, Encoder};
use ofa_tests::{demo_encoder, golden};
use program::{fails, json, path};
use serde_json::Value;
use sha2::{Digest, Sha256};
use stored_check::{OnCpu, StoredCheck};

const SHARD: &str = "model-00001-of-00001.safetensors";

impl OnCpu for Encoder {
    fn embed_image(&self, pixel_values: &[f32]) -> Vec<f32> {
        self.encode_images(pixel_values, 1).expect("flex works")
    }

    fn embed_text(&self, input_ids: &[u32]) -> Vec<f32> {
        self.encode_texts(&[input_ids.to_vec()])
            .expect("flex works")
    }
}

fn export(output: &Path, dtype: &str) -> Value {
    let source = path(&demo_encoder());
    let output = path(output);
    json(&["export-encoder", &source, "-o", &output, "--dtype", dtype])
}

/// Encodes the quirks with an encoder on flex.
fn encode(encoder: &Path, features: &Path) -> Vec<String> {
    let quirks = golden("quirks");
    [
        "encode",
        &path(&quirks.join("annotations.json")),
        "--images",
        &path(&quirks.join("images")),
        "--encoder",
        &path(encoder),
        "--backend",
        "flex",
        "-o",
        &path(features),
    ]
    .map(str::to_owned)
    .to_vec()
}

fn run(line: &[String]) -> Value {
    json(&line.iter().map(String::as_str).collect::<Vec<_>>())
}

fn refused(line: &[String], words: &[&str]) {
    fails(
        &line.iter().map(String::as_str).collect::<Vec<_>>(),
        1,
        words,
    );
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_export_lists_its_files_and_is_near_its_source() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let source = json(&["inspect", &path(&demo_encoder())]);
    let mut lengths = Vec::new();
    for (dtype, least) in [("f32", 0.999_999), ("f16", 0.999), ("q8", 0.999)] {
        let web = home.path().join(dtype);
        let report = export(&web, dtype);
        for tower in ["images", "texts"] {
            let drift = &report["drift"][tower];
            println!("{dtype} {tower}: {drift}");
            assert!(
                drift["least_cosine"].as_f64().expect("a number") >= least,
                "{drift}"
            );
            assert!(
                drift["mean_cosine"].as_f64().expect("a number") >= least,
                "{drift}"
            );
            assert!(drift["count"].as_u64().expect("a number") >= 32);
        }

        let index = fs::read(web.join("ofa-encoder.json")).expect("the index");
        let index: Value = serde_json::from_slice(&index).expect("JSON");
        assert_eq!(index["format"], "ofa-encoder");
        assert_eq!(index["version"], "1");
        assert_eq!(index["dtype"], dtype);
        assert_eq!(index["embedding_dim"], 128);
        assert_eq!(index["fingerprint"], source["encoder_fingerprint"]);
        assert_eq!(index["files"], report["files"]);
        let mut names = BTreeSet::from(["ofa-encoder.json".to_owned()]);
        for file in index["files"].as_array().expect("files") {
            let name = file["name"].as_str().expect("a name");
            let bytes = fs::read(web.join(name)).expect("the file");
            assert_eq!(file["bytes"], bytes.len() as u64);
            assert_eq!(file["sha256"], sha256(&bytes));
            names.insert(name.to_owned());
        }
        let there = fs::read_dir(&web).expect("listed").map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.into_string().expect("UTF-8")
        });
        assert_eq!(names, there.collect());
        assert!(names.contains(SHARD) && names.contains("model.safetensors.index.json"));
        let shard = fs::metadata(web.join(SHARD)).expect("the shard").len();
        assert_eq!(index["weight_bytes"], shard);
        lengths.push(shard);

        assert!(names.contains("self_check.safetensors"));
        let stored = StoredCheck::of(&web);
        assert_eq!(stored.metadata["format"], "ofa-self-check");
        assert_eq!(stored.metadata["version"], "1");
        assert_eq!(
            stored.metadata["encoder_fingerprint"],
            source["encoder_fingerprint"]
        );
        // Of the weights as they are in the folder, not of those that they were made of.
        let (config, checkpoint) = stored_check::parts(&web);
        let encoder = Backend::Flex.encoder(&config, &checkpoint);
        let cosine = stored.least_cosine(&encoder.expect("our own export"));
        println!("{dtype}: least cosine of the self-check {cosine:.9}");
        assert!(cosine >= 0.999_999);

        let inspected = json(&["inspect", &path(&web)]);
        assert_eq!(
            inspected["encoder_fingerprint"],
            source["encoder_fingerprint"]
        );
        assert_eq!(inspected["exported_as"], dtype);
    }
    println!("bytes of weights as f32, f16, q8: {lengths:?}");
    assert!(lengths[1] * 10 < lengths[0] * 6 && lengths[2] * 10 < lengths[1] * 7);
    assert_eq!(
        fs::read_dir(home.path()).expect("listed").count(),
        3,
        "nothing is left over"
    );
}

#[test]
fn features_of_an_export_are_those_of_its_source_and_continued_with_the_same_numbers_only() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (q8, f32) = (home.path().join("q8"), home.path().join("f32"));
    export(&q8, "q8");
    export(&f32, "f32");
    let of_source = run(&encode(&demo_encoder(), &home.path().join("of-source")));
    let features = home.path().join("of-q8");
    let of_q8 = run(&encode(&q8, &features));
    assert_eq!(of_q8["rows"], of_source["rows"]);
    assert_eq!(of_q8["fingerprints"], of_source["fingerprints"]);

    let again = run(&encode(&q8, &features));
    assert_eq!(again["records_resumed"], again["records"]);
    let words = ["number type of an export"];
    refused(&encode(&demo_encoder(), &features), &words);
    refused(&encode(&f32, &features), &words);
    refused(&encode(&q8, &home.path().join("of-source")), &words);
    // Numbers of F32 are those of the source, so one goes on where the other stopped.
    run(&encode(&f32, &home.path().join("of-source")));
}

#[test]
fn a_file_that_is_not_the_one_that_is_listed_is_refused() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let web = home.path().join("web");
    export(&web, "f16");
    let line = encode(&web, &home.path().join("features"));

    let shard = web.join(SHARD);
    let good = fs::read(&shard).expect("the shard");
    let mut damaged = good.clone();
    *damaged.last_mut().expect("bytes") ^= 1;
    fs::write(&shard, &damaged).expect("written");
    let (expected, found) = (sha256(&good), sha256(&damaged));
    refused(
        &line,
        &[SHARD, &expected, &found, "export the encoder again"],
    );
    fs::write(&shard, &good[..1000]).expect("written");
    refused(&line, &[SHARD, &expected, "found 1000 bytes"]);
    fs::remove_file(&shard).expect("removed");
    refused(&line, &[SHARD, "cannot be read"]);
    fs::write(&shard, &good).expect("written");

    let tokenizer = web.join("tokenizer.json");
    let mut text = fs::read(&tokenizer).expect("the tokenizer");
    text.push(b'\n');
    fs::write(&tokenizer, &text).expect("written");
    refused(&line, &["tokenizer.json", &sha256(&text)]);
    text.pop();
    fs::write(&tokenizer, &text).expect("written");

    // It would be read in place of the shard.
    let other = web.join("model.safetensors");
    fs::copy(demo_encoder().join("model.safetensors"), &other).expect("copied");
    refused(&line, &["model.safetensors", "lists"]);
    fs::remove_file(&other).expect("removed");

    fs::write(web.join("ofa-encoder.json"), "{}").expect("written");
    refused(&line, &["ofa-encoder.json", "`format`"]);
    assert!(!home.path().join("features").exists());
}

#[test]
fn nothing_is_overwritten_but_an_export_and_only_by_force() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let encoder = home.path().join("clip");
    fs::create_dir(&encoder).expect("made");
    for entry in fs::read_dir(demo_encoder()).expect("listed") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), encoder.join(entry.file_name())).expect("copied");
    }
    let encoder = path(&encoder);
    let to = |name: &str| path(&home.path().join(name));
    let export = |to: &str, more: &[&'static str]| {
        let line = ["export-encoder", &encoder, "-o", to];
        line.into_iter()
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    run(&export(&to("web"), &[]));
    refused(&export(&to("web"), &[]), &["exists already", "--force"]);
    let report = run(&export(&to("web"), &["--force", "--dtype", "q8"]));
    assert_eq!(report["dtype"], "q8");
    assert_eq!(json(&["inspect", &to("web")])["exported_as"], "q8");

    for inside in [to("clip"), to("clip/web")] {
        refused(
            &export(&inside, &["--force"]),
            &["inputs are never changed"],
        );
    }
    refused(
        &export(&path(home.path()), &["--force"]),
        &["inputs are never changed"],
    );
    fs::create_dir(to("notes")).expect("made");
    fs::write(to("notes/a.txt"), "mine").expect("written");
    refused(&export(&to("notes"), &["--force"]), &["a.txt"]);
    refused(&export(&to("notes/a.txt"), &["--force"]), &["is no folder"]);
    let web = to("web");
    fails(
        &["export-encoder", &web, "-o", &to("again")],
        1,
        &["is an export already"],
    );
    assert!(!home.path().join("again").exists());
    assert_eq!(fs::read_dir(&encoder).expect("listed").count(), 7);
}
