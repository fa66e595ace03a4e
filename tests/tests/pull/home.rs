//! What the tests of `ofa pull` share: a folder to pull into, and the program run there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use safetensors::SafeTensors;
use serde_json::Value;

use super::server::{REPO, Server};

pub(crate) const BIN_REPO: [&str; 7] = [
    "config.json",
    "preprocessor_config.json",
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "pytorch_model.bin",
];

pub(crate) fn goldens() -> PathBuf {
    ofa_tests::golden("checkpoint")
}

/// A repository that has only `pytorch_model.bin`.
pub(crate) fn bin_repository() -> Server {
    Server::with(&goldens().join("clip"), &BIN_REPO)
}

/// A repository with `model.safetensors`, and a PyTorch file that must not be fetched.
pub(crate) fn safetensors_repository() -> Server {
    let server = bin_repository();
    let weights = std::fs::read(goldens().join("clip/expected.safetensors")).unwrap();
    server.put("model.safetensors", weights);
    server
}

/// A folder for one test: a home without settings, and the place for the encoder.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn encoder(&self) -> PathBuf {
        self.folder().join("ENC")
    }

    /// A file that is in the encoder's folder before anything is pulled.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::create_dir_all(self.encoder()).unwrap();
        let path = self.encoder().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.encoder().join(name)).unwrap()
    }

    /// `ofa pull` in an environment where nothing of the user's own settings counts.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
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
            .env("HOME", self.folder())
            .arg("pull")
            .args(arguments);
        command
    }

    pub(crate) fn pull(&self, server: &Server, more: &[&str]) -> Command {
        let encoder = self.encoder();
        let mut command = self.command(&[REPO, "--json", "-o", encoder.to_str().unwrap()]);
        command.args(more).env("HF_ENDPOINT", server.url());
        command
    }

    /// Every file of the encoder's folder, hidden ones too.
    pub(crate) fn files(&self) -> Vec<String> {
        names(&self.encoder())
    }

    /// The temporary file of `file`, if there is one.
    pub(crate) fn part(&self, file: &str) -> Option<PathBuf> {
        let prefix = format!(".{file}.");
        let mut names = self.files().into_iter();
        let name = names.find(|name| name.starts_with(&prefix))?;
        Some(self.encoder().join(name))
    }

    /// Waits until `child` has received `bytes` of `file`, and gives the temporary file.
    pub(crate) fn wait_for_part(
        &self,
        child: &mut std::process::Child,
        file: &str,
        bytes: u64,
    ) -> PathBuf {
        loop {
            if let Some(part) = self.part(file)
                && std::fs::metadata(&part).is_ok_and(|part| part.len() == bytes)
            {
                return part;
            }
            assert!(child.try_wait().unwrap().is_none(), "it ended too early");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(crate) fn done(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let printed = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&printed).unwrap_or_else(|_| panic!("no JSON object: {printed}"))
}

pub(crate) fn failed(command: &mut Command, code: i32, expected: &[&str]) -> String {
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

pub(crate) fn state_of<'a>(report: &'a Value, name: &str) -> &'a str {
    let files = report["files"].as_array().unwrap();
    let file = files.iter().find(|file| file["name"] == name).unwrap();
    file["state"].as_str().unwrap()
}

pub(crate) fn assert_same_tensors(found: &Path, expected: &Path) {
    let found = std::fs::read(found).unwrap();
    let expected = std::fs::read(expected).unwrap();
    let found = SafeTensors::deserialize(&found).unwrap();
    let expected = SafeTensors::deserialize(&expected).unwrap();
    assert_eq!(found.len(), expected.len());
    for (name, tensor) in expected.tensors() {
        assert_eq!(found.tensor(&name).unwrap(), tensor, "{name}");
    }
}
