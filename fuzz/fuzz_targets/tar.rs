#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|bytes: &[u8]| ofa_fuzz::tar(bytes));

// Hardly any change leaves the checksum of a header right, and what is to be tried lies behind it.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    if seed % 4 != 0 {
        seal(&mut data[..size]);
    }
    size
});

/// Makes the checksums right of all headers up to the first one that does not say its length.
fn seal(mut bytes: &mut [u8]) {
    while let Some((header, rest)) = bytes.split_at_mut_checked(512) {
        if header.iter().all(|&byte| byte == 0) {
            return;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let size = std::str::from_utf8(&header[124..136])
            .ok()
            .map(|text| text.trim_matches([' ', '\0']))
            .and_then(|text| usize::from_str_radix(text, 8).ok());
        match size.map(|size| size.next_multiple_of(512)) {
            Some(size) if size <= rest.len() => bytes = &mut rest[size..],
            _ => return,
        }
    }
}
