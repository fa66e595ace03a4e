//! `ofa demo`: everything on generated data, with nothing to download.

mod bundled;
mod dataset;
mod folder;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Parser;
use clap::builder::PossibleValuesParser;
use ofa_world::{Realm, World};
use serde::Serialize;

use super::encode::EncodeOutcome;
use super::score::ScoreOutcome;
use super::select::SelectOutcome;
use super::train::TrainSummary;
use super::{encode, score, select, train};
use crate::arguments::{Arguments, Command};
use crate::failure::Usage;
use crate::report::{Report, grouped, lossy};
use crate::shell::quoted;
use dataset::Written;

/// What `--train` asks of `ofa train`: the defaults are for hundreds of thousands of records.
const TRAINING: [&str; 6] = [
    "--core-ratio",
    "0.3",
    "--learning-rate",
    "0.001",
    "--batch",
    "256",
];
/// Records of each cluster that `--train` makes, and the most clusters.
const RECORDS_OF_CLUSTER: u64 = 40;
const MOST_CLUSTERS: u64 = 64;

/// Arguments of `ofa demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArguments {
    /// Records of the generated dataset
    #[arg(long, value_name = "N", default_value_t = 1000)]
    records: u64,

    /// Seed of the generated dataset
    #[arg(long, default_value_t = 42)]
    seed: u64,

    /// World of the generated dataset: the selector was trained on `shapes` and has never seen `things`
    #[arg(long, value_name = "REALM", default_value = "things",
        value_parser = PossibleValuesParser::new(Realm::ALL.iter().map(|realm| realm.name())))]
    realm: String,

    /// Train a selector on as many records of `shapes` instead of taking the one that ships with the
    /// program
    #[arg(long, conflicts_with = "data_only")]
    train: bool,

    /// Write the dataset into the folder itself and do nothing else
    #[arg(long)]
    data_only: bool,

    /// Replace another dataset that is in the folder
    #[arg(long)]
    force: bool,

    /// Folder for everything
    #[arg(short, long, value_name = "DIR", default_value = "ofa-demo")]
    output: PathBuf,
}

#[derive(Serialize)]
struct DemoOutcome {
    #[serde(serialize_with = "lossy")]
    folder: PathBuf,
    realm: &'static str,
    records: u64,
    images: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<DemoRun>,
}

#[derive(Serialize)]
struct DemoRun {
    #[serde(skip_serializing_if = "Option::is_none")]
    train: Option<TrainSummary>,
    encode: EncodeOutcome,
    score: ScoreOutcome,
    select: SelectOutcome,
}

/// A generated dataset and where its features go.
struct Pool {
    data: PathBuf,
    images: PathBuf,
    features: PathBuf,
}

/// Makes the dataset and takes it through all steps.
pub(crate) fn run(arguments: &DemoArguments) -> Result<Report> {
    let realm = Realm::from_name(&arguments.realm).expect("clap has checked the name");
    // Before anything is written.
    let world = world(realm, arguments)?;
    if arguments.data_only {
        let folder = arguments.output.clone();
        let written = write_world(world, &folder, arguments.force)?;
        let outcome = DemoOutcome {
            folder,
            realm: realm.name(),
            records: written.records,
            images: written.images,
            run: None,
        };
        return Ok(Report::new(&outcome, String::new()));
    }
    let folder = world_folder(realm, arguments);
    let encoder = arguments.output.join("demo-encoder");
    eprintln!(
        "The demo encoder is a tiny CLIP that was trained on the two demo worlds. It knows nothing else:\n\
         for your own data take a real one (ofa pull).\n"
    );
    folder::make(&encoder)?;
    bundled::write(&bundled::ENCODER, &encoder)?;
    let (selector, trained) = if arguments.train {
        let (selector, trained) = train_selector(arguments, &encoder)?;
        (selector, Some(trained))
    } else {
        let own = arguments.output.join("demo-selector");
        folder::make(&own)?;
        bundled::write(&[bundled::SELECTOR], &own)?;
        (own.join(bundled::SELECTOR.0), None)
    };

    let written = write_world(world, &folder, arguments.force)?;
    let pool = Pool::of(&folder);
    let encoded = pool.encode(&encoder, arguments.force)?;
    let scores = folder.join("scores.parquet");
    let (subset, page) = (folder.join("subset.json"), folder.join("report.html"));
    let line = Line::new("score")
        .path(&pool.features)
        .option("--selector", &selector)
        .option("-o", &scores)
        .word("--force");
    let Command::Score(line) = line.parse()? else {
        unreachable!("the line says score")
    };
    let scored = score::run(&line)?;
    eprint!("{}", scored.text());

    let line = Line::new("select")
        .path(&pool.data)
        .option("--scores", &scores)
        .option("--features", &pool.features)
        .option("--images", &pool.images)
        .words(&["--ratio", "0.15"])
        .option("--report", &page)
        .option("-o", &subset)
        .word("--force");
    let Command::Select(line) = line.parse()? else {
        unreachable!("the line says select")
    };
    let selected = select::run(&line)?;
    let text = format!(
        "{}\nWhat to try next:\n  \
         - look at {} in a browser, and into {} and its manifest;\n  \
         - select again with another budget: the last line above with --ratio 0.3 and another -o;\n  \
         - run it all at once: ofa run {} --images {} --encoder {} --selector {} --ratio 0.1 -o mine.json;\n  \
         - take your own data: ofa pull openai/clip-vit-base-patch32 -o clip, then encode, train, score and\n    \
           select with --encoder clip.\n",
        selected.text(),
        quoted(&page),
        quoted(&subset),
        quoted(&pool.data),
        quoted(&pool.images),
        quoted(&encoder),
        quoted(&selector),
    );
    let outcome = DemoOutcome {
        folder,
        realm: realm.name(),
        records: written.records,
        images: written.images,
        run: Some(DemoRun {
            train: trained,
            encode: encoded,
            score: scored,
            select: selected,
        }),
    };
    Ok(Report::new(&outcome, text))
}

/// Another realm, seed or number of records is another dataset, with a feature store of its own.
fn world_folder(realm: Realm, arguments: &DemoArguments) -> PathBuf {
    let (seed, records) = (arguments.seed, arguments.records);
    let name = format!("{}-{seed}-{records}", realm.name());
    arguments.output.join(name)
}

fn world(realm: Realm, arguments: &DemoArguments) -> Result<World> {
    World::new(realm, arguments.seed, arguments.records)
        .map_err(|error| Usage(format!("--records: {error}")).into())
}

fn write_world(world: World, folder: &Path, force: bool) -> Result<Written> {
    let realm = world.realm();
    folder::make(folder)?;
    let written = dataset::write(world, folder, force)?;
    eprintln!(
        "{} records of the world `{}` with {} images: {}",
        grouped(written.records),
        realm.name(),
        grouped(written.images),
        folder.display()
    );
    Ok(written)
}

/// Trains a selector on the first world.
fn train_selector(arguments: &DemoArguments, encoder: &Path) -> Result<(PathBuf, TrainSummary)> {
    let folder = world_folder(Realm::Shapes, arguments);
    write_world(world(Realm::Shapes, arguments)?, &folder, arguments.force)?;
    let pool = Pool::of(&folder);
    pool.encode(encoder, arguments.force)?;
    let selector = folder.join("selector.safetensors");
    let clusters = (arguments.records / RECORDS_OF_CLUSTER).clamp(2, MOST_CLUSTERS);
    let line = Line::new("train")
        .path(&pool.features)
        .option("-o", &selector)
        .words(&["--clusters", &clusters.to_string()])
        .words(&TRAINING)
        .word("--force");
    let Command::Train(line) = line.parse()? else {
        unreachable!("the line says train")
    };
    let trained = train::run(&line)?;
    eprint!("{}", trained.text());
    Ok((selector, trained))
}

impl Pool {
    fn of(folder: &Path) -> Self {
        Self {
            data: folder.join("data.json"),
            images: folder.join("images"),
            features: folder.join("features"),
        }
    }

    fn encode(&self, encoder: &Path, force: bool) -> Result<EncodeOutcome> {
        let mut line = Line::new("encode")
            .path(&self.data)
            .option("--images", &self.images)
            .option("--encoder", encoder)
            .option("-o", &self.features);
        if force {
            line = line.word("--force");
        }
        let Command::Encode(line) = line.parse()? else {
            unreachable!("the line says encode")
        };
        let encoded = encode::run(&line)?;
        eprint!("{}", encoded.text());
        Ok(encoded)
    }
}

/// A line as a user would type it.
struct Line(Vec<OsString>);

impl Line {
    fn new(command: &str) -> Self {
        Self(vec!["ofa".into(), command.into()])
    }

    fn word(mut self, word: &str) -> Self {
        self.0.push(word.into());
        self
    }

    fn words(self, words: &[&str]) -> Self {
        words.iter().fold(self, |line, word| line.word(word))
    }

    fn path(mut self, path: &Path) -> Self {
        // A name with a dash in front would be taken for an option.
        let is_option = path.as_os_str().as_encoded_bytes().starts_with(b"-");
        self.0.push(match is_option {
            true => Path::new(".").join(path).into(),
            false => path.into(),
        });
        self
    }

    fn option(self, name: &str, path: &Path) -> Self {
        self.word(name).path(path)
    }

    /// Shows it, and parses it as if it had been typed.
    fn parse(self) -> Result<Command> {
        let words: Vec<String> = self.0.iter().map(|word| quoted(Path::new(word))).collect();
        eprintln!("\n$ {}", words.join(" "));
        Ok(Arguments::try_parse_from(self.0)?.command)
    }
}
