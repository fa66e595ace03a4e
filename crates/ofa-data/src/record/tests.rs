use super::*;

fn parse(text: &str) -> Record {
    Record::parse(text.as_bytes()).unwrap_or_else(|skip| panic!("{text}: {skip}"))
}

fn turns(text: &str) -> Vec<String> {
    parse(text).human_turns
}

fn refused(bytes: &[u8]) -> (SkipReason, String) {
    let skip = Record::parse(bytes).expect_err("it must be refused");
    (skip.reason, skip.detail)
}

#[test]
fn a_record_of_llava() {
    let record = parse(
        r#"{"id": "000000033471", "image": "coco/train2017/000000033471.jpg", "conversations": [
            {"from": "human", "value": "<image>\nWhat are the colors of the bus?"},
            {"from": "gpt", "value": "White and red."},
            {"from": "human", "value": "What feature is on the back?"},
            {"from": "gpt", "value": "An advertisement."}]}"#,
    );
    assert_eq!(record.id.as_deref(), Some("000000033471"));
    assert_eq!(record.images, ["coco/train2017/000000033471.jpg"]);
    assert_eq!(
        record.human_turns[0],
        "<image>\nWhat are the colors of the bus?"
    );
    let texts: Vec<_> = record.encoder_texts().collect();
    assert_eq!(
        texts,
        [
            "What are the colors of the bus?",
            "What feature is on the back?"
        ]
    );
    assert_eq!(record.skip(), None);
}

#[test]
fn human_turns_are_found_by_role() {
    assert_eq!(
        turns(
            r#"{"conversations": [{"from": "HUMAN", "value": "a"}, {"role": "User", "content": "b"},
                {"from": "gpt", "value": "c"}, {"from": "system", "value": "d"},
                {"from": "human", "value": " \n\t"}, {"from": "human"},
                {"from": "human", "value": null}, {"value": "e"}, {"from": 1, "value": "f"},
                {"from": null, "role": "user", "value": null, "content": "g"}]}"#
        ),
        ["a", "b", "g"]
    );
    // Either name makes it human, and the first text that is not blank counts.
    assert_eq!(
        turns(
            r#"{"conversations": [{"from": "", "role": "user", "value": "a"},
                {"from": "x", "role": "USER", "value": "b"},
                {"from": "human", "role": "assistant", "value": "c"},
                {"from": "human", "value": "", "content": "d"},
                {"from": "human", "value": " \t", "content": "e"},
                {"from": "human", "value": "f", "content": "g"},
                {"from": {}, "role": ["user"], "value": "h"},
                {"from": "human", "value": 5, "content": "i"}]}"#
        ),
        ["a", "b", "c", "d", "e", "f", "i"]
    );
    assert_eq!(
        turns(r#"{"messages": [{"role": "user", "content": "a"}]}"#),
        ["a"]
    );
    assert_eq!(
        turns(r#"{"conversations": [], "messages": [{"role": "user", "content": "a"}]}"#),
        ["a"]
    );
    assert_eq!(
        turns(r#"{"conversations": [{}], "messages": [{"role": "user", "content": "a"}]}"#),
        [""; 0]
    );
    assert_eq!(
        turns(r#"{"conversations": null, "messages": [{"role": "user", "content": "a"}]}"#),
        ["a"]
    );
    // The answer of a tool or an assistant may be anything.
    assert_eq!(
        turns(
            r#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": null},
                {"role": "tool", "content": [1]}]}"#
        ),
        ["a"]
    );
}

#[test]
fn a_list_of_parts_stands_for_its_texts() {
    assert_eq!(
        turns(
            r#"{"messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a"}},
                    {"type": "text", "text": "What is"}, {"text": null}, {"text": "this?"}]},
                {"role": "user", "content": [{"type": "image"}]},
                {"role": "user", "content": []},
                {"role": "assistant", "content": ["a"]},
                {"from": "human", "value": [{"text": "a"}]}]}"#
        ),
        ["What is\nthis?", "a"]
    );
    for (parts, words) in [
        (r#"["a"]"#, "a list with a string"),
        (r#"[{"text": "a"}, 5]"#, "a list with a number"),
        (
            r#"[{"text": {"value": "a"}}]"#,
            "a list with an object for a text",
        ),
    ] {
        let text = format!(r#"{{"messages": [{{"role": "user", "content": {parts}}}]}}"#);
        let (reason, detail) = refused(text.as_bytes());
        assert_eq!(reason, SkipReason::InvalidConversations);
        assert!(detail.contains(words), "{text}: {detail}");
    }
}

#[test]
fn a_turn_that_is_only_a_placeholder_counts() {
    let record =
        parse(r#"{"image": "a", "conversations": [{"from": "human", "value": "<image>"}]}"#);
    assert_eq!(record.human_turns, ["<image>"]);
    assert_eq!(record.encoder_texts().collect::<Vec<_>>(), [""]);
    assert_eq!(record.skip(), None);
}

#[test]
fn encoder_text_strips_as_python_does() {
    for (turn, text) in [
        ("<image>\nHi", "Hi"),
        ("Hi\n<image>", "Hi"),
        ("a<image>b", "a b"),
        ("<image><image>\n x  y \u{a0}", "x  y"),
        ("\x1c\x1d\x1e\x1fa\x1f", "a"),
        ("\u{3000}a\u{85}", "a"),
        ("\u{200b}a", "\u{200b}a"),
        ("<Image>", "<Image>"),
    ] {
        assert_eq!(encoder_text(turn), text, "{turn:?}");
    }
}

#[test]
fn fallback_keys_are_read_in_order_where_no_turn_is_found() {
    assert_eq!(
        turns(r#"{"input": "i", "question": "q", "instruction": " "}"#),
        ["q"]
    );
    assert_eq!(turns(r#"{"text": 1, "input": "i"}"#), ["i"]);
    assert_eq!(turns(r#"{"conversations": [], "prompt": "p"}"#), ["p"]);
    assert_eq!(
        turns(r#"{"conversations": [{"from": "gpt", "value": "x"}], "query": "q", "text": "t"}"#),
        ["q"]
    );
    assert_eq!(
        turns(r#"{"conversations": [{"from": "human", "value": "h"}], "query": "q"}"#),
        ["h"]
    );
}

#[test]
fn image_fields_of_every_kind() {
    let images = |text: &str| parse(text).images;
    for none in [
        "{}",
        r#"{"image": null}"#,
        r#"{"image": ""}"#,
        r#"{"image": []}"#,
        r#"{"image": ["", null]}"#,
    ] {
        assert!(images(none).is_empty(), "{none}");
    }
    assert_eq!(images(r#"{"image": ["a", "b"]}"#), ["a", "b"]);
    assert_eq!(images(r#"{"images": ["a"]}"#), ["a"]);
    assert_eq!(images(r#"{"images": "b", "image": ""}"#), ["b"]);
    assert_eq!(images(r#"{"images": "b", "image": "a"}"#), ["a"]);
    for (wrong, words) in [
        (r#"{"image": 5}"#, "`image` is a number"),
        (
            r#"{"image": {"file": "a"}}"#,
            "`image` is an object without `path`",
        ),
        (
            r#"{"image": {"path": 5}}"#,
            "`image` is an object whose path is no string",
        ),
        (
            r#"{"images": ["a", 5]}"#,
            "`images` is a list with a number",
        ),
        (r#"{"image": true}"#, "`image` is true or false"),
    ] {
        let (reason, detail) = refused(wrong.as_bytes());
        assert_eq!(reason, SkipReason::InvalidImage);
        assert!(detail.contains(words), "{wrong}: {detail}");
    }
}

#[test]
fn what_a_record_lacks() {
    let reason = |text: &str| parse(text).skip().map(|skip| skip.reason);
    assert_eq!(reason("{}"), Some(SkipReason::NoHumanTurn));
    assert_eq!(reason(r#"{"image": "a"}"#), Some(SkipReason::NoHumanTurn));
    assert_eq!(reason(r#"{"text": "a"}"#), Some(SkipReason::TextOnly));
    // Whether an image can be found is not the record's to say.
    assert_eq!(reason(r#"{"text": "a", "image": "http://a/b.jpg"}"#), None);
}

#[test]
fn images_may_be_objects_and_uris() {
    let images = |text: &str| parse(text).images;
    assert_eq!(images(r#"{"image": {"bytes": null, "path": "a"}}"#), ["a"]);
    assert_eq!(
        images(r#"{"images": [{"url": "http://a/b"}, {"path": ""}, {}, "c"]}"#),
        ["http://a/b", "c"]
    );
    assert_eq!(images(r#"{"image": "file:///a/b.jpg"}"#), ["/a/b.jpg"]);
    assert_eq!(images(r#"{"image": "FILE://localhost/a"}"#), ["/a"]);
    let uri = "data:image/png;base64,AAAA";
    let embedded = images(&format!(
        r#"{{"image": ["a", "{uri}", {{"bytes": "AAAA"}}]}}"#
    ));
    assert_eq!(embedded.len(), 3);
    for (nth, expected) in [(1, uri), (2, "data:;base64,AAAA")] {
        let ImageReference::Embedded(image) = &embedded[nth] else {
            panic!("{embedded:?}");
        };
        assert_eq!(image.key, crate::images::data_uri::key(expected));
    }
    let raw = Record::raw_references(format!(r#"{{"image": "{uri}"}}"#).as_bytes());
    assert_eq!(raw.unwrap(), [uri]);
}

#[test]
fn images_among_the_parts_of_human_turns() {
    let images = |user: &str, rest: &str| {
        parse(&format!(
            r#"{{"messages": [
                {{"role": "system", "content": [{{"type": "image", "image": "no"}}]}},
                {{"role": "user", "content": {user}}}]{rest}}}"#
        ))
        .images
    };
    let parts = r#"[
        {"type": "text", "text": "a", "path": "no"},
        {"type": "image"},
        {"type": "image", "image": "b"},
        {"type": "image_url", "image_url": {"url": "http://c", "detail": "low"}},
        {"type": "image_url", "image_url": "d"},
        {"type": "input_image", "image_url": "e"},
        {"type": "image", "path": "f"},
        {"image": "g", "text": null},
        {"type": "audio", "url": "no"}]"#;
    assert_eq!(images(parts, ""), ["b", "http://c", "d", "e", "f", "g"]);
    // What the record itself names goes first; `{"type": "image"}` is its place.
    assert_eq!(images(parts, r#", "images": ["x"]"#), ["x"]);
    assert_eq!(images(parts, r#", "images": [""]"#).len(), 6);
    let carried = images(
        r#"[{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]"#,
        "",
    );
    assert!(matches!(&carried[..], [ImageReference::Embedded(_)]));
    let (reason, detail) =
        refused(br#"{"messages": [{"role": "user", "content": [{"type": "image", "image": 5}]}]}"#);
    assert_eq!(reason, SkipReason::InvalidImage);
    assert!(detail.contains("`image` of a part is a number"), "{detail}");
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let record = parse(
        r#"{"image": "a", "image": "b", "id": 1, "id": "two",
            "conversations": 5, "conversations": [
                {"from": "gpt", "from": "human", "value": "a", "value": "b"}]}"#,
    );
    assert_eq!(record.images, ["b"]);
    assert_eq!(record.id.as_deref(), Some("two"));
    assert_eq!(record.human_turns, ["b"]);
}

#[test]
fn ids_are_shown_as_they_stand() {
    let id = |text: &str| parse(text).id;
    assert_eq!(
        id(r#"{"id": 12345678901234567890}"#).as_deref(),
        Some("12345678901234567890")
    );
    assert_eq!(id(r#"{"id": -7}"#).as_deref(), Some("-7"));
    assert_eq!(id(r#"{"id": 1e400}"#).as_deref(), Some("1e400"));
    let long = "9".repeat(400);
    assert_eq!(id(&format!(r#"{{"id": {long}}}"#)), Some(long));
    assert_eq!(id(r#"{"id": null}"#), None);
    assert_eq!(id(r#"{"id": [1]}"#), None);
}

#[test]
fn what_python_writes_is_read() {
    assert_eq!(
        turns(r#"{"text": "\ud83d\ude00 \ud83d!"}"#),
        ["\u{1f600} \u{fffd}!"]
    );
    assert_eq!(
        turns(r#"{"\udc00": NaN, "text": "NaN", "b": [-Infinity, Infinity]}"#),
        ["NaN"]
    );
    // Also where only the value that is broken is read: a key and a text of a turn.
    assert_eq!(
        turns(r#"{"conversations": [{"\ud83d": 1, "from": "human", "value": "a\ud83d"}]}"#),
        ["a\u{fffd}"]
    );
    let (reason, _) = refused(br#"{"image": NaN}"#);
    assert_eq!(reason, SkipReason::InvalidImage);
}

#[test]
fn wrong_conversations_are_named() {
    for (text, words) in [
        (r#"{"conversations": "a"}"#, "`conversations` is a string"),
        (
            r#"{"conversations": {"from": "human"}}"#,
            "`conversations` is an object",
        ),
        (r#"{"messages": 1}"#, "`messages` is a number"),
        (
            r#"{"conversations": [{}, "a"]}"#,
            "turn 1 of `conversations` is a string",
        ),
        (
            r#"{"conversations": [{"from": "human", "value": ["a"]}]}"#,
            "the text of turn 0 of `conversations` is a list",
        ),
        // A valid text elsewhere does not make up for it.
        (
            r#"{"conversations": false, "text": "a"}"#,
            "`conversations` is true or false",
        ),
    ] {
        let (reason, detail) = refused(text.as_bytes());
        assert_eq!(reason, SkipReason::InvalidConversations, "{text}");
        assert!(detail.contains(words), "{text}: {detail}");
    }
}

#[test]
fn invalid_json_is_named_with_its_place_in_the_file() {
    for (bytes, at) in [
        (&b"{\"a\": 1,}"[..], 8),
        (b"{\"a\" 1}", 5),
        (b"{\n\"a\": 1\n\"b\": 2}", 9),
        (b"{\"a\": \"\xff\"}", 7),
        (b"{\"a\": 1", 7),
        (b"{\"a\": \"x\ny\"}", 8),
        (b"{\"a\": 1} {}", 9),
        (b"{\"a\": bad}", 6),
        (b"foo", 1),
        (b"tru", 3),
    ] {
        let skip = Record::parse_at(bytes, 1000).unwrap_err();
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(skip.reason, SkipReason::InvalidJson, "{shown}");
        let place = format!("at byte {}: ", 1000 + at);
        assert!(skip.detail.starts_with(&place), "{shown}: {}", skip.detail);
        assert!(!skip.detail.contains("column"), "{}", skip.detail);
    }
}

#[test]
fn other_values_are_no_objects() {
    for (text, kind) in [
        ("[]", "a list"),
        ("\"a\"", "a string"),
        ("-1.5", "a number"),
        ("true", "true or false"),
        (" null ", "null"),
        ("NaN", "a number"),
    ] {
        let (reason, detail) = refused(text.as_bytes());
        assert_eq!(reason, SkipReason::NotAnObject, "{text}");
        assert!(detail.ends_with(kind), "{text}: {detail}");
    }
}

#[test]
fn values_that_nobody_reads_may_be_anything() {
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for odd in ["1e400", "-1E+999", &"9".repeat(400), &deep(100_000)] {
        for record in [
            format!(r#"{{"meta": {odd}, "text": "a"}}"#),
            format!(r#"{{"id": {odd}, "text": "a"}}"#),
            format!(r#"{{"instruction": {odd}, "text": "a", "input": {odd}}}"#),
            format!(r#"{{"conversations": [{{"from": "human", "value": "a", "w": {odd}}}]}}"#),
            format!(
                r#"{{"conversations": [{{"from": "human", "value": "a"}},
                    {{"from": "gpt", "value": {odd}, "w": {odd}}}, {{"from": {odd}}}]}}"#
            ),
            format!(
                r#"{{"messages": [{{"role": "user", "content": [{{"x": {odd}, "text": "a"}}]}}]}}"#
            ),
        ] {
            assert_eq!(turns(&record), ["a"]);
        }
    }
    // Where it stands in place of what is read, its kind is named.
    for (record, words) in [
        (
            format!(r#"{{"image": {}}}"#, deep(1000)),
            "a list with a list",
        ),
        (format!(r#"{{"image": {}}}"#, "9".repeat(400)), "a number"),
        (
            format!(r#"{{"conversations": {}}}"#, deep(1000)),
            "turn 0 of `conversations` is a list",
        ),
        (
            r#"{"conversations": 1e400}"#.to_owned(),
            "`conversations` is a number",
        ),
    ] {
        let (_, detail) = refused(record.as_bytes());
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn broken_values_are_found_although_nobody_reads_them() {
    for (record, at) in [
        (r#"{"meta": [1,], "text": "a"}"#, 12),
        (
            r#"{"conversations": [{"from": "human", "value": "a", "w": 01}]}"#,
            57,
        ),
        (r#"{"id": "\x", "text": "a"}"#, 9),
    ] {
        let (reason, detail) = refused(record.as_bytes());
        assert_eq!(reason, SkipReason::InvalidJson, "{record}");
        assert!(
            detail.starts_with(&format!("at byte {at}: ")),
            "{record}: {detail}"
        );
    }
}

#[test]
fn a_text_takes_its_place_and_nothing_else_changes() {
    for (json, expected) in [
        ("{}", r#"{"text": "a\"b"}"#),
        (" { \n} ", " {\"text\": \"a\\\"b\" \n} "),
        ("{\"x\": 1.50 }\n", "{\"x\": 1.50, \"text\": \"a\\\"b\" }\n"),
        (
            r#"{"text": null, "x": NaN, "y": "\ud83d"}"#,
            r#"{"text": "a\"b", "x": NaN, "y": "\ud83d"}"#,
        ),
        (
            r#"{"text": 1, "te\u0078t" : " "}"#,
            r#"{"text": 1, "te\u0078t" : "a\"b"}"#,
        ),
    ] {
        let found = Record::with_text(json.as_bytes(), "a\"b").unwrap();
        assert_eq!(String::from_utf8(found).unwrap(), expected);
    }
    for json in ["", "[]", "\"a\"", "{", "{} {}", "{\"a\": x}"] {
        assert_eq!(Record::with_text(json.as_bytes(), "a"), None, "{json}");
    }
}
