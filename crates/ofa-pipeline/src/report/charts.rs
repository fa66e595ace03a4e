//! Charts as SVG that the page colours, in light, in dark and on paper.

use charts_rs::{BarChart, Series};
use ofa_core::report::{ClusterCounts, Histogram};

/// What the style sheet knows the two parts of a bar by.
const CHOSEN: &str = "chosen";
const LEFT_OUT: &str = "left-out";

/// The drawing is four times as large as it is mostly shown: the library keeps a fixed number of
/// pixels free between bars, which would leave thin ones.
const WIDTH: f32 = 2240.0;
const WHOLE_WIDTH: f32 = 4480.0;
const HEIGHT: f32 = 1040.0;
const FONT: f32 = 60.0;

/// Lines of the grid above the axis.
const LINES: u64 = 4;

/// A chart and what it is called.
pub(super) struct Chart<'a> {
    /// Told apart from the others on the page by this.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) x_title: &'a str,
}

/// A bar: records that were chosen, and those that were not, on top of them.
struct Bar {
    chosen: u64,
    left_out: u64,
}

impl Chart<'_> {
    /// Bars over the bins of a histogram.
    pub(super) fn histogram(&self, histogram: &Histogram) -> String {
        let bars: Vec<Bar> = (histogram.bins.iter())
            .map(|bin| Bar {
                chosen: bin.chosen,
                left_out: bin.pool - bin.chosen,
            })
            .collect();
        let mut chart = self.bars(&bars);
        if let [first, .., last] = histogram.bins.as_slice() {
            chart.x_axis.values = (histogram.bins.iter())
                .map(|bin| f64::midpoint(bin.from, bin.to))
                .collect();
            chart.x_axis.min = Some(first.from);
            chart.x_axis.max = Some(last.to);
        } else if let [only] = histogram.bins.as_slice() {
            chart.x_axis.data = vec![format!("{:.*}", histogram.decimals, only.from)];
        }
        self.finish(&chart)
    }

    /// A bar for each cluster, over the whole width of the page.
    pub(super) fn clusters(&self, clusters: &[ClusterCounts]) -> String {
        let bars: Vec<Bar> = (clusters.iter())
            .map(|cluster| Bar {
                chosen: cluster.chosen,
                left_out: cluster.pool - cluster.chosen,
            })
            .collect();
        let mut chart = self.bars(&bars);
        chart.width = WHOLE_WIDTH;
        chart.x_axis.data = (clusters.iter())
            .map(|cluster| cluster.cluster.to_string())
            .collect();
        self.finish(&chart)
    }

    fn bars(&self, bars: &[Bar]) -> BarChart {
        let series = |name: &str, of: fn(&Bar) -> u64| {
            let values = bars.iter().map(|bar| of(bar) as f32).collect();
            let mut series = Series::new(name.to_owned(), values);
            series.stack = Some("pool".to_owned());
            series
        };
        let series = vec![
            series(CHOSEN, |bar| bar.chosen),
            series(LEFT_OUT, |bar| bar.left_out),
        ];
        let mut chart = BarChart::new(series, vec![]);
        (chart.width, chart.height) = (WIDTH, HEIGHT);
        chart.background_color = "#00000000".into();
        // Half of the topmost label stands above the plot, and of the last one to its right; labels
        // on the left are moved there by their gap.
        chart.margin.top = FONT;
        chart.margin.right = FONT / 2.0;
        chart.margin.left = FONT;
        chart.legend.show = Some(false);
        chart.x_axis.title = self.x_title.to_owned();
        chart.x_axis.font.size = FONT;
        chart.x_axis.height = 2.0 * FONT;
        chart.grid.stroke_width = 3.0;
        chart.x_axis.stroke_width = Some(3.0);
        let highest = bars.iter().map(|bar| bar.chosen + bar.left_out).max();
        let step = round_step(highest.unwrap_or(0).div_ceil(LINES));
        for axis in &mut chart.y_axis_configs {
            axis.formatter = Some("{t}".to_owned());
            axis.font.size = FONT;
            // Labels are measured in one font and shown in the reader's, which may be wider.
            axis.name_gap = FONT * 0.6;
            axis.split_number = LINES as usize;
            axis.stroke_width = Some(3.0);
            (axis.min, axis.max) = (Some(0.0), Some((LINES * step) as f32));
        }
        chart
    }

    /// The drawing with its title in place of a fixed size. What is drawn is not read out: the labels
    /// of the axes are numbers without a meaning there, and browsers read them although this is an
    /// image. The caption and the table beside it say what it shows.
    fn finish(&self, chart: &BarChart) -> String {
        let svg = chart.svg().expect("numbers and short names can be drawn");
        let shapes = svg.find('>').map_or("", |end| &svg[end + 1..]);
        let shapes = shapes.trim_end().trim_end_matches("</svg>");
        let Self { id, title, .. } = self;
        let title = maud::html! { title id=(format!("{id}-title")) { (title) } };
        format!(
            "<svg viewBox=\"0 0 {} {}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" \
             aria-labelledby=\"{id}-title\">{}<g aria-hidden=\"true\">{shapes}</g></svg>",
            chart.width,
            chart.height,
            title.into_string()
        )
    }
}

/// The least of 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, … that is at least this.
fn round_step(least: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for tenths in [10, 15, 20, 25, 30, 40, 50, 60, 80] {
            let step = power.saturating_mul(tenths) / 10;
            if step >= least && step * 10 == power.saturating_mul(tenths) {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_numbers() {
        for (least, step) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (7, 8),
            (9, 10),
            (11, 15),
            (21, 25),
            (23_001, 25_000),
        ] {
            assert_eq!(round_step(least), step, "{least}");
        }
    }

    #[test]
    fn a_chart_is_named_and_has_a_shape_for_every_count() {
        let histogram = Histogram::of_sorted(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.9], &[0.1, 0.2]);
        let chart = Chart {
            id: "c",
            title: "A <title>",
            x_title: "x",
        };
        let svg = chart.histogram(&histogram);
        assert!(
            svg.starts_with("<svg viewBox=\"0 0 2240 1040\" role=\"img\""),
            "{svg}"
        );
        assert!(svg.contains("A &lt;title&gt;</title><g aria-hidden=\"true\">"));
        assert!(svg.ends_with("</g></svg>") && svg.matches("</svg>").count() == 1);
        for series in [CHOSEN, LEFT_OUT] {
            let shapes = svg.matches(&format!("data-series=\"{series}\"")).count();
            assert_eq!(shapes, histogram.bins.len(), "{series}");
        }
        assert!(!svg.contains("NaN"));
        let one = chart.histogram(&Histogram::of_sorted(&[0.5; 3], &[]));
        assert!(
            !one.contains("NaN") && one.contains("data-value=\"3\""),
            "{one}"
        );
        let none = chart.clusters(&[]);
        assert!(!none.contains("NaN"), "{none}");
    }
}
