//! Drawing in whole numbers: shapes with smooth edges, grain, brightness.

use crate::layout::{Extent, PIXEL};
use crate::scene::Object;
use crate::shape::UNIT;

/// Fraction bits of the sines.
const SINE_BITS: u32 = 14;

/// An RGB picture, 8 bits a channel, rows from the top.
pub(crate) struct Canvas {
    pub(crate) extent: Extent,
    pub(crate) pixels: Vec<u8>,
}

impl Canvas {
    /// A canvas filled by a function of the pixel's column and row.
    pub(crate) fn filled(extent: Extent, rgb_at: impl Fn(i32, i32) -> [u8; 3]) -> Self {
        let mut pixels = Vec::with_capacity((extent.width * extent.height * 3) as usize);
        for y in 0..extent.height {
            for x in 0..extent.width {
                pixels.extend_from_slice(&rgb_at(x, y));
            }
        }
        Self { extent, pixels }
    }

    /// Draws an object. Each pixel is tested at four points, which makes five steps of edge.
    pub(crate) fn draw(&mut self, object: &Object) {
        let (sine, cosine) = sine_and_cosine(object.turn);
        let colour = object.concept.colour.rgb();
        let (centre_x, centre_y) = object.centre;
        // The corners of a square stand out of the unit disc by a tenth.
        let reach = object.radius * 12 / 10;
        let columns = pixel_range(centre_x, reach, self.extent.width);
        for y in pixel_range(centre_y, reach, self.extent.height) {
            for x in columns.clone() {
                let mut covered = 0;
                for (sub_x, sub_y) in [(4, 4), (12, 4), (4, 12), (12, 12)] {
                    let right = (x * PIXEL + sub_x - centre_x) * UNIT / object.radius;
                    let down = (y * PIXEL + sub_y - centre_y) * UNIT / object.radius;
                    let own_x = (right * cosine + down * sine) >> SINE_BITS;
                    let own_y = (down * cosine - right * sine) >> SINE_BITS;
                    covered += i32::from(object.concept.shape.contains(own_x, own_y));
                }
                if covered > 0 {
                    self.blend(x, y, colour, covered);
                }
            }
        }
    }

    /// Mixes `quarters` fourths of a colour into a pixel.
    fn blend(&mut self, x: i32, y: i32, colour: [u8; 3], quarters: i32) {
        let start = ((y * self.extent.width + x) * 3) as usize;
        for (old, new) in self.pixels[start..start + 3].iter_mut().zip(colour) {
            let mixed = i32::from(*old) * (4 - quarters) + i32::from(new) * quarters;
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

/// The pixels within `reach` of `middle`, both in sixteenths, inside the picture.
fn pixel_range(middle: i32, reach: i32, length: i32) -> std::ops::Range<i32> {
    let first = (middle - reach).div_euclid(PIXEL).clamp(0, length);
    let last = (middle + reach).div_euclid(PIXEL).clamp(-1, length - 1);
    first..last + 1
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
    use crate::concept::{Colour, Concept, Shape, Size};
    use crate::layout::Cell;

    fn object(shape: Shape, centre: (i32, i32), turn: i32) -> Object {
        let concept = Concept {
            colour: Colour::Red,
            shape,
        };
        Object {
            concept,
            size: Size::Large,
            cell: Cell::CENTRE,
            centre,
            radius: 20 * PIXEL,
            turn,
        }
    }

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
        canvas.draw(&object(Shape::Circle, (0, 24 * PIXEL), 0));
        assert_eq!(rgb(&canvas, 2, 24), Colour::Red.rgb());
        assert_eq!(rgb(&canvas, 30, 24), [255; 3]);
        let red = canvas
            .pixels
            .chunks(3)
            .filter(|pixel| *pixel == Colour::Red.rgb())
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
        canvas.draw(&object(Shape::Arrow, (32 * PIXEL, 32 * PIXEL), 16));
        // An arrow to the right, turned by a quarter, points down: wide below, narrow above.
        assert_eq!(rgb(&canvas, 42, 36), Colour::Red.rgb());
        assert_eq!(rgb(&canvas, 42, 22), [255; 3]);
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
