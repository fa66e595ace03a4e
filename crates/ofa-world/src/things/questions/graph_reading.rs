use crate::conversation::Exchange;
use crate::phrase::{number_word, wrong_count};
use crate::rng::Rng;
use crate::things::graph::{Curve, Slice, Trend, ranked};
use crate::things::names::Shade;
use crate::things::scene::Scene;

/// What the chart says.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let graph = scene
        .graph
        .as_ref()
        .expect("scenes for reading graphs have a graph");
    if rng.one_in(8) {
        let other = match graph.curve {
            Curve::Line(..) => "pie chart",
            Curve::Pie(_) => "line chart",
        };
        let instruction = "Classify the graph: line chart or pie chart.";
        return Exchange::new(instruction, graph.name(), other);
    }
    match &graph.curve {
        Curve::Line(trend, shade, _) => {
            if rng.one_in(3) {
                return color("Name the color of the line.", *shade, shade.other(rng));
            }
            if rng.one_in(5) {
                let say = |trend: Trend| {
                    format!("The trend of the {} line: {}.", shade.word(), trend.word())
                };
                let instruction = "Explain the graph in one sentence.";
                return Exchange::new(instruction, say(*trend), say(trend.other(rng)));
            }
            let instruction = *rng.pick(&[
                "Read the graph and state its trend.",
                "How does the line run from left to right?",
                "Decide: rising, falling, rises then falls, falls then rises, or steady.",
            ]);
            Exchange::new(instruction, trend.word(), trend.other(rng).word())
        }
        Curve::Pie(slices) => pie(slices, rng),
    }
}

fn color(instruction: &str, shade: Shade, other: Shade) -> Exchange {
    Exchange::new(instruction, shade.word(), other.word())
}

fn pie(slices: &[Slice], rng: &mut Rng) -> Exchange {
    let ranked = ranked(slices);
    let (largest, smallest) = (ranked[0].shade, ranked[ranked.len() - 1].shade);
    match rng.weighted(&[4, 3, 2, 2, 2]) {
        0 => {
            let instruction = *rng.pick(&[
                "Read the chart: which slice is the largest?",
                "Name the color that takes the biggest part of the pie.",
            ]);
            color(instruction, largest, smallest)
        }
        1 => {
            let instruction = *rng.pick(&[
                "Read the chart: which slice is the smallest?",
                "Name the color that takes the least of the pie.",
            ]);
            color(instruction, smallest, largest)
        }
        2 => {
            let wrong = number_word(wrong_count(slices.len(), rng));
            let instruction = "Into how many slices is the pie cut? Answer with a word.";
            Exchange::new(instruction, number_word(slices.len()), wrong)
        }
        3 => {
            let say = |one: Shade, other: Shade| {
                let (one, other) = (one.word(), other.word());
                format!("Most of the pie is {one} and the least is {other}.")
            };
            let instruction = "Explain the graph in one sentence.";
            Exchange::new(instruction, say(largest, smallest), say(smallest, largest))
        }
        _ => {
            let mut two = slices.to_vec();
            rng.shuffle(&mut two);
            let (first, second) = (two[0], two[1]);
            if first.share.abs_diff(second.share) < 4 {
                return color("Name the largest slice's color.", largest, smallest);
            }
            let (more, less) = if first.share > second.share {
                (first, second)
            } else {
                (second, first)
            };
            let instruction = format!(
                "Compare the slices {} and {}. Which one is bigger?",
                first.shade.word(),
                second.shade.word()
            );
            color(&instruction, more.shade, less.shade)
        }
    }
}
