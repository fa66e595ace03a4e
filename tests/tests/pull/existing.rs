//! What lies in the output folder already.

use super::home::{
    Home, assert_same_tensors, bin_repository, done, failed, goldens, safetensors_repository,
};

#[test]
fn a_file_that_differs_is_replaced_only_with_force() {
    let (server, home) = (safetensors_repository(), Home::new());
    std::fs::create_dir(home.encoder()).unwrap();
    let weights = home.encoder().join("model.safetensors");
    std::fs::write(&weights, "the user's own").unwrap();
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["model.safetensors", "--force"],
    );
    assert_eq!(std::fs::read(&weights).unwrap(), b"the user's own");
    assert!(server.requests_for("model.safetensors").is_empty());
    done(&mut home.pull(&server, &["--force"]));
    assert_same_tensors(&weights, &goldens().join("clip/expected.safetensors"));

    let (server, home) = (bin_repository(), Home::new());
    std::fs::create_dir(home.encoder()).unwrap();
    std::fs::write(home.encoder().join("model.safetensors"), "other").unwrap();
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["model.safetensors", "--force"],
    );
    assert_eq!(
        done(&mut home.pull(&server, &["--force"]))["converted"],
        true
    );
}
