//! Filter weights in fixed point, as Pillow computes them.
//!
//! Reference: `precompute_coeffs` and `normalize_coeffs_8bpc` in Pillow's `Resample.c`.

use std::f64::consts::PI;
use std::ops::Range;

/// Bits behind the binary point: 32 less 8 for the pixel and 2 for overshoot.
pub(super) const PRECISION_BITS: u32 = 32 - 8 - 2;

/// How pixels are weighed when an image is resized; the numbers are Pillow's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// A windowed sinc of three lobes: `resample` 1.
    Lanczos,
    /// A triangle: `resample` 2.
    Bilinear,
    /// Cubic convolution with a = -0.5: `resample` 3.
    Bicubic,
    /// The mean of the pixels that an output pixel covers: `resample` 4.
    Box,
    /// A sinc of one lobe in a Hamming window: `resample` 5.
    Hamming,
}

impl Filter {
    /// Half the width of the filter at scale 1.
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        // The only one that is not symmetric: a pixel on the edge counts on one side.
        if self == Self::Box {
            return if x > -0.5 && x <= 0.5 { 1.0 } else { 0.0 };
        }
        let x = x.abs();
        match self {
            Self::Lanczos if x < 3.0 => sinc(x) * sinc(x / 3.0),
            // Pillow's constants are f32 and add up to a little more than 1.
            Self::Hamming if x == 0.0 => 1.0,
            Self::Hamming if x < 1.0 => {
                let window = f64::from(0.54_f32) + f64::from(0.46_f32) * (x * PI).cos();
                sinc(x) * window
            }
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

/// `sin(πx) / πx`.
fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * PI;
    x.sin() / x
}

/// The sharpness of the bicubic filter.
const A: f64 = -0.5;

/// For every output pixel along one side: which input pixels it is made of, and how much of
/// each.
pub(super) struct Taps {
    first: Vec<usize>,
    /// Where each output pixel's weights begin; one more at the end.
    starts: Vec<usize>,
    weights: Vec<i32>,
}

impl Taps {
    /// Weights of the output pixels `wanted`, when a side of `input` becomes `output` long.
    pub(super) fn new(input: usize, output: usize, wanted: Range<usize>, filter: Filter) -> Self {
        // Pillow keeps the box to be resized as f32, exact up to 16,777,216 pixels.
        let scale = f64::from(input as f32) / output as f64;
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let inverse = 1.0 / filter_scale;

        let mut taps = Self {
            first: Vec::with_capacity(wanted.len()),
            starts: vec![0],
            weights: Vec::new(),
        };
        let mut exact = Vec::new();
        for place in wanted {
            let center = (place as f64 + 0.5) * scale;
            // Casts cut towards zero and saturate at zero, which is what is wanted.
            let first = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(input);
            exact.clear();
            exact.extend((first..end).map(|x| filter.weight((x as f64 - center + 0.5) * inverse)));
            let sum: f64 = exact.iter().sum();
            for weight in &exact {
                let share = if sum == 0.0 { *weight } else { weight / sum };
                let scaled = share * f64::from(1 << PRECISION_BITS);
                taps.weights.push((scaled + 0.5_f64.copysign(share)) as i32);
            }
            taps.first.push(first);
            taps.starts.push(taps.weights.len());
        }
        taps
    }

    /// Number of output pixels.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// The first input pixel of an output pixel, and the weights from it on.
    pub(super) fn of(&self, place: usize) -> (usize, &[i32]) {
        let weights = &self.weights[self.starts[place]..self.starts[place + 1]];
        (self.first[place], weights)
    }

    /// All input pixels that any output pixel is made of.
    pub(super) fn span(&self) -> Range<usize> {
        let last = self.len() - 1;
        self.first[0]..self.first[last] + self.of(last).1.len()
    }
}
