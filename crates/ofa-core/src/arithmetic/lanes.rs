//! Vector registers as the matrix kernel sees them.
//!
//! Only lane-wise multiplication and addition, of floats each rounded on its own, of integers exact,
//! so the same element comes out of every width.
use super::matmul::Whole;

/// A register of [`Lanes::WIDTH`] elements.
///
/// # Safety
/// The operations may use instructions that not every processor has: they must only run where
/// the implementing register's instruction set is there. Pointers must be valid for `WIDTH`
/// elements; they need no alignment.
#[allow(clippy::missing_safety_doc)]
pub(super) unsafe trait Lanes: Copy {
    type Element: Copy;
    const WIDTH: usize;
    unsafe fn load(from: *const Self::Element) -> Self;
    unsafe fn store(self, to: *mut Self::Element);
    unsafe fn splat(value: Self::Element) -> Self;
    unsafe fn zero() -> Self;
    unsafe fn add(self, other: Self) -> Self;
    /// This and the product of the others. Floats are rounded twice; an `i32` of a factor is two
    /// numbers of 16 bits, whose two products are added.
    unsafe fn add_product(self, x: Self, y: Self) -> Self;
}

#[cfg(target_arch = "x86_64")]
macro_rules! intrinsic_lanes {
    ($register:ident, $element:ty, $width:literal, $pointer:ty,
     $load:ident, $store:ident, $splat:ident, $zero:ident, $add:ident, $mul:ident) => {
        // SAFETY: each method is the intrinsic of its name; the trait hands the conditions on.
        unsafe impl Lanes for $register {
            type Element = $element;
            const WIDTH: usize = $width;
            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                unsafe { $load(from.cast()) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                unsafe { $store(to as $pointer, self) }
            }
            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                unsafe { $splat(value) }
            }
            #[inline(always)]
            unsafe fn zero() -> Self {
                unsafe { $zero() }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn add_product(self, x: Self, y: Self) -> Self {
                unsafe { $add(self, $mul(x, y)) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Lanes, Whole};
    use core::arch::x86_64::*;

    intrinsic_lanes!(
        __m128,
        f32,
        4,
        *mut f32,
        _mm_loadu_ps,
        _mm_storeu_ps,
        _mm_set1_ps,
        _mm_setzero_ps,
        _mm_add_ps,
        _mm_mul_ps
    );
    intrinsic_lanes!(
        __m128d,
        f64,
        2,
        *mut f64,
        _mm_loadu_pd,
        _mm_storeu_pd,
        _mm_set1_pd,
        _mm_setzero_pd,
        _mm_add_pd,
        _mm_mul_pd
    );
    intrinsic_lanes!(
        __m256,
        f32,
        8,
        *mut f32,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_set1_ps,
        _mm256_setzero_ps,
        _mm256_add_ps,
        _mm256_mul_ps
    );
    intrinsic_lanes!(
        __m256d,
        f64,
        4,
        *mut f64,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_set1_pd,
        _mm256_setzero_pd,
        _mm256_add_pd,
        _mm256_mul_pd
    );
    intrinsic_lanes!(
        __m512,
        f32,
        16,
        *mut f32,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_set1_ps,
        _mm512_setzero_ps,
        _mm512_add_ps,
        _mm512_mul_ps
    );
    intrinsic_lanes!(
        __m512d,
        f64,
        8,
        *mut f64,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_set1_pd,
        _mm512_setzero_pd,
        _mm512_add_pd,
        _mm512_mul_pd
    );
    intrinsic_lanes!(
        __m128i,
        i32,
        4,
        *mut __m128i,
        _mm_loadu_si128,
        _mm_storeu_si128,
        _mm_set1_epi32,
        _mm_setzero_si128,
        _mm_add_epi32,
        _mm_madd_epi16
    );
    intrinsic_lanes!(
        __m256i,
        i32,
        8,
        *mut __m256i,
        _mm256_loadu_si256,
        _mm256_storeu_si256,
        _mm256_set1_epi32,
        _mm256_setzero_si256,
        _mm256_add_epi32,
        _mm256_madd_epi16
    );
    intrinsic_lanes!(
        __m512i,
        i32,
        16,
        *mut __m512i,
        _mm512_loadu_si512,
        _mm512_storeu_si512,
        _mm512_set1_epi32,
        _mm512_setzero_si512,
        _mm512_add_epi32,
        _mm512_madd_epi16
    );

    macro_rules! whole_lanes {
        ($name:ident, $register:ident, $width:literal, $features:literal, $fused:ident) => {
            /// Whole numbers.
            #[derive(Clone, Copy)]
            pub(in super::super) struct $name($register);

            // SAFETY: each method is that of the register, or an intrinsic; the trait hands the conditions on.
            unsafe impl Lanes for $name {
                type Element = Whole;
                const WIDTH: usize = $width;
                #[inline(always)]
                unsafe fn load(from: *const Whole) -> Self {
                    Self(unsafe { <$register>::load(from.cast()) })
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut Whole) {
                    unsafe { self.0.store(to.cast()) }
                }
                #[inline(always)]
                unsafe fn splat(value: Whole) -> Self {
                    Self(unsafe { <$register>::splat(value.0) })
                }
                #[inline(always)]
                unsafe fn zero() -> Self {
                    Self(unsafe { <$register>::zero() })
                }
                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    Self(unsafe { self.0.add(other.0) })
                }
                #[inline]
                #[target_feature(enable = $features)]
                unsafe fn add_product(self, x: Self, y: Self) -> Self {
                    Self($fused(x.0, y.0, self.0))
                }
            }
        };
    }
    whole_lanes!(Whole4, __m256d, 4, "avx2,fma", _mm256_fmadd_pd);
    whole_lanes!(Whole8, __m512d, 8, "avx512f", _mm512_fmadd_pd);

    /// Sixteen `i32` on a processor that adds products of 16-bit numbers in one instruction.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Vnni(__m512i);

    // SAFETY: each method is an intrinsic; the trait hands the conditions on.
    unsafe impl Lanes for Vnni {
        type Element = i32;
        const WIDTH: usize = 16;
        #[inline(always)]
        unsafe fn load(from: *const i32) -> Self {
            Self(unsafe { _mm512_loadu_si512(from.cast()) })
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut i32) {
            unsafe { _mm512_storeu_si512(to.cast(), self.0) }
        }
        #[inline(always)]
        unsafe fn splat(value: i32) -> Self {
            Self(unsafe { _mm512_set1_epi32(value) })
        }
        #[inline(always)]
        unsafe fn zero() -> Self {
            Self(unsafe { _mm512_setzero_si512() })
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            Self(unsafe { _mm512_add_epi32(self.0, other.0) })
        }
        // Written as it is to be: the compiler takes `_mm512_dpwssd_epi32` apart into a product and an
        // addition, to wait less for each sum, and here sixteen sums wait at a time.
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
        unsafe fn add_product(self, x: Self, y: Self) -> Self {
            let mut sum = self.0;
            // SAFETY: registers alone.
            unsafe {
                std::arch::asm!(
                    "vpdpwssd {sum}, {x}, {y}",
                    sum = inout(zmm_reg) sum,
                    x = in(zmm_reg) x.0,
                    y = in(zmm_reg) y.0,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
            Self(sum)
        }
    }
}

/// Lanes with an instruction of their own for products of 16-bit numbers, and whole numbers whose
/// products are fused with additions.
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Vnni, Whole4, Whole8};

/// f32 lanes of the target's minimum instruction set.
#[cfg(target_arch = "x86_64")]
pub(super) type BaselineF32 = core::arch::x86_64::__m128;
/// f64 lanes of the target's minimum instruction set.
#[cfg(target_arch = "x86_64")]
pub(super) type BaselineF64 = core::arch::x86_64::__m128d;
/// i32 lanes of the target's minimum instruction set.
#[cfg(target_arch = "x86_64")]
pub(super) type BaselineI32 = core::arch::x86_64::__m128i;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use super::Lanes;
    use core::arch::wasm32::*;

    /// Four f32 in a `v128`.
    #[derive(Clone, Copy)]
    pub(in super::super) struct F32x4(v128);
    /// Two f64 in a `v128`.
    #[derive(Clone, Copy)]
    pub(in super::super) struct F64x2(v128);
    /// Four i32 in a `v128`.
    #[derive(Clone, Copy)]
    pub(in super::super) struct I32x4(v128);

    macro_rules! wasm_lanes {
        ($register:ident, $element:ty, $width:literal, $splat:ident, $add:ident, $mul:ident) => {
            // SAFETY: the target feature is on for the whole module; pointers as the trait asks.
            unsafe impl Lanes for $register {
                type Element = $element;
                const WIDTH: usize = $width;
                #[inline(always)]
                unsafe fn load(from: *const $element) -> Self {
                    Self(unsafe { v128_load(from.cast()) })
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut $element) {
                    unsafe { v128_store(to.cast(), self.0) }
                }
                #[inline(always)]
                unsafe fn splat(value: $element) -> Self {
                    Self($splat(value))
                }
                #[inline(always)]
                unsafe fn zero() -> Self {
                    Self($splat(0 as $element))
                }
                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    Self($add(self.0, other.0))
                }
                #[inline(always)]
                unsafe fn add_product(self, x: Self, y: Self) -> Self {
                    Self($add(self.0, $mul(x.0, y.0)))
                }
            }
        };
    }
    wasm_lanes!(F32x4, f32, 4, f32x4_splat, f32x4_add, f32x4_mul);
    wasm_lanes!(F64x2, f64, 2, f64x2_splat, f64x2_add, f64x2_mul);
    wasm_lanes!(I32x4, i32, 4, i32x4_splat, i32x4_add, i32x4_dot_i16x8);
}
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use wasm::{F32x4 as BaselineF32, F64x2 as BaselineF64, I32x4 as BaselineI32};

/// Lanes as a plain array, for targets without intrinsics here; the compiler may vectorise it.
#[allow(dead_code)]
#[derive(Clone, Copy)]
pub(super) struct ArrayLanes<E, const N: usize>([E; N]);

macro_rules! array_lanes {
    ($element:ty) => {
        // SAFETY: plain memory operations on WIDTH elements; no instruction set is needed.
        unsafe impl<const N: usize> Lanes for ArrayLanes<$element, N> {
            type Element = $element;
            const WIDTH: usize = N;
            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                Self(unsafe { from.cast::<[$element; N]>().read_unaligned() })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                unsafe { to.cast::<[$element; N]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                Self([value; N])
            }
            #[inline(always)]
            unsafe fn zero() -> Self {
                Self([0.0; N])
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                Self(core::array::from_fn(|i| self.0[i] + other.0[i]))
            }
            #[inline(always)]
            unsafe fn add_product(self, x: Self, y: Self) -> Self {
                Self(core::array::from_fn(|i| self.0[i] + x.0[i] * y.0[i]))
            }
        }
    };
}
array_lanes!(f32);
array_lanes!(f64);

/// f32 lanes of the target's minimum instruction set.
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub(super) type BaselineF32 = ArrayLanes<f32, 4>;
/// f64 lanes of the target's minimum instruction set.
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub(super) type BaselineF64 = ArrayLanes<f64, 2>;

// SAFETY: plain memory operations on WIDTH elements; no instruction set is needed.
unsafe impl<const N: usize> Lanes for ArrayLanes<i32, N> {
    type Element = i32;
    const WIDTH: usize = N;
    #[inline(always)]
    unsafe fn load(from: *const i32) -> Self {
        Self(unsafe { from.cast::<[i32; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut i32) {
        unsafe { to.cast::<[i32; N]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn splat(value: i32) -> Self {
        Self([value; N])
    }
    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0; N])
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }
    #[inline(always)]
    unsafe fn add_product(self, x: Self, y: Self) -> Self {
        let low = |value: i32| i32::from(value as i16);
        Self(core::array::from_fn(|i| {
            let (x, y) = (x.0[i], y.0[i]);
            let products = (low(x) * low(y)).wrapping_add((x >> 16) * (y >> 16));
            self.0[i].wrapping_add(products)
        }))
    }
}

/// i32 lanes of the target's minimum instruction set.
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub(super) type BaselineI32 = ArrayLanes<i32, 4>;

/// Whole numbers in f64 lanes of the target's minimum instruction set.
#[derive(Clone, Copy)]
pub(super) struct BaselineWhole(BaselineF64);

// SAFETY: each method is that of the register; the trait hands the conditions on.
unsafe impl Lanes for BaselineWhole {
    type Element = Whole;
    const WIDTH: usize = BaselineF64::WIDTH;
    #[inline(always)]
    unsafe fn load(from: *const Whole) -> Self {
        Self(unsafe { BaselineF64::load(from.cast()) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut Whole) {
        unsafe { self.0.store(to.cast()) }
    }
    #[inline(always)]
    unsafe fn splat(value: Whole) -> Self {
        Self(unsafe { BaselineF64::splat(value.0) })
    }
    #[inline(always)]
    unsafe fn zero() -> Self {
        Self(unsafe { BaselineF64::zero() })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(unsafe { self.0.add(other.0) })
    }
    #[inline(always)]
    unsafe fn add_product(self, x: Self, y: Self) -> Self {
        // Every such processor has the fused instruction.
        #[cfg(target_arch = "aarch64")]
        return Self(self.0.add_fused(x.0, y.0));
        #[cfg(not(target_arch = "aarch64"))]
        Self(unsafe { self.0.add_product(x.0, y.0) })
    }
}

#[cfg(target_arch = "aarch64")]
impl<const N: usize> ArrayLanes<f64, N> {
    fn add_fused(self, x: Self, y: Self) -> Self {
        Self(core::array::from_fn(|i| x.0[i].mul_add(y.0[i], self.0[i])))
    }
}
