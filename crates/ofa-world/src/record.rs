//! A record as LLaVA's JSON has it, with the habits of real sources: ids that are strings here and
//! integers there and repeat, keys that nobody asked for, escapes in some files and not in others.

use std::fmt::Write as _;

use crate::conversation::Exchange;
use crate::phrase::SHORT_ANSWER;
use crate::realm::Realm;
use crate::rng::Rng;
use crate::scene_id::ImageId;
use crate::source::Source;

/// The JSON text of one record.
pub(crate) fn record_json(
    source: Source,
    image: Option<ImageId>,
    exchanges: &[Exchange],
    answers_are_false: bool,
    rng: &mut Rng,
) -> String {
    let mut json = String::from("{");
    let texts = Texts {
        source,
        has_image: image.is_some(),
        exchanges,
        answers_are_false,
    };
    // The second realm's files come from other tools, which order the keys otherwise.
    if source.realm() == Realm::Things {
        push(
            &mut json,
            format_args!("\"task_name\": {}", quoted(task_name(source))),
        );
        json.push_str(", ");
        texts.push(&mut json, rng);
        json.push_str(", ");
        push_id(&mut json, source, image, rng);
        push_image(&mut json, image, rng);
    } else {
        push_id(&mut json, source, image, rng);
        push_image(&mut json, image, rng);
        json.push_str(", ");
        texts.push(&mut json, rng);
    }
    push_stray_keys(&mut json, source, exchanges.len(), rng);
    json.push('}');
    if escapes_everything(source) {
        ascii_only(&json)
    } else {
        json
    }
}

/// Sources written by Python's `json.dump` with its default `ensure_ascii`.
fn escapes_everything(source: Source) -> bool {
    matches!(
        source,
        Source::Spatial | Source::Description | Source::Caption
    )
}

/// What a source of the second realm calls its task, as Vision-Flan does.
fn task_name(source: Source) -> &'static str {
    match source {
        Source::MultipleChoice => "scene_vqa+multiple_choice",
        Source::Identify => "thing_identification",
        Source::TrueFalse => "statement+true_false",
        Source::Quantity => "scene_counting+quantity",
        Source::Position => "scene_layout+position",
        Source::SignReading => "sign_board+word_recognition",
        Source::GraphReading => "plot_qa+graph_reading",
        Source::OddOneOut => "odd_one_out",
        Source::ColorNaming => "thing+color_naming",
        Source::Caption => "scene_captioning",
        _ => "instruction_without_image",
    }
}

/// The id names the scene, not the record, so it repeats.
fn push_id(json: &mut String, source: Source, image: Option<ImageId>, rng: &mut Rng) {
    match image {
        Some(id) if has_integer_ids(source) => {
            let stretch = id.scene.stretch.map_or(0, |stretch| stretch + 1);
            let number = stretch * 1000 + u64::from(id.scene.slot);
            push(json, format_args!("\"id\": {number}"));
        }
        Some(id) => push(json, format_args!("\"id\": {}", quoted(&id.scene.name()))),
        None if source.realm() == Realm::Things => {
            push(json, format_args!("\"id\": {}", rng.below(5000)));
        }
        None => push(json, format_args!("\"id\": \"chat_{}\"", rng.below(5000))),
    }
}

fn has_integer_ids(source: Source) -> bool {
    match source.realm() {
        Realm::Shapes => matches!(source, Source::Counting | Source::YesNo | Source::Chart),
        Realm::Things => !matches!(source, Source::Caption | Source::SignReading),
    }
}

fn push_image(json: &mut String, image: Option<ImageId>, rng: &mut Rng) {
    match image {
        Some(id) => push(json, format_args!(", \"image\": {}", quoted(&id.path()))),
        // Mostly no key at all, as in LLaVA's mix.
        None => match rng.below(8) {
            0 => json.push_str(", \"image\": \"\""),
            1 => json.push_str(", \"image\": null"),
            _ => {}
        },
    }
}

/// What a record's turns are made of.
struct Texts<'a> {
    source: Source,
    has_image: bool,
    exchanges: &'a [Exchange],
    answers_are_false: bool,
}

impl Texts<'_> {
    fn push(&self, json: &mut String, rng: &mut Rng) {
        // Some sources keep the placeholder behind the question; most sets mix both.
        let placeholder_last = rng.below(100)
            < match self.source {
                Source::Attribute => 60,
                Source::TrueFalse | Source::MultipleChoice => 90,
                _ => 8,
            };
        // The second realm's instructions say themselves what kind of answer they want.
        let wants_short = self.source.realm() == Realm::Shapes && rng.below(100) < 60;
        json.push_str("\"conversations\": [");
        for (turn, exchange) in self.exchanges.iter().enumerate() {
            let mut question = exchange.question.clone();
            if turn == 0 && self.has_image {
                if wants_short && exchange.is_short() {
                    question.push_str(SHORT_ANSWER);
                }
                question = if placeholder_last {
                    format!("{question}\n<image>")
                } else {
                    format!("<image>\n{question}")
                };
            }
            let answer = if self.answers_are_false {
                &exchange.false_answer
            } else {
                &exchange.answer
            };
            let comma = if turn == 0 { "" } else { ", " };
            push(
                json,
                format_args!(
                    "{comma}{{\"from\": \"human\", \"value\": {}}}, {{\"from\": \"gpt\", \"value\": {}}}",
                    quoted(&question),
                    quoted(answer)
                ),
            );
        }
        json.push(']');
    }
}

/// Keys that a selector must carry along untouched.
fn push_stray_keys(json: &mut String, source: Source, turns: usize, rng: &mut Rng) {
    match source {
        Source::Attribute => json.push_str(", \"task_name\": \"attribute+shape\""),
        Source::YesNo => {
            let tenths = rng.below(10);
            push(
                json,
                format_args!(", \"meta\": {{\"weight\": 1.{tenths}0e1, \"turns\": {turns}}}"),
            );
        }
        Source::TextOnly => json.push_str(", \"model\": \"\""),
        Source::Chart => json.push_str(", \"split\": \"train\", \"table\": null"),
        Source::Quantity => json.push_str(", \"difficulty\": 0.50"),
        Source::Caption => push(
            json,
            format_args!(", \"annotator\": {{\"n\": {}}}", rng.below(40)),
        ),
        _ => {}
    }
}

fn push(json: &mut String, text: std::fmt::Arguments<'_>) {
    json.write_fmt(text)
        .expect("writing to a string cannot fail");
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always valid JSON")
}

/// Writes everything beyond ASCII as `\uXXXX`, in UTF-16 units.
fn ascii_only(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                push(&mut ascii, format_args!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_only_reads_back_the_same() {
        let json = quoted("caf\u{e9} \u{1f3a8} \u{8bf7}\n\"x\"");
        let ascii = ascii_only(&json);
        assert!(ascii.is_ascii());
        assert_eq!(ascii, r#""caf\u00e9 \ud83c\udfa8 \u8bf7\n\"x\"""#);
        let (a, b): (String, String) = (
            serde_json::from_str(&json).unwrap(),
            serde_json::from_str(&ascii).unwrap(),
        );
        assert_eq!(a, b);
    }
}
