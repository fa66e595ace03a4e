//! Encoding that is killed at any moment, encoded in parts, or continued gives the same store.

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ofa_tests::{demo_encoder, ofa_bin};
use ofa_world::{World, json_array};
use program::{fails, json, path};

/// Writes a world of 400 records; its images lie beside it.
fn world(home: &Path) -> PathBuf {
    let data = home.join("data.json");
    let mut text = String::from(json_array::OPEN);
    for record in World::new(7, 400).expect("a world") {
        if record.position > 0 {
            text.push_str(json_array::SEPARATOR);
        }
        text.push_str(&record.json);
        if let Some((name, bytes)) = record
            .image
            .and_then(|image| Some((image.path, image.bytes?)))
        {
            let file = home.join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, bytes).expect("written");
        }
    }
    text.push_str(json_array::CLOSE);
    fs::write(&data, text).expect("written");
    data
}

fn line(data: &Path, output: &Path) -> Vec<String> {
    let words = [
        "encode",
        &path(data),
        "--encoder",
        &path(&demo_encoder()),
        "--backend",
        "flex",
        "--shard-records",
        "50",
        "-o",
        &path(output),
    ];
    words.map(str::to_owned).to_vec()
}

fn run(line: &[String]) -> serde_json::Value {
    json(&line.iter().map(String::as_str).collect::<Vec<_>>())
}

/// All files of a store by name.
fn files(store: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(store)
        .expect("a store")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(path).expect("read"))
        })
        .collect()
}

#[test]
fn killed_at_twenty_moments_it_goes_on_to_the_same_bytes() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = world(home.path());
    let whole = home.path().join("whole");
    let started = Instant::now();
    run(&line(&data, &whole));
    let time = started.elapsed();
    let expected = files(&whole);
    assert_eq!(
        expected.len(),
        8 + 2,
        "eight shards, the list and the manifest"
    );

    // Moments that spread over the run, each a fresh start or the continuation of the last.
    let killed = home.path().join("killed");
    let mut state = 12_345_u64;
    for round in 0..20 {
        if round % 5 == 0 {
            let _ = fs::remove_dir_all(&killed);
        }
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let share = (state >> 40) as f64 / (1_u64 << 24) as f64;
        let mut child = Command::new(ofa_bin())
            .args(line(&data, &killed))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_secs_f64(time.as_secs_f64() * share * 0.6));
        let _ = child.kill();
        child.wait().expect("it ends");
        if round % 5 == 4 {
            run(&line(&data, &killed));
            let found = files(&killed);
            assert_eq!(
                found.keys().collect::<Vec<_>>(),
                expected.keys().collect::<Vec<_>>()
            );
            for (name, bytes) in &found {
                assert!(
                    bytes == &expected[name],
                    "{name} differs after round {round}"
                );
            }
            assert!(!killed.join(".encode").join("state.json").exists());
        }
    }

    // Once more changes nothing, and says so.
    let again = run(&line(&data, &killed));
    assert_eq!(again["images_encoded"], 0);
    assert_eq!(again["records_resumed"], 400);
    assert_eq!(files(&killed), expected);
}

#[test]
fn parts_join_to_the_whole() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let data = world(home);
    let whole = run(&line(&data, &home.join("whole")));
    let parts: Vec<PathBuf> = (1..=3)
        .map(|part| home.join(format!("part-{part}")))
        .collect();
    for (number, part) in (1..).zip(&parts) {
        let mut line = line(&data, part);
        line.extend(["--shard".to_owned(), format!("{number}/3")]);
        run(&line);
    }
    let joined = path(&home.join("joined"));
    let [a, b, c] = [&parts[0], &parts[1], &parts[2]].map(|part| path(part));
    fails(&["merge", &a, &c, "-o", &joined], 1, &["in no part"]);
    fails(
        &["merge", &a, &a, &b, &c, "-o", &joined],
        1,
        &["cannot be joined"],
    );
    let merged = json(&["merge", &c, &a, &b, "-o", &joined]);
    assert_eq!(merged["rows"], whole["rows"]);
    let (expected, found) = (files(&home.join("whole")), files(&home.join("joined")));
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    assert_eq!(found["skipped.jsonl"], expected["skipped.jsonl"]);
    assert_eq!(found["manifest.json"], expected["manifest.json"]);
}
