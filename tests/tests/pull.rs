//! `ofa pull`, the built program, against a server with the hub's URL layout.

#[path = "pull/access.rs"]
mod access;
#[path = "pull/existing.rs"]
mod existing;
#[path = "pull/folder.rs"]
mod folder;
#[path = "pull/home.rs"]
mod home;
#[path = "pull/interruption.rs"]
mod interruption;
#[path = "pull/mirror.rs"]
mod mirror;
#[path = "pull/refusal.rs"]
mod refusal;
#[path = "pull/server.rs"]
mod server;
#[path = "pull/web.rs"]
mod web;

use home::{
    BIN_REPO, Home, assert_same_tensors, bin_repository, done, failed, goldens, names,
    safetensors_repository, state_of,
};
use serde_json::json;
use server::{Branch, COMMIT, REPO};

#[test]
fn a_repository_with_safetensors_is_taken_as_it_is() {
    let (server, home) = (safetensors_repository(), Home::new());
    let report = done(&mut home.pull(&server, &[]));
    let mut expected = BIN_REPO.to_vec();
    expected.retain(|name| *name != "pytorch_model.bin");
    expected.push("model.safetensors");
    expected.sort();
    assert_eq!(home.files(), expected);
    let mut bytes = 0;
    for (name, content) in &server.state.lock().unwrap().files {
        if name != "pytorch_model.bin" {
            assert_eq!(&std::fs::read(home.encoder().join(name)).unwrap(), content);
            bytes += content.len();
        }
    }
    assert_eq!(report["source"], REPO);
    assert_eq!(report["revision"], COMMIT);
    assert_eq!(report["converted"], false);
    assert_eq!(report["bytes"], bytes);
    assert_eq!(report["downloaded"], bytes);
    assert_eq!(report["files"].as_array().unwrap().len(), expected.len());
    assert!(server.requests_for("pytorch_model.bin").is_empty());

    // Again: nothing is fetched.
    let report = done(&mut home.pull(&server, &[]));
    assert_eq!(report["downloaded"], 0);
    assert_eq!(state_of(&report, "model.safetensors"), "kept");
    assert_eq!(server.requests_for("model.safetensors").len(), 2);
}

#[test]
fn a_repository_with_only_pytorch_weights_is_converted() {
    let (server, home) = (bin_repository(), Home::new());
    let report = done(&mut home.pull(&server, &[]));
    assert_eq!(report["converted"], true);
    assert_eq!(state_of(&report, "model.safetensors"), "converted");
    let mut expected = BIN_REPO.map(|name| match name {
        "pytorch_model.bin" => "model.safetensors",
        other => other,
    });
    expected.sort();
    assert_eq!(home.files(), expected);
    let weights = home.encoder().join("model.safetensors");
    assert_same_tensors(&weights, &goldens().join("clip/expected.safetensors"));
    let first = std::fs::read(&weights).unwrap();

    let report = done(&mut home.pull(&server, &[]));
    assert_eq!(report["converted"], false);
    assert_eq!(report["downloaded"], 0);
    assert_eq!(state_of(&report, "model.safetensors"), "kept");

    // The same bytes from anywhere.
    let other = Home::new();
    done(&mut other.pull(&server, &[]));
    assert_eq!(
        std::fs::read(other.encoder().join("model.safetensors")).unwrap(),
        first
    );
}

#[test]
fn shards_of_both_formats_are_found_by_their_index() {
    let layouts = goldens().join("layouts");
    let server = bin_repository();
    server.remove("pytorch_model.bin");
    for name in names(&layouts.join("sharded")) {
        server.put(
            &name,
            std::fs::read(layouts.join("sharded").join(&name)).unwrap(),
        );
    }
    let home = Home::new();
    let report = done(&mut home.pull(&server, &[]));
    assert_eq!(report["converted"], true);
    let sizes: usize = {
        let state = server.state.lock().unwrap();
        state.files.values().map(Vec::len).sum()
    };
    assert_eq!(report["downloaded"], sizes);
    let weights = home.encoder().join("model.safetensors");
    assert_same_tensors(&weights, &layouts.join("expected.safetensors"));
    assert!(
        home.files()
            .iter()
            .all(|name| !name.contains("pytorch_model"))
    );
    // The index is asked for again, as it names the files to compare with.
    let report = done(&mut home.pull(&server, &[]));
    let index = server.content("pytorch_model.bin.index.json");
    assert_eq!(report["downloaded"], index.len());
    assert_eq!(state_of(&report, "model.safetensors"), "kept");

    // safetensors shards go before PyTorch's and are kept as they are.
    let index = json!({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}});
    server.put("model.safetensors.index.json", index.to_string());
    server.put("model-1.safetensors", "first");
    server.put("model-2.safetensors", "second");
    let home = Home::new();
    assert_eq!(done(&mut home.pull(&server, &[]))["converted"], false);
    assert_eq!(
        std::fs::read(home.encoder().join("model-2.safetensors")).unwrap(),
        b"second"
    );
    assert!(
        home.files()
            .contains(&"model.safetensors.index.json".to_owned())
    );

    // A shard that the index names and the repository lacks.
    server.remove("model-2.safetensors");
    failed(
        &mut Home::new().pull(&server, &[]),
        1,
        &["model-2.safetensors"],
    );
}

#[test]
fn people_are_told_what_was_done_in_whole_lines() {
    let (server, home) = (bin_repository(), Home::new());
    let encoder = home.encoder();
    let run = || {
        let mut command = home.command(&[REPO, "-o", encoder.to_str().unwrap()]);
        let output = command.env("HF_ENDPOINT", server.url()).output().unwrap();
        assert!(output.status.success());
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    let told = run();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), BIN_REPO.len() + 1, "{told}");
    assert!(lines[0].starts_with("config.json ") && lines[0].ends_with(" downloaded"));
    let weights = lines[BIN_REPO.len() - 1];
    assert!(weights.starts_with("model.safetensors "), "{weights}");
    assert!(
        weights.ends_with("converted from PyTorch's format"),
        "{weights}"
    );
    let last = format!("{REPO} in {} at commit {COMMIT}\n", encoder.display());
    assert!(told.ends_with(&last), "{told}");
    assert!(
        run()
            .lines()
            .take(BIN_REPO.len())
            .all(|line| line.ends_with(" kept"))
    );
}

#[test]
fn the_preprocessing_of_transformers_5_is_taken_under_either_name() {
    let (old, new) = ("preprocessor_config.json", "processor_config.json");
    let server = safetensors_repository();
    let settings = server.content(old);
    let nested = format!(
        r#"{{"image_processor": {}}}"#,
        String::from_utf8_lossy(&settings)
    );
    server.put(new, nested.clone());
    let home = Home::new();
    done(&mut home.pull(&server, &[]));
    assert_eq!(home.read(new), nested.as_bytes());
    assert_eq!(home.read(old), settings);

    server.remove(old);
    let home = Home::new();
    done(&mut home.pull(&server, &[]));
    assert!(home.files().contains(&new.to_owned()));
    assert!(!home.files().contains(&old.to_owned()));

    server.remove(new);
    failed(
        &mut Home::new().pull(&server, &[]),
        1,
        &["no preprocessor_config.json"],
    );
}

#[test]
fn a_revision_has_its_own_content() {
    let server = safetensors_repository();
    let commit = "89abcdef0123456789abcdef0123456789abcdef";
    let changed = [
        ("vocab.json".to_owned(), b"{\"other\": 0}".to_vec()),
        ("model.safetensors".to_owned(), b"other weights".to_vec()),
    ];
    server.state.lock().unwrap().branch = Some(Branch {
        name: "v1",
        commit,
        changed: changed.into(),
    });
    let home = Home::new();
    done(&mut home.pull(&server, &[]));
    assert_eq!(home.read("vocab.json"), server.content("vocab.json"));

    let v1 = ["--revision", "v1"];
    failed(
        &mut home.pull(&server, &v1),
        1,
        &["vocab.json", commit, "--force"],
    );
    assert_eq!(home.read("vocab.json"), server.content("vocab.json"));
    for (home, more) in [(&home, &["--force"][..]), (&Home::new(), &[])] {
        let report = done(&mut home.pull(&server, &[&v1, more].concat()));
        assert_eq!(report["revision"], commit);
        assert_eq!(home.read("vocab.json"), b"{\"other\": 0}");
        assert_eq!(home.read("model.safetensors"), b"other weights");
        assert_eq!(home.read("merges.txt"), server.content("merges.txt"));
    }
}
