//! Which crate may depend on which.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::command::root;

/// Crates of the project and the crates of the project that each may use.
///
/// Three floors above a foundation, the products of matrices: no arrow runs upward, and none within the
/// ground floor.
const MAY_USE: [(&str, &[&str]); 17] = [
    ("ofa-products", &[]),
    ("ofa-tiles", &[]),
    ("ofa-core", &["ofa-tiles"]),
    ("ofa-data", &[]),
    ("ofa-clip", &["ofa-products", "ofa-tiles"]),
    ("ofa-world", &[]),
    ("ofa-train", &["ofa-core", "ofa-tiles"]),
    ("ofa-pipeline", &["ofa-core", "ofa-data", "ofa-clip"]),
    (
        "ofa-backends",
        &["ofa-core", "ofa-clip", "ofa-train", "ofa-pipeline"],
    ),
    (
        "ofa-cli",
        &[
            "ofa-backends",
            "ofa-core",
            "ofa-data",
            "ofa-clip",
            "ofa-train",
            "ofa-pipeline",
            "ofa-world",
            "ofa-serve",
        ],
    ),
    ("ofa-serve", &[]),
    (
        "ofa-tests",
        &[
            "ofa-backends",
            "ofa-core",
            "ofa-data",
            "ofa-clip",
            "ofa-train",
            "ofa-pipeline",
            "ofa-world",
        ],
    ),
    (
        "ofa-web",
        &["ofa-core", "ofa-data", "ofa-clip", "ofa-pipeline"],
    ),
    ("ofa-determinism", &["ofa-core"]),
    (
        "ofa-contrastive",
        &["ofa-core", "ofa-data", "ofa-clip", "ofa-world"],
    ),
    ("ofa-eval", &["ofa-core", "ofa-data", "ofa-clip"]),
    ("xtask", &[]),
];

/// Backends, named only by the leaves; elsewhere code is generic over `Backend`.
const BACKENDS: [&str; 3] = ["burn-flex", "burn-candle", "burn-wgpu"];
const LEAVES: [&str; 4] = ["ofa-backends", "ofa-contrastive", "ofa-eval", "ofa-web"];

/// Crates that may not depend on burn at all.
const WITHOUT_BURN: [&str; 9] = [
    "ofa-products",
    "ofa-tiles",
    "ofa-core",
    "ofa-data",
    "ofa-world",
    "ofa-determinism",
    "ofa-serve",
    "ofa-cli",
    "xtask",
];

/// Crates of the browser, used by `ofa-web` alone.
const BROWSER: [&str; 5] = [
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "web-sys",
    "js-sys",
    "serde-wasm-bindgen",
];

pub(super) fn check() -> Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    let mut broken = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, may_use)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            broken.push(format!(
                "{name}: a new crate: say in xtask/src/tidy/dependencies.rs what it may use"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            // Tests of a crate may run it on a backend.
            if dependency.kind == DependencyKind::Development {
                continue;
            }
            let used = dependency.name.as_str();
            let own = MAY_USE.iter().any(|(known, _)| *known == used);
            if own && !may_use.contains(&used) {
                broken.push(format!("{name}: must not depend on {used}"));
            }
            if BACKENDS.contains(&used) && !LEAVES.contains(&name) {
                broken.push(format!(
                    "{name}: names the backend {used}; only {LEAVES:?} do"
                ));
            }
            if used.starts_with("burn") && WITHOUT_BURN.contains(&name) {
                broken.push(format!("{name}: must not depend on burn ({used})"));
            }
            if BROWSER.contains(&used) && name != "ofa-web" {
                broken.push(format!(
                    "{name}: must not depend on {used}; only ofa-web does"
                ));
            }
        }
        if package.license.as_deref() != Some("MIT OR Apache-2.0") {
            broken.push(format!(
                "{name}: license must be inherited from the workspace"
            ));
        }
        if package
            .description
            .as_deref()
            .unwrap_or_default()
            .is_empty()
        {
            broken.push(format!("{name}: Cargo.toml lacks a description"));
        }
    }
    Ok(broken)
}
