//! What an image is known by in caches.

use sha2::{Digest, Sha256};

/// The first 16 bytes of a SHA-256: no two images of a dataset have the same.
pub(crate) fn of_hash(hash: Sha256) -> u128 {
    let digest: [u8; 32] = hash.finalize().into();
    let key = digest.first_chunk();
    u128::from_le_bytes(*key.expect("a digest is longer than 16 bytes"))
}
