//! A Vulkan driver for the tests of the wgpu backend: a GPU's, or Mesa's software one.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::debian;

/// Folders in which Vulkan loaders look for drivers.
const DRIVER_FOLDERS: [&str; 3] = [
    "/usr/share/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
    "/etc/vulkan/icd.d",
];

/// Debian's packages of Mesa's drivers (lavapipe among them) and of the loader.
const PACKAGES: [&str; 2] = ["mesa-vulkan-drivers", "libvulkan1"];

/// Makes sure that wgpu finds an adapter, installing Mesa's drivers where there is none.
///
/// # Errors
/// Where there is no driver and none can be installed: the tests of the wgpu backend are
/// never skipped.
pub(crate) fn ensure_driver() -> Result<()> {
    if !cfg!(target_os = "linux") || has_driver() {
        // Metal and Direct3D 12 come with the system.
        return Ok(());
    }
    let packages = PACKAGES.join(" ");
    debian::install(&PACKAGES).with_context(|| {
        format!("no Vulkan driver: install Debian's {packages}, or what your system calls them")
    })?;
    if !has_driver() {
        bail!(
            "{packages} are installed, but {} hold no driver",
            DRIVER_FOLDERS.join(", ")
        );
    }
    Ok(())
}

fn has_driver() -> bool {
    let holds_one = |folder: &str| {
        Path::new(folder).read_dir().is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "json")
            })
        })
    };
    std::env::var_os("VK_ICD_FILENAMES").is_some()
        || std::env::var_os("VK_DRIVER_FILES").is_some()
        || DRIVER_FOLDERS.into_iter().any(holds_one)
}
