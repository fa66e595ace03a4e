//! The edge to the parquet crate: its errors and its panics in words.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What went wrong below, in words for a message.
pub(super) type Found<T> = std::result::Result<T, String>;

/// Calls into the parquet crate, and gives its errors and panics in words.
///
/// That crate panics on some files whose pages contradict themselves, and it is not ours to mend.
/// What `call` was changing when it panicked must not be used afterwards. Where panics abort, as
/// in a browser, such a file still ends the worker.
pub(super) fn caught<T, E: std::fmt::Display>(
    call: impl FnOnce() -> std::result::Result<T, E>,
) -> Found<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the data contradicts itself".to_owned()),
    }
}
