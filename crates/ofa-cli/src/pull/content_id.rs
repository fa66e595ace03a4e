//! What the hub says a file's content is, and whether a file on disk is that.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Identity of a file's content on the hub, as lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContentId {
    /// SHA-256 of the content: files kept in Git LFS, which is where weights are.
    Sha256(String),
    /// Git's id of a blob, SHA-1 over a header and the content: files kept in Git itself. It
    /// tells content apart here; nothing depends on it to resist an attacker.
    GitBlob(String),
    /// Forty digits of an `ETag`: Git's id of the blob on the hub, while some mirrors have the
    /// SHA-1 of the bare content there.
    Etag(String),
}

impl ContentId {
    /// The id in text that should be a SHA-256, if it is one.
    pub(super) fn sha256(text: &str) -> Option<Self> {
        let text = text.strip_prefix("sha256:").unwrap_or(text);
        digits(text, 64).map(Self::Sha256)
    }

    /// The id in text that should be Git's id of a blob, if it is one.
    pub(super) fn git_blob(text: &str) -> Option<Self> {
        digits(text, 40).map(Self::GitBlob)
    }

    /// The id in the value of an `ETag`, if it is one: servers write there what they like.
    pub(super) fn etag(value: &str) -> Option<Self> {
        let value = value.trim();
        let value = value.strip_prefix("W/").unwrap_or(value).trim_matches('"');
        digits(value, 64)
            .map(Self::Sha256)
            .or_else(|| digits(value, 40).map(Self::Etag))
    }

    /// Lower-case hexadecimal digits.
    pub(super) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitBlob(hex) | Self::Etag(hex) => hex,
        }
    }

    /// Whether the file at `path` has this content. Cost: one reading of the file.
    pub(super) fn is_of(&self, path: &Path) -> io::Result<bool> {
        let mut file = File::open(path)?;
        Ok(match self {
            Self::Sha256(expected) => {
                let mut hash = Sha256::new();
                read_through(&mut file, |block| hash.update(block))?;
                hex(&hash.finalize()) == *expected
            }
            Self::GitBlob(expected) => {
                let mut hash = git_blob(&file)?;
                read_through(&mut file, |block| hash.update(block))?;
                hex(&hash.finalize()) == *expected
            }
            Self::Etag(expected) => {
                let (mut git, mut bare) = (git_blob(&file)?, Sha1::new());
                read_through(&mut file, |block| {
                    git.update(block);
                    bare.update(block);
                })?;
                [git, bare]
                    .into_iter()
                    .any(|hash| hex(&hash.finalize()) == *expected)
            }
        })
    }
}

/// The ids that a content can have on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) sha256: String,
    /// Git's id of the blob; absent where the hub itself tells the SHA-256.
    pub(super) git_blob: Option<String>,
}

impl Identity {
    /// Both ids of the file at `path`. Cost: one reading of the file.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let (mut sha256, mut git) = (Sha256::new(), git_blob(&file)?);
        read_through(&mut file, |block| {
            sha256.update(block);
            git.update(block);
        })?;
        Ok(Self {
            sha256: hex(&sha256.finalize()),
            git_blob: Some(hex(&git.finalize())),
        })
    }
}

/// A hash of Git's header for a blob, which the content follows.
fn git_blob(file: &File) -> io::Result<Sha1> {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", file.metadata()?.len()));
    Ok(hash)
}

fn read_through(file: &mut File, mut feed: impl FnMut(&[u8])) -> io::Result<()> {
    let mut block = vec![0; 1 << 18];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(()),
            n => feed(&block[..n]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digits(text: &str, count: usize) -> Option<String> {
    (text.len() == count && text.chars().all(|c| c.is_ascii_hexdigit()))
        .then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `git hash-object`, `sha256sum` and `sha1sum` of a file with the line "hello world".
    const GIT: &str = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad";
    const SHA256: &str = "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447";
    const SHA1: &str = "22596363b3de40b06f981fb85d82312e8c0ed511";

    #[test]
    fn ids_are_those_of_git_and_sha256sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hello");
        std::fs::write(&path, "hello world\n").unwrap();
        let identity = Identity::of(&path).unwrap();
        assert_eq!(identity.git_blob.as_deref(), Some(GIT));
        assert_eq!(identity.sha256, SHA256);
        let right = [
            ContentId::sha256(SHA256),
            ContentId::sha256(&format!("sha256:{SHA256}")),
            ContentId::git_blob(GIT),
            ContentId::etag(&format!("W/\"{}\"", SHA256.to_uppercase())),
            ContentId::etag(&format!("\"{GIT}\"")),
            ContentId::etag(SHA1),
        ];
        for id in right {
            assert!(id.clone().unwrap().is_of(&path).unwrap(), "{id:?}");
        }
        assert!(!ContentId::git_blob(SHA1).unwrap().is_of(&path).unwrap());
    }

    #[test]
    fn an_etag_of_another_kind_is_no_id() {
        for value in ["", "\"5f2a-61\"", "\"d41d8cd98f00b204e9800998ecf8427e-3\""] {
            assert_eq!(ContentId::etag(value), None);
        }
        assert_eq!(ContentId::sha256(GIT), None);
        assert_eq!(ContentId::git_blob(SHA256), None);
    }
}
