#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|bytes: &[u8]| ofa_fuzz::zip(bytes));

// Hardly any change leaves the checksum of a member right, and a member that does not match it is
// not read any further.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    if seed % 4 != 0 {
        seal(&mut data[..size]);
    }
    size
});

/// Makes the length and the checksum right in each record of the directory.
fn seal(bytes: &mut [u8]) {
    let records: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter_map(|(at, signature)| (signature == b"PK\x01\x02").then_some(at))
        .take(64)
        .collect();
    for record in records {
        if let Some((length, crc)) = contents(bytes, record) {
            bytes[record + 16..record + 20].copy_from_slice(&crc.to_le_bytes());
            bytes[record + 24..record + 28].copy_from_slice(&length.to_le_bytes());
        }
    }
}

/// The true length and checksum of the member that a record is about.
fn contents(bytes: &[u8], record: usize) -> Option<(u32, u32)> {
    let short = |at: usize| {
        let bytes = bytes.get(at..at + 2)?;
        Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    };
    let long = |at: usize| {
        let bytes = bytes.get(at..at + 4)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let header = long(record + 42)?;
    let start = header
        .checked_add(30)?
        .checked_add(short(header.checked_add(26)?)?)?
        .checked_add(short(header + 28)?)?;
    let data = bytes.get(start..start.checked_add(long(record + 20)?)?)?;
    let inflated;
    let contents = match short(record + 10)? {
        0 => data,
        8 => {
            inflated = miniz_oxide::inflate::decompress_to_vec_with_limit(data, 1 << 20).ok()?;
            &inflated
        }
        _ => return None,
    };
    Some((contents.len() as u32, crc32fast::hash(contents)))
}
