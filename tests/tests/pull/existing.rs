//! What lies in the output folder already.

use super::home::{
    Home, assert_same_tensors, bin_repository, done, failed, goldens, safetensors_repository,
};
use super::server::{Fault, Head, Listed, REPO};

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

#[test]
fn a_file_that_would_be_read_in_place_of_the_encoders_own_is_in_the_way() {
    let sharded = || {
        let server = safetensors_repository();
        server.remove("model.safetensors");
        let index = r#"{"weight_map": {"a": "model-1.safetensors"}}"#;
        server.put("model.safetensors.index.json", index);
        server.put("model-1.safetensors", "first");
        server
    };
    for (server, rival) in [
        (safetensors_repository(), "tokenizer.json"),
        (bin_repository(), "tokenizer.json"),
        (sharded(), "model.safetensors"),
        (safetensors_repository(), "model.safetensors.index.json"),
        (bin_repository(), "model.safetensors.index.json"),
        (bin_repository(), "processor_config.json"),
    ] {
        let home = Home::new();
        let path = home.put(rival, "{}");
        failed(&mut home.pull(&server, &[]), 1, &[rival, REPO, "--force"]);
        assert_eq!(home.files(), [rival]);
        let requests = server.take_requests();
        assert_eq!(
            requests.len(),
            2,
            "the listing and config.json: {requests:?}"
        );

        // A run that fails takes nothing away.
        server.fault("merges.txt", &[Fault::Status(403)]);
        failed(&mut home.pull(&server, &["--force"]), 1, &["403"]);
        assert!(path.exists());
        done(&mut home.pull(&server, &["--force"]));
        assert!(!path.exists(), "{rival}");
        done(&mut home.pull(&server, &[]));
    }
}

#[test]
fn a_finished_folder_is_told_by_content_and_not_by_length() {
    let (server, home) = (safetensors_repository(), Home::new());
    server.gaps(|gaps| gaps.listed = Listed::Sizes);
    let mut other = server.content("model.safetensors");
    *other.last_mut().unwrap() ^= 1;
    for head in [Head::Everything, Head::Nothing] {
        server.gaps(|gaps| gaps.head = head);
        home.put("model.safetensors", &other);
        failed(
            &mut home.pull(&server, &[]),
            1,
            &["model.safetensors", "--force"],
        );
        assert_eq!(home.read("model.safetensors"), other);
        assert_eq!(home.part("model.safetensors"), None);
        done(&mut home.pull(&server, &["--force"]));
        assert_eq!(
            home.read("model.safetensors"),
            server.content("model.safetensors")
        );
    }
}
