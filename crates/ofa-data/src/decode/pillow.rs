//! The arithmetic with which Pillow turns its modes into RGB.

/// `I;16` to a grey level: clipped, not scaled.
pub(super) fn clip_16(value: u16) -> u8 {
    value.min(255) as u8
}

/// Ink to light, with 255 for full ink.
pub(super) fn cmyk_to_rgb([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let light = 255 - black;
    [cyan, magenta, yellow].map(|ink| light.saturating_sub(multiply(ink, light)))
}

/// `a * b / 255`, rounded.
fn multiply(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 128;
    (((product >> 8) + product) >> 8) as u8
}

/// Colour of a pixel whose colour was stored multiplied by its alpha.
pub(super) fn unmultiply([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    match alpha {
        0 => [0; 3],
        255 => [red, green, blue],
        alpha => [red, green, blue]
            .map(|colour| (u32::from(colour) * 255 / u32::from(alpha)).min(255) as u8),
    }
}

/// ITU-R BT.601 at full range as Pillow's mode `YCbCr` becomes RGB: coefficients times 64 and the
/// difference, rounded up to half a step before the fraction is cut.
pub(super) fn coarse_ycc_to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    // Coefficients in hundred thousandths.
    let term =
        |coefficient: i32, difference: i32| (coefficient * difference * 64 + 50_000) / 100_000;
    let red = y + (term(140_200, cr) >> 6);
    let green = y + ((term(-34_414, cb) + term(-71_414, cr)) >> 6);
    let blue = y + (term(177_200, cb) >> 6);
    [red, green, blue].map(|value| value.clamp(0, 255) as u8)
}

/// ITU-R BT.601 at full range, in 16-bit fixed point, rounded as the JPEG reference code does.
pub(super) fn ycc_to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let red = y + ((91_881 * cr + HALF) >> 16);
    let green = y + ((-22_554 * cb - 46_802 * cr + HALF) >> 16);
    let blue = y + ((116_130 * cb + HALF) >> 16);
    [red, green, blue].map(|value| value.clamp(0, 255) as u8)
}

/// Every grey level three times.
pub(super) fn expand_grey(levels: impl ExactSizeIterator<Item = u8>) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(levels.len() * 3);
    for level in levels {
        pixels.extend([level; 3]);
    }
    pixels
}

/// The first three of every four bytes.
pub(super) fn drop_fourth(bytes: &[u8]) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(bytes.len() / 4 * 3);
    for pixel in bytes.as_chunks::<4>().0 {
        pixels.extend(&pixel[..3]);
    }
    pixels
}

/// A palette of 256 colours. Those that the file does not give are black.
pub(super) struct Palette([[u8; 3]; 256]);

impl Palette {
    /// Red, green, blue of each colour, at most 256 of them.
    pub(super) fn new(colours: &[u8]) -> Self {
        let mut palette = [[0; 3]; 256];
        for (to, from) in palette.iter_mut().zip(colours.as_chunks::<3>().0) {
            *to = *from;
        }
        Self(palette)
    }

    /// Every index is its grey level.
    pub(super) fn grey() -> Self {
        Self(std::array::from_fn(|level| [level as u8; 3]))
    }

    pub(super) fn expand(&self, indices: impl ExactSizeIterator<Item = u8>) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(indices.len() * 3);
        for index in indices {
            pixels.extend(self.0[usize::from(index)]);
        }
        pixels
    }
}

/// Samples of 1, 2, 4 or 8 bits, packed into rows of whole bytes, one a byte.
pub(super) fn unpack_bits(packed: &[u8], width: u32, bits: u8) -> Vec<u8> {
    if bits == 8 {
        return packed.to_vec();
    }
    let width = width as usize;
    let row_bytes = (width * usize::from(bits)).div_ceil(8);
    let per_byte = 8 / usize::from(bits);
    let mask = (1u8 << bits) - 1;
    let mut samples = Vec::with_capacity(packed.len() / row_bytes * width);
    for row in packed.chunks_exact(row_bytes) {
        samples.extend((0..width).map(|x| {
            let shift = 8 - usize::from(bits) * (x % per_byte + 1);
            row[x / per_byte] >> shift & mask
        }));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_unpacked_from_the_high_end_row_by_row() {
        assert_eq!(
            unpack_bits(&[0b1010_0000, 0b0100_0000], 3, 1),
            [1, 0, 1, 0, 1, 0]
        );
        assert_eq!(
            unpack_bits(&[0b0001_1011, 0b1100_0000], 5, 2),
            [0, 1, 2, 3, 3]
        );
        assert_eq!(unpack_bits(&[0x12, 0x30], 3, 4), [1, 2, 3]);
        assert_eq!(unpack_bits(&[7, 9], 1, 8), [7, 9]);
    }

    #[test]
    fn short_palettes_go_on_in_black() {
        let palette = Palette::new(&[1, 2, 3]);
        assert_eq!(
            palette.expand([0, 1, 255].into_iter()),
            [1, 2, 3, 0, 0, 0, 0, 0, 0]
        );
    }
}
