//! Messages for what can go wrong outside this program: the disk and the network.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Error as Failure, anyhow};

use super::proxy;

/// A failure to write on this machine: what was downloaded is good and worth keeping.
#[derive(Debug)]
struct Unwritable(String);

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unwritable {}

/// Whether `error` comes from [`writing`], and not from what was downloaded.
pub(super) fn is_of_writing(error: &Failure) -> bool {
    error.chain().any(|cause| cause.is::<Unwritable>())
}

/// A failure to write `path`, with what to do about a full disk.
pub(super) fn writing(path: &Path, error: std::io::Error) -> Failure {
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            ". Make room and run the same command again: it goes on from what is there"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            ". Choose a folder that you may write with -o"
        }
        _ => "",
    };
    Unwritable(format!(
        "{}: cannot be written: {error}{hint}",
        path.display()
    ))
    .into()
}

/// A request that got no answer: the URL, every cause, and what to look at.
pub(super) fn request(url: &str, error: &reqwest::Error) -> Failure {
    let causes = causes(error);
    let lower = causes.to_lowercase();
    let tls = ["certificate", "tls", "ssl", "handshake", "corrupt message"]
        .iter()
        .any(|word| lower.contains(word));
    let hint = if tls {
        "The secure connection failed. A proxy that opens TLS needs its own certificate trusted: \
         set SSL_CERT_FILE to a PEM file that holds it"
            .to_owned()
    } else if let Some((variable, proxy)) = proxy::in_use(url) {
        format!("{variable} sends this request through the proxy {proxy}; check that it answers")
    } else {
        "Check the network; behind a proxy set HTTPS_PROXY, for a mirror set HF_ENDPOINT".to_owned()
    };
    anyhow!("{url}: no answer: {causes}. {hint}")
}

/// An error and its sources in one line, each said once.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_says_that_nothing_is_lost() {
        let error = writing(Path::new("ENC/x"), ErrorKind::StorageFull.into());
        let text = error.to_string();
        assert!(text.starts_with("ENC/x: cannot be written"), "{text}");
        assert!(text.contains("Make room"), "{text}");
        assert!(is_of_writing(&error.context("tensor x")));
        assert!(!is_of_writing(&anyhow!("x").context("cannot be written")));
    }

    #[test]
    fn each_cause_is_said_once() {
        #[derive(Debug)]
        struct Outer(std::io::Error);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "outer: {}", self.0)
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let error = Outer(std::io::Error::other("inner"));
        assert_eq!(causes(&error), "outer: inner");
    }
}
