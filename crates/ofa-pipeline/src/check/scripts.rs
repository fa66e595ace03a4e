//! In which script a text is written, roughly.

/// Names of the scripts that are told apart, as they stand in reports. Among equals the earlier
/// one counts.
const SCRIPTS: [&str; 11] = [
    "latin",
    "han",
    "kana",
    "hangul",
    "cyrillic",
    "arabic",
    "hebrew",
    "devanagari",
    "thai",
    "greek",
    "other",
];

/// What has no letter.
const NONE: &str = "none";

/// The script that most letters of these turns are of; `none` where there is no letter.
pub(super) fn script_of_turns(turns: &[String]) -> &'static str {
    let mut letters = [0_u64; SCRIPTS.len()];
    for letter in turns.iter().flat_map(|turn| turn.chars()) {
        if letter.is_ascii_alphabetic() {
            letters[0] += 1;
        } else if !letter.is_ascii() && letter.is_alphabetic() {
            letters[script_of(letter)] += 1;
        }
    }
    let (mut script, mut most) = (NONE, 0);
    for (name, count) in SCRIPTS.into_iter().zip(letters) {
        if count > most {
            (script, most) = (name, count);
        }
    }
    script
}

/// The script of a letter, by the blocks that Unicode has for each: its place in [`SCRIPTS`].
fn script_of(letter: char) -> usize {
    match u32::from(letter) {
        0x0000..=0x02af
        | 0x1d00..=0x1dbf
        | 0x1e00..=0x1eff
        | 0x2c60..=0x2c7f
        | 0xa720..=0xa7ff
        | 0xab30..=0xab6f
        | 0xfb00..=0xfb06
        | 0xff21..=0xff5a => 0,
        0x2e80..=0x2fdf
        | 0x3005..=0x3007
        | 0x3021..=0x3029
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xf900..=0xfaff
        | 0x20000..=0x3ffff => 1,
        0x3031..=0x3035 | 0x3040..=0x30ff | 0x31f0..=0x31ff | 0xff66..=0xff9f => 2,
        0x1aff0..=0x1b16f => 2,
        0x1100..=0x11ff | 0x3130..=0x318f | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xffa0..=0xffdc => {
            3
        }
        0x0400..=0x052f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => 4,
        0x0600..=0x06ff | 0x0750..=0x077f | 0x0870..=0x08ff | 0xfb50..=0xfdff | 0xfe70..=0xfeff => {
            5
        }
        0x0590..=0x05ff | 0xfb1d..=0xfb4f => 6,
        0x0900..=0x097f | 0xa8e0..=0xa8ff => 7,
        0x0e00..=0x0e7f => 8,
        0x0370..=0x03ff | 0x1f00..=0x1fff => 9,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_of_most_letters_counts() {
        for (text, script) in [
            ("What is this? 这是", "latin"),
            ("Größe, naïveté, Tiếng Việt", "latin"),
            ("这张图片里有什么？", "han"),
            ("これはなんですか、写真", "kana"),
            ("이 그림에는 무엇이 있습니까", "hangul"),
            ("Что на картинке?", "cyrillic"),
            ("ما هذا؟", "arabic"),
            ("מה זה", "hebrew"),
            ("यह क्या है", "devanagari"),
            ("นี่คืออะไร", "thai"),
            ("Τι είναι αυτό;", "greek"),
            ("இது என்ன", "other"),
            ("2 + 2 = ? … 🎈", "none"),
            ("", "none"),
        ] {
            assert_eq!(script_of_turns(&[text.to_owned()]), script, "{text}");
        }
        let both = ["ab".to_owned(), "这张图".to_owned()];
        assert_eq!(script_of_turns(&both), "han");
    }
}
