use crate::conversation::Exchange;
use crate::phrase::{capitalised, list, wrong_count, yes_or_no};
use crate::rng::Rng;
use crate::shapes::chart::{Bar, BarChart};
use crate::shapes::concept::Colour;
use crate::shapes::scene::Scene;

/// What the bar chart of the scene says.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let chart = scene.chart.as_ref().expect("scenes of charts have a chart");
    let ranked = chart.ranked();
    match rng.weighted(&[4, 4, 2, 3, 4, 3, 2, 3]) {
        0 => {
            let question = *rng.pick(&[
                "Which bar is the highest?",
                "What color is the tallest bar?",
                "Which color has the largest value?",
            ]);
            colour_of(question, chart, ranked[0], rng)
        }
        1 => {
            let question = *rng.pick(&[
                "Which bar is the lowest?",
                "What color is the shortest bar?",
                "Which color has the smallest value?",
            ]);
            colour_of(question, chart, ranked[ranked.len() - 1], rng)
        }
        2 => colour_of("Which bar is the second highest?", chart, ranked[1], rng),
        3 => {
            let count = chart.bars.len();
            let question = *rng.pick(&[
                "How many bars are there?",
                "How many bars does the chart have?",
            ]);
            let wrong = wrong_count(count, rng);
            Exchange::new(question, count.to_string(), wrong.to_string())
        }
        4 => higher(chart, rng),
        5 => {
            let (side, bar) = if rng.coin() {
                ("leftmost", chart.bars[0])
            } else {
                ("rightmost", chart.bars[chart.bars.len() - 1])
            };
            colour_of(&format!("What color is the {side} bar?"), chart, bar, rng)
        }
        6 => is_there(chart, rng),
        _ => {
            let say = |bars: &[Bar]| {
                let words: Vec<String> = bars
                    .iter()
                    .map(|bar| bar.colour.word().to_owned())
                    .collect();
                format!("From left to right: {}.", list(&words))
            };
            let mut others = chart.bars.clone();
            others.rotate_left(1);
            Exchange::new("List the bars in order.", say(&chart.bars), say(&others))
        }
    }
}

/// A question answered by a bar's colour. The false answer is another bar's.
fn colour_of(question: &str, chart: &BarChart, bar: Bar, rng: &mut Rng) -> Exchange {
    let other = loop {
        let candidate = *rng.pick(&chart.bars);
        if candidate != bar {
            break candidate;
        }
    };
    Exchange::new(
        question,
        capitalised(bar.colour.word()),
        capitalised(other.colour.word()),
    )
}

fn higher(chart: &BarChart, rng: &mut Rng) -> Exchange {
    let mut bars = chart.bars.clone();
    rng.shuffle(&mut bars);
    let (answer, wrong) = yes_or_no(bars[0].level > bars[1].level);
    let question = format!(
        "Is the {} bar higher than the {} one?",
        bars[0].colour.word(),
        bars[1].colour.word()
    );
    Exchange::new(question, answer, wrong)
}

fn is_there(chart: &BarChart, rng: &mut Rng) -> Exchange {
    let has = |colour: Colour| chart.bars.iter().any(|bar| bar.colour == colour);
    let wanted = rng.coin();
    let colour = loop {
        let candidate = *rng.pick(Colour::ALL);
        if has(candidate) == wanted {
            break candidate;
        }
    };
    let (answer, wrong) = yes_or_no(wanted);
    let question = format!("Is there a bar in {}?", colour.word());
    Exchange::new(question, answer, wrong)
}
