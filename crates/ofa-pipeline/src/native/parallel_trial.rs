//! Images decoded on several threads, to see whether that is possible.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ofa_data::{DatasetImages, ImageFile, Skip};

use crate::check::DecodeTrial;
use crate::encode::try_to_decode;

/// Images for each thread at a time: threads wait for the last of them to be decoded.
const IMAGES_PER_THREAD: usize = 16;

/// A [`DecodeTrial`] on threads that live as long as each call.
pub struct ParallelTrial {
    threads: usize,
}

impl ParallelTrial {
    /// On so many threads, at least one.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self {
            threads: threads.max(1),
        }
    }
}

impl DecodeTrial for ParallelTrial {
    fn images_at_a_time(&self) -> usize {
        self.threads * IMAGES_PER_THREAD
    }

    fn try_all(&self, images: &DatasetImages, files: &[ImageFile]) -> Vec<Result<(), Skip>> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(vec![Ok(()); files.len()]);
        std::thread::scope(|scope| {
            for _ in 0..self.threads.min(files.len()) {
                scope.spawn(|| {
                    while let nth = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(file) = files.get(nth)
                    {
                        let result = try_to_decode(images, file);
                        results.lock().unwrap_or_else(PoisonError::into_inner)[nth] = result;
                    }
                });
            }
        });
        results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
