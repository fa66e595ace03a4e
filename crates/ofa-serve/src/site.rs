//! Which address stands for what.

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::files::{EncoderFolder, SelectorFile};
use crate::page::Page;
use crate::policy::{Policies, names_this_machine};
use crate::representation::Representation;

/// Everything that is served.
pub(crate) struct Site {
    pub(crate) page: Page,
    pub(crate) encoder: Option<EncoderFolder>,
    pub(crate) selector: Option<SelectorFile>,
    pub(crate) policies: Policies,
    /// Whether only this machine is answered, and so only requests that name it.
    pub(crate) is_loopback: bool,
}

/// What the page is told of that is served beside it; addresses are relative to the page's.
const SERVED: &str = "served.json";
const ENCODER: &str = "encoder";
const SELECTOR: &str = "selector.safetensors";

impl Site {
    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (request, _) = request.into_parts();
        let mut response = self.respond(&request).await;
        self.policies.apply(&mut response);
        response
    }

    async fn respond(&self, request: &Parts) -> Response<Body> {
        if self.is_loopback && !names_this_machine(&request.headers) {
            return words(
                StatusCode::MISDIRECTED_REQUEST,
                "This server answers to localhost and 127.0.0.1 alone; `ofa serve --host` lets it answer to others.\n",
            );
        }
        if !matches!(request.method, Method::GET | Method::HEAD) {
            let mut refused = words(
                StatusCode::METHOD_NOT_ALLOWED,
                "Nothing can be changed here.\n",
            );
            let headers = refused.headers_mut();
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        let found = match segments(request.uri.path()) {
            Some(path) => self.find(&path, &request.headers).await,
            None => None,
        };
        match found {
            Some(Found::File(file)) => file.answer(&request.headers).await,
            Some(Found::Served(list)) => list,
            None => words(StatusCode::NOT_FOUND, "There is no such file here.\n"),
        }
    }

    async fn find(&self, path: &[String], headers: &HeaderMap) -> Option<Found> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let file = match names[..] {
            [SERVED] => return Some(Found::Served(self.served())),
            [ENCODER, name] => {
                let content = self.encoder.as_ref()?.find(name).await?;
                Representation::new(content, name)
            }
            [SELECTOR] => {
                let content = self.selector.as_ref()?.content().await?;
                Representation::new(content, SELECTOR)
            }
            // A range is one of the bytes themselves.
            _ => {
                let takes_brotli = takes_brotli(headers) && !headers.contains_key(header::RANGE);
                self.page.find(path, takes_brotli).await?
            }
        };
        Some(Found::File(file))
    }

    fn served(&self) -> Response<Body> {
        let mut list = json!({});
        if let Some(encoder) = &self.encoder {
            list[ENCODER] = json!({ "url": format!("./{ENCODER}/"), "name": encoder.name });
        }
        if let Some(selector) = &self.selector {
            list["selector"] = json!({ "url": format!("./{SELECTOR}"), "name": selector.name });
        }
        let mut response = Response::new(Body::from(list.to_string()));
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        // The next server on this port may have others.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

enum Found {
    File(Representation),
    Served(Response<Body>),
}

fn words(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The parts of a path, decoded; nothing where one is no plain name: it could lead elsewhere.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some(Vec::new());
    }
    path.split('/')
        .map(|part| {
            let part = percent_decode_str(part).decode_utf8().ok()?;
            let leads_elsewhere =
                |letter: char| matches!(letter, '/' | '\\' | ':') || letter.is_control();
            let is_plain =
                !part.is_empty() && part != "." && part != ".." && !part.contains(leads_elsewhere);
            is_plain.then(|| part.into_owned())
        })
        .collect()
}

/// Whether brotli is among what a browser takes.
fn takes_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let lists = values.filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        let is_refused =
            weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        name.eq_ignore_ascii_case("br") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_plain_names_or_nothing() {
        let parts = |path: &str| segments(path).map(|parts| parts.join("|"));
        assert_eq!(parts("/"), Some(String::new()));
        assert_eq!(parts("/assets/a%20b.js"), Some("assets|a b.js".to_owned()));
        for path in [
            "",
            "/..",
            "/a/../b",
            "/%2e%2e/a",
            "/a%2fb",
            "/a%5Cb",
            "/a\\..\\b",
            "/a//b",
            "/a/",
            "/%00",
            "/C%3A",
            "/%ff",
        ] {
            assert_eq!(parts(path), None, "{path}");
        }
    }

    #[test]
    fn brotli_is_taken_where_it_is_not_refused() {
        let takes = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, text.parse().expect("a header"));
            takes_brotli(&headers)
        };
        for yes in ["br", "gzip, deflate, br, zstd", "gzip;q=0.5,BR;q=0.1"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["", "gzip", "br;q=0", "br;q=0.0", "bro", "*"] {
            assert!(!takes(no), "{no}");
        }
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
