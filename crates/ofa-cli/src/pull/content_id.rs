//! What the hub says a file's content is, and whether a file on disk is that.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Identity of a file's content on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContentId {
    /// SHA-256 of the content: files kept in Git LFS, which is where weights are.
    Sha256(String),
    /// Git's id of a blob, SHA-1 over a header and the content: files kept in Git itself. It
    /// tells content apart here; nothing depends on it to resist an attacker.
    GitBlob(String),
}

impl ContentId {
    /// Lower-case hexadecimal digits.
    pub(super) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitBlob(hex) => hex,
        }
    }

    /// The id of the file at `path`, of the same kind as this one.
    pub(super) fn of_same_kind(&self, path: &Path) -> io::Result<String> {
        match self {
            Self::Sha256(_) => sha256(path),
            Self::GitBlob(_) => {
                let mut file = File::open(path)?;
                let mut hash = Sha1::new();
                hash.update(format!("blob {}\0", file.metadata()?.len()));
                feed(&mut file, &mut hash)?;
                Ok(hex(&hash.finalize()))
            }
        }
    }
}

/// SHA-256 of a file, as lower-case hexadecimal digits.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    feed(&mut File::open(path)?, &mut hash)?;
    Ok(hex(&hash.finalize()))
}

fn feed(file: &mut File, hash: &mut impl Digest) -> io::Result<()> {
    let mut block = vec![0; 1 << 18];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(()),
            n => hash.update(&block[..n]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_git_and_sha256sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hello");
        std::fs::write(&path, "hello world\n").unwrap();
        // `git hash-object hello` and `sha256sum hello`.
        let git = ContentId::GitBlob(String::new());
        assert_eq!(
            git.of_same_kind(&path).unwrap(),
            "3b18e512dba79e4c8300dd08aeb37f8e728b8dad"
        );
        assert_eq!(
            sha256(&path).unwrap(),
            "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447"
        );
    }
}
