//! Ctrl-C: the first one asks the run to stop at the next safe place, the second one ends it.
//!
//! SIGTERM and SIGHUP count as Ctrl-C does; under `nohup`, SIGHUP stays ignored.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Begins to listen. Where that is impossible, Ctrl-C ends the program at once, which loses no
/// more than a stop does: nothing half-written ever has a final name.
pub(crate) fn listen() {
    let under_nohup = hang_up::is_ignored();
    let _ = ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(1);
        }
        eprintln!("\nstopping at the next safe place; once more to stop at once");
    });
    if under_nohup {
        hang_up::ignore();
    }
}

/// Whether a stop was asked for.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

#[cfg(unix)]
mod hang_up {
    /// Whether the program was started with SIGHUP ignored. To be asked before any thread is
    /// started.
    pub(super) fn is_ignored() -> bool {
        // SAFETY: sets a standard disposition and puts back the one that was there.
        unsafe {
            let before = libc::signal(libc::SIGHUP, libc::SIG_IGN);
            if before != libc::SIG_ERR {
                libc::signal(libc::SIGHUP, before);
            }
            before == libc::SIG_IGN
        }
    }

    pub(super) fn ignore() {
        // SAFETY: ignoring a signal runs no code.
        unsafe {
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
        }
    }
}

#[cfg(not(unix))]
mod hang_up {
    pub(super) fn is_ignored() -> bool {
        false
    }

    pub(super) fn ignore() {}
}
