//! Building for WebAssembly, and Node to run it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{command, debian};

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's packages of a Rust that has the target's library as source, and of its linker.
const PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "libstd-rust-web-dev",
    "lld-22",
];

/// Where those put the programs.
const DEBIAN: &str = "/usr/bin";

/// Debian's compiler of C that knows the target, and its archiver.
const C_PACKAGES: [&str; 2] = ["clang-22", "llvm-22"];

/// A compiler of C and its archiver, by name: those packages', and whatever else there is.
const C_PROGRAMS: [(&str, &str); 2] = [("clang-22", "llvm-ar-22"), ("clang", "llvm-ar")];

/// The oldest Node whose WebAssembly has vectors and whose scripts are modules.
const NODE: u32 = 18;

/// A module to be built.
pub(crate) struct Build<'a> {
    /// The package.
    pub(crate) package: &'a str,
    /// Which of its examples is the module; `None` where its library is.
    pub(crate) example: Option<&'a str>,
    /// What is told to cargo besides, such as features.
    pub(crate) options: &'a [&'a str],
    /// Whether it may use vector instructions.
    pub(crate) simd: bool,
    /// What compiles the C in it; `None` where there is none.
    pub(crate) c: Option<CCompiler>,
    /// The profile of the workspace's Cargo.toml.
    pub(crate) profile: &'a str,
    /// The folder below `target`. Builds with other flags have others, so that none throws another
    /// away.
    pub(crate) folder: &'a str,
}

/// What compiles C for the target.
#[derive(Clone, Copy)]
pub(crate) struct CCompiler {
    compiler: &'static str,
    archiver: &'static str,
}

/// What builds for the target.
pub(crate) enum Toolchain {
    /// The cargo that runs this task, whose rustup has the target.
    Rustup,
    /// Debian's own, which builds the standard library along.
    Debian,
}

/// Makes sure that something builds for WebAssembly: with rustup's target, which is added where it
/// is not installed; where rustup cannot download, with Debian's packages, which are installed.
///
/// # Errors
/// Where neither can be had.
pub(crate) fn ensure_target() -> Result<Toolchain> {
    if has_rustup_target() {
        return Ok(Toolchain::Rustup);
    }
    if has_debian_toolchain() {
        return Ok(Toolchain::Debian);
    }
    let added = command::run("rustup", &["target", "add", TARGET]);
    if added.is_ok() && has_rustup_target() {
        return Ok(Toolchain::Rustup);
    }
    debian::install(&PACKAGES).with_context(|| {
        format!(
            "nothing builds for {TARGET}: run `rustup target add {TARGET}`, or install Debian's {}",
            PACKAGES.join(" ")
        )
    })?;
    if !has_debian_toolchain() {
        bail!(
            "{} are installed, but {DEBIAN} lacks cargo, rustc or wasm-ld-22",
            PACKAGES.join(", ")
        );
    }
    Ok(Toolchain::Debian)
}

fn has_rustup_target() -> bool {
    let installed = Command::new("rustup")
        .args(["target", "list", "--installed"])
        .current_dir(command::root())
        .output();
    installed.is_ok_and(|output| {
        let mut targets = output.stdout.split(|byte| *byte == b'\n');
        output.status.success() && targets.any(|target| target == TARGET.as_bytes())
    })
}

fn has_debian_toolchain() -> bool {
    let has = |program: &str| Path::new(DEBIAN).join(program).exists();
    // The library source comes with the compiler's own version number in its path.
    let source = Command::new(Path::new(DEBIAN).join("rustc"))
        .args(["--print", "sysroot"])
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|sysroot| Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/Cargo.lock"));
    ["cargo", "rustc", "wasm-ld-22"].into_iter().all(has)
        && source.is_some_and(|lock| lock.exists())
}

/// Makes sure that something compiles C for the target: a clang that is there, or Debian's.
///
/// # Errors
/// Where there is none and none can be installed.
pub(crate) fn ensure_c_compiler() -> Result<CCompiler> {
    if let Some(found) = c_compiler() {
        return Ok(found);
    }
    let missing = "no clang with the target wasm32 and no llvm-ar: install both";
    debian::install(&C_PACKAGES).context(missing)?;
    c_compiler().context(missing)
}

fn c_compiler() -> Option<CCompiler> {
    let said = |program: &str, option: &str| {
        let output = Command::new(program).arg(option).output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(said)
    };
    let works = |&(compiler, archiver): &(&str, &str)| {
        // A compiler may come without the target, as that of macOS does.
        said(compiler, "--print-targets").is_some_and(|targets| targets.contains("wasm32"))
            && said(archiver, "--version").is_some()
    };
    let (compiler, archiver) = C_PROGRAMS.into_iter().find(works)?;
    Some(CCompiler { compiler, archiver })
}

/// Makes sure that Node runs, and gives its name.
///
/// # Errors
/// Where there is none and none can be installed, or it is older than [`NODE`].
pub(crate) fn ensure_node() -> Result<&'static str> {
    if node_version().is_none() {
        debian::install(&["nodejs"])
            .with_context(|| format!("no `node`: install Node {NODE} or newer"))?;
    }
    match node_version() {
        Some(version) if version >= NODE => Ok("node"),
        Some(version) => bail!("node is version {version}; install Node {NODE} or newer"),
        None => bail!("Node was installed, but `node` does not run"),
    }
}

fn node_version() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

impl Toolchain {
    /// Builds a module and gives its file.
    ///
    /// # Errors
    /// Where the build fails.
    pub(crate) fn build(&self, build: &Build<'_>) -> Result<PathBuf> {
        let &Build {
            package,
            example,
            options,
            simd,
            c,
            profile,
            folder,
        } = build;
        let folder = command::root().join("target").join(folder);
        let mut flags = r#"--cfg getrandom_backend="wasm_js""#.to_owned();
        if simd {
            flags.push_str(" -C target-feature=+simd128");
        }
        let mut line = vec!["build", "--package", package, "--locked"];
        line.extend(["--profile", profile]);
        line.extend(["--target", TARGET]);
        line.extend(options);
        if let Some(example) = example {
            line.extend(["--example", example]);
        }
        let mut build = match self {
            Self::Rustup => Command::new(command::cargo()),
            Self::Debian => {
                line.push("-Zbuild-std=std,panic_abort");
                let debian = Path::new(DEBIAN);
                let mut build = Command::new(debian.join("cargo"));
                let paths = std::env::var_os("PATH").unwrap_or_default();
                let paths = [debian.to_owned()]
                    .into_iter()
                    .chain(std::env::split_paths(&paths));
                build
                    .env("PATH", std::env::join_paths(paths)?)
                    .env("RUSTC", debian.join("rustc"))
                    // The library is built with what only a nightly compiler takes otherwise.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22");
                for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC_WRAPPER", "RUSTDOC"] {
                    build.env_remove(name);
                }
                build
            }
        };
        if let Some(CCompiler { compiler, archiver }) = c {
            build
                .env("CC_wasm32_unknown_unknown", compiler)
                .env("AR_wasm32_unknown_unknown", archiver);
        }
        build
            .args(&line)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", &flags)
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_TARGET_DIR", &folder);
        command::run_prepared(build)?;
        let built = folder.join(TARGET).join(profile);
        Ok(match example {
            Some(example) => built.join(format!("examples/{example}.wasm")),
            None => built.join(format!("{}.wasm", package.replace('-', "_"))),
        })
    }
}
