//! Connections that break, runs that are killed, and disks that are full.

use super::home::{
    Home, assert_same_tensors, bin_repository, done, failed, goldens, safetensors_repository,
};
use super::server::{Fault, ListingFault, blob_id};

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
    server.gaps(|gaps| gaps.no_ranges = true);
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
    let part = home.wait_for_part(&mut child, "model.safetensors", 40_000);

    // A second process meanwhile does not write into the same file.
    failed(&mut home.pull(&server, &[]), 1, &["another `ofa pull`"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!home.encoder().join("model.safetensors").exists());
    assert!(part.exists());

    let report = done(&mut home.pull(&server, &[]));
    let last = server.requests_for("cdn/model.safetensors").pop().unwrap();
    assert_eq!(last.range.as_deref(), Some("bytes=40000-"));
    let content = server.content("model.safetensors");
    assert_eq!(report["downloaded"], content.len() - 40_000);
    assert_eq!(home.read("model.safetensors"), content);
    assert!(!part.exists());
}

#[test]
fn a_damaged_part_of_an_earlier_run_is_fetched_once_more_whole() {
    let (server, home) = (safetensors_repository(), Home::new());
    server.fault("model.safetensors", &[Fault::Stall(40_000)]);
    let mut child = home.pull(&server, &[]).spawn().unwrap();
    let part = home.wait_for_part(&mut child, "model.safetensors", 40_000);
    child.kill().unwrap();
    child.wait().unwrap();
    server.take_requests();

    std::fs::write(&part, vec![7; 40_000]).unwrap();
    let content = server.content("model.safetensors");
    let report = done(&mut home.pull(&server, &[]));
    let ranges = || -> Vec<_> {
        let requests = server.requests_for("cdn/model.safetensors");
        server.take_requests();
        requests.into_iter().map(|request| request.range).collect()
    };
    assert_eq!(ranges(), [Some("bytes=40000-".into()), None]);
    assert_eq!(home.read("model.safetensors"), content);
    assert_eq!(report["downloaded"], 2 * content.len() - 40_000);

    // As long as the file, and longer.
    for len in [content.len(), content.len() + 1] {
        std::fs::remove_file(home.encoder().join("model.safetensors")).unwrap();
        std::fs::write(&part, vec![7; len]).unwrap();
        done(&mut home.pull(&server, &[]));
        assert_eq!(ranges(), [None]);
        assert_eq!(home.read("model.safetensors"), content);
    }

    // Once: what the server sends wrong is refused.
    std::fs::remove_file(home.encoder().join("model.safetensors")).unwrap();
    std::fs::write(&part, vec![7; 40_000]).unwrap();
    server.fault("model.safetensors", &[Fault::Damaged, Fault::Damaged]);
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["model.safetensors", "wrong content"],
    );
    assert_eq!(ranges().len(), 2);
    assert_eq!(home.part("model.safetensors"), None);
}

#[test]
fn a_listing_that_breaks_off_is_asked_for_again() {
    for fault in [
        ListingFault::Closed,
        ListingFault::Cut {
            upto: 100,
            announced: true,
        },
        ListingFault::Cut {
            upto: 100,
            announced: false,
        },
        ListingFault::Status(503, None),
    ] {
        let (server, home) = (safetensors_repository(), Home::new());
        server.listing_fault(fault);
        server.listing_fault(fault);
        done(&mut home.pull(&server, &[]));
        for _ in 0..3 {
            server.listing_fault(fault);
        }
        failed(&mut home.pull(&server, &[]), 1, &["owner/tiny-clip"]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_during_the_conversion_keeps_what_was_downloaded() {
    let (server, home) = (bin_repository(), Home::new());
    std::fs::create_dir(home.encoder()).unwrap();
    let converting = home.encoder().join(".model.safetensors.converting.part");
    std::os::unix::fs::symlink("/dev/full", &converting).unwrap();
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["cannot be written", "Make room"],
    );
    assert!(!converting.is_symlink());
    assert!(home.part("pytorch_model.bin").is_some());
    let report = done(&mut home.pull(&server, &[]));
    assert_eq!(report["downloaded"], 0);
    assert_eq!(report["converted"], true);
    assert_eq!(home.part("pytorch_model.bin"), None);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_to_be_one() {
    let (server, home) = (safetensors_repository(), Home::new());
    std::fs::create_dir(home.encoder()).unwrap();
    // Where the part file of config.json goes: a device that is always full.
    let listed = server.content("config.json");
    let id = blob_id(&listed);
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
