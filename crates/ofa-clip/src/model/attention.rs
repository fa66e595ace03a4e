//! Scaled dot-product attention over several heads; queries come scaled.

use burn::tensor::{Tensor, activation::softmax, backend::Backend};

/// Attention of every token to every token.
///
/// # Shapes
/// `qkv` is `[batch * length, 3 * hidden]`: queries, keys, values side by side. `mask` is
/// `[1, 1, length, length]`. The result is `[batch * length, hidden]`.
pub(super) fn attend<B: Backend>(
    qkv: Tensor<B, 2>,
    batch: usize,
    length: usize,
    heads: usize,
    mask: Option<&Tensor<B, 4>>,
) -> Tensor<B, 2> {
    let hidden = qkv.dims()[1] / 3;
    let head = hidden / heads;
    let part = |index: usize| {
        qkv.clone()
            .narrow(1, index * hidden, hidden)
            .reshape([batch, length, heads, head])
            .swap_dims(1, 2)
    };
    let scores = part(0).matmul(part(1).swap_dims(2, 3));
    let scores = match mask {
        Some(mask) => scores + mask.clone(),
        None => scores,
    };
    softmax(scores, 3)
        .matmul(part(2))
        .swap_dims(1, 2)
        .reshape([batch * length, hidden])
}

/// Attention of one token of each sequence to all tokens of it.
///
/// One query against all keys would be a matrix-vector product with a transposed right
/// side, which GPU kernels have got wrong; as products and sums it costs nothing that
/// counts and is right everywhere.
///
/// # Shapes
/// `query` is `[batch, hidden]`, `key_value` is `[batch * length, 2 * hidden]`, `mask` is
/// `[batch, length, 1]`. The result is `[batch, hidden]`.
pub(super) fn attend_one<B: Backend>(
    query: Tensor<B, 2>,
    key_value: Tensor<B, 2>,
    length: usize,
    heads: usize,
    mask: Option<Tensor<B, 3>>,
) -> Tensor<B, 2> {
    let [batch, hidden] = query.dims();
    let head = hidden / heads;
    let part = |index: usize| {
        key_value
            .clone()
            .narrow(1, index * hidden, hidden)
            .reshape([batch, length, heads, head])
    };
    let scores = (part(0) * query.reshape([batch, 1, heads, head]))
        .sum_dim(3)
        .reshape([batch, length, heads]);
    let scores = match mask {
        Some(mask) => scores + mask,
        None => scores,
    };
    let weights = softmax(scores, 1).reshape([batch, length, heads, 1]);
    (part(1) * weights).sum_dim(1).reshape([batch, hidden])
}
