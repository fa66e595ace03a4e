//! The answer model on pictures of plain colours.

use std::fs;
use std::path::Path;

use burn::backend::Autodiff;
use burn_flex::Flex;
use ofa_eval::{
    Examples, FrozenEncoder, GeneratedData, GeneratedRecord, ModelSize, Pictures, Schedule, Score,
    Texts, Training, Vocabularies, test, train,
};

const COLOURS: [(&str, [u8; 3]); 4] = [
    ("red", [220, 30, 30]),
    ("green", [30, 200, 40]),
    ("blue", [40, 60, 220]),
    ("white", [240, 240, 240]),
];

/// A bitmap of one colour, left and right of the middle.
fn bitmap(left: [u8; 3], right: [u8; 3]) -> Vec<u8> {
    let mut bytes =
        b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x40\0\0\0\x40\0\0\0\x01\0\x18\0".to_vec();
    bytes.resize(54, 0);
    for _ in 0..64 {
        for column in 0..64 {
            let [red, green, blue] = if column < 32 { left } else { right };
            bytes.extend([blue, green, red]);
        }
    }
    bytes
}

/// A record for each ordered pair of colours: two short questions and one with a long answer.
fn write_data(folder: &Path) {
    let mut records = Vec::new();
    let mut truths = String::new();
    fs::create_dir_all(folder.join("images")).expect("made");
    for (a, (left, left_colour)) in COLOURS.into_iter().enumerate() {
        for (b, (right, right_colour)) in COLOURS.into_iter().enumerate() {
            let position = a * 4 + b;
            let image = format!("{position}.bmp");
            let bytes = bitmap(left_colour, right_colour);
            fs::write(folder.join("images").join(&image), bytes).expect("written");
            let turn =
                |from: &str, value: String| serde_json::json!({"from": from, "value": value});
            records.push(serde_json::json!({"image": image, "conversations": [
                turn("human", "<image>\nWhich colour is left?".to_owned()), turn("gpt", left.to_owned()),
                turn("human", "Which colour is right?".to_owned()), turn("gpt", right.to_owned()),
                turn("human", "Describe it.".to_owned()),
                turn("gpt", format!("It is {left} beside {right} and nothing else.")),
            ]}));
            let truth = serde_json::json!({
                "position": position, "source": "sides", "scene": null, "variant": null,
                "concepts": [], "objects": 0, "image_dirt": null, "pair_dirt": null,
            });
            truths.push_str(&format!("{truth}\n"));
        }
    }
    let data = serde_json::Value::from(records).to_string();
    fs::write(folder.join("data.json"), data).expect("written");
    fs::write(folder.join("truth.jsonl"), truths).expect("written");
}

struct Sides {
    examples: Examples,
    pictures: Pictures,
    texts: Texts,
    vocabularies: Vocabularies,
}

impl Sides {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_data(folder.path());
        let data = GeneratedData::read(folder.path()).expect("good data");
        let records: Vec<&GeneratedRecord> = data.records.iter().collect();
        let paths = records.iter().filter_map(|record| record.image.as_deref());
        let encoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/demo-encoder");
        let encoder =
            FrozenEncoder::<Flex>::load(&encoder, &Default::default()).expect("the demo encoder");
        let pictures = Pictures::read(&data.images(), paths, &encoder).expect("pictures");
        assert_eq!((pictures.len(), pictures.is_empty()), (16, false));
        let vocabularies = Vocabularies::of_pool(&records);
        let asked = (records.iter())
            .flat_map(|record| &record.exchanges)
            .map(|exchange| exchange.question.as_str());
        let texts = Texts::read(asked.chain(vocabularies.answer_texts()), &encoder)
            .expect("questions and answers");
        Self {
            examples: Examples::new(&records, &pictures, &texts, &vocabularies),
            pictures,
            texts,
            vocabularies,
        }
    }

    /// The loss at the end and the scores after so many steps.
    fn fit(&self, steps: usize, seed: u64, blind: bool) -> (f64, Score) {
        let device = Default::default();
        let trained = train::<Autodiff<Flex>>(
            &Training {
                examples: &self.examples,
                pictures: &self.pictures,
                texts: &self.texts,
                vocabularies: &self.vocabularies,
                size: ModelSize::TINY,
                schedule: Schedule {
                    batch_records: 8,
                    learning_rate: 5e-3,
                    ..Schedule::default()
                },
                steps,
                blind,
                seed,
            },
            &device,
        )
        .expect("it trains");
        let scores = test::<Flex>(
            &trained.model,
            &self.examples,
            &self.pictures,
            &self.texts,
            blind,
            &device,
        )
        .expect("it answers");
        (trained.loss, scores[0])
    }
}

#[test]
fn a_small_set_is_learnt_by_looking() {
    let sides = Sides::new();
    let (short, _) = sides.fit(2, 1, false);
    let (long, score) = sides.fit(300, 1, false);
    // Long answers are shares of words, so that the loss stays above their entropy, about 0.5 here.
    assert!(long < 0.6 * short, "the loss fell from {short} to {long}");
    assert_eq!((score.short, score.long), (32, 16));
    assert!(score.accuracy().expect("short answers") > 0.9, "{score:?}");
    assert!(score.recall / 16.0 > 0.9, "{score:?}");
    // Without the pictures there is nothing to go by: one in four.
    let (_, blind) = sides.fit(300, 1, true);
    assert!(blind.accuracy().expect("short answers") < 0.5, "{blind:?}");
}

#[test]
fn a_run_follows_from_its_seed() {
    let sides = Sides::new();
    let one = sides.fit(12, 7, false);
    assert_eq!(one, sides.fit(12, 7, false));
    assert_ne!(one.0, sides.fit(12, 8, false).0);
}

#[test]
fn a_run_does_not_depend_on_threads() {
    let sides = Sides::new();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(|| sides.fit(6, 3, false))
    };
    assert_eq!(on(1), on(2));
}
