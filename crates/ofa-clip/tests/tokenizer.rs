//! Token ids against `transformers`' fast CLIPTokenizer: equal.

use ofa_clip::{ClipConfig, ClipTokenizer};
use serde::Deserialize;

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
        "vocab.json and merges.txt does not fit config.json: it has token ids up to 1513, the model's vocab_size is 1000; take both from the same model"
    );
    assert!(message("{}").contains("ends texts with `<|endoftext|>`, id 1513"));
    let legacy = model(r#"{"vocab_size": 1514, "eos_token_id": 2}"#);
    assert!(from_vocab_and_merges().for_model(&legacy).is_ok());
}

#[test]
fn files_that_make_no_tokenizer_are_refused() {
    let json = |bytes: &[u8]| ClipTokenizer::from_json(bytes).unwrap_err().to_string();
    assert!(json(b"{}").starts_with("tokenizer.json: cannot be read as a CLIP tokenizer"));
    let mut bare: serde_json::Value = serde_json::from_slice(&golden("tokenizer.json")).unwrap();
    bare["post_processor"] = serde_json::Value::Null;
    assert!(json(bare.to_string().as_bytes()).contains("expected a start and an end token"));

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
