use reqwest::header::HeaderValue;

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const SHA256: &str = "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        })
        .collect()
}

fn listed(siblings: &str) -> RemoteFile {
    let body = format!(r#"{{"sha": "{COMMIT}", "siblings": [{siblings}]}}"#);
    let listing = read(body.as_bytes(), &HeaderMap::new(), "main", "url").unwrap();
    assert_eq!(listing.commit, COMMIT);
    listing.files["f"].clone()
}

#[test]
fn every_form_of_lfs_is_read() {
    let expected = RemoteFile {
        size: Some(12),
        id: ContentId::sha256(SHA256),
    };
    for lfs in [
        format!(r#"{{"sha256": "{SHA256}", "size": 12, "pointerSize": 134}}"#),
        format!(r#"{{"oid": "{SHA256}", "size": 12}}"#),
        format!(r#"{{"oid": "sha256:{SHA256}", "size": 12}}"#),
    ] {
        let sibling = format!(r#"{{"rfilename": "f", "blobId": "{COMMIT}", "lfs": {lfs}}}"#);
        assert_eq!(listed(&sibling), expected);
    }
    let unknown = RemoteFile {
        size: Some(12),
        id: None,
    };
    let sibling = r#"{"rfilename": "f", "size": 12, "blobId": "01", "lfs": {}}"#;
    assert_eq!(listed(sibling), unknown);
    assert_eq!(listed(r#"{"rfilename": "f"}"#), RemoteFile::default());
}

#[test]
fn a_list_without_a_commit_takes_it_from_the_header_or_the_revision() {
    let body = br#"{"siblings": []}"#;
    let commit = |headers: HeaderMap| read(body, &headers, "v1", "url").unwrap().commit;
    assert_eq!(commit(headers(&[("x-repo-commit", COMMIT)])), COMMIT);
    assert_eq!(commit(headers(&[("x-repo-commit", "../..")])), "v1");
    assert_eq!(commit(HeaderMap::new()), "v1");
    let odd = br#"{"sha": "a/b", "siblings": []}"#;
    assert!(read(odd, &HeaderMap::new(), "v1", "url").is_err());
}

#[test]
fn a_redirect_tells_of_the_file_by_the_hubs_own_headers_only() {
    let mut file = RemoteFile::default();
    let etag = format!("\"{SHA256}\"");
    let redirect = headers(&[
        ("content-length", "17"),
        ("etag", "\"5f-61\""),
        ("x-linked-size", "1234"),
        ("x-linked-etag", &etag),
    ]);
    file.learn(StatusCode::FOUND, &redirect);
    assert_eq!(file.size, Some(1234));
    assert_eq!(file.id, ContentId::sha256(SHA256));

    let mut file = RemoteFile::default();
    file.learn(StatusCode::FOUND, &headers(&[("content-length", "17")]));
    assert_eq!(file, RemoteFile::default());
}

#[test]
fn a_plain_answer_tells_by_length_and_etag_and_never_overrules_the_list() {
    let etag = format!("W/\"{COMMIT}\"");
    let plain = headers(&[("content-length", "17"), ("etag", &etag)]);
    let mut file = RemoteFile::default();
    file.learn(StatusCode::OK, &plain);
    assert_eq!(file.size, Some(17));
    assert_eq!(file.id.as_ref().map(ContentId::hex), Some(COMMIT));

    let mut file = RemoteFile {
        size: Some(5),
        id: ContentId::sha256(SHA256),
    };
    let before = file.clone();
    file.learn(StatusCode::OK, &plain);
    assert_eq!(file, before);
}

#[test]
fn an_answer_that_says_nothing_of_the_file_is_ignored() {
    let page = [("content-type", "text/html; charset=utf-8")];
    for (status, pairs) in [
        (StatusCode::UNAUTHORIZED, &[("content-length", "17")][..]),
        (StatusCode::OK, &[page[0], ("content-length", "17")]),
        (StatusCode::OK, &[("content-length", "0")]),
        (
            StatusCode::OK,
            &[("content-length", "17"), ("content-encoding", "gzip")],
        ),
        (StatusCode::OK, &[]),
    ] {
        let mut file = RemoteFile::default();
        file.learn(status, &headers(pairs));
        assert_eq!(file, RemoteFile::default(), "{pairs:?}");
    }
}
