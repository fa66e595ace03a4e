//! The npm package: its WebAssembly modules, the TypeScript around them, and the demo's files.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use wasm_bindgen_cli_support::Bindgen;

use crate::wasm::{Build, Toolchain};
use crate::{browser, command, wasm, wasm_check};

/// The package, from the project's root.
pub(crate) const PACKAGE: &str = "pkg";

/// The crate that all modules with JavaScript around them are built from.
const CRATE: &str = "ofa-web";

/// The modules that multiply on the memory of `pipeline`, of which a browser takes one: name and features.
const PRODUCTS: [(&str, &str); 2] = [("fused", "fused"), ("plain", "")];

/// Their crate, and its example.
const PRODUCTS_FROM: (&str, &str) = ("ofa-products", "products");

/// The most bytes of one.
const PRODUCTS_BUDGET: u64 = 4_000;

/// The profile of the workspace's Cargo.toml, and the folder below `target`.
pub(crate) const PROFILE: &str = "web";

/// A WebAssembly module of the package.
struct Module {
    /// What its files and its example in the crate are called.
    name: &'static str,
    /// Of the crate.
    features: &'static str,
    /// Whether there is C in it.
    has_c: bool,
    /// The most that a visitor downloads for it: bytes after brotli.
    budget: u64,
}

const MODULES: [Module; 3] = [
    Module {
        name: "pipeline",
        features: "pipeline,cpu",
        has_c: false,
        budget: 1_500_000,
    },
    Module {
        name: "pipeline_full",
        features: "full",
        has_c: true,
        budget: 2_600_000,
    },
    Module {
        name: "webgpu",
        features: "webgpu",
        has_c: false,
        budget: 1_700_000,
    },
];

/// What ships of the demo, and under which name in the package's `demo`.
const DEMO: [(&str, &str); 6] = [
    ("demo-encoder/config.json", "encoder/config.json"),
    (
        "demo-encoder/preprocessor_config.json",
        "encoder/preprocessor_config.json",
    ),
    ("demo-encoder/tokenizer.json", "encoder/tokenizer.json"),
    (
        "demo-encoder/model.safetensors",
        "encoder/model.safetensors",
    ),
    (
        "demo-encoder/self_check.safetensors",
        "encoder/self_check.safetensors",
    ),
    ("demo-selector/selector.safetensors", "selector.safetensors"),
];

/// Prints how large a file is after brotli at its strongest, as servers send what never changes.
const BROTLI: &str = "const { constants, brotliCompressSync } = require('node:zlib');
const bytes = require('node:fs').readFileSync(process.argv[1]);
const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
console.log(brotliCompressSync(bytes, { params }).length);";

/// Builds the package in its folder. What is up to date is not built again.
///
/// # Errors
/// Where a tool is missing and cannot be installed, something does not build, or a module is larger
/// than its budget.
pub(crate) fn run() -> Result<()> {
    let node = wasm::ensure_node()?;
    let toolchain = wasm::ensure_target()?;
    let package = command::root().join(PACKAGE);
    let mut too_large = Vec::new();
    // One build waits for the other, since they share their dependencies; what comes after it does not.
    let built = std::thread::scope(|scope| {
        let (toolchain, folder) = (&toolchain, package.join("wasm"));
        let builds = MODULES.each_ref().map(|module| {
            let folder = folder.clone();
            scope.spawn(move || module.build(toolchain, node, &folder))
        });
        builds.map(|build| build.join().expect("a build does not panic"))
    });
    for (module, built) in MODULES.iter().zip(built) {
        let (raw, compressed) = built?;
        let line = format!(
            "{}: {raw} bytes, {compressed} after brotli, of at most {}",
            module.name, module.budget
        );
        eprintln!("{line}");
        if compressed > module.budget {
            too_large.push(line);
        }
    }
    build_products(&toolchain, &package.join("wasm"))?;
    copy_demo(&package.join("demo"))?;
    compile_typescript(node, &package)?;
    if !too_large.is_empty() {
        bail!("larger than its budget: {}", too_large.join("; "));
    }
    Ok(())
}

impl Module {
    /// Builds the module into `folder`, and gives its size before and after brotli.
    fn build(&self, toolchain: &Toolchain, node: &str, folder: &Path) -> Result<(u64, u64)> {
        let built = toolchain.build(&Build {
            package: CRATE,
            example: Some(self.name),
            options: &["--no-default-features", "--features", self.features],
            simd: true,
            c: self.has_c.then(wasm::ensure_c_compiler).transpose()?,
            profile: PROFILE,
            folder: PROFILE,
        })?;
        let work = command::root().join("target").join(PROFILE);
        let staged = work.join("bindgen").join(self.name);
        let sizes = staged.with_extension("sizes");
        let binary = format!("{}_bg.wasm", self.name);
        if is_newer(&sizes, &built) && is_newer(&folder.join(&binary), &built) {
            return read_sizes(&sizes);
        }
        if staged.exists() {
            std::fs::remove_dir_all(&staged)
                .with_context(|| format!("{} cannot be removed", staged.display()))?;
        }
        Bindgen::new()
            .input_path(&built)
            .web(true)?
            .typescript(true)
            // An eighth of the download. What a panic says and where it was is told without them.
            .remove_name_section(true)
            .remove_producers_section(true)
            .out_name(self.name)
            .generate(&staged)
            .with_context(|| format!("{}: no JavaScript could be made for it", built.display()))?;
        wasm_check::check_runs_everywhere(&staged.join(&binary))?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        // The module last: where it is new, everything is.
        let others = [".js", ".d.ts", "_bg.wasm.d.ts"].map(|end| format!("{}{end}", self.name));
        for name in others.iter().chain([&binary]) {
            copy(&staged.join(name), &folder.join(name))?;
        }
        let raw = staged.join(&binary).metadata()?.len();
        let compressed = size_after_brotli(node, &staged.join(&binary))?;
        std::fs::write(&sizes, format!("{raw} {compressed}\n"))
            .with_context(|| format!("{} cannot be written", sizes.display()))?;
        Ok((raw, compressed))
    }
}

/// Builds the modules of products into `products.js` in `folder`, as text: each is smaller than what a bundler would
/// take for a file, and a page's policy that allows its own scripts allows them, too.
fn build_products(toolchain: &Toolchain, folder: &Path) -> Result<()> {
    let (package, example) = PRODUCTS_FROM;
    let mut script = "// Modules of the crate `ofa-products`, as base64.\n".to_owned();
    for (name, features) in PRODUCTS {
        let built = toolchain.build(&Build {
            package,
            example: Some(example),
            options: &["--features", features],
            simd: true,
            c: None,
            profile: PROFILE,
            folder: PROFILE,
        })?;
        wasm_check::check_is_guest(&built)?;
        if features.is_empty() {
            wasm_check::check_runs_everywhere(&built)?;
        }
        let module =
            std::fs::read(&built).with_context(|| format!("{} cannot be read", built.display()))?;
        let length = module.len() as u64;
        eprintln!("products, {name}: {length} bytes, of at most {PRODUCTS_BUDGET}");
        if length > PRODUCTS_BUDGET {
            bail!("larger than its budget: products, {name}");
        }
        let text = BASE64_STANDARD.encode(module);
        script.push_str(&format!("export const {name} = \"{text}\";\n"));
    }
    // Both are linked under one name, and so anew each time: what is the same keeps its time.
    let file = folder.join("products.js");
    if std::fs::read(&file).ok().as_deref() != Some(script.as_bytes()) {
        std::fs::write(&file, script)
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

/// Whether a file is there and was written after another.
fn is_newer(file: &Path, than: &Path) -> bool {
    let written = |file: &Path| file.metadata().and_then(|metadata| metadata.modified());
    match (written(file), written(than)) {
        (Ok(file), Ok(than)) => file >= than,
        _ => false,
    }
}

fn read_sizes(file: &Path) -> Result<(u64, u64)> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let sizes = text.trim().split_once(' ');
    sizes
        .and_then(|(raw, compressed)| Some((raw.parse().ok()?, compressed.parse().ok()?)))
        .with_context(|| format!("{}: expected two numbers; remove it", file.display()))
}

fn size_after_brotli(node: &str, file: &Path) -> Result<u64> {
    let output = Command::new(node)
        .args(["-e", BROTLI])
        .arg(file)
        .output()
        .with_context(|| format!("`{node}` could not be started"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().with_context(|| {
        let failed = String::from_utf8_lossy(&output.stderr);
        format!("{}: cannot be compressed: {failed}", file.display())
    })
}

/// Puts the demo's encoder and selector into the package.
fn copy_demo(folder: &Path) -> Result<()> {
    let assets = command::root().join("assets");
    for (from, to) in DEMO {
        let (from, to) = (assets.join(from), folder.join(to));
        if !is_newer(&to, &from) {
            copy(&from, &to)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    std::fs::copy(from, to)
        .with_context(|| format!("{} cannot be copied to {}", from.display(), to.display()))?;
    Ok(())
}

fn compile_typescript(node: &str, package: &Path) -> Result<()> {
    let installed: PathBuf = package.join("node_modules/.package-lock.json");
    if !is_newer(&installed, &package.join("package-lock.json")) {
        browser::install_packages(package)?;
    }
    let mut compile = Command::new(node);
    compile
        .arg(package.join("node_modules/typescript/bin/tsc"))
        .arg("-p")
        .arg(package);
    command::run_prepared(compile)
}
