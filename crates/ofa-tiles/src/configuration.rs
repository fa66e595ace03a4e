//! The shape of the tile registers, which each thread sets before it uses them.

use std::arch::asm;
use std::marker::PhantomData;

use crate::Tiles;

/// Rows of a tile.
pub(crate) const TILE_ROWS: usize = 16;
/// Bytes in a row of a tile.
pub(crate) const TILE_ROW_BYTES: usize = 64;

/// Eight tiles of 16 rows of 64 bytes in this thread, until it is dropped.
///
/// While one lives, nothing else in its thread may set or release tiles: no second one, and no call into
/// a library that might use tiles itself. So it is made where the products begin, around code of this crate
/// alone.
pub(crate) struct Configured {
    /// Tiles belong to a thread.
    _of_this_thread: PhantomData<*mut ()>,
}

/// What `ldtilecfg` reads: palette 1, which is the only one there is, and the tiles' shapes.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

static SHAPES: Shapes = {
    let mut shapes = Shapes {
        palette: 1,
        start_row: 0,
        reserved: [0; 14],
        row_bytes: [0; 16],
        rows: [0; 16],
    };
    let mut tile = 0;
    while tile < 8 {
        shapes.row_bytes[tile] = TILE_ROW_BYTES as u16;
        shapes.rows[tile] = TILE_ROWS as u8;
        tile += 1;
    }
    shapes
};

impl Configured {
    pub(crate) fn new(_: Tiles) -> Self {
        // SAFETY: `Tiles` proves that the instruction exists and that the process may use it. It reads the
        // 64 bytes of `SHAPES`, which are a valid configuration.
        unsafe {
            asm!(
                "ldtilecfg [{}]",
                in(reg) &raw const SHAPES,
                options(nostack, preserves_flags, readonly),
            );
        }
        Self {
            _of_this_thread: PhantomData,
        }
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        // Linux then has no tiles to save when it switches to another thread.
        // SAFETY: a `Configured` was made, so the instruction exists.
        unsafe {
            asm!("tilerelease", options(nostack, preserves_flags, nomem));
        }
    }
}
