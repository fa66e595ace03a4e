//! The rows of a PNG: inflated, their filters undone, put in their places.

use fdeflate::{DecompressionError, Decompressor};

use super::{DecodeError, Header, broken};

/// The samples as stored: rows of whole bytes from the top.
pub(super) fn read(header: &Header, data: &[&[u8]]) -> Result<Vec<u8>, DecodeError> {
    let bits = header.bits_per_pixel();
    let passes = if header.interlaced {
        INTERLACED.map(|pass| pass.of(header)).to_vec()
    } else {
        vec![WHOLE.of(header)]
    };
    let mut filtered = inflate(data, &passes, bits)?;
    let mut rest = filtered.as_mut_slice();
    for pass in &passes {
        let stride = pass.stride(bits);
        let (rows, after) = rest.split_at_mut(pass.length(bits));
        rest = after;
        if pass.width > 0 {
            undo_filters(rows, stride, bits.div_ceil(8))?;
        }
    }

    if !header.interlaced {
        let stride = passes[0].stride(bits);
        for y in 0..passes[0].height {
            let from = y * (stride + 1) + 1;
            filtered.copy_within(from..from + stride, y * stride);
        }
        filtered.truncate(stride * passes[0].height);
        return Ok(filtered);
    }
    let stride = (header.width as usize * bits).div_ceil(8);
    let mut stored = vec![0; stride * header.height as usize];
    let mut rest = filtered.as_slice();
    for pass in &passes {
        let (rows, after) = rest.split_at(pass.length(bits));
        rest = after;
        let rows = rows.chunks_exact(pass.stride(bits) + 1).take(pass.height);
        for (row, y) in rows.zip((pass.y..).step_by(pass.dy)) {
            pass.place(&row[1..], &mut stored[y * stride..][..stride], bits);
        }
    }
    Ok(stored)
}

/// Rows and columns that stand together in the data. First column and row, and their distances.
#[derive(Clone, Copy)]
struct Pass {
    x: usize,
    y: usize,
    dx: usize,
    dy: usize,
    width: usize,
    height: usize,
}

const fn pass(x: usize, y: usize, dx: usize, dy: usize) -> Pass {
    Pass {
        x,
        y,
        dx,
        dy,
        width: 0,
        height: 0,
    }
}

const WHOLE: Pass = pass(0, 0, 1, 1);

const INTERLACED: [Pass; 7] = [
    pass(0, 0, 8, 8),
    pass(4, 0, 8, 8),
    pass(0, 4, 4, 8),
    pass(2, 0, 4, 4),
    pass(0, 2, 2, 4),
    pass(1, 0, 2, 2),
    pass(0, 1, 1, 2),
];

impl Pass {
    /// With the size that it has in this image.
    fn of(mut self, header: &Header) -> Self {
        let count =
            |size: u32, first: usize, step| (size as usize).saturating_sub(first).div_ceil(step);
        self.width = count(header.width, self.x, self.dx);
        self.height = count(header.height, self.y, self.dy);
        if self.width == 0 {
            // Rows without pixels are not stored, not even their filters.
            self.height = 0;
        }
        self
    }

    /// Bytes of a row without its filter.
    fn stride(&self, bits: usize) -> usize {
        (self.width * bits).div_ceil(8)
    }

    fn length(&self, bits: usize) -> usize {
        self.height * (self.stride(bits) + 1)
    }

    /// Puts the pixels of a row where they belong in the row of the image, which is zero there.
    fn place(&self, row: &[u8], to: &mut [u8], bits: usize) {
        if bits >= 8 {
            let bytes = bits / 8;
            let columns = to.chunks_exact_mut(bytes).skip(self.x).step_by(self.dx);
            for (to, from) in columns.zip(row.chunks_exact(bytes)) {
                to.copy_from_slice(from);
            }
            return;
        }
        let shift = |pixel: usize| 8 - bits - pixel * bits % 8;
        for nth in 0..self.width {
            let sample = row[nth * bits / 8] >> shift(nth) & ((1 << bits) - 1);
            let pixel = self.x + nth * self.dx;
            to[pixel * bits / 8] |= sample << shift(pixel);
        }
    }
}

/// The rows of all passes with their filters.
///
/// As in Pillow, the checksum of the data counts where it comes along with the last row, what
/// follows is not read, and rows are missing without harm where the data says that it is complete.
fn inflate(data: &[&[u8]], passes: &[Pass], bits: usize) -> Result<Vec<u8>, DecodeError> {
    let length = passes.iter().map(|pass| pass.length(bits)).sum();
    // One byte more than is wanted lets the end of the data be seen.
    let mut rows = vec![0; length + 1];
    let mut inflater = Decompressor::new();
    let mut inflated = fill(&mut rows, data, &mut inflater);
    if inflated == Err(DecompressionError::WrongChecksum) {
        // Where the data gives more than the rows, Pillow never comes to the checksum.
        let mut unchecked = Decompressor::new();
        unchecked.ignore_adler32();
        let again = fill(&mut rows, data, &mut unchecked);
        if again.as_ref().is_ok_and(|&filled| filled > length) {
            inflated = again;
        }
    }
    let filled = inflated.map_err(|error| broken(format_args!("broken image data: {error:?}")))?;
    if filled < length && !(inflater.is_done() && ends_with_a_row(filled, passes, bits)) {
        return Err(broken(format_args!(
            "cut off: {filled} bytes of rows, expected {length}"
        )));
    }
    rows.truncate(length);
    rows[filled.min(length)..].fill(0);
    Ok(rows)
}

/// Inflates until the last byte but one is there, and then as far as the portion goes. Tells how
/// many bytes there are.
fn fill(
    rows: &mut [u8],
    data: &[&[u8]],
    inflater: &mut Decompressor,
) -> Result<usize, DecompressionError> {
    /// Pillow gives the data to zlib in portions of this size.
    const PORTION: usize = 1 << 16;

    let mut filled = 0;
    for mut portion in data.iter().flat_map(|chunk| chunk.chunks(PORTION)) {
        while !portion.is_empty() && filled < rows.len() && !inflater.is_done() {
            let (read, written) = inflater.read(portion, rows, filled, false)?;
            portion = &portion[read..];
            filled += written;
        }
        if filled + 1 >= rows.len() || inflater.is_done() {
            break;
        }
    }
    Ok(filled)
}

/// Whether this many bytes are whole rows, at least one.
fn ends_with_a_row(mut filled: usize, passes: &[Pass], bits: usize) -> bool {
    for pass in passes {
        if (1..=pass.length(bits)).contains(&filled) {
            return filled.is_multiple_of(pass.stride(bits) + 1);
        }
        filled -= pass.length(bits).min(filled);
    }
    false
}

/// Undoes the filters of rows in place. Before each row stands the number of its filter.
fn undo_filters(rows: &mut [u8], stride: usize, pixel_bytes: usize) -> Result<(), DecodeError> {
    let undo = match pixel_bytes {
        1 => undo_filter::<1>,
        2 => undo_filter::<2>,
        3 => undo_filter::<3>,
        4 => undo_filter::<4>,
        6 => undo_filter::<6>,
        _ => undo_filter::<8>,
    };
    let first = vec![0; stride];
    let mut above = first.as_slice();
    for row in rows.chunks_exact_mut(stride + 1) {
        let (filter, row) = row.split_at_mut(1);
        if !undo(filter[0], above, row) {
            return Err(broken(format_args!("unknown filter {}", filter[0])));
        }
        above = row;
    }
    Ok(())
}

/// `false` where there is no such filter.
fn undo_filter<const BYTES: usize>(filter: u8, above: &[u8], row: &mut [u8]) -> bool {
    let mut left = [0; BYTES];
    let pixels = row.as_chunks_mut::<BYTES>().0;
    let above_pixels = above.as_chunks::<BYTES>().0;
    match filter {
        0 => {}
        1 => {
            for pixel in pixels {
                for (byte, left) in pixel.iter_mut().zip(left) {
                    *byte = byte.wrapping_add(left);
                }
                left = *pixel;
            }
        }
        2 => {
            for (byte, above) in row.iter_mut().zip(above) {
                *byte = byte.wrapping_add(*above);
            }
        }
        3 => {
            for (pixel, above) in pixels.iter_mut().zip(above_pixels) {
                for at in 0..BYTES {
                    let mean = (u16::from(left[at]) + u16::from(above[at])) / 2;
                    pixel[at] = pixel[at].wrapping_add(mean as u8);
                }
                left = *pixel;
            }
        }
        4 => {
            let mut corner = [0; BYTES];
            for (pixel, above) in pixels.iter_mut().zip(above_pixels) {
                for at in 0..BYTES {
                    let predicted = paeth(left[at], above[at], corner[at]);
                    pixel[at] = pixel[at].wrapping_add(predicted);
                }
                left = *pixel;
                corner = *above;
            }
        }
        _ => return false,
    }
    true
}

/// The neighbour nearest to left + above - corner: left before above before corner.
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, above, corner].map(i16::from);
    let to_left = (b - c).abs();
    let to_above = (a - c).abs();
    let to_corner = (a + b - 2 * c).abs();
    if to_left <= to_above && to_left <= to_corner {
        left
    } else if to_above <= to_corner {
        above
    } else {
        corner
    }
}
