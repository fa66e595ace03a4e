//! The parts between matrix products, for tensors that lie in the host's memory; and these products
//! themselves, where the processor has tile registers or somebody gives products.
//!
//! On a CPU backend the products are fast, but every other operation is a pass of its own over
//! memory, exponentials are computed one by one, and most of it runs on one core. Here bias and
//! activation are one pass, attention works on one head at a time, all in vectors, and sequences
//! are spread over threads (feature `rayon`). A row's result depends neither on the other rows
//! of the batch nor on the number of threads.

mod activation;
mod attention;
mod exp;
mod layer_norm;
mod product;
mod simd;
mod threads;

pub(super) use activation::{activate, add_with_bias};
pub(super) use attention::{Visible, attend, attend_one};
pub(super) use layer_norm::layer_norm;
pub(super) use product::HostWeight;

use burn::tensor::{Tensor, TensorData, backend::Backend};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Whether tensors of this backend are host memory that is handed over without a copy.
///
/// Asked by name first: on a GPU the question itself would be a transfer, and a transfer that
/// is begun and not waited for leaves its buffer mapped. Then by trying: what comes back must
/// lie where it was put.
pub(super) fn is_host_memory<B: Backend>(device: &B::Device) -> bool {
    if B::name(device) != "flex" {
        return false;
    }
    let data = TensorData::new(vec![1.0_f32; 64], [64]);
    let put = data.bytes.as_ptr();
    let tensor = Tensor::<B, 1>::from_data(data, device);
    let back = pin!(tensor.into_data_async());
    match back.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(data)) => data.bytes.as_ptr() == put && data.as_slice::<f32>().is_ok(),
        Poll::Ready(Err(_)) | Poll::Pending => false,
    }
}

/// Values in a piece of work: 128 KB, so that it stays in the L2 cache.
const PIECE: usize = 1 << 15;

/// A number of values that is whole rows.
fn piece(width: usize) -> usize {
    (PIECE / width).max(1) * width
}

/// The values of a tensor, taken out of it.
fn take<B: Backend>(tensor: Tensor<B, 2>) -> TensorData {
    tensor.into_data()
}

fn values(data: &TensorData) -> &[f32] {
    data.as_slice().expect(IS_F32)
}

fn values_mut(data: &mut TensorData) -> &mut [f32] {
    data.as_mut_slice().expect(IS_F32)
}

const IS_F32: &str = "these kernels run only where is_host_memory saw f32 come back";
