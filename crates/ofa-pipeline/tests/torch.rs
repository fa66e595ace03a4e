//! Files of PyTorch, whole, damaged and hostile.

use std::sync::Arc;

use ofa_data::MemorySource;
use ofa_pipeline::Error;
use ofa_pipeline::torch::Checkpoint;

fn golden(name: &str) -> Vec<u8> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/goldens/checkpoint"
    );
    std::fs::read(format!("{folder}/{name}")).expect("the golden is committed")
}

fn open(bytes: Vec<u8>, name: &str) -> Result<Checkpoint, Error> {
    Checkpoint::open(Arc::new(MemorySource::new(name, bytes)), name)
}

fn refusal(name: &str) -> String {
    match open(golden(name), name) {
        Ok(_) => panic!("{name} was read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn files_that_are_no_plain_weights_are_refused_with_their_reason() {
    for (name, expected) in [
        ("refused/code.bin", "posix.system"),
        ("refused/whole_model.bin", "torch.nn.modules.linear.Linear"),
        (
            "refused/not_a_tensor.bin",
            "tensor epoch: expected a tensor, found an integer",
        ),
        ("refused/repeats.bin", "repeats the elements"),
        ("refused/list.bin", "expected a state dict"),
        ("refused/sparse.bin", "sparse"),
        ("refused/plain.bin", "not one that torch.save wrote"),
        (
            "refused/out_of_bounds.bin",
            "does not fit its storage of 16 elements",
        ),
        ("refused/compressed.bin", "compressed"),
        ("refused/no_pickle.bin", "without data.pkl"),
        ("clip/config.json", "no PyTorch checkpoint"),
    ] {
        let message = refusal(name);
        assert!(message.contains(expected), "{name}: {message}");
        assert!(message.starts_with(name), "{name}: {message}");
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
    for name in ["layouts/zip.bin", "layouts/legacy.bin"] {
        let whole = golden(name);
        for len in (0..whole.len()).step_by(17) {
            assert!(
                open(whole[..len].to_vec(), "cut.bin").is_err(),
                "{name} {len}"
            );
        }
    }
}

#[test]
fn damaged_bytes_are_never_a_panic() {
    for name in ["layouts/legacy.bin", "layouts/protocol4.bin"] {
        let whole = golden(name);
        for at in (0..whole.len()).step_by(3) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            // Some damage is to weights alone and cannot be seen here.
            if let Ok(checkpoint) = open(damaged, "damaged.bin") {
                for tensor in checkpoint.tensors() {
                    checkpoint.copy(tensor, |_| Ok::<(), Error>(())).unwrap();
                }
            }
        }
    }
}

/// A file in the older format: tensors of `len` bytes, all of one storage.
fn sharing(tensors: usize, len: u32) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = b"X".to_vec();
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    };
    let int = |value: u32| [&b"J"[..], &value.to_le_bytes()].concat();
    let pickle = |body: &[u8]| [b"\x80\x02", body, b"."].concat();
    let storage = [
        b"(".to_vec(),
        text("storage"),
        b"ctorch\nByteStorage\n".to_vec(),
        text("0"),
        text("cpu"),
        int(len),
        b"NtQ".to_vec(),
    ]
    .concat();
    let tensor = [
        b"ctorch._utils\n_rebuild_tensor_v2\n(".to_vec(),
        storage,
        int(0),
        [int(len), b"\x85".to_vec()].concat(),
        b"K\x01\x85".to_vec(),
        b"\x89}tR".to_vec(),
    ]
    .concat();
    let mut state = b"}".to_vec();
    for at in 0..tensors {
        state.extend([text(&format!("t{at}")), tensor.clone(), b"s".to_vec()].concat());
    }
    let magic = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    let mut file = [
        pickle(magic),
        pickle(b"M\xe9\x03"),
        pickle(b"}"),
        pickle(&state),
        pickle(&[&b"]"[..], &text("0"), b"a"].concat()),
        u64::from(len).to_le_bytes().to_vec(),
    ]
    .concat();
    file.resize(file.len() + len as usize, 7);
    file
}

#[test]
fn many_names_for_one_storage_cannot_ask_for_any_amount_of_disk() {
    // Tied weights are a storage with two names.
    let tied = open(sharing(2, 100_000), "shared.bin").unwrap();
    assert_eq!(tied.tensors().len(), 2);

    let Err(error) = open(sharing(8, 100_000), "shared.bin") else {
        panic!("it was read");
    };
    let message = error.to_string();
    assert!(message.starts_with("shared.bin: "), "{message}");
    assert!(message.contains("would fill 800000 bytes"), "{message}");
}
