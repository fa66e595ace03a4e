//! The folder of an export, which is there when it is whole.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ofa_clip::{EncoderIndex, IndexedFile, SETTINGS_FILES, SelfCheck};
use ofa_pipeline::native::{Folder, FolderLock};

use crate::encoder::WEIGHT_INDEX;
use crate::failure::Usage;
use crate::output::{self, Hashing};

/// What the folder's name has at its end while it is written.
const PARTIAL: &str = ".part";

/// What the name of an export that is replaced has at its end until it is removed.
const REPLACED: &str = ".replaced.part";

/// A folder that is written beside its name.
///
/// Dropped before [`finish`](Self::finish), it is removed. What a killed run left is removed by the
/// next one; a second run on the same name at the same time is refused.
pub(super) struct ExportFolder {
    target: PathBuf,
    partial: PathBuf,
    replaced: PathBuf,
    files: Vec<IndexedFile>,
    lock: Option<FolderLock>,
}

impl ExportFolder {
    /// Begins an export to `target`, which is neither `source`, in it nor around it.
    pub(super) fn begin(target: &Path, source: &Path, force: bool) -> Result<Self> {
        let Some(name) = target.file_name() else {
            return Err(Usage(format!(
                "-o {}: expected the name of a folder to make",
                target.display()
            ))
            .into());
        };
        let beside = |ending: &str| {
            let mut name = name.to_owned();
            name.push(ending);
            target.with_file_name(name)
        };
        let (partial, replaced) = (beside(PARTIAL), beside(REPLACED));
        for place in [target, &partial, &replaced] {
            ensure!(
                !output::lies_in(place, source),
                "{}: lies in the encoder {}, and inputs are never changed; choose a place outside",
                place.display(),
                source.display()
            );
            output::refuse_around(place, &[source])?;
        }
        refuse_other(target, force)?;
        let lock = Folder::new(&partial)
            .lock()
            .with_context(|| format!("{}: cannot be written to", partial.display()))?;
        empty(&partial)?;
        remove(&replaced)?;
        Ok(Self {
            target: target.to_owned(),
            partial,
            replaced,
            files: Vec::new(),
            lock: Some(lock),
        })
    }

    /// Where the files are while the export is not finished.
    pub(super) fn path(&self) -> &Path {
        &self.partial
    }

    /// What was written so far.
    pub(super) fn files(&self) -> &[IndexedFile] {
        &self.files
    }

    /// Writes a file, in place of one of that name, and gives its length.
    pub(super) fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<u64> {
        let path = self.partial.join(name);
        let mut out = Hashing::new(output::begin(&path)?);
        write(&mut out).with_context(|| path.display().to_string())?;
        let (file, bytes, sha256) = out.finish();
        file.finish().with_context(|| output::cannot_write(&path))?;
        self.files.retain(|file| file.name != name);
        self.files.push(IndexedFile {
            name: name.to_owned(),
            bytes,
            sha256,
        });
        Ok(bytes)
    }

    /// Gives the folder its name, in place of an export that had it.
    pub(super) fn finish(mut self) -> Result<()> {
        let cannot = || output::cannot_write(&self.target);
        // Its file lies in the folder.
        drop(self.lock.take());
        let is_replaced = self.target.exists();
        if is_replaced {
            fs::rename(&self.target, &self.replaced).with_context(cannot)?;
        }
        if let Err(error) = fs::rename(&self.partial, &self.target) {
            if is_replaced {
                fs::rename(&self.replaced, &self.target).with_context(cannot)?;
            }
            return Err(error).with_context(cannot);
        }
        remove(&self.replaced)
    }
}

impl Drop for ExportFolder {
    fn drop(&mut self) {
        // After `finish` there is none of that name.
        for file in &self.files {
            let _ = fs::remove_file(self.partial.join(&file.name));
        }
        drop(self.lock.take());
        let _ = fs::remove_dir(&self.partial);
    }
}

/// Refuses a target that may not be replaced.
fn refuse_other(target: &Path, force: bool) -> Result<()> {
    if fs::symlink_metadata(target).is_err() {
        return Ok(());
    }
    if !fs::symlink_metadata(target)?.is_dir() {
        bail!(
            "{}: is no folder; expected the name of a folder to make",
            target.display()
        );
    }
    let (ours, other) = entries(target)?;
    if let Some(other) = other {
        bail!(
            "{}: is there and holds {other}, which is no file of an export; choose another folder",
            target.display()
        );
    }
    ensure!(
        force || ours.is_empty(),
        "{}: exists already; choose another name, or --force to replace it",
        target.display()
    );
    Ok(())
}

/// The files of a folder that have names of an export, and the name of one that has not.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Option<String>)> {
    let cannot = || format!("{}: cannot be listed", folder.display());
    let (mut ours, mut other) = (Vec::new(), None);
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == ".lock" {
            continue;
        }
        match is_ours(&name) && !entry.file_type().with_context(cannot)?.is_dir() {
            true => ours.push(entry.path()),
            false => other = Some(name),
        }
    }
    Ok((ours, other))
}

/// Whether a name is one that an export gives to a file, or to one that it is writing.
fn is_ours(name: &str) -> bool {
    let name = name.strip_suffix(PARTIAL).unwrap_or(name);
    let is_shard = || {
        let numbers = name
            .strip_prefix("model-")
            .and_then(|name| name.strip_suffix(".safetensors"))
            .and_then(|numbers| numbers.split_once("-of-"));
        let is_number = |text: &str| text.len() >= 5 && text.bytes().all(|b| b.is_ascii_digit());
        numbers.is_some_and(|(nth, of)| is_number(nth) && is_number(of))
    };
    SETTINGS_FILES.contains(&name)
        || name == WEIGHT_INDEX
        || name == EncoderIndex::FILE
        || name == SelfCheck::FILE
        || is_shard()
}

/// Removes what an export wrote into a folder.
fn empty(folder: &Path) -> Result<()> {
    let (ours, other) = entries(folder)?;
    if let Some(other) = other {
        bail!(
            "{}: is needed while the export is written, and holds {other}, which is no file of one; \
             move it, or choose another folder with -o",
            folder.display()
        );
    }
    for path in ours {
        fs::remove_file(&path).with_context(|| format!("{}: cannot be removed", path.display()))?;
    }
    Ok(())
}

/// Removes a folder with what an export wrote into it, if it is there.
fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    empty(folder)?;
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &mut ExportFolder, name: &str, text: &str) {
        folder
            .write(name, |out| Ok(out.write_all(text.as_bytes())?))
            .expect("written");
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("listed");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
        let mut names: Vec<String> = entries
            .map(|entry| name(entry.expect("an entry")))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_appears_whole_and_replaces_only_an_export() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (source, target) = (home.path().join("clip"), home.path().join("web"));
        fs::create_dir(&source).expect("made");
        let begin = |force| ExportFolder::begin(&target, &source, force);

        let mut folder = begin(false).expect("free");
        write(&mut folder, "config.json", "{}");
        assert!(begin(false).is_err(), "one run at a time");
        assert!(!target.exists());
        drop(folder);
        assert_eq!(names(home.path()), ["clip"]);

        let mut folder = begin(false).expect("free");
        write(&mut folder, "config.json", "{}");
        write(&mut folder, "model-00001-of-00001.safetensors", "weights");
        folder.finish().expect("finished");
        assert_eq!(names(home.path()), ["clip", "web"]);

        assert!(begin(false).is_err());
        let mut folder = begin(true).expect("it may be replaced");
        write(&mut folder, "config.json", "{}");
        write(&mut folder, "self_check.safetensors", "numbers");
        write(&mut folder, "config.json", "{ }");
        let files = folder.files().iter();
        let files: Vec<(&str, u64)> = files.map(|file| (&*file.name, file.bytes)).collect();
        assert_eq!(files, [("self_check.safetensors", 7), ("config.json", 3)]);
        folder.finish().expect("finished");
        assert_eq!(names(home.path()), ["clip", "web"]);
        assert_eq!(names(&target), ["config.json", "self_check.safetensors"]);

        fs::write(target.join("notes.txt"), "mine").expect("written");
        let error = begin(true).err().expect("it holds another's file");
        assert!(error.to_string().contains("notes.txt"), "{error}");
    }

    #[test]
    fn what_a_killed_run_left_is_removed() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (source, target) = (home.path().join("clip"), home.path().join("web"));
        for folder in ["clip", "web.part", "web.replaced.part"] {
            fs::create_dir(home.path().join(folder)).expect("made");
        }
        for left in [
            "web.part/model-00002-of-00009.safetensors.part",
            "web.replaced.part/config.json",
        ] {
            fs::write(home.path().join(left), "left").expect("written");
        }
        let mut folder = ExportFolder::begin(&target, &source, false).expect("free");
        write(&mut folder, "config.json", "{}");
        folder.finish().expect("finished");
        assert_eq!(names(home.path()), ["clip", "web"]);
        assert_eq!(names(&target), ["config.json"]);
    }

    #[test]
    fn the_source_is_never_written_to() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let source = home.path().join("all/clip.part");
        fs::create_dir_all(&source).expect("made");
        for target in ["all/clip.part", "all/clip.part/web", "all/clip", "all"] {
            let begun = ExportFolder::begin(&home.path().join(target), &source, true);
            assert!(begun.is_err(), "{target}");
        }
    }
}
