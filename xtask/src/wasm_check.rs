//! What WebAssembly modules are made of.

use std::path::Path;

use anyhow::{Context, Result, bail};
use wasmparser::{Operator, Parser, Payload, TypeRef, Validator, WasmFeatures};

/// Checks that a module starts in browsers without relaxed SIMD.
///
/// # Errors
/// With the first instruction that they would refuse.
pub(crate) fn check_runs_everywhere(file: &Path) -> Result<()> {
    let mut features = WasmFeatures::default();
    features.remove(WasmFeatures::RELAXED_SIMD);
    let bytes = read(file)?;
    Validator::new_with_features(features)
        .validate_all(&bytes)
        .with_context(|| format!("{} does not start in every browser", file.display()))?;
    Ok(())
}

/// Checks that a module works on another's memory and keeps nothing there: it has no data, no stack, and does
/// nothing when it starts.
///
/// # Errors
/// With what it has beside its functions.
pub(crate) fn check_is_guest(file: &Path) -> Result<()> {
    let bytes = read(file)?;
    for payload in Parser::new(0).parse_all(&bytes) {
        let found = match payload? {
            Payload::ImportSection(section) => {
                let imports = section
                    .into_imports()
                    .collect::<std::result::Result<Vec<_>, _>>()?;
                match imports.as_slice() {
                    [import] if matches!(import.ty, TypeRef::Memory(_)) => continue,
                    _ => "imports other than a memory",
                }
            }
            // The linker gives every module the place of a stack. Nothing may go there.
            Payload::CodeSectionEntry(body) => {
                let mut is_used = false;
                for operator in body.get_operators_reader()? {
                    is_used |= matches!(
                        operator?,
                        Operator::GlobalGet { .. } | Operator::GlobalSet { .. }
                    );
                }
                if !is_used {
                    continue;
                }
                "a function that uses a stack"
            }
            Payload::MemorySection(_) => "a memory of its own",
            Payload::DataSection(_) => "data",
            Payload::StartSection { .. } => "a start",
            _ => continue,
        };
        bail!(
            "{}: expected only functions on another's memory, found {found}",
            file.display()
        );
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}
