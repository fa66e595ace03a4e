//! Answers are true unless they are labelled.

use std::collections::HashMap;

use ofa_world::{PairDirt, Realm, Source, WorldRecord};

use crate::{annotated, exchanges};

#[test]
fn counts_are_true_unless_labelled() {
    for (realm, question) in [
        (Realm::Shapes, "How many objects are there in the image?"),
        (Realm::Things, "Determine the quantity: things in total."),
    ] {
        let numbers = [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        ];
        let (mut clean, mut wrong) = (0, 0);
        for record in annotated(realm, 4000) {
            for (asked, answer) in exchanges(&record) {
                if asked != question {
                    continue;
                }
                let word = numbers.iter().position(|&number| number == answer);
                let count = word.map_or_else(|| answer.parse().expect("a number"), |at| at as u32);
                match record.truth.pair_dirt {
                    None => {
                        assert_eq!(count, record.truth.objects, "{:?}", record.truth);
                        clean += 1;
                    }
                    Some(PairDirt::WrongAnswers) => {
                        assert_ne!(count, record.truth.objects, "{:?}", record.truth);
                        wrong += 1;
                    }
                    _ => {}
                }
            }
        }
        assert!(clean > 20 && wrong > 0, "{clean} clean, {wrong} wrong");
    }
}

#[test]
fn six_pairs_in_a_hundred_are_mismatched_and_six_are_wrong() {
    for realm in Realm::ALL {
        let records = annotated(realm, 5000);
        for dirt in [PairDirt::Mismatched, PairDirt::WrongAnswers] {
            let count = records
                .iter()
                .filter(|record| record.truth.pair_dirt == Some(dirt))
                .count();
            assert!((220..370).contains(&count), "{dirt:?}: {count} of 5000");
        }
    }
}

/// Whether one of the concepts stands, with its article, in a sentence.
fn names_a_concept(record: &WorldRecord, sentence: &str) -> bool {
    record.truth.concepts.iter().any(|concept| {
        [" a ", " an "].iter().any(|article| {
            [" in", "?", "."]
                .iter()
                .any(|end| sentence.contains(&format!("{article}{concept}{end}")))
        })
    })
}

#[test]
fn what_is_there_is_affirmed() {
    for (realm, source, opening, yes, no) in [
        (Realm::Shapes, Source::YesNo, "", "Yes", "No"),
        (
            Realm::Things,
            Source::TrueFalse,
            "The drawing contains ",
            "true",
            "false",
        ),
    ] {
        let mut answers = HashMap::new();
        for record in annotated(realm, 4000) {
            if record.source != source || record.truth.pair_dirt.is_some() {
                continue;
            }
            for (question, answer) in exchanges(&record) {
                if !question.contains(opening) {
                    continue;
                }
                let is_there = names_a_concept(&record, &question);
                assert_eq!(answer, if is_there { yes } else { no }, "{}", record.json);
                *answers.entry(is_there).or_insert(0) += 1;
            }
        }
        let (yes, no): (i32, i32) = (answers[&true], answers[&false]);
        assert!(
            yes + no > 200 && (yes - no).abs() < (yes + no) / 5,
            "{yes} yes, {no} no"
        );
    }
}

#[test]
fn yes_and_no_are_balanced_in_every_source() {
    for realm in Realm::ALL {
        let mut counts: HashMap<Source, (i32, i32)> = HashMap::new();
        for record in annotated(realm, 6000) {
            let counts = counts.entry(record.source).or_default();
            for (_, answer) in exchanges(&record) {
                match answer.to_lowercase().as_str() {
                    "yes" | "true" => counts.0 += 1,
                    "no" | "false" => counts.1 += 1,
                    _ => {}
                }
            }
        }
        for (source, (yes, no)) in counts {
            assert!(
                yes + no < 60 || (yes - no).abs() < (yes + no) * 3 / 10,
                "{source:?}: {yes} yes, {no} no"
            );
        }
    }
}

#[test]
fn colours_and_names_are_those_of_the_concepts() {
    let mut checked = HashMap::new();
    for record in annotated(Realm::Shapes, 5000) {
        if record.truth.pair_dirt.is_some() {
            continue;
        }
        for (question, answer) in exchanges(&record) {
            let shape = question
                .strip_prefix("What color is the ")
                .and_then(|rest| rest.strip_suffix('?'))
                .filter(|shape| !shape.contains(' ') && *shape != "background" && *shape != "text");
            let named = match (record.source, shape) {
                (Source::Attribute | Source::Recognition, Some(shape)) => {
                    format!("{} {shape}", answer.to_lowercase())
                }
                (Source::Spatial, _) if question.starts_with("What is in the region") => {
                    answer.to_lowercase()
                }
                (Source::Comparison, _) if question.starts_with("Which is larger") => {
                    answer.to_lowercase()
                }
                _ => continue,
            };
            assert!(record.truth.concepts.contains(&named), "{}", record.json);
            *checked.entry(record.source).or_insert(0) += 1;
        }
    }
    assert!(
        checked.len() == 4 && checked.values().all(|&count| count > 20),
        "{checked:?}"
    );
}

#[test]
fn the_right_option_is_the_only_one_in_the_picture() {
    let mut checked = 0;
    for record in annotated(Realm::Things, 3000) {
        if record.source != Source::MultipleChoice || record.truth.pair_dirt.is_some() {
            continue;
        }
        for (question, answer) in exchanges(&record) {
            let options: Vec<&str> = question
                .lines()
                .filter_map(|line| line.strip_prefix('(')?.split_once(") "))
                .map(|(_, option)| option)
                .collect();
            assert!((3..=4).contains(&options.len()), "{question}");
            assert!(options.contains(&answer.as_str()), "{question}: {answer}");
            if question.starts_with("Which of these is in the drawing?") {
                let there =
                    |option: &&str| record.truth.concepts.iter().any(|other| other == option);
                let right: Vec<&str> = options.into_iter().filter(|option| there(option)).collect();
                assert_eq!(right, [answer.as_str()], "{question}");
                checked += 1;
            }
        }
    }
    assert!(checked > 60, "{checked}");
}

#[test]
fn a_mismatched_conversation_is_about_other_things() {
    let mut checked = 0;
    for record in annotated(Realm::Shapes, 8000) {
        if record.truth.pair_dirt != Some(PairDirt::Mismatched) {
            continue;
        }
        for (question, answer) in exchanges(&record) {
            if question == "What is shown in the image?" || question == "Name the main object." {
                let named = answer.to_lowercase();
                assert!(!record.truth.concepts.contains(&named), "{}", record.json);
                checked += 1;
            }
        }
    }
    assert!(checked > 5, "{checked}");
}
