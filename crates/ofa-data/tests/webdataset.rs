//! WebDataset shards: the goldens, and subsets over generated shards.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ofa_data::webdataset::Samples;
use ofa_data::{ByteSource, Error, FileSource, MemorySource};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const GOLDENS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/goldens/formats/webdataset"
);

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Sample {
    key: String,
    /// SHA-256 by extension.
    files: BTreeMap<String, String>,
}

fn read(source: &dyn ByteSource, range: std::ops::Range<u64>) -> Vec<u8> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    source.read_at(range.start, &mut bytes).unwrap();
    bytes
}

fn golden(name: &str) -> Samples {
    let source = FileSource::open(Path::new(GOLDENS).join(name)).unwrap();
    Samples::open(Arc::new(source)).unwrap()
}

#[test]
fn samples_are_those_of_webdataset() {
    let expected = std::fs::read(Path::new(GOLDENS).join("expected.json")).unwrap();
    let expected: BTreeMap<String, Vec<Sample>> = serde_json::from_slice(&expected).unwrap();
    assert_eq!(expected.len(), 4);
    for (name, expected) in expected {
        let shard = golden(&name);
        let source = shard.index().source();
        let hash = |bytes: &[u8]| -> String {
            let digest = Sha256::digest(bytes);
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let samples: Vec<_> = (0..shard.len())
            .map(|position| Sample {
                key: shard.key(position).unwrap(),
                files: shard
                    .files(position)
                    .unwrap()
                    .map(|file| (file.extension, hash(&read(&**source, file.data))))
                    .collect(),
            })
            .collect();
        assert_eq!(samples, expected, "{name}");
    }
}

#[test]
fn records_of_the_goldens() {
    let plain = golden("plain.tar");
    for position in 0..4 {
        let record = plain.record(position).unwrap().unwrap();
        assert_eq!(record.id, Some(format!("id-{position}")));
        let turn = format!("<image>\nQuestion {position}?");
        assert_eq!(record.human_turns, [turn]);
        assert_eq!(record.images.len(), 1);
        assert_eq!(record.images[0].name(), format!("{position:06}.png"));
        assert_eq!(record.skip(), None);
        let image = ofa_data::decode(&plain.image(position, 0).unwrap()).unwrap();
        assert_eq!((image.width, image.height), (2, 2));
    }
    let captions = golden("captions.tar");
    for position in 0..3 {
        let record = captions.record(position).unwrap().unwrap();
        assert_eq!(record.id, Some(format!("{position:09}")));
        assert_eq!(record.human_turns, [format!("Eine Blüte {position}\n")]);
        assert_eq!(record.skip(), None);
    }
    let notes = golden("awkward-gnu.tar").notes();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[0].contains("passed over: 1, the first is"),
        "{}",
        notes[0]
    );
    assert!(
        notes[1].contains("`webdataset` does: 2, the first is"),
        "{}",
        notes[1]
    );
}

/// A shard with few keys, so that they come together and apart, and members of other kinds.
fn shard() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        8 => ("[ab]/", "[0-3]", "[.](jpg|json|txt|cls|seg[.]png)").prop_map(|(a, b, c)| a + &b + &c),
        1 => Just("README".to_owned()),
        1 => Just("a/.hidden.jpg".to_owned()),
        1 => "[a-c]{120}[.]jpg",
        1 => Just("folder/".to_owned()),
    ];
    let data = proptest::collection::vec(any::<u8>(), 0..1200);
    let member = (name, data, 0..4u8);
    let end = prop_oneof![Just(0usize), Just(512), Just(1024), Just(9 * 512)];
    (proptest::collection::vec(member, 0..16), end).prop_map(|(members, end)| {
        let mut builder = tar::Builder::new(vec![]);
        for (name, data, kind) in members {
            let mut header = match kind {
                0 => tar::Header::new_ustar(),
                _ => tar::Header::new_gnu(),
            };
            if kind == 1 {
                let pairs = [("comment", &b"kept"[..])];
                builder.append_pax_extensions(pairs).unwrap();
            }
            let is_folder = name.ends_with('/');
            header.set_entry_type(match is_folder {
                true => tar::EntryType::Directory,
                false => tar::EntryType::Regular,
            });
            let data = if is_folder { &[][..] } else { &data };
            header.set_size(data.len() as u64);
            builder.append_data(&mut header, &name, data).unwrap();
        }
        let mut bytes = builder.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        bytes.resize(bytes.len() + end, 0);
        bytes
    })
}

fn open(bytes: Vec<u8>) -> Result<Samples, Error> {
    Samples::open(Arc::new(MemorySource::new("t.tar", bytes)))
}

/// Key, and name and bytes of each file.
type Content = (String, Vec<(String, Vec<u8>)>);

fn content(samples: &Samples, position: u64) -> Content {
    let source = samples.index().source();
    let files = samples
        .files(position)
        .unwrap()
        .map(|file| (file.name.into_owned(), read(&**source, file.data)));
    (samples.key(position).unwrap(), files.collect())
}

proptest! {
    #[test]
    fn all_samples_are_the_very_bytes(bytes in shard()) {
        prop_assume!(!bytes.is_empty());
        let samples = open(bytes.clone()).unwrap();
        let all: Vec<u64> = (0..samples.len()).collect();
        let mut out = vec![];
        let written = samples.write_subset(&all, &mut out).unwrap();
        prop_assert_eq!(written, bytes.len() as u64);
        prop_assert_eq!(out, bytes);
    }

    /// Files that belong to no sample are kept, and so is whatever `tar` itself finds.
    #[test]
    fn a_subset_has_the_chosen_samples_and_what_belongs_to_none(
        bytes in shard(),
        chosen in proptest::collection::vec(any::<bool>(), 16),
    ) {
        prop_assume!(!bytes.is_empty());
        let samples = open(bytes.clone()).unwrap();
        let chosen: Vec<u64> = (0..samples.len()).filter(|&p| chosen[p as usize]).collect();
        let mut out = vec![];
        let written = samples.write_subset(&chosen, &mut out).unwrap();
        prop_assert_eq!(written, out.len() as u64);

        // Samples of one key that now stand together are one.
        let mut expected: Vec<Content> = vec![];
        for &position in &chosen {
            let (key, files) = content(&samples, position);
            match expected.last_mut() {
                Some((last, known)) if *last == key => known.extend(files),
                _ => expected.push((key, files)),
            }
        }
        let all_names = |bytes: &[u8]| -> Vec<String> {
            let mut archive = tar::Archive::new(bytes);
            let entries = archive.entries().unwrap();
            entries
                .map(|entry| entry.unwrap().path().unwrap().to_str().unwrap().to_owned())
                .collect()
        };
        let of_none = |name: &String| {
            name == "README" || name == "a/.hidden.jpg" || name.ends_with('/')
        };
        if out.is_empty() {
            prop_assert!(chosen.is_empty());
            return Ok(());
        }
        let subset = open(out.clone()).unwrap();
        let found: Vec<_> = (0..subset.len()).map(|p| content(&subset, p)).collect();
        prop_assert_eq!(found, expected);
        let kept: Vec<_> = all_names(&bytes).into_iter().filter(of_none).collect();
        let found: Vec<_> = all_names(&out).into_iter().filter(of_none).collect();
        prop_assert_eq!(found, kept);
        let tail = bytes.len() as u64 - samples.index().end();
        prop_assert_eq!(out.len() as u64 - subset.index().end(), tail);
    }
}

#[test]
fn positions_must_increase_and_exist() {
    let samples = golden("plain.tar");
    let mut out = vec![];
    for positions in [&[1, 1][..], &[2, 1], &[0, 4], &[u64::MAX]] {
        let error = samples.write_subset(positions, &mut out).unwrap_err();
        assert!(
            matches!(
                error,
                Error::PositionsNotIncreasing { .. } | Error::NoSuchRecord { .. }
            ),
            "{error}"
        );
    }
    assert!(out.is_empty());
}
