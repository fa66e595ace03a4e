//! A training run as a chart of characters.

use serde_json::Value;
use textplots::{Chart, Plot, Shape};

/// Dots across and down; a character has two by four.
const WIDTH: u32 = 128;
const HEIGHT: u32 = 40;

/// Macro accuracy by epoch; `None` where there are fewer than two epochs.
pub(super) fn accuracy(history: &Value) -> Option<String> {
    let epochs = history["epochs"].as_array()?;
    let points: Vec<(f32, f32)> = epochs
        .iter()
        .filter_map(|epoch| {
            let accuracy = epoch["macro_accuracy"].as_f64()?;
            Some((epoch["epoch"].as_f64()? as f32, accuracy as f32))
        })
        .collect();
    let [first, .., last] = points[..] else {
        return None;
    };
    // A range from the history's own numbers may be empty, which a chart cannot have.
    if !points.iter().all(|(x, y)| x.is_finite() && y.is_finite()) || first.0 >= last.0 {
        return None;
    }
    let line = Shape::Lines(&points);
    let mut chart = Chart::new_with_y_range(WIDTH, HEIGHT, first.0, last.0, 0.0, 1.0);
    let chart = chart.lineplot(&line);
    chart.axis();
    chart.figures();
    let title = match history["selected_epoch"].as_u64() {
        Some(epoch) => format!("macro accuracy by epoch, {epoch} kept"),
        None => "macro accuracy by epoch".to_owned(),
    };
    // The blanks that the library draws are of another character, which a pipe need not carry.
    let drawn = chart.to_string().replace('\u{2800}', " ");
    let drawn: Vec<&str> = drawn.lines().map(str::trim_end).collect();
    Some(format!("{title}\n{}\n", drawn.join("\n").trim_end()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::accuracy;

    fn history(accuracies: &[f64]) -> serde_json::Value {
        let epochs: Vec<_> = (1..)
            .zip(accuracies)
            .map(|(epoch, accuracy)| json!({ "epoch": epoch, "macro_accuracy": accuracy }))
            .collect();
        json!({ "epochs": epochs, "selected_epoch": 2 })
    }

    #[test]
    fn a_rising_accuracy_rises() {
        let chart = accuracy(&history(&[0.0, 0.5, 1.0])).expect("a chart");
        let lines: Vec<&str> = chart.lines().collect();
        assert_eq!(lines[0], "macro accuracy by epoch, 2 kept");
        let is_drawn = |&(_, c): &(usize, char)| ('\u{2801}'..='\u{28ff}').contains(&c);
        let last_dot = |line: &str| line.chars().enumerate().filter(is_drawn).last();
        // The last dot of the first row stands right of that of the rows in the middle.
        let column = |line: &str| last_dot(line).map(|(column, _)| column);
        assert!(column(lines[1]) > column(lines[5]), "{chart}");
        assert!(lines.iter().all(|line| !line.ends_with(' ')));
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        assert_eq!(accuracy(&history(&[0.5])), None);
        assert_eq!(accuracy(&history(&[])), None);
        assert_eq!(accuracy(&json!({ "epochs": 3 })), None);
        let same = json!({ "epochs": [
            { "epoch": 1, "macro_accuracy": 0.1 },
            { "epoch": 1, "macro_accuracy": 0.2 },
        ] });
        assert_eq!(accuracy(&same), None);
    }
}
