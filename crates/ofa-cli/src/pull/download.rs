//! One file of the hub, whole and verified, going on where an earlier run broke off.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use indicatif::ProgressBar;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE};
use reqwest::{Response, StatusCode};
use serde::de::IgnoredAny;

use super::errors::{self, writing};
use super::hub::{self, Hub};
use super::listing::{self, RemoteFile};
use super::names;
use super::progress::Progress;
use super::refusal::refusal;

/// Attempts in a row that bring no byte before the download gives up.
const PATIENCE: u32 = 5;

/// A file that is whole and verified under its temporary name.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// Bytes of it that came in this run.
    pub(super) downloaded: u64,
    /// Held so that no second process writes the same file.
    _lock: File,
}

/// Why an attempt ended.
enum Broken {
    /// The same request may succeed later.
    ForNow(Error),
    /// Trying again is of no use.
    ForGood(Error),
}

/// The temporary name of `file` in `folder`. It carries the content's id or the commit, so what an
/// earlier run left is continued only when it is the beginning of the same content.
fn part_path(folder: &Path, file: &str, remote: &RemoteFile, commit: &str) -> PathBuf {
    let id = match &remote.id {
        Some(id) => id.hex(),
        None if names::is_commit(commit) => commit,
        None => "unversioned",
    };
    folder.join(format!(".{file}.{}.part", &id[..id.len().min(16)]))
}

/// Removes what earlier runs left of `file` under temporary names.
pub(super) fn remove_parts(folder: &Path, file: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let prefix = format!(".{file}.");
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name
            .to_str()
            .and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".part"))
            .is_some_and(|id| !id.contains('.'));
        if ours {
            // Left-overs cost only space: failing to remove one is no reason to fail.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Fetches `file` at `commit` into `folder` under a temporary name and verifies it.
///
/// A connection that breaks is taken up again from the byte reached, and so is the temporary
/// file of an earlier run; if that turns out damaged, the whole is fetched once more. Cost: one
/// request where nothing breaks, and one reading of the file for its id.
///
/// # Errors
/// The server refuses; it sends a web page, another length than the hub's list says, or content
/// with another id; the connection breaks [`PATIENCE`] times in a row without a byte; the disk
/// is full. What arrived stays for the next run, except content that was found wrong.
pub(super) async fn fetch(
    hub: &Hub,
    commit: &str,
    file: &str,
    remote: &RemoteFile,
    folder: &Path,
    progress: &Progress,
) -> Result<Fetched> {
    let path = part_path(folder, file, remote, commit);
    let mut part = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| writing(&path, error))?;
    match part.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!("{}: another `ofa pull` is writing it", path.display())
        }
        // Some network file systems know no locks.
        Err(TryLockError::Error(_)) => {}
    }
    let have = part
        .metadata()
        .map_err(|error| writing(&path, error))?
        .len();
    let mut urls = hub.file_urls(commit, file).into_iter();
    let mut state = Download {
        url: urls.next().expect("a file has a URL"),
        other_url: urls.next(),
        file,
        remote,
        size: remote.size,
        have,
        resumed: have > 0,
        downloaded: 0,
        path: &path,
    };
    // A branch moves on, so its bytes of another day are not continued.
    let same_content = remote.id.is_some() || names::is_commit(commit);
    if !same_content || state.size.is_some_and(|size| state.have > size) {
        state.restart(&mut part)?;
    }
    let bar = progress.file(file, state.size, state.have);
    loop {
        if let Err(error) = state.complete(hub, &mut part, &bar).await {
            if state.have == 0 {
                // Nothing was received, and an empty file is of no use to the next run.
                let _ = std::fs::remove_file(&path);
            }
            return Err(error);
        }
        part.sync_all().map_err(|error| writing(&path, error))?;
        match verify(&path, file, remote, state.have) {
            Ok(()) => break,
            Err(_) if state.resumed => state.restart(&mut part)?,
            Err(error) => {
                drop(part);
                std::fs::remove_file(&path).map_err(|error| writing(&path, error))?;
                return Err(error.context(format!(
                    "{}: wrong content, which was removed again",
                    state.url
                )));
            }
        }
    }
    bar.finish();
    let (bytes, downloaded) = (state.have, state.downloaded);
    Ok(Fetched {
        path,
        bytes,
        downloaded,
        _lock: part,
    })
}

struct Download<'a> {
    url: String,
    /// Where to ask if `url` is not found.
    other_url: Option<String>,
    file: &'a str,
    remote: &'a RemoteFile,
    /// Length of the whole, once known.
    size: Option<u64>,
    /// Bytes in the part file.
    have: u64,
    /// Whether the part file begins with bytes of an earlier run.
    resumed: bool,
    downloaded: u64,
    path: &'a Path,
}

impl Download<'_> {
    fn restart(&mut self, part: &mut File) -> Result<()> {
        part.set_len(0).map_err(|error| writing(self.path, error))?;
        self.have = 0;
        self.resumed = false;
        self.size = self.remote.size;
        Ok(())
    }

    /// As many requests as it takes until the part is whole.
    async fn complete(&mut self, hub: &Hub, part: &mut File, bar: &ProgressBar) -> Result<()> {
        let mut failures = 0;
        // Without a known size there is no telling whether the part is whole: ask.
        while self.size != Some(self.have) {
            let before = self.have;
            match self.attempt(hub, part, bar).await {
                Ok(()) => return Ok(()),
                Err(Broken::ForGood(error)) => return Err(error),
                Err(Broken::ForNow(error)) => {
                    failures = if self.have > before { 1 } else { failures + 1 };
                    if failures > PATIENCE {
                        let of = self
                            .size
                            .map_or(String::new(), |size| format!(" of {size}"));
                        return Err(anyhow!(
                            "{}: the download broke off after {}{of} bytes: {error:#}. Run the \
                             same command again: it goes on from there",
                            self.file,
                            self.have
                        ));
                    }
                    tokio::time::sleep(Duration::from_millis(250 << failures)).await;
                }
            }
        }
        Ok(())
    }

    /// The answer to a request for the bytes that are missing.
    async fn ask(&mut self, hub: &Hub, part: &mut File) -> Result<Response, Broken> {
        let response = hub
            .get(&self.url, self.have)
            .await
            .map_err(Broken::ForNow)?;
        if response.status() != StatusCode::NOT_FOUND {
            return Ok(response);
        }
        let Some(url) = self.other_url.clone() else {
            return Ok(response);
        };
        if self.remote.id.is_none() {
            // Another revision may have other content.
            self.restart(part).map_err(Broken::ForGood)?;
        }
        let other = hub.get(&url, self.have).await.map_err(Broken::ForNow)?;
        if other.status() == StatusCode::NOT_FOUND {
            return Ok(response);
        }
        self.url = url;
        self.other_url = None;
        Ok(other)
    }

    /// One request, read to its end. Afterwards the part is whole.
    async fn attempt(
        &mut self,
        hub: &Hub,
        part: &mut File,
        bar: &ProgressBar,
    ) -> Result<(), Broken> {
        let mut response = self.ask(hub, part).await?;
        let asked = self.have;
        let status = response.status();
        match status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
            // The part is as long as the file, or longer: begin again.
            StatusCode::RANGE_NOT_SATISFIABLE if asked > 0 => {
                self.restart(part).map_err(Broken::ForGood)?;
                return Err(Broken::ForNow(anyhow!("status {status}")));
            }
            _ => {
                let error = refusal(hub, &response, &format!("file {}", self.file));
                return Err(if hub::may_pass(status) {
                    Broken::ForNow(error)
                } else {
                    Broken::ForGood(error)
                });
            }
        }
        // Some servers call every file a web page: the id tells better, where there is one.
        let html = listing::is_html(response.headers());
        if html && self.remote.id.is_none() {
            return Err(Broken::ForGood(self.web_page()));
        }
        let total = if status == StatusCode::PARTIAL_CONTENT {
            match content_range(&response) {
                Some((start, total)) if start == asked => total,
                _ => {
                    self.restart(part).map_err(Broken::ForGood)?;
                    return Err(Broken::ForNow(anyhow!(
                        "{}: another range than asked for was sent",
                        self.url
                    )));
                }
            }
        } else {
            // The whole was asked for, or the server knows no ranges and sends the whole.
            if asked > 0 {
                self.restart(part).map_err(Broken::ForGood)?;
            }
            number(&response, CONTENT_LENGTH)
        };
        if let (Some(total), Some(size)) = (total, self.size)
            && total != size
        {
            return Err(Broken::ForGood(self.wrong_size(total, size)));
        }
        self.size = self.size.or(total);
        bar.set_position(self.have);
        if let Some(size) = self.size {
            bar.set_length(size);
        }

        loop {
            let chunk = match tokio::time::timeout(hub::SILENCE, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break,
                Ok(Err(error)) => {
                    return Err(Broken::ForNow(errors::request(&self.url, &error)));
                }
                Err(_) => {
                    return Err(Broken::ForNow(anyhow!(
                        "{}: nothing came for {} seconds",
                        self.url,
                        hub::SILENCE.as_secs()
                    )));
                }
            };
            if html && self.have == 0 && hub::looks_like_html(&chunk) {
                return Err(Broken::ForGood(self.web_page()));
            }
            let reached = self.have + chunk.len() as u64;
            if let Some(size) = self.size.filter(|size| reached > *size) {
                return Err(Broken::ForGood(self.wrong_size(reached, size)));
            }
            part.write_all(&chunk)
                .map_err(|error| Broken::ForGood(writing(self.path, error)))?;
            self.have = reached;
            self.downloaded += chunk.len() as u64;
            bar.set_position(reached);
        }
        match self.size {
            Some(size) if self.have < size => Err(Broken::ForNow(anyhow!(
                "{}: the answer ended early",
                self.url
            ))),
            _ => Ok(()),
        }
    }

    fn web_page(&self) -> Error {
        anyhow!(
            "{}: expected the file, found a web page. A proxy's login page, or HF_ENDPOINT is \
             not a hub",
            self.url
        )
    }

    fn wrong_size(&self, found: u64, expected: u64) -> Error {
        anyhow!(
            "{}: wrong size: the hub's list says {expected} bytes, the server sends {found}. \
             A proxy or mirror holds another version; try again later or without it",
            self.url
        )
    }
}

/// First byte and total of `Content-Range: bytes 5-9/10`.
fn content_range(response: &Response) -> Option<(u64, Option<u64>)> {
    let value = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = value.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}

fn number(response: &Response, name: reqwest::header::HeaderName) -> Option<u64> {
    response.headers().get(name)?.to_str().ok()?.parse().ok()
}

/// Compares a downloaded file with what the hub says of it.
fn verify(path: &Path, file: &str, remote: &RemoteFile, bytes: u64) -> Result<()> {
    if let Some(size) = remote.size {
        ensure!(bytes == size, "expected {size} bytes, found {bytes}");
    }
    if file.ends_with(".json") {
        let content = std::fs::read(path)?;
        ensure!(
            !hub::looks_like_html(&content),
            "expected JSON, found a web page. A proxy's login page, or HF_ENDPOINT is not a hub"
        );
        serde_json::from_slice::<IgnoredAny>(&content).context("expected JSON")?;
    }
    if let Some(id) = &remote.id {
        ensure!(
            id.is_of(path)?,
            "expected the content with the hub's id {}, found other content of {bytes} bytes; \
             run the same command again",
            id.hex()
        );
    }
    Ok(())
}
