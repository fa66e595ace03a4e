//! The hub: which repository, as whom, and how it is asked.
//!
//! `hf-hub` supplies the client: the URL layout, the token in the header (reqwest drops it when a
//! redirect leads to another host), the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
//! `NO_PROXY`, and the system's certificates. Its own download goes to its cache under another
//! format of part file and checks no content, so [`download`](super::download) does that here.

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use anyhow::{Result, anyhow};
use hf_hub::api::tokio::{Api, ApiBuilder};
use hf_hub::{Cache, Repo, RepoType};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RANGE};
use reqwest::{Client, Response, StatusCode};

use super::settings::Settings;
use super::{errors, names};

/// How long the server may be silent.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

/// How long the server may be silent on a question that is of use but not needed.
const SHORT_SILENCE: Duration = Duration::from_secs(15);

/// Redirects within the hub that are followed to learn of a file.
const HOPS: u32 = 5;

/// A repository on the hub, at a revision.
pub(super) struct Hub {
    api: Api,
    pub(super) endpoint: String,
    pub(super) repo: String,
    pub(super) revision: String,
    token: Option<String>,
    /// A client that follows no redirect. Made when it is first needed: with it the system's
    /// certificates are read once more.
    direct: OnceCell<Option<Client>>,
    /// Whether the server has answered `HEAD` so far.
    answers_head: Cell<bool>,
}

impl Hub {
    /// A client for `repo` at `revision`.
    ///
    /// # Errors
    /// `repo` is no repository's name or `revision` no revision's, or a setting is of no use.
    pub(super) fn new(repo: &str, revision: &str) -> Result<Self> {
        names::check_repository(repo)?;
        names::check_revision(revision)?;
        let settings = Settings::read()?;
        let api = ApiBuilder::from_cache(Cache::new(settings.home.join("hub")))
            .with_endpoint(settings.endpoint.clone())
            .with_token(settings.token.clone())
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
            revision: revision.to_owned(),
            token: settings.token,
            direct: OnceCell::new(),
            answers_head: Cell::new(true),
        })
    }

    /// Whether requests carry a token.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The repository's own page, for messages.
    pub(super) fn page(&self) -> String {
        format!("{}/{}", self.endpoint, self.repo)
    }

    /// Where the list of files is asked for, best first: not every mirror knows every form.
    pub(super) fn listing_urls(&self) -> Vec<String> {
        let repo = Repo::with_revision(self.repo.clone(), RepoType::Model, self.revision.clone());
        let pinned = format!("{}/api/{}", self.endpoint, repo.api_url());
        let mut urls = vec![format!("{pinned}?blobs=true"), pinned];
        if self.revision == "main" {
            urls.push(format!("{}/api/models/{}", self.endpoint, self.repo));
        }
        urls
    }

    /// Where a file is asked for: at the commit, and at the revision for mirrors that know
    /// branches only.
    pub(super) fn file_urls(&self, commit: &str, file: &str) -> Vec<String> {
        let mut urls: Vec<String> = [commit, &self.revision]
            .into_iter()
            .map(|revision| {
                let repo =
                    Repo::with_revision(self.repo.clone(), RepoType::Model, revision.to_owned());
                self.api.repo(repo).url(file)
            })
            .collect();
        urls.dedup();
        urls
    }

    /// Asks for `url` from byte `from` on.
    ///
    /// # Errors
    /// No answer came: the same request may succeed later.
    pub(super) async fn get(&self, url: &str, from: u64) -> Result<Response> {
        let mut request = self.api.client().get(url);
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        match tokio::time::timeout(SILENCE, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(errors::request(url, &error)),
            Err(_) => Err(silence(url)),
        }
    }

    /// The hub's own word on a file: the answer to `HEAD`, before it sends the client to the
    /// host that keeps the content and knows nothing of the hub's ids.
    ///
    /// Nothing depends on this answer. A server that does not know `HEAD` is not asked again.
    pub(super) async fn head(&self, commit: &str, file: &str) -> Option<Response> {
        for url in self.file_urls(commit, file) {
            let answer = self.head_at(&url).await?;
            if answer.status() != StatusCode::NOT_FOUND {
                return Some(answer);
            }
        }
        None
    }

    async fn head_at(&self, url: &str) -> Option<Response> {
        let client = self.direct.get_or_init(|| self.direct_client()).as_ref()?;
        let mut url = url.to_owned();
        for _ in 0..HOPS {
            if !self.answers_head.get() {
                return None;
            }
            let sent = tokio::time::timeout(SHORT_SILENCE, client.head(&url).send()).await;
            let Ok(Ok(answer)) = sent else {
                self.answers_head.set(false);
                return None;
            };
            if matches!(
                answer.status(),
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
            ) {
                self.answers_head.set(false);
                return None;
            }
            let told = ["x-linked-etag", "x-linked-size"]
                .iter()
                .any(|name| answer.headers().contains_key(*name));
            match within_host(&answer) {
                Some(next) if !told => url = next,
                _ => return Some(answer),
            }
        }
        None
    }

    fn direct_client(&self) -> Option<Client> {
        let mut headers = HeaderMap::new();
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Client::builder()
            .user_agent(concat!("ofa/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .ok()
    }
}

/// Where a redirect leads, if that is the same host: a repository that was renamed, or the
/// hub's own store of small files. The token may go there.
fn within_host(answer: &Response) -> Option<String> {
    if !answer.status().is_redirection() {
        return None;
    }
    let to = answer.headers().get(LOCATION)?.to_str().ok()?;
    let to = answer.url().join(to).ok()?;
    (to.origin() == answer.url().origin()).then(|| to.into())
}

/// No answer in time.
pub(super) fn silence(url: &str) -> anyhow::Error {
    anyhow!("{url}: no answer within {} seconds", SILENCE.as_secs())
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
