//! Products with weights in host memory: on tile registers, where the processor has them, or by products that are
//! given.

use super::{take, values};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use ofa_products::{PackedWeight, Products};
#[cfg(target_arch = "x86_64")]
use ofa_tiles::{
    Tiles,
    floats::{Matrix, Target, multiply},
};
use std::sync::Arc;

/// Smaller weights are not for tiles: their products are short.
///
/// The size of the weight alone decides, never the number of rows: so a row's result does not depend on the
/// others.
#[cfg(target_arch = "x86_64")]
const FROM_SIDE: usize = 96;

/// A weight `[in, out]` in host memory that a kernel of the host multiplies.
#[derive(Debug, Clone)]
pub(in crate::model) enum HostWeight {
    /// On tile registers, as it stands.
    #[cfg(target_arch = "x86_64")]
    OnTiles {
        values: Arc<Vec<f32>>,
        shape: [usize; 2],
        tiles: Tiles,
    },
    /// By products that are given, laid out for them.
    Given {
        weight: Arc<PackedWeight>,
        products: Arc<dyn Products>,
    },
}

impl HostWeight {
    /// Takes a weight for the products that are given, or for tiles; gives the values back where there is neither,
    /// or the weight is too small to gain by it.
    ///
    /// # Shapes
    /// `values` are `[in, out]`.
    pub(in crate::model) fn new(
        values: Vec<f32>,
        shape: [usize; 2],
        products: Option<&Arc<dyn Products>>,
    ) -> Result<Self, Vec<f32>> {
        if let Some(products) = products {
            return Ok(Self::Given {
                weight: Arc::new(PackedWeight::new(&values, shape[0], shape[1])),
                products: Arc::clone(products),
            });
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(tiles) = Tiles::get().filter(|_| shape[0].min(shape[1]) >= FROM_SIDE) {
            let values = Arc::new(values);
            return Ok(Self::OnTiles {
                values,
                shape,
                tiles,
            });
        }
        Err(values)
    }

    /// `x W`.
    ///
    /// # Shapes
    /// `x` is `[rows, in]`, in host memory, the result is `[rows, out]`.
    pub(in crate::model) fn product<B: Backend>(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        let device = x.device();
        let [rows, inputs] = x.dims();
        let x = take(x);
        let outputs = self.outputs();
        let mut product = vec![0.0; rows * outputs];
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::OnTiles {
                values: weight,
                shape,
                tiles,
            } => multiply(
                *tiles,
                Target {
                    values: &mut product,
                    row_stride: outputs,
                    adds: false,
                },
                Matrix::new(values(&x), [rows, inputs], [inputs, 1]),
                Matrix::new(weight, *shape, [outputs, 1]),
            ),
            Self::Given { weight, products } => {
                assert_eq!(inputs, weight.depth(), "as many as the weight has inputs");
                products.multiply(values(&x), weight, &mut product);
            }
        }
        Tensor::from_data(TensorData::new(product, [rows, outputs]), &device)
    }

    fn outputs(&self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::OnTiles { shape, .. } => shape[1],
            Self::Given { weight, .. } => weight.columns(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_flex::{Flex, FlexDevice};
    use ofa_products::OfThisLibrary;

    fn numbers(count: usize, step: usize) -> Vec<f32> {
        let value = |at: usize| (at * step % 1013) as f32 / 1013.0 - 0.5;
        (0..count).map(value).collect()
    }

    fn tensor(values: Vec<f32>, shape: [usize; 2]) -> Tensor<Flex, 2> {
        Tensor::from_data(TensorData::new(values, shape), &FlexDevice)
    }

    /// Compares with the backend's product, all rows together and some of them alone.
    fn is_the_backends_product(weight: &HostWeight, of_backend: Tensor<Flex, 2>) {
        let [inputs, outputs] = of_backend.dims();
        let x = numbers(70 * inputs, 11);
        let product = weight.product(tensor(x.clone(), [70, inputs])).into_data();
        let product: Vec<f32> = product.to_vec().expect("f32");
        // Twice: multiplying leaves the tensor as it is.
        for _ in 0..2 {
            let theirs = tensor(x.clone(), [70, inputs]).matmul(of_backend.clone());
            let theirs: Vec<f32> = theirs.into_data().to_vec().expect("f32");
            for (a, b) in product.iter().zip(&theirs) {
                assert!((a - b).abs() < 1e-5, "{a} for {b}");
            }
        }
        for row in [0, 33, 69] {
            let alone = tensor(x[row * inputs..(row + 1) * inputs].to_vec(), [1, inputs]);
            let alone: Vec<f32> = weight.product(alone).into_data().to_vec().expect("f32");
            assert_eq!(alone, product[row * outputs..(row + 1) * outputs]);
        }
    }

    #[test]
    fn given_products_are_the_backends() {
        for shape in [[160, 96], [7, 13], [600, 40]] {
            let given = numbers(shape[0] * shape[1], 7);
            let products: Arc<dyn Products> = Arc::new(OfThisLibrary);
            let weight = HostWeight::new(given.clone(), shape, Some(&products));
            is_the_backends_product(&weight.expect("for any size"), tensor(given, shape));
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn products_on_tiles_are_the_backends_where_there_are_tiles() {
        let shape = [160, 96];
        let given = numbers(160 * 96, 7);
        match HostWeight::new(given.clone(), shape, None) {
            Ok(weight) => is_the_backends_product(&weight, tensor(given, shape)),
            Err(back) => {
                println!("no tile registers that this process may use");
                assert!(Tiles::get().is_none());
                assert_eq!(back, given);
            }
        }
    }

    #[test]
    fn small_weights_are_the_backends() {
        let given = numbers(95 * 200, 7);
        let back = HostWeight::new(given.clone(), [95, 200], None);
        assert_eq!(back.expect_err("too few rows"), given);
    }
}
