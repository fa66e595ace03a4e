//! How long the parts of a task took.

use std::time::{Duration, Instant};

use anyhow::Result;

/// The parts that are done, in their order.
#[derive(Default)]
pub(crate) struct Stages(Vec<(&'static str, Duration)>);

impl Stages {
    /// Does a part.
    ///
    /// # Errors
    /// Those of the part.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        part: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let start = Instant::now();
        let done = part();
        self.0.push((name, start.elapsed()));
        done
    }
}

/// Told in any case: what took long is of interest where a part failed, too.
impl Drop for Stages {
    fn drop(&mut self) {
        eprintln!();
        for (name, took) in &self.0 {
            let seconds = took.as_secs();
            eprintln!("{:>3} min {:02} s  {name}", seconds / 60, seconds % 60);
        }
    }
}
