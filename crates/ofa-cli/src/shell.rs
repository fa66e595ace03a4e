//! Commands that are shown to be run.

use std::path::Path;

/// A path as a shell takes it for one word.
pub(crate) fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "_./\\:=@%+,-".contains(c);
    // On Windows, `\` is what paths have between their parts; elsewhere it is the shell's.
    let has_backslash = cfg!(unix) && path.contains('\\');
    match !path.is_empty() && !has_backslash && path.chars().all(is_plain) {
        true => path,
        false if cfg!(unix) => format!("'{}'", path.replace('\'', "'\\''")),
        false => format!("\"{path}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_path_is_one_word_for_a_shell() {
        for (path, word) in [
            ("data/a-1.json", "data/a-1.json"),
            ("图/a.json", "图/a.json"),
            ("my data/a.json", "'my data/a.json'"),
            ("it's", "'it'\\''s'"),
            ("a\\b", "'a\\b'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
