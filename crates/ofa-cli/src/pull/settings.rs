//! What the environment says of the hub: where it is, as whom to ask it, whether to ask at all.

use std::path::PathBuf;

use anyhow::{Result, ensure};

const ENDPOINT: &str = "https://huggingface.co";

/// The settings that users of the hub know.
pub(super) struct Settings {
    /// `HF_ENDPOINT` without a slash at its end, or the hub's own address.
    pub(super) endpoint: String,
    /// `HF_TOKEN`, or what a login left behind.
    pub(super) token: Option<String>,
    /// `HF_HOME`, or its default.
    pub(super) home: PathBuf,
}

impl Settings {
    /// Reads the environment and the token's file.
    ///
    /// # Errors
    /// `HF_HUB_OFFLINE` is set, or `HF_ENDPOINT` is no URL.
    pub(super) fn read() -> Result<Self> {
        ensure!(
            !setting("HF_HUB_OFFLINE").is_some_and(|value| is_true(&value)),
            "HF_HUB_OFFLINE is set, so nothing is downloaded; unset it, or give a local folder"
        );
        let endpoint = setting("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        ensure!(
            reqwest::Url::parse(&endpoint).is_ok_and(|url| url.has_host()),
            "HF_ENDPOINT: expected a URL such as {ENDPOINT}, found {endpoint:?}"
        );
        let home = home();
        let token = match setting("HF_TOKEN").or_else(|| setting("HUGGING_FACE_HUB_TOKEN")) {
            Some(token) => Some(token),
            None => {
                let path = setting("HF_TOKEN_PATH").map(PathBuf::from);
                let path = path.or_else(|| home.as_ref().map(|home| home.join("token")));
                path.and_then(|path| std::fs::read_to_string(path).ok())
            }
        };
        Ok(Self {
            endpoint,
            token: token
                .map(|token| token.trim().to_owned())
                .filter(|token| !token.is_empty()),
            home: home.unwrap_or_default(),
        })
    }
}

/// `HF_HOME`, or the hub's folder in the user's cache folder.
fn home() -> Option<PathBuf> {
    if let Some(home) = setting("HF_HOME") {
        return Some(home.into());
    }
    let cache = match setting("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => std::env::home_dir()?.join(".cache"),
    };
    Some(cache.join("huggingface"))
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What `huggingface_hub` takes for true, in any case of the letters.
fn is_true(value: &str) -> bool {
    ["1", "on", "yes", "true"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_those_of_the_hubs_own_client() {
        for on in ["1", "ON", "Yes", "true", "TRUE"] {
            assert!(is_true(on), "{on}");
        }
        for off in ["0", "off", "no", "false", "2"] {
            assert!(!is_true(off), "{off}");
        }
    }
}
