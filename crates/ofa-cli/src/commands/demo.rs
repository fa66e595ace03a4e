//! `ofa demo`: everything on generated data, with nothing to download.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use ofa_pipeline::native::AtomicFile;
use ofa_world::{Realm, World, json_array};
use serde::Serialize;

use super::encode::EncodeOutcome;
use super::score::ScoreOutcome;
use super::select::SelectOutcome;
use super::train::TrainSummary;
use super::{encode, score, select, train};
use crate::arguments::{Arguments, Command};
use crate::failure::{Stopped, Usage};
use crate::report::{Report, grouped, lossy};
use crate::{interrupt, output};

/// The files of the encoder that ships with the program.
const ENCODER: [(&str, &[u8]); 5] = [
    (
        "README.md",
        include_bytes!("../../../../assets/demo-encoder/README.md"),
    ),
    (
        "config.json",
        include_bytes!("../../../../assets/demo-encoder/config.json"),
    ),
    (
        "preprocessor_config.json",
        include_bytes!("../../../../assets/demo-encoder/preprocessor_config.json"),
    ),
    (
        "tokenizer.json",
        include_bytes!("../../../../assets/demo-encoder/tokenizer.json"),
    ),
    (
        "model.safetensors",
        include_bytes!("../../../../assets/demo-encoder/model.safetensors"),
    ),
];

/// Arguments of `ofa demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArguments {
    /// Records of the generated dataset
    #[arg(long, value_name = "N", default_value_t = 1000)]
    records: u64,

    /// Seed of the generated dataset
    #[arg(long, default_value_t = 42)]
    seed: u64,

    /// Folder for everything
    #[arg(short, long, value_name = "DIR", default_value = "ofa-demo")]
    output: PathBuf,
}

#[derive(Serialize)]
struct DemoOutcome {
    #[serde(serialize_with = "lossy")]
    folder: PathBuf,
    encoder_is_trained: bool,
    encode: EncodeOutcome,
    train: TrainSummary,
    score: ScoreOutcome,
    select: SelectOutcome,
}

/// Makes the dataset and takes it through all steps.
pub(crate) fn run(arguments: &DemoArguments) -> Result<Report> {
    let world = World::new(Realm::Shapes, arguments.seed, arguments.records)
        .map_err(|error| Usage(format!("--records: {error}")))?;
    // Another seed or number of records is another dataset, with a feature store of its own.
    let folder = arguments
        .output
        .join(format!("world-{}-{}", arguments.seed, arguments.records));
    let encoder = arguments.output.join("untrained-encoder");
    eprintln!(
        "The demo encoder is UNTRAINED: its embeddings are random projections, so what is selected here\n\
         shows how the program works and says nothing about how good a selection is.\n"
    );
    for (name, bytes) in ENCODER {
        write_encoder_file(&encoder.join(name), bytes)?;
    }
    write_world(world, &folder)?;

    let data = folder.join("data.json");
    let images = folder.join("images");
    let features = folder.join("features");
    let selector = folder.join("selector.safetensors");
    let scores = folder.join("scores.parquet");
    let subset = folder.join("subset.json");
    let clusters = (arguments.records / 40).clamp(2, 24).to_string();

    let Command::Encode(arguments) = step(&[
        "encode",
        &show(&data),
        "--images",
        &show(&images),
        "--encoder",
        &show(&encoder),
        "-o",
        &show(&features),
    ])?
    else {
        unreachable!("the line says encode")
    };
    let encoded = encode::run(&arguments)?;
    eprint!("{}", encoded.text());

    let Command::Train(arguments) = step(&[
        "train",
        &show(&features),
        "-o",
        &show(&selector),
        "--clusters",
        &clusters,
        "--core-ratio",
        "0.3",
        "--learning-rate",
        "0.001",
        "--force",
    ])?
    else {
        unreachable!("the line says train")
    };
    let trained = train::run(&arguments)?;
    eprint!("{}", trained.text());

    let Command::Score(arguments) = step(&[
        "score",
        &show(&features),
        "--selector",
        &show(&selector),
        "-o",
        &show(&scores),
        "--force",
    ])?
    else {
        unreachable!("the line says score")
    };
    let scored = score::run(&arguments)?;
    eprint!("{}", scored.text());

    let Command::Select(arguments) = step(&[
        "select",
        &show(&data),
        "--scores",
        &show(&scores),
        "--features",
        &show(&features),
        "--ratio",
        "0.15",
        "-o",
        &show(&subset),
        "--force",
    ])?
    else {
        unreachable!("the line says select")
    };
    let selected = select::run(&arguments)?;
    let text = format!(
        "{}\nWhat to try next:\n  \
         - look into {} and its manifest;\n  \
         - select again with another budget: the last line above with --ratio 0.3 and another -o;\n  \
         - run it all at once: ofa run {} --images {} --encoder {} --selector {} --ratio 0.1 -o mine.json;\n  \
         - take your own data: ofa pull openai/clip-vit-base-patch32 -o clip, then encode, train, score and\n    \
           select with --encoder clip and no other settings: those above are for a few hundred records.\n",
        selected.text(),
        subset.display(),
        data.display(),
        images.display(),
        encoder.display(),
        selector.display(),
    );
    let outcome = DemoOutcome {
        folder,
        encoder_is_trained: false,
        encode: encoded,
        train: trained,
        score: scored,
        select: selected,
    };
    Ok(Report::new(&outcome, text))
}

/// Writes one of the encoder's files, unless it is there; another's is left alone.
fn write_encoder_file(path: &Path, bytes: &[u8]) -> Result<()> {
    match std::fs::read(path) {
        Ok(there) if there == bytes => Ok(()),
        Ok(_) => bail!(
            "{}: is there already and is not the demo encoder's; give another folder with -o",
            path.display()
        ),
        Err(_) => output::write(path, bytes),
    }
}

/// Shows a line as a user would type it, and parses it as if one had.
fn step(line: &[&str]) -> Result<Command> {
    eprintln!("\n$ ofa {}", line.join(" "));
    let line = std::iter::once("ofa").chain(line.iter().copied());
    Ok(Arguments::try_parse_from(line)?.command)
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

/// Writes the dataset, its images and what is known of them. The same world gives the same files.
fn write_world(world: World, folder: &Path) -> Result<()> {
    let total = world.records();
    let writing = |path: &Path| format!("{}: cannot be written", path.display());
    let (data, truth) = (folder.join("data.json"), folder.join("truth.jsonl"));
    let mut records = AtomicFile::create(&data).with_context(|| writing(&data))?;
    let mut labels = AtomicFile::create(&truth).with_context(|| writing(&truth))?;
    let mut images = 0_u64;
    records
        .write_all(json_array::OPEN.as_bytes())
        .with_context(|| writing(&data))?;
    for record in world {
        if interrupt::requested() {
            let left = "the dataset is not whole; the same command makes it anew";
            return Err(Stopped(left.to_owned()).into());
        }
        let separator = if record.position == 0 {
            ""
        } else {
            json_array::SEPARATOR
        };
        write!(records, "{separator}{}", record.json).with_context(|| writing(&data))?;
        writeln!(labels, "{}", record.truth.to_json_line()).with_context(|| writing(&truth))?;
        if let Some((path, bytes)) = record
            .image
            .and_then(|image| Some((image.path, image.bytes?)))
        {
            let path = folder.join("images").join(path);
            // Left as it is where it is the same, so that its time stays and no cache is lost.
            if std::fs::read(&path).ok().as_deref() != Some(&bytes) {
                output::write(&path, &bytes)?;
            }
            images += 1;
        }
    }
    records
        .write_all(json_array::CLOSE.as_bytes())
        .with_context(|| writing(&data))?;
    records.finish().with_context(|| writing(&data))?;
    labels.finish().with_context(|| writing(&truth))?;
    eprintln!(
        "{} records with {} images: {}",
        grouped(total),
        grouped(images),
        folder.display()
    );
    Ok(())
}
