//! An encoder that lies in a folder with PyTorch weights only: converted in place or elsewhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::architecture;
use super::content_id::Identity;
use super::convert::{self, Source};
use super::errors::writing;
use super::layout::{self, CONFIG, SAFETENSORS, Weights};
use super::report::{FileState, PullReport, PulledFile};

/// Converts the weights in `folder` to `model.safetensors` there, or in `output` together with
/// copies of the encoder's other files. The PyTorch files stay as they are.
///
/// # Errors
/// The model is no CLIP, a file that an encoder needs is missing, the weights are safetensors
/// already and `output` is given, a file in `output` differs or would be read in place of the
/// encoder's own and `force` is not given, or a checkpoint cannot be converted.
pub(super) fn convert(folder: &Path, output: Option<&Path>, force: bool) -> Result<PullReport> {
    let from = folder.display().to_string();
    let has = |name: &str| folder.join(name).is_file();
    layout::require_config(has, &from)?;
    architecture::check(&read(&folder.join(CONFIG))?, &from)?;
    let layout = layout::find(has, &from)?;

    let target = output.unwrap_or(folder);
    let names: Vec<String> = match layout.weights {
        Weights::Safetensors(name) | Weights::SafetensorsShards(name) => {
            ensure!(
                output.is_none(),
                "{from} has {name} already: there is nothing to convert; use the folder as it is"
            );
            let file = kept(folder, name)?;
            return Ok(PullReport::new(
                &from,
                None,
                folder.to_owned(),
                vec![file],
                0,
            ));
        }
        Weights::Torch(name) => vec![name.to_owned()],
        Weights::TorchShards(index) => layout::shards(&read(&folder.join(index))?, index)?,
    };

    let mut files = Vec::new();
    let small = std::iter::once(&CONFIG).chain(&layout.small);
    if target == folder {
        for name in small {
            files.push(kept(folder, name)?);
        }
    } else {
        let model = target.join(SAFETENSORS);
        ensure!(
            force || !model.exists(),
            "{}: is there already; give another folder with -o, or --force to replace it",
            model.display()
        );
        for name in layout.rivals() {
            layout::refuse_rival(&target.join(name), &from, force)?;
        }
        fs::create_dir_all(target).map_err(|error| writing(target, error))?;
        for name in small {
            files.push(copy(folder, target, name, force)?);
        }
    }
    files.push(PulledFile {
        name: SAFETENSORS.to_owned(),
        bytes: converted(folder, &names, target)?,
        state: FileState::Converted,
    });
    if target != folder {
        // Last, so that a run that fails takes nothing away.
        for name in layout.rivals() {
            let path = target.join(name);
            if path.exists() {
                fs::remove_file(&path).map_err(|error| writing(&path, error))?;
            }
        }
    }
    Ok(PullReport::new(&from, None, target.to_owned(), files, 0))
}

/// Converts the named files of `folder` into `target`, and gives the length of the result.
fn converted(folder: &Path, names: &[String], target: &Path) -> Result<u64> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let path = folder.join(name);
        let identity =
            Identity::of(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        found.push((path, identity));
    }
    let sources: Vec<Source<'_>> = names
        .iter()
        .zip(&found)
        .map(|(name, (path, identity))| Source {
            path,
            name,
            identity,
        })
        .collect();
    convert::into_folder(&sources, target)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))
}

fn kept(folder: &Path, name: &str) -> Result<PulledFile> {
    let path = folder.join(name);
    let metadata =
        fs::metadata(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(PulledFile {
        name: name.to_owned(),
        bytes: metadata.len(),
        state: FileState::Kept,
    })
}

fn copy(from: &Path, to: &Path, name: &str, force: bool) -> Result<PulledFile> {
    let content = read(&from.join(name))?;
    let path = to.join(name);
    if path.exists() {
        if read(&path)? == content {
            return kept(to, name);
        }
        ensure!(
            force,
            "{}: is there already and differs; give another folder with -o, or --force to \
             replace it",
            path.display()
        );
    }
    let temporary = to.join(format!(".{name}.copying.part"));
    let written = fs::write(&temporary, &content)
        .map_err(|error| writing(&temporary, error))
        .and_then(|()| fs::rename(&temporary, &path).map_err(|error| writing(&path, error)));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(PulledFile {
        name: name.to_owned(),
        bytes: content.len() as u64,
        state: FileState::Copied,
    })
}
