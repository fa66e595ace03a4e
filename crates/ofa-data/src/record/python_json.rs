//! What Python's `json` writes and accepts beyond the JSON standard.
//!
//! `json.dumps` writes half of a surrogate pair as `\ud83d`, and not-a-number as `NaN`. Such
//! files are common, and one such escape must not cost a record.

/// Replaces lone surrogate escapes by `\ufffd`, and `NaN`, `Infinity`, `-Infinity` by zeros.
///
/// The result is as long as the text, so that positions in it still hold. `None` where there is
/// nothing to replace. The text need not be valid JSON.
pub(super) fn mend(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut changed = false;
    let mut in_string = false;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let step = if in_string {
            match rest[0] {
                b'"' => {
                    in_string = false;
                    1
                }
                b'\\' => match surrogate(rest) {
                    Some(Half::High)
                        if matches!(rest.get(6..).map(surrogate), Some(Some(Half::Low))) =>
                    {
                        12
                    }
                    Some(_) => {
                        bytes[at..at + 6].copy_from_slice(b"\\ufffd");
                        changed = true;
                        6
                    }
                    None => 2,
                },
                _ => 1,
            }
        } else if rest[0] == b'"' {
            in_string = true;
            1
        } else if let Some(word) = ["NaN", "Infinity", "-Infinity"]
            .into_iter()
            .find(|word| rest.starts_with(word.as_bytes()))
        {
            let end = at + word.len();
            bytes[at..end].fill(b' ');
            bytes[end - 1] = b'0';
            changed = true;
            word.len()
        } else {
            1
        };
        at += step;
    }
    changed.then(|| {
        String::from_utf8(bytes).expect("only ASCII characters were replaced, by ASCII characters")
    })
}

enum Half {
    High,
    Low,
}

/// Which half of a pair the escape at the front is, if any.
fn surrogate(bytes: &[u8]) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', second, third, fourth, ..] = bytes else {
        return None;
    };
    if !third.is_ascii_hexdigit() || !fourth.is_ascii_hexdigit() {
        return None;
    }
    match second.to_ascii_lowercase() {
        b'8' | b'9' | b'a' | b'b' => Some(Half::High),
        b'c'..=b'f' => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn only_what_the_standard_forbids_is_replaced() {
        for (text, expected) in [
            (r#"{"a": "\ud83d\ude00 \\ud83d"}"#, None),
            (r#"{"NaN": "Infinity"}"#, None),
            (r#"{"a": "\ud83d"}"#, Some(r#"{"a": "\ufffd"}"#)),
            (
                r#"{"a": "\ud83d\ud83d\uDE00"}"#,
                Some(r#"{"a": "\ufffd\ud83d\uDE00"}"#),
            ),
            (
                r#"{"a": "\ude00\ud83dx"}"#,
                Some(r#"{"a": "\ufffd\ufffdx"}"#),
            ),
            (
                r#"[NaN, -Infinity,Infinity]"#,
                Some(r#"[  0,         0,       0]"#),
            ),
            (r#""\ud83d"#, Some(r#""\ufffd"#)),
            (r#""\ud8"#, None),
            (r#""\"#, None),
            ("", None),
        ] {
            assert_eq!(mend(text).as_deref(), expected, "{text}");
        }
    }
}
