//! Progress on a terminal; elsewhere nothing is drawn.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `length` units of work. `{msg}` is the caller's.
pub(crate) fn bar(length: u64, unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let template = format!(
        "{{bar:30}} {{human_pos}}/{{human_len}} {unit}  {{elapsed}} so far, {{eta}} left  {{msg}}"
    );
    bar.set_style(ProgressStyle::with_template(&template).expect("a valid template"));
    bar
}
