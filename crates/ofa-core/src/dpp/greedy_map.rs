//! The most probable set of a DPP, greedily.
use super::Kernel;

/// `k` candidates: each time the one that the determinant of the chosen set's kernel grows the
/// most by, the earlier candidate on ties. Ascending.
///
/// Where rounding leaves nothing to grow by, the earliest candidates fill up.
///
/// Cost: `n k^2 / 2` multiplications. Source: Chen, Zhang and Zhou, Fast greedy MAP inference for
/// determinantal point process (2018), algorithm 1.
///
/// # Panics
/// Where `k` is above the number of candidates.
pub fn greedy_map(kernel: &Kernel, jitter: f64, k: usize) -> Vec<usize> {
    let n = kernel.len();
    assert!(k <= n, "{k} of {n} candidates");
    let matrix = kernel.with_jitter(jitter);
    // What the determinant would be multiplied by; the chosen ones leave.
    let mut gain: Vec<f64> = (0..n).map(|i| matrix[i * n + i]).collect();
    let mut is_chosen = vec![false; n];
    // The rows of the chosen set's Cholesky factor, as columns over all candidates.
    let mut factor: Vec<f64> = Vec::with_capacity(n * k);
    for _ in 0..k {
        let best = (0..n)
            .filter(|&i| !is_chosen[i])
            .reduce(|best, i| if gain[i] > gain[best] { i } else { best })
            .expect("fewer are chosen than there are");
        is_chosen[best] = true;
        // Not above 0, or NaN: nothing is told apart any more.
        let root = match gain[best] {
            gain if gain > 0.0 => gain.sqrt(),
            _ => continue,
        };
        let mut column = matrix[best * n..(best + 1) * n].to_vec();
        for before in factor.chunks_exact(n) {
            let own = before[best];
            for (value, before) in column.iter_mut().zip(before) {
                *value -= own * before;
            }
        }
        for (gain, value) in gain.iter_mut().zip(&mut column) {
            *value /= root;
            *gain -= *value * *value;
        }
        factor.extend(column);
    }
    (0..n).filter(|&i| is_chosen[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    /// By elimination with the largest pivot.
    fn determinant(matrix: &[f64], rows: &[usize], n: usize) -> f64 {
        let m = rows.len();
        let mut a: Vec<f64> = rows
            .iter()
            .flat_map(|&i| rows.iter().map(move |&j| matrix[i * n + j]))
            .collect();
        let mut result = 1.0;
        for c in 0..m {
            let pivot = (c..m)
                .max_by(|&x, &y| a[x * m + c].abs().total_cmp(&a[y * m + c].abs()))
                .expect("a row is left");
            if pivot != c {
                (0..m).for_each(|j| a.swap(c * m + j, pivot * m + j));
                result = -result;
            }
            result *= a[c * m + c];
            for r in c + 1..m {
                let factor = a[r * m + c] / a[c * m + c];
                for j in c..m {
                    a[r * m + j] -= factor * a[c * m + j];
                }
            }
        }
        result
    }

    #[test]
    fn each_step_is_the_best_one() {
        let (n, width) = (12, 6);
        for seed in 0..20 {
            let mut rng = Rng::new(seed, Purpose::Baseline, 0, 0);
            let rows: Vec<f64> = (0..n * width).map(|_| rng.unit_f64() - 0.5).collect();
            let quality: Vec<f64> = (0..n).map(|_| rng.unit_f64()).collect();
            let kernel = Kernel::from_rows(&rows, n, &quality);
            let matrix = kernel.with_jitter(1e-8);
            let mut chosen: Vec<usize> = vec![];
            for k in 1..=n {
                let with = |i: usize| [&chosen[..], &[i]].concat();
                let best = (0..n)
                    .filter(|i| !chosen.contains(i))
                    .max_by(|&x, &y| {
                        let of = |i| determinant(&matrix, &with(i), n);
                        of(x).total_cmp(&of(y))
                    })
                    .expect("one is left");
                chosen.push(best);
                let mut expected = chosen.clone();
                expected.sort_unstable();
                assert_eq!(greedy_map(&kernel, 1e-8, k), expected, "seed {seed}, k {k}");
            }
        }
    }

    #[test]
    fn copies_come_last_and_in_order() {
        // Candidates 0 and 1 are one record, 2 and 3 another, 4 has no quality.
        let rows = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0];
        let kernel = Kernel::from_rows(&rows, 5, &[1.0, 1.0, 1.0, 1.0, 0.0]);
        assert_eq!(greedy_map(&kernel, 1e-8, 2), [0, 2]);
        assert_eq!(greedy_map(&kernel, 1e-8, 5), [0, 1, 2, 3, 4]);
        assert_eq!(greedy_map(&kernel, 0.0, 5), [0, 1, 2, 3, 4]);
        assert_eq!(greedy_map(&kernel, 1e-8, 0), [0usize; 0]);
    }
}
