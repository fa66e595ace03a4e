//! Ctrl-C: the first one asks the run to stop at the next safe place, the second one ends it.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Begins to listen. Where that is impossible, Ctrl-C ends the program at once, which loses no
/// more than a stop does: nothing half-written ever has a final name.
pub(crate) fn listen() {
    let _ = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(1);
        }
        eprintln!("\nstopping at the next safe place; once more to stop at once");
    });
}

/// Whether a stop was asked for.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
