//! `ofa select` by every method, with filter, pins and exclusions, several budgets and `--from`.

mod pool;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use ofa_tests::ofa_bin;
use pool::{Pool, RECORDS};
use program::{fails, json, path};

const METHODS: [&str; 6] = [
    "confidence",
    "kdpp",
    "kdpp-map",
    "random",
    "clip-score",
    "k-center",
];

#[test]
fn every_method_fills_the_same_quotas() {
    let pool = Pool::new();
    let mut quotas = BTreeSet::new();
    let mut subsets = BTreeSet::new();
    for method in METHODS {
        let name = format!("{method}.jsonl");
        let (account, positions) = pool.select(&name, &["--ratio", "0.2", "--method", method]);
        // 540 have a score.
        assert_eq!(positions.len(), 108, "{method}");
        assert_eq!(account["method"], method);
        assert_eq!(account["scored"], 540);
        let mut counts = BTreeMap::new();
        for position in &positions {
            *counts.entry(pool.rows[position].cluster).or_insert(0u64) += 1;
        }
        for quota in account["quotas"].as_array().expect("quotas") {
            let cluster = quota["cluster"].as_u64().expect("a number") as u32;
            assert_eq!(quota["quota"], counts.get(&cluster).copied().unwrap_or(0));
        }
        quotas.insert(account["quotas"].to_string());
        subsets.insert(positions);
    }
    assert_eq!(quotas.len(), 1);
    assert_eq!(subsets.len(), METHODS.len());
}

/// One file or many shards, one thread or five: the same bytes, manifest included.
#[test]
fn threads_and_shards_change_nothing() {
    let pool = Pool::new();
    for method in METHODS {
        let mut written = BTreeSet::new();
        for (threads, features) in [("1", &pool.features), ("5", &pool.shards)] {
            let output = path(&pool.home.join("same.jsonl"));
            let more = [
                "--count",
                "150",
                "--method",
                method,
                "--features",
                features,
                "--force",
            ];
            let done = Command::new(ofa_bin())
                .env("RAYON_NUM_THREADS", threads)
                .args(pool.line(&output, &more))
                .output()
                .expect("the program starts");
            assert!(
                done.status.success(),
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
            let manifest = fs::read(pool.home.join("same.manifest.json")).expect("a manifest");
            written.insert((fs::read(&output).expect("a subset"), manifest));
        }
        assert_eq!(written.len(), 1, "{method}");
    }
}

#[test]
fn budgets_at_the_ends_are_met() {
    let pool = Pool::new();
    for method in METHODS {
        for (budget, expected) in [("0", 0), ("1", 1), ("540", 540)] {
            let name = format!("{method}-{budget}.jsonl");
            let (account, positions) = pool.select(&name, &["--count", budget, "--method", method]);
            assert_eq!(
                (positions.len(), account["chosen"].as_u64()),
                (expected, Some(expected as u64))
            );
        }
        let name = format!("{method}-all.jsonl");
        let (_, all) = pool.select(&name, &["--ratio", "1.0", "--method", method]);
        assert_eq!(all.len(), 540);
    }
}

#[test]
fn several_budgets_give_a_subset_each() {
    let pool = Pool::new();
    let (account, _) = {
        let output = path(&pool.home.join("s.jsonl"));
        let line = pool.line(&output, &["--ratio", "0.1,0.25", "--ratio", "0.5"]);
        (json(&line), ())
    };
    let subsets = account["subsets"].as_array().expect("a list");
    assert_eq!(subsets.len(), 3);
    let mut before = BTreeSet::new();
    for (subset, (ratio, count)) in subsets
        .iter()
        .zip([("0.1", 54), ("0.25", 135), ("0.5", 270)])
    {
        assert_eq!(subset["budget"]["requested"], ratio);
        let name = format!("s-{ratio}.jsonl");
        assert!(subset["subset"].as_str().expect("a path").ends_with(&name));
        let positions: BTreeSet<u64> = pool.positions(&name).into_iter().collect();
        assert_eq!(positions.len(), count);
        let single = format!("single-{ratio}.jsonl");
        let (_, alone) = pool.select(&single, &["--ratio", ratio]);
        assert!(positions.iter().copied().eq(alone));
        // What is least confident stays so.
        assert!(before.is_subset(&positions) || before.len() > 200);
        before = positions;
    }
    assert!(!pool.home.join("s.jsonl").exists());
    let output = path(&pool.home.join("s.jsonl"));
    fails(
        &pool.line(&output, &["--ratio", "0.1,0.7"]),
        1,
        &["s-0.1.manifest.json", "exists already"],
    );
    assert!(!pool.home.join("s-0.7.jsonl").exists());
    fails(
        &pool.line(&output, &["--ratio", "0.1,0.10"]),
        2,
        &["given twice"],
    );
}

#[test]
fn pins_and_exclusions_hold_for_every_method() {
    let pool = Pool::new();
    // By position, by an id that names one record, and as JSON; 108 has no score.
    let pins = pool.file("pins.txt", "3\n250\r\nr41\n");
    let exclude = pool.file("exclude.json", "[0, 1, \"r2\", 109, 500]");
    for method in METHODS {
        let name = format!("{method}.jsonl");
        let more = [
            "--count",
            "60",
            "--method",
            method,
            "--pin",
            &pins,
            "--exclude",
            &exclude,
        ];
        let (account, positions) = pool.select(&name, &more);
        assert_eq!(positions.len(), 60);
        assert!(
            [3, 41, 250].iter().all(|p| positions.contains(p)),
            "{method}"
        );
        assert!(
            [0, 1, 2, 500].iter().all(|p| !positions.contains(p)),
            "{method}"
        );
        assert_eq!(account["pinned"], serde_json::json!([3, 41, 250]));
        assert_eq!(account["excluded"], serde_json::json!([0, 1, 2, 109, 500]));
    }
    // An earlier subset can be left out as a whole, and excluded text-only records are not kept.
    let earlier = path(&pool.home.join("confidence.manifest.json"));
    let text_only = pool.file("text.txt", "9\n19\n");
    let (_, fresh) = pool.select("fresh.jsonl", &["--count", "200", "--exclude", &earlier]);
    let before: BTreeSet<u64> = pool.positions("confidence.jsonl").into_iter().collect();
    assert!(fresh.iter().all(|position| !before.contains(position)));
    let more = [
        "--count",
        "1",
        "--text-only",
        "keep",
        "--exclude",
        &text_only,
    ];
    let (account, _) = pool.select("texts.jsonl", &more);
    assert_eq!(account["text_only_kept"], RECORDS / 10 - 2);
}

#[test]
fn lists_that_cannot_be_are_refused() {
    let pool = Pool::new();
    let output = path(&pool.home.join("s.jsonl"));
    let refuse = |option: &str, list: &str, more: &[&str], words: &[&str]| {
        let list = pool.file("list.txt", list);
        let more = [&["--count", "2", option, &list], more].concat();
        fails(&pool.line(&output, &more), 1, words);
        assert!(!pool.home.join("s.jsonl").exists());
    };
    refuse(
        "--pin",
        "1\n2\n3\n",
        &[],
        &["3 records are pinned", "budget is 2"],
    );
    refuse("--pin", "9\n", &[], &["record 9 is pinned", "no score"]);
    refuse(
        "--pin",
        "600\n",
        &[],
        &["list.txt: line 1", "below 600", "found 600"],
    );
    refuse(
        "--pin",
        "nobody\n",
        &[],
        &["line 1", "no record has the id \"nobody\""],
    );
    refuse(
        "--pin",
        "1\nr1060\n",
        &[],
        &["line 2", "more than one record", "120 and 121"],
    );
    refuse(
        "--exclude",
        "[1, -2]",
        &[],
        &["list.txt", "element 1", "-2"],
    );
    refuse(
        "--exclude",
        "{\"format\": \"x\"}",
        &[],
        &["list.txt", "manifest"],
    );
    let other = pool.file("other.txt", "5\n");
    refuse(
        "--pin",
        "5\n",
        &["--exclude", &other],
        &["record 5 is both pinned and excluded"],
    );
    let all: String = (0..RECORDS - 5).map(|n| format!("{n}\n")).collect();
    let list = pool.file("all.txt", &all);
    let more = ["--count", "50", "--exclude", &list];
    fails(
        &pool.line(&output, &more),
        1,
        &["budget is 50", "only 4 records are left"],
    );
}

#[test]
fn options_that_do_not_go_together_are_bad_usage() {
    let pool = Pool::new();
    let output = path(&pool.home.join("s.jsonl"));
    let usage = |more: &[&str], words: &[&str]| fails(&pool.line(&output, more), 2, words);
    usage(
        &["--count", "9", "--method", "kdpp"],
        &["kdpp", "--features"],
    );
    let more = [
        "--count",
        "9",
        "--method",
        "k-center",
        "--no-quotas",
        "--features",
        &pool.features,
    ];
    usage(&more, &["--no-quotas", "k-center", "within clusters only"]);
    usage(&["--count", "9", "--method", "best"], &["best", "kdpp-map"]);
    usage(
        &["--count", "9", "--ratio", "0.5"],
        &["cannot be used with"],
    );
}

/// Without quotas the least confident of all are chosen.
#[test]
fn the_pool_can_be_taken_as_a_whole() {
    let pool = Pool::new();
    let (account, chosen) = pool.select("whole.jsonl", &["--count", "90", "--no-quotas"]);
    let mut order: Vec<u64> = pool.rows.keys().copied().collect();
    order.sort_by(|a, b| {
        let of = |p: &u64| (pool.rows[p].confidence, *p);
        of(a).partial_cmp(&of(b)).expect("numbers")
    });
    order.truncate(90);
    order.sort_unstable();
    assert_eq!(chosen, order);
    assert_eq!(account["cluster_quotas"], false);
    for method in ["random", "clip-score"] {
        let name = format!("{method}.jsonl");
        let (_, chosen) = pool.select(&name, &["--count", "90", "--no-quotas", "--method", method]);
        assert_eq!(chosen.len(), 90);
    }
}

#[test]
fn the_filter_sets_records_aside() {
    let pool = Pool::new();
    let (account, chosen) = pool.select("f.jsonl", &["--ratio", "0.5", "--alignment-filter"]);
    let aside = |position: &u64| {
        let row = pool.rows[position];
        row.alignment_margin < 0.0 && row.confidence <= row.early_confidence
    };
    let all = pool.rows.keys().filter(|p| aside(p)).count();
    assert_eq!(account["set_aside"], all);
    assert_eq!(account["alignment_filter"], true);
    let (_, without) = pool.select("w.jsonl", &["--ratio", "0.5"]);
    let count = |positions: &[u64]| positions.iter().filter(|p| aside(p)).count();
    assert!(
        count(&chosen) < count(&without),
        "{} {}",
        count(&chosen),
        count(&without)
    );
    // Scores without the early selector cannot be filtered.
    let plain = pool.file(
        "plain.csv",
        "index,cluster,confidence,entropy,gate\n1,0,0.5,1,1\n",
    );
    let output = path(&pool.home.join("p.jsonl"));
    let line = ["select", &pool.data, "--scores", &plain, "-o", &output];
    let more = ["--count", "1", "--alignment-filter"];
    fails(
        &[&line[..], &more].concat(),
        1,
        &["early_confidence", "alignment filter"],
    );
}

#[test]
fn a_manifest_repeats_its_selection() {
    let pool = Pool::new();
    let pins = pool.file("pins.txt", "3\n250\n");
    let more = [
        "--ratio", "0.3", "--method", "kdpp", "--seed", "5", "--pin", &pins,
    ];
    let more = [&more[..], &["--text-only", "keep", "--alignment-filter"]].concat();
    let (_, first) = pool.select("first.jsonl", &more);
    let manifest = path(&pool.home.join("first.manifest.json"));
    let (_, again) = pool.select("again.jsonl", &["--from", &manifest]);
    assert_eq!(again, first);
    let read = |name: &str| fs::read(pool.home.join(name)).expect("written");
    assert_eq!(read("again.jsonl"), read("first.jsonl"));
    assert_eq!(read("again.manifest.json"), read("first.manifest.json"));
    // Other scores give other records: that is no repetition.
    let scores = fs::read_to_string(&pool.scores).expect("scores");
    let mut lines: Vec<&str> = scores.lines().collect();
    lines.truncate(lines.len() - 40);
    let fewer = pool.file("fewer.csv", &format!("{}\n", lines.join("\n")));
    let output = path(&pool.home.join("other.jsonl"));
    let line = [
        "select", &pool.data, "--scores", &fewer, "-o", &output, "--from", &manifest,
    ];
    let line = [&line[..], &["--features", &pool.features]].concat();
    fails(&line, 1, &["cannot be repeated", "--force"]);
    assert!(!pool.home.join("other.jsonl").exists());
    json(&[&line[..], &["--force"]].concat());
    let usage = ["--from", manifest.as_str(), "--seed", "1"];
    fails(&pool.line(&output, &usage), 2, &["--seed"]);
    let fresh = path(&pool.home.join("fresh.jsonl"));
    fails(
        &pool.line(&fresh, &["--from", &pool.data]),
        1,
        &["data.jsonl", "manifest"],
    );
}
