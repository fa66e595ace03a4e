//! `ofa compare` through the program: subsets, lists of positions, records from elsewhere.

mod pool;
mod program;

use std::collections::BTreeSet;
use std::fs;

use pool::Pool;
use program::{fails, json, ofa, path};
use serde_json::Value;

fn numbers(pair: &Value) -> [u64; 3] {
    ["both", "only_first", "only_second"].map(|key| pair[key].as_u64().expect("a count"))
}

#[test]
fn overlaps_are_those_of_the_sets() {
    let pool = Pool::new();
    let mut sets = vec![];
    let mut names = vec![];
    for method in ["confidence", "kdpp", "random"] {
        let name = format!("{method}.jsonl");
        let (_, positions) = pool.select(&name, &["--ratio", "0.3", "--method", method]);
        sets.push(positions.into_iter().collect::<BTreeSet<u64>>());
        names.push(path(&pool.home.join(name)));
    }
    let outcome = json(&[
        "compare",
        &names[0],
        &names[1],
        &names[2],
        "--scores",
        &pool.scores,
    ]);
    assert_eq!(outcome["compared_by"], "position");
    assert_eq!(outcome["subsets"][1]["method"], "kdpp");
    let pairs = outcome["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.len(), 3);
    for (pair, (i, j)) in pairs.iter().zip([(0, 1), (0, 2), (1, 2)]) {
        let both = sets[i].intersection(&sets[j]).count() as u64;
        let only = |x: usize, y: usize| sets[x].difference(&sets[y]).count() as u64;
        assert_eq!(numbers(pair), [both, only(i, j), only(j, i)]);
        let either = sets[i].union(&sets[j]).count();
        assert_eq!(pair["jaccard"].as_f64(), Some(both as f64 / either as f64));
        let clusters = pair["clusters"].as_array().expect("clusters");
        for cluster in clusters {
            let number = cluster["cluster"].as_u64().expect("scored records only");
            let inside = |p: &&u64| u64::from(pool.rows[*p].cluster) == number;
            let expected = sets[i].intersection(&sets[j]).filter(inside).count() as u64;
            assert_eq!(cluster["both"], expected);
            assert_eq!(
                cluster["first"],
                sets[i].iter().filter(inside).count() as u64
            );
        }
        let sum: u64 = clusters
            .iter()
            .map(|c| c["both"].as_u64().expect("a count"))
            .sum();
        assert_eq!(sum, both);
    }
    // As a pattern gives them, manifests among them.
    let manifest = path(&pool.home.join("kdpp.manifest.json"));
    let outcome = json(&["compare", &names[0], &names[1], &manifest]);
    assert_eq!(outcome["pairs"].as_array().map(Vec::len), Some(1));
    let shown = ofa(&["compare", &names[0], &names[1], "--scores", &pool.scores]);
    let text = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(
        text.contains("162 records, confidence, budget 0.3") && text.contains("Jaccard"),
        "{text}"
    );
}

#[test]
fn lists_and_records_from_elsewhere_are_compared() {
    let pool = Pool::new();
    let (_, positions) = pool.select("s.jsonl", &["--count", "100"]);
    let subset = path(&pool.home.join("s.jsonl"));
    let manifest = path(&pool.home.join("s.manifest.json"));
    let half: Vec<String> = positions[..50].iter().map(u64::to_string).collect();
    let lines = pool.file("lines.txt", &format!("{}\r\n", half.join("\r\n")));
    let array = pool.file("array.json", &format!("[{}, 9, 9]", half.join(", ")));
    for (list, expected) in [(&lines, [50, 50, 0]), (&array, [50, 50, 1])] {
        for one in [&subset, &manifest] {
            let outcome = json(&["compare", one, list]);
            assert_eq!(numbers(&outcome["pairs"][0]), expected);
        }
    }
    // Written by another program: a JSON array, other white space and order of keys.
    let text = fs::read_to_string(&pool.data).expect("the dataset");
    let records: Vec<Value> = (text.lines())
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect();
    let turned = |position: &u64| {
        let record = records[*position as usize].as_object().expect("an object");
        let turned: serde_json::Map<_, _> = record
            .iter()
            .rev()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        Value::Object(turned)
    };
    let foreign: Vec<Value> = positions[25..75].iter().map(turned).collect();
    let foreign = serde_json::to_string_pretty(&foreign).expect("JSON");
    let foreign = pool.file("foreign.json", &foreign);
    let outcome = json(&["compare", &subset, &foreign]);
    assert_eq!(outcome["compared_by"], "content");
    assert_eq!(numbers(&outcome["pairs"][0]), [50, 50, 0]);
    // With the dataset they have positions, and a list can stand beside them.
    let stranger = pool.file("stranger.json", "[{\"id\": \"nobody\"}]");
    let line = ["compare", &lines, &foreign, &stranger, "--data", &pool.data];
    let outcome = json(&[&line[..], &["--scores", &pool.scores]].concat());
    assert_eq!(outcome["compared_by"], "position");
    assert_eq!(numbers(&outcome["pairs"][0]), [25, 25, 25]);
    assert_eq!(outcome["subsets"][2]["not_in_dataset"], 1);
    assert_eq!(outcome["subsets"][1]["not_in_dataset"], 0);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let pool = Pool::new();
    pool.select("s.jsonl", &["--count", "10"]);
    let subset = path(&pool.home.join("s.jsonl"));
    fails(&["compare", &subset], 2, &["SUBSET"]);
    let manifest = path(&pool.home.join("s.manifest.json"));
    fails(
        &["compare", &subset, &manifest],
        2,
        &["expected two subsets"],
    );
    let lines = pool.file("lines.txt", "1\n2\n");
    let foreign = pool.file("foreign.json", "[{\"id\": 1}]");
    fails(&["compare", &lines, &foreign], 1, &["lines.txt", "--data"]);
    let line = ["compare", &subset, &foreign, "--scores", &pool.scores];
    fails(&line, 1, &["--scores", "--data"]);
    let mixed = pool.file("mixed.txt", "1\nr2\n");
    fails(
        &["compare", &subset, &mixed],
        1,
        &["mixed.txt", "line 2", "r2"],
    );
    fails(&["compare", &subset, "nowhere.json"], 1, &["nowhere.json"]);
    // A subset of another dataset.
    let other = Pool::new();
    fs::write(
        &other.data,
        "{\"text\": \"What is 0?\"}\n{\"text\": \"What is 1?\"}\n",
    )
    .expect("written");
    fs::write(
        &other.scores,
        "index,cluster,confidence,entropy,gate\n0,0,0.5,1,1\n",
    )
    .expect("written");
    let theirs = path(&other.home.join("t.jsonl"));
    json(&other.line(&theirs, &["--count", "1"]));
    fails(
        &["compare", &subset, &theirs],
        1,
        &["different datasets", "--force"],
    );
    json(&["compare", &subset, &theirs, "--force"]);
}
