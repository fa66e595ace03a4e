//! Decoding on threads, ahead of the model.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use ofa_clip::Preprocessor;
use ofa_data::{DatasetImages, ImageFile, Skip};

use crate::encode::{NextPixels, PixelSource, pixel_values};

/// A [`PixelSource`] that decodes and resizes on threads of its own while the model runs.
///
/// At most `ahead` images are held that were not asked for yet, so memory stays bounded
/// however far the model falls behind.
pub struct DecodeAhead {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    images: Arc<DatasetImages>,
    preprocessor: Arc<Preprocessor>,
    ahead: usize,
    state: Mutex<State>,
    /// Signals that there is work, room for it, or that the threads should end.
    work: Condvar,
    /// Signals that an image is ready.
    ready: Condvar,
}

#[derive(Default)]
struct State {
    /// Counts the windows, so that an image of a window that was given up is dropped.
    window: u64,
    files: VecDeque<ImageFile>,
    /// Position in the window of the first file in `files`.
    next_file: usize,
    /// Results from position `taken` on; `None` while one is being made.
    results: VecDeque<Option<Result<Vec<f32>, Skip>>>,
    taken: usize,
    ended: bool,
}

impl DecodeAhead {
    /// Starts `threads` threads.
    #[must_use]
    pub fn new(
        images: Arc<DatasetImages>,
        preprocessor: Arc<Preprocessor>,
        threads: usize,
        ahead: usize,
    ) -> Self {
        let shared = Arc::new(Shared {
            images,
            preprocessor,
            ahead: ahead.max(1),
            state: Mutex::default(),
            work: Condvar::new(),
            ready: Condvar::new(),
        });
        let threads = (0..threads.max(1))
            .map(|_| {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.work())
            })
            .collect();
        Self { shared, threads }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Decoding happens outside the lock, so the state is whole even where a thread died.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if state.ended {
                return;
            }
            if state.results.len() >= self.ahead || state.files.is_empty() {
                state = self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let file = state.files.pop_front().expect("not empty");
            let (window, position) = (state.window, state.next_file);
            state.next_file += 1;
            state.results.push_back(None);
            drop(state);
            let result = pixel_values(&self.images, &self.preprocessor, &file);
            state = self.lock();
            if state.window == window {
                let slot = position - state.taken;
                state.results[slot] = Some(result);
                self.ready.notify_one();
            }
        }
    }
}

impl PixelSource for DecodeAhead {
    fn start(&mut self, files: Vec<ImageFile>) {
        let mut state = self.shared.lock();
        state.window += 1;
        state.files = files.into();
        state.next_file = 0;
        state.results.clear();
        state.taken = 0;
        self.shared.work.notify_all();
    }

    fn next(&mut self) -> NextPixels<'_> {
        Box::pin(std::future::ready(self.shared.take()))
    }
}

impl Shared {
    /// The next image, waited for where it is still being made.
    fn take(&self) -> Result<Vec<f32>, Skip> {
        let mut state = self.lock();
        loop {
            if let Some(Some(_)) = state.results.front() {
                let result = state.results.pop_front().flatten().expect("just seen");
                state.taken += 1;
                self.work.notify_one();
                return result;
            }
            assert!(
                !(state.results.is_empty() && state.files.is_empty()),
                "asked for more images than the window has"
            );
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for DecodeAhead {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
