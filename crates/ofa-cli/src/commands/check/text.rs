//! A check for people: one screen.

use ofa_pipeline::check::{CheckReport, PlaceholderExample, SkippedExample};

use crate::report::grouped;

/// Columns of the screen. Paths that are to be copied may go beyond.
const COLUMNS: usize = 100;

/// Remarks, reasons and folders that have a line each; what is beyond is in the JSON.
const MOST_REMARKS: usize = 2;
const MOST_REASONS: usize = 6;
const MOST_FOLDERS: usize = 5;

/// The report, with the next step at its end.
pub(super) fn of(report: &CheckReport, next: &str) -> String {
    let mut screen = Screen::default();
    screen.line(format!(
        "{}: {} ({}), {}",
        report.dataset,
        report.format,
        report.why,
        counted(report.files, "file", "files")
    ));
    screen.line(report.fingerprint.clone());
    for remark in report.remarks.iter().take(MOST_REMARKS) {
        screen.line(remark.clone());
    }
    if report.remarks.len() > MOST_REMARKS {
        let more = report.remarks.len() - MOST_REMARKS;
        screen.line(format!("and {more} more such remarks: see --json"));
    }
    records(&mut screen, report);
    images(&mut screen, report);
    oddities(&mut screen, report);
    folders(&mut screen, report);
    screen.blank();
    for (nth, line) in next.lines().enumerate() {
        let start = if nth == 0 { "next: " } else { "      " };
        screen.whole_line(&format!("{start}{line}"));
    }
    screen.text
}

fn records(screen: &mut Screen, report: &CheckReport) {
    screen.blank();
    screen.row(
        "records",
        report.records,
        counted(report.human_turns, "human turn", "human turns"),
    );
    let several = match report.several_images {
        0 => String::new(),
        several => format!(
            "{} with several (--multi-image {})",
            grouped(several),
            report.multi_image.as_str()
        ),
    };
    screen.row("  with an image", report.with_image, several);
    screen.row("  text only", report.text_only, String::new());
    screen.row("would be encoded", report.would_be_encoded, String::new());
    screen.row("would be skipped", report.skipped_records(), String::new());
    let mut reasons: Vec<_> = report.skipped.iter().collect();
    reasons.sort_by_key(|(_, skipped)| std::cmp::Reverse(skipped.count));
    for (reason, skipped) in reasons.iter().take(MOST_REASONS) {
        let example = skipped.examples.first().map_or(String::new(), example);
        screen.row(&format!("  {reason}"), skipped.count, example);
    }
    let others = reasons.get(MOST_REASONS..).unwrap_or_default();
    if !others.is_empty() {
        let count = others.iter().map(|(_, skipped)| skipped.count).sum();
        let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
        screen.row("  other reasons", count, names.join(", "));
    }
}

fn example(example: &SkippedExample) -> String {
    let place = place(example.index, example.id.as_deref());
    match example.detail.as_str() {
        "" => place,
        detail => format!("{place}: {detail}"),
    }
}

/// Where a record is, and what it calls itself.
fn place(index: u64, id: Option<&str>) -> String {
    match id {
        Some(id) => format!("record {index} ({})", cut(id, 20)),
        None => format!("record {index}"),
    }
}

fn images(screen: &mut Screen, report: &CheckReport) {
    screen.blank();
    screen.row(
        "images",
        report.images,
        format!("{} different ones", grouped(report.distinct_images)),
    );
    let reasons = report.images_not_located.iter();
    let reasons: Vec<String> = reasons
        .map(|(reason, count)| format!("{} {reason}", grouped(*count)))
        .collect();
    let not_located = report.images_not_located.values().sum();
    screen.row("  not located", not_located, reasons.join(", "));
    let of = match report.deep {
        true => "decoded, which are all",
        false => "decoded, a sample; --deep decodes all",
    };
    screen.row(
        "  unreadable",
        report.images_unreadable,
        format!("of {} {of}", grouped(report.images_sampled)),
    );
}

fn oddities(screen: &mut Screen, report: &CheckReport) {
    screen.blank();
    let placeholders = &report.placeholders;
    let mut said = vec![];
    for (count, words) in [
        (placeholders.too_many, "more than images"),
        (placeholders.too_few, "fewer than images"),
    ] {
        if count > 0 {
            said.push(format!("{} with {words}", grouped(count)));
        }
    }
    if placeholders.none > 0 {
        said.push(format!("{} with none", grouped(placeholders.none)));
    }
    let shown = placeholders.examples.iter().take(1);
    said.extend(shown.map(placeholder_example));
    screen.row(
        "odd <image> marks",
        placeholders.too_many + placeholders.too_few,
        said.join("; "),
    );
    let ids = report.duplicate_ids;
    let mut said = vec![];
    if ids.records > 0 {
        said.push(format!(
            "records with the id of an earlier one; {}",
            counted(ids.ids, "id repeats", "ids repeat")
        ));
    }
    if report.without_id > 0 {
        said.push(format!("{} without an id", grouped(report.without_id)));
    }
    screen.row("repeated ids", ids.records, said.join("; "));
    let repeated = &report.duplicate_records;
    let shown = repeated.examples.first().map_or(String::new(), |example| {
        format!(
            "record {} is record {} again",
            example.index, example.first_index
        )
    });
    screen.row("repeated records", repeated.records, shown);
    let turns = report.turns_over_context;
    let how = match turns.exact {
        true => "turns are cut there",
        false => "turns at least, by their words; --encoder counts tokens",
    };
    screen.row(
        &format!("over {} tokens", turns.context),
        turns.turns,
        how.to_owned(),
    );
    let mut scripts: Vec<_> = report.scripts.iter().collect();
    scripts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let scripts: Vec<String> = scripts
        .into_iter()
        .map(|(script, count)| format!("{script} {}", grouped(*count)))
        .collect();
    screen.line(format!("scripts: {}", scripts.join(", ")));
}

fn placeholder_example(example: &PlaceholderExample) -> String {
    format!(
        "{} has {} for {}",
        place(example.index, example.id.as_deref()),
        grouped(example.placeholders),
        counted(example.images, "image", "images")
    )
}

fn folders(screen: &mut Screen, report: &CheckReport) {
    if report.folders.is_empty() {
        return;
    }
    screen.blank();
    let not_located = |count: u64| match count {
        0 => String::new(),
        count => format!("{} not located", grouped(count)),
    };
    let folders = &report.folders;
    // The last line is for what is left, unless that is one folder, which may stand there itself.
    let listed = match report.other_folders.images {
        0 if folders.len() <= MOST_FOLDERS + 1 => folders.len(),
        _ => folders.len().min(MOST_FOLDERS),
    };
    for folder in &folders[..listed] {
        let name = match folder.folder.as_str() {
            "." => "in no folder",
            name => name,
        };
        screen.row(name, folder.images, not_located(folder.not_located));
    }
    let rest = &folders[listed..];
    let others = report.other_folders;
    let images = others.images + rest.iter().map(|folder| folder.images).sum::<u64>();
    if images > 0 {
        let missing = rest.iter().map(|folder| folder.not_located).sum::<u64>();
        let number = others.folders + rest.len() as u64;
        let more = if others.complete { "" } else { " and more" };
        screen.row(
            &format!("{} other folders{more}", grouped(number)),
            images,
            not_located(others.not_located + missing),
        );
    }
}

/// Lines of at most [`COLUMNS`] characters, without control characters: names, ids and details
/// are the dataset's own.
#[derive(Default)]
struct Screen {
    text: String,
}

impl Screen {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn line(&mut self, line: String) {
        self.whole_line(&cut(&line, COLUMNS));
    }

    fn whole_line(&mut self, line: &str) {
        let shown = line
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c });
        self.text.extend(shown);
        self.text.push('\n');
    }

    fn row(&mut self, label: &str, count: u64, said: String) {
        let label = cut(label, 24);
        let row = format!("{label:<24}{:>12}  {said}", grouped(count));
        self.line(row.trim_end().to_owned());
    }
}

fn counted(count: u64, one: &str, several: &str) -> String {
    let word = if count == 1 { one } else { several };
    format!("{} {word}", grouped(count))
}

/// The first characters of a text, with a mark where there are more.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}
