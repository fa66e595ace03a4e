//! The page: the package that it is made of, the dataset to try it on, the built files and their compressed siblings.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use crate::{browser, command, pkg, wasm};

/// The page's sources, from the project's root, and where it is built below them.
const PAGE: &str = "web";
const BUILT: &str = "dist";

/// The dataset that the page offers to try: world, records, seed. What is trained on has others.
const DEMO_DATA: [&str; 3] = ["things", "600", "42"];
const DEMO_FILE: &str = "public/demo-data/things.zip";

/// The most that a visitor downloads of scripts and styles before any WebAssembly: bytes after brotli.
const FIRST_LOAD: u64 = 300_000;

/// Written when all is built. Vite empties the folder first, so it is not there after a build by hand, which compresses
/// nothing.
const STAMP: &str = ".vite/first_load";

/// What the page is made of, beside the package's folders.
const SOURCES: [&str; 8] = [
    "src",
    "public",
    "build",
    "index.html",
    "content-security-policy.txt",
    "vite.config.ts",
    "package-lock.json",
    "tsconfig.json",
];
/// Not its compiled scripts, which are written anew each time.
const OF_PACKAGE: [&str; 3] = ["src", "wasm", "demo"];

/// Builds the page into `web/dist`. What is up to date is not built again.
///
/// # Errors
/// Where the package cannot be built, a tool is missing or fails, or the first load is larger than its budget.
pub(crate) fn run() -> Result<()> {
    pkg::run()?;
    let page = command::root().join(PAGE);
    write_demo_data(&page.join(DEMO_FILE))?;
    let stamp = page.join(BUILT).join(STAMP);
    if !is_up_to_date(&page, &stamp)? {
        build(&page, &stamp)?;
    }
    let first_load = std::fs::read_to_string(&stamp)
        .with_context(|| format!("{} cannot be read", stamp.display()))?;
    let bytes: u64 = first_load
        .trim()
        .parse()
        .with_context(|| format!("{}: expected a number; remove it", stamp.display()))?;
    eprintln!(
        "first load: {bytes} bytes of script and style after brotli, of at most {FIRST_LOAD}"
    );
    if bytes > FIRST_LOAD {
        bail!(
            "the first load is larger than its budget: import what is needed later with `import()`"
        );
    }
    Ok(())
}

fn write_demo_data(file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut write = Command::new(command::cargo());
    write
        .args(["run", "--quiet", "--locked", "--package", "ofa-world"])
        .args(["--example", "dataset_zip", "--"])
        .args(DEMO_DATA)
        .arg(file);
    command::run_prepared(write)
}

fn build(page: &Path, stamp: &Path) -> Result<()> {
    let node = wasm::ensure_node()?;
    let packages = page.join("node_modules");
    if modified(&packages.join(".package-lock.json")) < modified(&page.join("package-lock.json")) {
        browser::install_packages(page)?;
    }
    for project in [
        "tsconfig.json",
        "tsconfig.worker.json",
        "tsconfig.build.json",
    ] {
        let mut check = Command::new(node);
        check
            .arg(packages.join("typescript/bin/tsc"))
            .args(["--noEmit", "--project"])
            .arg(page.join(project));
        command::run_prepared(check)?;
    }
    let mut build = Command::new(node);
    build
        .arg(packages.join("vite/bin/vite.js"))
        .args(["build", "--logLevel", "warn"])
        .arg(page);
    command::run_prepared(build)?;
    let mut compress = Command::new(node);
    compress.arg(page.join("build/precompress.mjs"));
    command::run_prepared(compress)?;
    let measured = Command::new(node)
        .arg(page.join("build/first_load.mjs"))
        .output()
        .with_context(|| format!("`{node}` could not be started"))?;
    let said = String::from_utf8_lossy(&measured.stderr);
    eprint!("{said}");
    if !measured.status.success() {
        bail!("the first load could not be measured");
    }
    std::fs::write(stamp, &measured.stdout)
        .with_context(|| format!("{} cannot be written", stamp.display()))
}

/// Whether nothing that the page is made of is newer than it.
fn is_up_to_date(page: &Path, stamp: &Path) -> Result<bool> {
    let Some(built) = modified(stamp) else {
        return Ok(false);
    };
    let package = command::root().join(pkg::PACKAGE);
    let sources = SOURCES.iter().map(|name| page.join(name));
    let of_package = OF_PACKAGE.iter().map(|name| package.join(name));
    let parts: Vec<PathBuf> = sources.chain(of_package).collect();
    for part in parts {
        for entry in WalkDir::new(&part) {
            let entry = entry.with_context(|| format!("{} cannot be read", part.display()))?;
            // A folder is newer where a file of it was removed.
            if entry.metadata()?.modified()? > built {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// When a file was written; nothing where there is none.
fn modified(file: &Path) -> Option<SystemTime> {
    file.metadata()
        .and_then(|metadata| metadata.modified())
        .ok()
}
