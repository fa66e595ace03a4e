//! What browsers may do with what is served, and who is answered.

use std::net::IpAddr;

use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Response};

/// The page's own, a directive a line. The page that Vite builds has the same one in it, for hosts that send none.
const CONTENT_SECURITY_POLICY: &str = include_str!("../../../web/content-security-policy.txt");

/// The policies that every answer has.
pub(crate) struct Policies([(HeaderName, HeaderValue); 6]);

impl Policies {
    pub(crate) fn new() -> Self {
        let fixed = HeaderValue::from_static;
        let corp = HeaderName::from_static("cross-origin-resource-policy");
        Self([
            (header::CONTENT_SECURITY_POLICY, content_security_policy()),
            // The two make the page one that shares its process with no other site.
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                fixed("same-origin"),
            ),
            (
                HeaderName::from_static("cross-origin-embedder-policy"),
                fixed("require-corp"),
            ),
            // Other sites that are open in the same browser cannot take anything in.
            (corp, fixed("same-origin")),
            (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (header::REFERRER_POLICY, fixed("no-referrer")),
        ])
    }

    pub(crate) fn apply<B>(&self, response: &mut Response<B>) {
        for (name, value) in &self.0 {
            response.headers_mut().insert(name, value.clone());
        }
    }
}

fn content_security_policy() -> HeaderValue {
    let lines = CONTENT_SECURITY_POLICY.lines().map(str::trim);
    let directives: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    HeaderValue::from_str(&directives.join("; ")).expect("the policy is plain ASCII")
}

/// Whether a request to a server of this machine alone names this machine.
///
/// A site can have its own name lead to 127.0.0.1 and then read what is served there, as pages of its own origin
/// (DNS rebinding). Its requests carry its name.
pub(crate) fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        return false;
    };
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_names() {
        let named = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a header"));
            names_this_machine(&headers)
        };
        // Any port: it may be forwarded from another.
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "ofa.localhost:1",
            "127.0.0.1:8080",
            "127.1.2.3",
            "[::1]:9",
        ] {
            assert!(named(own), "{own}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.168.0.1",
            "[::2]",
            "",
        ] {
            assert!(!named(other), "{other}");
        }
        assert!(!names_this_machine(&HeaderMap::new()));
    }

    #[test]
    fn the_policy_has_every_directive_once() {
        let policy = content_security_policy();
        let policy = policy.to_str().expect("text");
        for directive in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "frame-ancestors 'none'",
        ] {
            assert_eq!(policy.matches(directive).count(), 1, "{policy}");
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{policy}"
        );
    }
}
