//! Connections that break, runs that are killed, and disks that are full.

use super::home::{
    Home, assert_same_tensors, bin_repository, done, failed, goldens, safetensors_repository,
};
use super::server::Fault;

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let (server, home) = (bin_repository(), Home::new());
    server.fault(
        "pytorch_model.bin",
        &[Fault::Cut(30_000), Fault::Cut(1_000)],
    );
    server.fault("vocab.json", &[Fault::Status(503)]);
    let report = done(&mut home.pull(&server, &[]));
    let ranges: Vec<_> = server
        .requests_for("cdn/pytorch_model.bin")
        .into_iter()
        .map(|request| request.range)
        .collect();
    let resumed = [
        None,
        Some("bytes=30000-".into()),
        Some("bytes=31000-".into()),
    ];
    assert_eq!(ranges, resumed);
    let sizes = |keep: fn(&str) -> bool| -> usize {
        let state = server.state.lock().unwrap();
        let files = state.files.iter().filter(|(name, _)| keep(name));
        files.map(|(_, content)| content.len()).sum()
    };
    assert_eq!(report["downloaded"], sizes(|_| true));
    let weights = home.encoder().join("model.safetensors");
    assert_same_tensors(&weights, &goldens().join("clip/expected.safetensors"));

    // A server without ranges sends the whole again.
    let (server, home) = (bin_repository(), Home::new());
    server.state.lock().unwrap().no_ranges = true;
    server.fault("pytorch_model.bin", &[Fault::Cut(30_000)]);
    done(&mut home.pull(&server, &[]));
    assert_same_tensors(
        &home.encoder().join("model.safetensors"),
        &goldens().join("clip/expected.safetensors"),
    );
}

#[test]
fn a_killed_run_is_continued_by_the_next() {
    let (server, home) = (safetensors_repository(), Home::new());
    server.fault("model.safetensors", &[Fault::Stall(40_000)]);
    let mut child = home.pull(&server, &[]).spawn().unwrap();
    let part = loop {
        let parts = home.files();
        let part = parts
            .iter()
            .find(|name| name.starts_with(".model.safetensors."));
        if let Some(part) = part.map(|name| home.encoder().join(name))
            && std::fs::metadata(&part).is_ok_and(|part| part.len() == 40_000)
        {
            break part;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(std::time::Duration::from_millis(10));
    };

    // A second process meanwhile does not write into the same file.
    failed(&mut home.pull(&server, &[]), 1, &["another `ofa pull`"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!home.encoder().join("model.safetensors").exists());
    assert!(part.exists());

    let report = done(&mut home.pull(&server, &[]));
    let last = server.requests_for("cdn/model.safetensors").pop().unwrap();
    assert_eq!(last.range.as_deref(), Some("bytes=40000-"));
    let content = server.state.lock().unwrap().files["model.safetensors"].clone();
    assert_eq!(report["downloaded"], content.len() - 40_000);
    assert_eq!(
        std::fs::read(home.encoder().join("model.safetensors")).unwrap(),
        content
    );
    assert!(!part.exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_to_be_one() {
    let (server, home) = (safetensors_repository(), Home::new());
    std::fs::create_dir(home.encoder()).unwrap();
    // Where the part file of config.json goes: a device that is always full.
    let listed = server.state.lock().unwrap().files["config.json"].clone();
    let id = {
        use sha1::Digest;
        let mut blob = sha1::Sha1::new();
        blob.update(format!("blob {}\0", listed.len()));
        blob.update(&listed);
        let digest = blob.finalize();
        digest
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    };
    let part = home
        .encoder()
        .join(format!(".config.json.{}.part", &id[..16]));
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["cannot be written", "Make room"],
    );
    assert!(!home.encoder().join("config.json").exists());
}
