use super::*;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/goldens/checkpoint")
        .join(name)
}

fn refusal(name: &str) -> String {
    match Checkpoint::open(&golden(name), name) {
        Ok(_) => panic!("{name} was read"),
        Err(error) => format!("{error:#}"),
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
    let folder = tempfile::tempdir().unwrap();
    for name in ["layouts/zip.bin", "layouts/legacy.bin"] {
        let whole = std::fs::read(golden(name)).unwrap();
        let path = folder.path().join("cut.bin");
        for len in (0..whole.len()).step_by(17) {
            std::fs::write(&path, &whole[..len]).unwrap();
            assert!(Checkpoint::open(&path, "cut.bin").is_err(), "{name} {len}");
        }
    }
}

#[test]
fn damaged_bytes_are_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.bin");
    for name in ["layouts/legacy.bin", "layouts/protocol4.bin"] {
        let whole = std::fs::read(golden(name)).unwrap();
        for at in (0..whole.len()).step_by(3) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&path, &damaged).unwrap();
            // Some damage is to weights alone and cannot be seen here.
            if let Ok(mut checkpoint) = Checkpoint::open(&path, "damaged.bin") {
                for tensor in checkpoint.tensors().to_vec() {
                    checkpoint.copy(&tensor, &mut std::io::sink()).unwrap();
                }
            }
        }
    }
}
