//! `ofa select --report` through the program: what the page says, and that nothing in a dataset
//! can break it.

mod forms;
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use forms::{encode, scores};
use ofa_core::selector::Selector;
use ofa_tests::golden;
use program::{fails, json, ofa, path};
use serde_json::{Value, json as value};

/// A dataset with hostile texts and names, its features and its scores.
struct Hostile {
    _home: tempfile::TempDir,
    folder: PathBuf,
    data: PathBuf,
    features: PathBuf,
    scores: PathBuf,
}

const SCRIPT: &str = "</p></style><script>alert('x')</script>\u{0}\u{202e}";

impl Hostile {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().to_owned();
        let image = fs::read(golden("quirks").join("outside.png")).expect("an image");
        let mut records = Vec::new();
        for n in 0..20 {
            let place = format!("one/{}/{n}.png", if n < 15 { "a" } else { "b<i>" });
            let file = folder.join("images").join(&place);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(&file, &image).expect("written");
            let text = format!("{SCRIPT} number {n}");
            records.push(value!({"id": n, "image": place,
                "conversations": [{"from": "human", "value": text}]}));
        }
        records.push(value!({"conversations": [{"from": "human", "value": "No image"}]}));
        records.push(value!({"image": "one/a/gone.png", "text": "gone"}));
        let data = folder.join("<b>data.json");
        fs::write(&data, serde_json::to_vec(&records).expect("JSON")).expect("written");
        let features = folder.join("features");
        encode(&data, Some(&folder.join("images")), &[], &features);
        let scores = scores(&features, &folder);
        // Broken only now: it has a score, and no picture any more.
        for n in 0..20 {
            let file = folder.join(format!("images/one/a/{n}.png"));
            if n % 2 == 0 && file.exists() {
                fs::write(file, "<svg onload=alert(1)>").expect("written");
            }
        }
        Self {
            _home: home,
            data,
            features,
            scores,
            folder,
        }
    }

    /// Selects with a report; gives the outcome and the page.
    fn select(&self, output: &str, more: &[&str]) -> (Value, String) {
        let page = self.folder.join(format!("{output}.html"));
        let (data, images) = (path(&self.data), path(&self.folder.join("images")));
        let (features, scores) = (path(&self.features), path(&self.scores));
        let (target, report) = (path(&self.folder.join(output)), path(&page));
        let mut line = vec![
            "select",
            &data,
            "--images",
            &images,
            "--scores",
            &scores,
            "--features",
            &features,
            "-o",
            &target,
            "--report",
            &report,
        ];
        line.extend(more);
        let outcome = json(&line);
        assert_eq!(outcome["report"], report.as_str());
        (outcome, fs::read_to_string(&page).expect("the page"))
    }
}

/// The texts of the cells of each row of a table.
fn rows(page: &str, table: &str) -> Vec<Vec<String>> {
    let start = page.find(table).unwrap_or_else(|| panic!("{table}"));
    let end = start + page[start..].find("</table>").expect("an end");
    page[start..end]
        .split("<tr>")
        .skip(1)
        .map(|row| {
            let cells = row.split("</th>").flat_map(|part| part.split("</td>"));
            cells.map(text_of).filter(|text| !text.is_empty()).collect()
        })
        .collect()
}

/// What stands between the tags.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn number(text: &str) -> u64 {
    text.replace(',', "").parse().expect("a number")
}

#[test]
fn the_counts_of_the_page_add_up_with_the_manifest() {
    let hostile = Hostile::new();
    let (outcome, page) = hostile.select("subset.json", &["--ratio", "0.25"]);
    let counts = rows(&page, "id=\"counts\"");
    let last = counts.last().expect("a sum");
    assert_eq!(number(&last[1]), 22);
    assert_eq!(outcome["records"], 22);
    let sum: u64 = counts[1..counts.len() - 1]
        .iter()
        .map(|row| number(&row[1]))
        .sum();
    assert_eq!(sum, 22, "{counts:?}");
    assert_eq!(
        number(&counts[1][1]),
        outcome["chosen"].as_u64().expect("a count")
    );
    let reasons: Vec<&str> = counts[3..5].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(
        reasons,
        ["not scored: image_missing", "not scored: text_only"]
    );

    let clusters = rows(&page, "id=\"clusters-table\"");
    for (row, quota) in clusters[1..]
        .iter()
        .zip(outcome["quotas"].as_array().expect("quotas"))
    {
        assert_eq!(
            number(&row[0]),
            quota["cluster"].as_u64().expect("a number")
        );
        assert_eq!(number(&row[1]), quota["size"].as_u64().expect("a number"));
        assert_eq!(number(&row[2]), quota["quota"].as_u64().expect("a number"));
    }

    let sources = rows(&page, "id=\"sources\"");
    assert_eq!(&sources[1][..2], ["one/a", "16"]);
    assert_eq!(&sources[2][..2], ["one/b&lt;i&gt;", "5"]);
    assert_eq!(&sources[3][..2], ["—", "1"]);
    let after: u64 = sources[1..4].iter().map(|row| number(&row[3])).sum();
    assert_eq!(after, outcome["written"].as_u64().expect("a count"));

    for table in ["Confidence", "Gate"] {
        let bins = rows(&page, &format!("<caption>{table}"));
        let sum = |back: usize| -> u64 {
            bins[1..]
                .iter()
                .map(|row| number(&row[row.len() - back]))
                .sum()
        };
        assert_eq!((sum(2), sum(1)), (20, 5), "{table}");
    }
}

#[test]
fn what_a_record_says_is_text_and_a_broken_image_is_said() {
    let hostile = Hostile::new();
    let (_, page) = hostile.select("subset.json", &["--count", "18"]);
    assert!(!page.contains("<script"), "a script");
    assert!(page.contains("&lt;script&gt;alert('x')&lt;/script&gt;"));
    assert!(!page.contains(['\u{0}', '\u{202e}']), "a control character");
    assert!(page.contains("<h1>Subset of <bdi>&lt;b&gt;data.json</bdi></h1>"));
    assert!(page.contains("default-src 'none'"));
    for outside in ["http://", "https://", "src=\"file", "url("] {
        let inside = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!inside.contains(outside), "{outside}");
    }
    assert!(page.contains("<img src=\"data:image/jpeg;base64,"));
    assert!(page.contains("<div class=\"none\">image unreadable</div>"));
    assert!(page.contains("not shown: "));
    // Where the dataset lies is nobody's business.
    assert!(!page.contains(&path(&hostile.folder)));
}

#[test]
fn equal_inputs_give_equal_pages_and_each_budget_has_its_own() {
    let hostile = Hostile::new();
    let (_, first) = hostile.select("a.json", &["--ratio", "0.25"]);
    let (_, second) = hostile.select("b.json", &["--ratio", "0.25"]);
    assert_eq!(first, second);

    let (data, scores) = (path(&hostile.data), path(&hostile.scores));
    let target = path(&hostile.folder.join("s.json"));
    let report = path(&hostile.folder.join("r.html"));
    let outcome = json(&[
        "select", &data, "--scores", &scores, "--ratio", "0.25,0.5", "-o", &target, "--report",
        &report,
    ]);
    let pages: Vec<String> = (outcome["subsets"].as_array().expect("two").iter())
        .map(|subset| {
            let page = Path::new(subset["report"].as_str().expect("a report"));
            fs::read_to_string(page).expect("the page")
        })
        .collect();
    assert!(pages[0].contains("0.25: 5 of 20 scored records"));
    assert!(pages[1].contains("0.5: 10 of 20 scored records"));
}

#[test]
fn a_page_replaces_nothing_that_matters() {
    let hostile = Hostile::new();
    let (data, scores) = (path(&hostile.data), path(&hostile.scores));
    let target = path(&hostile.folder.join("s.json"));
    let select = |report: &str, more: &[&str], status: i32, words: &[&str]| {
        let line = [
            "select", &data, "--scores", &scores, "--ratio", "0.5", "-o", &target, "--report",
            report,
        ];
        fails(&[&line[..], more].concat(), status, words);
        assert!(!Path::new(&target).exists());
    };
    select(&target, &[], 2, &["--report", "another output"]);
    select(&data, &["--force"], 1, &["is an input"]);
    select(&scores, &["--force"], 1, &["is an input"]);
    let there = path(&hostile.folder.join("there.html"));
    fs::write(&there, "mine").expect("written");
    select(&there, &[], 1, &["there.html", "exists already"]);
    assert_eq!(fs::read(&there).expect("still there"), b"mine");
}

#[test]
fn a_pool_that_the_selector_does_not_know_is_warned_of() {
    let hostile = Hostile::new();
    let origin = |low: f64, high: f64| {
        value!({"format": "ofa-scores", "version": "1",
            "training_confidence": {"min": low, "p10": low, "median": low, "p90": high, "max": high}})
    };
    let mut table = "index,cluster,confidence,entropy,gate\n".to_owned();
    for n in 0..20 {
        table.push_str(&format!("{n},0,{},1,0.5\n", 0.3 + f64::from(n) / 100.0));
    }
    let (data, scores) = (path(&hostile.data), hostile.folder.join("foreign.csv"));
    fs::write(&scores, table).expect("written");
    let page = |origin: Value| {
        let manifest = hostile.folder.join("foreign.manifest.json");
        fs::write(manifest, origin.to_string()).expect("written");
        let (target, report) = (hostile.folder.join("f.json"), hostile.folder.join("f.html"));
        json(&[
            "select",
            &data,
            "--scores",
            &path(&scores),
            "--ratio",
            "0.5",
            "-o",
            &path(&target),
            "--report",
            &path(&report),
            "--force",
        ]);
        fs::read_to_string(report).expect("the page")
    };
    let known = page(origin(0.2, 0.6));
    assert!(known.contains("looks like the data") && !known.contains("Warning"));
    let unknown = page(origin(0.5, 0.6));
    assert!(unknown.contains("Warning: out of domain"));
    assert!(
        unknown.contains("20 (100.0%) are less confident"),
        "the numbers"
    );
    let untold = page(value!({"format": "ofa-scores", "version": "1"}));
    assert!(untold.contains("cannot be told"));
}

#[test]
fn scoring_warns_where_the_selector_was_surer_in_training() {
    let hostile = Hostile::new();
    let file = hostile.folder.join("selector.safetensors");
    let bytes = fs::read(&file).expect("a selector");
    let mut selector = Selector::from_safetensors(&bytes).expect("a selector");
    let scored = |selector: &Selector| {
        let bytes = selector.to_safetensors(false).expect("bytes");
        fs::write(&file, bytes).expect("written");
        let target = path(&hostile.folder.join("again.parquet"));
        let (features, file) = (path(&hostile.features), path(&file));
        let output = ofa(&[
            "--json",
            "score",
            &features,
            "--selector",
            &file,
            "-o",
            &target,
            "--force",
        ]);
        let outcome: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (
            outcome,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let training = selector.training.as_mut().expect("metadata");
    training["metrics"]["confidence"] =
        value!({"min": 0.99, "p10": 0.99, "median": 0.99, "p90": 1.0, "max": 1.0});
    let (outcome, said) = scored(&selector);
    assert_eq!(outcome["out_of_domain"], true);
    assert_eq!(outcome["domain"]["below"], 20);
    assert!(said.contains("warning: out of domain"), "{said}");
    assert!(said.contains("(below 0.990)"), "{said}");
    // A selector from elsewhere does not say it.
    selector.training = None;
    let (outcome, said) = scored(&selector);
    assert_eq!(outcome["out_of_domain"], Value::Null);
    assert!(!said.contains("domain"), "{said}");
}
