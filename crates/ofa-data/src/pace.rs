//! Long work that gives way to its caller on the way.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Where long work gives way to its caller, and how far it is.
///
/// Work that takes a pace is a future that waits for nothing but to be polled again, and wakes nobody. Whoever polls it
/// decides when it goes on, and whoever drops it ends it where it is: so the one thread of a browser's worker hears
/// messages in between.
///
/// ```
/// use std::pin::pin;
/// use std::sync::Arc;
/// use std::task::{Context, Poll, Waker};
/// use ofa_data::{Dataset, MemorySource, Pace};
///
/// let source = Arc::new(MemorySource::new("tiny.json", b"[1, 2]".to_vec()));
/// let pace = Pace::every(6);
/// let mut opening = pin!(Dataset::open_paced(source, None, &pace));
/// let mut context = Context::from_waker(Waker::noop());
/// assert!(opening.as_mut().poll(&mut context).is_pending());
/// assert_eq!((pace.done(), pace.of()), (6, 6));
/// assert!(matches!(opening.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
/// ```
#[derive(Debug)]
pub struct Pace {
    step: u64,
    /// Bytes since it gave way last.
    since: Cell<u64>,
    done: Cell<u64>,
    of: Cell<u64>,
}

impl Pace {
    /// Gives way whenever `step` bytes or more were read or written.
    #[must_use]
    pub fn every(step: u64) -> Self {
        Self {
            step,
            since: Cell::new(0),
            done: Cell::new(0),
            of: Cell::new(0),
        }
    }

    /// Never gives way.
    #[must_use]
    pub fn unbroken() -> Self {
        Self::every(u64::MAX)
    }

    /// How many bytes were read or written.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.get()
    }

    /// How many bytes there are to be read, as far as it is known by now. What is left out on the way stays counted.
    #[must_use]
    pub fn of(&self) -> u64 {
        self.of.get()
    }

    /// Adds to what there is to be read. An archive may say of its members whatever it likes.
    pub(crate) fn expect(&self, bytes: u64) {
        self.of.set(self.of.get().saturating_add(bytes));
    }

    /// Counts bytes that were read or written, and gives way where a step is over.
    pub async fn spend(&self, bytes: u64) {
        self.done.set(self.done.get().saturating_add(bytes));
        let since = self.since.get().saturating_add(bytes);
        if since < self.step {
            self.since.set(since);
            return;
        }
        self.since.set(0);
        let mut gave_way = false;
        poll_fn(|_| match std::mem::replace(&mut gave_way, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

/// Does work to its end, without a pause between its steps.
pub fn without_pause<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = work.as_mut().poll(&mut context) {
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_gives_way_after_each_step_and_goes_on_when_it_is_polled() {
        let pace = Pace::every(10);
        let mut work = pin!(async {
            for bytes in [4, 4, 4, 25, 1] {
                pace.spend(bytes).await;
            }
            "done"
        });
        let mut context = Context::from_waker(Waker::noop());
        let mut seen = vec![];
        let result = loop {
            match work.as_mut().poll(&mut context) {
                Poll::Ready(result) => break result,
                Poll::Pending => seen.push(pace.done()),
            }
        };
        assert_eq!((result, seen, pace.done()), ("done", vec![12, 37], 38));
    }

    #[test]
    fn an_unbroken_pace_never_gives_way() {
        let pace = Pace::unbroken();
        let work = pin!(async {
            for _ in 0..3 {
                pace.spend(1 << 62).await;
            }
        });
        let mut context = Context::from_waker(Waker::noop());
        assert!(work.poll(&mut context).is_ready());
        assert_eq!(without_pause(async { 7 }), 7);
    }
}
