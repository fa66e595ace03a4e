//! What is refused, with what is said about it and what is left behind.

use super::home::{Home, bin_repository, done, failed, goldens, safetensors_repository};
use super::server::{Fault, ListingFault, REPO, Server};

#[test]
fn other_architectures_are_refused_before_the_weights() {
    for (config, name) in [
        (
            r#"{"model_type": "siglip", "architectures": ["SiglipModel"]}"#,
            "SigLIP",
        ),
        (r#"{"model_type": "blip"}"#, "blip"),
        (r#"{"architectures": ["BlipModel"]}"#, "BlipModel"),
        (
            r#"{"model_type": "clip_vision_model"}"#,
            "one half of a CLIP",
        ),
    ] {
        let (server, home) = (safetensors_repository(), Home::new());
        server.put("config.json", config);
        failed(&mut home.pull(&server, &[]), 1, &[REPO, name]);
        assert_eq!(
            server.take_requests().len(),
            2,
            "the listing and config.json"
        );
        assert!(!home.encoder().exists());
    }
}

#[test]
fn other_architectures_are_named_whatever_else_their_repository_has() {
    let siglip = r#"{"model_type": "siglip", "architectures": ["SiglipModel"]}"#;
    let llama = r#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}"#;
    for (config, others, name) in [
        (siglip, &["model.safetensors", "spiece.model"][..], "SigLIP"),
        (
            llama,
            &[
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
                "tokenizer.model",
            ],
            "model_type llama",
        ),
        (llama, &["README.md"], "model_type llama"),
    ] {
        let (server, home) = (Server::with(&goldens(), &[]), Home::new());
        server.put("config.json", config);
        for other in others {
            server.put(other, "x");
        }
        failed(&mut home.pull(&server, &[]), 1, &[REPO, name]);
        assert!(!home.encoder().exists());

        let local = home.folder().join("local");
        std::fs::create_dir(&local).unwrap();
        std::fs::write(local.join("config.json"), config).unwrap();
        failed(&mut home.command(&[local.to_str().unwrap()]), 1, &[name]);
    }
}

#[test]
fn an_encoder_without_one_of_its_files_leaves_nothing() {
    let (server, home) = (safetensors_repository(), Home::new());
    server.remove("merges.txt");
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["no tokeniser", "merges.txt"],
    );
    assert!(!home.encoder().exists());
    server.remove("config.json");
    failed(&mut home.pull(&server, &[]), 1, &["no config.json"]);
    assert!(!home.encoder().exists());
}

#[test]
fn what_the_hub_refuses_is_told_with_what_to_do() {
    let (server, home) = (bin_repository(), Home::new());
    let encoder = home.encoder();
    let output = encoder.to_str().unwrap();
    let mut unknown = home.command(&["owner/nothing", "-o", output]);
    unknown.env("HF_ENDPOINT", server.url());
    failed(&mut unknown, 1, &["owner/nothing", "404", "HF_TOKEN"]);
    let revision = ["--revision", "v9"];
    failed(&mut home.pull(&server, &revision), 1, &["no revision v9"]);

    for (status, code, expected) in [
        (401, None, "no token was sent"),
        (403, Some("GatedRepo"), "accept its terms"),
        (401, Some("GatedRepo"), "accept its terms"),
        (407, None, "the proxy asks for a name and a password"),
        (429, None, "slow down"),
        (500, None, "status 500"),
    ] {
        for _ in 0..3 {
            server.listing_fault(ListingFault::Status(status, code));
        }
        failed(&mut home.pull(&server, &[]), 1, &[REPO, expected]);
        server.state.lock().unwrap().listing_faults.clear();
    }
    assert!(!home.encoder().exists());

    // Passing trouble passes.
    server.listing_fault(ListingFault::Status(503, None));
    done(&mut home.pull(&server, &["--revision", "refs/pr/1"]));
}

#[test]
fn a_file_that_is_refused_leaves_nothing() {
    for (fault, expected) in [
        (Fault::Status(401), "no token was sent"),
        (Fault::Status(403), "accept its terms"),
        (Fault::WebPage { labelled: true }, "found a web page"),
    ] {
        let (server, home) = (safetensors_repository(), Home::new());
        server.fault("config.json", &[fault]);
        failed(&mut home.pull(&server, &[]), 1, &[expected]);
        assert!(!home.encoder().exists());

        // A folder that was there stays, without an empty file in it.
        std::fs::create_dir(home.encoder()).unwrap();
        server.fault("config.json", &[fault]);
        failed(&mut home.pull(&server, &[]), 1, &[expected]);
        assert!(home.encoder().exists());
        assert!(home.files().is_empty());

        server.fault("vocab.json", &[fault]);
        failed(&mut home.pull(&server, &[]), 1, &[expected]);
        assert_eq!(home.files(), ["config.json", "preprocessor_config.json"]);
        done(&mut home.pull(&server, &[]));
    }
}

#[test]
fn wrong_answers_leave_nothing_under_a_final_name() {
    for (fault, expected) in [
        (Fault::WebPage { labelled: true }, "found a web page"),
        (Fault::WebPage { labelled: false }, "found a web page"),
        (Fault::Longer, "wrong size"),
        (Fault::Damaged, "wrong content"),
        (Fault::Status(404), "preprocessor_config.json"),
    ] {
        let (server, home) = (safetensors_repository(), Home::new());
        server.fault("preprocessor_config.json", &[fault]);
        if matches!(fault, Fault::Status(_)) {
            // Asked for at the commit, and then at the branch.
            server.fault("preprocessor_config.json", &[fault]);
        }
        failed(
            &mut home.pull(&server, &[]),
            1,
            &["preprocessor_config.json", expected],
        );
        assert!(!home.encoder().join("preprocessor_config.json").exists());
        done(&mut home.pull(&server, &[]));
    }
    let (server, home) = (safetensors_repository(), Home::new());
    server.fault("model.safetensors", &[Fault::Damaged]);
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["model.safetensors", "wrong content"],
    );
    assert!(
        home.files()
            .iter()
            .all(|name| !name.contains("model.safetensors"))
    );

    server.state.lock().unwrap().login_page = true;
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["expected JSON, found a web page"],
    );
}

#[test]
fn a_hostile_checkpoint_is_refused_by_name() {
    let (server, home) = (bin_repository(), Home::new());
    let hostile = std::fs::read(goldens().join("refused/code.bin")).unwrap();
    server.put("pytorch_model.bin", hostile);
    let expected = [
        "pytorch_model.bin",
        "posix.system",
        "Nothing of the file was run",
    ];
    failed(&mut home.pull(&server, &[]), 1, &expected);
    // As it would be refused again, it is not kept either.
    assert!(home.files().iter().all(|name| !name.contains("model")));

    // The same for a shard, and for an index that leads out of the folder.
    server.remove("pytorch_model.bin");
    server.put(
        "a.bin",
        std::fs::read(goldens().join("clip/pytorch_model.bin")).unwrap(),
    );
    server.put(
        "b.bin",
        std::fs::read(goldens().join("refused/code.bin")).unwrap(),
    );
    let index = "pytorch_model.bin.index.json";
    server.put(index, r#"{"weight_map": {"x": "a.bin", "y": "b.bin"}}"#);
    failed(&mut home.pull(&server, &[]), 1, &["b.bin", "posix.system"]);
    assert!(home.files().iter().all(|name| !name.contains(".bin")));
    server.put(index, r#"{"weight_map": {"x": "../a.bin"}}"#);
    failed(
        &mut home.pull(&server, &[]),
        1,
        &[index, "no plain file name"],
    );
    assert!(home.files().iter().all(|name| !name.contains(".bin")));
    let index = "model.safetensors.index.json";
    server.put(index, r#"{"weight_map": {"x": "../a.safetensors"}}"#);
    failed(
        &mut home.pull(&server, &[]),
        1,
        &[index, "no plain file name"],
    );
    assert!(home.files().iter().all(|name| !name.contains("index")));
}

#[test]
fn arguments_that_do_not_fit_are_bad_usage() {
    let home = Home::new();
    failed(&mut home.command(&[REPO]), 2, &["-o ENC/"]);
    failed(&mut home.command(&[]), 2, &["Usage"]);
    let encoder = home.encoder();
    let output = encoder.to_str().unwrap();
    for name in ["https://x/y/z", "a/b/c", "no\\name"] {
        failed(
            &mut home.command(&[name, "-o", output]),
            2,
            &["name of a repository"],
        );
    }
    for revision in ["a/../b", "..", "", "a b", "v1?x=y", "a#b"] {
        let mut command = home.command(&[REPO, "-o", output, "--revision", revision]);
        failed(
            &mut command,
            2,
            &["--revision", "a branch, a tag or a commit"],
        );
    }
    let local = goldens().join("clip");
    let local = local.to_str().unwrap();
    let mut command = home.command(&[local, "-o", output, "--revision", "main"]);
    failed(&mut command, 2, &["--revision main", local]);
    assert!(!encoder.exists());

    let file = home.folder().join("file");
    std::fs::write(&file, "the user's own").unwrap();
    let file = file.to_str().unwrap();
    for source in [REPO, local] {
        let mut command = home.command(&[source, "-o", file]);
        failed(&mut command, 1, &[file, "expected a folder"]);
    }
    let mut command = home.command(&[file, "-o", output]);
    failed(&mut command, 2, &[file, "found a file"]);
    assert_eq!(std::fs::read(file).unwrap(), b"the user's own");
}
