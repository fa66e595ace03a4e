//! Drawing in whole numbers: shapes with smooth edges, grain, brightness.

use super::layout::{Extent, PIXEL};
use super::outline::UNIT;
use super::region::Region;

/// Red, green and blue.
pub(crate) type Rgb = [u8; 3];

/// Fraction bits of the sines.
const SINE_BITS: u32 = 14;

/// An RGB picture, 8 bits a channel, rows from the top.
pub(crate) struct Canvas {
    pub(crate) extent: Extent,
    pub(crate) pixels: Vec<u8>,
}

impl Canvas {
    /// A canvas filled by a function of the pixel's column and row.
    pub(crate) fn filled(extent: Extent, rgb_at: impl Fn(i32, i32) -> Rgb) -> Self {
        let mut pixels = Vec::with_capacity((extent.width * extent.height * 3) as usize);
        for y in 0..extent.height {
            for x in 0..extent.width {
                pixels.extend_from_slice(&rgb_at(x, y));
            }
        }
        Self { extent, pixels }
    }

    /// Paints the part of a region for which `rgb_at` has a colour, given positions in sixteenths of a
    /// pixel. Each pixel is tested at four points, which makes five steps of edge.
    pub(crate) fn paint(&mut self, region: Region, rgb_at: impl Fn(i32, i32) -> Option<Rgb>) {
        let columns = pixel_range(region.left, region.right, self.extent.width);
        for y in pixel_range(region.top, region.bottom, self.extent.height) {
            for x in columns.clone() {
                let mut covered = 0;
                let mut sum = [0; 3];
                for (sub_x, sub_y) in [(4, 4), (12, 4), (4, 12), (12, 12)] {
                    if let Some(rgb) = rgb_at(x * PIXEL + sub_x, y * PIXEL + sub_y) {
                        covered += 1;
                        for (sum, channel) in sum.iter_mut().zip(rgb) {
                            *sum += i32::from(channel);
                        }
                    }
                }
                if covered > 0 {
                    self.blend(x, y, sum, covered);
                }
            }
        }
    }

    /// Paints a figure in its own coordinates, where [`UNIT`] is the radius: turned clockwise by so
    /// many 64ths of a turn.
    pub(crate) fn paint_turned(
        &mut self,
        (centre_x, centre_y): (i32, i32),
        radius: i32,
        turn: i32,
        rgb_at: impl Fn(i32, i32) -> Option<Rgb>,
    ) {
        let (sine, cosine) = sine_and_cosine(turn);
        // The corners of a square stand out of the unit disc by a tenth.
        let reach = radius * 12 / 10;
        let region = Region::around((centre_x, centre_y), reach, reach);
        self.paint(region, |x, y| {
            let right = (x - centre_x) * UNIT / radius;
            let down = (y - centre_y) * UNIT / radius;
            let own_x = (right * cosine + down * sine) >> SINE_BITS;
            let own_y = (down * cosine - right * sine) >> SINE_BITS;
            rgb_at(own_x, own_y)
        });
    }

    /// Mixes the colours of the covered quarters of a pixel, given as their sum, into it.
    fn blend(&mut self, x: i32, y: i32, sum: [i32; 3], quarters: i32) {
        let start = ((y * self.extent.width + x) * 3) as usize;
        for (old, new) in self.pixels[start..start + 3].iter_mut().zip(sum) {
            let mixed = i32::from(*old) * (4 - quarters) + new;
            *old = (mixed / 4) as u8;
        }
    }

    /// Makes every channel brighter by `light` and adds grain of at most `grain` either way.
    pub(crate) fn light_and_grain(&mut self, light: i32, grain: i32, seed: u64) {
        let mut state = seed | 1;
        for channel in &mut self.pixels {
            // xorshift64: cheap, and good enough for grain.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let offset = ((state >> 40) as i32 & 0xff) * (2 * grain + 1) / 256 - grain;
            *channel = (i32::from(*channel) + light + offset).clamp(0, 255) as u8;
        }
    }
}

/// The pixels from one place to another, both in sixteenths, inside the picture.
fn pixel_range(from: i32, to: i32, length: i32) -> std::ops::Range<i32> {
    let first = from.div_euclid(PIXEL).clamp(0, length);
    let last = to.div_euclid(PIXEL).clamp(-1, length - 1);
    first..last + 1
}

/// A point of a figure's own coordinates where it lies once the figure is turned clockwise by so many
/// 64ths of a turn.
pub(crate) fn turned((x, y): (i32, i32), turn: i32) -> (i32, i32) {
    let (sine, cosine) = sine_and_cosine(turn);
    (
        (x * cosine - y * sine) >> SINE_BITS,
        (y * cosine + x * sine) >> SINE_BITS,
    )
}

/// Sine and cosine of a number of 64ths of a turn, as fixed-point numbers. `libm` gives the same
/// digits everywhere, where the platform's sine need not.
fn sine_and_cosine(turn: i32) -> (i32, i32) {
    let angle = f64::from(turn) * std::f64::consts::TAU / 64.0;
    let fixed = |value: f64| libm::round(value * f64::from(1 << SINE_BITS)) as i32;
    (fixed(libm::sin(angle)), fixed(libm::cos(angle)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{in_disc, in_polygon};

    const RED: Rgb = [200, 30, 30];
    const POINTER: &[(i32, i32)] = &[(-1000, -200), (1000, 0), (-1000, 200)];

    fn rgb(canvas: &Canvas, x: i32, y: i32) -> &[u8] {
        let start = ((y * canvas.extent.width + x) * 3) as usize;
        &canvas.pixels[start..start + 3]
    }

    #[test]
    fn draws_inside_only_and_is_cut_at_the_border() {
        let extent = Extent {
            width: 64,
            height: 48,
        };
        let mut canvas = Canvas::filled(extent, |_, _| [255; 3]);
        canvas.paint_turned((0, 24 * PIXEL), 20 * PIXEL, 0, |x, y| {
            in_disc(x, y, 1000).then_some(RED)
        });
        assert_eq!(rgb(&canvas, 2, 24), RED);
        assert_eq!(rgb(&canvas, 30, 24), [255; 3]);
        let red = canvas
            .pixels
            .chunks(3)
            .filter(|pixel| *pixel == RED)
            .count();
        // Half a disc with a radius of 19.5 pixels, less its edge.
        assert!((560..610).contains(&red), "{red}");
    }

    #[test]
    fn turns_clockwise() {
        let extent = Extent {
            width: 64,
            height: 64,
        };
        let mut canvas = Canvas::filled(extent, |_, _| [255; 3]);
        canvas.paint_turned((32 * PIXEL, 32 * PIXEL), 20 * PIXEL, 16, |x, y| {
            in_polygon(POINTER, x, y).then_some(RED)
        });
        // A pointer to the right, turned by a quarter, points down: wide above, narrow below.
        assert_eq!(rgb(&canvas, 34, 16), RED);
        assert_eq!(rgb(&canvas, 34, 48), [255; 3]);
    }

    #[test]
    fn grain_stays_within_its_bounds() {
        let extent = Extent {
            width: 64,
            height: 64,
        };
        let mut canvas = Canvas::filled(extent, |_, _| [100; 3]);
        canvas.light_and_grain(5, 7, 99);
        let (low, high) = (canvas.pixels.iter().min(), canvas.pixels.iter().max());
        assert_eq!((low, high), (Some(&98), Some(&112)));
    }
}
