//! How the name of a file gives its sample and its part in it.

use crate::archive::as_path;

/// Key and extension of a name; `None` where it belongs to no sample.
pub(super) fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = name.split(|&byte| byte == b'/').next().unwrap_or(name);
    if first.len() >= 4 && first.starts_with(b"__") && first.ends_with(b"__") {
        return None;
    }
    let own = memchr::memrchr(b'/', name).map_or(0, |slash| slash + 1);
    match memchr::memchr(b'.', &name[own..]) {
        None | Some(0) => None,
        Some(dot) => Some((&name[..own + dot], &name[own + dot + 1..])),
    }
}

/// The last part of an extension: `png` of `seg.png`.
pub(super) fn kind_of(extension: &str) -> &str {
    extension
        .rsplit_once('.')
        .map_or(extension, |(_, kind)| kind)
}

/// The name as a path that stays below a folder.
pub(super) fn path_of(name: &[u8]) -> String {
    if let Some(path) = as_path(name) {
        return path.to_owned();
    }
    // `webdataset` has no rule for names, so samples in which they are absolute are common.
    let text = String::from_utf8_lossy(name).replace('\0', "\u{fffd}");
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_dot_of_the_files_own_name_counts() {
        for (name, key, extension) in [
            ("a.jpg", "a", "jpg"),
            ("a/b/0001.seg.png", "a/b/0001", "seg.png"),
            ("v1.0/0001.JPG", "v1.0/0001", "JPG"),
            ("../x.jpg", "../x", "jpg"),
            ("/x.jpg", "/x", "jpg"),
            ("a b.", "a b", ""),
            ("a..jpg", "a", ".jpg"),
            ("ä/é.txt", "ä/é", "txt"),
            ("__a__.json", "__a__", "json"),
            ("a/__b__/c.jpg", "a/__b__/c", "jpg"),
            ("___.jpg", "___", "jpg"),
        ] {
            let expected = Some((key.as_bytes(), extension.as_bytes()));
            assert_eq!(split(name.as_bytes()), expected, "{name}");
        }
        for name in [
            "",
            "a",
            "a/b",
            ".a.jpg",
            "a/.b.jpg",
            "a.b/c",
            "__a__",
            "__a.b__",
            "__a__/b.jpg",
            "____/b.jpg",
            ".",
            "a/..",
        ] {
            assert_eq!(split(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_leads_out_is_shortened_to_what_does_not() {
        for (name, path) in [
            (&b"a/b.jpg"[..], "a/b.jpg"),
            (b"/data/a.jpg", "data/a.jpg"),
            (b"../../a.jpg", "a.jpg"),
            (b"a//./b\0.jpg", "a/b\u{fffd}.jpg"),
            (b"\xff.jpg", "\u{fffd}.jpg"),
        ] {
            assert_eq!(path_of(name), path);
        }
    }
}
