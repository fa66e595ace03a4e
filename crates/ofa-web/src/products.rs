//! Products by a module of their own, which has instructions that not every browser has.

use ofa_clip::{PackedWeight, Products};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// What that module exports, on the memory of this one.
    #[wasm_bindgen(
        typescript_type = "{ multiply(x: number, rows: number, weight: number, depth: number, columns: number, product: number): void }"
    )]
    pub type ProductsExports;

    #[wasm_bindgen(method)]
    fn multiply(
        this: &ProductsExports,
        x: *const f32,
        rows: usize,
        weight: *const f32,
        depth: usize,
        columns: usize,
        product: *mut f32,
    );
}

impl std::fmt::Debug for ProductsExports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProductsExports")
    }
}

/// That module, for an encoder.
#[derive(Debug)]
pub(crate) struct ProductsModule(SendWrapper<ProductsExports>);

impl ProductsModule {
    pub(crate) fn new(exports: ProductsExports) -> Self {
        Self(SendWrapper::new(exports))
    }
}

impl Products for ProductsModule {
    fn multiply(&self, x: &[f32], weight: &PackedWeight, product: &mut [f32]) {
        let rows = weight.rows_of(x, product);
        self.0.multiply(
            x.as_ptr(),
            rows,
            weight.values().as_ptr(),
            weight.depth(),
            weight.columns(),
            product.as_mut_ptr(),
        );
    }
}
