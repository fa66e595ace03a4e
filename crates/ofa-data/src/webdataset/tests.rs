use ::tar::{Builder, EntryType, Header};

use super::*;
use crate::source::MemorySource;

fn shard(members: &[(&str, &[u8])]) -> Samples {
    let mut builder = Builder::new(vec![]);
    for (name, data) in members {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, *data).unwrap();
    }
    let bytes = builder.into_inner().unwrap();
    Samples::open(Arc::new(MemorySource::new("t.tar", bytes))).unwrap()
}

fn record(samples: &Samples) -> Record {
    samples.record(0).unwrap().unwrap()
}

fn embedded(record: &Record) -> Vec<&EmbeddedImage> {
    let images = record.images.iter();
    images
        .map(|image| match image {
            ImageReference::Embedded(image) => image,
            ImageReference::Path(path) => panic!("{path}"),
        })
        .collect()
}

fn skip(members: &[(&str, &[u8])]) -> (SkipReason, String) {
    let skip = shard(members).record(0).unwrap().unwrap_err();
    (skip.reason, skip.detail)
}

#[test]
fn a_sample_is_its_images_and_what_its_json_says() {
    let json = br#"{"id": 7, "image": "elsewhere.jpg",
        "conversations": [{"from": "human", "value": "<image>\nWhat?"}]}"#;
    let samples = shard(&[
        ("a/01.JPG", b"one"),
        ("a/01.mask.png", b"two"),
        ("a/01.json", json),
        ("a/01.txt", b"not read"),
        ("a/01.npy", b""),
    ]);
    let found = record(&samples);
    assert_eq!(found.id.as_deref(), Some("7"));
    let images = embedded(&found);
    assert_eq!(
        (images.len(), &*images[0].name, &*images[1].name),
        (2, "a/01.JPG", "a/01.mask.png")
    );
    assert_ne!(images[0].key, images[1].key);
    assert_eq!(found.human_turns, ["<image>\nWhat?"]);
    assert_eq!(samples.image(0, 0).unwrap(), b"one");
    assert_eq!(samples.image(0, 1).unwrap(), b"two");
    for (position, nth) in [(0, 2), (1, 0), (u64::MAX, u32::MAX)] {
        let skip = samples.image(position, nth).unwrap_err();
        assert_eq!(skip.reason, SkipReason::ImageMissing, "{skip}");
    }
    assert_eq!(samples.json(0).unwrap().unwrap(), json);
    assert_eq!(record(&samples), found);
}

#[test]
fn what_the_json_says_of_images_is_nothing_to_a_sample_that_has_some() {
    for json in [
        r#"{"image": {"width": 3}, "text": "Hi"}"#,
        r#"{"image": 7, "images": [true], "text": "Hi"}"#,
        r#"{"messages": [{"role": "user", "content": [
            {"type": "image", "image": 5}, {"type": "text", "text": "Hi"}]}]}"#,
    ] {
        let found = record(&shard(&[("a.jpg", b"x"), ("a.json", json.as_bytes())]));
        assert_eq!(embedded(&found)[0].name, "a.jpg");
        assert_eq!(found.human_turns, ["Hi"]);
        let (reason, _) = skip(&[("a.json", json.as_bytes())]);
        assert_eq!(reason, SkipReason::InvalidImage);
    }
}

#[test]
fn images_by_path_count_where_the_sample_has_none() {
    let samples = shard(&[("a.json", br#"{"image": "x/y.jpg", "text": "Hi"}"#)]);
    assert_eq!(
        record(&samples).images,
        [ImageReference::Path("x/y.jpg".to_owned())]
    );
    assert_eq!(
        samples.image(0, 0).unwrap_err().reason,
        SkipReason::ImageMissing
    );
}

#[test]
fn text_is_taken_where_the_json_has_none() {
    let image = ("a.jpg", &b"x"[..]);
    for (members, turn) in [
        (vec![("a.txt", &b"\xef\xbb\xbf A cat.\n"[..])], " A cat.\n"),
        (
            vec![("a.cap", b"cap"), ("a.caption", b"caption")],
            "caption",
        ),
        (vec![("a.txt", b" \n\x1f"), ("a.text", b"text")], "text"),
        (vec![("a.en.txt", b"en"), ("a.txt", b"plain")], "plain"),
        (vec![("a.en.TXT", b"en"), ("a.de.txt", b"de")], "en"),
        (vec![("a.json", b"{}"), ("a.txt", b"txt")], "txt"),
        (
            vec![("a.json", b"{\"width\": 3}"), ("a.txt", b"txt")],
            "txt",
        ),
        (
            vec![
                ("a.json", b"\xef\xbb\xbf{\"text\": \"json\"}"),
                ("a.txt", b"txt"),
            ],
            "json",
        ),
        (
            vec![("a.json", b" \"a \\\"string\\ud83d\" "), ("a.txt", b"txt")],
            "a \"string\u{fffd}",
        ),
        (vec![("a.json", b"\" \""), ("a.txt", b"txt")], "txt"),
        (
            vec![("a.meta.json", b"[]"), ("a.json", b"\"json\"")],
            "json",
        ),
        (vec![("a.jsonl", b"{"), ("a.txt", b"txt")], "txt"),
    ] {
        let samples = shard(&[&[image], &members[..]].concat());
        let found = record(&samples);
        assert_eq!(found.human_turns, [turn], "{members:?}");
        assert_eq!(found.id.as_deref(), Some("a"));
        assert_eq!(embedded(&found)[0].name, "a.jpg");
    }
    let without = shard(&[image, ("a.txt", b"  ")]);
    let reason = record(&without).skip().map(|skip| skip.reason);
    assert_eq!(reason, Some(SkipReason::NoHumanTurn));
}

#[test]
fn a_sample_that_cannot_be_read_is_skipped_with_its_place() {
    let json = |json: &'static [u8]| skip(&[("a.json", json), ("a.txt", b"txt")]);
    assert_eq!(
        json(b"{\"a\": x}"),
        (
            SkipReason::InvalidJson,
            "a.json: at byte 518: expected value".to_owned()
        )
    );
    assert_eq!(json(b"[\"list\"]").0, SkipReason::NotAnObject);
    assert_eq!(json(b"").0, SkipReason::InvalidJson);
    assert_eq!(json(b"\"a\", \"text\": \"b\"").0, SkipReason::InvalidJson);
    assert_eq!(
        json(b"{\"conversations\": 3}").0,
        SkipReason::InvalidConversations
    );
    assert_eq!(
        skip(&[("a.txt", b"ab\xff")]),
        (
            SkipReason::InvalidText,
            "a.txt: at byte 514: not UTF-8; expected text in UTF-8".to_owned()
        )
    );
    assert_eq!(
        skip(&[("a.jpg", b""), ("a.txt", b""), ("a.JPG", b"")]),
        (
            SkipReason::InvalidSample,
            "`a.jpg` and `a.JPG` have the same key and extension".to_owned()
        )
    );
}

#[test]
fn a_sample_becomes_json() {
    let json = |members: &[(&str, &[u8])]| {
        let bytes = shard(members).json(0).unwrap().unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(
        json(&[("b/a.jpg", b""), ("b/a.txt", "\"Hi\"\n\u{e4}".as_bytes())]),
        "{\"__key__\":\"b/a\",\"text\":\"\\\"Hi\\\"\\n\u{e4}\"}"
    );
    assert_eq!(json(&[("a.jpg", b"")]), "{\"__key__\":\"a\"}");
    assert_eq!(
        json(&[("a.json", b"{ \"b\":\n1.0 }\n")]),
        "{ \"b\":\n1.0 }\n"
    );
    // As the reader sees it, the text is in the file beside it.
    let beside = |object: &str| json(&[("a.json", object.as_bytes()), ("a.txt", b"Hi")]);
    assert_eq!(
        beside("\u{feff}{\"width\": 3.10}\n"),
        "{\"width\": 3.10, \"text\": \"Hi\"}\n"
    );
    assert_eq!(
        beside(r#"{"text": " ", "b": 1}"#),
        r#"{"text": "Hi", "b": 1}"#
    );
    for as_it_is in [
        r#"{"prompt": "Yes"}"#,
        r#"{"image": 3, "text": "Yes"}"#,
        "[]",
        "{",
    ] {
        assert_eq!(beside(as_it_is), as_it_is);
    }
    assert_eq!(beside("\"Yes\""), "{\"__key__\":\"a\",\"text\":\"Yes\"}");
    assert_eq!(beside("\"\""), "{\"__key__\":\"a\",\"text\":\"Hi\"}");
    let bad = shard(&[("a.txt", b"\xff")]).json(0).unwrap().unwrap_err();
    assert_eq!(bad.reason, SkipReason::InvalidText);
}

#[test]
fn keys_whose_files_stand_apart_are_told() {
    let samples = shard(&[
        ("a.jpg", b""),
        ("b.jpg", b""),
        ("README", b""),
        ("b.txt", b""),
        ("a.txt", b""),
        ("c.jpg", b""),
        ("a.json", b""),
        ("c.txt", b""),
    ]);
    let keys: Vec<_> = (0..samples.len())
        .map(|p| samples.key(p).unwrap())
        .collect();
    assert_eq!(keys, ["a", "b", "a", "c", "a", "c"]);
    assert_eq!(
        *samples.split_keys(),
        Ignored {
            count: 2,
            example: Some("`a`, once more at byte 2048".to_owned())
        }
    );
    assert!(samples.notes()[0].contains("`webdataset` does: 2, the first is `a`"));
    let message = samples.key(6).unwrap_err().to_string();
    assert!(message.contains("there is no record 6"), "{message}");
    assert_eq!(shard(&[("a.jpg", b"")]).notes(), Vec::<String>::new());
}

#[test]
fn what_is_too_large_is_skipped_unread() {
    struct Huge(Vec<u8>);

    impl ByteSource for Huge {
        fn len(&self) -> u64 {
            self.0.len() as u64 * 2 + 2 * (300 << 20)
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<()> {
            let half = self.len() / 2;
            let within = (offset % half) as usize;
            assert!(within < 512, "only headers are read");
            buf.fill(0);
            let len = buf.len().min(512 - within);
            let nth = (offset / half) as usize;
            buf[..len].copy_from_slice(&self.0[nth * 512 + within..][..len]);
            Ok(())
        }

        fn name(&self) -> &str {
            "huge.tar"
        }
    }

    let headers = ["a.jpg", "a.txt"].map(|name| {
        let mut header = Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_size((300 << 20) + 512);
        header.set_cksum();
        *header.as_bytes()
    });
    let samples = Samples::open(Arc::new(Huge(headers.concat()))).unwrap();
    assert_eq!(samples.len(), 1);
    let skip = samples.image(0, 0).unwrap_err();
    assert_eq!(skip.reason, SkipReason::ImageTooLarge, "{skip}");
    let skip = samples.record(0).unwrap().unwrap_err();
    assert_eq!(skip.reason, SkipReason::RecordTooLarge, "{skip}");
}
