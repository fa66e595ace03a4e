//! Long work that JavaScript has done a step at a time.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use ofa_data::Pace;

/// Work that goes on when the next step is asked for, and ends where it is when it is dropped.
pub(crate) struct Steps<T> {
    /// Nothing, once it is over.
    work: Option<Pin<Box<dyn Future<Output = T>>>>,
    pace: Rc<Pace>,
}

impl<T> Steps<T> {
    /// Takes work that gives way by the pace that it is handed: whenever it read or wrote about `step` bytes.
    pub(crate) fn begin<F>(step: u64, work: impl FnOnce(Rc<Pace>) -> F) -> Self
    where
        F: Future<Output = T> + 'static,
    {
        let pace = Rc::new(Pace::every(step));
        let work: Pin<Box<dyn Future<Output = T>>> = Box::pin(work(Rc::clone(&pace)));
        Self {
            work: Some(work),
            pace,
        }
    }

    /// Does a step: what came of the work, where it was the last one.
    pub(crate) fn step(&mut self) -> Option<T> {
        let work = self.work.as_mut()?;
        let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(result) => {
                self.work = None;
                Some(result)
            }
            Poll::Pending => None,
        }
    }

    /// Whether there are steps left.
    pub(crate) fn goes_on(&self) -> bool {
        self.work.is_some()
    }

    /// How far it is.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }
}
