//! What the names of members mean.

use rawzip::extra_fields::ExtraFieldId;

/// What a name in the directory stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A file of the tree, at this path.
    File(String),
    /// A folder, or what macOS adds for itself.
    LeftOut,
    /// Nothing that is listed: the name as far as it can be shown, and why.
    Refused(String, &'static str),
}

/// The bytes that IBM's code page 437 has above ASCII, from 0x80 on.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

impl Name {
    /// Reads the name of a record: as UTF-8 where it is that, else as code page 437. A name that
    /// Info-ZIP's field for it gives in UTF-8 comes first, as in Python.
    ///
    /// `./` at its beginning is dropped. A file's path has neither `.`, `..` nor empty parts,
    /// backslashes, a NUL byte, nor a drive letter.
    pub(super) fn read<'a>(
        raw: &[u8],
        is_utf8: bool,
        extra_fields: impl Iterator<Item = (ExtraFieldId, &'a [u8])>,
    ) -> Self {
        let path = match (unicode_path(raw, extra_fields), std::str::from_utf8(raw)) {
            (Some(path), _) | (None, Ok(path)) => path.to_owned(),
            (None, Err(_)) if is_utf8 => {
                let shown = String::from_utf8_lossy(raw).into_owned();
                return Self::Refused(shown, "its name is said to be UTF-8 and is not");
            }
            (None, Err(_)) => {
                let upper: Vec<char> = CODE_PAGE_437.chars().collect();
                raw.iter()
                    .map(|&byte| match byte.checked_sub(0x80) {
                        Some(nth) => upper[usize::from(nth)],
                        None => char::from(byte),
                    })
                    .collect()
            }
        };
        if let Some(problem) = problem(&path) {
            return Self::Refused(path, problem);
        }
        let path = path.strip_prefix("./").unwrap_or(&path);
        let last = path.rsplit('/').next().unwrap_or(path);
        // A folder's name ends with the slash.
        if last.is_empty()
            || last.starts_with("._")
            || last == ".DS_Store"
            || path.starts_with("__MACOSX/")
        {
            return Self::LeftOut;
        }
        Self::File(path.to_owned())
    }
}

/// Info-ZIP's name in UTF-8: a version, the CRC-32 of the name that it belongs to, the name.
fn unicode_path<'a>(
    raw: &[u8],
    mut extra_fields: impl Iterator<Item = (ExtraFieldId, &'a [u8])>,
) -> Option<&'a str> {
    let (_, field) = extra_fields.find(|(id, _)| *id == ExtraFieldId::INFO_ZIP_UNICODE_PATH)?;
    let (&version, field) = field.split_first()?;
    let (crc, path) = field.split_first_chunk()?;
    let belongs = version == 1 && u32::from_le_bytes(*crc) == crc32fast::hash(raw);
    std::str::from_utf8(path).ok().filter(|_| belongs)
}

/// Why a path is none of a file or folder in the archive.
fn problem(path: &str) -> Option<&'static str> {
    let body = path.strip_prefix("./").unwrap_or(path);
    let has_drive = matches!(body.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    // A folder's name ends with a slash.
    let mut parts = body.strip_suffix('/').unwrap_or(body).split('/');
    if path.contains('\0') {
        Some("its name holds a NUL byte")
    } else if path.contains('\\') {
        Some("its name holds a backslash")
    } else if body.starts_with('/') || has_drive {
        Some("its name is an absolute path")
    } else if parts.clone().any(|part| part == "..") {
        Some("its name leads out of the archive")
    } else if body.is_empty() {
        Some("its name is empty")
    } else if parts.any(|part| part.is_empty() || part == ".") {
        Some("its name has an empty part, or a dot for one")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8]) -> Name {
        Name::read(raw, false, std::iter::empty())
    }

    #[test]
    fn paths_are_read_and_others_refused() {
        for (raw, path) in [
            ("a.json", "a.json"),
            ("./a/b.json", "a/b.json"),
            ("a/..b/c..", "a/..b/c.."),
            ("图/é.jpg", "图/é.jpg"),
            (" / ", " / "),
        ] {
            assert_eq!(read(raw.as_bytes()), Name::File(path.into()));
        }
        for raw in [
            "a/",
            "a/b/",
            "__MACOSX/a",
            "a/._b",
            "._b",
            ".DS_Store",
            "a/.DS_Store",
        ] {
            assert_eq!(read(raw.as_bytes()), Name::LeftOut, "{raw}");
        }
        for (raw, word) in [
            ("/etc/passwd", "absolute"),
            ("C:/a", "absolute"),
            ("c:a", "absolute"),
            ("../a", "leads out"),
            ("a/../b", "leads out"),
            ("a/..", "leads out"),
            ("./../a", "leads out"),
            ("a\\b", "backslash"),
            ("a\0b", "NUL"),
            ("", "empty"),
            ("./", "empty"),
            ("a//b", "empty part"),
            ("a//", "empty part"),
            ("a/./b", "dot"),
            ("a/.", "dot"),
            (".", "dot"),
            ("././a", "dot"),
        ] {
            let Name::Refused(shown, why) = read(raw.as_bytes()) else {
                panic!("{raw} is not refused");
            };
            assert_eq!(shown, raw);
            assert!(why.contains(word), "{raw}: {why}");
        }
    }

    #[test]
    fn names_that_are_not_utf8_are_code_page_437_unless_said_to_be_utf8() {
        assert_eq!(CODE_PAGE_437.chars().count(), 128);
        assert_eq!(
            read(b"caf\x82/\x80\xff\xe1"),
            Name::File("café/Ç\u{a0}ß".into())
        );
        let Name::Refused(_, why) = Name::read(b"caf\x82", true, std::iter::empty()) else {
            panic!("it is not refused");
        };
        assert!(why.contains("UTF-8"));
    }

    #[test]
    fn info_zips_name_counts_where_it_belongs_to_the_name() {
        let field = |raw: &[u8], version| {
            let mut field = vec![version];
            field.extend(crc32fast::hash(raw).to_le_bytes());
            field.extend("中.jpg".as_bytes());
            field
        };
        let read = |field: &[u8]| {
            let fields = [(ExtraFieldId::INFO_ZIP_UNICODE_PATH, field)];
            Name::read(b"_.jpg", false, fields.into_iter())
        };
        assert_eq!(read(&field(b"_.jpg", 1)), Name::File("中.jpg".into()));
        for other in [field(b"x.jpg", 1), field(b"_.jpg", 2), vec![1, 2], vec![]] {
            assert_eq!(read(&other), Name::File("_.jpg".into()));
        }
    }
}
