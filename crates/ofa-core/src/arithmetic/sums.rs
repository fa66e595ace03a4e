//! Sums in f64 over eight interleaved partial sums.
use super::for_each_width;

const PARTIAL_SUMS: usize = 8;

for_each_width! {
    /// The sum of the values.
    pub fn sum(values: &[f64]) -> f64 {
        sum_values
    }

    /// The sum of the squares of f32 values; each square is exact.
    pub fn sum_of_squares(values: &[f32]) -> f64 {
        sum_squares
    }

    /// The dot product of f32 vectors; each product is exact, the sums are in f64.
    ///
    /// # Panics
    /// Where the lengths differ.
    pub fn dot_f64(x: &[f32], y: &[f32]) -> f64 {
        dot_exact
    }

    /// The dot product of an f32 and an f64 vector.
    ///
    /// # Panics
    /// Where the lengths differ.
    pub fn dot_mixed(x: &[f32], y: &[f64]) -> f64 {
        dot_half_wide
    }

    /// The dot product of f64 vectors.
    ///
    /// # Panics
    /// Where the lengths differ.
    pub fn dot_wide(x: &[f64], y: &[f64]) -> f64 {
        dot_all_wide
    }
}

/// Adds the terms of both vectors' elements in the documented order.
#[inline(always)]
fn interleaved<X: Copy, Y: Copy>(x: &[X], y: &[Y], term: impl Fn(X, Y) -> f64) -> f64 {
    assert_eq!(x.len(), y.len(), "a dot product needs equal lengths");
    let mut partial = [0.0f64; PARTIAL_SUMS];
    let (xs, ys) = (x.chunks_exact(PARTIAL_SUMS), y.chunks_exact(PARTIAL_SUMS));
    let rest = xs.remainder().iter().zip(ys.remainder());
    for (x, y) in xs.zip(ys) {
        for (lane, sum) in partial.iter_mut().enumerate() {
            *sum += term(x[lane], y[lane]);
        }
    }
    for (sum, (&x, &y)) in partial.iter_mut().zip(rest) {
        *sum += term(x, y);
    }
    let [a, b, c, d, e, f, g, h] = partial;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[inline(always)]
fn sum_values(values: &[f64]) -> f64 {
    interleaved(values, values, |value, _| value)
}

#[inline(always)]
fn sum_squares(values: &[f32]) -> f64 {
    interleaved(values, values, |x, _| f64::from(x) * f64::from(x))
}

#[inline(always)]
fn dot_exact(x: &[f32], y: &[f32]) -> f64 {
    interleaved(x, y, |x, y| f64::from(x) * f64::from(y))
}

#[inline(always)]
fn dot_half_wide(x: &[f32], y: &[f64]) -> f64 {
    interleaved(x, y, |x, y| f64::from(x) * y)
}

#[inline(always)]
fn dot_all_wide(x: &[f64], y: &[f64]) -> f64 {
    interleaved(x, y, |x, y| x * y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_every_short_length() {
        for len in 0..40usize {
            let values: Vec<f32> = (0..len).map(|i| i as f32 - 7.0).collect();
            let wide: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            let expected: f64 = wide.iter().map(|v| v * v).sum();
            assert_eq!(sum_of_squares(&values), expected);
            assert_eq!(dot_f64(&values, &values), expected);
            assert_eq!(dot_mixed(&values, &wide), expected);
            assert_eq!(dot_wide(&wide, &wide), expected);
            assert_eq!(sum(&wide), wide.iter().sum::<f64>());
        }
    }

    /// The order is a contract: these values give another result in any other simple order.
    #[test]
    fn the_order_is_the_documented_one() {
        let mut values = [1.0f64; 16];
        values[0] = 1e16;
        values[4] = -1e16;
        values[8] = 1.0;
        // Lane 0: 1e16 + 1 = 1e16; lane 4: -1e16 + 1 = -1e16 + 1 exactly; so 0 + 4 gives 1.
        let lane4 = -1e16 + 1.0;
        let expected = (((1e16 + 1.0) + lane4) + 4.0) + 8.0;
        assert_eq!(sum(&values), expected);
        assert_ne!(sum(&values), values.iter().sum::<f64>());
    }
}
