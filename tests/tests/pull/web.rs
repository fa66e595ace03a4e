//! What is pulled, as a page on the web fetches it.

use std::process::Command;

use ofa_tests::ofa_bin;

use super::home::{Home, done, failed, names, safetensors_repository};

#[test]
fn an_encoder_is_pulled_and_exported_at_once() {
    let home = Home::new();
    let server = safetensors_repository();
    let web = home.folder().join("WEB");
    let place = web.to_str().unwrap();
    let more = ["--web", place, "--dtype", "q8"];
    let report = done(&mut home.pull(&server, &more));
    assert_eq!(report["web"]["dtype"], "q8");
    let cosine = report["web"]["drift"]["images"]["least_cosine"].as_f64();
    assert!(
        cosine.is_some_and(|cosine| cosine > 0.9 && cosine <= 1.0),
        "{cosine:?}"
    );

    // The same as in two commands.
    let apart = home.folder().join("APART");
    let mut export = Command::new(ofa_bin());
    export.arg("export-encoder").arg(home.encoder());
    export.arg("-o").arg(&apart).args(["--dtype", "q8"]);
    assert!(export.output().unwrap().status.success());
    assert_eq!(names(&web), names(&apart));
    for name in names(&web) {
        let read = |folder: &std::path::Path| std::fs::read(folder.join(&name)).unwrap();
        assert_eq!(read(&web), read(&apart), "{name}");
    }

    // What is there is replaced only where that is asked for.
    failed(
        &mut home.pull(&server, &["--web", place]),
        1,
        &["WEB", "--force"],
    );
    let report = done(&mut home.pull(&server, &["--web", place, "--force"]));
    assert_eq!(report["web"]["dtype"], "f16");
}

#[test]
fn a_number_type_needs_a_place_for_the_web() {
    let home = Home::new();
    failed(
        &mut home.pull(&safetensors_repository(), &["--dtype", "f16"]),
        2,
        &["--web"],
    );
    assert!(home.files().is_empty());
}
