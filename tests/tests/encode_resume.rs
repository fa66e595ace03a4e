//! Encoding that is killed at any moment, encoded in parts, or continued gives the same store.

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use half::f16;
use ofa_core::features::FeatureRows;
use ofa_pipeline::native::open_features;
use ofa_tests::{demo_encoder, ofa_bin};
use ofa_world::{Realm, World, json_array};
use program::{fails, json, path};

/// Writes a world of 400 records; its images lie beside it.
fn world(home: &Path) -> PathBuf {
    let data = home.join("data.json");
    let mut text = String::from(json_array::OPEN);
    for record in World::new(Realm::Shapes, 7, 400).expect("a world") {
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

/// Starts the program and leaves it running.
fn start(line: &[String]) -> Child {
    Command::new(ofa_bin())
        .args(line)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Waits until so many shards stand in a store.
fn wait_for_shards(child: &mut Child, store: &Path, count: usize) {
    let shard = |number| store.join(format!("features-{number:05}.safetensors"));
    while !shard(count - 1).exists() {
        let ended = child.try_wait().expect("it can be asked");
        assert!(
            ended.is_none(),
            "it ended before {count} shards stood: {ended:?}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Every row of a store: its position, and its image and text embedding one after the other.
fn rows(store: &Path) -> Vec<(u64, Vec<f16>)> {
    let (features, _) = open_features(store).expect("a store");
    let row = |row: usize| {
        let values = [features.image(row), features.text(row)].concat();
        (features.index(row), values)
    };
    (0..features.rows()).map(row).collect()
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
fn whole_shards_are_kept_and_the_cache_is_taken_up() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = world(home.path());
    let whole = home.path().join("whole");
    let uninterrupted = run(&line(&data, &whole));
    let store = home.path().join("killed");
    let mut child = start(&line(&data, &store));
    wait_for_shards(&mut child, &store, 3);
    child.kill().expect("killed");
    child.wait().expect("it ends");
    let time = |name: &str| {
        let metadata = fs::metadata(store.join(name)).expect("it stands");
        metadata.modified().expect("a time")
    };
    let first_three: Vec<String> = (0..3)
        .map(|number| format!("features-{number:05}.safetensors"))
        .collect();
    let before: Vec<_> = first_three.iter().map(|name| time(name)).collect();

    // What somebody else keeps in the folder is none of the program's business.
    let notes = store.join("features-notes.txt");
    fs::write(&notes, "mine").expect("written");
    fs::create_dir(store.join("features-old")).expect("made");
    let other = store.join("features-old/features-99999.safetensors");
    fs::write(&other, "mine").expect("written");

    let resumed = run(&line(&data, &store));
    let resumed_records = resumed["records_resumed"].as_u64().expect("a count");
    assert!((150..400).contains(&resumed_records), "{resumed_records}");
    let after: Vec<_> = first_three.iter().map(|name| time(name)).collect();
    assert_eq!(before, after, "whole shards are not made again");
    let count = |of: &serde_json::Value| of["images_encoded"].as_u64().expect("a count");
    assert!(count(&resumed) < count(&uninterrupted));
    assert!(notes.exists() && other.exists());
    fs::remove_file(notes).expect("removed");
    assert_eq!(files(&store), files(&whole));
    assert!(!store.join(".encode").exists());
}

#[test]
fn a_cache_that_overflows_changes_no_bit_after_a_kill() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = world(home.path());
    let small = |output: &Path| {
        let mut line = line(&data, output);
        // With no room at all every segment goes when its shard stands.
        line.extend(["--cache", "0"].map(str::to_owned));
        line
    };
    let whole = home.path().join("whole");
    let uninterrupted = run(&small(&whole));
    let killed = home.path().join("killed");
    for shards in [1, 4, 6] {
        let mut child = start(&small(&killed));
        wait_for_shards(&mut child, &killed, shards);
        child.kill().expect("killed");
        child.wait().expect("it ends");
    }
    let resumed = run(&small(&killed));
    assert!(resumed["records_resumed"].as_u64() >= Some(300));
    assert_eq!(files(&killed), files(&whole));
    let roomy = run(&line(&data, &home.path().join("roomy")));
    assert!(
        roomy["turns_encoded"].as_u64() < uninterrupted["turns_encoded"].as_u64(),
        "turns come again in other shards"
    );
}

#[test]
fn ctrl_c_ends_cleanly_and_the_next_run_goes_on() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = world(home.path());
    let store = home.path().join("store");
    let mut child = start(&line(&data, &store));
    wait_for_shards(&mut child, &store, 2);
    let signalled = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill is there");
    assert!(signalled.success());
    let status = child.wait().expect("it ends");
    let mut said = String::new();
    let mut pipe = child.stderr.take().expect("piped");
    pipe.read_to_string(&mut said).expect("text");
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("goes on after the last whole shard"),
        "{said}"
    );
    let left = |ending: &str| {
        let entries = fs::read_dir(&store).expect("listed").flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(ending))
            .count()
    };
    assert_eq!(left(".part") + left(".lock"), 0);
    let resumed = run(&line(&data, &store));
    assert!(resumed["records_resumed"].as_u64() >= Some(100));
}

/// The partial file of the third shard is a device that is always full.
#[test]
fn a_full_disk_ends_the_run_and_the_next_goes_on() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = world(home.path());
    let whole = home.path().join("whole");
    run(&line(&data, &whole));
    let store = home.path().join("store");
    fs::create_dir(&store).expect("made");
    let part = store.join("features-00002.safetensors.part");
    std::os::unix::fs::symlink("/dev/full", &part).expect("linked");
    let full = line(&data, &store);
    let full: Vec<&str> = full.iter().map(String::as_str).collect();
    fails(
        &full,
        1,
        &[
            "features-00002.safetensors",
            "No space left",
            "goes on where it stopped",
        ],
    );
    assert!(!part.is_symlink());
    let resumed = run(&line(&data, &store));
    assert_eq!(resumed["records_resumed"], 100);
    assert_eq!(files(&store), files(&whole));
}

#[test]
fn a_store_is_written_by_one_run_at_a_time() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = world(home.path());
    let store = home.path().join("store");
    let mut child = start(&line(&data, &store));
    wait_for_shards(&mut child, &store, 1);
    let second = line(&data, &store);
    let second: Vec<&str> = second.iter().map(String::as_str).collect();
    fails(&second, 1, &["another run is writing"]);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_store_is_not_continued_with_other_preprocessing_and_is_made_anew_with_force() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = world(home.path());
    let encoder = home.path().join("encoder");
    fs::create_dir(&encoder).expect("made");
    for entry in fs::read_dir(demo_encoder()).expect("listed").flatten() {
        fs::copy(entry.path(), encoder.join(entry.file_name())).expect("copied");
    }
    let store = home.path().join("store");
    let mut with_encoder = line(&data, &store);
    let place = with_encoder.iter().position(|word| word == "--encoder");
    with_encoder[place.expect("it is named") + 1] = path(&encoder);
    run(&with_encoder);
    let settings = encoder.join("preprocessor_config.json");
    let text = fs::read_to_string(&settings).expect("read");
    fs::write(
        &settings,
        text.replace("\"resample\": 3", "\"resample\": 2"),
    )
    .expect("written");
    let refused: Vec<&str> = with_encoder.iter().map(String::as_str).collect();
    fails(&refused, 1, &["the encoder's settings"]);
    let before = files(&store);
    with_encoder.push("--force".to_owned());
    run(&with_encoder);
    let after = files(&store);
    assert_eq!(before.len(), after.len());
    assert_ne!(before, after);
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
    assert!(
        !home.join("joined").exists(),
        "refused before anything is written"
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
    // Parts know nothing of what the parts before them had embedded, so their batches differ,
    // and with them the last bits.
    let (one, other) = (rows(&home.join("whole")), rows(&home.join("joined")));
    assert_eq!(one.len(), other.len());
    for ((index, values), (found_index, found)) in one.iter().zip(&other) {
        assert_eq!(index, found_index);
        let worst = values
            .iter()
            .zip(found)
            .map(|(a, b)| (a.to_f32() - b.to_f32()).abs())
            .fold(0.0, f32::max);
        assert!(worst <= 1e-3, "record {index}: {worst}");
    }

    // What is there is replaced only when asked, and only once the parts are known to be good.
    fails(
        &["merge", &a, &b, &c, "-o", &joined],
        1,
        &["has features-00000.safetensors already", "--force"],
    );
    fails(
        &["merge", &a, &b, "-o", &joined, "--force"],
        1,
        &["in no part"],
    );
    fails(
        &["merge", &joined, &a, "-o", &joined, "--force"],
        1,
        &["is an input"],
    );
    let shard = parts[1].join("features-00001.safetensors");
    let bytes = fs::read(&shard).expect("read");
    fs::write(&shard, &bytes[..bytes.len() - 1]).expect("cut");
    fails(
        &["merge", &a, &b, &c, "-o", &joined, "--force"],
        1,
        &[
            "part-2",
            "features-00001.safetensors is missing or not whole",
        ],
    );
    fs::write(&shard, &bytes).expect("mended");
    assert_eq!(
        files(&home.join("joined")),
        found,
        "nothing of it was touched"
    );

    // A run that was ended in the middle is not taken for a whole store, and is begun anew.
    fs::remove_file(home.join("joined/manifest.json")).expect("removed");
    fs::remove_file(home.join("joined/features-00005.safetensors")).expect("removed");
    fs::create_dir(home.join("joined/.encode")).expect("made");
    fs::write(home.join("joined/.encode/merging"), "").expect("written");
    let out = path(&home.join("s.safetensors"));
    fails(
        &["train", &joined, "-o", &out],
        1,
        &["run the same `ofa merge` again"],
    );
    json(&["merge", &a, &b, &c, "-o", &joined]);
    assert_eq!(files(&home.join("joined")), found);
    assert!(!home.join("joined/.encode").exists());
}
