//! The codes that the npm package declares are those that the crates give, with what comes along.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ofa_data::{Remark, SkipReason};
use ofa_pipeline::encode::{ResumeNote, RunSetting};
use serde_json::{Value, json};

/// What stands between a name's declaration in a file of the package and the empty line after it.
fn declaration(file: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../pkg/src")
        .join(file);
    let text = fs::read_to_string(&path).expect("a source of the package");
    let (_, from) = text
        .split_once(&format!(" {name} ="))
        .unwrap_or_else(|| panic!("{file} declares no {name}"));
    let (declared, _) = from.split_once(";\n\n").expect("the declaration's end");
    declared.to_owned()
}

/// The names in quotation marks.
fn quoted(declared: &str) -> Vec<&str> {
    declared.split('"').skip(1).step_by(2).collect()
}

/// The codes of a union, each with the names of all its properties.
fn members(declared: &str) -> BTreeSet<(String, BTreeSet<String>)> {
    declared
        .split('{')
        .skip(1)
        .filter_map(|member| member.split_once('}'))
        .filter(|(member, _)| member.contains("code:"))
        .map(|(member, _)| {
            let names = member.split(';').filter_map(|part| part.split_once(':'));
            let names = names.map(|(name, _)| name.trim().to_owned()).collect();
            (quoted(member)[0].to_owned(), names)
        })
        .collect()
}

/// The same of values.
fn members_of(values: &[Value]) -> BTreeSet<(String, BTreeSet<String>)> {
    let member = |value: &Value| {
        let object = value.as_object().expect("an object");
        let code = object["code"].as_str().expect("a code").to_owned();
        (code, object.keys().cloned().collect())
    };
    values.iter().map(member).collect()
}

/// A value of each kind of remark; the match has to grow where there is a new kind.
fn remarks() -> Vec<Remark> {
    let (name, example, count) = (String::new, String::new, 2);
    let all = vec![
        Remark::MembersIgnored {
            name: name(),
            count,
            example: example(),
        },
        Remark::NotFiles {
            name: name(),
            count,
            example: example(),
        },
        Remark::NamesRefused {
            name: name(),
            count,
            example: example(),
        },
        Remark::AfterEnd {
            name: name(),
            end: 1,
            at: 2,
        },
        Remark::SplitKeys {
            name: name(),
            count,
            example: example(),
        },
        Remark::LoneCaptions {
            name: name(),
            count,
        },
        Remark::FilesLeftOut {
            count,
            example: example(),
        },
    ];
    for remark in &all {
        match remark {
            Remark::MembersIgnored { .. }
            | Remark::NotFiles { .. }
            | Remark::NamesRefused { .. }
            | Remark::AfterEnd { .. }
            | Remark::SplitKeys { .. }
            | Remark::LoneCaptions { .. }
            | Remark::FilesLeftOut { .. } => {}
        }
    }
    all
}

#[test]
fn of_remarks() {
    let given: Vec<Value> = remarks().iter().map(|remark| json!(remark)).collect();
    let declared = declaration("results.ts", "DatasetRemark");
    assert_eq!(members(&declared), members_of(&given));
}

#[test]
fn of_notes_on_how_a_run_goes_on() {
    let settings = [
        RunSetting::Backend,
        RunSetting::ImageBatch,
        RunSetting::TextTokens,
        RunSetting::CacheBytes,
    ];
    for setting in settings {
        match setting {
            RunSetting::Backend
            | RunSetting::ImageBatch
            | RunSetting::TextTokens
            | RunSetting::CacheBytes => {}
        }
    }
    let declared = declaration("events.ts", "RunSetting");
    assert_eq!(json!(settings), json!(quoted(&declared)));

    let notes = [
        ResumeNote::SettingChanged {
            setting: RunSetting::Backend,
            before: String::new(),
            now: String::new(),
        },
        ResumeNote::CachePartBroken {
            name: String::new(),
        },
    ];
    for note in &notes {
        match note {
            ResumeNote::SettingChanged { .. } | ResumeNote::CachePartBroken { .. } => {}
        }
    }
    let given: Vec<Value> = notes.iter().map(|note| json!(note)).collect();
    let declared = members(&declaration("events.ts", "Note"));
    // The package has further ones of its own.
    assert!(members_of(&given).is_subset(&declared), "{declared:?}");
}

#[test]
fn of_reasons_of_skipped_records() {
    let names = SkipReason::ALL.map(SkipReason::as_str);
    let declared = declaration("results.ts", "SKIP_REASONS");
    let declared = quoted(&declared);
    assert_eq!(
        declared.split_last(),
        Some((&"not_scored", names.as_slice()))
    );
}
