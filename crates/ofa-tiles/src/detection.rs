//! Whether there are tile registers to work with.

/// The proof that this process may use tile registers: what takes one need not ask again.
#[derive(Clone, Copy, Debug)]
pub struct Tiles(pub(crate) Proof);

#[cfg(target_arch = "x86_64")]
type Proof = ();
#[cfg(not(target_arch = "x86_64"))]
type Proof = std::convert::Infallible;

impl Tiles {
    /// The proof, where the processor has AMX with products of bytes and of bf16, and AVX-512 beside
    /// them, and where Linux lets this process use them; else `None`.
    ///
    /// The first call asks Linux, for all threads of the process; later ones read what was answered.
    pub fn get() -> Option<Self> {
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        {
            static IS_USABLE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
            IS_USABLE
                .get_or_init(|| linux::has_instructions() && linux::is_permitted())
                .then_some(Self(()))
        }
        #[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
        None
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod linux {
    use std::arch::is_x86_feature_detected;
    use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

    /// Of EDX of leaf 7: AMX-BF16, AMX-TILE and AMX-INT8.
    const AMX: u32 = 1 << 22 | 1 << 24 | 1 << 25;
    /// Of ECX of leaf 1: the system switches extended registers.
    const OSXSAVE: u32 = 1 << 27;
    /// Of XCR0: it also switches the tiles' configuration and the tiles.
    const TILE_STATE: u64 = 1 << 17 | 1 << 18;

    pub(super) fn has_instructions() -> bool {
        // Leaves 1 and 7 exist where there is AVX-512, which is asked for first.
        let has_avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq");
        has_avx512
            && __cpuid(1).ecx & OSXSAVE != 0
            && __cpuid_count(7, 0).edx & AMX == AMX
            // SAFETY: OSXSAVE, which was just asked for, says that the instruction exists.
            && unsafe { extended_state() } & TILE_STATE == TILE_STATE
    }

    #[target_feature(enable = "xsave")]
    fn extended_state() -> u64 {
        // SAFETY: register 0 exists wherever the instruction does.
        unsafe { _xgetbv(0) }
    }

    /// Tiles are 8 KB a thread, which Linux saves only for processes that have asked (since 5.16).
    pub(super) fn is_permitted() -> bool {
        /// Of `asm/prctl.h`, which libc does not repeat.
        const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
        const XFEATURE_XTILEDATA: libc::c_long = 18;
        // SAFETY: the call takes two numbers and touches no memory of this process.
        let refused = unsafe {
            libc::syscall(
                libc::SYS_arch_prctl,
                ARCH_REQ_XCOMP_PERM,
                XFEATURE_XTILEDATA,
            )
        };
        refused == 0
    }
}
