//! An encoder from a repository of the hub into a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::convert::{self, Source};
use super::download::{self, Fetched};
use super::errors::writing;
use super::hub::{Hub, Listing, RemoteFile};
use super::layout::{self, CONFIG, Layout, SAFETENSORS, Weights};
use super::progress::Progress;
use super::report::{FileState, PullReport, PulledFile};
use super::{architecture, content_id, names};

/// Downloads the encoder in `repo` at `revision` into the folder `output`.
///
/// # Errors
/// As [`Hub::listing`], [`architecture::check`], [`layout::find`] and [`download::fetch`]; or a
/// file in `output` has other content than the hub's and `force` is not given.
pub(super) async fn pull(
    repo: &str,
    revision: &str,
    output: &Path,
    force: bool,
) -> Result<PullReport> {
    names::check_revision(revision)?;
    let hub = Hub::new(repo)?;
    let listing = hub.listing(revision).await?;
    layout::require_config(|name| listing.files.contains_key(name), repo)?;

    let fresh = !output.exists();
    std::fs::create_dir_all(output).map_err(|error| writing(output, error))?;
    let mut pull = Pull {
        hub,
        listing,
        output,
        force,
        progress: Progress::on_stderr(),
        files: Vec::new(),
        downloaded: 0,
    };
    let done = pull.all(repo).await;
    if done.is_err() && fresh {
        // Only an empty folder can be removed: what arrived is kept for the next run.
        let _ = std::fs::remove_dir(output);
    }
    done?;
    Ok(PullReport::new(
        repo,
        Some(pull.listing.commit),
        output.to_owned(),
        pull.files,
        pull.downloaded,
    ))
}

struct Pull<'a> {
    hub: Hub,
    listing: Listing,
    output: &'a Path,
    force: bool,
    progress: Progress,
    files: Vec<PulledFile>,
    downloaded: u64,
}

impl Pull<'_> {
    async fn all(&mut self, repo: &str) -> Result<()> {
        let layout = self.config(repo).await?;
        // A file that stands in the way is told before the weights are fetched.
        for name in &layout.small {
            self.is_there(name)?;
        }
        if let Weights::Safetensors(name) = layout.weights {
            self.is_there(name)?;
        }
        for name in &layout.small {
            self.take(name).await?;
        }
        match layout.weights {
            Weights::Safetensors(name) => self.take(name).await,
            Weights::SafetensorsShards(index) => {
                let path = self.take(index).await.map(|()| self.output.join(index))?;
                for shard in self.shards(&path, index)? {
                    self.take(&shard).await?;
                }
                Ok(())
            }
            Weights::Torch(name) => self.convert(&[name.to_owned()]).await,
            Weights::TorchShards(index) => {
                let fetched = self.fetch(index).await?;
                let shards = self.shards(&fetched.path, index)?;
                self.convert(&shards).await?;
                download::remove_parts(self.output, index);
                Ok(())
            }
        }
    }

    /// Takes `config.json` if it describes a CLIP that is whole, and leaves nothing of it
    /// otherwise.
    async fn config(&mut self, repo: &str) -> Result<Layout> {
        if self.is_there(CONFIG)? {
            let layout = self.check(&self.output.join(CONFIG), repo)?;
            self.take(CONFIG).await?;
            return Ok(layout);
        }
        let fetched = self.fetch(CONFIG).await?;
        match self.check(&fetched.path, repo) {
            Ok(layout) => {
                self.finish(CONFIG, fetched)?;
                Ok(layout)
            }
            Err(refusal) => {
                download::remove_parts(self.output, CONFIG);
                Err(refusal)
            }
        }
    }

    fn check(&self, config: &Path, repo: &str) -> Result<Layout> {
        let config = std::fs::read(config)
            .with_context(|| format!("{}: cannot be read", config.display()))?;
        architecture::check(&config, repo)?;
        layout::find(|name| self.listing.files.contains_key(name), repo)
    }

    fn remote(&self, name: &str) -> Result<&RemoteFile> {
        match self.listing.files.get(name) {
            Some(remote) => Ok(remote),
            None => bail!("the repository has no file {name}, which its index names"),
        }
    }

    /// Whether the file is in the output folder already, with the hub's content.
    ///
    /// # Errors
    /// It is there with other content, and `--force` is not given.
    fn is_there(&self, name: &str) -> Result<bool> {
        let path = self.output.join(name);
        if !path.exists() {
            return Ok(false);
        }
        let remote = self.remote(name)?;
        if remote.size.is_none() && remote.id.is_none() && !self.force {
            bail!(
                "{}: is there already, and the server tells neither size nor id of the file, so it \
                 is not known to be the same. Give another folder with -o, or --force to replace it",
                path.display()
            );
        }
        let unreadable = || format!("{}: cannot be read", path.display());
        let same_size = match remote.size {
            Some(size) => size == std::fs::metadata(&path).with_context(unreadable)?.len(),
            None => remote.id.is_some(),
        };
        let same = same_size
            && match &remote.id {
                Some(id) => id.of_same_kind(&path).with_context(unreadable)? == id.hex(),
                None => true,
            };
        if !same && !self.force {
            bail!(
                "{}: is there already and is not the file of commit {}. Give another folder with \
                 -o, or --force to replace it",
                path.display(),
                self.listing.commit
            );
        }
        Ok(same)
    }

    async fn fetch(&self, name: &str) -> Result<Fetched> {
        download::fetch(
            &self.hub,
            &self.listing.commit,
            name,
            self.remote(name)?,
            self.output,
            &self.progress,
        )
        .await
    }

    /// Keeps or downloads one file of the encoder.
    async fn take(&mut self, name: &str) -> Result<()> {
        if self.is_there(name)? {
            let path = self.output.join(name);
            let bytes = std::fs::metadata(&path)
                .with_context(|| format!("{}: cannot be read", path.display()))?
                .len();
            self.files.push(PulledFile {
                name: name.to_owned(),
                bytes,
                state: FileState::Kept,
            });
            return Ok(());
        }
        let fetched = self.fetch(name).await?;
        self.finish(name, fetched)
    }

    fn finish(&mut self, name: &str, fetched: Fetched) -> Result<()> {
        let path = self.output.join(name);
        std::fs::rename(&fetched.path, &path).map_err(|error| writing(&path, error))?;
        download::remove_parts(self.output, name);
        self.downloaded += fetched.downloaded;
        self.files.push(PulledFile {
            name: name.to_owned(),
            bytes: fetched.bytes,
            state: FileState::Downloaded,
        });
        Ok(())
    }

    fn shards(&self, index: &Path, name: &str) -> Result<Vec<String>> {
        let content =
            std::fs::read(index).with_context(|| format!("{}: cannot be read", index.display()))?;
        let shards = layout::shards(&content, name)?;
        for shard in &shards {
            self.remote(shard)?;
        }
        Ok(shards)
    }

    /// Fetches PyTorch files, converts them to `model.safetensors`, and removes them.
    async fn convert(&mut self, names: &[String]) -> Result<()> {
        let target = self.output.join(SAFETENSORS);
        if target.exists() {
            if self.was_converted_from(&target, names)? {
                let bytes = std::fs::metadata(&target)?.len();
                self.files.push(PulledFile {
                    name: SAFETENSORS.to_owned(),
                    bytes,
                    state: FileState::Kept,
                });
                return Ok(());
            }
            if !self.force {
                bail!(
                    "{}: is there already and was not converted from {} of commit {}. Give \
                     another folder with -o, or --force to replace it",
                    target.display(),
                    names.join(", "),
                    self.listing.commit
                );
            }
        }
        let mut parts: Vec<(Fetched, String)> = Vec::with_capacity(names.len());
        for name in names {
            let fetched = self.fetch(name).await?;
            self.downloaded += fetched.downloaded;
            let sha256 = match &self.remote(name)?.id {
                Some(content_id::ContentId::Sha256(sha256)) => sha256.clone(),
                _ => content_id::sha256(&fetched.path)
                    .with_context(|| format!("{}: cannot be read", fetched.path.display()))?,
            };
            parts.push((fetched, sha256));
        }
        let sources: Vec<Source<'_>> = names
            .iter()
            .zip(&parts)
            .map(|(name, (fetched, sha256))| Source {
                path: &fetched.path,
                name,
                sha256,
            })
            .collect();
        let bytes = write_converted(&sources, self.output)?;
        for name in names {
            download::remove_parts(self.output, name);
        }
        self.files.push(PulledFile {
            name: SAFETENSORS.to_owned(),
            bytes,
            state: FileState::Converted,
        });
        Ok(())
    }

    /// Whether `target` is an earlier conversion of these very files.
    fn was_converted_from(&self, target: &Path, names: &[String]) -> Result<bool> {
        let Some(found) = convert::converted_from(target) else {
            return Ok(false);
        };
        let mut expected = Vec::with_capacity(names.len());
        for name in names {
            match &self.remote(name)?.id {
                Some(content_id::ContentId::Sha256(sha256)) => {
                    expected.push((name.as_str(), sha256.as_str()));
                }
                // Without the hub's SHA-256 the content cannot be told.
                _ => return Ok(false),
            }
        }
        Ok(found == convert::provenance(expected.into_iter()))
    }
}

/// Converts `sources` to `model.safetensors` in `folder`, by way of a temporary name.
pub(super) fn write_converted(sources: &[Source<'_>], folder: &Path) -> Result<u64> {
    let target: PathBuf = folder.join(SAFETENSORS);
    let temporary = folder.join(format!(".{SAFETENSORS}.converting.part"));
    match convert::convert(sources, &temporary) {
        Ok(bytes) => {
            std::fs::rename(&temporary, &target).map_err(|error| writing(&target, error))?;
            Ok(bytes)
        }
        Err(error) => {
            // Made anew from the sources by the next run, so nothing is lost with it.
            let _ = std::fs::remove_file(&temporary);
            Err(error)
        }
    }
}
