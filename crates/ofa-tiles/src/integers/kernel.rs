//! Products of limbs in tile registers, and what they amount to.
use super::limbs::{DEPTH, Limbs, SIDE, Tile};
use crate::configuration::Configured;

/// Sums of products of limbs, 16 rows of 16.
#[derive(Default, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Sums([[i32; SIDE]; SIDE]);

/// Of values of two limbs: high with high, high with low, low with high, low with low.
pub(super) type Sums16 = [Sums; 4];

/// Of values of three limbs, by the weights of what was multiplied, from 2^32 down to 1.
pub(super) type Sums24 = [Sums; 5];

/// A product of the limb of the left side that is loaded with one of the right is added to a sum: the one of nine of a
/// step that `at` says. Meanwhile a part of what the next step reads comes into the nearest cache.
macro_rules! product {
    ($sum:literal, $signs:literal, $right:literal, $at:literal) => {
        concat!(
            concat!("tdpb", $signs, "d tmm", $sum, ", tmm5, tmm", $right, "\n"),
            concat!("prefetcht0 [{left} + 3 * {TILE} + 384 * ", $at, "]\n"),
            concat!("prefetcht0 [{left} + 3 * {TILE} + 384 * ", $at, " + 64]\n"),
            concat!("prefetcht0 [{left} + 3 * {TILE} + 384 * ", $at, " + 128]\n"),
            concat!("prefetcht0 [{left} + 3 * {TILE} + 384 * ", $at, " + 192]\n"),
            concat!("prefetcht0 [{left} + 3 * {TILE} + 384 * ", $at, " + 256]\n"),
            concat!("prefetcht0 [{left} + 3 * {TILE} + 384 * ", $at, " + 320]\n"),
            concat!("prefetcht0 [{right} + 3 * {TILE} + 384 * ", $at, "]\n"),
            concat!("prefetcht0 [{right} + 3 * {TILE} + 384 * ", $at, " + 64]\n"),
            concat!(
                "prefetcht0 [{right} + 3 * {TILE} + 384 * ",
                $at,
                " + 128]\n"
            ),
            concat!(
                "prefetcht0 [{right} + 3 * {TILE} + 384 * ",
                $at,
                " + 192]\n"
            ),
            concat!(
                "prefetcht0 [{right} + 3 * {TILE} + 384 * ",
                $at,
                " + 256]\n"
            ),
            concat!("prefetcht0 [{right} + 3 * {TILE} + 384 * ", $at, " + 320]"),
        )
    };
}

/// One limb of 16 rows or columns in bytes.
const TILE: usize = size_of::<Tile>();

pub(super) fn sum_16(
    _: &Configured,
    left: &[Tile],
    right: &[Tile],
    steps: usize,
    sums: &mut Sums16,
) {
    assert!(steps > 0 && left.len() == 2 * steps && right.len() == 2 * steps);
    // SAFETY: the registers have the shape of whole tiles while `Configured` is there; `steps` times two tiles are read
    // from either side and four written. No tile outlives the block.
    unsafe {
        std::arch::asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{left} + {row}]",
            "tileloadd tmm6, [{right} + {row}]",
            "tdpbssd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{right} + {row} + {TILE}]",
            "tdpbsud tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{left} + {row} + {TILE}]",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbuud tmm3, tmm5, tmm7",
            "add {left}, 2 * {TILE}",
            "add {right}, 2 * {TILE}",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {row}], tmm0",
            "tilestored [{sums} + {row} + {TILE}], tmm1",
            "tilestored [{sums} + {row} + 2 * {TILE}], tmm2",
            "tilestored [{sums} + {row} + 3 * {TILE}], tmm3",
            TILE = const TILE,
            left = inout(reg) left.as_ptr() => _,
            right = inout(reg) right.as_ptr() => _,
            steps = inout(reg) steps => _,
            sums = in(reg) sums.as_mut_ptr(),
            row = in(reg) DEPTH,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

pub(super) fn sum_24(
    _: &Configured,
    left: &[Tile],
    right: &[Tile],
    steps: usize,
    sums: &mut Sums24,
) {
    assert!(steps > 0 && left.len() == 3 * steps && right.len() == 3 * steps);
    // SAFETY: as above, with three tiles from either side and five written.
    unsafe {
        // A sum waits for the product before: those of the same weight have two others between them. A tile is loaded as
        // soon as nothing needs the one before it; where another thread runs on the same core, this and what is
        // fetched ahead make it 1.3 times as fast.
        std::arch::asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "tilezero tmm4",
            "2:",
            "tileloadd tmm5, [{left} + {row}]",
            "tileloadd tmm6, [{right} + {row} + 2 * {TILE}]",
            "tileloadd tmm7, [{right} + {row} + {TILE}]",
            product!(2, "su", 6, 0),
            product!(1, "su", 7, 1),
            "tileloadd tmm5, [{left} + {row} + {TILE}]",
            product!(3, "uu", 6, 2),
            "tileloadd tmm6, [{right} + {row}]",
            product!(2, "uu", 7, 3),
            product!(1, "us", 6, 4),
            "tileloadd tmm5, [{left} + {row} + 2 * {TILE}]",
            product!(3, "uu", 7, 5),
            "tileloadd tmm7, [{right} + {row} + 2 * {TILE}]",
            product!(2, "us", 6, 6),
            product!(4, "uu", 7, 7),
            "tileloadd tmm5, [{left} + {row}]",
            product!(0, "ss", 6, 8),
            "add {left}, 3 * {TILE}",
            "add {right}, 3 * {TILE}",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {row}], tmm0",
            "tilestored [{sums} + {row} + {TILE}], tmm1",
            "tilestored [{sums} + {row} + 2 * {TILE}], tmm2",
            "tilestored [{sums} + {row} + 3 * {TILE}], tmm3",
            "tilestored [{sums} + {row} + 4 * {TILE}], tmm4",
            TILE = const TILE,
            left = inout(reg) left.as_ptr() => _,
            right = inout(reg) right.as_ptr() => _,
            steps = inout(reg) steps => _,
            sums = in(reg) sums.as_mut_ptr(),
            row = in(reg) DEPTH,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

/// Writes the products that the sums amount to, in as many rows and columns.
pub(super) fn join<T: Limbs>(
    sums: &T::Sums,
    height: usize,
    width: usize,
    result: &mut [T::Product],
    stride: usize,
) {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq")]
    fn in_wide_registers<T: Limbs>(
        sums: &T::Sums,
        height: usize,
        width: usize,
        result: &mut [T::Product],
        stride: usize,
    ) {
        for row in 0..height {
            T::join_row(sums, row, &mut result[row * stride..][..width]);
        }
    }
    // SAFETY: who has `Tiles` has these instructions, and sums come of tiles.
    unsafe { in_wide_registers::<T>(sums, height, width, result, stride) }
}

/// `2^16 high + 2^8 (both mixtures) + low`, of which only the sum has to fit.
#[inline(always)]
pub(super) fn join_row_16([high, first, second, low]: &Sums16, row: usize, result: &mut [i32]) {
    let mut whole = [0i32; SIDE];
    for (column, whole) in whole.iter_mut().enumerate() {
        let mixed = first.0[row][column].wrapping_add(second.0[row][column]);
        let high = high.0[row][column];
        *whole = (high << 16)
            .wrapping_add(mixed << 8)
            .wrapping_add(low.0[row][column]);
    }
    write(&whole, result);
}

/// The sums by their weights, in f64: none of the numbers on the way is rounded while the result is below 2^53.
#[inline(always)]
pub(super) fn join_row_24([c0, c1, c2, c3, c4]: &Sums24, row: usize, result: &mut [f64]) {
    const STEP: f64 = 256.0;
    let mut whole = [0.0f64; SIDE];
    for (column, whole) in whole.iter_mut().enumerate() {
        let at = |sums: &Sums| f64::from(sums.0[row][column]);
        let upper = (at(c0) * STEP + at(c1)) * STEP + at(c2);
        *whole = (upper * STEP + at(c3)) * STEP + at(c4);
    }
    write(&whole, result);
}

#[inline(always)]
fn write<P: Copy>(whole: &[P; SIDE], result: &mut [P]) {
    match <&mut [P; SIDE]>::try_from(&mut *result) {
        Ok(result) => *result = *whole,
        Err(_) => result.copy_from_slice(&whole[..result.len()]),
    }
}
