//! Attention of one head of one sequence at a time; queries come scaled.

use super::exp::exp;
use super::simd::{multiply_add, vectorised};
use super::{take, threads, values};
use burn::tensor::{Tensor, TensorData, backend::Backend};

/// How many values are summed side by side.
const LANES: usize = 32;

/// What the tokens of a sequence see.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) enum Visible {
    /// All tokens.
    All,
    /// Themselves and what is before them.
    Past,
}

/// Attention of every token, with the biases of queries, keys and values added here.
///
/// # Shapes
/// `qkv` is `[batch * length, 3 * hidden]`, `bias` is `[3 * hidden]`, the result is
/// `[batch * length, hidden]`.
pub(in crate::model) fn attend<B: Backend>(
    qkv: Tensor<B, 2>,
    bias: &[f32],
    length: usize,
    heads: usize,
    visible: Visible,
) -> Tensor<B, 2> {
    let device = qkv.device();
    let [rows, width] = qkv.dims();
    let hidden = width / 3;
    let qkv = take(qkv);
    let qkv = values(&qkv);
    let (query_bias, key_value_bias) = bias.split_at(hidden);
    let mut attended = vec![0.0; rows * hidden];
    threads::for_each_chunk(&mut attended, length * hidden, |sequence, attended| {
        let rows = &qkv[sequence * length * width..][..length * width];
        let mut room = Room::default();
        for head in 0..heads {
            let head = Head {
                start: head * (hidden / heads),
                width: hidden / heads,
                queries: rows,
                query_stride: width,
                query_bias,
                keys_and_values: &rows[hidden..],
                key_value_stride: width,
                key_value_bias,
                hidden,
                length,
                seen_by_first: match visible {
                    Visible::All => length,
                    Visible::Past => 1,
                },
            };
            attend_head(&head, attended, &mut room);
        }
    });
    Tensor::from_data(TensorData::new(attended, [rows, hidden]), &device)
}

/// Attention of one token of each sequence, with the biases added here.
///
/// # Shapes
/// `query` is `[batch, hidden]`, `key_value` is `[batch * length, 2 * hidden]`; `seen` is how
/// many tokens each sees, `[batch]`. The result is `[batch, hidden]`.
pub(in crate::model) fn attend_one<B: Backend>(
    query: Tensor<B, 2>,
    query_bias: &[f32],
    key_value: Tensor<B, 2>,
    key_value_bias: &[f32],
    length: usize,
    heads: usize,
    seen: &[usize],
) -> Tensor<B, 2> {
    let device = query.device();
    let [batch, hidden] = query.dims();
    let (query, key_value) = (take(query), take(key_value));
    let (query, key_value) = (values(&query), values(&key_value));
    let mut attended = vec![0.0; batch * hidden];
    threads::for_each_chunk(&mut attended, hidden, |sequence, attended| {
        let rows = 2 * hidden * length;
        let mut room = Room::default();
        for head in 0..heads {
            let head = Head {
                start: head * (hidden / heads),
                width: hidden / heads,
                queries: &query[sequence * hidden..][..hidden],
                query_stride: hidden,
                query_bias,
                keys_and_values: &key_value[sequence * rows..][..rows],
                key_value_stride: 2 * hidden,
                key_value_bias,
                hidden,
                length: seen[sequence],
                seen_by_first: seen[sequence],
            };
            attend_head(&head, attended, &mut room);
        }
    });
    Tensor::from_data(TensorData::new(attended, [batch, hidden]), &device)
}

/// One head of one sequence.
struct Head<'a> {
    /// First column of the head.
    start: usize,
    /// Number of its columns.
    width: usize,
    queries: &'a [f32],
    query_stride: usize,
    query_bias: &'a [f32],
    /// From the first key on; a row's value stands `hidden` behind its key.
    keys_and_values: &'a [f32],
    key_value_stride: usize,
    key_value_bias: &'a [f32],
    hidden: usize,
    /// Number of keys.
    length: usize,
    /// How many keys the first query sees; each further query sees one more, up to all.
    seen_by_first: usize,
}

/// Memory that is used for one head after the other.
#[derive(Default)]
struct Room {
    /// Keys with their bias, one column of the head after the other, rows padded to `LANES`.
    keys: Vec<f32>,
    /// Values with their bias, rows padded to `LANES`.
    values: Vec<f32>,
    query: Vec<f32>,
    weights: Vec<f32>,
}

vectorised! {
    /// Fills the head's columns of `attended`, `[queries, hidden]`.
    fn attend_head = attend_head_body(head: &Head<'_>, attended: &mut [f32], room: &mut Room)
}

#[inline(always)]
fn attend_head_body<const FMA: bool>(head: &Head<'_>, attended: &mut [f32], room: &mut Room) {
    let columns = head.start..head.start + head.width;
    let padded_length = head.length.next_multiple_of(LANES);
    let padded_width = head.width.next_multiple_of(LANES);
    let (key_bias, value_bias) = head.key_value_bias.split_at(head.hidden);

    room.keys.clear();
    room.keys.resize(head.width * padded_length, 0.0);
    room.values.clear();
    room.values.resize(head.length * padded_width, 0.0);
    let rows = head.keys_and_values.chunks(head.key_value_stride);
    for (token, row) in rows.take(head.length).enumerate() {
        let key = row[columns.clone()].iter().zip(&key_bias[columns.clone()]);
        let places = room.keys[token..].iter_mut().step_by(padded_length);
        for (place, (key, bias)) in places.zip(key) {
            *place = key + bias;
        }
        let value = &row[head.hidden..][columns.clone()];
        let value = value.iter().zip(&value_bias[columns.clone()]);
        for (place, (value, bias)) in room.values[token * padded_width..].iter_mut().zip(value) {
            *place = value + bias;
        }
    }

    room.weights.resize(padded_length, 0.0);
    let queries = head.queries.chunks(head.query_stride);
    let places = attended.chunks_exact_mut(head.hidden);
    for (place, (query, to)) in queries.zip(places).enumerate() {
        let query = query[columns.clone()].iter();
        let query = query.zip(&head.query_bias[columns.clone()]);
        room.query.clear();
        room.query.extend(query.map(|(query, bias)| query + bias));

        let seen = (head.seen_by_first + place).min(head.length);
        let blocks = seen.div_ceil(LANES);
        sum_rows::<FMA>(&room.query, &room.keys, &mut room.weights[..blocks * LANES]);
        softmax::<FMA>(&mut room.weights[..blocks * LANES], seen);

        let weights = &room.weights[..seen];
        for (block, to) in to[columns.clone()].chunks_mut(LANES).enumerate() {
            let mut sums = [0.0; LANES];
            let values = room.values.chunks_exact(padded_width);
            for (weight, row) in weights.iter().zip(values) {
                let row = &row[block * LANES..][..LANES];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum = multiply_add::<FMA>(*weight, *value, *sum);
                }
            }
            to.copy_from_slice(&sums[..to.len()]);
        }
    }
}

/// `sums[j] = Σ_d factors[d] * rows[d][j]`, for the first columns of the rows.
#[inline(always)]
fn sum_rows<const FMA: bool>(factors: &[f32], rows: &[f32], sums: &mut [f32]) {
    let stride = rows.len() / factors.len();
    for (block, to) in sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut sums = [0.0; LANES];
        for (factor, row) in factors.iter().zip(rows.chunks_exact(stride)) {
            let row = &row[block * LANES..][..LANES];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum = multiply_add::<FMA>(*factor, *value, *sum);
            }
        }
        *to = sums;
    }
}

/// Turns the first `seen` scores into weights that sum to 1; the others become 0.
///
/// Sums run over lanes first, so that they do not depend on what follows `seen`.
#[inline(always)]
fn softmax<const FMA: bool>(scores: &mut [f32], seen: usize) {
    scores[seen..].fill(f32::NEG_INFINITY);
    let (blocks, _) = scores.as_chunks_mut::<LANES>();
    let mut highest = [f32::NEG_INFINITY; LANES];
    for block in blocks.iter() {
        for (highest, score) in highest.iter_mut().zip(block) {
            *highest = if *score > *highest { *score } else { *highest };
        }
    }
    let highest = highest.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0; LANES];
    for block in blocks.iter_mut() {
        for score in block.iter_mut() {
            *score = exp::<FMA>(*score - highest);
        }
    }
    scores[seen..].fill(0.0);
    let (blocks, _) = scores.as_chunks_mut::<LANES>();
    for block in blocks.iter() {
        for (sum, weight) in sums.iter_mut().zip(block) {
            *sum += weight;
        }
    }
    let share = 1.0 / sums.iter().sum::<f32>();
    for block in blocks.iter_mut() {
        for weight in block.iter_mut() {
            *weight *= share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Kernel = fn(&Head<'_>, &mut [f32], &mut Room);

    /// What this processor chooses, and the code for one that has neither wide vectors nor
    /// fused multiply-add.
    const KERNELS: [Kernel; 2] = [attend_head, attend_head_body::<false>];

    /// Numbers between -1 and 1.
    fn noise(seed: usize, count: usize) -> Vec<f32> {
        let number = |index: usize| {
            let mixed = (index + 7919 * seed + 1).wrapping_mul(0x9E37_79B9) >> 7;
            (mixed % 2003) as f32 / 1001.5 - 1.0
        };
        (0..count).map(number).collect()
    }

    /// The definition, in f64.
    fn exact(head: &Head<'_>, query: usize) -> Vec<f64> {
        let value = |rows: &[f32], place: usize, bias: f32| f64::from(rows[place] + bias);
        let columns = head.start..head.start + head.width;
        let seen = (head.seen_by_first + query).min(head.length);
        let (key_bias, value_bias) = head.key_value_bias.split_at(head.hidden);
        let scores: Vec<f64> = (0..seen)
            .map(|token| {
                let products = columns.clone().map(|column| {
                    let place = query * head.query_stride + column;
                    let query = value(head.queries, place, head.query_bias[column]);
                    let place = token * head.key_value_stride + column;
                    query * value(head.keys_and_values, place, key_bias[column])
                });
                products.sum()
            })
            .collect();
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = scores.iter().map(|score| (score - highest).exp());
        let total: f64 = weights.clone().sum();
        let of_column = |column: usize| {
            let values = weights.clone().enumerate().map(|(token, weight)| {
                let place = token * head.key_value_stride + head.hidden + column;
                weight * value(head.keys_and_values, place, value_bias[column])
            });
            values.sum::<f64>() / total
        };
        columns.map(of_column).collect()
    }

    /// Runs one head after the other in the same room, and holds them to the definition.
    fn check(kernel: Kernel, [heads, width, length, queries]: [usize; 4], seen_by_first: usize) {
        let hidden = heads * width;
        let rows = noise(1, queries * hidden);
        let keys_and_values = noise(2, length * 2 * hidden);
        let (query_bias, key_value_bias) = (noise(3, hidden), noise(4, 2 * hidden));
        let mut attended = vec![f32::NAN; queries * hidden];
        let mut room = Room::default();
        for number in 0..heads {
            let head = Head {
                start: number * width,
                width,
                queries: &rows,
                query_stride: hidden,
                query_bias: &query_bias,
                keys_and_values: &keys_and_values,
                key_value_stride: 2 * hidden,
                key_value_bias: &key_value_bias,
                hidden,
                length,
                seen_by_first,
            };
            kernel(&head, &mut attended, &mut room);
            for query in 0..queries {
                let found = &attended[query * hidden + head.start..][..width];
                for (found, expected) in found.iter().zip(exact(&head, query)) {
                    let apart = (f64::from(*found) - expected).abs();
                    let is_close = apart < 1e-5;
                    assert!(
                        is_close,
                        "{heads} {width} {length} {query}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn heads_of_every_size_attend_as_defined() {
        for kernel in KERNELS {
            for width in [1, 12, 31, 32, 33, 64] {
                for length in [1, 5, 32, 50, 77] {
                    check(kernel, [2, width, length, length], length);
                    check(kernel, [2, width, length, length], 1);
                    check(kernel, [3, width, length, 1], length);
                    check(kernel, [1, width, length, 1], length.div_ceil(2));
                }
            }
        }
    }

    #[test]
    fn large_scores_stay_numbers() {
        for weights in [softmax::<false>, softmax::<true>] {
            let mut scores = [-1e30; 2 * LANES];
            scores[3] = 1e30;
            scores[40] = 1e30;
            weights(&mut scores, 41);
            assert_eq!((scores[3], scores[40], scores[41]), (0.5, 0.5, 0.0));
            assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}
