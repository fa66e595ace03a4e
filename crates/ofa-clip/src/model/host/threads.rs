//! The only place of this crate that knows threads.

/// Calls `work` with the number of each chunk and the chunk.
///
/// Chunks are independent, so who works on which changes nothing in the result.
pub(super) fn for_each_chunk(
    values: &mut [f32],
    chunk: usize,
    work: impl Fn(usize, &mut [f32]) + Sync + Send,
) {
    #[cfg(feature = "rayon")]
    {
        use rayon::iter::{IndexedParallelIterator, ParallelIterator};
        use rayon::slice::ParallelSliceMut;
        let chunks = values.par_chunks_mut(chunk).enumerate();
        chunks.for_each(|(number, chunk)| work(number, chunk));
    }
    #[cfg(not(feature = "rayon"))]
    for (number, chunk) in values.chunks_mut(chunk).enumerate() {
        work(number, chunk);
    }
}
