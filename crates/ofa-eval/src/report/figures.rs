//! The pictures: relative performance against budget, and what subsets hold.

use charts_rs::{LineChart, Position, Series, SeriesBand};

use crate::analysis::Reading;
use crate::arms::{Arm, Budget};
use crate::composition::Composition;
use crate::runs::BUNDLED;
use crate::statistics::Estimate;

/// A drawing and the name of its file.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) svg: String,
    /// What it shows, for those who cannot see it.
    pub(super) description: String,
}

/// Colours that differ in hue and can be told apart on white and on black.
const COLOURS: [(Arm, &str); 8] = [
    (Arm::Random, "#8a8a8a"),
    (Arm::ClipScore, "#c98500"),
    (Arm::KCenter, "#8f6bd9"),
    (Arm::Confidence, "#e0402f"),
    (Arm::ConfidenceFiltered, "#e86fae"),
    (Arm::ConfidenceUnquotaed, "#a0692b"),
    (Arm::Kdpp, "#2583d6"),
    (Arm::KdppMap, "#1f9e76"),
];

/// Letters and lines are as dark as the reader's page is light.
const STYLE: &str = "<style>text{fill:#333;font-family:sans-serif}\
@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>";

const WIDTH: f32 = 760.0;
const HEIGHT: f32 = 420.0;

/// What a subset holds, as a share that can be drawn.
struct Held {
    name: &'static str,
    title: &'static str,
    of: fn(&Composition, &Composition) -> f64,
}

/// The pictures of subsets' content: of a subset and the pool that it is from.
const HELD: [Held; 4] = [
    Held {
        name: "near-duplicates",
        title: "records that share their scene with another of the subset, %",
        of: |subset, _| subset.share(subset.near_duplicates),
    },
    Held {
        name: "mismatched",
        title: "records whose text is about another picture or false, %",
        of: |subset, _| subset.share(subset.mismatched + subset.wrong_answers),
    },
    Held {
        name: "rare-concepts",
        title: "records that show a rare concept, %",
        of: |subset, _| subset.share(subset.with_rare_concepts),
    },
    Held {
        name: "scenes",
        title: "distinct scenes of the pool that are covered, %",
        of: |subset, pool| subset.scenes as f64 / pool.scenes.max(1) as f64,
    },
];

/// Relative performance against budget, a line for each method.
pub(super) fn relative_performance(reading: &Reading<'_>) -> Figure {
    let budgets = reading.budgets(BUNDLED);
    let lines = (reading.arms(BUNDLED).into_iter()).map(|arm| {
        let values = budgets.iter().map(|budget| {
            let worth = reading.worth(BUNDLED, arm, budget)?;
            Some(worth.relative)
        });
        (arm, values.collect())
    });
    Figure {
        name: format!("relative-{}-{}", reading.realm(), reading.protocol),
        svg: drawn(&budgets, lines.collect(), "relative performance, %", false),
        description: format!(
            "Relative performance against budget on {}, {}; the table has the numbers",
            reading.realm(),
            reading.protocol
        ),
    }
}

/// What the subsets hold, against budget. The reading does not matter: subsets are the same.
pub(super) fn compositions(reading: &Reading<'_>) -> Vec<Figure> {
    let budgets = reading.budgets(BUNDLED);
    let figure = |held: &Held| {
        let share = |subset: &Composition| (held.of)(subset, &reading.facts.pool);
        let lines = (reading.arms(BUNDLED).into_iter()).map(|arm| {
            let values = budgets.iter().map(|budget| {
                let mean = reading.share(arm, budget, &share)?;
                Some(Estimate {
                    mean,
                    standard_error: None,
                    values: 1,
                })
            });
            (arm, values.collect())
        });
        Figure {
            name: format!("composition-{}-{}", reading.realm(), held.name),
            svg: drawn(&budgets, lines.collect(), held.title, true),
            description: format!(
                "{} on {}, against budget; the table has the numbers",
                held.title,
                reading.realm()
            ),
        }
    };
    HELD.iter().map(figure).collect()
}

/// A line for each arm over the budgets, in percent.
fn drawn(
    budgets: &[&Budget],
    lines: Vec<(Arm, Vec<Option<Estimate>>)>,
    title: &str,
    from_zero: bool,
) -> String {
    let percent = |value: f64| (100.0 * value) as f32;
    let bounds = |estimate: &Estimate| {
        let error = estimate.standard_error.unwrap_or(0.0);
        (
            percent(estimate.mean - error),
            percent(estimate.mean + error),
        )
    };
    let all: Vec<(f32, f32)> = (lines.iter())
        .flat_map(|(_, values)| values.iter().flatten().map(bounds))
        .collect();
    let lowest = all
        .iter()
        .map(|bounds| bounds.0)
        .fold(f32::INFINITY, f32::min);
    let highest = all
        .iter()
        .map(|bounds| bounds.1)
        .fold(f32::NEG_INFINITY, f32::max);
    let (low, step) = axis(if from_zero { 0.0 } else { lowest }, highest);
    let mut colours = Vec::new();
    let mut series_list = Vec::new();
    for (arm, values) in &lines {
        let mut series = Series::new(arm.title().to_owned(), vec![]);
        series.data = values
            .iter()
            .map(|value| value.map(|one| percent(one.mean)))
            .collect();
        if values
            .iter()
            .flatten()
            .any(|one| one.standard_error.is_some())
        {
            series.error_bar = Some(SeriesBand {
                lower: values
                    .iter()
                    .map(|value| value.as_ref().map(|one| bounds(one).0))
                    .collect(),
                upper: values
                    .iter()
                    .map(|value| value.as_ref().map(|one| bounds(one).1))
                    .collect(),
                stroke_width: None,
            });
        }
        if *arm == Arm::Random {
            series.stroke_dash_array = Some("6,4".to_owned());
        }
        series_list.push(series);
        let colour = COLOURS.iter().find(|(known, _)| known == arm);
        colours.push(colour.map_or("#888888", |(_, colour)| colour).into());
    }
    let names = budgets.iter().map(|budget| budget.percent()).collect();
    let mut chart = LineChart::new(series_list, names);
    (chart.width, chart.height) = (WIDTH, HEIGHT);
    chart.background_color = "#00000000".into();
    chart.title.text = title.to_owned();
    chart.title.font.size = 16.0;
    chart.series.colors = colours;
    chart.legend.position = Some(Position::Bottom);
    chart.margin = (10.0, 10.0, 20.0, 10.0).into();
    chart.grid.stroke_color = "#88888855".into();
    chart.x_axis.stroke_color = "#888888".into();
    for axis in &mut chart.y_axis_configs {
        axis.formatter = Some("{t}".to_owned());
        axis.split_number = LINES;
        (axis.min, axis.max) = (Some(low), Some(low + step * LINES as f32));
    }
    let svg = chart.svg().expect("numbers and short names can be drawn");
    match svg.find('>') {
        Some(end) => format!("{}{STYLE}{}\n", &svg[..=end], &svg[end + 1..]),
        None => svg,
    }
}

/// Lines of the grid above the axis.
const LINES: usize = 5;

/// Where an axis with [`LINES`] round steps begins, and its step, so that it holds both values.
fn axis(lowest: f32, highest: f32) -> (f32, f32) {
    if !(lowest.is_finite() && highest.is_finite()) {
        return (0.0, 20.0);
    }
    for step in [
        0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0,
    ] {
        let low = (lowest / step).floor() * step;
        if low + step * LINES as f32 >= highest {
            return (low, step);
        }
    }
    (0.0, (highest / LINES as f32).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::tests::evaluation;
    use crate::arms::Protocol;

    #[test]
    fn axes_hold_their_values() {
        assert_eq!(axis(83.0, 101.0), (80.0, 5.0));
        assert_eq!(axis(0.0, 6.1), (0.0, 2.0));
        assert_eq!(axis(f32::INFINITY, f32::NEG_INFINITY), (0.0, 20.0));
    }

    #[test]
    fn figures_have_a_line_for_each_method() {
        let evaluation = evaluation();
        let reading = Reading::new(&evaluation, &evaluation.realms[0], Protocol::OnePass)
            .expect("it has runs");
        let figure = relative_performance(&reading);
        assert_eq!(figure.name, "relative-shapes-one-pass");
        assert!(figure.svg.contains("prefers-color-scheme"));
        for name in ["random", "confidence"] {
            assert!(figure.svg.contains(&format!(">{name}</text>")) || figure.svg.contains(name));
        }
        assert!(!figure.svg.contains("NaN"));
        assert_eq!(figure.svg, relative_performance(&reading).svg);
        assert_eq!(compositions(&reading).len(), 4);
    }
}
