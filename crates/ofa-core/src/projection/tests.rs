use super::*;
use crate::dpp::eigen::Eigen;
use crate::features::{FeatureMatrix, joint};
use half::f16;

/// Rows around a few directions, each weaker than the one before, with noise in all columns.
fn matrix(rows: usize, dim: usize, seed: u64) -> FeatureMatrix {
    const DIRECTIONS: usize = 40;
    let mut rng = Rng::new(seed, Purpose::Baseline, 0, 0);
    let mut centered = || rng.unit_f64() - 0.5;
    let directions: Vec<f64> = (0..DIRECTIONS * 2 * dim).map(|_| centered()).collect();
    let mut values = vec![];
    for _ in 0..rows {
        let mut row = vec![1.0; 2 * dim];
        for (nth, direction) in directions.chunks_exact(2 * dim).enumerate() {
            let along = centered() * 4.0 / (1.0 + nth as f64);
            for (value, direction) in row.iter_mut().zip(direction) {
                *value += along * direction;
            }
        }
        values.extend(
            row.into_iter()
                .map(|value| f16::from_f64(value + 0.3 * centered())),
        );
    }
    let halves = |from: usize| {
        let rows = values.chunks_exact(2 * dim);
        rows.flat_map(|row| row[from..from + dim].to_vec())
            .collect()
    };
    FeatureMatrix::new(dim, halves(0), halves(dim)).expect("whole rows")
}

/// PCA from the definition, in f64 over all rows: coordinates and shares.
fn exact(features: &FeatureMatrix) -> (Vec<f64>, [f64; 2]) {
    let (rows, dim) = (features.rows(), 2 * features.dim());
    let mut values = vec![0.0f32; rows * dim];
    for (row, slot) in values.chunks_exact_mut(dim).enumerate() {
        joint(features, row, slot);
    }
    let mut mean = vec![0.0f64; dim];
    for row in values.chunks_exact(dim) {
        for (mean, value) in mean.iter_mut().zip(row) {
            *mean += f64::from(*value) / rows as f64;
        }
    }
    let centered: Vec<f64> = (values.chunks_exact(dim))
        .flat_map(|row| {
            row.iter()
                .zip(&mean)
                .map(|(value, mean)| f64::from(*value) - mean)
        })
        .collect();
    let mut covariance = vec![0.0f64; dim * dim];
    for row in centered.chunks_exact(dim) {
        for (i, value) in row.iter().enumerate() {
            for (sum, other) in covariance[i * dim..(i + 1) * dim].iter_mut().zip(row) {
                *sum += value * other / rows as f64;
            }
        }
    }
    let total: f64 = (0..dim).map(|i| covariance[i * dim + i]).sum();
    let eigen = Eigen::of(InstructionSet::Baseline, covariance, dim).expect("converges");
    let mut order: Vec<usize> = (0..dim).collect();
    order.sort_by(|&a, &b| eigen.values[b].total_cmp(&eigen.values[a]));
    let axes = [0, 1].map(|nth| {
        let axis = &eigen.vectors[order[nth] * dim..(order[nth] + 1) * dim];
        let largest = axis.iter().copied().fold(0.0f64, |largest, value| {
            if value.abs() > largest.abs() {
                value
            } else {
                largest
            }
        });
        axis.iter()
            .map(|value| value * largest.signum())
            .collect::<Vec<f64>>()
    });
    let coordinates = centered.chunks_exact(dim).flat_map(|row| {
        axes.each_ref()
            .map(|axis| row.iter().zip(axis).map(|(x, y)| x * y).sum::<f64>())
    });
    (
        coordinates.collect(),
        [0, 1].map(|nth| eigen.values[order[nth]] / total),
    )
}

/// The root of the mean squared distance between the places of a row, beside that from the middle.
fn distance(found: &[f32], expected: &[f64]) -> f64 {
    let squares = |terms: &mut dyn Iterator<Item = f64>| terms.map(|term| term * term).sum::<f64>();
    let off = squares(&mut found.iter().zip(expected).map(|(x, y)| f64::from(*x) - y));
    (off / squares(&mut expected.iter().copied())).sqrt()
}

#[test]
fn a_small_pool_has_its_principal_components() {
    for (rows, dim) in [(3, 2), (500, 7), (900, 40)] {
        let features = matrix(rows, dim, 3);
        let found = project(&features, (0..rows).collect()).expect("finite");
        let (coordinates, explained) = exact(&features);
        let off = distance(&found.coordinates, &coordinates);
        assert!(off < 2e-6, "{rows} rows, {dim} wide: {off}");
        for (found, expected) in found.explained.iter().zip(explained) {
            assert!(
                (found - expected).abs() < 1e-6,
                "{found}, expected {expected}"
            );
        }
    }
}

/// Beyond the sample the axes are estimates. In 96 columns, 64 of them outside of the sample's axes.
#[test]
fn a_large_pool_has_nearly_its_principal_components() {
    let rows = SAMPLE + 4000;
    let features = matrix(rows, 48, 5);
    let found = project(&features, (0..rows).collect()).expect("finite");
    let (coordinates, explained) = exact(&features);
    let off = distance(&found.coordinates, &coordinates);
    assert!(off < 3e-3, "{off}");
    for (found, expected) in found.explained.iter().zip(explained) {
        assert!(
            (found - expected).abs() < 1e-4,
            "{found}, expected {expected}"
        );
    }
    let mean = |column: usize| {
        let values = found.coordinates.iter().skip(column).step_by(2);
        values.map(|&value| f64::from(value)).sum::<f64>() / rows as f64
    };
    assert!(mean(0).abs() < 1e-7 && mean(1).abs() < 1e-7);
}

#[test]
fn every_instruction_set_and_any_number_of_threads_give_the_same_bits() {
    let features = matrix(SAMPLE + 700, 20, 9);
    let rows: Vec<usize> = (0..features.rows()).rev().step_by(1).collect();
    let bits = |set| {
        let mut projector = Projector::begin(&features, rows.clone()).expect("in range");
        projector = projector.with_instruction_set(set);
        let mut last = 0;
        while let Some(progress) = projector.step(&features).expect("finite") {
            assert!(
                progress.done >= last && progress.done <= progress.of,
                "{progress:?}"
            );
            last = progress.done;
        }
        let found = projector.finish().expect("finished");
        let coordinates: Vec<u32> = found
            .coordinates
            .iter()
            .map(|value| value.to_bits())
            .collect();
        (coordinates, found.explained.map(f64::to_bits))
    };
    let baseline = bits(InstructionSet::Baseline);
    for set in InstructionSet::available() {
        assert!(bits(set) == baseline, "{set:?}");
    }
    #[cfg(feature = "rayon")]
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        assert!(
            pool.install(|| bits(InstructionSet::detect())) == baseline,
            "{threads} threads"
        );
    }
}

#[test]
fn what_does_not_differ_lies_in_one_place() {
    let one = matrix(1, 3, 1);
    let found = project(&one, vec![0]).expect("finite");
    assert_eq!(found.coordinates, [0.0, 0.0]);
    assert_eq!(found.explained, [0.0, 0.0]);
    let none = project(&one, vec![]).expect("nothing");
    assert_eq!((none.coordinates, none.explained), (vec![], [0.0, 0.0]));
    let zeros = FeatureMatrix::new(40, vec![f16::ZERO; 80], vec![f16::ZERO; 80]).expect("two rows");
    let found = project(&zeros, vec![0, 1]).expect("finite");
    assert_eq!(
        (found.coordinates, found.explained),
        (vec![0.0; 4], [0.0, 0.0])
    );
}

#[test]
fn rows_that_are_not_there_or_not_finite_are_refused() {
    let features = matrix(4, 3, 1);
    let beyond = Projector::begin(&features, vec![1, 4]).map(drop);
    assert!(matches!(beyond, Err(Error::Option { .. })), "{beyond:?}");
    let text = vec![f16::ONE, f16::NAN];
    let broken = FeatureMatrix::new(1, vec![f16::ONE; 2], text).expect("two rows");
    let refused = project(&broken, vec![0, 1]);
    assert!(
        matches!(refused, Err(Error::NotFinite { row: 1, .. })),
        "{refused:?}"
    );
}
