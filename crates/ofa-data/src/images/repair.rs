//! What is tried where the file that a reference names is not there.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A change to a reference after which its file is found.
///
/// The names are a contract: they stand in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Repair {
    /// `/` for every `\`: the path was written on Windows.
    Backslash,
    /// Percent-encoding undone, or done where the files have encoded names.
    Percent,
    /// Characters for `#U00e9` or the other way round: Info-ZIP's `unzip` writes so what it
    /// cannot express.
    UnicodeEscape,
    /// The same text composed or decomposed: macOS decomposes names.
    UnicodeForm,
    /// Another extension of an image file.
    Extension,
}

impl Repair {
    /// Every repair, in the order in which they are combined.
    pub const ALL: [Self; 5] = [
        Self::Backslash,
        Self::Percent,
        Self::UnicodeEscape,
        Self::UnicodeForm,
        Self::Extension,
    ];

    /// The stable name, the same that serde writes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backslash => "backslash",
            Self::Percent => "percent",
            Self::UnicodeEscape => "unicode_escape",
            Self::UnicodeForm => "unicode_form",
            Self::Extension => "extension",
        }
    }

    /// The paths that this repair makes of one. At most two, and of extensions fifteen.
    fn apply(self, path: &str) -> Vec<String> {
        match self {
            Self::Backslash => vec![path.replace('\\', "/")],
            Self::Percent => percent(path).into_iter().collect(),
            Self::UnicodeEscape => vec![unescaped(path).unwrap_or_else(|| escaped(path))],
            Self::UnicodeForm => vec![path.nfc().collect(), path.nfd().collect()],
            Self::Extension => other_extensions(path),
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no [`Repair`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown repair `{0}`")]
pub struct UnknownRepair(String);

impl FromStr for Repair {
    type Err = UnknownRepair;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|repair| repair.as_str() == name)
            .ok_or_else(|| UnknownRepair(name.to_owned()))
    }
}

/// What `encodeURI` writes as it is.
const AS_IT_IS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b';')
    .remove(b',')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'#');

/// The path decoded where anything in it is encoded, and encoded otherwise. `None` where it
/// decodes to what is no text.
fn percent(path: &str) -> Option<String> {
    match percent_decode_str(path).decode_utf8().ok()? {
        decoded if decoded != path => Some(decoded.into_owned()),
        _ => Some(utf8_percent_encode(path, AS_IT_IS).to_string()),
    }
}

/// `#U` and four digits, or `#L` and six, for every character beyond ASCII.
fn escaped(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    for c in path.chars() {
        match u32::from(c) {
            ..0x80 => name.push(c),
            number @ ..0x1_0000 => name.push_str(&format!("#U{number:04x}")),
            number => name.push_str(&format!("#L{number:06x}")),
        }
    }
    name
}

/// Characters for their escapes. `None` where there is no escape.
fn unescaped(path: &str) -> Option<String> {
    let mut name = String::with_capacity(path.len());
    let mut rest = path;
    let mut any = false;
    while let Some(at) = rest.find('#') {
        let (before, escape) = rest.split_at(at);
        name.push_str(before);
        match escape_at(escape) {
            Some((c, length)) => {
                name.push(c);
                any = true;
                rest = &escape[length..];
            }
            None => {
                name.push('#');
                rest = &escape[1..];
            }
        }
    }
    name.push_str(rest);
    any.then_some(name)
}

/// The character that an escape at the start stands for, and the escape's length.
fn escape_at(text: &str) -> Option<(char, usize)> {
    let digits = match text.get(..2)? {
        "#U" => text.get(2..6)?,
        "#L" => text.get(2..8)?,
        _ => return None,
    };
    // A sign would be taken for part of the number.
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    // ASCII needs no escape, so what looks like one is a name.
    let c = char::from_u32(number).filter(|c| !c.is_ascii())?;
    Some((c, 2 + digits.len()))
}

/// The extensions of images that are tried for one another.
const EXTENSIONS: [&str; 16] = [
    "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "JPG", "JPEG", "PNG", "WEBP", "GIF",
    "BMP", "TIF", "TIFF",
];

/// The path with every other extension of images; nothing where it has none.
fn other_extensions(path: &str) -> Vec<String> {
    let Some((stem, extension)) = path.rsplit_once('.') else {
        return vec![];
    };
    let is_known = EXTENSIONS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(extension));
    if !is_known || stem.is_empty() || stem.ends_with('/') {
        return vec![];
    }
    EXTENSIONS
        .iter()
        .filter(|&&known| known != extension)
        .map(|known| format!("{stem}.{known}"))
        .collect()
}

/// A path within the roots.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The only root that is meant; every root where there is none.
    pub(super) root: Option<usize>,
    pub(super) path: String,
}

impl Place {
    /// The folder that the path is in; `""` for the root itself.
    pub(super) fn folder(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or("", |(folder, _name)| folder)
    }
}

/// A place that a reference may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) place: Place,
    pub(super) repairs: Vec<Repair>,
}

/// The longest path that is repaired: what systems open at most. It bounds what candidates take.
const LONGEST: usize = 4096;

/// The most look-ups in a root for one reference: that as written, those for candidates, and
/// those for their folders.
pub(super) const MOST_LOOKUPS: usize = 100;

/// The places that a reference may mean, by the number of repairs: one, two, three.
///
/// `slashed` is the place with `/` for `\`, where the reference has any. `resolve` takes `.` and
/// `..` out of a repaired path, and gives `None` for one that leads out.
///
/// Where all of one number would be more look-ups than allowed, neither these nor those of a
/// larger number are given: among a part of them a file may seem the only one and not be it.
pub(super) fn candidates(
    as_written: &Place,
    slashed: Option<Place>,
    resolve: impl Fn(&str) -> Option<String>,
) -> Vec<Vec<Candidate>> {
    let mut all = vec![Candidate {
        place: as_written.clone(),
        repairs: vec![],
    }];
    all.extend(slashed.map(|place| Candidate {
        place,
        repairs: vec![Repair::Backslash],
    }));
    let repaired = |from: &Candidate, repair: Repair| -> Vec<Candidate> {
        if from.place.path.len() > LONGEST {
            return vec![];
        }
        let paths = repair.apply(&from.place.path).into_iter();
        let with = |path| Candidate {
            place: Place {
                root: from.place.root,
                path,
            },
            repairs: from.repairs.iter().copied().chain([repair]).collect(),
        };
        paths.filter_map(|path| resolve(&path)).map(with).collect()
    };
    let names = [Repair::Percent, Repair::UnicodeEscape, Repair::UnicodeForm];
    for stage in [&names[..], &[Repair::Extension]] {
        let made: Vec<Candidate> = all
            .iter()
            .flat_map(|from| stage.iter().flat_map(|&repair| repaired(from, repair)))
            .collect();
        all.extend(made);
    }
    // Fewer repairs first, so that a place is known by the shortest way to it.
    all.sort_by_key(|candidate| candidate.repairs.len());
    let mut seen = HashSet::new();
    let mut levels: [Vec<Candidate>; 3] = Default::default();
    for candidate in all {
        if seen.insert(candidate.place.clone()) && !candidate.repairs.is_empty() {
            levels[candidate.repairs.len() - 1].push(candidate);
        }
    }
    within_bounds(levels)
}

fn within_bounds(levels: [Vec<Candidate>; 3]) -> Vec<Vec<Candidate>> {
    let mut folders = HashSet::new();
    let mut lookups = 1;
    let fits = |level: &Vec<Candidate>| {
        for candidate in level {
            lookups += 1 + usize::from(folders.insert(candidate.place.folder().to_owned()));
        }
        lookups <= MOST_LOOKUPS
    };
    levels.into_iter().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(repair: Repair, path: &str) -> String {
        let made = repair.apply(path);
        assert_eq!(made.len(), 1, "{path}");
        made.into_iter().next().unwrap()
    }

    #[test]
    fn names_are_the_ones_serde_writes_and_read_back() {
        for repair in Repair::ALL {
            let json = serde_json::to_string(&repair).unwrap();
            assert_eq!(json, format!("\"{repair}\""));
            assert_eq!(repair.as_str().parse::<Repair>().unwrap(), repair);
        }
        assert!("Percent".parse::<Repair>().is_err());
    }

    #[test]
    fn percent_encoding_goes_both_ways() {
        for (path, expected) in [
            ("a%20b/%C3%A9.jpg", "a b/é.jpg"),
            ("a b/é.jpg", "a%20b/%C3%A9.jpg"),
            // What `encodeURI` leaves stays.
            (
                "a;,/?:@&=+$-_.!~*'()#\"<>",
                "a;,/?:@&=+$-_.!~*'()#%22%3C%3E",
            ),
            ("100%.jpg", "100%25.jpg"),
            ("100%25.jpg", "100%.jpg"),
        ] {
            assert_eq!(one(Repair::Percent, path), expected);
        }
        assert_eq!(Repair::Percent.apply("a%ff.jpg"), [""; 0]);
    }

    #[test]
    fn escapes_are_those_of_info_zip() {
        for (written, escaped) in [
            ("é/中.jpg", "#U00e9/#U4e2d.jpg"),
            ("😀.png", "#L01f600.png"),
        ] {
            assert_eq!(one(Repair::UnicodeEscape, written), escaped);
            assert_eq!(one(Repair::UnicodeEscape, escaped), written);
        }
        // No escapes: too short, a sign, ASCII, half a character, nothing.
        for name in [
            "#U00e", "#U+0e9", "#U0041", "#Ud83d", "#L110000", "#", "##U", "#Ué",
        ] {
            assert_eq!(unescaped(name), None, "{name}");
        }
    }

    #[test]
    fn only_extensions_of_images_are_changed() {
        let paths = other_extensions("a.b/c.jpg");
        assert_eq!(paths.len(), 15);
        assert!(paths.contains(&"a.b/c.JPG".to_owned()));
        assert!(!paths.contains(&"a.b/c.jpg".to_owned()));
        assert_eq!(other_extensions("c.Jpg").len(), 16);
        for path in ["a", "a.txt", "a.jpg/b", ".jpg", "a/.jpg", ""] {
            assert_eq!(other_extensions(path), [""; 0], "{path}");
        }
    }

    fn levels(reference: &str) -> Vec<Vec<Candidate>> {
        let place = |path: String| Place { root: None, path };
        let slashed = reference
            .contains('\\')
            .then(|| place(reference.replace('\\', "/")));
        candidates(&place(reference.to_owned()), slashed, |path| {
            Some(path.to_owned())
        })
    }

    #[test]
    fn repairs_are_combined_in_their_order() {
        let levels = levels("a\\b%20c.jpg");
        let find = |path: &str| {
            let mut all = levels.iter().flatten();
            all.find(|candidate| candidate.place.path == path)
                .map(|candidate| candidate.repairs.clone())
        };
        use Repair::{Backslash, Extension, Percent};
        assert_eq!(find("a/b%20c.jpg"), Some(vec![Backslash]));
        assert_eq!(find("a/b c.jpg"), Some(vec![Backslash, Percent]));
        assert_eq!(find("a/b c.png"), Some(vec![Backslash, Percent, Extension]));
        assert_eq!(find("a\\b c.png"), Some(vec![Percent, Extension]));
        assert_eq!(find("a/b%20c.png"), Some(vec![Backslash, Extension]));
        assert_eq!(find("a\\b%20c.jpg"), None);
        assert_eq!(find("b c.jpg"), None);
    }

    proptest::proptest! {
        #[test]
        fn look_ups_are_bounded_and_no_place_is_tried_twice(
            reference in r"[a-c/\\%20#U9é中. ]{0,24}(\.jpg|\.PNG)?"
        ) {
            let levels = levels(&reference);
            let all: Vec<_> = levels.iter().flatten().collect();
            let places: HashSet<_> = all.iter().map(|candidate| &candidate.place).collect();
            let folders: HashSet<_> =
                all.iter().map(|candidate| candidate.place.folder()).collect();
            proptest::prop_assert_eq!(places.len(), all.len());
            proptest::prop_assert!(1 + places.len() + folders.len() <= MOST_LOOKUPS);
            for (level, number) in levels.iter().zip(1..) {
                for candidate in level {
                    proptest::prop_assert_eq!(candidate.repairs.len(), number);
                    proptest::prop_assert_ne!(&candidate.place.path, &reference);
                    let mut in_order = candidate.repairs.clone();
                    in_order.sort();
                    proptest::prop_assert_eq!(&in_order, &candidate.repairs);
                }
            }
        }

        #[test]
        fn no_text_makes_a_repair_panic(path in ".{0,40}") {
            for repair in Repair::ALL {
                repair.apply(&path);
            }
        }
    }
}
