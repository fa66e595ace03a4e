//! The parts of the report that are tables with a few words around them.

use std::fmt::Write;

use super::figures::{self, Figure};
use super::table::{Table, percent, points, share};
use super::{DISCUSSION, RAW, figure_path, prose};
use crate::ablation::BASE;
use crate::analysis::{Reading, mean_accuracy, mean_score};
use crate::answer::Score;
use crate::arms::{Arm, Budget, Protocol, Realm};
use crate::composition::Composition;
use crate::examples_of_records::SHORT_ANSWER_WORDS;
use crate::runs::{BUNDLED, Evaluation};

/// The budget that the paper reports, and at which sources and contents are shown.
const SHOWN_BUDGET: f64 = 0.15;

/// What was measured and how.
pub(super) fn head(evaluation: &Evaluation) -> String {
    let measure = &evaluation.measure;
    let (size, schedule) = (&measure.size, &measure.schedule);
    let seconds: Vec<f64> = (evaluation.runs.iter())
        .filter(|run| run.key.arm == Arm::Full)
        .map(|run| run.seconds)
        .collect();
    let longest = seconds.iter().copied().fold(0.0, f64::max);
    let mut text = format!(
        "# What selected subsets are worth\n\n\
         This file is generated from [{RAW}]({RAW}); `cargo xtask eval --check` derives every number \
         and figure in it again. Only the discussion is written by hand, in \
         [{DISCUSSION}]({DISCUSSION}).\n\n\
         ## The measure\n\n\
         A small multimodal answer model is trained on the full pool and on subsets of it, and asked \
         clean questions of a world of another seed. As in LLaVA, it looks through a frozen CLIP: the \
         demo encoder, whose text tower stands for a language model that knows its words. A connector, \
         a reader of questions, a fusion that the question steers and two answer heads are trained \
         from scratch. Pool: {} records of which those are taken \
         that have a score. Questions: the clean ones of {} records. Answers of at most \
         {SHORT_ANSWER_WORDS} words are classes, counted as right or wrong; longer ones are sets of \
         words, counted by recall among as many words. A source's score is the mean over its \
         questions.\n\n\
         **Relative performance** is the mean over sources of (score of the arm / score of the full \
         pool), as in the paper; the full pool's scores are means over its seeds. Everything is in \
         percent, with the standard error over seeds where there are several. The full pool's own \
         scatter is not in the error: it moves all arms of a world together.\n\n\
         Two readings: **one-pass** is {} over the subset, so that a small subset has few \
         steps, as in the paper; **equal-steps** is as many steps as the full pool has. The schedule is \
         the same for every arm: AdamW, {} records a step with all of their turns, learning rate \
         {:e} after a warm-up over {} of the steps and along a cosine to 0, weight decay {}. Widths: \
         {} channels, words {}, questions {}, hidden {}. Training on the full pool took at most \
         {longest:.0} seconds.\n\n",
        measure.records,
        measure.held_out,
        passes(measure.passes),
        schedule.batch_records,
        schedule.learning_rate,
        schedule.warm_up,
        schedule.weight_decay,
        size.channels,
        size.word,
        size.question,
        size.hidden,
    );
    let mut table = Table::new([
        "pool",
        "scored records",
        "turns",
        "scenes",
        "near-duplicates",
        "mismatched",
        "wrong answers",
        "short answers",
        "words of long ones",
        "questions asked",
    ]);
    for facts in &evaluation.realms {
        let pool = &facts.pool;
        let asked: u64 = facts.majority.iter().map(Score::questions).sum();
        table.row(
            facts.realm.name(),
            [
                pool.records.to_string(),
                facts.turns.to_string(),
                pool.scenes.to_string(),
                share(pool.share(pool.near_duplicates)) + "%",
                share(pool.share(pool.mismatched)) + "%",
                share(pool.share(pool.wrong_answers)) + "%",
                facts.answers.to_string(),
                facts.answer_words.to_string(),
                asked.to_string(),
            ],
        );
    }
    text.push_str(&table.markdown());
    text
}

fn passes(passes: u64) -> String {
    match passes {
        1 => "one pass".to_owned(),
        more => format!("{more} passes"),
    }
}

/// One world: what the full pool comes to, a section for each reading, and what subsets hold.
pub(super) fn realm(readings: &[&Reading<'_>], drawn: &mut Vec<Figure>) -> String {
    let first = readings[0];
    let name = match first.realm() {
        Realm::Shapes => "Shapes, the selector's own world",
        Realm::Things => "Things, a world that the selector has not seen",
    };
    let mut text = format!("## {name}\n\n### Questions\n\n");
    text.push_str(&sources(first));
    for reading in readings {
        let title = match reading.protocol {
            Protocol::OnePass => "One pass over the subset",
            Protocol::EqualSteps => "Equal steps",
        };
        let _ = write!(text, "### {title}\n\n");
        text.push_str(&relative(reading));
        text.push_str(&prose::reading(reading));
        let figure = figures::relative_performance(reading);
        text.push_str(&image(&figure));
        drawn.push(figure);
        text.push_str("Scores and, of short answers alone, accuracies; means over sources:\n\n");
        text.push_str(&plain(reading));
    }
    text.push_str("### What the subsets hold\n\n");
    text.push_str(&composition(first));
    for figure in figures::compositions(first) {
        text.push_str(&image(&figure));
        drawn.push(figure);
    }
    text
}

fn image(figure: &Figure) -> String {
    format!(
        "![{}]({})\n\n",
        figure.description,
        figure_path(&figure.name)
    )
}

/// The budget that is nearest to the paper's.
fn shown<'a>(reading: &Reading<'a>) -> Option<&'a Budget> {
    let distance = |budget: &&Budget| (budget.share() - SHOWN_BUDGET).abs();
    let budgets = reading.budgets(BUNDLED);
    (budgets.into_iter()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Scores of each source: of always saying the same, without pictures, in full and at one budget.
fn sources(reading: &Reading<'_>) -> String {
    let Some(budget) = shown(reading) else {
        return String::new();
    };
    let whole = Budget::whole();
    let mut arms = vec![(Arm::Blind, &whole), (Arm::Full, &whole)];
    arms.extend(reading.arms(BUNDLED).into_iter().map(|arm| (arm, budget)));
    let arms: Vec<_> = (arms.into_iter())
        .map(|(arm, budget)| (arm, reading.runs(BUNDLED, arm, budget)))
        .filter(|(_, runs)| !runs.is_empty())
        .collect();
    let mut head = vec![
        "source".to_owned(),
        "questions".to_owned(),
        "most frequent answer".to_owned(),
    ];
    head.extend(arms.iter().map(|(arm, _)| arm.title().to_owned()));
    let mut table = Table::new(head);
    let facts = reading.facts;
    for (nth, source) in facts.sources.iter().enumerate() {
        let majority = &facts.majority[nth];
        let mut cells = vec![majority.questions().to_string(), share(majority.mean())];
        for (_, runs) in &arms {
            let mean: f64 = runs.iter().map(|run| run.scores[nth].mean()).sum();
            cells.push(share(mean / runs.len() as f64));
        }
        table.row(source, cells);
    }
    let asked: u64 = facts.majority.iter().map(Score::questions).sum();
    let mut cells = vec![asked.to_string(), share(mean_score(&facts.majority))];
    for (_, runs) in &arms {
        let mean: f64 = runs.iter().map(|run| mean_score(&run.scores)).sum();
        cells.push(share(mean / runs.len() as f64));
    }
    table.row("mean of sources", cells);
    let above = (0..facts.sources.len())
        .filter(|&nth| {
            let runs = reading.runs(BUNDLED, Arm::Full, &whole);
            let full = runs.iter().map(|run| run.scores[nth].mean()).sum::<f64>();
            full / runs.len().max(1) as f64 > facts.majority[nth].mean() + 0.02
        })
        .count();
    format!(
        "Mean scores of each source; the methods at {} under the reading {}. With the full pool the \
         model is more than 2 points above always giving the source's most frequent answer in {above} \
         of {} sources.\n\n{}",
        budget.percent(),
        reading.protocol,
        facts.sources.len(),
        table.markdown()
    )
}

/// Relative performance of each method at each budget.
fn relative(reading: &Reading<'_>) -> String {
    let budgets = reading.budgets(BUNDLED);
    let mut head = vec!["relative performance".to_owned()];
    head.extend(budgets.iter().map(|budget| budget.percent()));
    head.push("mean".to_owned());
    let mut table = Table::new(head);
    for arm in reading.arms(BUNDLED) {
        let mut cells: Vec<String> = (budgets.iter())
            .map(|budget| {
                percent(
                    reading
                        .worth(BUNDLED, arm, budget)
                        .map(|worth| worth.relative),
                )
            })
            .collect();
        cells.push(percent(reading.overall(BUNDLED, arm, &budgets)));
        table.row(arm.title(), cells);
    }
    let whole = Budget::whole();
    for arm in [Arm::Full, Arm::Blind] {
        if let Some(worth) = reading.worth(BUNDLED, arm, &whole) {
            let mut cells = vec![String::new(); budgets.len()];
            cells.push(percent(Some(worth.relative)));
            table.row(arm.title(), cells);
        }
    }
    let mut cells = vec![String::new(); budgets.len()];
    cells.push(
        reading
            .relative(&reading.facts.majority)
            .map_or_else(String::new, share),
    );
    table.row("most frequent answer", cells);
    table.markdown()
}

/// Scores and accuracies of each method at each budget.
fn plain(reading: &Reading<'_>) -> String {
    let budgets = reading.budgets(BUNDLED);
    let mut head = vec!["score / accuracy".to_owned()];
    head.extend(budgets.iter().map(|budget| budget.percent()));
    let mut table = Table::new(head);
    let both = |score, accuracy| format!("{} / {}", share(score), share(accuracy));
    let cell = |arm, budget: &Budget| match reading.worth(BUNDLED, arm, budget) {
        Some(worth) => both(worth.score.mean, worth.accuracy.mean),
        None => "–".to_owned(),
    };
    for arm in reading.arms(BUNDLED) {
        table.row(arm.title(), budgets.iter().map(|budget| cell(arm, budget)));
    }
    let whole = Budget::whole();
    let majority = &reading.facts.majority;
    format!(
        "{}Full pool: {}. Without pictures: {}. Most frequent answers: {}.\n\n",
        table.markdown(),
        cell(Arm::Full, &whole),
        cell(Arm::Blind, &whole),
        both(mean_score(majority), mean_accuracy(majority))
    )
}

/// What the subsets of each method hold at one budget, beside the pool.
fn composition(reading: &Reading<'_>) -> String {
    let Some(budget) = shown(reading) else {
        return String::new();
    };
    let mut table = Table::new([
        "",
        "near-duplicates",
        "mismatched",
        "wrong answers",
        "rare-concept records",
        "rare concepts covered",
        "scenes covered",
        "scenes a record",
    ]);
    let pool = &reading.facts.pool;
    type Column<'a> = &'a dyn Fn(&Composition) -> f64;
    let columns: [Column<'_>; 7] = [
        &|subset| subset.share(subset.near_duplicates),
        &|subset| subset.share(subset.mismatched),
        &|subset| subset.share(subset.wrong_answers),
        &|subset| subset.share(subset.with_rare_concepts),
        &|subset| subset.rare_concepts as f64 / pool.rare_concepts.max(1) as f64,
        &|subset| subset.scenes as f64 / pool.scenes.max(1) as f64,
        &|subset| subset.share(subset.scenes),
    ];
    table.row("pool", columns.map(|of| share(of(pool))));
    for arm in reading.arms(BUNDLED) {
        let cell = |of: Column<'_>| {
            reading
                .share(arm, budget, of)
                .map_or_else(String::new, share)
        };
        table.row(arm.title(), columns.map(cell));
    }
    format!(
        "At {}, in percent, means over seeds. Near-duplicates share their scene with another record \
         of the same subset; the rare concepts are the pool's rarest that together make at most a \
         tenth of all mentions.\n\n{}",
        budget.percent(),
        table.markdown()
    )
}

/// What selectors that were trained otherwise choose.
pub(super) fn ablations(readings: &[Reading<'_>]) -> String {
    let mut text = String::new();
    for reading in readings {
        let selectors = reading.ablated();
        let arms: Vec<Arm> = Arm::ALL
            .into_iter()
            .filter(|arm| {
                selectors
                    .iter()
                    .any(|name| reading.arms(name).contains(arm))
            })
            .collect();
        for arm in arms {
            let budgets = reading.budgets(selectors[0]);
            let mut head = vec![format!(
                "{}, {}, {}",
                reading.realm(),
                reading.protocol,
                arm.title()
            )];
            head.extend(budgets.iter().map(|budget| budget.percent()));
            head.extend(["mean".to_owned(), "against base".to_owned()]);
            let mut table = Table::new(head);
            let base = reading.overall(BASE, arm, &budgets);
            for &selector in &selectors {
                let mut cells: Vec<String> = (budgets.iter())
                    .map(|budget| {
                        percent(
                            reading
                                .worth(selector, arm, budget)
                                .map(|worth| worth.relative),
                        )
                    })
                    .collect();
                let overall = reading.overall(selector, arm, &budgets);
                cells.push(percent(overall));
                let against = overall
                    .zip(base)
                    .map(|(one, base)| points(one.minus(&base)));
                let is_base = selector == BASE;
                cells.push(against.filter(|_| !is_base).unwrap_or_default());
                table.row(selector, cells);
            }
            text.push_str(&table.markdown());
        }
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "## Ablations\n\n\
         Selectors trained on the pool of shapes with one setting changed, and used on both worlds; \
         `{BASE}` has none changed. Relative performance.\n\n{text}"
    )
}

/// How one makes this file.
pub(super) fn how_to_repeat() -> String {
    "## How to repeat it\n\n\
     `cargo xtask eval` makes the pools, scores them with the bundled selector, trains all answer \
     models and writes this file; a run that is there is not made again, so it can be stopped and \
     started. `cargo xtask eval --quick` does the same in a minute, at a size that says nothing. \
     `cargo xtask eval --check` compares this file and its figures with the raw numbers. Everything \
     but the seconds follows from the seeds.\n"
        .to_owned()
}
