//! Samples against the probabilities that all subsets' determinants give.
use super::*;
use crate::dpp::JITTERS;
use crate::rng::Purpose;

const DRAWS: u64 = 20_000;

fn determinant(matrix: &[f64], rows: &[usize], n: usize) -> f64 {
    // By minors: the sets are tiny, and this has nothing in common with what is tested.
    match rows {
        [] => 1.0,
        [first, rest @ ..] => {
            fn minors(matrix: &[f64], rows: &[usize], columns: &[usize], n: usize) -> f64 {
                let Some((&row, rows)) = rows.split_first() else {
                    return 1.0;
                };
                (0..columns.len())
                    .map(|c| {
                        let others = [&columns[..c], &columns[c + 1..]].concat();
                        let sign = if c % 2 == 0 { 1.0 } else { -1.0 };
                        sign * matrix[row * n + columns[c]] * minors(matrix, rows, &others, n)
                    })
                    .sum()
            }
            let all = [&[*first], rest].concat();
            minors(matrix, &all, &all, n)
        }
    }
}

/// Every set of `k` of `n`, with its probability.
fn probabilities(matrix: &[f64], n: usize, k: usize) -> Vec<(Vec<usize>, f64)> {
    let sets = (0u32..1 << n).filter(|set| set.count_ones() as usize == k);
    let mut weighted: Vec<(Vec<usize>, f64)> = sets
        .map(|set| (0..n).filter(|i| set >> i & 1 == 1).collect())
        .map(|set: Vec<usize>| {
            let weight = determinant(matrix, &set, n).max(0.0);
            (set, weight)
        })
        .collect();
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    weighted.iter_mut().for_each(|(_, weight)| *weight /= total);
    weighted
}

/// The chi-squared statistic stays below its mean by this many standard deviations or more in all
/// but one of a hundred thousand runs.
fn assert_chi_squared(found: &[u64], expected: &[f64], what: &str) {
    let (mut statistic, mut cells) = (0.0, 0);
    // Cells that are too rare for the approximation are taken together.
    let (mut rare_found, mut rare_expected) = (0, 0.0);
    for (&found, &expected) in found.iter().zip(expected) {
        if expected < 5.0 {
            rare_found += found;
            rare_expected += expected;
        } else {
            statistic += (found as f64 - expected).powi(2) / expected;
            cells += 1;
        }
    }
    if rare_expected >= 5.0 {
        statistic += (rare_found as f64 - rare_expected).powi(2) / rare_expected;
        cells += 1;
    } else {
        assert!(rare_found as f64 <= rare_expected + 20.0, "{what}: rare");
    }
    let freedom = f64::from(cells - 1);
    let limit = freedom + 4.3 * (2.0 * freedom).sqrt() + 12.0;
    assert!(
        statistic < limit,
        "{what}: {statistic} of {freedom} degrees of freedom"
    );
}

fn compare(kernel: &Kernel, k: usize, seed: u64) {
    let n = kernel.len();
    let jitter = JITTERS[0];
    let truth = probabilities(&kernel.with_jitter(jitter), n, k);
    let dpp = KDpp::new(InstructionSet::detect(), kernel, jitter).expect("decomposes");
    let mut rng = Rng::new(seed, Purpose::DppSample, 0, 0);
    let mut counts = vec![0u64; truth.len()];
    let (mut singles, mut pairs) = (vec![0u64; n], vec![0u64; n * n]);
    for _ in 0..DRAWS {
        let set = dpp.sample(k, &mut rng);
        assert!(set.len() == k && set.is_sorted_by(|a, b| a < b));
        let at = truth
            .iter()
            .position(|(known, _)| *known == set)
            .expect("one of the sets");
        counts[at] += 1;
        for (place, &i) in set.iter().enumerate() {
            singles[i] += 1;
            set[place + 1..].iter().for_each(|&j| pairs[i * n + j] += 1);
        }
    }
    let draws = DRAWS as f64;
    let expected: Vec<f64> = truth.iter().map(|(_, p)| p * draws).collect();
    assert_chi_squared(&counts, &expected, &format!("sets, k {k}"));
    let holding = |members: &[usize]| -> f64 {
        truth
            .iter()
            .filter(|(set, _)| members.iter().all(|i| set.contains(i)))
            .map(|(_, p)| p)
            .sum()
    };
    // Each frequency by itself: in or not in.
    let check = |found: u64, p: f64, what: String| {
        let found = [found, DRAWS - found];
        assert_chi_squared(&found, &[p * draws, (1.0 - p) * draws], &what);
    };
    for i in 0..n {
        check(singles[i], holding(&[i]), format!("record {i}, k {k}"));
        for j in i + 1..n {
            let what = format!("records {i} and {j}, k {k}");
            check(pairs[i * n + j], holding(&[i, j]), what);
        }
    }
}

fn random_kernel(n: usize, width: usize, seed: u64) -> Kernel {
    let mut rng = Rng::new(seed, Purpose::Baseline, 0, 0);
    let rows: Vec<f64> = (0..n * width).map(|_| rng.unit_f64() - 0.5).collect();
    let quality: Vec<f64> = (0..n).map(|r| 1.0 - r as f64 / n as f64).collect();
    Kernel::from_rows(&rows, n, &quality)
}

#[test]
fn frequencies_are_the_true_marginals() {
    for (seed, n, width, k) in [(1, 6, 8, 3), (2, 8, 3, 4), (3, 7, 16, 1), (4, 5, 4, 4)] {
        compare(&random_kernel(n, width, seed), k, seed);
    }
}

#[test]
fn copies_are_hardly_drawn_together() {
    // Three records, two of them twice: of rank 3.
    let rows = [
        1.0, 0.0, 0.2, 1.0, 0.0, 0.2, 0.0, 1.0, 0.1, 0.0, 1.0, 0.1, 0.5, 0.5, 1.0,
    ];
    let kernel = Kernel::from_rows(&rows, 5, &[1.0, 0.8, 0.6, 0.4, 0.2]);
    compare(&kernel, 2, 7);
    compare(&kernel, 3, 8);
    // More than the rank: the jitter decides which copies come along.
    compare(&kernel, 4, 9);
}

#[test]
fn records_without_quality_come_only_where_they_must() {
    let rows: Vec<f64> = (0..18).map(|i| f64::from(i * i % 7) - 3.0).collect();
    let kernel = Kernel::from_rows(&rows, 6, &[1.0, 0.0, 0.5, 0.0, 0.7, 0.3]);
    let dpp = KDpp::new(InstructionSet::detect(), &kernel, JITTERS[0]).expect("decomposes");
    let mut rng = Rng::new(1, Purpose::DppSample, 0, 0);
    for _ in 0..500 {
        assert!(
            dpp.sample(3, &mut rng)
                .iter()
                .all(|i| [0, 2, 4, 5].contains(i))
        );
        let five = dpp.sample(5, &mut rng);
        assert!([0, 2, 4, 5].iter().all(|i| five.contains(i)), "{five:?}");
    }
    let none = Kernel::from_rows(&rows, 6, &[0.0; 6]);
    let dpp = KDpp::new(InstructionSet::detect(), &none, JITTERS[0]).expect("decomposes");
    assert_eq!(dpp.sample(4, &mut rng).len(), 4);
}

#[test]
fn the_whole_block_and_nothing_of_it() {
    let mut rng = Rng::new(1, Purpose::DppSample, 0, 0);
    for n in [1, 2, 128] {
        let dpp = KDpp::new(
            InstructionSet::detect(),
            &random_kernel(n, 4, 1),
            JITTERS[0],
        );
        let dpp = dpp.expect("decomposes");
        assert_eq!(dpp.sample(n, &mut rng), (0..n).collect::<Vec<_>>());
        assert_eq!(dpp.sample(0, &mut rng), [0usize; 0]);
    }
}

/// 128 copies of one record: products of eigenvalues go down to 1e-500.
#[test]
fn a_block_of_copies_is_sampled_uniformly() {
    let kernel = Kernel::from_rows(&[0.3; 128 * 3], 128, &[1.0; 128]);
    let dpp = KDpp::new(InstructionSet::detect(), &kernel, JITTERS[0]).expect("decomposes");
    let mut rng = Rng::new(6, Purpose::DppSample, 0, 0);
    let mut counts = vec![0u64; 128];
    for _ in 0..400 {
        let set = dpp.sample(64, &mut rng);
        assert_eq!(set.len(), 64);
        set.iter().for_each(|&i| counts[i] += 1);
    }
    assert_chi_squared(&counts, &[200.0; 128], "copies");
}

/// The ratios are those of the polynomials, where these can be computed.
#[test]
fn ratios_are_those_of_the_symmetric_polynomials() {
    let values = [0.5, 2.0, 1e-8, 3.0, 0.25, 7.0];
    let k = 4;
    let table = ratio_table(&values, k);
    let mut e = vec![0.0; k + 1];
    e[0] = 1.0;
    for (i, value) in values.iter().enumerate() {
        for j in (1..=k).rev() {
            e[j] += value * e[j - 1];
        }
        for j in 1..=k.min(i + 1) {
            let expected = e[j] / e[j - 1];
            let found = table[(i + 1) * (k + 1) + j];
            assert!((found / expected - 1.0).abs() < 1e-13, "{i} {j}");
        }
    }
}
