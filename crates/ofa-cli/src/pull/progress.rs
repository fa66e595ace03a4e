//! Progress bars on standard error, drawn only when it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where bars are drawn.
pub(super) struct Progress {
    draw: bool,
}

impl Progress {
    pub(super) fn on_stderr() -> Self {
        Self {
            draw: std::io::IsTerminal::is_terminal(&std::io::stderr()),
        }
    }

    /// A bar for one file of which `have` bytes are there already.
    pub(super) fn file(&self, name: &str, size: Option<u64>, have: u64) -> ProgressBar {
        let bar = match size {
            Some(size) => ProgressBar::new(size),
            None => ProgressBar::no_length(),
        };
        bar.set_draw_target(if self.draw {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        let style = ProgressStyle::with_template(
            "{msg:32} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        )
        .expect("the template is a constant that tests draw");
        bar.set_style(style);
        bar.set_message(name.to_owned());
        // Set before the first tick, so that what is there does not count as speed.
        bar.set_position(have);
        bar.reset_eta();
        bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_valid() {
        let bar = Progress { draw: false }.file("model.safetensors", Some(10), 4);
        assert_eq!((bar.position(), bar.length()), (4, Some(10)));
    }
}
