//! How a file that lies in the output folder already stands to the one that belongs there.

use std::io;
use std::path::Path;

use super::content_id::Identity;
use super::listing::RemoteFile;

/// What is known of a file under its final name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is none.
    Absent,
    /// It has the right content.
    Same,
    /// It has other content.
    Differs,
    /// The server tells no id: only fetching the file again will tell.
    Unknown,
}

impl Standing {
    /// Compares the file at `path` with what the hub says of it. A length alone tells files
    /// apart, and never that they are the same.
    pub(super) fn of(path: &Path, remote: &RemoteFile) -> io::Result<Self> {
        let len = std::fs::metadata(path)?.len();
        if remote.size.is_some_and(|size| size != len) {
            return Ok(Self::Differs);
        }
        Ok(match &remote.id {
            Some(id) if id.is_of(path)? => Self::Same,
            Some(_) => Self::Differs,
            None => Self::Unknown,
        })
    }

    /// Compares two files.
    pub(super) fn of_contents(path: &Path, fetched: &Path) -> io::Result<Self> {
        let same_length = std::fs::metadata(path)?.len() == std::fs::metadata(fetched)?.len();
        Ok(
            if same_length && Identity::of(path)? == Identity::of(fetched)? {
                Self::Same
            } else {
                Self::Differs
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::content_id::ContentId;

    #[test]
    fn a_length_alone_never_makes_files_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hello");
        std::fs::write(&path, "hello world\n").unwrap();
        let standing = |size, id| Standing::of(&path, &RemoteFile { size, id }).unwrap();
        let right = ContentId::git_blob("3b18e512dba79e4c8300dd08aeb37f8e728b8dad");
        let wrong = ContentId::git_blob("3b18e512dba79e4c8300dd08aeb37f8e728b8dae");
        assert!(right.is_some() && wrong.is_some());
        assert_eq!(standing(Some(12), None), Standing::Unknown);
        assert_eq!(standing(None, None), Standing::Unknown);
        assert_eq!(standing(Some(13), right.clone()), Standing::Differs);
        assert_eq!(standing(None, right), Standing::Same);
        assert_eq!(standing(Some(12), wrong), Standing::Differs);

        let other = folder.path().join("other");
        std::fs::write(&other, "hello there\n").unwrap();
        let of = |other: &Path| Standing::of_contents(&path, other).unwrap();
        assert_eq!(of(&other), Standing::Differs);
        assert_eq!(of(&path), Standing::Same);
    }
}
