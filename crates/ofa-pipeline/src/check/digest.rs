//! What stands for a text of any length while it is looked for again.

use sha2::{Digest as _, Sha256};

/// The first 128 bits of SHA-256: no dataset, however it was made, has two texts with the same.
pub(super) type Digest = [u8; 16];

/// The digest of some bytes, each part after the other.
pub(super) fn digest(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let whole: [u8; 32] = hash.finalize().into();
    *whole
        .first_chunk()
        .expect("a digest is longer than 16 bytes")
}
