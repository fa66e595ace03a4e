//! The hub: which repository, as whom, and what its files are.
//!
//! `hf-hub` supplies the client: the URL layout, the token in the header (reqwest drops it when a
//! redirect leads to another host), the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
//! `NO_PROXY`, and the system's certificates. Its own download goes to its cache under another
//! format of part file and checks no content, so [`download`](super::download) does that here.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use hf_hub::api::tokio::{Api, ApiBuilder, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::content_id::ContentId;
use super::settings::Settings;
use super::{errors, names};

/// How long the server may be silent.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

/// The list of a repository's files is some 10 kB; this bounds what a wrong server can send.
const LISTING_LIMIT: usize = 64 << 20;

/// A repository on the hub.
pub(super) struct Hub {
    api: Api,
    endpoint: String,
    repo: String,
    has_token: bool,
}

/// The files of a repository at one commit.
pub(super) struct Listing {
    pub(super) commit: String,
    pub(super) files: BTreeMap<String, RemoteFile>,
}

/// What the hub says of a file. A mirror may say less.
#[derive(Debug, Clone, Default)]
pub(super) struct RemoteFile {
    pub(super) size: Option<u64>,
    pub(super) id: Option<ContentId>,
}

impl Hub {
    /// A client for `repo` with the [`Settings`] that users of the hub know.
    ///
    /// # Errors
    /// `repo` is no repository's name, or a setting is of no use.
    pub(super) fn new(repo: &str) -> Result<Self> {
        names::check_repository(repo)?;
        let settings = Settings::read()?;
        let has_token = settings.token.is_some();
        let api = ApiBuilder::from_cache(Cache::new(settings.home.join("hub")))
            .with_endpoint(settings.endpoint.clone())
            .with_token(settings.token)
            .with_progress(false)
            .with_user_agent("ofa", env!("CARGO_PKG_VERSION"))
            .build()
            .map_err(|error| {
                let causes = errors::causes(&error);
                anyhow!(
                    "the hub's client cannot start: {causes}. Check the token (HF_TOKEN), the \
                     proxy variables and SSL_CERT_FILE"
                )
            })?;
        Ok(Self {
            api,
            endpoint: settings.endpoint,
            repo: repo.to_owned(),
            has_token,
        })
    }

    fn at(&self, revision: &str) -> ApiRepo {
        self.api.repo(Repo::with_revision(
            self.repo.clone(),
            RepoType::Model,
            revision.to_owned(),
        ))
    }

    /// The URL of a file at a commit.
    pub(super) fn url(&self, commit: &str, file: &str) -> String {
        self.at(commit).url(file)
    }

    /// Asks for a file from byte `from` on.
    ///
    /// # Errors
    /// No answer came: see [`NoAnswer`].
    pub(super) async fn get(&self, url: &str, from: u64) -> Result<Response, NoAnswer> {
        let mut request = self.api.client().get(url);
        if from > 0 {
            request = request.header(reqwest::header::RANGE, format!("bytes={from}-"));
        }
        match tokio::time::timeout(SILENCE, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(NoAnswer::of(url, &error)),
            Err(_) => Err(NoAnswer::silence(url)),
        }
    }

    /// The files at `revision` (a branch, a tag or a commit), with sizes and content ids.
    ///
    /// # Errors
    /// No answer; no such repository or revision; not allowed; an answer that is no listing.
    pub(super) async fn listing(&self, revision: &str) -> Result<Listing> {
        let request = || self.at(revision).info_request().query(&[("blobs", "true")]);
        let url = format!(
            "{}/api/models/{}/revision/{revision}",
            self.endpoint, self.repo
        );
        let mut tries = 0;
        let response = loop {
            let answer = match tokio::time::timeout(SILENCE, request().send()).await {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => return Err(NoAnswer::of(&url, &error).error),
                Err(_) => return Err(NoAnswer::silence(&url).error),
            };
            tries += 1;
            if tries == 3 || !may_pass(answer.status()) {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(500 << tries)).await;
        };
        if !response.status().is_success() {
            return Err(self.refusal(&response, &format!("revision {revision}")));
        }
        let body = body(response, &url).await?;
        if looks_like_html(&body) {
            bail!(
                "{url}: expected JSON, found a web page. A proxy's login page, or HF_ENDPOINT is \
                 not a hub"
            );
        }
        let listing: ListingBody = serde_json::from_slice(&body)
            .with_context(|| format!("{url}: expected the hub's JSON list of files"))?;
        ensure!(
            !listing.sha.is_empty() && listing.sha.chars().all(|c| c.is_ascii_alphanumeric()),
            "{url}: {:?} is no commit id",
            listing.sha
        );
        let files = listing
            .siblings
            .into_iter()
            .map(|sibling| {
                let id = match (sibling.lfs, sibling.blob_id) {
                    (Some(lfs), _) => hex_id(lfs.sha256, 64).map(ContentId::Sha256),
                    (None, Some(blob)) => hex_id(blob, 40).map(ContentId::GitBlob),
                    (None, None) => None,
                };
                let size = sibling.size;
                (sibling.rfilename, RemoteFile { size, id })
            })
            .collect();
        Ok(Listing {
            commit: listing.sha,
            files,
        })
    }

    /// What a status other than success means for `what` (a revision or a file) and what to do.
    pub(super) fn refusal(&self, response: &Response, what: &str) -> anyhow::Error {
        let repo = &self.repo;
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
        let said = header("x-error-message").map_or(String::new(), |m| format!(" ({m})"));
        let page = format!("{}/{repo}", self.endpoint);
        match (status, header("x-error-code")) {
            (StatusCode::NOT_FOUND, Some("RevisionNotFound")) => {
                anyhow!("{repo} has no {what}{said}. Its branches are listed at {page}/tree/main")
            }
            (StatusCode::NOT_FOUND, Some("EntryNotFound")) => {
                anyhow!("{repo} has no {what}{said}")
            }
            (StatusCode::NOT_FOUND, Some("RepoNotFound") | None)
            | (StatusCode::UNAUTHORIZED, _)
                if header("x-error-code") != Some("GatedRepo") =>
            {
                let token = if self.has_token {
                    "the token that was sent does not open it: check that it is valid and may \
                     read this repository"
                } else {
                    "no token was sent: set HF_TOKEN or log in with `hf auth login`"
                };
                anyhow!(
                    "{page}: not found (status {status}){said}. Either the name or the {what} is \
                     wrong, or the repository is private and {token}"
                )
            }
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => anyhow!(
                "{page}: access refused (status {status}){said}. A gated repository asks you to \
                 accept its terms on that page, and then for a token of your account in HF_TOKEN"
            ),
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, _) => anyhow!(
                "{page}: the proxy asks for a name and a password (status {status}): give them as \
                 HTTPS_PROXY=http://name:password@host:port"
            ),
            (StatusCode::TOO_MANY_REQUESTS, _) => anyhow!(
                "{page}: the hub asks to slow down (status {status}){said}. Wait some minutes; \
                 with a token (HF_TOKEN) more is allowed"
            ),
            _ => anyhow!("{page}: {what}: the server answered with status {status}{said}"),
        }
    }
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct NoAnswer {
    pub(super) error: anyhow::Error,
}

impl NoAnswer {
    fn of(url: &str, error: &reqwest::Error) -> Self {
        Self {
            error: errors::request(url, error),
        }
    }

    fn silence(url: &str) -> Self {
        Self {
            error: anyhow!("{url}: no answer within {} seconds", SILENCE.as_secs()),
        }
    }
}

/// Whether the same request may succeed a little later.
pub(super) fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
}

/// Whether content is a web page, by its first character that is no space.
pub(super) fn looks_like_html(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

async fn body(mut response: Response, url: &str) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        match tokio::time::timeout(SILENCE, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(errors::request(url, &error)),
            Err(_) => return Err(NoAnswer::silence(url).error),
        }
        ensure!(
            body.len() <= LISTING_LIMIT,
            "{url}: more than {LISTING_LIMIT} bytes; expected the hub's list of files"
        );
    }
}

fn hex_id(text: String, digits: usize) -> Option<String> {
    (text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit()))
        .then(|| text.to_ascii_lowercase())
}

#[derive(Deserialize)]
struct ListingBody {
    sha: String,
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

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
}
