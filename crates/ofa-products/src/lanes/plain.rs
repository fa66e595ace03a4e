//! One by one, for tests on machines of any kind.

pub(crate) type Lanes = [f32; 4];

pub(crate) fn zeros() -> Lanes {
    [0.0; 4]
}

/// # Safety
/// Four values are there.
pub(crate) unsafe fn load(from: *const f32) -> Lanes {
    // SAFETY: the caller's.
    unsafe { from.cast::<Lanes>().read_unaligned() }
}

/// One value four times.
///
/// # Safety
/// The value is there.
pub(crate) unsafe fn load_splat(from: *const f32) -> Lanes {
    // SAFETY: the caller's.
    [unsafe { *from }; 4]
}

/// # Safety
/// There is room for four values.
pub(crate) unsafe fn store(to: *mut f32, lanes: Lanes) {
    // SAFETY: the caller's.
    unsafe { to.cast::<Lanes>().write_unaligned(lanes) }
}

/// `a * b + c`, rounded once.
pub(crate) fn multiply_add(a: Lanes, b: Lanes, c: Lanes) -> Lanes {
    std::array::from_fn(|lane| a[lane].mul_add(b[lane], c[lane]))
}

pub(crate) fn first(lanes: Lanes) -> f32 {
    lanes[0]
}
