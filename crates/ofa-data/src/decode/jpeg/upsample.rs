//! Enlarging of subsampled planes as libjpeg-turbo does it ("fancy upsampling").

/// The samples of one component.
pub(super) struct Plane<'a> {
    pub(super) samples: &'a [u8],
    /// From one row to the next.
    pub(super) stride: usize,
    /// Of the component itself, without what fills its last blocks.
    pub(super) width: usize,
    pub(super) height: usize,
    /// How many pixels a sample is wide and high.
    pub(super) times: [usize; 2],
}

impl Plane<'_> {
    fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride..][..self.width]
    }
}

/// Row `y` of the image. `out` gets at least as many samples as the image is wide.
pub(super) fn enlarge_row(plane: &Plane<'_>, y: usize, out: &mut Vec<u8>) {
    out.clear();
    let near = plane.row(y / plane.times[1]);
    // The row on the other side of this one from the sample's middle; the border repeats itself.
    let beside = || {
        let row = y / 2;
        plane.row(if y.is_multiple_of(2) {
            row.saturating_sub(1)
        } else {
            (row + 1).min(plane.height - 1)
        })
    };
    // A plane of one or two columns is doubled without interpolation.
    let wide = plane.width > 2;
    match plane.times {
        [1, 1] => out.extend_from_slice(near),
        [2, 1] if wide => {
            interpolate(near.iter().map(|&sample| u32::from(sample)), [1, 2], 4, out);
        }
        [1, 2] => {
            let bias = if y.is_multiple_of(2) { 1 } else { 2 };
            let samples = near.iter().zip(beside());
            out.extend(samples.map(|(&near, &far)| ((weigh(near, far) + bias) >> 2) as u8));
        }
        [2, 2] if wide => {
            let samples = near.iter().zip(beside());
            interpolate(
                samples.map(|(&near, &far)| weigh(near, far)),
                [8, 7],
                16,
                out,
            );
        }
        [times, _] => {
            for &sample in near {
                out.extend(std::iter::repeat_n(sample, times));
            }
        }
    }
}

fn weigh(near: u8, far: u8) -> u32 {
    3 * u32::from(near) + u32::from(far)
}

/// Two samples for each: three quarters of it and one of its neighbour on that side, of which
/// the border has none but itself. `biases` before the division round to the left and right.
fn interpolate(
    samples: impl ExactSizeIterator<Item = u32> + Clone,
    [left_bias, right_bias]: [u32; 2],
    divisor: u32,
    out: &mut Vec<u8>,
) {
    let last = samples.len() - 1;
    let after = samples.clone().skip(1).chain(samples.clone().skip(last));
    let mut before = samples.clone().next().unwrap_or_default();
    for (sample, after) in samples.zip(after) {
        out.push(((3 * sample + before + left_bias) / divisor) as u8);
        out.push(((3 * sample + after + right_bias) / divisor) as u8);
        before = sample;
    }
}
