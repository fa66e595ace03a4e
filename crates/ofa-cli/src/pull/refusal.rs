//! What a status other than success means, and what to do about it.

use anyhow::{Error, anyhow};
use reqwest::{Response, StatusCode};

use super::hub::Hub;

/// The message for `response` to a request for `what`: a revision or a file.
pub(super) fn refusal(hub: &Hub, response: &Response, what: &str) -> Error {
    let repo = &hub.repo;
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    let said = header("x-error-message").map_or(String::new(), |m| format!(" ({m})"));
    let page = hub.page();
    match (status, header("x-error-code")) {
        (StatusCode::NOT_FOUND, Some("RevisionNotFound")) => {
            anyhow!("{repo} has no {what}{said}. Its branches are listed at {page}/tree/main")
        }
        (StatusCode::NOT_FOUND, Some("EntryNotFound")) => {
            anyhow!("{repo} has no {what}{said}")
        }
        (StatusCode::NOT_FOUND, Some("RepoNotFound") | None) | (StatusCode::UNAUTHORIZED, _)
            if header("x-error-code") != Some("GatedRepo") =>
        {
            let token = if hub.has_token() {
                "the token that was sent does not open it: check that it is valid and may read \
                 this repository"
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
            "{page}: the hub asks to slow down (status {status}){said}. Wait some minutes; with \
             a token (HF_TOKEN) more is allowed"
        ),
        _ => anyhow!("{page}: {what}: the server answered with status {status}{said}"),
    }
}
