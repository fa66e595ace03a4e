//! Which files a `model.safetensors` was converted from, kept in its own header.
//!
//! It lets a later run see that a finished file is this very conversion, without a record of
//! runs and without the PyTorch files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::content_id::{ContentId, Identity};
use super::convert::Source;
use super::standing::Standing;

/// Key in the header's metadata.
pub(super) const KEY: &str = "converted_from";

/// Headers of the largest CLIP have some 100 kB.
const HEADER_LIMIT: u64 = 64 << 20;

/// Value of [`KEY`] for these sources: `name sha256:… git:…, …`. Git's id is there where the
/// SHA-256 was not the hub's own word, since the next run may know the file by either.
pub(super) fn of(sources: &[Source<'_>]) -> String {
    let entries: Vec<String> = sources
        .iter()
        .map(|source| {
            let Identity { sha256, git_blob } = source.identity;
            let git = git_blob
                .as_ref()
                .map_or(String::new(), |git| format!(" git:{git}"));
            format!("{} sha256:{sha256}{git}", source.name)
        })
        .collect();
    entries.join(", ")
}

/// Whether the safetensors file at `path` was converted from files with these names and ids.
pub(super) fn compare<'a>(
    path: &Path,
    sources: impl ExactSizeIterator<Item = (&'a str, Option<ContentId>)>,
) -> Standing {
    let Some(recorded) = recorded(path) else {
        return Standing::Differs;
    };
    let recorded: Vec<&str> = recorded.split(", ").collect();
    if recorded.len() != sources.len() {
        return Standing::Differs;
    }
    let mut all = Standing::Same;
    for (entry, (name, id)) in recorded.into_iter().zip(sources) {
        let Some(ids) = entry
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(' '))
        else {
            return Standing::Differs;
        };
        let of_kind = |kind: &str| ids.split(' ').find_map(|id| id.strip_prefix(kind));
        let one = match &id {
            Some(ContentId::Sha256(hex)) => of_kind("sha256:").map(|found| found == hex),
            Some(ContentId::GitBlob(hex)) => of_kind("git:").map(|found| found == hex),
            // Where it is not Git's id it may still be another of the same content.
            Some(ContentId::Etag(hex)) => of_kind("git:")
                .map(|found| found == hex)
                .filter(|same| *same),
            None => None,
        };
        match one {
            Some(true) => {}
            Some(false) => return Standing::Differs,
            None => all = Standing::Unknown,
        }
    }
    all
}

/// The [`KEY`] of a safetensors file's header, if it has one.
fn recorded(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let mut len = [0; 8];
    file.read_exact(&mut len).ok()?;
    let len = u64::from_le_bytes(len);
    let mut header = Vec::new();
    file.take(len.min(HEADER_LIMIT))
        .read_to_end(&mut header)
        .ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let from = header.get("__metadata__")?.get(KEY)?.as_str()?;
    Some(from.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447";
    const GIT: &str = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad";

    fn compared(recorded: &str, expected: &[(&str, Option<ContentId>)]) -> Standing {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let header = serde_json::json!({"__metadata__": {KEY: recorded}}).to_string();
        let len = (header.len() as u64).to_le_bytes();
        std::fs::write(&path, [&len, header.as_bytes()].concat()).unwrap();
        compare(&path, expected.iter().cloned())
    }

    #[test]
    fn whichever_id_is_known_is_compared() {
        let source = Source {
            path: Path::new("x"),
            name: "a.bin",
            identity: &Identity {
                sha256: SHA256.to_owned(),
                git_blob: Some(GIT.to_owned()),
            },
        };
        let both = of(&[source]);
        let only_sha256 = format!("a.bin sha256:{SHA256}");
        let one = |recorded: &str, id| compared(recorded, &[("a.bin", id)]);
        let etag = ContentId::etag;
        for (recorded, id, expected) in [
            (&both, ContentId::sha256(SHA256), Standing::Same),
            (&both, ContentId::git_blob(GIT), Standing::Same),
            (&both, etag(GIT), Standing::Same),
            (&both, etag(&GIT.replace('3', "4")), Standing::Unknown),
            (&both, None, Standing::Unknown),
            (&only_sha256, ContentId::git_blob(GIT), Standing::Unknown),
            (
                &only_sha256,
                ContentId::sha256(&SHA256.replace('a', "b")),
                Standing::Differs,
            ),
            (
                &both,
                ContentId::git_blob(&GIT.replace('3', "4")),
                Standing::Differs,
            ),
        ] {
            assert_eq!(one(recorded, id.clone()), expected, "{recorded} {id:?}");
        }
    }

    #[test]
    fn other_files_are_another_conversion() {
        let id = || ContentId::sha256(SHA256);
        let recorded = format!("a.bin sha256:{SHA256}");
        let differs = |expected: &[_]| compared(&recorded, expected) == Standing::Differs;
        assert!(differs(&[("b.bin", id())]));
        assert!(differs(&[("a", id())]));
        assert!(differs(&[("a.bin", id()), ("b.bin", id())]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "the user's own").unwrap();
        let expected = [("a.bin", id())].into_iter();
        assert_eq!(compare(&path, expected), Standing::Differs);
    }
}
