//! Matrix products for WebAssembly.
//!
//! A product of f32 is bound by how many multiplications and additions a processor does, and fused it does twice
//! as many. WebAssembly has the instruction as part of relaxed SIMD, which not every browser has: a module that
//! holds it does not start there at all. So products are in a module of their own, of some thousand bytes, which
//! works on the memory of the module that needs them ([`multiply`], exported by the example `products`). It is
//! built with the feature `fused` and without, and a browser loads the one that it takes. Who needs products
//! knows them as [`Products`].
//!
//! Whether a fused instruction rounds once or twice is the processor's choice, so results differ in last bits
//! between machines. No row of a product depends on the other rows.

mod kernel;
mod lanes;
mod weight;

pub use kernel::multiply;
pub use weight::{COLUMNS, PackedWeight};

/// Who multiplies rows with a weight.
pub trait Products: std::fmt::Debug + Send + Sync {
    /// `product = x W`.
    ///
    /// # Shapes
    /// `x` `[rows, depth]`, `product` `[rows, columns]`, f32 row by row, for a weight of `[depth, columns]`.
    ///
    /// # Panics
    /// Where the lengths do not fit.
    fn multiply(&self, x: &[f32], weight: &PackedWeight, product: &mut [f32]);
}

/// The kernel of this library, called directly. For tests, on machines of any kind.
#[cfg(not(target_family = "wasm"))]
#[derive(Debug, Clone, Copy, Default)]
pub struct OfThisLibrary;

#[cfg(not(target_family = "wasm"))]
impl Products for OfThisLibrary {
    fn multiply(&self, x: &[f32], weight: &PackedWeight, product: &mut [f32]) {
        let rows = weight.rows_of(x, product);
        // SAFETY: the slices have the lengths that the shapes ask for, as was just checked.
        unsafe {
            multiply(
                x.as_ptr(),
                rows,
                weight.values().as_ptr(),
                weight.depth(),
                weight.columns(),
                product.as_mut_ptr(),
            );
        }
    }
}
