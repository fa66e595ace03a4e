//! Work on independent pieces, on several threads where the feature `rayon` is on.
//!
//! Every use here writes disjoint pieces whose values do not depend on one another, so the
//! result is the same for any number of threads.

/// Calls `work(piece_number, piece)` for every `piece_len` elements of `data`.
#[cfg(feature = "rayon")]
pub(crate) fn for_each_piece<T: Send>(
    data: &mut [T],
    piece_len: usize,
    work: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    use rayon::prelude::*;
    data.par_chunks_mut(piece_len)
        .enumerate()
        .for_each(|(number, piece)| work(number, piece));
}

/// Calls `work(piece_number, piece)` for every `piece_len` elements of `data`.
#[cfg(not(feature = "rayon"))]
pub(crate) fn for_each_piece<T: Send>(
    data: &mut [T],
    piece_len: usize,
    work: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    for (number, piece) in data.chunks_mut(piece_len).enumerate() {
        work(number, piece);
    }
}

/// The results of `work(0) .. work(count - 1)`, in order.
#[cfg(feature = "rayon")]
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    (0..count).into_par_iter().map(work).collect()
}

/// The results of `work(0) .. work(count - 1)`, in order.
#[cfg(not(feature = "rayon"))]
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..count).map(work).collect()
}

/// The results of `work(i, items[i])`, in order.
#[cfg(feature = "rayon")]
pub(crate) fn map_mut<I: Send, T: Send>(
    items: &mut [I],
    work: impl Fn(usize, &mut I) -> T + Sync + Send,
) -> Vec<T> {
    use rayon::prelude::*;
    items
        .par_iter_mut()
        .enumerate()
        .map(|(i, item)| work(i, item))
        .collect()
}

/// The results of `work(i, items[i])`, in order.
#[cfg(not(feature = "rayon"))]
pub(crate) fn map_mut<I: Send, T: Send>(
    items: &mut [I],
    work: impl Fn(usize, &mut I) -> T + Sync + Send,
) -> Vec<T> {
    items
        .iter_mut()
        .enumerate()
        .map(|(i, item)| work(i, item))
        .collect()
}
