//! The page.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use ofa_core::report::{DomainCheck, SelectionNumbers};
use ofa_data::Dataset;
use serde_json::Value;

use super::charts::Chart;
use super::domain::{domain_numbers, domain_verdict};
use super::examples::{Examples, shown};
use super::figures::{grouped, percent, small};
use super::sources::Sources;
use super::tables;
use crate::subset::SubsetManifest;

/// Nothing may run or be fetched, whatever a record says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE: &str = include_str!("style.css");

/// Fields of the manifest that have a place of their own on the page, or say nothing there.
const PLACED: [&str; 20] = [
    "format",
    "version",
    "ofa_version",
    "fingerprints",
    "selector",
    "records",
    "scored",
    "skipped",
    "not_scored",
    "budget",
    "method",
    "seed",
    "text_only",
    "chosen",
    "text_only_kept",
    "written",
    "quotas",
    "cluster_quotas",
    "output",
    "positions",
];

/// What the page shows.
pub(super) struct Page<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) manifest: &'a SubsetManifest,
    pub(super) numbers: &'a SelectionNumbers,
    pub(super) domain: Option<&'a DomainCheck>,
    pub(super) sources: &'a Sources,
    pub(super) examples: &'a Examples,
}

impl Page<'_> {
    /// The whole document.
    pub(super) fn render(&self) -> String {
        let name = last_name(self.dataset.name());
        let title = format!("Subset of {name}");
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { "Subset of " bdi { (name) } }
                        (self.lead())
                    }
                    main {
                        (self.domain())
                        (self.account())
                        (self.spread())
                        (self.clusters())
                        (tables::sources(self.sources))
                        (self.ends())
                    }
                }
            }
        };
        document.into_string()
    }

    fn lead(&self) -> Markup {
        let manifest = self.manifest;
        html! {
            p.lead {
                strong { (grouped(manifest.written)) " of " (grouped(manifest.records)) " records" }
                " are in the subset"
                @if manifest.text_only_kept > 0 {
                    ": " (grouped(manifest.chosen)) " chosen by their score, and "
                    (grouped(manifest.text_only_kept)) " text-only ones kept beside them"
                }
                "."
            }
        }
    }

    fn domain(&self) -> Markup {
        match self.domain {
            Some(check) if check.is_out_of_domain() => html! {
                section.notice.warning role="note" aria-label="Warning: out of domain" {
                    p { strong { "Warning: out of domain. " (domain_verdict(check)) } }
                    p { (domain_numbers(check)) }
                    p {
                        "The ranking may mean little here. Train a selector on this dataset, or look \
                         at the examples below before you rely on it."
                    }
                }
            },
            Some(check) => html! {
                section.notice role="note" aria-label="Domain" {
                    p { strong { (domain_verdict(check)) } }
                    p.quiet { (domain_numbers(check)) }
                }
            },
            None => html! {
                section.notice role="note" aria-label="Domain" {
                    p {
                        "Whether the pool is like the data that the selector was trained on cannot be \
                         told: the scores do not say how confident it was there. Score again with a \
                         selector that `ofa train` wrote."
                    }
                }
            },
        }
    }

    fn account(&self) -> Markup {
        html! {
            section {
                h2 { "What was chosen from what" }
                div.side-by-side {
                    (tables::counts(self.manifest))
                    (tables::settings(self.manifest, &self.more_settings()))
                }
            }
        }
    }

    /// What else the manifest says in a few words, such as options of a method.
    fn more_settings(&self) -> Vec<(String, String)> {
        let Ok(Value::Object(fields)) = serde_json::to_value(self.manifest) else {
            return vec![];
        };
        let few_words = |value: &Value| match value {
            Value::String(text) => Some(shown(text, 200)),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
            _ => None,
        };
        let mut settings = Vec::new();
        for (key, value) in fields
            .iter()
            .filter(|(key, _)| !PLACED.contains(&key.as_str()))
        {
            let name = key.replace('_', " ");
            match value {
                Value::Array(positions) => {
                    settings.push((name, format!("{} records", grouped(positions.len() as u64))));
                }
                Value::Object(parts) => {
                    settings.extend(parts.iter().filter_map(|(part, value)| {
                        Some((
                            format!("{name}, {}", part.replace('_', " ")),
                            few_words(value)?,
                        ))
                    }))
                }
                value => settings.extend(few_words(value).map(|words| (name, words))),
            }
        }
        settings
    }

    fn spread(&self) -> Markup {
        let SelectionNumbers {
            confidence, gate, ..
        } = self.numbers;
        let of = |compared: &ofa_core::report::Compared, what: &str| {
            let chosen = compared.chosen.map_or(String::new(), |chosen| {
                format!(
                    " The median of the chosen ones is {}.",
                    small(chosen.median)
                )
            });
            format!(
                "Half of the pool has {what} of at most {}; it goes from {} to {}.{chosen}",
                small(compared.pool.median),
                small(compared.pool.min),
                small(compared.pool.max)
            )
        };
        let about_confidence = of(confidence, "a confidence");
        let about_gate = of(gate, "a gate");
        html! {
            section {
                h2 { "Confidence and gate" }
                p {
                    "Confidence is how sure the selector is of a record's cluster: records that it is \
                     sure of teach little. The gate is the share that the image has in that, against \
                     the text."
                }
                (tables::legend())
                div.side-by-side.charts {
                    figure aria-label="Confidence" {
                        (PreEscaped(Chart {
                            id: "confidence",
                            title: "Confidence of the pool and of the subset",
                            x_title: "confidence",
                        }.histogram(&confidence.histogram)))
                        figcaption { (about_confidence) }
                        (tables::histogram("Confidence", &confidence.histogram))
                    }
                    figure aria-label="Gate" {
                        (PreEscaped(Chart {
                            id: "gate",
                            title: "Gate of the pool and of the subset",
                            x_title: "gate",
                        }.histogram(&gate.histogram)))
                        figcaption { (about_gate) }
                        (tables::histogram("Gate", &gate.histogram))
                    }
                }
            }
        }
    }

    fn clusters(&self) -> Markup {
        let clusters = &self.numbers.clusters;
        let largest = clusters
            .iter()
            .max_by_key(|c| (c.pool, std::cmp::Reverse(c.cluster)));
        let empty = clusters
            .iter()
            .filter(|cluster| cluster.chosen == 0)
            .count();
        let about = format!(
            "{} clusters have records.{}{}",
            grouped(clusters.len() as u64),
            largest.map_or(String::new(), |c| format!(
                " The largest, cluster {}, has {} ({} of the pool), of which {} are chosen.",
                c.cluster,
                grouped(c.pool),
                percent(c.pool, self.manifest.scored),
                grouped(c.chosen)
            )),
            match empty {
                0 => " Every one of them is in the subset.".to_owned(),
                empty => format!(" {} of them are not in the subset.", grouped(empty as u64)),
            }
        );
        html! {
            section {
                h2 { "Clusters" }
                p {
                    @if self.manifest.cluster_quotas {
                        "Each cluster has a quota in proportion to its size."
                    } @else {
                        "There were no quotas: the subset was chosen from the pool as a whole."
                    }
                }
                (tables::legend())
                figure aria-label="Clusters" {
                    div.wide tabindex="0" role="region" aria-label="Chart of the clusters" { (PreEscaped(Chart {
                        id: "clusters",
                        title: "Records of each cluster, before and after",
                        x_title: "cluster",
                    }.clusters(clusters))) }
                    figcaption { (about) }
                    (tables::clusters(clusters))
                }
            }
        }
    }

    fn ends(&self) -> Markup {
        html! {
            section {
                h2 { "Examples" }
                @for group in &self.examples.groups {
                    h3 { (group.title) }
                    ul.cards role="list" {
                        @for example in self.examples.of(group) { (tables::card(example)) }
                    }
                }
            }
        }
    }
}

/// The last name of a path: where a dataset lies on somebody's disk is nobody else's business.
fn last_name(path: &str) -> &str {
    let name = path.trim_end_matches(['/', '\\']);
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}
