use super::{Checkpoint, checkpoint::read_in_pieces};
use crate::Result;
use sha2::{Digest, Sha256};

/// Large enough that the cost of a call does not count, small enough not to count itself.
const PIECE: u64 = 1 << 20;

/// See [`Checkpoint::fingerprint`].
pub(super) fn fingerprint(checkpoint: &Checkpoint<'_>) -> Result<String> {
    let mut hash = Sha256::new();
    for (name, place, file, source) in checkpoint.places() {
        let dtype = place.dtype.to_string();
        for text in [name, dtype.as_str()] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.update((place.shape.len() as u64).to_le_bytes());
        for size in &place.shape {
            hash.update((*size as u64).to_le_bytes());
        }
        hash.update(place.length.to_le_bytes());
        read_in_pieces(file, source, place, PIECE, |bytes| hash.update(bytes))?;
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// Bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
