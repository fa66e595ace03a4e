//! What the tests of the workspace share: where the goldens and the program are.

use std::path::{Path, PathBuf};

/// The folder of a golden.
#[must_use]
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("goldens")
        .join(name)
}

/// The encoder that ships with the project.
#[must_use]
pub fn demo_encoder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo-encoder")
}

/// The program `ofa`, built in the profile of the tests.
///
/// # Panics
/// When it is not built: `cargo xtask test` builds it before it runs the tests.
#[must_use]
pub fn ofa_bin() -> PathBuf {
    program("ofa", "ofa-cli")
}

/// The program `ofa-eval`, as [`ofa_bin`].
///
/// # Panics
/// As there.
#[must_use]
pub fn ofa_eval_bin() -> PathBuf {
    program("ofa-eval", "ofa-eval")
}

fn program(name: &str, package: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("tests lie in target/PROFILE/deps");
    let program = profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is missing: run `cargo build --package {package}` first, as `cargo xtask test` does",
        program.display()
    );
    program
}
