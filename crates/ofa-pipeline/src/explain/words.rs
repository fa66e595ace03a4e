//! An explanation in words.

use std::fmt::{self, Write as _};

use ofa_core::selection::Method;
use ofa_data::{SkipReason, encoder_text};

use super::{BesideRanks, Chosen, Explanation, NOT_SCORED, NeighbourRecord, ScoredRecord};
use crate::report::{grouped, shown, small};

/// Most characters of a text or a name.
const MOST_TEXT: usize = 500;

impl Explanation {
    /// Lines for people, of the dataset that is called `name`.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let mut text = String::new();
        self.write(&mut text, name)
            .expect("a string takes everything");
        text
    }

    fn write(&self, out: &mut String, name: &str) -> fmt::Result {
        write!(out, "record {} of {name}", self.index)?;
        match self.in_subset {
            Some(true) => writeln!(out, ": in the subset")?,
            Some(false) => writeln!(out, ": not in the subset")?,
            None => writeln!(out)?,
        }
        if let Some(id) = &self.id {
            writeln!(out, "  id     {}", shown(id, MOST_TEXT))?;
        }
        for image in &self.images {
            writeln!(out, "  image  {}", shown(image, MOST_TEXT))?;
        }
        for turn in &self.human_turns {
            let turn = shown(&encoder_text(turn), MOST_TEXT).replace('\n', "\n         ");
            writeln!(out, "  text   {turn}")?;
        }
        writeln!(out)?;
        self.write_reasons(out)
    }

    /// The lines of [`text`](Self::text) below the record itself: why it is in or out.
    #[must_use]
    pub fn reasons(&self) -> String {
        let mut text = String::new();
        self.write_reasons(&mut text)
            .expect("a string takes everything");
        text
    }

    fn write_reasons(&self, out: &mut String) -> fmt::Result {
        if let Some(scored) = &self.scored {
            return scored.write(out, self.in_subset);
        }
        let Some(skipped) = &self.skipped else {
            return Ok(());
        };
        let is = |reason: SkipReason| skipped.reason == reason.as_str();
        if skipped.reason == NOT_SCORED {
            writeln!(
                out,
                "It has no score, and why is not known here: give --features, whose list of skipped \
                 records may say it."
            )?;
        } else if skipped.detail.is_empty() {
            writeln!(out, "It has no score: {}.", skipped.reason)?;
        } else {
            let detail = shown(&skipped.detail, MOST_TEXT);
            writeln!(out, "It has no score: {}: {detail}", skipped.reason)?;
        }
        match (is(SkipReason::TextOnly), self.in_subset) {
            (true, Some(true)) => writeln!(
                out,
                "Text-only records are kept in this subset, beside the budget."
            ),
            (true, _) => writeln!(
                out,
                "Text-only records are outside of the budget; `ofa select --text-only keep` keeps \
                 all of them beside it."
            ),
            (false, _) => writeln!(out, "Records without a score are never chosen."),
        }
    }
}

impl ScoredRecord {
    fn write(&self, out: &mut String, in_subset: Option<bool>) -> fmt::Result {
        writeln!(
            out,
            "It is the {} of the {} records of cluster {}.",
            place(self.rank),
            grouped(self.cluster_size),
            self.cluster
        )?;
        if let Some(chosen) = &self.chosen {
            self.write_choice(out, chosen, in_subset)?;
        }
        let ratio = match &self.taken_from_ratio {
            Some(ratio) => format!(" (--ratio {ratio})"),
            None => String::new(),
        };
        writeln!(
            out,
            "By confidence alone it is in with a budget of {}{ratio}, and out with {}.\n",
            grouped(self.taken_from),
            grouped(self.taken_from - 1)
        )?;
        self.write_scores(out)?;
        match &self.neighbours {
            None => writeln!(out, "\nIts nearest neighbours need --features."),
            // With none asked for, or none there.
            Some(neighbours) if neighbours.is_empty() => match self.cluster_size {
                1 => writeln!(out, "\nThere is no other record in its cluster."),
                _ => Ok(()),
            },
            Some(neighbours) => write_neighbours(out, neighbours),
        }
    }

    fn write_choice(
        &self,
        out: &mut String,
        chosen: &Chosen,
        in_subset: Option<bool>,
    ) -> fmt::Result {
        let BesideRanks {
            no_quotas,
            alignment_filter,
            pinned,
            excluded,
            others_constrained,
        } = chosen.beside_ranks;
        let budget = grouped(chosen.budget);
        let (requested, method) = (&chosen.requested, chosen.method);
        write!(
            out,
            "Of a budget of {requested} ({budget} of {} scored records), ",
            grouped(self.pool)
        )?;
        match no_quotas {
            true => writeln!(
                out,
                "{} are from this cluster: there were no quotas.",
                chosen.quota
            )?,
            false => writeln!(out, "the quota of this cluster is {}.", chosen.quota)?,
        }
        if pinned {
            writeln!(out, "It was pinned: it is in whatever its rank is.")?;
        }
        if excluded {
            writeln!(out, "It was excluded: it is out whatever its rank is.")?;
        }
        match chosen.cut {
            Some(cut) => {
                let distance = f64::from(self.confidence) - f64::from(cut.confidence);
                let places = self.rank.abs_diff(chosen.quota);
                writeln!(
                    out,
                    "The last record that is taken there is {}, with a confidence of {}: this one {}.",
                    cut.index,
                    small(cut.confidence.into()),
                    match (self.rank <= chosen.quota, places) {
                        (true, 0) => "is that one".to_owned(),
                        (true, places) => format!(
                            "is {} below it, {} before it",
                            small(-distance),
                            count_of(places, "place")
                        ),
                        (false, places) => format!(
                            "is {} above it, {} after it",
                            small(distance),
                            count_of(places, "place")
                        ),
                    }
                )?;
            }
            None if chosen.quota == 0 => {}
            None if !pinned && !excluded => writeln!(out, "{}", by_method(method))?,
            None => {}
        }
        if others_constrained {
            writeln!(
                out,
                "Other records were pinned or excluded, which moves the cut."
            )?;
        }
        if alignment_filter {
            writeln!(
                out,
                "The alignment filter was on: what it sets aside comes after all others."
            )?;
        }
        if in_subset.is_none() {
            writeln!(
                out,
                "Whether it is in cannot be told: the manifest does not list the subset's positions, \
                 and ranks alone do not decide here. Select again with --from and look into the new \
                 manifest."
            )?;
        }
        Ok(())
    }

    fn write_scores(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "  confidence  {}: {} of the pool are less confident",
            small(self.confidence.into()),
            share(self.confidence_above)
        )?;
        writeln!(
            out,
            "  entropy     {} nats, as undecided as among {:.1} equal clusters; {} of the pool have less",
            small(self.entropy.into()),
            f64::from(self.entropy).exp(),
            share(self.entropy_above)
        )?;
        writeln!(
            out,
            "  gate        {}: {}; {} of the pool have less",
            small(self.gate.into()),
            gate_words(self.gate),
            share(self.gate_above)
        )?;
        match self.alignment_margin {
            None => writeln!(out, "  alignment   not known")?,
            Some(margin) => writeln!(
                out,
                "  alignment   {}: the image is {} its own text than {} the mean text of its cluster",
                small(margin.into()),
                if margin < 0.0 {
                    "farther from"
                } else {
                    "nearer to"
                },
                if margin < 0.0 { "from" } else { "to" }
            )?,
        }
        match self.set_aside {
            None => writeln!(
                out,
                "              what the alignment filter does cannot be told without an early selector"
            ),
            Some(true) => writeln!(
                out,
                "              the alignment filter sets it aside: nor has the selector grown more \
                 confident of it ({} early)",
                small(self.early_confidence.unwrap_or_default().into())
            ),
            Some(false) => writeln!(out, "              the alignment filter keeps it"),
        }
    }
}

/// What a method looks at, where it is not the rank.
fn by_method(method: Method) -> &'static str {
    match method {
        Method::Confidence => "Its rank is not all that decides here.",
        Method::Kdpp => {
            "The method `kdpp` draws a diverse sample from the least confident records: records that \
             are like chosen ones are unlikely to be drawn."
        }
        Method::KdppMap => {
            "The method `kdpp-map` takes the most diverse of the least confident records: those that \
             are like chosen ones are passed over."
        }
        Method::Random => "The method `random` draws by lot.",
        Method::ClipScore => {
            "The method `clip-score` takes the records whose image and text are most alike."
        }
        Method::KCenter => {
            "The method `k-center` takes each time the record that is farthest from all that are \
             chosen."
        }
        _ => "The method looks at something else than the rank.",
    }
}

fn gate_words(gate: f32) -> String {
    let (image, text) = (100.0 * gate, 100.0 - 100.0 * gate);
    let who = match gate {
        gate if gate > 0.55 => "the image has more weight",
        gate if gate < 0.45 => "the text has more weight",
        _ => "image and text have about equal weight",
    };
    format!("{who} ({image:.0}% and {text:.0}%)")
}

fn write_neighbours(out: &mut String, neighbours: &[NeighbourRecord]) -> fmt::Result {
    writeln!(out, "\nMost like it in its cluster:")?;
    for neighbour in neighbours {
        let membership = match neighbour.in_subset {
            Some(true) => ", in the subset",
            Some(false) => ", not in the subset",
            None => "",
        };
        writeln!(
            out,
            "  record {}: similarity {:.4}, confidence {}, the {}{membership}",
            neighbour.index,
            neighbour.similarity,
            small(neighbour.confidence.into()),
            place(neighbour.rank)
        )?;
    }
    Ok(())
}

fn share(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

fn count_of(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{} {what}s", grouped(count)),
    }
}

/// A place among the least confident.
fn place(rank: u64) -> String {
    match rank {
        1 => "least confident".to_owned(),
        rank => format!("{} least confident", ordinal(rank)),
    }
}

/// 1st, 2nd, 3rd, 4th, …, 11th, …, 21st.
fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_end_as_they_should() {
        let all: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 1_113].map(ordinal).into();
        let expected = [
            "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "1,113th",
        ];
        assert_eq!(all, expected);
    }
}
