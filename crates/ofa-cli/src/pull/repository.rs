//! An encoder from a repository of the hub into a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, anyhow, bail};

use super::download::{self, Fetched};
use super::errors::writing;
use super::hub::Hub;
use super::layout::{self, CONFIG, Layout, Weights};
use super::listing::{self, Listing, RemoteFile};
use super::progress::Progress;
use super::report::{FileState, PullReport, PulledFile};
use super::standing::Standing;
use super::{architecture, names};

mod conversion;

/// Downloads the encoder in `repo` at `revision` into the folder `output`.
///
/// # Errors
/// As [`listing::ask`], [`architecture::check`], [`layout::find`] and [`download::fetch`]; or a
/// file in `output` has other content than the hub's, or would be read in place of the encoder's
/// own, and `force` is not given.
pub(super) async fn pull(
    repo: &str,
    revision: &str,
    output: &Path,
    force: bool,
) -> Result<PullReport> {
    let hub = Hub::new(repo, revision)?;
    let listing = listing::ask(&hub).await?;
    layout::require_config(|name| listing.files.contains_key(name), repo)?;

    let fresh = !output.exists();
    std::fs::create_dir_all(output).map_err(|error| writing(output, error))?;
    let mut pull = Pull {
        hub,
        listing,
        output,
        force,
        progress: Progress::on_stderr(),
        asked: BTreeSet::new(),
        standing: BTreeMap::new(),
        files: Vec::new(),
        downloaded: 0,
    };
    let done = pull.all().await;
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
    /// Files that the server was asked about beyond its list.
    asked: BTreeSet<String>,
    /// Files that were looked at already, so that none is read twice for its id.
    standing: BTreeMap<String, Standing>,
    files: Vec<PulledFile>,
    downloaded: u64,
}

/// A file of the encoder that is whole.
enum Arrived {
    /// Under its final name, from an earlier run.
    Kept,
    /// Under its temporary name.
    New(Fetched),
}

impl Pull<'_> {
    async fn all(&mut self) -> Result<()> {
        let layout = self.config().await?;
        for name in &layout.small {
            self.take(name).await?;
        }
        match layout.weights {
            Weights::Safetensors(name) => self.take(name).await?,
            Weights::SafetensorsShards(index) => {
                for shard in self.index(index).await? {
                    self.take(&shard).await?;
                }
            }
            Weights::Torch(name) => self.convert(&[name.to_owned()]).await?,
            Weights::TorchShards(index) => {
                let fetched = self.fetch(index).await?;
                let converted = match self.shards(&fetched.path, index) {
                    Ok(shards) => self.convert(&shards).await,
                    Err(error) => Err(error),
                };
                drop(fetched);
                // Small, and no part of the encoder: the next run asks for it again.
                download::remove_parts(self.output, index);
                converted?;
            }
        }
        // Last, so that a run that fails takes nothing away.
        for name in layout.rivals() {
            let path = self.output.join(name);
            if path.exists() {
                std::fs::remove_file(&path).map_err(|error| writing(&path, error))?;
            }
        }
        Ok(())
    }

    /// Takes `config.json` if it describes a CLIP that is whole, and leaves nothing of it
    /// otherwise. Whatever stands in the way is told here, before anything else is fetched.
    async fn config(&mut self) -> Result<Layout> {
        let arrived = self.arrive(CONFIG).await?;
        match self.check(&arrived).await {
            Ok(layout) => {
                self.place(CONFIG, arrived)?;
                Ok(layout)
            }
            Err(refusal) => {
                drop(arrived);
                download::remove_parts(self.output, CONFIG);
                Err(refusal)
            }
        }
    }

    async fn check(&mut self, config: &Arrived) -> Result<Layout> {
        let config = self.path_of(config, CONFIG);
        let config = std::fs::read(&config).with_context(|| unreadable(&config))?;
        architecture::check(&config, &self.hub.repo)?;
        let has = |name: &str| self.listing.files.contains_key(name);
        let layout = layout::find(has, &self.hub.repo)?;
        for name in layout.rivals() {
            layout::refuse_rival(&self.output.join(name), &self.hub.repo, self.force)?;
        }
        for name in &layout.small {
            self.stands(name).await?;
        }
        if let Weights::Safetensors(name) | Weights::SafetensorsShards(name) = layout.weights {
            self.stands(name).await?;
        }
        Ok(layout)
    }

    /// Takes an index of safetensors shards, and gives the names in it.
    async fn index(&mut self, name: &str) -> Result<Vec<String>> {
        let arrived = self.arrive(name).await?;
        match self.check_index(&arrived, name).await {
            Ok(shards) => {
                self.place(name, arrived)?;
                Ok(shards)
            }
            Err(refusal) => {
                drop(arrived);
                download::remove_parts(self.output, name);
                Err(refusal)
            }
        }
    }

    async fn check_index(&mut self, index: &Arrived, name: &str) -> Result<Vec<String>> {
        let shards = self.shards(&self.path_of(index, name), name)?;
        for shard in &shards {
            self.stands(shard).await?;
        }
        Ok(shards)
    }

    fn shards(&self, index: &Path, name: &str) -> Result<Vec<String>> {
        let content = std::fs::read(index).with_context(|| unreadable(index))?;
        let shards = layout::shards(&content, name)?;
        for shard in &shards {
            self.remote(shard)?;
        }
        Ok(shards)
    }

    fn remote(&self, name: &str) -> Result<&RemoteFile> {
        match self.listing.files.get(name) {
            Some(remote) => Ok(remote),
            None => bail!("the repository has no file {name}, which its index names"),
        }
    }

    /// What can be known of a file: what the list says, and else the server's answer to `HEAD`.
    async fn known(&mut self, name: &str) -> Result<RemoteFile> {
        let mut remote = self.remote(name)?.clone();
        if remote.is_known() || !self.asked.insert(name.to_owned()) {
            return Ok(remote);
        }
        if let Some(answer) = self.hub.head(&self.listing.commit, name).await {
            if !names::is_commit(&self.listing.commit)
                && let Some(commit) = listing::commit_in(answer.headers())
            {
                // From here on every file comes from the same commit.
                self.listing.commit = commit;
            }
            remote.learn(answer.status(), answer.headers());
            self.listing.files.insert(name.to_owned(), remote.clone());
        }
        Ok(remote)
    }

    /// How the file in the output folder stands to the hub's.
    ///
    /// # Errors
    /// It is there with other content, and `--force` is not given.
    async fn stands(&mut self, name: &str) -> Result<Standing> {
        if let Some(standing) = self.standing.get(name) {
            return Ok(*standing);
        }
        let path = self.output.join(name);
        let standing = if path.exists() {
            let remote = self.known(name).await?;
            Standing::of(&path, &remote).with_context(|| unreadable(&path))?
        } else {
            Standing::Absent
        };
        if standing == Standing::Differs && !self.force {
            return Err(self.differs(&path));
        }
        self.standing.insert(name.to_owned(), standing);
        Ok(standing)
    }

    fn differs(&self, path: &Path) -> Error {
        anyhow!(
            "{}: is there already and is not the file of {} {}. Give another folder with -o, or \
             --force to replace it",
            path.display(),
            names::kind(&self.listing.commit),
            self.listing.commit
        )
    }

    async fn fetch(&mut self, name: &str) -> Result<Fetched> {
        let remote = self.known(name).await?;
        let fetched = download::fetch(
            &self.hub,
            &self.listing.commit,
            name,
            &remote,
            self.output,
            &self.progress,
        )
        .await?;
        self.downloaded += fetched.downloaded;
        Ok(fetched)
    }

    /// Keeps or downloads one file.
    async fn arrive(&mut self, name: &str) -> Result<Arrived> {
        let standing = self.stands(name).await?;
        if standing == Standing::Same {
            return Ok(Arrived::Kept);
        }
        let fetched = self.fetch(name).await?;
        if standing == Standing::Unknown {
            let path = self.output.join(name);
            let same = Standing::of_contents(&path, &fetched.path)
                .with_context(|| unreadable(&path))?
                == Standing::Same;
            if same || !self.force {
                drop(fetched);
                download::remove_parts(self.output, name);
                return if same {
                    Ok(Arrived::Kept)
                } else {
                    Err(self.differs(&path))
                };
            }
        }
        Ok(Arrived::New(fetched))
    }

    fn path_of(&self, arrived: &Arrived, name: &str) -> PathBuf {
        match arrived {
            Arrived::Kept => self.output.join(name),
            Arrived::New(fetched) => fetched.path.clone(),
        }
    }

    /// Gives a file its final name.
    fn place(&mut self, name: &str, arrived: Arrived) -> Result<()> {
        let path = self.output.join(name);
        let Arrived::New(fetched) = arrived else {
            return self.keep(name);
        };
        std::fs::rename(&fetched.path, &path).map_err(|error| writing(&path, error))?;
        download::remove_parts(self.output, name);
        self.files.push(PulledFile {
            name: name.to_owned(),
            bytes: fetched.bytes,
            state: FileState::Downloaded,
        });
        Ok(())
    }

    fn keep(&mut self, name: &str) -> Result<()> {
        let path = self.output.join(name);
        let metadata = std::fs::metadata(&path).with_context(|| unreadable(&path))?;
        self.files.push(PulledFile {
            name: name.to_owned(),
            bytes: metadata.len(),
            state: FileState::Kept,
        });
        Ok(())
    }

    /// Takes one file of the encoder.
    async fn take(&mut self, name: &str) -> Result<()> {
        let arrived = self.arrive(name).await?;
        self.place(name, arrived)
    }
}

fn unreadable(path: &Path) -> String {
    format!("{}: cannot be read", path.display())
}
