//! A folder here that has PyTorch weights.

use std::path::PathBuf;

use super::home::{BIN_REPO, Home, assert_same_tensors, done, failed, goldens, names, state_of};

#[test]
fn a_local_folder_is_converted_in_place_or_elsewhere() {
    let home = Home::new();
    let local = local(&home);
    let local_name = local.to_str().unwrap();
    let encoder = home.encoder();
    let report = done(&mut home.command(&[local_name, "--json", "-o", encoder.to_str().unwrap()]));
    assert_eq!(report["converted"], true);
    assert_eq!(state_of(&report, "config.json"), "copied");
    let expected = goldens().join("clip/expected.safetensors");
    assert_same_tensors(&encoder.join("model.safetensors"), &expected);
    assert!(!encoder.join("pytorch_model.bin").exists());
    assert!(!local.join("model.safetensors").exists());

    let report = done(&mut home.command(&[local_name, "--json"]));
    assert_eq!(report["converted"], true);
    assert_same_tensors(&local.join("model.safetensors"), &expected);
    assert!(local.join("pytorch_model.bin").exists());
    // A folder that needs nothing.
    assert_eq!(
        done(&mut home.command(&[local_name, "--json"]))["converted"],
        false
    );

    std::fs::remove_file(local.join("model.safetensors")).unwrap();
    std::fs::write(local.join("pytorch_model.bin"), "PK\x03\x04 cut").unwrap();
    failed(
        &mut home.command(&[local_name]),
        1,
        &["pytorch_model.bin", "cut short"],
    );
    assert!(
        names(&local)
            .iter()
            .all(|name| !name.contains("safetensors"))
    );
}

/// A folder with PyTorch weights, as a user has it.
fn local(home: &Home) -> PathBuf {
    let local = home.folder().join("local");
    std::fs::create_dir(&local).unwrap();
    for name in BIN_REPO {
        std::fs::copy(goldens().join("clip").join(name), local.join(name)).unwrap();
    }
    local
}

#[test]
fn a_file_that_would_be_read_in_place_of_a_copy_is_in_the_way() {
    let home = Home::new();
    let (local, encoder) = (local(&home), home.encoder());
    let arguments = [
        local.to_str().unwrap(),
        "--json",
        "-o",
        encoder.to_str().unwrap(),
    ];
    for rival in ["tokenizer.json", "model.safetensors.index.json"] {
        let path = home.put(rival, "{}");
        failed(&mut home.command(&arguments), 1, &[rival, "--force"]);
        assert_eq!(home.files(), [rival]);
        done(home.command(&arguments).arg("--force"));
        assert!(!path.exists());
        std::fs::remove_dir_all(&encoder).unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_copy_that_fails_leaves_no_temporary_file() {
    let home = Home::new();
    let (local, encoder) = (local(&home), home.encoder());
    std::fs::create_dir(&encoder).unwrap();
    let part = encoder.join(".config.json.copying.part");
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let mut command = home.command(&[local.to_str().unwrap(), "-o", encoder.to_str().unwrap()]);
    failed(&mut command, 1, &["cannot be written", "Make room"]);
    assert!(home.files().is_empty());
}
