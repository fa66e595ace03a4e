//! How many files may be open at a time.

/// Asks the system for as many as it lets this user have: a dataset may come in thousands of
/// shards, each of which is open while it is read from.
#[cfg(unix)]
pub(crate) fn allow_many() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: both calls get a pointer to a value of the type that they are for. Where they fail,
    // the limit is what it was.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            // macOS takes no more than this from anyone.
            limit.rlim_cur = limit.rlim_max.min(if cfg!(target_os = "macos") {
                10_240
            } else {
                1 << 20
            });
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(crate) fn allow_many() {}
