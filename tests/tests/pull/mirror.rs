//! Servers that say less than the hub does, or say it elsewhere.

use std::collections::BTreeMap;

use super::home::{Home, bin_repository, done, failed, safetensors_repository, state_of};
use super::server::{COMMIT, Fault, Head, Listed, Request, Server};

fn heads_by_file(requests: &[Request]) -> BTreeMap<&str, usize> {
    let mut heads = BTreeMap::new();
    for request in requests.iter().filter(|r| r.method == "HEAD") {
        *heads.entry(&*request.path).or_default() += 1;
    }
    heads
}

#[test]
fn a_repeated_pull_succeeds_however_little_the_server_says() {
    for listed in [
        Listed::Names,
        Listed::Sizes,
        Listed::BlobIds,
        Listed::LfsOid,
    ] {
        for head in [Head::Everything, Head::Nothing, Head::Refused] {
            for server in [bin_repository(), safetensors_repository()] {
                server.gaps(|gaps| (gaps.listed, gaps.head) = (listed, head));
                let home = Home::new();
                done(&mut home.pull(&server, &[]));
                let weights = home.read("model.safetensors");
                let files = home.files();
                server.take_requests();

                let report = done(&mut home.pull(&server, &[]));
                for name in ["config.json", "vocab.json", "model.safetensors"] {
                    assert_eq!(state_of(&report, name), "kept");
                }
                assert_eq!(home.read("model.safetensors"), weights);
                assert_eq!(home.files(), files);
                let requests = server.take_requests();
                let heads = heads_by_file(&requests);
                let ids_listed = matches!(listed, Listed::BlobIds | Listed::LfsOid);
                if ids_listed || head == Head::Everything {
                    assert_eq!(report["downloaded"], 0);
                }
                if ids_listed {
                    assert!(heads.is_empty());
                }
                assert!(heads.values().all(|count| *count == 1), "{heads:?}");
                if head == Head::Refused {
                    assert!(heads.len() <= 1, "{heads:?}");
                }
            }
        }
    }
}

#[test]
fn other_content_is_told_even_where_no_id_is() {
    let server = safetensors_repository();
    server.gaps(|gaps| (gaps.listed, gaps.head) = (Listed::Names, Head::Nothing));
    let home = Home::new();
    done(&mut home.pull(&server, &[]));
    let before = home.read("vocab.json");
    let other = b"{\"x\": 0}";
    server.put("vocab.json", other);
    failed(&mut home.pull(&server, &[]), 1, &["vocab.json", "--force"]);
    assert_eq!(home.read("vocab.json"), before);
    assert_eq!(home.part("vocab.json"), None);
    done(&mut home.pull(&server, &["--force"]));
    assert_eq!(home.read("vocab.json"), other);

    // The same for weights that are converted.
    let server = bin_repository();
    server.gaps(|gaps| (gaps.listed, gaps.head) = (Listed::Names, Head::Nothing));
    let home = Home::new();
    done(&mut home.pull(&server, &[]));
    let before = home.read("model.safetensors");
    let mut other = server.content("pytorch_model.bin");
    // Within the tensors: the archive stays readable.
    let middle = other.len() / 2;
    other[middle] ^= 1;
    server.put("pytorch_model.bin", other);
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["model.safetensors", "--force"],
    );
    assert_eq!(home.read("model.safetensors"), before);
    assert_eq!(home.part("pytorch_model.bin"), None);
}

fn resumed_from(server: &Server) -> Option<String> {
    let home = Home::new();
    server.fault("model.safetensors", &[Fault::Stall(40_000)]);
    let mut child = home.pull(server, &[]).spawn().unwrap();
    home.wait_for_part(&mut child, "model.safetensors", 40_000);
    child.kill().unwrap();
    child.wait().unwrap();
    done(&mut home.pull(server, &[]));
    assert_eq!(
        home.read("model.safetensors"),
        server.content("model.safetensors")
    );
    assert_eq!(home.part("model.safetensors"), None);
    server
        .requests_for("cdn/model.safetensors")
        .pop()
        .unwrap()
        .range
}

#[test]
fn a_killed_run_is_continued_where_the_content_is_known_to_be_the_same() {
    let server = safetensors_repository();
    for head in [Head::Everything, Head::Nothing, Head::Refused] {
        server.gaps(|gaps| (gaps.listed, gaps.head) = (Listed::Names, head));
        assert_eq!(resumed_from(&server).as_deref(), Some("bytes=40000-"));
    }
    // A branch moves on: without a commit and an id, what was received is not continued.
    server.gaps(|gaps| (gaps.no_commit, gaps.head) = (true, Head::Nothing));
    assert_eq!(resumed_from(&server), None);
    server.gaps(|gaps| gaps.head = Head::Everything);
    assert_eq!(resumed_from(&server).as_deref(), Some("bytes=40000-"));
}

#[test]
fn the_listing_is_found_where_the_server_has_it() {
    type Gap = fn(&mut super::server::Gaps);
    for gap in [
        (|gaps| gaps.no_query = true) as Gap,
        |gaps| gaps.no_revisions = true,
        |gaps| (gaps.no_query, gaps.no_revisions) = (true, true),
        |gaps| gaps.branches_only = true,
        |gaps| (gaps.branches_only, gaps.listed) = (true, Listed::Names),
    ] {
        let server = bin_repository();
        server.gaps(gap);
        let home = Home::new();
        let report = done(&mut home.pull(&server, &[]));
        assert_eq!(report["revision"], COMMIT);
        assert_eq!(home.read("vocab.json"), server.content("vocab.json"));
        assert_eq!(done(&mut home.pull(&server, &[]))["downloaded"], 0);
    }
    // What has no revisions has no other branch either.
    let server = bin_repository();
    server.gaps(|gaps| gaps.no_revisions = true);
    failed(
        &mut Home::new().pull(&server, &["--revision", "refs/pr/1"]),
        1,
        &["404"],
    );
}

#[test]
fn a_listing_without_a_commit_is_taken_at_its_revision() {
    let server = bin_repository();
    server.gaps(|gaps| gaps.no_commit = true);
    let home = Home::new();
    assert_eq!(done(&mut home.pull(&server, &[]))["revision"], "main");
    let files = server.requests_for("vocab.json");
    assert!(files[0].path.contains("/resolve/main/"), "{files:?}");

    // The answer to HEAD names the commit, and every later file is taken from it.
    server.gaps(|gaps| gaps.listed = Listed::Names);
    server.take_requests();
    let home = Home::new();
    assert_eq!(done(&mut home.pull(&server, &[]))["revision"], COMMIT);
    let files = server.requests_for("vocab.json");
    assert!(files[0].path.contains(COMMIT), "{files:?}");
}

#[test]
fn a_file_that_is_called_a_web_page_is_judged_by_its_content() {
    let server = safetensors_repository();
    server.gaps(|gaps| gaps.all_html = true);
    done(&mut Home::new().pull(&server, &[]));
    server.gaps(|gaps| gaps.listed = Listed::Names);
    done(&mut Home::new().pull(&server, &[]));
    // Without an id there is only the server's word.
    server.gaps(|gaps| gaps.head = Head::Nothing);
    let home = Home::new();
    failed(
        &mut home.pull(&server, &[]),
        1,
        &["config.json", "found a web page"],
    );
    assert!(!home.encoder().exists());
}
