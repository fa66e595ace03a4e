//! The hub's list of a repository's files, and what it says of each.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use reqwest::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::content_id::ContentId;
use super::hub::{self, Hub};
use super::refusal::refusal;
use super::{errors, names};

/// The list of a repository's files is some 10 kB; this bounds what a wrong server can send.
const LIMIT: usize = 64 << 20;

/// Attempts at one URL.
const TRIES: u32 = 3;

const REPO_COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");
const LINKED_SIZE: HeaderName = HeaderName::from_static("x-linked-size");
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");

/// The files of a repository at one commit.
#[derive(Debug)]
pub(super) struct Listing {
    /// The commit's id, or the revision asked for where the server names no commit.
    pub(super) commit: String,
    pub(super) files: BTreeMap<String, RemoteFile>,
}

/// What the hub says of a file. A mirror may say less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RemoteFile {
    pub(super) size: Option<u64>,
    pub(super) id: Option<ContentId>,
}

/// Asks for the files at the hub's revision, with sizes and content ids.
///
/// # Errors
/// No answer; no such repository or revision; not allowed; an answer that is no listing.
pub(super) async fn ask(hub: &Hub) -> Result<Listing> {
    let mut refused = None;
    for url in hub.listing_urls() {
        match ask_at(hub, &url).await? {
            Answer::Listing(listing) => return Ok(listing),
            // The first form of the URL is the hub's own, so its refusal says most.
            Answer::NotFound(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| anyhow!("{}: not found", hub.page())))
}

enum Answer {
    Listing(Listing),
    /// Another form of the URL may be known.
    NotFound(Error),
}

async fn ask_at(hub: &Hub, url: &str) -> Result<Answer> {
    let mut tries = 1;
    loop {
        let error = match hub.get(url, 0).await {
            Ok(answer) if answer.status().is_success() => {
                let headers = answer.headers().clone();
                match body(answer, url).await {
                    Ok(body) => match read(&body, &headers, &hub.revision, url) {
                        Ok(listing) => return Ok(Answer::Listing(listing)),
                        Err(error) if is_cut(&error) => error,
                        Err(error) => return Err(error),
                    },
                    Err(error) => error,
                }
            }
            Ok(answer) => {
                let status = answer.status();
                let error = refusal(hub, &answer, &format!("revision {}", hub.revision));
                if status == StatusCode::NOT_FOUND {
                    return Ok(Answer::NotFound(error));
                }
                if !hub::may_pass(status) {
                    return Err(error);
                }
                error
            }
            Err(error) => error,
        };
        if tries == TRIES {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(250 << tries)).await;
        tries += 1;
    }
}

async fn body(mut response: Response, url: &str) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        match tokio::time::timeout(hub::SILENCE, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(errors::request(url, &error)),
            Err(_) => return Err(hub::silence(url)),
        }
        ensure!(
            body.len() <= LIMIT,
            "{url}: more than {LIMIT} bytes; expected the hub's list of files"
        );
    }
}

/// Whether the answer broke off where its length was not announced.
fn is_cut(error: &Error) -> bool {
    error
        .downcast_ref::<serde_json::Error>()
        .is_some_and(serde_json::Error::is_eof)
}

fn read(body: &[u8], headers: &HeaderMap, revision: &str, url: &str) -> Result<Listing> {
    if hub::looks_like_html(body) {
        bail!(
            "{url}: expected JSON, found a web page. A proxy's login page, or HF_ENDPOINT is not \
             a hub"
        );
    }
    let listing: ListingBody = serde_json::from_slice(body)
        .with_context(|| format!("{url}: expected the hub's JSON list of files"))?;
    let commit = match listing.sha.filter(|sha| !sha.is_empty()) {
        Some(sha) => {
            ensure!(
                sha.chars().all(|c| c.is_ascii_alphanumeric()),
                "{url}: {sha:?} is no commit id"
            );
            sha
        }
        None => commit_in(headers).unwrap_or_else(|| revision.to_owned()),
    };
    let files = listing
        .siblings
        .into_iter()
        .map(|sibling| (sibling.rfilename.clone(), sibling.into()))
        .collect();
    Ok(Listing { commit, files })
}

/// The commit that an answer belongs to, where the server says so.
pub(super) fn commit_in(headers: &HeaderMap) -> Option<String> {
    let commit = text(headers, &REPO_COMMIT)?;
    names::is_commit(commit).then(|| commit.to_owned())
}

impl RemoteFile {
    /// Whether nothing more can be learnt of the file.
    pub(super) fn is_known(&self) -> bool {
        self.size.is_some() && self.id.is_some()
    }

    /// Adds what the answer to `HEAD` tells and the list did not.
    ///
    /// Only the hub's own `X-Linked-…` headers speak of the file when the answer is a redirect:
    /// its length is then that of the redirect.
    pub(super) fn learn(&mut self, status: StatusCode, headers: &HeaderMap) {
        if !status.is_success() && !status.is_redirection() {
            return;
        }
        let id = [&LINKED_ETAG, &ETAG]
            .into_iter()
            .find_map(|name| ContentId::etag(text(headers, name)?));
        // A login page has a length too, but no id of this kind.
        let html = is_html(headers) && id.is_none();
        let length = text(headers, &CONTENT_LENGTH)
            .filter(|_| status.is_success() && !html && !headers.contains_key(CONTENT_ENCODING))
            .and_then(|length| length.parse().ok())
            // Some servers say 0 to every HEAD.
            .filter(|length| *length > 0);
        let linked = text(headers, &LINKED_SIZE).and_then(|size| size.parse().ok());
        self.size = self.size.or(linked).or(length);
        self.id = self.id.take().or(id);
    }
}

/// Whether the server calls the content a web page.
pub(super) fn is_html(headers: &HeaderMap) -> bool {
    text(headers, &CONTENT_TYPE).is_some_and(|kind| {
        kind.get(..9)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"))
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[derive(Deserialize)]
struct ListingBody {
    sha: Option<String>,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

/// What the list says of a file in Git LFS: `sha256`, or `oid` as the hub's other list has it.
#[derive(Deserialize)]
struct Lfs {
    sha256: Option<String>,
    oid: Option<String>,
    size: Option<u64>,
}

impl From<Sibling> for RemoteFile {
    fn from(sibling: Sibling) -> Self {
        match sibling.lfs {
            // `blobId` is that of the pointer then, and not of the content.
            Some(lfs) => Self {
                size: lfs.size.or(sibling.size),
                id: [lfs.sha256, lfs.oid]
                    .into_iter()
                    .flatten()
                    .find_map(|id| ContentId::sha256(&id)),
            },
            None => Self {
                size: sibling.size,
                id: sibling.blob_id.and_then(|id| ContentId::git_blob(&id)),
            },
        }
    }
}

#[cfg(test)]
mod tests;
