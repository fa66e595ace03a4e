//! Names that the user gives and that become part of URLs.

use anyhow::Result;

use crate::failure::Usage;

/// Checks the name of a repository: a name, or an owner and a name.
///
/// # Errors
/// [`Usage`]: it is anything else.
pub(super) fn check_repository(repo: &str) -> Result<()> {
    let good = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let parts: Vec<&str> = repo.split('/').collect();
    if parts.len() <= 2 && parts.iter().all(|part| good(part)) {
        return Ok(());
    }
    Err(Usage(format!(
        "{repo:?} is neither a folder nor the name of a repository such as \
         openai/clip-vit-base-patch32"
    ))
    .into())
}

/// Checks the name of a branch or tag, or a commit.
///
/// # Errors
/// [`Usage`]: it has a character that no revision on the hub has, or a part that would lead a
/// URL elsewhere.
pub(super) fn check_revision(revision: &str) -> Result<()> {
    let good = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    if revision.split('/').all(good) {
        return Ok(());
    }
    Err(Usage(format!(
        "--revision: expected a branch, a tag or a commit such as main or refs/pr/1, found \
         {revision:?}"
    ))
    .into())
}

/// Whether a revision is a commit's id, whose content never changes.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.chars().all(|c| c.is_ascii_hexdigit())
}

/// What a revision is, for messages.
pub(super) fn kind(revision: &str) -> &'static str {
    if is_commit(revision) {
        "commit"
    } else {
        "revision"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_repositories() {
        for good in ["gpt2", "openai/clip-vit-base-patch32", "a/b_c.d"] {
            check_repository(good).unwrap();
        }
        for bad in [
            "",
            "a/b/c",
            "../a",
            "a/",
            "https://x/y",
            "a b",
            "a/..",
            "a?b",
        ] {
            assert!(check_repository(bad).unwrap_err().is::<Usage>(), "{bad}");
        }
    }

    #[test]
    fn names_of_revisions() {
        for good in ["main", "refs/pr/1", "v1.0", "feature/a_b-c", "..a", "0123"] {
            check_revision(good).unwrap();
        }
        for bad in [
            "", ".", "..", "a/../b", "./a", "a/.", "a//b", "/a", "a/", "a b", "a?b", "a#b",
            "a%2Fb", "a\\b", "ä",
        ] {
            assert!(check_revision(bad).unwrap_err().is::<Usage>(), "{bad}");
        }
    }

    #[test]
    fn a_commit_is_forty_digits() {
        assert!(is_commit("0123456789abcdef0123456789abcdef01234567"));
        assert!(!is_commit("main"));
        assert!(!is_commit("0123456789abcdef0123456789abcdef0123456z"));
    }
}
