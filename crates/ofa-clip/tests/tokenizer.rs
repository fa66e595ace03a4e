//! Token ids against `transformers`' fast CLIPTokenizer: equal.

use ofa_clip::{ClipConfig, ClipTokenizer, SpecialTokens};
use serde::Deserialize;
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/goldens/tokenizer");

#[derive(Deserialize)]
struct Cases {
    context: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    tokens_before_cut: Option<usize>,
}

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}/{name}")).unwrap()
}

fn from_vocab_and_merges() -> ClipTokenizer {
    ClipTokenizer::from_vocab_and_merges(&golden("vocab.json"), &golden("merges.txt")).unwrap()
}

fn model(text_config: &str) -> ClipConfig {
    let json = format!(r#"{{"text_config": {text_config}}}"#);
    ClipConfig::from_json(json.as_bytes()).unwrap()
}

fn check(tokenizer: &ClipTokenizer) {
    let cases: Cases = serde_json::from_slice(&golden("cases.json")).unwrap();
    assert!(cases.cases.len() > 500);
    let model = model(&format!(
        r#"{{"vocab_size": 1514, "eos_token_id": 1513, "max_position_embeddings": {}}}"#,
        cases.context
    ));
    let cut = tokenizer.clone().for_model(&model).unwrap();
    for case in cases.cases {
        assert_eq!(cut.encode(&case.text).unwrap(), case.ids, "{:?}", case.text);
        let whole = tokenizer.encode(&case.text).unwrap();
        let expected = case.tokens_before_cut.unwrap_or(case.ids.len());
        assert_eq!(whole.len(), expected, "{:?}", case.text);
        let is_cut = cut.cuts(&case.text).unwrap();
        assert_eq!(is_cut, expected > cases.context, "{:?}", case.text);
        assert!(!tokenizer.cuts(&case.text).unwrap(), "{:?}", case.text);
    }
}

#[test]
fn tokenizer_json_gives_the_ids_of_transformers() {
    check(&ClipTokenizer::from_json(&golden("tokenizer.json")).unwrap());
}

#[test]
fn vocab_and_merges_give_the_ids_of_transformers() {
    check(&from_vocab_and_merges());
}

#[test]
fn truncation_and_padding_in_the_file_do_not_count() {
    let mut json: serde_json::Value = serde_json::from_slice(&golden("tokenizer.json")).unwrap();
    json["truncation"] = serde_json::json!({
        "direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0
    });
    json["padding"] = serde_json::json!({
        "strategy": {"Fixed": 77}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "!"
    });
    let tokenizer = ClipTokenizer::from_json(json.to_string().as_bytes()).unwrap();
    check(&tokenizer);
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let message = |text_config: &str| {
        let fitted = from_vocab_and_merges().for_model(&model(text_config));
        fitted.unwrap_err().to_string()
    };
    assert_eq!(
        message(r#"{"vocab_size": 1000}"#),
        "vocab.json and merges.txt does not fit config.json: it has token ids up to 1513 (`<|endoftext|>`), the model's vocab_size is 1000; take both from the same model"
    );
    assert!(message("{}").contains("ends texts with `<|endoftext|>`, id 1513"));
}

/// The golden's `tokenizer.json` with a change.
fn changed(change: impl FnOnce(&mut Value)) -> ClipTokenizer {
    let mut json: Value = serde_json::from_slice(&golden("tokenizer.json")).unwrap();
    change(&mut json);
    ClipTokenizer::from_json(json.to_string().as_bytes()).unwrap()
}

#[test]
fn with_the_old_end_token_id_any_end_token_will_do() {
    let legacy = model(r#"{"vocab_size": 1515, "eos_token_id": 2}"#);
    assert!(from_vocab_and_merges().for_model(&legacy).is_ok());
    let tokenizer = changed(|json| {
        let added = json["added_tokens"].as_array_mut().unwrap();
        added.push(json!({
            "id": 1514, "content": "<more>", "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true
        }));
    });
    let tokenizer = tokenizer.for_model(&legacy).unwrap();
    let ids = tokenizer.encode("a <more> b").unwrap();
    // `transformers` pools such a model at `input_ids.argmax()`, wherever that is.
    assert_eq!(ids[2], 1514);
    assert_eq!(legacy.text.end_token.position(&ids), 2);
    let ids = tokenizer.encode("a b").unwrap();
    assert_eq!(legacy.text.end_token.position(&ids), ids.len() - 1);
}

#[test]
fn ids_that_no_text_can_turn_into_may_be_beyond_the_model() {
    let model = model(r#"{"vocab_size": 1514, "eos_token_id": 1513}"#);
    let with_token =
        |token: &str| changed(|json| json["model"]["vocab"][token] = 1514.into()).for_model(&model);
    assert!(with_token("filler").is_ok());
    // A single letter is a token without a merge, here one that bytes are written as.
    let mut json: Value = serde_json::from_slice(&golden("tokenizer.json")).unwrap();
    let vocabulary = json["model"]["vocab"].as_object_mut().unwrap();
    *vocabulary.get_mut("a</w>").unwrap() = 1514.into();
    let tokenizer = ClipTokenizer::from_json(json.to_string().as_bytes()).unwrap();
    let message = tokenizer.for_model(&model).unwrap_err().to_string();
    assert!(
        message.contains("token ids up to 1514 (`a</w>`)"),
        "{message}"
    );
    // What an added token stands for is found in a text.
    let added = changed(|json| {
        json["model"]["vocab"]["filler"] = 1514.into();
        json["added_tokens"].as_array_mut().unwrap().push(json!({
            "id": 1514, "content": "filler", "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": true, "special": false
        }));
    });
    let message = added.for_model(&model).unwrap_err().to_string();
    assert!(
        message.contains("token ids up to 1514 (`filler`)"),
        "{message}"
    );
}

#[test]
fn parts_that_are_null_are_those_of_clip() {
    for parts in [
        ["normalizer"].as_slice(),
        &["pre_tokenizer"],
        &["post_processor"],
        &["normalizer", "pre_tokenizer", "post_processor"],
    ] {
        check(&changed(|json| {
            for part in parts {
                json[*part] = Value::Null;
            }
        }));
        check(&changed(|json| {
            for part in parts {
                json.as_object_mut().unwrap().shift_remove(*part).unwrap();
            }
        }));
    }
    // A token that is found in normalised text is found by the normaliser that was put in.
    let tokenizer = changed(|json| {
        json["normalizer"] = Value::Null;
        json["added_tokens"][0]["normalized"] = true.into();
    });
    assert_eq!(
        tokenizer.encode("<|STARTOFTEXT|>").unwrap(),
        [1512, 1512, 1513]
    );
}

#[test]
fn special_tokens_are_those_that_the_files_name() {
    #[derive(Deserialize)]
    struct Folder {
        tokenizer_config: Option<Value>,
        special_tokens_map: Option<Value>,
        ids: Vec<Vec<u32>>,
    }
    #[derive(Deserialize)]
    struct Folders {
        texts: Vec<String>,
        folders: Vec<Folder>,
    }
    let golden_folders: Folders = serde_json::from_slice(&golden("special_tokens.json")).unwrap();
    assert!(golden_folders.folders.len() >= 10);
    for folder in golden_folders.folders {
        let bytes = |json: &Option<Value>| json.as_ref().map(|json| json.to_string().into_bytes());
        let config = bytes(&folder.tokenizer_config);
        let map = bytes(&folder.special_tokens_map);
        let special = SpecialTokens::from_json(config.as_deref(), map.as_deref()).unwrap();
        let (vocab, merges) = (golden("vocab.json"), golden("merges.txt"));
        let tokenizer =
            ClipTokenizer::from_vocab_and_merges_with(&vocab, &merges, &special).unwrap();
        for (text, ids) in golden_folders.texts.iter().zip(folder.ids) {
            let place = format!(
                "{text:?} with {:?} and {:?}",
                folder.tokenizer_config, folder.special_tokens_map
            );
            assert_eq!(tokenizer.encode(text).unwrap(), ids, "{place}");
        }
    }
}

#[test]
fn an_unknown_token_stands_for_what_has_none() {
    let special = |unk: &str| {
        let map = json!({ "unk_token": unk }).to_string();
        SpecialTokens::from_json(None, Some(map.as_bytes())).unwrap()
    };
    // A vocabulary without the letter b.
    let vocab = br#"{"<|startoftext|>": 0, "<|endoftext|>": 1, "<unk>": 2, "a</w>": 3}"#;
    let encode = |special: &SpecialTokens| {
        let tokenizer = ClipTokenizer::from_vocab_and_merges_with(vocab, b"", special);
        tokenizer.unwrap().encode("a b").unwrap()
    };
    assert_eq!(encode(&special("<unk>")), [0, 3, 2, 1]);
    assert_eq!(encode(&SpecialTokens::default()), [0, 3, 1, 1]);
    let missing = ClipTokenizer::from_vocab_and_merges_with(vocab, b"", &special("<other>"));
    let message = missing.unwrap_err().to_string();
    assert!(
        message.contains(
            "vocab.json: cannot be read as a CLIP tokenizer: it lacks the token `<other>`"
        )
    );
}

#[test]
fn files_that_make_no_tokenizer_are_refused() {
    let refused = |bytes: &[u8]| ClipTokenizer::from_json(bytes).unwrap_err().to_string();
    assert!(refused(b"{}").starts_with("tokenizer.json: cannot be read as a CLIP tokenizer"));
    let mut bare: serde_json::Value = serde_json::from_slice(&golden("tokenizer.json")).unwrap();
    bare["post_processor"] = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true
    });
    assert!(refused(bare.to_string().as_bytes()).contains("expected a start and an end token"));

    let pair = |vocab: &[u8], merges: &[u8]| {
        let built = ClipTokenizer::from_vocab_and_merges(vocab, merges);
        built.unwrap_err().to_string()
    };
    assert!(pair(b"[]", b"").starts_with("vocab.json:"));
    assert!(pair(b"{\"a\": 0}", b"").contains("lacks the token `<|startoftext|>`"));
    let vocab = golden("vocab.json");
    assert!(pair(&vocab, b"#version\nab\n").contains("merges.txt"));
    assert!(pair(&vocab, b"#version\nab\n").contains("line 2: expected two tokens"));
    assert!(pair(&vocab, b"#version\nt nosuchtoken\n").contains("`nosuchtoken` is not in"));
    assert!(pair(&vocab, b"\xff").contains("UTF-8"));
}
