//! `ofa pull`, the built program, against a server with the hub's URL layout.

#[path = "pull/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use safetensors::SafeTensors;
use serde_json::{Value, json};
use server::{COMMIT, Fault, REPO, Server};

const BIN_REPO: [&str; 7] = [
    "config.json",
    "preprocessor_config.json",
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "pytorch_model.bin",
];

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/checkpoint")
}

/// A repository that has only `pytorch_model.bin`.
fn bin_repository() -> Server {
    Server::with(&goldens().join("clip"), &BIN_REPO)
}

/// A repository with `model.safetensors`, and a PyTorch file that must not be fetched.
fn safetensors_repository() -> Server {
    let server = bin_repository();
    let weights = std::fs::read(goldens().join("clip/expected.safetensors")).unwrap();
    server.put("model.safetensors", weights);
    server
}

/// A folder for one test: a home without settings, and the place for the encoder.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn encoder(&self) -> PathBuf {
        self.0.path().join("ENC")
    }

    /// `ofa pull` in an environment where nothing of the user's own settings counts.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ofa_tests::ofa_bin());
        for (name, _) in std::env::vars_os() {
            let upper = name.to_string_lossy().to_uppercase();
            if upper.starts_with("HF_") || upper.starts_with("HUGGING") || upper.ends_with("_PROXY")
            {
                command.env_remove(&name);
            }
        }
        command
            .env_remove("XDG_CACHE_HOME")
            .env("HOME", self.0.path())
            .arg("pull")
            .args(arguments);
        command
    }

    fn pull(&self, server: &Server, more: &[&str]) -> Command {
        let encoder = self.encoder();
        let mut command = self.command(&[REPO, "--json", "-o", encoder.to_str().unwrap()]);
        command.args(more).env("HF_ENDPOINT", server.url());
        command
    }

    /// Every file of the encoder's folder, hidden ones too.
    fn files(&self) -> Vec<String> {
        names(&self.encoder())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn done(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let printed = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&printed).unwrap_or_else(|_| panic!("no JSON object: {printed}"))
}

fn failed(command: &mut Command, code: i32, expected: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let errors = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{errors}");
    assert!(stdout.is_empty());
    for text in expected {
        assert!(errors.contains(text), "{text:?} is not in: {errors}");
    }
    errors
}

fn state_of<'a>(report: &'a Value, name: &str) -> &'a str {
    let files = report["files"].as_array().unwrap();
    let file = files.iter().find(|file| file["name"] == name).unwrap();
    file["state"].as_str().unwrap()
}

fn assert_same_tensors(found: &Path, expected: &Path) {
    let found = std::fs::read(found).unwrap();
    let expected = std::fs::read(expected).unwrap();
    let found = SafeTensors::deserialize(&found).unwrap();
    let expected = SafeTensors::deserialize(&expected).unwrap();
    assert_eq!(found.len(), expected.len());
    for (name, tensor) in expected.tensors() {
        assert_eq!(found.tensor(&name).unwrap(), tensor, "{name}");
    }
}

#[test]
fn a_repository_with_safetensors_is_taken_as_it_is() {
    let (server, work) = (safetensors_repository(), Workplace::new());
    let report = done(&mut work.pull(&server, &[]));
    let mut expected = BIN_REPO.to_vec();
    expected.retain(|name| *name != "pytorch_model.bin");
    expected.push("model.safetensors");
    expected.sort();
    assert_eq!(work.files(), expected);
    let mut bytes = 0;
    for (name, content) in &server.state.lock().unwrap().files {
        if name != "pytorch_model.bin" {
            assert_eq!(&std::fs::read(work.encoder().join(name)).unwrap(), content);
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
    let report = done(&mut work.pull(&server, &[]));
    assert_eq!(report["downloaded"], 0);
    assert_eq!(state_of(&report, "model.safetensors"), "kept");
    assert_eq!(server.requests_for("model.safetensors").len(), 2);
}

#[test]
fn a_repository_with_only_pytorch_weights_is_converted() {
    let (server, work) = (bin_repository(), Workplace::new());
    let report = done(&mut work.pull(&server, &[]));
    assert_eq!(report["converted"], true);
    assert_eq!(state_of(&report, "model.safetensors"), "converted");
    let mut expected = BIN_REPO.map(|name| match name {
        "pytorch_model.bin" => "model.safetensors",
        other => other,
    });
    expected.sort();
    assert_eq!(work.files(), expected);
    let weights = work.encoder().join("model.safetensors");
    assert_same_tensors(&weights, &goldens().join("clip/expected.safetensors"));
    let first = std::fs::read(&weights).unwrap();

    let report = done(&mut work.pull(&server, &[]));
    assert_eq!(report["converted"], false);
    assert_eq!(report["downloaded"], 0);
    assert_eq!(state_of(&report, "model.safetensors"), "kept");

    // The same bytes from anywhere.
    let other = Workplace::new();
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
    server
        .state
        .lock()
        .unwrap()
        .files
        .remove("pytorch_model.bin");
    for name in names(&layouts.join("sharded")) {
        server.put(
            &name,
            std::fs::read(layouts.join("sharded").join(&name)).unwrap(),
        );
    }
    let work = Workplace::new();
    assert_eq!(done(&mut work.pull(&server, &[]))["converted"], true);
    let weights = work.encoder().join("model.safetensors");
    assert_same_tensors(&weights, &layouts.join("expected.safetensors"));
    assert!(
        work.files()
            .iter()
            .all(|name| !name.contains("pytorch_model"))
    );
    assert_eq!(done(&mut work.pull(&server, &[]))["downloaded"], 0);

    // safetensors shards go before PyTorch's and are kept as they are.
    let index = json!({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}});
    server.put("model.safetensors.index.json", index.to_string());
    server.put("model-1.safetensors", "first");
    server.put("model-2.safetensors", "second");
    let work = Workplace::new();
    assert_eq!(done(&mut work.pull(&server, &[]))["converted"], false);
    assert_eq!(
        std::fs::read(work.encoder().join("model-2.safetensors")).unwrap(),
        b"second"
    );
    assert!(
        work.files()
            .contains(&"model.safetensors.index.json".to_owned())
    );

    // A shard that the index names and the repository lacks.
    server
        .state
        .lock()
        .unwrap()
        .files
        .remove("model-2.safetensors");
    failed(
        &mut Workplace::new().pull(&server, &[]),
        1,
        &["model-2.safetensors"],
    );
}

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let (server, work) = (bin_repository(), Workplace::new());
    server.fault(
        "pytorch_model.bin",
        &[Fault::Cut(30_000), Fault::Cut(1_000)],
    );
    server.fault("vocab.json", &[Fault::Status(503)]);
    let report = done(&mut work.pull(&server, &[]));
    let ranges: Vec<_> = server
        .requests_for("cdn/pytorch_model.bin")
        .into_iter()
        .map(|request| request.range)
        .collect();
    let resumed = [
        None,
        Some("bytes=30000-".into()),
        Some("bytes=31000-".into()),
    ];
    assert_eq!(ranges, resumed);
    let sizes = |keep: fn(&str) -> bool| -> usize {
        let state = server.state.lock().unwrap();
        let files = state.files.iter().filter(|(name, _)| keep(name));
        files.map(|(_, content)| content.len()).sum()
    };
    assert_eq!(report["downloaded"], sizes(|_| true));
    let weights = work.encoder().join("model.safetensors");
    assert_same_tensors(&weights, &goldens().join("clip/expected.safetensors"));

    // A server without ranges sends the whole again.
    let (server, work) = (bin_repository(), Workplace::new());
    server.state.lock().unwrap().no_ranges = true;
    server.fault("pytorch_model.bin", &[Fault::Cut(30_000)]);
    done(&mut work.pull(&server, &[]));
    assert_same_tensors(
        &work.encoder().join("model.safetensors"),
        &goldens().join("clip/expected.safetensors"),
    );
}

#[test]
fn a_killed_run_is_continued_by_the_next() {
    let (server, work) = (safetensors_repository(), Workplace::new());
    server.fault("model.safetensors", &[Fault::Stall(40_000)]);
    let mut child = work.pull(&server, &[]).spawn().unwrap();
    let part = loop {
        let parts = work.files();
        let part = parts
            .iter()
            .find(|name| name.starts_with(".model.safetensors."));
        if let Some(part) = part.map(|name| work.encoder().join(name))
            && std::fs::metadata(&part).is_ok_and(|part| part.len() == 40_000)
        {
            break part;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(std::time::Duration::from_millis(10));
    };

    // A second process meanwhile does not write into the same file.
    failed(&mut work.pull(&server, &[]), 1, &["another `ofa pull`"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!work.encoder().join("model.safetensors").exists());
    assert!(part.exists());

    let report = done(&mut work.pull(&server, &[]));
    let last = server.requests_for("cdn/model.safetensors").pop().unwrap();
    assert_eq!(last.range.as_deref(), Some("bytes=40000-"));
    let content = server.state.lock().unwrap().files["model.safetensors"].clone();
    assert_eq!(report["downloaded"], content.len() - 40_000);
    assert_eq!(
        std::fs::read(work.encoder().join("model.safetensors")).unwrap(),
        content
    );
    assert!(!part.exists());
}

#[test]
fn other_architectures_are_refused_before_the_weights() {
    for (config, name) in [
        (
            r#"{"model_type": "siglip", "architectures": ["SiglipModel"]}"#,
            "SigLIP",
        ),
        (r#"{"model_type": "blip"}"#, "blip"),
        (
            r#"{"model_type": "clip_vision_model"}"#,
            "one half of a CLIP",
        ),
    ] {
        let (server, work) = (safetensors_repository(), Workplace::new());
        server.put("config.json", config);
        failed(&mut work.pull(&server, &[]), 1, &[REPO, name]);
        let requests = server.state.lock().unwrap().requests.len();
        assert_eq!(requests, 2, "the listing and config.json");
        assert!(!work.encoder().exists());
    }
    let (server, work) = (safetensors_repository(), Workplace::new());
    server.state.lock().unwrap().files.remove("merges.txt");
    failed(
        &mut work.pull(&server, &[]),
        1,
        &["no tokeniser", "merges.txt"],
    );
}

#[test]
fn what_the_hub_refuses_is_told_with_what_to_do() {
    let (server, work) = (bin_repository(), Workplace::new());
    let encoder = work.encoder();
    let output = encoder.to_str().unwrap();
    let mut unknown = work.command(&["owner/nothing", "-o", output]);
    unknown.env("HF_ENDPOINT", server.url());
    failed(&mut unknown, 1, &["owner/nothing", "404", "HF_TOKEN"]);
    let revision = ["--revision", "v9"];
    failed(&mut work.pull(&server, &revision), 1, &["no revision v9"]);

    let refuse = |status, code| {
        let mut state = server.state.lock().unwrap();
        state
            .listing_faults
            .extend(std::iter::repeat_n((status, code), 3));
    };
    for (status, code, expected) in [
        (401, None, "no token was sent"),
        (403, Some("GatedRepo"), "accept its terms"),
        (401, Some("GatedRepo"), "accept its terms"),
        (407, None, "the proxy asks for a name and a password"),
        (429, None, "slow down"),
        (500, None, "status 500"),
    ] {
        refuse(status, code);
        failed(&mut work.pull(&server, &[]), 1, &[REPO, expected]);
        server.state.lock().unwrap().listing_faults.clear();
    }
    assert!(!work.encoder().exists());

    // Passing trouble passes.
    server
        .state
        .lock()
        .unwrap()
        .listing_faults
        .push_back((503, None));
    done(&mut work.pull(&server, &["--revision", "refs/pr/1"]));
}

#[test]
fn the_token_goes_to_the_hub_and_to_no_other_host() {
    let server = bin_repository();
    server.state.lock().unwrap().token = Some("hf_secret".to_owned());
    failed(
        &mut Workplace::new().pull(&server, &[]),
        1,
        &["no token was sent"],
    );
    let work = Workplace::new();
    let wrong = work
        .pull(&server, &[])
        .env("HF_TOKEN", "hf_wrong")
        .output()
        .unwrap();
    let errors = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        errors.contains("the token that was sent does not open it"),
        "{errors}"
    );
    assert!(
        !errors.contains("hf_wrong"),
        "a token is no text for a log: {errors}"
    );

    done(work.pull(&server, &[]).env("HF_TOKEN", "hf_secret\n"));
    let redirected = server.requests_for("cdn/pytorch_model.bin");
    assert_eq!(redirected.len(), 1);
    assert_eq!(redirected[0].authorization, None);

    // The file that a login leaves behind, where HF_HOME or the home folder has it.
    let work = Workplace::new();
    let home = work.0.path().join(".cache/huggingface");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("token"), "hf_secret\n").unwrap();
    done(&mut work.pull(&server, &[]));
    let other = Workplace::new();
    done(other.pull(&server, &[]).env("HF_HOME", &home));
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
        let (server, work) = (safetensors_repository(), Workplace::new());
        server.fault("preprocessor_config.json", &[fault]);
        failed(
            &mut work.pull(&server, &[]),
            1,
            &["preprocessor_config.json", expected],
        );
        assert!(!work.encoder().join("preprocessor_config.json").exists());
        done(&mut work.pull(&server, &[]));
    }
    let (server, work) = (safetensors_repository(), Workplace::new());
    server.fault("model.safetensors", &[Fault::Damaged]);
    failed(
        &mut work.pull(&server, &[]),
        1,
        &["model.safetensors", "wrong content"],
    );
    assert!(
        work.files()
            .iter()
            .all(|name| !name.contains("model.safetensors"))
    );

    server.state.lock().unwrap().login_page = true;
    failed(
        &mut work.pull(&server, &[]),
        1,
        &["expected JSON, found a web page"],
    );
}

#[test]
fn a_hostile_checkpoint_is_refused_by_name() {
    let (server, work) = (bin_repository(), Workplace::new());
    let hostile = std::fs::read(goldens().join("refused/code.bin")).unwrap();
    server.put("pytorch_model.bin", hostile);
    let expected = [
        "pytorch_model.bin",
        "posix.system",
        "Nothing of the file was run",
    ];
    failed(&mut work.pull(&server, &[]), 1, &expected);
    assert!(!work.encoder().join("model.safetensors").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_to_be_one() {
    let (server, work) = (safetensors_repository(), Workplace::new());
    std::fs::create_dir(work.encoder()).unwrap();
    // Where the part file of config.json goes: a device that is always full.
    let listed = server.state.lock().unwrap().files["config.json"].clone();
    let id = {
        use sha1::Digest;
        let mut blob = sha1::Sha1::new();
        blob.update(format!("blob {}\0", listed.len()));
        blob.update(&listed);
        let digest = blob.finalize();
        digest
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    };
    let part = work
        .encoder()
        .join(format!(".config.json.{}.part", &id[..16]));
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    failed(
        &mut work.pull(&server, &[]),
        1,
        &["cannot be written", "Make room"],
    );
    assert!(!work.encoder().join("config.json").exists());
}

#[test]
fn proxies_are_those_of_the_environment() {
    // The server stands in for a proxy: it is asked for a host that does not exist.
    let (server, work) = (bin_repository(), Workplace::new());
    let mut command = work.pull(&server, &[]);
    command
        .env("HF_ENDPOINT", "http://hub.invalid")
        .env("HTTP_PROXY", server.url());
    done(&mut command);
    let first = server.state.lock().unwrap().requests[0].target.clone();
    assert!(
        first.starts_with("http://hub.invalid/api/models/"),
        "{first}"
    );

    // Port 9 (discard) answers nowhere.
    let (server, work) = (bin_repository(), Workplace::new());
    let mut command = work.pull(&server, &[]);
    command.env("HTTP_PROXY", "http://name:word@127.0.0.1:9");
    let errors = failed(&mut command, 1, &["HTTP_PROXY", "127.0.0.1:9", "no answer"]);
    assert!(!errors.contains("word"), "{errors}");
    let mut command = work.pull(&server, &[]);
    command
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("NO_PROXY", "127.0.0.1,localhost");
    done(&mut command);
}

#[test]
fn a_failed_secure_connection_points_to_certificates() {
    let (server, work) = (bin_repository(), Workplace::new());
    let mut command = work.pull(&server, &[]);
    // The server speaks no TLS.
    command.env("HF_ENDPOINT", server.url().replace("http:", "https:"));
    failed(
        &mut command,
        1,
        &["The secure connection failed", "SSL_CERT_FILE"],
    );
    for bad in ["huggingface.co", "not a url"] {
        let mut command = work.pull(&server, &[]);
        failed(command.env("HF_ENDPOINT", bad), 1, &["HF_ENDPOINT", bad]);
    }
}

#[test]
fn a_file_that_differs_is_replaced_only_with_force() {
    let (server, work) = (safetensors_repository(), Workplace::new());
    std::fs::create_dir(work.encoder()).unwrap();
    let weights = work.encoder().join("model.safetensors");
    std::fs::write(&weights, "the user's own").unwrap();
    failed(
        &mut work.pull(&server, &[]),
        1,
        &["model.safetensors", "--force"],
    );
    assert_eq!(std::fs::read(&weights).unwrap(), b"the user's own");
    assert!(server.requests_for("model.safetensors").is_empty());
    done(&mut work.pull(&server, &["--force"]));
    assert_same_tensors(&weights, &goldens().join("clip/expected.safetensors"));

    let (server, work) = (bin_repository(), Workplace::new());
    std::fs::create_dir(work.encoder()).unwrap();
    std::fs::write(work.encoder().join("model.safetensors"), "other").unwrap();
    failed(
        &mut work.pull(&server, &[]),
        1,
        &["model.safetensors", "--force"],
    );
    assert_eq!(
        done(&mut work.pull(&server, &["--force"]))["converted"],
        true
    );
}

#[test]
fn a_local_folder_is_converted_in_place_or_elsewhere() {
    let work = Workplace::new();
    let local = work.0.path().join("local");
    std::fs::create_dir(&local).unwrap();
    for name in BIN_REPO {
        std::fs::copy(goldens().join("clip").join(name), local.join(name)).unwrap();
    }
    let local_name = local.to_str().unwrap();
    let encoder = work.encoder();
    let report = done(&mut work.command(&[local_name, "--json", "-o", encoder.to_str().unwrap()]));
    assert_eq!(report["converted"], true);
    assert_eq!(state_of(&report, "config.json"), "copied");
    let expected = goldens().join("clip/expected.safetensors");
    assert_same_tensors(&encoder.join("model.safetensors"), &expected);
    assert!(!encoder.join("pytorch_model.bin").exists());
    assert!(!local.join("model.safetensors").exists());

    let report = done(&mut work.command(&[local_name, "--json"]));
    assert_eq!(report["converted"], true);
    assert_same_tensors(&local.join("model.safetensors"), &expected);
    assert!(local.join("pytorch_model.bin").exists());
    // A folder that needs nothing.
    assert_eq!(
        done(&mut work.command(&[local_name, "--json"]))["converted"],
        false
    );

    std::fs::remove_file(local.join("model.safetensors")).unwrap();
    std::fs::write(local.join("pytorch_model.bin"), "PK\x03\x04 cut").unwrap();
    failed(
        &mut work.command(&[local_name]),
        1,
        &["pytorch_model.bin", "cut short"],
    );
    assert!(
        names(&local)
            .iter()
            .all(|name| !name.contains("safetensors"))
    );
}

#[test]
fn arguments_that_do_not_fit_are_bad_usage() {
    let work = Workplace::new();
    failed(&mut work.command(&[REPO]), 2, &["-o ENC/"]);
    failed(&mut work.command(&[]), 2, &["Usage"]);
    let encoder = work.encoder();
    let output = encoder.to_str().unwrap();
    failed(
        &mut work.command(&["https://x/y/z", "-o", output]),
        1,
        &["name of a repository"],
    );
    let mut offline = work.command(&[REPO, "-o", output]);
    failed(offline.env("HF_HUB_OFFLINE", "1"), 1, &["HF_HUB_OFFLINE"]);
}
