//! The matrix product with one fixed order of additions.
use super::lanes::{BaselineF32, BaselineF64, BaselineI32, BaselineWhole, Lanes};

/// How many products are summed before the sum joins the total. Part of the contract: another
/// value gives other bits.
pub const DEPTH_BLOCK: usize = 64;

/// Columns that a [`PackedMatrix`] keeps side by side; output rows are padded to a multiple.
pub const PANEL: usize = 32;

/// Columns of a result with padding.
pub(crate) fn padded(outputs: usize) -> usize {
    outputs.div_ceil(PANEL) * PANEL
}

/// Rows of a tile of the widest kernel.
const MAX_TILE_ROWS: usize = 8;

/// Vector instructions that a kernel uses. The result is the same with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// What every processor of the target has (SSE2, NEON by the compiler, wasm simd128).
    Baseline,
    /// 256-bit registers.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 512-bit registers.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// The same, with an instruction for sums of products of 16-bit integers.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// The same, with tile registers for products of bytes, of which integers are made.
    #[cfg(target_arch = "x86_64")]
    Tiles,
}

impl InstructionSet {
    /// The widest that this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        for set in [Self::Tiles, Self::Avx512Vnni, Self::Avx512, Self::Avx2] {
            if set.is_available() {
                return set;
            }
        }
        Self::Baseline
    }

    /// All that this processor has, narrowest first.
    pub fn available() -> Vec<Self> {
        [
            Self::Baseline,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni,
            #[cfg(target_arch = "x86_64")]
            Self::Tiles,
        ]
        .into_iter()
        .filter(|set| set.is_available())
        .collect()
    }

    /// The tile registers, where it has them.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn tiles(self) -> Option<ofa_tiles::Tiles> {
        match self {
            Self::Tiles => ofa_tiles::Tiles::get(),
            _ => None,
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                Self::Avx512.is_available() && std::arch::is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Tiles => Self::Avx512Vnni.is_available() && ofa_tiles::Tiles::get().is_some(),
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for i32 {}
    impl Sealed for super::Whole {}
}

/// A whole number in an `f64`. Where no sum of products reaches 2^53, all of them are exact, so that a
/// multiplication may be fused with an addition, in whatever order.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(transparent)]
pub(crate) struct Whole(pub(crate) f64);

// SAFETY: it is an `f64`, of which every bit pattern is one.
unsafe impl bytemuck::Zeroable for Whole {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for Whole {}

/// An element of a matrix product: `f32`, `f64`, [`Whole`], or `i32`, which is two numbers of 16 bits
/// as a factor and the sum of their products as a result.
pub trait Element: Copy + Default + Send + Sync + sealed::Sealed + 'static {
    #[doc(hidden)]
    /// # Safety
    /// As [`run`]; and the processor has `set`.
    unsafe fn kernel(set: InstructionSet, job: Product<Self>);
}

/// One product, as raw parts.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Product<E> {
    a: *const E,
    a_stride: usize,
    rows: usize,
    panels: *const E,
    inputs: usize,
    panel_count: usize,
    c: *mut E,
}

/// A matrix prepared as the right side of products: `x @ weight^T`, PyTorch's `Linear`.
///
/// # Shapes
/// Built from `[outputs, inputs]` row-major. Held as panels of [`PANEL`] columns, `[inputs,
/// PANEL]` each, the last one padded with zeros.
#[derive(Debug, Clone)]
pub struct PackedMatrix<E> {
    inputs: usize,
    outputs: usize,
    panels: Vec<E>,
}

impl<E: Element> PackedMatrix<E> {
    /// Packs `[outputs, inputs]` values, converting each.
    ///
    /// # Panics
    /// Where `weight` is not `outputs * inputs` long.
    pub fn new<S: Copy>(
        weight: &[S],
        outputs: usize,
        inputs: usize,
        convert: impl Fn(S) -> E,
    ) -> Self {
        assert_eq!(
            weight.len(),
            outputs * inputs,
            "weight must be [outputs, inputs]"
        );
        let mut panels = vec![E::default(); outputs.div_ceil(PANEL) * PANEL * inputs];
        // A block of a panel stays in the first-level cache while its columns are placed. Without
        // inputs there is nothing to place.
        let blocks = (0..outputs.div_ceil(PANEL)).flat_map(|panel| {
            (0..inputs)
                .step_by(DEPTH_BLOCK)
                .map(move |block| (panel, block))
        });
        for (panel, block) in blocks {
            let depth = DEPTH_BLOCK.min(inputs - block);
            let columns = panel * PANEL..outputs.min((panel + 1) * PANEL);
            let slots = &mut panels[(panel * inputs + block) * PANEL..][..depth * PANEL];
            for (column, output) in columns.enumerate() {
                let values = &weight[output * inputs + block..][..depth];
                for (slot, &value) in slots[column..].iter_mut().step_by(PANEL).zip(values) {
                    *slot = convert(value);
                }
            }
        }
        Self {
            inputs,
            outputs,
            panels,
        }
    }

    /// Adds a column to the result: one more row of `weight`.
    ///
    /// # Panics
    /// Where `row` is not `inputs` long.
    pub(crate) fn push(&mut self, row: &[E]) {
        assert_eq!(row.len(), self.inputs, "a row of the weight");
        let (panel, column) = (self.outputs / PANEL, self.outputs % PANEL);
        self.outputs += 1;
        let panels = self.outputs.div_ceil(PANEL);
        self.panels
            .resize(panels * PANEL * self.inputs, E::default());
        let start = panel * PANEL * self.inputs + column;
        for (slot, &value) in self.panels[start..].iter_mut().step_by(PANEL).zip(row) {
            *slot = value;
        }
    }

    /// Width of a left-hand row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Columns of the result that mean something.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Columns of the result with padding: the length of one result row.
    pub fn padded_outputs(&self) -> usize {
        padded(self.outputs)
    }

    /// `result = x @ weight^T`.
    ///
    /// # Shapes
    /// `x`: `rows` rows of `inputs` values, `x_stride` apart; `result` `[rows, padded_outputs]`,
    /// whose padding is set to zeros.
    ///
    /// # Panics
    /// Where `x` or `result` is too short, or this processor lacks `set`.
    pub fn multiply(
        &self,
        set: InstructionSet,
        x: &[E],
        x_stride: usize,
        rows: usize,
        result: &mut [E],
    ) {
        self.multiply_panels(
            set,
            x,
            x_stride,
            rows,
            0..self.padded_outputs() / PANEL,
            result,
        );
    }

    /// As [`Self::multiply`], for some of the panels only; `result` is `[rows, PANEL * panels]`.
    pub(crate) fn multiply_panels(
        &self,
        set: InstructionSet,
        x: &[E],
        x_stride: usize,
        rows: usize,
        panels: std::ops::Range<usize>,
        result: &mut [E],
    ) {
        if rows == 0 {
            return;
        }
        assert!(x_stride >= self.inputs, "rows overlap");
        assert!(
            x.len() >= (rows - 1) * x_stride + self.inputs,
            "left side is too short"
        );
        let packed =
            &self.panels[panels.start * PANEL * self.inputs..panels.end * PANEL * self.inputs];
        assert!(
            result.len() >= rows * PANEL * panels.len(),
            "result is too short"
        );
        assert!(set.is_available(), "this processor lacks {set:?}");
        let job = Product {
            a: x.as_ptr(),
            a_stride: x_stride,
            rows,
            panels: packed.as_ptr(),
            inputs: self.inputs,
            panel_count: panels.len(),
            c: result.as_mut_ptr(),
        };
        // SAFETY: the lengths were checked above, and that the processor has the instructions.
        unsafe { E::kernel(set, job) }
    }
}

/// The whole product with registers `L`, in tiles of `ROWS` rows and `VECS` registers.
///
/// # Safety
/// All of `job`'s pointers are valid for the shapes it names, and the processor has `L`.
#[inline(always)]
unsafe fn run<L: Lanes, const ROWS: usize, const VECS: usize>(job: Product<L::Element>) {
    const { assert!(PANEL.is_multiple_of(L::WIDTH * VECS) && ROWS <= MAX_TILE_ROWS) };
    let Product {
        a,
        a_stride,
        rows,
        panels,
        inputs,
        panel_count,
        c,
    } = job;
    let c_stride = panel_count * PANEL;
    if inputs == 0 {
        for i in (0..rows * c_stride).step_by(L::WIDTH) {
            unsafe { L::zero().store(c.add(i)) }
        }
        return;
    }
    for block in (0..inputs).step_by(DEPTH_BLOCK) {
        let depth = DEPTH_BLOCK.min(inputs - block);
        for panel in 0..panel_count {
            // A block of a panel (8 KiB in f32) stays in the first-level cache for all rows.
            for column in (0..PANEL).step_by(L::WIDTH * VECS) {
                let b = unsafe { panels.add((panel * inputs + block) * PANEL + column) };
                let c = unsafe { c.add(panel * PANEL + column) };
                let mut row = 0;
                macro_rules! tiles_of {
                    ($rows:expr) => {
                        while rows - row >= $rows {
                            unsafe {
                                let (a, c) = (a.add(row * a_stride + block), c.add(row * c_stride));
                                tile::<L, { $rows }, VECS>(
                                    a,
                                    a_stride,
                                    depth,
                                    b,
                                    c,
                                    c_stride,
                                    block == 0,
                                );
                            }
                            row += $rows;
                        }
                    };
                }
                tiles_of!(ROWS);
                // Few rows are common: k-means++ tries six candidates at a time.
                tiles_of!(4);
                tiles_of!(2);
                tiles_of!(1);
            }
        }
    }
}

/// One tile of one depth block: `ROWS` rows by `VECS` registers of columns.
///
/// # Safety
/// As [`run`].
#[inline(always)]
unsafe fn tile<L: Lanes, const ROWS: usize, const VECS: usize>(
    a: *const L::Element,
    a_stride: usize,
    depth: usize,
    b: *const L::Element,
    c: *mut L::Element,
    c_stride: usize,
    first_block: bool,
) {
    unsafe {
        let mut sums = [[L::zero(); VECS]; ROWS];
        for k in 0..depth {
            let mut columns = [L::zero(); VECS];
            for (v, slot) in columns.iter_mut().enumerate() {
                *slot = L::load(b.add(k * PANEL + v * L::WIDTH));
            }
            for (r, row_sums) in sums.iter_mut().enumerate() {
                let value = L::splat(*a.add(r * a_stride + k));
                for (sum, &column) in row_sums.iter_mut().zip(&columns) {
                    *sum = sum.add_product(value, column);
                }
            }
        }
        for (r, row_sums) in sums.into_iter().enumerate() {
            for (v, sum) in row_sums.into_iter().enumerate() {
                let to = c.add(r * c_stride + v * L::WIDTH);
                let total = if first_block {
                    sum
                } else {
                    L::load(to).add(sum)
                };
                total.store(to);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Product, Whole, run};
    use crate::arithmetic::lanes::{Vnni, Whole4, Whole8};
    use core::arch::x86_64::*;

    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn avx2_f32(job: Product<f32>) {
        unsafe { run::<__m256, 4, 2>(job) }
    }
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn avx2_f64(job: Product<f64>) {
        unsafe { run::<__m256d, 4, 2>(job) }
    }
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn avx512_f32(job: Product<f32>) {
        unsafe { run::<__m512, 8, 2>(job) }
    }
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn avx512_f64(job: Product<f64>) {
        unsafe { run::<__m512d, 8, 2>(job) }
    }
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn avx2_whole(job: Product<Whole>) {
        unsafe { run::<Whole4, 4, 2>(job) }
    }
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn avx512_whole(job: Product<Whole>) {
        unsafe { run::<Whole8, 8, 2>(job) }
    }
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn avx2_i32(job: Product<i32>) {
        unsafe { run::<__m256i, 4, 2>(job) }
    }
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) unsafe fn avx512_i32(job: Product<i32>) {
        unsafe { run::<__m512i, 8, 2>(job) }
    }
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) unsafe fn vnni_i32(job: Product<i32>) {
        unsafe { run::<Vnni, 8, 2>(job) }
    }
}

impl Element for f32 {
    unsafe fn kernel(set: InstructionSet, job: Product<Self>) {
        // SAFETY: the caller vouches for the job and for the instruction set.
        unsafe {
            match set {
                InstructionSet::Baseline => run::<BaselineF32, 4, 2>(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => x86::avx2_f32(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 | InstructionSet::Avx512Vnni | InstructionSet::Tiles => {
                    x86::avx512_f32(job)
                }
            }
        }
    }
}

impl Element for f64 {
    unsafe fn kernel(set: InstructionSet, job: Product<Self>) {
        // SAFETY: the caller vouches for the job and for the instruction set.
        unsafe {
            match set {
                InstructionSet::Baseline => run::<BaselineF64, 4, 2>(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => x86::avx2_f64(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 | InstructionSet::Avx512Vnni | InstructionSet::Tiles => {
                    x86::avx512_f64(job)
                }
            }
        }
    }
}

impl Element for Whole {
    unsafe fn kernel(set: InstructionSet, job: Product<Self>) {
        // SAFETY: the caller vouches for the job and for the instruction set.
        unsafe {
            match set {
                InstructionSet::Baseline => run::<BaselineWhole, 4, 2>(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => x86::avx2_whole(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 | InstructionSet::Avx512Vnni | InstructionSet::Tiles => {
                    x86::avx512_whole(job)
                }
            }
        }
    }
}

impl Element for i32 {
    unsafe fn kernel(set: InstructionSet, job: Product<Self>) {
        // SAFETY: the caller vouches for the job and for the instruction set.
        unsafe {
            match set {
                InstructionSet::Baseline => run::<BaselineI32, 4, 2>(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => x86::avx2_i32(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 => x86::avx512_i32(job),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512Vnni | InstructionSet::Tiles => x86::vnni_i32(job),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lanes::ArrayLanes;
    use super::*;
    use crate::rng::{Purpose, Rng};

    /// The documented order of a dot product, written plainly.
    fn dot(x: &[f32], y: &[f32]) -> f32 {
        let block_sum =
            |(x, y): (&[f32], &[f32])| x.iter().zip(y).fold(0.0f32, |sum, (&x, &y)| sum + x * y);
        let mut blocks = x
            .chunks(DEPTH_BLOCK)
            .zip(y.chunks(DEPTH_BLOCK))
            .map(block_sum);
        let first = blocks.next().unwrap_or(0.0);
        blocks.fold(first, |total, block| total + block)
    }

    fn values(rng: &mut Rng, len: usize) -> Vec<f32> {
        (0..len)
            .map(|_| (rng.unit_f64() * 2.0 - 1.0) as f32)
            .collect()
    }

    #[test]
    fn every_instruction_set_gives_the_documented_bits() {
        let mut rng = Rng::new(1, Purpose::Baseline, 0, 0);
        for (rows, outputs, inputs) in [
            (1, 1, 1),
            (3, 5, 7),
            (9, 33, 128),
            (17, 128, 129),
            (23, 70, 400),
            (8, 32, 0),
        ] {
            let stride = inputs + 3;
            let x = values(&mut rng, rows * stride);
            let weight = values(&mut rng, outputs * inputs);
            let wide_x: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
            let packed = PackedMatrix::new(&weight, outputs, inputs, |v| v);
            let packed_wide = PackedMatrix::new(&weight, outputs, inputs, f64::from);
            let padded = packed.padded_outputs();
            let mut first_wide: Option<Vec<f64>> = None;
            for set in InstructionSet::available() {
                let mut result = vec![f32::NAN; rows * padded];
                packed.multiply(set, &x, stride, rows, &mut result);
                for r in 0..rows {
                    for o in 0..padded {
                        let expected = if o < outputs {
                            dot(
                                &x[r * stride..r * stride + inputs],
                                &weight[o * inputs..(o + 1) * inputs],
                            )
                        } else {
                            0.0
                        };
                        let found = result[r * padded + o];
                        assert!(
                            found == expected
                                && (o >= outputs || found.to_bits() == expected.to_bits()),
                            "{set:?} row {r} column {o}: {found} and {expected}"
                        );
                    }
                }
                let mut wide = vec![f64::NAN; rows * padded];
                packed_wide.multiply(set, &wide_x, stride, rows, &mut wide);
                for r in 0..rows {
                    for o in 0..outputs {
                        let near = result[r * padded + o];
                        assert!((wide[r * padded + o] - f64::from(near)).abs() < 1e-4);
                    }
                }
                assert_eq!(first_wide.get_or_insert_with(|| wide.clone()), &wide);
            }
        }
    }

    /// The lanes of targets without intrinsics here, against the ones that ran above.
    #[test]
    fn array_lanes_give_the_same_bits() {
        let mut rng = Rng::new(2, Purpose::Baseline, 0, 0);
        let (rows, outputs, inputs) = (7, 40, 300);
        let (x, weight) = (
            values(&mut rng, rows * inputs),
            values(&mut rng, outputs * inputs),
        );
        let packed = PackedMatrix::new(&weight, outputs, inputs, |v| v);
        let mut expected = vec![0.0; rows * packed.padded_outputs()];
        packed.multiply(InstructionSet::Baseline, &x, inputs, rows, &mut expected);
        let mut found = vec![0.0; expected.len()];
        let job = Product {
            a: x.as_ptr(),
            a_stride: inputs,
            rows,
            panels: packed.panels.as_ptr(),
            inputs,
            panel_count: packed.padded_outputs() / PANEL,
            c: found.as_mut_ptr(),
        };
        // SAFETY: the pointers are those of the vectors above, of the shapes named.
        unsafe { run::<ArrayLanes<f32, 4>, 4, 2>(job) };
        assert_eq!(expected, found);
    }

    #[test]
    fn some_panels_are_the_same_as_all() {
        let mut rng = Rng::new(3, Purpose::Baseline, 0, 0);
        let (rows, outputs, inputs) = (5, 100, 150);
        let (x, weight) = (
            values(&mut rng, rows * inputs),
            values(&mut rng, outputs * inputs),
        );
        let packed = PackedMatrix::new(&weight, outputs, inputs, |v| v);
        let set = InstructionSet::detect();
        let mut all = vec![0.0; rows * packed.padded_outputs()];
        packed.multiply(set, &x, inputs, rows, &mut all);
        let mut some = vec![0.0; rows * 2 * PANEL];
        packed.multiply_panels(set, &x, inputs, rows, 1..3, &mut some);
        for r in 0..rows {
            assert_eq!(
                some[r * 2 * PANEL..(r + 1) * 2 * PANEL],
                all[r * 4 * PANEL + PANEL..r * 4 * PANEL + 3 * PANEL]
            );
        }
    }
}
