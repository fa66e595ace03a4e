//! What the golden tests share: the hash that the generators make numbers with.
#![allow(dead_code, unreachable_pub)]
use std::path::PathBuf;

/// A file of `tests/goldens`.
pub fn golden(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/goldens")
        .join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// SplitMix64 at a position of its sequence.
pub fn mix(seed: u64, counter: u64) -> u64 {
    let z = seed.wrapping_add((counter + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
