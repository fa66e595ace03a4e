//! Which proxy the environment sends a request through, for messages.
//!
//! The client decides that itself; this follows its rules, so that a message blames a proxy only
//! where one was asked.

use std::net::IpAddr;

use reqwest::Url;

/// The variable that applies to `url`, and its value without a name and password.
pub(super) fn in_use(url: &str) -> Option<(&'static str, String)> {
    chosen(url, |name| std::env::var(name).ok())
}

fn chosen(url: &str, variable: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    let url = Url::parse(url).ok()?;
    let exempt = variable("NO_PROXY").or_else(|| variable("no_proxy"));
    if exempt.is_some_and(|list| is_exempt(url.host_str().unwrap_or_default(), &list)) {
        return None;
    }
    let names: &[&str] = if url.scheme() == "https" {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    names.iter().find_map(|&name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        let shown = match value.rsplit_once('@') {
            Some((_credentials, host)) => host.to_owned(),
            None => value,
        };
        Some((name, shown))
    })
}

/// Whether `NO_PROXY` names the host: as `*`, a domain above it, its address or a network.
fn is_exempt(host: &str, list: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = host.parse().ok();
    list.split(',').map(str::trim).any(|entry| match address {
        Some(address) => in_network(address, entry),
        None => entry == "*" || in_domain(host, entry.trim_start_matches('.')),
    })
}

fn in_domain(host: &str, domain: &str) -> bool {
    let Some(start) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    !domain.is_empty()
        && host
            .get(start..)
            .is_some_and(|end| end.eq_ignore_ascii_case(domain))
        && (start == 0 || host.as_bytes()[start - 1] == b'.')
}

fn in_network(address: IpAddr, entry: &str) -> bool {
    let (network, bits) = match entry.split_once('/') {
        Some((network, bits)) => (network, bits.parse().ok()),
        None => (entry, Some(u32::MAX)),
    };
    let Some(bits) = bits else { return false };
    match (address, network.parse()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(network))) => {
            let kept = 32 - bits.min(32);
            (address.to_bits() ^ network.to_bits())
                .checked_shr(kept)
                .unwrap_or(0)
                == 0
        }
        (IpAddr::V6(address), Ok(IpAddr::V6(network))) => {
            let kept = 128 - bits.min(128);
            (address.to_bits() ^ network.to_bits())
                .checked_shr(kept)
                .unwrap_or(0)
                == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)], url: &str) -> Option<(&'static str, String)> {
        chosen(url, |name| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn the_scheme_and_the_case_choose_the_variable() {
        let both = [
            ("http_proxy", "http://low:1"),
            ("HTTPS_PROXY", "http://name:word@up:2"),
            ("ALL_PROXY", "socks5://all:3"),
        ];
        let name = |url| with(&both, url).unwrap();
        assert_eq!(name("http://hub/x"), ("http_proxy", "http://low:1".into()));
        assert_eq!(name("https://hub/x"), ("HTTPS_PROXY", "up:2".into()));
        assert_eq!(with(&both[2..], "https://hub/x").unwrap().0, "ALL_PROXY");
        assert_eq!(with(&[("HTTPS_PROXY", "")], "https://hub/x"), None);
    }

    #[test]
    fn a_host_that_no_proxy_names_is_reached_without_one() {
        for (host, list, exempt) in [
            ("hub.example.org", "example.org", true),
            ("hub.example.org", " .Example.org , other", true),
            ("hub.example.org", "hub.example.org", true),
            ("notexample.org", "example.org", false),
            ("example.org", "hub.example.org", false),
            ("hub", "*", true),
            ("hub", "", false),
            ("127.0.0.1", "127.0.0.1,localhost", true),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("11.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.0.0.0/x", false),
            ("[::1]", "::1", true),
            ("[fd00::2]", "fd00::/8", true),
            ("[fe00::2]", "fd00::/8", false),
        ] {
            let variables = [("HTTP_PROXY", "http://p:1"), ("NO_PROXY", list)];
            let used = with(&variables, &format!("http://{host}:8080/x"));
            assert_eq!(used.is_none(), exempt, "{host} {list:?}");
        }
    }
}
