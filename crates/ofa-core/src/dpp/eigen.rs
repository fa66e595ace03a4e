//! Eigenvalues and eigenvectors of a symmetric matrix.
//!
//! Householder reflections make it tridiagonal, QL steps with implicit shifts make it diagonal.
//! Everything works on whole rows, so the compiler may use registers of any width: no sum is
//! taken in an order that depends on it.
//!
//! Source: Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3.
use crate::arithmetic::InstructionSet;

/// QL steps after which an eigenvalue is given up. Two are usual.
const MOST_STEPS: usize = 60;

/// Rows whose dot products are computed together.
const ROWS: usize = 4;

/// Partial sums of a dot product, as [`crate::arithmetic::dot_wide`] has them.
const PARTIAL_SUMS: usize = 8;

/// What a symmetric matrix is made of.
#[derive(Debug, Clone)]
pub(crate) struct Eigen {
    /// Eigenvalues in no particular order.
    pub(crate) values: Vec<f64>,
    /// `[n, n]`: row `i` is the eigenvector of value `i`, of length 1.
    pub(crate) vectors: Vec<f64>,
}

impl Eigen {
    /// Decomposes a symmetric matrix. `None` where an eigenvalue is not found, which takes
    /// values that are not finite or range over hundreds of orders of magnitude.
    ///
    /// # Shapes
    /// `matrix` `[n, n]`.
    ///
    /// Cost: about `9 n^3` multiplications and additions.
    pub(crate) fn of(set: InstructionSet, matrix: Vec<f64>, n: usize) -> Option<Self> {
        debug_assert_eq!(matrix.len(), n * n);
        assert!(set.is_available(), "this processor lacks {set:?}");
        match set {
            InstructionSet::Baseline => decompose(matrix, n),
            // SAFETY: the processor has the instructions, as checked above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { decompose_avx2(matrix, n) },
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 | InstructionSet::Avx512Vnni | InstructionSet::Tiles => unsafe {
                decompose_avx512(matrix, n)
            },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn decompose_avx2(matrix: Vec<f64>, n: usize) -> Option<Eigen> {
    decompose(matrix, n)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn decompose_avx512(matrix: Vec<f64>, n: usize) -> Option<Eigen> {
    decompose(matrix, n)
}

#[inline(always)]
fn decompose(mut matrix: Vec<f64>, n: usize) -> Option<Eigen> {
    let mut diagonal = vec![0.0; n];
    // `beside[i]` couples `i` and `i + 1`.
    let mut beside = vec![0.0; n];
    let mut vectors = tridiagonalise(&mut matrix, n, &mut diagonal, &mut beside);
    diagonalise(&mut diagonal, &mut beside, &mut vectors, n)?;
    Some(Eigen {
        values: diagonal,
        vectors,
    })
}

/// Makes the matrix tridiagonal by reflections from both sides and gives their product, transposed.
#[inline(always)]
fn tridiagonalise(
    matrix: &mut [f64],
    n: usize,
    diagonal: &mut [f64],
    beside: &mut [f64],
) -> Vec<f64> {
    // Reflection `k` is `I - scale[k] v v^T`, where `v` begins at element `k + 1`; it is kept in
    // the part of row `k` that it cleared.
    let mut scale = vec![0.0; n];
    let mut image = vec![0.0; n];
    for k in 0..n.saturating_sub(1) {
        diagonal[k] = matrix[k * n + k];
        let (done, rest) = matrix.split_at_mut((k + 1) * n);
        let v = &mut done[k * n + k + 1..];
        let below = dot(&v[1..], &v[1..]);
        if below == 0.0 {
            beside[k] = v[0];
            continue;
        }
        let length = (v[0] * v[0] + below).sqrt();
        // The sign that adds up keeps the difference from cancelling.
        let to = if v[0] > 0.0 { -length } else { length };
        beside[k] = to;
        v[0] -= to;
        scale[k] = 2.0 / (v[0] * v[0] + below);
        // rest -= v w^T + w v^T, with w = scale (rest v - scale/2 (v^T rest v) v).
        let m = n - k - 1;
        let w = &mut image[..m];
        let mut rows = rest.chunks_exact(ROWS * n);
        let mut images = w.chunks_exact_mut(ROWS);
        for (rows, images) in (&mut rows).zip(&mut images) {
            let rows = std::array::from_fn(|i| &rows[i * n + k + 1..(i + 1) * n]);
            images.copy_from_slice(&dots::<ROWS>(rows, v).map(|dot| scale[k] * dot));
        }
        let rows = rows.remainder().chunks_exact(n);
        for (row, image) in rows.zip(images.into_remainder()) {
            *image = scale[k] * dot(&row[k + 1..], v);
        }
        let half = 0.5 * scale[k] * dot(w, v);
        for (w, v) in w.iter_mut().zip(&*v) {
            *w -= half * v;
        }
        for i in 0..m {
            let (vi, wi) = (v[i], w[i]);
            let row = &mut rest[i * n + k + 1..(i + 1) * n];
            for ((value, v), w) in row.iter_mut().zip(&*v).zip(&*w) {
                *value -= vi * w + wi * v;
            }
        }
    }
    if n > 0 {
        diagonal[n - 1] = matrix[n * n - 1];
    }
    product_of_reflections(matrix, n, &scale)
}

/// Rows `i` of the result are columns `i` of `H0 H1 H2 …`.
#[inline(always)]
fn product_of_reflections(matrix: &[f64], n: usize, scale: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; n * n];
    for i in 0..n {
        product[i * n + i] = 1.0;
    }
    for k in (0..n.saturating_sub(1)).rev() {
        if scale[k] == 0.0 {
            continue;
        }
        let v = &matrix[k * n + k + 1..(k + 1) * n];
        let mut together = product[(k + 1) * n..].chunks_exact_mut(ROWS * n);
        for rows in &mut together {
            let along: [&[f64]; ROWS] = std::array::from_fn(|i| &rows[i * n + k + 1..(i + 1) * n]);
            let along = dots(along, v).map(|dot| scale[k] * dot);
            for (row, along) in rows.chunks_exact_mut(n).zip(along) {
                subtract(&mut row[k + 1..], along, v);
            }
        }
        for row in together.into_remainder().chunks_exact_mut(n) {
            let row = &mut row[k + 1..];
            let along = scale[k] * dot(row, v);
            subtract(row, along, v);
        }
    }
    product
}

/// `row -= along * v`.
#[inline(always)]
fn subtract(row: &mut [f64], along: f64, v: &[f64]) {
    for (value, v) in row.iter_mut().zip(v) {
        *value -= along * v;
    }
}

/// Makes a tridiagonal matrix diagonal, and turns the rows of `vectors` along.
#[inline(always)]
fn diagonalise(
    diagonal: &mut [f64],
    beside: &mut [f64],
    vectors: &mut [f64],
    n: usize,
) -> Option<()> {
    // Beside the whole matrix, smaller couplings are rounding. Beside their own neighbours they
    // need not be: a kernel with copies has eigenvalues next to zero, which never come to rest.
    let size = (diagonal.iter().zip(&*beside))
        .map(|(d, e)| d.abs() + e.abs())
        .fold(0.0, f64::max);
    let negligible = f64::EPSILON * size;
    for first in 0..n {
        let mut steps = 0;
        loop {
            // The block from `first` on that is still coupled ends at `last`.
            let last = (first..n - 1)
                .find(|&i| beside[i].abs() <= negligible)
                .unwrap_or(n - 1);
            if last == first {
                break;
            }
            if steps == MOST_STEPS {
                return None;
            }
            steps += 1;
            ql_step(diagonal, beside, vectors, n, first, last);
        }
        if !diagonal[first].is_finite() {
            return None;
        }
    }
    Some(())
}

/// One QL step on the block from `first` to `last`, shifted by an eigenvalue of its upper corner.
#[inline(always)]
fn ql_step(
    diagonal: &mut [f64],
    beside: &mut [f64],
    vectors: &mut [f64],
    n: usize,
    first: usize,
    last: usize,
) {
    let ratio = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
    let root = (ratio * ratio + 1.0).sqrt();
    let signed = if ratio < 0.0 { -root } else { root };
    let mut bulge = diagonal[last] - diagonal[first] + beside[first] / (ratio + signed);
    let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
    for i in (first..last).rev() {
        let f = sine * beside[i];
        let b = cosine * beside[i];
        let length = (f * f + bulge * bulge).sqrt();
        beside[i + 1] = length;
        if length == 0.0 {
            // The block falls in two here.
            diagonal[i + 1] -= shift;
            beside[last] = 0.0;
            return;
        }
        sine = f / length;
        cosine = bulge / length;
        let g = diagonal[i + 1] - shift;
        let r = (diagonal[i] - g) * sine + 2.0 * cosine * b;
        shift = sine * r;
        diagonal[i + 1] = g + shift;
        bulge = cosine * r - b;
        let (upper, lower) = vectors[i * n..(i + 2) * n].split_at_mut(n);
        for (x, y) in upper.iter_mut().zip(lower) {
            let (a, c) = (*x, *y);
            *y = sine * a + cosine * c;
            *x = cosine * a - sine * c;
        }
    }
    diagonal[first] -= shift;
    beside[first] = bulge;
    beside[last] = 0.0;
}

/// As [`crate::arithmetic::dot_wide`], to be compiled with the caller's instructions.
#[inline(always)]
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let [dot] = dots([x], y);
    dot
}

/// Dot products of several rows with one: each as [`dot`] alone has it, but their sums, of which each step waits
/// for the one before, are on their way at the same time.
#[inline(always)]
fn dots<const N: usize>(rows: [&[f64]; N], y: &[f64]) -> [f64; N] {
    let mut partial = [[0.0f64; PARTIAL_SUMS]; N];
    let rows = rows.map(|row| &row[..y.len()]);
    let (whole, rest) = y.as_chunks::<PARTIAL_SUMS>();
    for (at, y) in whole.iter().enumerate() {
        for (partial, row) in partial.iter_mut().zip(rows) {
            let x = &row[at * PARTIAL_SUMS..][..PARTIAL_SUMS];
            for ((sum, x), y) in partial.iter_mut().zip(x).zip(y) {
                *sum += x * y;
            }
        }
    }
    for (partial, row) in partial.iter_mut().zip(rows) {
        let x = &row[y.len() - rest.len()..];
        for ((sum, x), y) in partial.iter_mut().zip(x).zip(rest) {
            *sum += x * y;
        }
    }
    partial.map(|[a, b, c, d, e, f, g, h]| ((a + e) + (c + g)) + ((b + f) + (d + h)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    /// `A^T A` of `rows` random rows: of rank `min(rows, n)`.
    fn gram(n: usize, rows: usize, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed, Purpose::Baseline, 0, 0);
        let a: Vec<f64> = (0..rows * n).map(|_| rng.unit_f64() - 0.5).collect();
        let mut gram = vec![0.0; n * n];
        for row in a.chunks_exact(n) {
            for (i, x) in row.iter().enumerate() {
                for (j, y) in row.iter().enumerate() {
                    gram[i * n + j] += x * y;
                }
            }
        }
        gram
    }

    fn check(matrix: &[f64], n: usize) {
        let eigen = Eigen::of(InstructionSet::detect(), matrix.to_vec(), n).expect("converges");
        let size = matrix.iter().fold(1e-300f64, |most, v| most.max(v.abs()));
        let tolerance = 1e-13 * n as f64 * size;
        for i in 0..n {
            let vector = &eigen.vectors[i * n..(i + 1) * n];
            for r in 0..n {
                let product = dot(&matrix[r * n..(r + 1) * n], vector);
                let error = (product - eigen.values[i] * vector[r]).abs();
                assert!(error <= tolerance, "n {n}, vector {i}, row {r}: {error}");
            }
            for j in 0..=i {
                let product = dot(vector, &eigen.vectors[j * n..(j + 1) * n]);
                let expected = f64::from(u8::from(i == j));
                assert!((product - expected).abs() < 1e-13 * n as f64, "{i} {j}");
            }
        }
        let trace: f64 = (0..n).map(|i| matrix[i * n + i]).sum();
        let sum: f64 = eigen.values.iter().sum();
        assert!((trace - sum).abs() <= tolerance * n as f64);
    }

    #[test]
    fn vectors_and_values_make_the_matrix() {
        for n in [1, 2, 3, 4, 7, 8, 33, 128] {
            check(&gram(n, n + 3, n as u64), n);
            // Of low rank, with one value many times, without anything beside the diagonal.
            check(&gram(n, 2, n as u64), n);
            let mut jittered = gram(n, n.div_ceil(8), n as u64);
            (0..n).for_each(|i| jittered[i * n + i] += 1e-8);
            check(&jittered, n);
            check(&vec![1.0; n * n], n);
            check(&vec![0.0; n * n], n);
            let mut diagonal = vec![0.0; n * n];
            (0..n).for_each(|i| diagonal[i * n + i] = (i % 3) as f64);
            check(&diagonal, n);
        }
    }

    #[test]
    fn known_eigenvalues_are_found() {
        // 2 on the diagonal and -1 beside it: 2 - 2 cos(i pi / (n + 1)).
        let n = 50;
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            matrix[i * n + i] = 2.0;
            if i > 0 {
                matrix[i * n + i - 1] = -1.0;
                matrix[(i - 1) * n + i] = -1.0;
            }
        }
        let mut values = Eigen::of(InstructionSet::Baseline, matrix, n)
            .expect("converges")
            .values;
        values.sort_by(f64::total_cmp);
        for (i, value) in (1..).zip(values) {
            let angle = i as f64 * std::f64::consts::PI / (n + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-13);
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let bits = |set, n: usize, rows| {
            let eigen = Eigen::of(set, gram(n, rows, 5), n).expect("converges");
            let all = eigen.values.into_iter().chain(eigen.vectors);
            all.map(f64::to_bits).collect::<Vec<_>>()
        };
        for (n, rows) in [(128, 200), (61, 61), (40, 3)] {
            let baseline = bits(InstructionSet::Baseline, n, rows);
            for set in InstructionSet::available() {
                assert_eq!(bits(set, n, rows), baseline, "{set:?}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_given_up() {
        for value in [f64::NAN, f64::INFINITY] {
            let mut matrix = gram(9, 9, 1);
            matrix[4 * 9 + 3] = value;
            matrix[3 * 9 + 4] = value;
            assert!(Eigen::of(InstructionSet::Baseline, matrix, 9).is_none());
        }
    }
}
