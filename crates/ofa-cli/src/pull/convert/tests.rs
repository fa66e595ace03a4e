use std::path::PathBuf;

use safetensors::SafeTensors;

use super::*;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/goldens/checkpoint")
        .join(name)
}

fn identity() -> Identity {
    Identity {
        sha256: "00".to_owned(),
        git_blob: None,
    }
}

fn converted(names: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("model.safetensors");
    let paths: Vec<PathBuf> = names.iter().map(|name| golden(name)).collect();
    let identity = identity();
    let sources: Vec<Source<'_>> = paths
        .iter()
        .zip(names)
        .map(|(path, name)| Source {
            path,
            name,
            identity: &identity,
        })
        .collect();
    let len = convert(&sources, &to).unwrap();
    let bytes = std::fs::read(&to).unwrap();
    assert_eq!(bytes.len() as u64, len);
    bytes
}

/// Same names, dtypes, shapes and bits as the file that PyTorch and safetensors wrote.
fn assert_equal(bytes: &[u8], expected: &str) {
    let expected = std::fs::read(golden(expected)).unwrap();
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let ours = SafeTensors::deserialize(bytes).unwrap();
    assert_eq!(ours.len(), expected.len());
    assert!(expected.len() > 10);
    for (name, tensor) in expected.tensors() {
        let found = ours.tensor(&name).unwrap();
        assert_eq!(found.dtype(), tensor.dtype(), "{name}");
        assert_eq!(found.shape(), tensor.shape(), "{name}");
        assert_eq!(found.data(), tensor.data(), "{name}");
    }
}

#[test]
fn a_clip_checkpoint_keeps_every_bit() {
    assert_equal(
        &converted(&["clip/pytorch_model.bin"]),
        "clip/expected.safetensors",
    );
}

#[test]
fn strides_shared_storages_and_every_dtype_are_read_in_each_format() {
    for name in [
        "layouts/zip.bin",
        "layouts/legacy.bin",
        "layouts/protocol4.bin",
    ] {
        assert_equal(&converted(&[name]), "layouts/expected.safetensors");
    }
}

#[test]
fn shards_become_one_file() {
    let bytes = converted(&[
        "layouts/sharded/pytorch_model-00001-of-00002.bin",
        "layouts/sharded/pytorch_model-00002-of-00002.bin",
    ]);
    assert_equal(&bytes, "layouts/expected.safetensors");
}

#[test]
fn the_same_sources_give_the_same_bytes_aligned_and_labelled() {
    let bytes = converted(&["layouts/zip.bin"]);
    assert_eq!(bytes, converted(&["layouts/zip.bin"]));
    let (len, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(len % 8, 0);
    let metadata = metadata.metadata().clone().unwrap();
    assert_eq!(metadata["format"], "pt");
    assert_eq!(metadata[provenance::KEY], "layouts/zip.bin sha256:00");
}

#[test]
fn a_tensor_in_two_shards_is_refused() {
    let path = golden("layouts/zip.bin");
    let identity = identity();
    let source = |name| Source {
        path: &path,
        name,
        identity: &identity,
    };
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("model.safetensors");
    let message = convert(&[source("a.bin"), source("b.bin")], &to)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("b.bin: tensor contiguous is already in a.bin"),
        "{message}"
    );
    assert!(!to.exists());
}
