//! `train-demo-encoder`: makes the demo encoder's folder.

use std::collections::HashMap;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use burn::backend::Autodiff;
use burn_flex::Flex;
use clap::Parser;
use ofa_clip::{Checkpoint, ClipConfig, ClipEncoder, ClipTokenizer, Preprocessor};
use ofa_contrastive::pairs::{PairSet, Picture, pictures};
use ofa_contrastive::recipe::Recipe;
use ofa_contrastive::retrieval::{Recall, recall};
use ofa_contrastive::train::{LossAt, Training};
use ofa_contrastive::{bpe, layout};
use ofa_world::Realm;
use serde::Serialize;

/// Pictures of each world that retrieval is measured on.
const HELD_OUT: u64 = 1000;
/// Steps between two states on the disk.
const STEPS_OF_STATE: usize = 100;
/// Added to the worlds' seed for the held-out pictures.
const HELD_OUT_SEED: u64 = 1;

/// Trains the demo encoder from scratch and writes its folder.
///
/// Stopped and started again it goes on from its last state. The same settings on the same machine
/// give the same weights.
#[derive(Parser)]
struct Arguments {
    /// Folder of the encoder
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Folder for the state of an unfinished run
    #[arg(long, value_name = "DIR")]
    work: PathBuf,

    /// Pictures of each world
    #[arg(long, value_name = "N", default_value_t = Recipe::default().pictures)]
    pictures: u64,

    /// Passes over the pictures
    #[arg(long, value_name = "N", default_value_t = Recipe::default().passes)]
    passes: u64,

    /// Pairs of a step
    #[arg(long, value_name = "N", default_value_t = Recipe::default().batch)]
    batch: usize,

    /// The largest learning rate
    #[arg(long, value_name = "RATE", default_value_t = Recipe::default().learning_rate)]
    learning_rate: f64,

    /// Seed of start values and order
    #[arg(long, default_value_t = Recipe::default().seed)]
    seed: u64,
}

/// What is written beside the weights.
#[derive(Serialize)]
struct TrainingRecord<'a> {
    recipe: &'a Recipe,
    steps: usize,
    pairs: usize,
    /// Of all runs that it took.
    seconds: u64,
    threads: usize,
    losses: &'a [LossAt],
    retrieval: Vec<Retrieval>,
}

#[derive(Serialize)]
struct Retrieval {
    realm: &'static str,
    held_out_pictures: usize,
    text_of_picture: Recall,
    picture_of_text: Recall,
    chance: Recall,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let recipe = Recipe {
        pictures: arguments.pictures,
        passes: arguments.passes,
        batch: arguments.batch,
        learning_rate: arguments.learning_rate,
        seed: arguments.seed,
        ..Recipe::default()
    };
    let pairs = recipe
        .pictures
        .checked_mul(Realm::ALL.len() as u64)
        .filter(|&pairs| pairs.checked_mul(recipe.passes.max(1)).is_some());
    let is_enough = pairs.is_some_and(|pairs| pairs >= recipe.batch as u64);
    if !is_enough || recipe.batch < 2 || recipe.passes == 0 {
        bail!(
            "--pictures {}, --passes {}, --batch {}: expected pictures for at least one batch of two \
             pairs or more, and one pass",
            recipe.pictures,
            recipe.passes,
            recipe.batch
        );
    }
    let config_json = serde_json::to_vec_pretty(&recipe.sizes.config_json())?;
    let preprocessor_json = serde_json::to_vec_pretty(&recipe.sizes.preprocessor_json())?;
    let config = ClipConfig::from_json(&config_json)?;
    let preprocessor = Preprocessor::from_json(&preprocessor_json)?;

    let begun = Instant::now();
    let mut trained_on = Vec::new();
    for realm in Realm::ALL {
        let some = pictures(realm, recipe.world_seed, recipe.pictures, &preprocessor)?;
        eprintln!("{} pictures of the world `{}`", some.len(), realm.name());
        trained_on.extend(some);
    }
    let tokenizer = bpe::learn(&texts_of(&trained_on), recipe.sizes.vocabulary)?;
    let tokenizer_json = tokenizer.to_json()?;
    let tokenizer = tokenizer.for_model(&config)?;
    let set = PairSet::new(&trained_on, &tokenizer)?;
    drop(trained_on);
    let steps = recipe.steps(set.len());
    eprintln!(
        "{} steps of {} pairs, made ready in {:.0} s",
        steps,
        recipe.batch,
        begun.elapsed().as_secs_f64()
    );

    let state = arguments.work.join("state.bin");
    let seconds_file = arguments.work.join("seconds.txt");
    let mut run = begin(&recipe, &config, &set, &state)?;
    let seconds_before: u64 = match std::fs::read_to_string(&seconds_file) {
        Ok(text) if run.step() > 0 => text.trim().parse().unwrap_or(0),
        _ => 0,
    };
    let from = run.step();
    run.run(&set, &mut |run, loss| {
        let done = run.step();
        let seconds = begun.elapsed().as_secs_f64();
        if done.is_multiple_of(20) || done == steps {
            let rate = ((done - from) * recipe.batch) as f64 / seconds;
            let left = (steps - done) as f64 * seconds / (done - from) as f64;
            eprintln!(
                "step {done} of {steps}: loss {loss:.3}, {rate:.0} pairs/s, {left:.0} s left"
            );
        }
        if done.is_multiple_of(STEPS_OF_STATE) && run.is_at_entry() {
            let kept = write(&state, &run.state()?).and_then(|()| {
                let seconds = seconds_before + begun.elapsed().as_secs();
                write(&seconds_file, seconds.to_string().as_bytes())
            });
            if let Err(error) = kept {
                eprintln!("the state could not be kept: {error:#}");
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;

    let model = layout::to_safetensors_f16(&run.parameters()?)?;
    let retrieval = Realm::ALL
        .into_iter()
        .map(|realm| measure(realm, &recipe, &config, &preprocessor, &tokenizer, &model))
        .collect::<Result<Vec<_>>>()?;
    for measured in &retrieval {
        eprintln!("{}", serde_json::to_string(measured)?);
    }
    let record = TrainingRecord {
        recipe: &recipe,
        steps,
        pairs: steps * recipe.batch,
        seconds: seconds_before + begun.elapsed().as_secs(),
        threads: recipe.parts,
        losses: run.losses(),
        retrieval,
    };
    let with_line_end = |mut json: Vec<u8>| {
        json.push(b'\n');
        json
    };
    for (name, bytes) in [
        ("config.json", with_line_end(config_json)),
        ("preprocessor_config.json", with_line_end(preprocessor_json)),
        ("tokenizer.json", tokenizer_json),
        ("model.safetensors", model),
        (
            "training.json",
            with_line_end(serde_json::to_vec_pretty(&record)?),
        ),
    ] {
        write(&arguments.output.join(name), &bytes)?;
    }
    // What was trained to the end is not gone on with.
    for file in [&state, &seconds_file] {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("{}: cannot be removed", file.display()));
            }
            _ => {}
        }
    }
    eprintln!("{}", arguments.output.display());
    Ok(())
}

/// Every text once for each time it is said, so that frequent words are learned first.
fn texts_of(pictures: &[Picture]) -> Vec<String> {
    let mut texts = Vec::new();
    for picture in pictures {
        texts.extend(picture.captions.iter().cloned());
        for (question, answer) in &picture.exchanges {
            texts.extend([question.clone(), answer.clone()]);
        }
    }
    texts
}

fn begin(
    recipe: &Recipe,
    config: &ClipConfig,
    set: &PairSet,
    state: &Path,
) -> Result<Training<Autodiff<Flex>>> {
    let device = Default::default();
    match std::fs::read(state) {
        Ok(bytes) => {
            let resumed = Training::resume(recipe.clone(), config.clone(), set, device, &bytes)
                .with_context(|| state.display().to_string())?;
            if let Some(run) = resumed {
                eprintln!("going on after step {}", run.step());
                return Ok(run);
            }
            eprintln!(
                "{}: of other settings or pictures, left out",
                state.display()
            );
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| format!("{}: cannot be read", state.display()));
        }
    }
    Ok(Training::begin(
        recipe.clone(),
        config.clone(),
        set,
        device,
    )?)
}

/// Retrieval of each held-out picture's fullest caption, by the encoder as it is shipped.
fn measure(
    realm: Realm,
    recipe: &Recipe,
    config: &ClipConfig,
    preprocessor: &Preprocessor,
    tokenizer: &ClipTokenizer,
    model: &[u8],
) -> Result<Retrieval> {
    let seed = recipe.world_seed + HELD_OUT_SEED;
    let held_out = pictures(realm, seed, HELD_OUT, preprocessor)?;
    let checkpoint = Checkpoint::open([("model.safetensors", model)])?;
    let encoder = ClipEncoder::<Flex>::load(config, &checkpoint, &Default::default())?;
    let (mut images, mut texts) = (Vec::new(), Vec::new());
    for some in held_out.chunks(64) {
        let mut pixel_values = Vec::new();
        let mut ids = Vec::new();
        for picture in some {
            let size = recipe.sizes.image_size;
            // At this size resizing and cropping change nothing; what remains is to normalise.
            pixel_values.extend(preprocessor.pixel_values(size, size, &picture.pixels)?);
            ids.push(tokenizer.encode(&picture.captions[0])?);
        }
        images.extend(pollster::block_on(
            encoder.encode_images(&pixel_values, some.len()),
        )?);
        texts.extend(pollster::block_on(encoder.encode_texts(&ids))?);
    }
    let mut numbers = HashMap::new();
    let same: Vec<u64> = held_out
        .iter()
        .map(|picture| {
            let next = numbers.len() as u64;
            *numbers.entry(picture.captions[0].as_str()).or_insert(next)
        })
        .collect();
    let (text_of_picture, picture_of_text) = recall(&images, &texts, &same, config.projection_dim);
    Ok(Retrieval {
        realm: realm.name(),
        held_out_pictures: held_out.len(),
        text_of_picture,
        picture_of_text,
        chance: Recall::chance(&same),
    })
}

/// Writes a file beside its name and renames it when it is whole.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let problem = || format!("{}: cannot be written", path.display());
    let folder = path.parent().context("a file has a folder")?;
    std::fs::create_dir_all(folder).with_context(problem)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let beside = path.with_file_name(name);
    let mut file = std::fs::File::create(&beside).with_context(problem)?;
    file.write_all(bytes).with_context(problem)?;
    file.sync_all().with_context(problem)?;
    std::fs::rename(&beside, path).with_context(problem)
}
