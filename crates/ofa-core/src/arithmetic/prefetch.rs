//! Memory that is fetched before it is read.

/// Asks the processor for the values, where it can be asked: rows that lie far apart are then on their way
/// while others are worked on.
#[inline]
pub(crate) fn prefetch<T>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        const LINE: usize = 64;
        let start = values.as_ptr().cast::<i8>();
        for at in (0..size_of_val(values)).step_by(LINE) {
            // SAFETY: a hint, within the slice; every processor of the target has it.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(at)) }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}
