//! The product of two panels.

use std::arch::asm;
use std::arch::x86_64::*;

use super::limbs::{Line, PANEL, STEP_LINES};
use crate::configuration::{Configured, TILE_ROW_BYTES};

/// A product of two panels.
#[repr(C, align(64))]
pub(crate) struct Sums([[f32; PANEL]; PANEL]);

impl Sums {
    pub(crate) const ZERO: Self = Self([[0.0; PANEL]; PANEL]);

    /// Writes the first rows and columns to `target`, or adds them to it.
    ///
    /// # Safety
    /// `target` may be written to in `rows` rows of `columns` values, at most `PANEL` each, which are
    /// `stride` apart, and the processor has AVX-512, as `Tiles` proves.
    #[target_feature(enable = "avx512f")]
    pub(crate) unsafe fn write(
        &self,
        target: *mut f32,
        stride: usize,
        [rows, columns]: [usize; 2],
        adds: bool,
    ) {
        let mask = ((1_u64 << columns) - 1) as u32;
        for (r, row) in self.0[..rows].iter().enumerate() {
            for half in 0..2 {
                let mask = (mask >> (16 * half)) as __mmask16;
                // SAFETY: a row has 32 values; of `target`, only what the mask names is read and written.
                unsafe {
                    let mut values = _mm512_load_ps(row.as_ptr().add(16 * half));
                    let to = target.wrapping_add(r * stride + 16 * half);
                    if adds {
                        values = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, to), values);
                    }
                    _mm512_mask_storeu_ps(to, mask, values);
                }
            }
        }
    }
}

/// The product of two tiles is added to a third, the one of 24 in a step that `at` says. Meanwhile a 24th of
/// what the next step reads comes into the nearest cache, and a line of `next` into the second.
macro_rules! product {
    ($sum:literal, $left:literal, $right:literal, $at:literal) => {
        concat!(
            concat!("tdpbf16ps tmm", $sum, ", tmm", $left, ", tmm", $right, "\n"),
            concat!("prefetcht0 [{left} + {step} + 256*", $at, "]\n"),
            concat!("prefetcht0 [{right} + {step} + 256*", $at, "]\n"),
            concat!("prefetcht0 [{left} + {step} + 256*", $at, " + 64]\n"),
            concat!("prefetcht0 [{right} + {step} + 256*", $at, " + 64]\n"),
            concat!("prefetcht0 [{left} + {step} + 256*", $at, " + 128]\n"),
            concat!("prefetcht0 [{right} + {step} + 256*", $at, " + 128]\n"),
            concat!("prefetcht0 [{left} + {step} + 256*", $at, " + 192]\n"),
            concat!("prefetcht0 [{right} + {step} + 256*", $at, " + 192]\n"),
            concat!("prefetcht1 [{next} + 64*", $at, "]"),
        )
    };
}

/// A tile of a limb, 0 to 2, of the upper (0) or lower (1) half of a panel is loaded.
macro_rules! load {
    ($tile:literal, $side:literal, $limb:literal, $half:literal) => {
        concat!(
            concat!("tileloadd tmm", $tile, ", [{", $side, "} + {stride}"),
            concat!(" + 2048*", $limb, " + 1024*", $half, "]"),
        )
    };
}

/// `sums = left @ right`, of two packed panels of the same number of steps.
///
/// Of the nine products of limbs the six of the largest limbs; what is left out is below 2^-24 of a product,
/// as f32 itself rounds it. Their order changes one limb at a time, so that half of the operands stay where
/// they are, and ends with the largest. A tile is loaded as soon as nothing needs the one before it, and from
/// the nearest cache: where another thread runs on the same core, loads and products hardly overlap, and
/// this takes 0.57 times as long as loads from the second cache right before the products. Alone on its
/// core, it takes what the products take.
///
/// Of `next`, which is multiplied later, a quarter as much as a panel has is brought nearer.
pub(crate) fn multiply(
    _: &Configured,
    left: &[Line],
    right: &[Line],
    next: &[Line],
    sums: &mut Sums,
) {
    assert!(left.len() == right.len() && left.len().is_multiple_of(STEP_LINES));
    let steps = left.len() / STEP_LINES;
    if steps == 0 {
        *sums = Sums::ZERO;
        return;
    }
    // SAFETY: `Configured` proves that the instructions exist and that each tile is 16 rows of 64 bytes. So a
    // load reads 16 lines: of a step of either panel, of which there are `steps`, the tiles at 0 to 5 times
    // 1024 bytes. The stores write the four quarters of `sums`. No tile outlives the block. What is only
    // prefetched may lie anywhere.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            // Limbs 0 and 2.
            load!(4, "left", 0, 0),
            load!(6, "right", 2, 0),
            load!(7, "right", 2, 1),
            load!(5, "left", 0, 1),
            product!(0, 4, 6, 0),
            product!(2, 5, 6, 1),
            load!(6, "right", 1, 0),
            product!(1, 4, 7, 2),
            product!(3, 5, 7, 3),
            load!(7, "right", 1, 1),
            // 0 and 1.
            product!(0, 4, 6, 4),
            product!(1, 4, 7, 5),
            load!(4, "left", 1, 0),
            product!(2, 5, 6, 6),
            product!(3, 5, 7, 7),
            load!(5, "left", 1, 1),
            // 1 and 1.
            product!(0, 4, 6, 8),
            product!(2, 5, 6, 9),
            load!(6, "right", 0, 0),
            product!(1, 4, 7, 10),
            product!(3, 5, 7, 11),
            load!(7, "right", 0, 1),
            // 1 and 0.
            product!(0, 4, 6, 12),
            product!(1, 4, 7, 13),
            load!(4, "left", 2, 0),
            product!(2, 5, 6, 14),
            product!(3, 5, 7, 15),
            load!(5, "left", 2, 1),
            // 2 and 0.
            product!(0, 4, 6, 16),
            product!(1, 4, 7, 17),
            load!(4, "left", 0, 0),
            product!(2, 5, 6, 18),
            product!(3, 5, 7, 19),
            load!(5, "left", 0, 1),
            // 0 and 0.
            product!(0, 4, 6, 20),
            product!(1, 4, 7, 21),
            product!(2, 5, 6, 22),
            product!(3, 5, 7, 23),
            "add {left}, {step}",
            "add {right}, {step}",
            "add {next}, {step} / 4",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + 2*{stride}], tmm0",
            "tilestored [{sums} + 2*{stride} + 64], tmm1",
            "tilestored [{sums} + 2*{stride} + 2048], tmm2",
            "tilestored [{sums} + 2*{stride} + 2112], tmm3",
            left = inout(reg) left.as_ptr() => _,
            right = inout(reg) right.as_ptr() => _,
            next = inout(reg) next.as_ptr() => _,
            steps = inout(reg) steps => _,
            sums = in(reg) &raw mut *sums,
            stride = in(reg) TILE_ROW_BYTES,
            step = const STEP_LINES * TILE_ROW_BYTES,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
