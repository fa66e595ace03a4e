//! The only place of this crate that knows threads.

/// Threads that work is spread over.
pub(crate) fn count() -> usize {
    #[cfg(feature = "rayon")]
    {
        rayon::current_num_threads()
    }
    #[cfg(not(feature = "rayon"))]
    1
}

/// Calls `work` with each number below `count`.
pub(crate) fn for_each(threads: usize, count: usize, work: impl Fn(usize) + Sync + Send) {
    #[cfg(feature = "rayon")]
    if threads > 1 {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        return (0..count).into_par_iter().for_each(work);
    }
    let _ = threads;
    (0..count).for_each(work);
}

/// Calls `work` with the number of each chunk and the chunk.
pub(crate) fn for_each_chunk<T: Send>(
    threads: usize,
    values: &mut [T],
    chunk: usize,
    work: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    #[cfg(feature = "rayon")]
    if threads > 1 {
        use rayon::iter::{IndexedParallelIterator, ParallelIterator};
        use rayon::slice::ParallelSliceMut;
        let chunks = values.par_chunks_mut(chunk).enumerate();
        return chunks.for_each(|(number, chunk)| work(number, chunk));
    }
    let _ = threads;
    for (number, chunk) in values.chunks_mut(chunk).enumerate() {
        work(number, chunk);
    }
}
