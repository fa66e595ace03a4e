//! The module that multiplies on another module's memory.

/// `product = x W`; places in that memory, in bytes, and shapes as [`ofa_products::multiply`] has them.
///
/// # Safety
/// As [`ofa_products::multiply`].
#[cfg(target_family = "wasm")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn multiply(
    x: *const f32,
    rows: usize,
    weight: *const f32,
    depth: usize,
    columns: usize,
    product: *mut f32,
) {
    // SAFETY: the caller's.
    unsafe { ofa_products::multiply(x, rows, weight, depth, columns, product) }
}
