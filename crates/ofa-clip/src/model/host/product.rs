//! Products with weights on tile registers, where the processor has them.

use super::{take, values};
use burn::tensor::{AllocationProperty, Bytes, DType, Tensor, TensorData, backend::Backend};
use ofa_tiles::Tiles;
use ofa_tiles::floats::{Matrix, Target, multiply};
use std::sync::Arc;

/// Smaller weights are multiplied by the backend: their products are short.
///
/// The size of the weight alone decides, never the number of rows: so a row's result does not depend on the
/// others.
const FROM_SIDE: usize = 96;

/// A weight `[in, out]` in host memory, read by tiles here and shared with a tensor of the backend.
#[derive(Debug, Clone)]
pub(in crate::model) struct TileWeight {
    values: Arc<Vec<f32>>,
    shape: [usize; 2],
    tiles: Tiles,
}

/// What a tensor's memory is made of.
struct Shared(Arc<Vec<f32>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl TileWeight {
    /// The weight for tiles, and for a tensor that lies in the same memory; or the values again where there
    /// are no tiles or the weight is small.
    ///
    /// # Shapes
    /// `values` are `[in, out]`.
    pub(in crate::model) fn new(
        values: Vec<f32>,
        shape: [usize; 2],
    ) -> Result<(Self, TensorData), Vec<f32>> {
        let Some(tiles) = Tiles::get().filter(|_| shape[0].min(shape[1]) >= FROM_SIDE) else {
            return Err(values);
        };
        let values = Arc::new(values);
        let bytes = bytes::Bytes::from_owner(Shared(Arc::clone(&values)));
        let bytes = Bytes::from_shared(bytes, AllocationProperty::Native);
        let weight = Self {
            values,
            shape,
            tiles,
        };
        Ok((weight, TensorData::from_bytes(bytes, shape, DType::F32)))
    }

    /// `x W`.
    ///
    /// # Shapes
    /// `x` is `[rows, in]`, in host memory, the result is `[rows, out]`.
    pub(in crate::model) fn product<B: Backend>(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        let device = x.device();
        let [rows, inputs] = x.dims();
        let outputs = self.shape[1];
        let x = take(x);
        let mut product = vec![0.0; rows * outputs];
        multiply(
            self.tiles,
            Target {
                values: &mut product,
                row_stride: outputs,
                adds: false,
            },
            Matrix::new(values(&x), [rows, inputs], [inputs, 1]),
            Matrix::new(&self.values, self.shape, [outputs, 1]),
        );
        Tensor::from_data(TensorData::new(product, [rows, outputs]), &device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_flex::{Flex, FlexDevice};

    fn numbers(count: usize, step: usize) -> Vec<f32> {
        let value = |at: usize| (at * step % 1013) as f32 / 1013.0 - 0.5;
        (0..count).map(value).collect()
    }

    fn tensor(values: Vec<f32>, shape: [usize; 2]) -> Tensor<Flex, 2> {
        Tensor::from_data(TensorData::new(values, shape), &FlexDevice)
    }

    #[test]
    fn a_weight_is_in_memory_once_and_its_product_is_the_backends() {
        let shape = [160, 96];
        let given = numbers(160 * 96, 7);
        let expected = given.clone();
        let at = given.as_ptr();
        let (weight, data) = match TileWeight::new(given, shape) {
            Ok(both) => both,
            Err(given) => {
                println!("no tile registers that this process may use");
                assert!(Tiles::get().is_none());
                assert_eq!(given, expected);
                return;
            }
        };
        assert_eq!(weight.values.as_ptr(), at);
        assert_eq!(data.bytes.as_ptr(), at.cast());
        let of_backend = Tensor::<Flex, 2>::from_data(data, &FlexDevice);
        let x = numbers(70 * 160, 11);
        let product = weight.product(tensor(x.clone(), [70, 160])).into_data();
        let product: Vec<f32> = product.to_vec().expect("f32");
        // Twice: multiplying leaves the tensor as it is.
        for _ in 0..2 {
            let theirs = tensor(x.clone(), [70, 160]).matmul(of_backend.clone());
            let theirs: Vec<f32> = theirs.into_data().to_vec().expect("f32");
            for (a, b) in product.iter().zip(&theirs) {
                assert!((a - b).abs() < 1e-5, "{a} for {b}");
            }
        }
        // Any row alone.
        for row in [0, 33, 69] {
            let alone = tensor(x[row * 160..(row + 1) * 160].to_vec(), [1, 160]);
            let alone: Vec<f32> = weight.product(alone).into_data().to_vec().expect("f32");
            assert_eq!(alone, product[row * 96..(row + 1) * 96]);
        }
    }

    #[test]
    fn small_weights_are_the_backends() {
        let given = numbers(95 * 200, 7);
        let back = TileWeight::new(given.clone(), [95, 200]);
        assert_eq!(back.expect_err("too few rows"), given);
    }
}
