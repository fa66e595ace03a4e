//! Whether a record says something.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{images, with_mended};

/// Keys whose values are no text of the record: who speaks, and the bytes of images.
const PASSED_OVER: [&str; 3] = ["from", "role", "bytes"];

/// A text that records are searched for.
///
/// Searched are all texts and whole numbers of a record, however deep they lie, and so its
/// conversation, its id and the paths of its images; not the names of its fields, what is under
/// `from` and `role`, and images in the record itself. How JSON escapes a character makes no
/// difference. Of a record that is no JSON its bytes are searched.
///
/// Capital letters are taken for small ones, character by character as Unicode pairs them: `É` is
/// `é`, but `SS` is not `ß`. Nothing else is normalised: `e` with a combining accent is not `é`.
///
/// ```
/// let search = ofa_data::TextSearch::new("A \"Caf\u{e9}\"");
/// assert!(search.matches(br#"{"conversations": [{"value": "a \"CAF\u00c9\""}]}"#));
/// assert!(!search.matches(br#"{"a \"cafe\"": 1}"#));
/// ```
#[derive(Debug, Clone)]
pub struct TextSearch {
    /// In small letters.
    wanted: Vec<char>,
    /// The same where it is all ASCII.
    ascii: Option<Vec<u8>>,
    /// The longest part of it that stands in JSON as it is, but for `\u` escapes.
    plain: Vec<u8>,
}

impl TextSearch {
    /// Takes the text. The empty one is in every record that has a text or a number.
    pub fn new(text: &str) -> Self {
        let wanted: Vec<char> = text.chars().map(small).collect();
        let is_plain = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '/');
        let parts = wanted.split(|c| !is_plain(c));
        let plain = parts.max_by_key(|part| part.len()).unwrap_or_default();
        let bytes = |text: &[char]| text.iter().map(|&c| c as u8).collect::<Vec<u8>>();
        Self {
            plain: bytes(plain),
            ascii: (wanted.iter().all(char::is_ascii)).then(|| bytes(&wanted)),
            wanted,
        }
    }

    /// Whether the bytes of a record, as JSON, contain the text.
    ///
    /// Cost: one pass over the bytes, and only where something like the text is in them a second one
    /// that reads the JSON.
    pub fn matches(&self, record: &[u8]) -> bool {
        let may_be = contains_ascii(record, &self.plain)
            // A character that stands as it is could be escaped all the same.
            || memchr::memmem::find(record, br"\u00").is_some();
        if !may_be {
            return false;
        }
        let Ok(text) = std::str::from_utf8(record) else {
            return self.is_in(&String::from_utf8_lossy(record));
        };
        let found = with_mended(text, |text| {
            let mut reader = serde_json::Deserializer::from_str(text);
            let found = Within(self).deserialize(&mut reader)?;
            reader.end().map(|()| found)
        });
        found.unwrap_or_else(|_| self.is_in(text))
    }

    fn is_in(&self, text: &str) -> bool {
        if let Some(wanted) = &self.ascii {
            return contains_ascii(text.as_bytes(), wanted);
        }
        let [first, rest @ ..] = self.wanted.as_slice() else {
            return true;
        };
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if small(character) == *first {
                let mut behind = characters.clone().map(small);
                if rest.iter().all(|wanted| behind.next() == Some(*wanted)) {
                    return true;
                }
            }
        }
        false
    }
}

/// The small letter of a capital one. One whose small letter is several characters, or the letter of
/// another script, stays as it is.
fn small(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(small), None) if !small.is_ascii() => small,
        _ => character,
    }
}

/// Whether a text is an image as a `data:` URI, and no sentence that begins like one.
fn is_image(text: &str) -> bool {
    /// A type and its parameters are a few words.
    const MOST: usize = 128;

    let header = || text.split_once(',').map_or("", |(header, _)| header);
    let is_header =
        |header: &str| header.len() <= MOST && !header.contains(' ') && header.contains(['/', ';']);
    images::is_data_uri(text) && is_header(header())
}

/// Whether `wanted`, in small letters, is in the bytes.
fn contains_ascii(bytes: &[u8], wanted: &[u8]) -> bool {
    let [first, ..] = wanted else { return true };
    let (small, capital) = (*first, first.to_ascii_uppercase());
    let is_here = |at: usize| {
        let here = bytes.get(at..at + wanted.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(wanted))
    };
    memchr::memchr2_iter(small, capital, bytes).any(is_here)
}

/// Reads a JSON value and says whether the text is in it.
#[derive(Clone, Copy)]
struct Within<'a>(&'a TextSearch);

impl<'de> DeserializeSeed<'de> for Within<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        Ok(!is_image(text) && self.0.is_in(text))
    }

    fn visit_u64<E>(self, number: u64) -> Result<bool, E> {
        Ok(self.0.is_in(&number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<bool, E> {
        Ok(self.0.is_in(&number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(is_in) = list.next_element_seed(self)? {
            found |= is_in;
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if found || PASSED_OVER.contains(&&*key) {
                map.next_value::<IgnoredAny>()?;
            } else {
                found = map.next_value_seed(self)?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(text: &str) -> Vec<u8> {
        let turns = serde_json::json!([{"from": "human", "value": text}]);
        serde_json::to_vec(&serde_json::json!({"id": "0", "conversations": turns})).expect("JSON")
    }

    #[test]
    fn what_is_said_is_found_however_it_is_written() {
        let json = br#"{"id": 4711, "image": "coco\/Train/1.jpg", "conversations": [
            {"from": "human", "value": "\u0048ello \"World\"\nna\u00efve \ud83d\ude00 \\ tab\t"},
            {"from": "gpt", "value": [{"type": "text", "text": "STRA\u00dfE"}]}]}"#;
        for text in [
            "hello",
            "HELLO \"world\"",
            "\"World\"\nna",
            "NA\u{cf}VE",
            "\u{1f600}",
            "\\ TAB\t",
            "4711",
            "71",
            "coco/train",
            "stra\u{df}e",
            "text",
            "",
        ] {
            assert!(TextSearch::new(text).matches(json), "{text}");
        }
        for text in [
            "human",
            "gpt",
            "conversations",
            "value",
            "strasse",
            "nai\u{308}ve",
            r"\n",
        ] {
            assert!(!TextSearch::new(text).matches(json), "{text}");
        }
    }

    #[test]
    fn images_in_records_are_no_text_and_broken_records_are() {
        let json = br#"{"image": "data:image/png;base64,abcd", "images": [{"bytes": "abcd"}]}"#;
        assert!(!TextSearch::new("abcd").matches(json));
        assert!(TextSearch::new("rows, c").matches(br#"{"value": "Data: rows, columns"}"#));
        assert!(TextSearch::new("abcd").matches(br#"{"text": "ABCD"#));
        assert!(TextSearch::new("abcd").matches(b"\"abcd\xff\""));
        // As Python writes it.
        let python = br#"{"score": NaN, "text": "half \ud83d of a pair"}"#;
        assert!(TextSearch::new("of a PAIR").matches(python));
        assert!(!TextSearch::new("score").matches(python));
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_is_found_in_any_case(
            text in "\\PC{0,12}[a-zé\"\\\\\n/ñ ]{1,8}\\PC{0,12}",
            from in 0usize..12,
            length in 1usize..12,
        ) {
            let part: String = text.chars().skip(from).take(length).collect();
            let json = record(&text);
            prop_assert!(TextSearch::new(&part).matches(&json));
            prop_assert!(TextSearch::new(&part.to_ascii_uppercase()).matches(&json));
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let escaped = format!(r#"{{"text": "{escaped}"}}"#);
            prop_assert!(TextSearch::new(&part).matches(escaped.as_bytes()));
        }

        #[test]
        fn what_is_not_there_is_not_found(text in "[a-m ]{0,30}", wanted in "[a-m ]{0,4}[n-z]") {
            prop_assert!(!TextSearch::new(&wanted).matches(&record(&text)));
        }
    }
}
