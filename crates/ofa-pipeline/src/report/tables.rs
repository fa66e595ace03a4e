//! The tables of the page, and the cards of its examples.

use maud::{Markup, html};
use ofa_core::report::{ClusterCounts, Histogram};

use super::examples::Example;
use super::figures::{grouped, percent, share, small};
use super::sources::{Counts, Sources};
use crate::subset::{SubsetManifest, TextOnly};

/// Records by what became of them.
pub(super) fn counts(manifest: &SubsetManifest) -> Markup {
    let row = |name: Markup, count: u64| {
        html! {
            tr {
                th scope="row" { (name) }
                td.number { (grouped(count)) }
                td.number { (percent(count, manifest.records)) }
            }
        }
    };
    let left_out = manifest.scored - manifest.chosen;
    html! {
        div.table {
            table #counts {
                caption { "Every record of the dataset, under one heading" }
                thead { tr { th scope="col" { "Records" } th.number scope="col" { "Count" } th.number scope="col" { "Share" } } }
                tbody {
                    (row(html! { "scored and chosen" }, manifest.chosen))
                    (row(html! { "scored and left out" }, left_out))
                    @for (reason, &count) in &manifest.skipped {
                        (row(html! { "not scored: " code { (reason) } }, count))
                    }
                    @if manifest.not_scored > 0 {
                        (row(html! { "not scored, reason not known" }, manifest.not_scored))
                    }
                }
                tfoot { (row(html! { "all records" }, manifest.records)) }
            }
        }
    }
}

/// How it was chosen; `more` is what the method adds.
pub(super) fn settings(manifest: &SubsetManifest, more: &[(String, String)]) -> Markup {
    let row = |name: &str, value: Markup| html! { tr { th scope="row" { (name) } td { (value) } } };
    let known = |fingerprint: &Option<String>| match fingerprint {
        Some(fingerprint) => html! { code { (fingerprint) } },
        None => html! { "not known" },
    };
    html! {
        div.table {
            table #settings {
                caption { "How, and from what" }
                tbody {
                    (row("budget", html! {
                        (manifest.budget.requested) ": " (grouped(manifest.budget.count)) " of "
                        (grouped(manifest.scored)) " scored records"
                    }))
                    (row("method", html! { (manifest.method) }))
                    (row("seed", html! { (manifest.seed) }))
                    (row("text-only records", html! { @match manifest.text_only {
                        TextOnly::Exclude => { "left out" }
                        TextOnly::Keep => { "kept beside the budget" }
                    } }))
                    @for (name, value) in more { (row(name, html! { (value) })) }
                    (row("dataset", known(&manifest.fingerprints.dataset)))
                    (row("encoder", known(&manifest.fingerprints.encoder)))
                    (row("selector", known(&manifest.selector)))
                    (row("program", html! { "ofa " (manifest.ofa_version) }))
                }
            }
        }
    }
}

/// What the two colours mean.
pub(super) fn legend() -> Markup {
    html! {
        p.legend {
            span { span.swatch.chosen {} "records in the subset" }
            span { span.swatch.left-out {} "records left out" }
        }
    }
}

/// The numbers of a histogram.
pub(super) fn histogram(name: &str, histogram: &Histogram) -> Markup {
    let edge = |value: f64| format!("{value:.*}", histogram.decimals);
    let last = histogram.bins.len().saturating_sub(1);
    html! {
        details {
            summary { (name) " in numbers" }
            div.table tabindex="0" role="region" aria-label=(format!("{name} in numbers")) {
                table {
                    caption { (name) ": the first and the last row also have what lies beyond them" }
                    thead { tr {
                        th scope="col" { "From" } th scope="col" { "to below" }
                        th.number scope="col" { "Pool" } th.number scope="col" { "Subset" }
                    } }
                    tbody {
                        @for (nth, bin) in histogram.bins.iter().enumerate() {
                            tr {
                                th scope="row" {
                                    @if nth > 0 || last == 0 { (edge(bin.from)) } @else { "lowest" }
                                }
                                td {
                                    @if nth < last || last == 0 { (edge(bin.to)) } @else { "highest" }
                                }
                                td.number { (grouped(bin.pool)) }
                                td.number { (grouped(bin.chosen)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Every cluster's size before and after.
pub(super) fn clusters(clusters: &[ClusterCounts]) -> Markup {
    let pool: u64 = clusters.iter().map(|cluster| cluster.pool).sum();
    let chosen: u64 = clusters.iter().map(|cluster| cluster.chosen).sum();
    let cells = |before: u64, after: u64| {
        html! {
            td.number { (grouped(before)) }
            td.number { (grouped(after)) }
            td.number { (percent(after, before)) }
        }
    };
    html! {
        details {
            summary { "Clusters in numbers" }
            div.table tabindex="0" role="region" aria-label="Clusters in numbers" {
                table #clusters-table {
                    caption { "Scored records of each cluster" }
                    thead { tr {
                        th scope="col" { "Cluster" } th.number scope="col" { "Pool" }
                        th.number scope="col" { "Subset" } th.number scope="col" { "Chosen of it" }
                    } }
                    tbody {
                        @for cluster in clusters {
                            tr { th scope="row" { (cluster.cluster) } (cells(cluster.pool, cluster.chosen)) }
                        }
                    }
                    tfoot { tr { th scope="row" { "all" } (cells(pool, chosen)) } }
                }
            }
        }
    }
}

/// Where the records come from, before and after.
pub(super) fn sources(sources: &Sources) -> Markup {
    let total = sources.total;
    let row = |name: Markup, counts: Counts| {
        let (before, after) = (
            share(counts.before, total.before),
            share(counts.after, total.after),
        );
        html! {
            tr {
                th scope="row" { (name) }
                td.number { (grouped(counts.before)) }
                td.number { (percent(counts.before, total.before)) }
                td.number { (grouped(counts.after)) }
                td.number { (percent(counts.after, total.after)) }
                td.bars aria-hidden="true" {
                    @if counts.before > 0 { span.bar.before style=(format!("width:{before:.2}%")) {} }
                    @if counts.after > 0 { span.bar.after style=(format!("width:{after:.2}%")) {} }
                }
            }
        }
    };
    html! {
        section.sources {
            h2 { "Source folders" }
            p {
                "A record's source is the first two folders of its first image's path; — stands for \
                 records that name no image or cannot be read. Shares are of all records and of the \
                 subset."
            }
            p.legend {
                span { span.swatch.left-out {} "dataset" }
                span { span.swatch.chosen {} "subset" }
            }
            div.table tabindex="0" role="region" aria-label="Source folders" {
                table #sources {
                    caption { "Records of each folder, in the dataset and in the subset" }
                    thead { tr {
                        th scope="col" { "Folder" }
                        th.number scope="col" { "Dataset" }
                        th.number scope="col" { "Share" span.unseen { " of the dataset" } }
                        th.number scope="col" { "Subset" }
                        th.number scope="col" { "Share" span.unseen { " of the subset" } }
                        td.bars aria-hidden="true" {}
                    } }
                    tbody {
                        @for source in &sources.listed {
                            (row(html! { bdi { (breakable(&source.folder)) } }, source.counts))
                        }
                        @if sources.others.before > 0 {
                            (row(html! { (grouped(sources.other_folders)) " other folders" }, sources.others))
                        }
                    }
                    tfoot { tr {
                        th scope="row" { "all" }
                        td.number { (grouped(total.before)) } td.number { (percent(total.before, total.before)) }
                        td.number { (grouped(total.after)) } td.number { (percent(total.after, total.after)) }
                        td.bars aria-hidden="true" {}
                    } }
                }
            }
        }
    }
}

/// A path that is broken after a slash, where it must be.
fn breakable(path: &str) -> Markup {
    html! {
        @for (nth, name) in path.split('/').enumerate() {
            @if nth > 0 { "/" wbr; }
            (name)
        }
    }
}

/// A record with its picture and text.
pub(super) fn card(example: &Example) -> Markup {
    html! {
        li {
            @match &example.picture {
                Some(Ok(picture)) => {
                    img src=(picture.uri) width=(picture.width) height=(picture.height)
                        alt=(format!("image of record {}", example.position));
                }
                Some(Err(skip)) => { div.none { (skip.reason.as_str().replace('_', " ")) } }
                None => { div.none { "no image" } }
            }
            div {
                p {
                    strong { "record " (example.position) } ", "
                    @if example.is_chosen { span.in { "in the subset" } } @else { "left out" }
                }
                p.quiet {
                    "confidence " (small(example.confidence.into())) ", cluster " (example.cluster)
                    ", gate " (small(example.gate.into()))
                }
                p dir="auto" { (example.text) }
                @if let Some(image) = &example.image {
                    p.quiet {
                        code { bdi { (breakable(image)) } }
                        @if example.more_images > 0 { " and " (example.more_images) " more" }
                    }
                }
                @if let Some(Err(skip)) = &example.picture {
                    @if !skip.detail.is_empty() { p.quiet { "not shown: " bdi { (skip.detail) } } }
                }
            }
        }
    }
}
