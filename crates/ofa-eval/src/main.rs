//! The command line of the evaluation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use burn::backend::Autodiff;
use burn_flex::Flex;
use clap::{Parser, Subcommand};
use ofa_eval::{
    Ablation, Arm, Budget, Comparison, Evaluation, EvaluationFolder, Measure, ModelSize,
    OfaProgram, Protocol, Realm, Schedule, Tools, Variant, Workers, ablate, check, write_report,
};

/// Measures what selected subsets are worth.
#[derive(Debug, Parser)]
#[command(name = "ofa-eval", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the pools, choose the subsets and train the answer models that are not there yet
    Run(RunArguments),
    /// Train selectors with one setting changed, and measure what they choose
    Ablate(AblateArguments),
    /// Write the report, its figures and the raw numbers
    Report {
        /// The folder that `run` filled
        folder: PathBuf,

        /// The folder of documents
        #[arg(short, long, value_name = "DIR", default_value = "docs")]
        output: PathBuf,
    },
    /// Compare the report and its figures with the raw numbers
    Check {
        /// The folder of documents
        #[arg(default_value = "docs")]
        documents: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// The folder for everything; a run that is there is not made again
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,

    /// Raw numbers of an earlier evaluation: its runs on the same pools and questions, with the same
    /// encoder, selector and settings, are not made again
    #[arg(long, value_name = "FILE")]
    earlier: Option<PathBuf>,

    /// A size that takes a minute and says nothing: for trying the evaluation itself. The other
    /// options still count
    #[arg(long)]
    quick: bool,

    /// On which worlds
    #[arg(long, value_name = "REALMS", value_delimiter = ',')]
    realm: Vec<Realm>,

    /// Records of a pool
    #[arg(long, value_name = "N")]
    records: Option<u64>,

    /// Records of which the clean ones are asked about
    #[arg(long, value_name = "N")]
    held_out: Option<u64>,

    /// Seed of the pools' worlds
    #[arg(long, value_name = "SEED", default_value_t = 101)]
    pool_seed: u64,

    /// Seed of the questions' worlds
    #[arg(long, value_name = "SEED", default_value_t = 202)]
    held_out_seed: u64,

    /// Passes over the subset; for equal steps, over the full pool
    #[arg(long, value_name = "N")]
    passes: Option<u64>,

    /// Records of a step of training
    #[arg(long, value_name = "N", default_value_t = Schedule::default().batch_records)]
    batch: usize,

    /// The highest learning rate of the answer model
    #[arg(long, value_name = "RATE", default_value_t = Schedule::default().learning_rate)]
    learning_rate: f64,

    #[command(flatten)]
    comparison: ComparisonArguments,

    #[command(flatten)]
    tools: ToolArguments,
}

#[derive(Debug, clap::Args)]
struct AblateArguments {
    /// The folder that `run` filled
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,

    /// On which worlds
    #[arg(long, value_name = "REALMS", value_delimiter = ',')]
    realm: Vec<Realm>,

    /// The settings of `ofa train` of which one at a time is changed
    #[arg(long, value_name = "SETTINGS", default_value = BASE_SETTINGS, allow_hyphen_values = true)]
    base: String,

    /// What is changed, such as clusters=64
    #[arg(long, value_name = "SETTING=VALUE", value_delimiter = ',', default_value = VARIANTS)]
    variants: Vec<String>,

    #[command(flatten)]
    comparison: ComparisonArguments,

    #[command(flatten)]
    tools: ToolArguments,
}

/// The bundled selector's: the method's own, but for what a pool of thousands needs otherwise.
const BASE_SETTINGS: &str = "--clusters 64 --core-ratio 0.2 --batch 256 \
    --target-accuracy 0.6 --checkpoint-policy target-any --fusion-mode full --seed 42";

const VARIANTS: &str = "clusters=32,clusters=128,core-ratio=0.05,core-ratio=0.3,\
    target-accuracy=0.4,target-accuracy=0.8,checkpoint-policy=last,checkpoint-policy=max-coverage,\
    fusion-mode=static-gate,fusion-mode=no-interaction,fusion-mode=concat";

#[derive(Debug, clap::Args)]
struct ComparisonArguments {
    /// Shares of the scored records
    #[arg(long, value_name = "SHARES", value_delimiter = ',')]
    budgets: Vec<Budget>,

    /// What chooses, beside the full pool
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    methods: Vec<Arm>,

    /// one-pass, equal-steps or both
    #[arg(long, value_name = "READINGS", value_delimiter = ',')]
    protocol: Vec<Protocol>,

    /// Runs of each arm
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,

    /// Runs at a time, which share the cores
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
}

#[derive(Debug, clap::Args)]
struct ToolArguments {
    /// The program `ofa`; else the one beside this program, or the system's
    #[arg(long, value_name = "PROGRAM")]
    ofa: Option<PathBuf>,

    /// The encoder
    #[arg(long, value_name = "ENC", default_value = "assets/demo-encoder")]
    encoder: PathBuf,

    /// The selector
    #[arg(
        long,
        value_name = "S",
        default_value = "assets/demo-selector/selector.safetensors"
    )]
    selector: PathBuf,
}

/// What counts where an option is not given.
struct Defaults {
    records: u64,
    held_out: u64,
    budgets: &'static [&'static str],
    methods: &'static [Arm],
    protocols: &'static [Protocol],
    seeds: u64,
    size: ModelSize,
}

const FULL: Defaults = Defaults {
    records: 12_000,
    held_out: 3_000,
    budgets: &["0.05", "0.1", "0.15", "0.3", "0.5"],
    methods: &Arm::METHODS,
    protocols: &Protocol::ALL,
    seeds: 3,
    size: ModelSize::FULL,
};

const QUICK: Defaults = Defaults {
    records: 400,
    held_out: 200,
    budgets: &["0.1", "0.3"],
    methods: &[Arm::Random, Arm::Confidence],
    protocols: &[Protocol::OnePass],
    seeds: 1,
    size: ModelSize::TINY,
};

const ABLATION: Defaults = Defaults {
    budgets: &["0.05", "0.15", "0.3"],
    methods: &[Arm::Confidence],
    ..FULL
};

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Run(arguments) => evaluate(&arguments),
        Command::Ablate(arguments) => ablate_as(&arguments),
        Command::Report { folder, output } => {
            let evaluation = EvaluationFolder::new(&folder).evaluation()?;
            write_report(&evaluation, &output)?;
            eprintln!(
                "{} runs reported in {}",
                evaluation.runs.len(),
                output.join("EVALUATION.md").display()
            );
            Ok(())
        }
        Command::Check { documents } => {
            check(&documents)?;
            eprintln!("every number and figure follows from the raw numbers");
            Ok(())
        }
    }
}

fn evaluate(arguments: &RunArguments) -> Result<()> {
    let defaults = if arguments.quick { QUICK } else { FULL };
    let comparison = comparison(&arguments.comparison, &arguments.realm, &defaults)?;
    let measure = Measure {
        records: arguments.records.unwrap_or(defaults.records),
        held_out: arguments.held_out.unwrap_or(defaults.held_out),
        pool_seed: arguments.pool_seed,
        held_out_seed: arguments.held_out_seed,
        passes: arguments.passes.unwrap_or(1),
        size: defaults.size,
        schedule: Schedule {
            batch_records: arguments.batch.max(1),
            learning_rate: arguments.learning_rate,
            ..Schedule::default()
        },
    };
    let tools = tools(&arguments.tools)?;
    let workers = workers(arguments.comparison.jobs);
    fs::create_dir_all(&arguments.output)
        .with_context(|| format!("{}: cannot be made", arguments.output.display()))?;
    let folder = EvaluationFolder::new(&arguments.output);
    let earlier = arguments.earlier.as_deref();
    let earlier = earlier.map(Evaluation::read).transpose()?;
    let earlier = earlier.as_ref();
    let made =
        folder.run::<Autodiff<Flex>>(&comparison, &measure, earlier, &tools, workers, &say)?;
    eprintln!("{} runs trained, {} were there", made.trained, made.found);
    Ok(())
}

fn ablate_as(arguments: &AblateArguments) -> Result<()> {
    let comparison = comparison(&arguments.comparison, &arguments.realm, &ABLATION)?;
    let variants = (arguments.variants.iter())
        .map(|text| Variant::parse(text.trim()))
        .collect::<Result<Vec<_>, _>>()?;
    let ablation = Ablation {
        base: arguments
            .base
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        variants,
        comparison,
    };
    let tools = tools(&arguments.tools)?;
    let workers = workers(arguments.comparison.jobs);
    let made = ablate::<Autodiff<Flex>>(&arguments.output, &ablation, &tools, workers, &say)?;
    eprintln!("{} runs trained, {} were there", made.trained, made.found);
    Ok(())
}

fn say(line: &str) {
    eprintln!("{line}");
}

/// What is compared, with defaults where nothing was given.
fn comparison(
    given: &ComparisonArguments,
    realms: &[Realm],
    defaults: &Defaults,
) -> Result<Comparison> {
    let budgets = (defaults.budgets.iter())
        .map(|budget| budget.parse::<Budget>())
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Comparison {
        realms: or(realms, &Realm::ALL),
        arms: or(&given.methods, defaults.methods),
        budgets: or(&given.budgets, &budgets),
        protocols: or(&given.protocol, defaults.protocols),
        seeds: given.seeds.unwrap_or(defaults.seeds),
    })
}

fn or<T: Clone>(given: &[T], default: &[T]) -> Vec<T> {
    if given.is_empty() { default } else { given }.to_vec()
}

fn workers(jobs: usize) -> Workers {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = jobs.clamp(1, cores);
    Workers {
        jobs,
        threads: cores / jobs,
    }
}

fn tools(arguments: &ToolArguments) -> Result<Tools> {
    let ofa = match &arguments.ofa {
        Some(path) => path.clone(),
        None => beside_this_program()?.unwrap_or_else(|| PathBuf::from("ofa")),
    };
    Ok(Tools {
        ofa: OfaProgram::new(ofa),
        encoder: arguments.encoder.clone(),
        selector: arguments.selector.clone(),
    })
}

/// The program `ofa` in the folder of this one, where it is there.
fn beside_this_program() -> Result<Option<PathBuf>> {
    let this = std::env::current_exe().context("this program's own path")?;
    let folder = this.parent().unwrap_or(Path::new("."));
    let ofa = folder.join(format!("ofa{}", std::env::consts::EXE_SUFFIX));
    Ok(ofa.exists().then_some(ofa))
}
