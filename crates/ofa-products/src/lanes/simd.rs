//! By WebAssembly's vectors.

#[cfg(feature = "fused")]
use std::arch::wasm32::f32x4_relaxed_madd;
#[cfg(not(feature = "fused"))]
use std::arch::wasm32::{f32x4_add, f32x4_mul};
use std::arch::wasm32::{
    f32x4_extract_lane, f32x4_splat, v128, v128_load, v128_load32_splat, v128_store,
};

pub(crate) type Lanes = v128;

#[inline(always)]
pub(crate) fn zeros() -> v128 {
    f32x4_splat(0.0)
}

/// # Safety
/// Four values are there.
#[inline(always)]
pub(crate) unsafe fn load(from: *const f32) -> v128 {
    // SAFETY: the caller's.
    unsafe { v128_load(from.cast()) }
}

/// One value four times.
///
/// # Safety
/// The value is there.
#[inline(always)]
pub(crate) unsafe fn load_splat(from: *const f32) -> v128 {
    // SAFETY: the caller's.
    unsafe { v128_load32_splat(from.cast()) }
}

/// # Safety
/// There is room for four values.
#[inline(always)]
pub(crate) unsafe fn store(to: *mut f32, lanes: v128) {
    // SAFETY: the caller's.
    unsafe { v128_store(to.cast(), lanes) }
}

/// `a * b + c`, rounded twice.
#[cfg(not(feature = "fused"))]
#[inline(always)]
pub(crate) fn multiply_add(a: v128, b: v128, c: v128) -> v128 {
    f32x4_add(f32x4_mul(a, b), c)
}

/// `a * b + c`, rounded once where the processor can.
#[cfg(feature = "fused")]
#[inline]
#[target_feature(enable = "relaxed-simd")]
pub(crate) fn multiply_add(a: v128, b: v128, c: v128) -> v128 {
    f32x4_relaxed_madd(a, b, c)
}

#[inline(always)]
pub(crate) fn first(lanes: v128) -> f32 {
    f32x4_extract_lane::<0>(lanes)
}
