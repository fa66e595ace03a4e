//! Charts as SVG that the page colours, in light, in dark and on paper.

use charts_rs::{BarChart, Series};
use ofa_core::report::{ClusterCounts, Histogram};

/// What the style sheet knows the two parts of a bar by.
const CHOSEN: &str = "chosen";
const LEFT_OUT: &str = "left-out";

/// The drawing is twice as large as it is mostly shown: the library keeps a fixed number of pixels
/// free between bars, which would leave thin ones.
const WIDTH: f32 = 1120.0;
const WHOLE_WIDTH: f32 = 2240.0;
const HEIGHT: f32 = 520.0;
const FONT: f32 = 30.0;

/// A chart and what it is called.
pub(super) struct Chart<'a> {
    /// Told apart from the others on the page by this.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What it shows, for those who cannot see it.
    pub(super) description: &'a str,
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
        // Half of the topmost label stands above the plot.
        chart.margin.top = FONT;
        chart.legend.show = Some(false);
        chart.x_axis.title = self.x_title.to_owned();
        chart.x_axis.font.size = FONT;
        chart.x_axis.height = 2.0 * FONT;
        chart.grid.stroke_width = 1.5;
        for axis in &mut chart.y_axis_configs {
            axis.title = Some("records".to_owned());
            axis.formatter = Some("{t}".to_owned());
            axis.font.size = FONT;
            axis.split_number = 4;
        }
        chart
    }

    /// The drawing with its title and description in place of a fixed size.
    fn finish(&self, chart: &BarChart) -> String {
        let svg = chart.svg().expect("numbers and short names can be drawn");
        let shapes = svg.find('>').map_or("", |end| &svg[end + 1..]);
        let Self {
            id,
            title,
            description,
            ..
        } = self;
        let head = maud::html! {
            title id=(format!("{id}-title")) { (title) }
            desc id=(format!("{id}-description")) { (description) }
        };
        format!(
            "<svg viewBox=\"0 0 {} {}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" \
             aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-description\">{}{shapes}",
            chart.width,
            chart.height,
            head.into_string()
        )
    }
}
