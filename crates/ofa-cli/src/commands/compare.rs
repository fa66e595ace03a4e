//! `ofa compare`: what subsets have in common.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ofa_core::overlap::Overlap;
use ofa_core::score::Scores;
use ofa_data::Dataset;
use ofa_data::native::open_dataset;
use ofa_pipeline::subset::{Positions, SubsetManifest, record_contents};
use serde::Serialize;

use super::select::{parse_positions, read_manifest};
use crate::failure::Usage;
use crate::report::{Report, grouped, lossy};
use crate::{input, output};

/// Arguments of `ofa compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArguments {
    /// Subsets of one dataset: what `ofa select` wrote, or its manifest; a list of positions, one
    /// a line or a JSON array; or records from elsewhere, compared by what they say
    #[arg(value_name = "SUBSET", required = true, num_args = 2..)]
    subsets: Vec<PathBuf>,

    /// The dataset: finds the positions of records from elsewhere
    #[arg(long, value_name = "DATA")]
    data: Option<PathBuf>,

    /// The dataset's scores: adds the overlap in each cluster
    #[arg(long, value_name = "SCORES")]
    scores: Option<PathBuf>,

    /// Compare subsets of different datasets by their positions all the same
    #[arg(long)]
    force: bool,
}

/// One side of a comparison.
struct Side {
    path: PathBuf,
    manifest: Option<SubsetManifest>,
    members: Members,
}

/// What is in a subset.
enum Members {
    /// Positions, ascending and each once.
    Positions(Vec<u64>),
    /// Records without positions.
    Records(Dataset),
}

#[derive(Serialize)]
struct SideOutcome {
    #[serde(serialize_with = "lossy")]
    subset: PathBuf,
    records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// Records that are not in the dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_in_dataset: Option<u64>,
}

#[derive(Serialize)]
struct PairOutcome {
    #[serde(serialize_with = "lossy")]
    first: PathBuf,
    #[serde(serialize_with = "lossy")]
    second: PathBuf,
    both: u64,
    only_first: u64,
    only_second: u64,
    jaccard: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    clusters: Option<Vec<ClusterOutcome>>,
}

#[derive(Serialize)]
struct ClusterOutcome {
    /// `null`: records without a score.
    cluster: Option<usize>,
    first: u64,
    second: u64,
    both: u64,
    jaccard: f64,
}

#[derive(Serialize)]
struct CompareOutcome {
    compared_by: &'static str,
    subsets: Vec<SideOutcome>,
    pairs: Vec<PairOutcome>,
}

/// Compares as the arguments say.
pub(crate) fn run(arguments: &CompareArguments) -> Result<Report> {
    let mut sides = Vec::with_capacity(arguments.subsets.len());
    for path in &arguments.subsets {
        // A pattern such as `subset-*.json` matches manifests too.
        let is_beside_another =
            |other: &PathBuf| other != path && output::manifest_path(other) == *path;
        if !arguments.subsets.iter().any(is_beside_another) {
            sides.push(Side::read(path)?);
        }
    }
    if sides.len() < 2 {
        let problem = "one subset and its manifest are given; expected two subsets";
        return Err(Usage(problem.to_owned()).into());
    }
    if !arguments.force {
        refuse_other_datasets(&sides)?;
    }
    let data = match &arguments.data {
        Some(path) => Some(open_dataset(path, None)?),
        None => None,
    };
    let (compared_by, sets, missing) = sets(&sides, data.as_ref())?;
    let scores = match &arguments.scores {
        Some(_) if compared_by == "content" => bail!(
            "--scores: records without positions have no cluster; give --data, which finds them"
        ),
        Some(path) => Some(input::read_scores_file(path)?.0),
        None => None,
    };
    let mut pairs = Vec::new();
    for (i, first) in sets.iter().enumerate() {
        for (j, second) in sets.iter().enumerate().skip(i + 1) {
            let overlap = Overlap::of(first, second);
            pairs.push(PairOutcome {
                first: sides[i].path.clone(),
                second: sides[j].path.clone(),
                both: overlap.both,
                only_first: overlap.first - overlap.both,
                only_second: overlap.second - overlap.both,
                jaccard: overlap.jaccard(),
                clusters: (scores.as_ref()).map(|scores| by_cluster(first, second, scores)),
            });
        }
    }
    let subsets = (sides.into_iter().zip(&sets).zip(missing))
        .map(|((side, set), not_in_dataset)| {
            let manifest = side.manifest.as_ref();
            SideOutcome {
                records: set.len() as u64,
                method: manifest.map(|manifest| manifest.method.to_string()),
                budget: manifest.map(|manifest| manifest.budget.requested.clone()),
                seed: manifest.map(|manifest| manifest.seed),
                subset: side.path,
                not_in_dataset,
            }
        })
        .collect();
    let outcome = CompareOutcome {
        compared_by,
        subsets,
        pairs,
    };
    Ok(Report::new(&outcome, outcome.text()))
}

impl Side {
    fn read(path: &Path) -> Result<Self> {
        let beside = output::manifest_path(path);
        let is_manifest = path.to_string_lossy().ends_with(".manifest.json");
        let manifest = match () {
            () if is_manifest => Some(read_manifest(path)?),
            () if beside.is_file() => Some(read_manifest(&beside)?),
            () => None,
        };
        let known = manifest.as_ref().and_then(|m| m.positions.clone());
        let members = match known {
            Some(Positions(positions)) => Members::Positions(positions),
            None if is_manifest => bail!(
                "{}: this manifest does not have the subset's `positions`; select again, or give \
                 the subset itself",
                path.display()
            ),
            None => match parse_positions(path)? {
                Some(positions) => Members::Positions(positions),
                None => Members::Records(
                    open_dataset(path, None)
                        .context("expected a subset, a list of positions, or records")?,
                ),
            },
        };
        Ok(Self {
            path: path.to_owned(),
            manifest,
            members,
        })
    }
}

fn refuse_other_datasets(sides: &[Side]) -> Result<()> {
    let of = |side: &Side| side.manifest.as_ref()?.fingerprints.dataset.clone();
    let known: Vec<(&Side, String)> = (sides.iter())
        .filter_map(|side| Some((side, of(side)?)))
        .collect();
    for (side, fingerprint) in known.iter().skip(1) {
        let (first, expected) = &known[0];
        if fingerprint != expected {
            bail!(
                "{} and {} are subsets of different datasets ({expected} and {fingerprint}); \
                 compare subsets of one dataset, or --force to compare their positions",
                first.path.display(),
                side.path.display()
            );
        }
    }
    Ok(())
}

/// What the sides hold, as comparable numbers; and how many records of each are not in the
/// dataset, where that was asked.
type Sets = (&'static str, Vec<Vec<u64>>, Vec<Option<u64>>);

fn sets(sides: &[Side], data: Option<&Dataset>) -> Result<Sets> {
    let positions: Option<Vec<Vec<u64>>> = (sides.iter())
        .map(|side| match &side.members {
            Members::Positions(positions) => Some(positions.clone()),
            Members::Records(_) => None,
        })
        .collect();
    if let Some(positions) = positions {
        let missing = vec![None; sides.len()];
        return Ok(("position", positions, missing));
    }
    // Contents get numbers: their positions in the dataset, or in the order in which they come.
    let mut numbers = HashMap::new();
    if let Some(data) = data {
        for (position, content) in (0u64..).zip(record_contents(data)?) {
            numbers.insert(content, position);
        }
    }
    let (mut sets, mut missing) = (Vec::new(), Vec::new());
    for side in sides {
        let own;
        let records = match (&side.members, data) {
            (Members::Positions(positions), Some(_)) => {
                sets.push(positions.clone());
                missing.push(Some(0));
                continue;
            }
            (Members::Positions(_), None) => {
                own = open_dataset(&side.path, None).with_context(|| {
                    format!(
                        "{}: has positions, and another subset has none; give the dataset with \
                         --data",
                        side.path.display()
                    )
                })?;
                &own
            }
            (Members::Records(records), _) => records,
        };
        let (mut set, mut unknown) = (Vec::new(), 0);
        for content in record_contents(records)? {
            let next = numbers.len() as u64;
            match data {
                Some(_) => match numbers.get(&content) {
                    Some(&position) => set.push(position),
                    None => unknown += 1,
                },
                None => set.push(*numbers.entry(content).or_insert(next)),
            }
        }
        set.sort_unstable();
        sets.push(set);
        missing.push(data.map(|_| unknown));
    }
    let compared_by = if data.is_some() {
        "position"
    } else {
        "content"
    };
    Ok((compared_by, sets, missing))
}

fn by_cluster(first: &[u64], second: &[u64], scores: &Scores) -> Vec<ClusterOutcome> {
    let clusters = scores.cluster.iter().max().map_or(0, |&c| c as usize + 1);
    let cluster_of = |position: u64| {
        let row = scores.index.binary_search(&position).ok()?;
        Some(scores.cluster[row] as usize)
    };
    let overlaps = Overlap::by_cluster(first, second, clusters, cluster_of);
    (overlaps.into_iter().enumerate())
        .filter(|(_, overlap)| overlap.first + overlap.second > 0)
        .map(|(cluster, overlap)| ClusterOutcome {
            cluster: (cluster < clusters).then_some(cluster),
            first: overlap.first,
            second: overlap.second,
            both: overlap.both,
            jaccard: overlap.jaccard(),
        })
        .collect()
}

impl CompareOutcome {
    fn text(&self) -> String {
        let mut text = String::new();
        let write = |text: &mut String, line: std::fmt::Arguments<'_>| {
            text.write_fmt(line).expect("a string takes everything");
        };
        for side in &self.subsets {
            let records = grouped(side.records);
            write(
                &mut text,
                format_args!("{}: {records} records", side.subset.display()),
            );
            if let (Some(method), Some(budget)) = (&side.method, &side.budget) {
                write(&mut text, format_args!(", {method}, budget {budget}"));
            }
            match side.not_in_dataset {
                Some(missing) if missing > 0 => {
                    let missing = grouped(missing);
                    write(
                        &mut text,
                        format_args!("; {missing} more are not in the dataset"),
                    );
                }
                _ => {}
            }
            text.push('\n');
        }
        if self.compared_by == "content" {
            text.push_str(
                "records are compared by what they say, since their positions are not known\n",
            );
        }
        for pair in &self.pairs {
            let share = |part: u64, whole: u64| match whole {
                0 => 100.0,
                whole => 100.0 * part as f64 / whole as f64,
            };
            write(
                &mut text,
                format_args!(
                    "\n{} and {}\n  {} in both: {:.1}% of the first, {:.1}% of the second; \
                     Jaccard {:.4}\n",
                    pair.first.display(),
                    pair.second.display(),
                    grouped(pair.both),
                    share(pair.both, pair.both + pair.only_first),
                    share(pair.both, pair.both + pair.only_second),
                    pair.jaccard
                ),
            );
            let Some(clusters) = &pair.clusters else {
                continue;
            };
            text.push_str("  cluster     first    second      both   Jaccard\n");
            for cluster in clusters {
                let name = (cluster.cluster).map_or("none".to_owned(), |c| c.to_string());
                write(
                    &mut text,
                    format_args!(
                        "  {name:>7} {:>9} {:>9} {:>9}    {:.4}\n",
                        grouped(cluster.first),
                        grouped(cluster.second),
                        grouped(cluster.both),
                        cluster.jaccard
                    ),
                );
            }
        }
        text
    }
}
