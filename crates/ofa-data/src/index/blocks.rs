//! Finds the bytes that JSON's structure depends on, 64 at a time.

/// How many bytes are looked at in one step.
pub(super) const BLOCK: usize = 64;

/// One bit for each byte of a block, the first in the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Masks {
    /// `"`
    pub(super) quotes: u64,
    /// `\`
    pub(super) backslashes: u64,
    /// `{`, `}`, `[`, `]`
    pub(super) brackets: u64,
}

/// Where the structural bytes of a block are.
pub(super) fn masks(block: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks {
        quotes: 0,
        backslashes: 0,
        brackets: 0,
    };
    for (nth, lane) in block.as_chunks::<LANE>().0.iter().enumerate() {
        let lane = Lane::load(lane);
        // Bit 5 is all that square and curly brackets differ in.
        let curly = lane.with_bit_5();
        let shift = nth * LANE;
        masks.quotes |= lane.equal(b'"') << shift;
        masks.backslashes |= lane.equal(b'\\') << shift;
        masks.brackets |= (curly.equal(b'{') | curly.equal(b'}')) << shift;
    }
    masks
}

/// Each bit of the result is the parity of the bits up to it: between two set bits all are set.
pub(super) fn parity_so_far(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use sse2::{LANE, Lane};

/// SSE2, which every x86-64 processor has.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };

    pub(super) const LANE: usize = 16;

    pub(super) struct Lane(__m128i);

    impl Lane {
        pub(super) fn load(bytes: &[u8; LANE]) -> Self {
            let number = u128::from_le_bytes(*bytes);
            // SAFETY: this module is only built where SSE2 is always there.
            Self(unsafe { _mm_set_epi64x((number >> 64) as i64, number as i64) })
        }

        pub(super) fn with_bit_5(&self) -> Self {
            // SAFETY: as in `load`.
            Self(unsafe { _mm_or_si128(self.0, _mm_set1_epi8(0x20)) })
        }

        pub(super) fn equal(&self, byte: u8) -> u64 {
            // SAFETY: as in `load`.
            let mask =
                unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(self.0, _mm_set1_epi8(byte as i8))) };
            mask as u64
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128::{LANE, Lane};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use std::arch::wasm32::{i8x16_eq, i8x16_splat, u8x16_bitmask, u64x2, v128, v128_or};

    pub(super) const LANE: usize = 16;

    pub(super) struct Lane(v128);

    impl Lane {
        pub(super) fn load(bytes: &[u8; LANE]) -> Self {
            let number = u128::from_le_bytes(*bytes);
            Self(u64x2(number as u64, (number >> 64) as u64))
        }

        pub(super) fn with_bit_5(&self) -> Self {
            Self(v128_or(self.0, i8x16_splat(0x20)))
        }

        pub(super) fn equal(&self, byte: u8) -> u64 {
            u64::from(u8x16_bitmask(i8x16_eq(self.0, i8x16_splat(byte as i8))))
        }
    }
}

#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
use word::{LANE, Lane};

/// Eight bytes in a word, for every other machine.
#[cfg(any(
    test,
    not(any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        all(target_arch = "wasm32", target_feature = "simd128")
    ))
))]
mod word {
    pub(super) const LANE: usize = 8;

    pub(super) struct Lane(u64);

    /// The byte in all eight places.
    const fn splat(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }

    impl Lane {
        pub(super) fn load(bytes: &[u8; LANE]) -> Self {
            Self(u64::from_le_bytes(*bytes))
        }

        pub(super) fn with_bit_5(&self) -> Self {
            Self(self.0 | splat(0x20))
        }

        pub(super) fn equal(&self, byte: u8) -> u64 {
            let different = self.0 ^ splat(byte);
            // The high bit of each byte that is not zero, without carries between bytes.
            let high = ((different & splat(0x7f)) + splat(0x7f)) | different;
            let equal = !high & splat(0x80);
            // Gathers the eight high bits in the top byte, in order.
            (equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(bytes: &[u8], is_wanted: impl Fn(u8) -> bool) -> u64 {
        bytes
            .iter()
            .enumerate()
            .map(|(nth, &byte)| u64::from(is_wanted(byte)) << nth)
            .sum()
    }

    #[test]
    fn every_byte_is_classified_in_every_place() {
        for byte in 0..=255u8 {
            for place in 0..BLOCK {
                let mut block = [b'"'; BLOCK];
                block[place] = byte;
                block[(place + 7) % BLOCK] = byte ^ 0x20;
                let expected = Masks {
                    quotes: naive(&block, |byte| byte == b'"'),
                    backslashes: naive(&block, |byte| byte == b'\\'),
                    brackets: naive(&block, |byte| b"{}[]".contains(&byte)),
                };
                assert_eq!(masks(&block), expected);
                // The portable lanes, whatever this machine has.
                for lane in block.as_chunks::<8>().0 {
                    let word = word::Lane::load(lane);
                    assert_eq!(word.equal(b'"'), naive(lane, |byte| byte == b'"'));
                    assert_eq!(word.equal(byte), naive(lane, |other| other == byte));
                    assert_eq!(
                        word.with_bit_5().equal(b'{'),
                        naive(lane, |byte| matches!(byte, b'{' | b'['))
                    );
                }
            }
        }
    }

    #[test]
    fn parity_fills_from_each_odd_bit_to_the_next() {
        assert_eq!(parity_so_far(0b1000_1010), !0 << 7 | 0b0110);
        assert_eq!(parity_so_far(0), 0);
        assert_eq!(parity_so_far(1), !0);
        assert_eq!(parity_so_far(1 << 63), 1 << 63);
    }
}
