//! `ofa serve`: what it answers, whom, and what it keeps to itself.

mod http_client;
mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use http_client::{Answer, Serving};
use ofa_tests::demo_encoder;
use program::{fails, path};
use serde_json::Value;
use tempfile::TempDir;

/// A page in a folder, as it is built, with one file outside of the folder that is nobody's business.
struct Site {
    folder: TempDir,
}

const INDEX: &str = "<!doctype html><title>page</title>";
const SCRIPT: &str = "export const page = 1;";
const COMPRESSED: &[u8] = b"not really brotli";

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, bytes: &[u8]| {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, bytes).expect("written");
        };
        put("page/index.html", INDEX.as_bytes());
        put("page/assets/index-a1.js", SCRIPT.as_bytes());
        put("page/assets/index-a1.js.br", COMPRESSED);
        put("page/assets/module-b2.wasm", b"\0asm");
        put("page/manifest.webmanifest", b"{}");
        put("secret.txt", b"secret");
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        path(&self.folder.path().join(name))
    }

    /// Serves it on a free port.
    fn serve(&self, more: &[&str]) -> Serving {
        let page = self.path("page");
        Serving::start(&[&["--page", &page, "--port", "0"], more].concat())
    }
}

fn selector() -> String {
    path(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo-selector/selector.safetensors"),
    )
}

#[test]
fn files_come_with_their_types_and_what_caches_may_do() {
    let site = Site::new();
    let serving = site.serve(&[]);
    for (address, body, media_type, cache) in [
        ("/", INDEX, "text/html; charset=utf-8", "no-cache"),
        (
            "/index.html?x=1",
            INDEX,
            "text/html; charset=utf-8",
            "no-cache",
        ),
        (
            "/assets/index-a1.js",
            SCRIPT,
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/assets/module-b2.wasm",
            "\0asm",
            "application/wasm",
            "public, max-age=31536000, immutable",
        ),
        (
            "/manifest.webmanifest",
            "{}",
            "application/manifest+json",
            "no-cache",
        ),
    ] {
        let answer = serving.get(address, &[]);
        assert_eq!(answer.status, 200, "{address}");
        assert_eq!(answer.text(), body, "{address}");
        assert_eq!(answer.header("content-type"), Some(media_type), "{address}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{address}");
        let length = body.len().to_string();
        assert_eq!(answer.header("content-length"), Some(&*length), "{address}");
        let head = serving.request("HEAD", address, &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{address}");
        assert_eq!(head.header("content-length"), Some(&*length), "{address}");

        // What the browser has is not sent again.
        let tag = answer.header("etag").expect("a tag").to_owned();
        let again = serving.get(address, &[("If-None-Match", &tag)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{address}");
        assert_eq!(again.header("cache-control"), Some(cache), "{address}");
        let changed = serving.get(address, &[("If-None-Match", "\"other\"")]);
        assert_eq!(changed.status, 200, "{address}");
    }
    let missing = serving.get("/assets/none.js", &[]);
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("cache-control"), Some("no-store"));
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let refused = serving.request(method, "/", &[]);
        assert_eq!(refused.status, 405, "{method}");
        assert_eq!(refused.header("allow"), Some("GET, HEAD"), "{method}");
    }
}

#[test]
fn every_answer_has_the_policies() {
    let site = Site::new();
    let serving = site.serve(&[]);
    for address in [
        "/",
        "/assets/index-a1.js",
        "/served.json",
        "/none",
        "/%2e%2e/secret.txt",
    ] {
        let answer = serving.get(address, &[]);
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{address}: {name}");
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        for directive in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(directive), "{address}: {policy}");
        }
        for allowance in ["unsafe-inline", "'unsafe-eval'", "http:", "*;"] {
            assert!(!policy.contains(allowance), "{address}: {policy}");
        }
    }
}

#[test]
fn what_is_compressed_is_sent_to_who_takes_it() {
    let site = Site::new();
    let serving = site.serve(&[]);
    let script = "/assets/index-a1.js";
    let compressed = serving.get(script, &[("Accept-Encoding", "gzip, deflate, br")]);
    assert_eq!(compressed.body, COMPRESSED);
    assert_eq!(compressed.header("content-encoding"), Some("br"));
    assert_eq!(
        compressed.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    let plain = serving.get(script, &[("Accept-Encoding", "gzip, br;q=0")]);
    assert_eq!(plain.text(), SCRIPT);
    assert_eq!(plain.header("content-encoding"), None);
    for answer in [&compressed, &plain] {
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
    }
    // The two are told apart by caches.
    assert_ne!(compressed.header("etag"), plain.header("etag"));
    // A part is one of the file itself.
    let part = serving.get(script, &[("Accept-Encoding", "br"), ("Range", "bytes=0-5")]);
    assert_eq!((part.status, part.text()), (206, "export"));
    assert_eq!(part.header("content-encoding"), None);
    // Where there is no such sibling, nothing is said of one.
    let index = serving.get("/", &[("Accept-Encoding", "br")]);
    assert_eq!(
        (index.header("content-encoding"), index.header("vary")),
        (None, None)
    );
}

#[test]
fn an_encoder_and_a_selector_are_offered_and_served_in_parts() {
    let site = Site::new();
    let (encoder, selector) = (path(&demo_encoder()), selector());
    let serving = site.serve(&["--encoder", &encoder, "--selector", &selector]);
    let served: Value =
        serde_json::from_slice(&serving.get("/served.json", &[]).body).expect("JSON");
    let expected = serde_json::json!({
        "encoder": { "url": "./encoder/", "name": "demo-encoder" },
        "selector": { "url": "./selector.safetensors", "name": "selector.safetensors" },
    });
    assert_eq!(served, expected);

    let weights = fs::read(demo_encoder().join("model.safetensors")).expect("read");
    let address = "/encoder/model.safetensors";
    let whole = serving.get(address, &[]);
    assert_eq!(whole.status, 200);
    assert!(whole.body == weights, "the weights are sent as they are");
    let tag = whole.header("etag").expect("a tag").to_owned();
    let total = weights.len();
    for (range, from, to) in [
        ("bytes=0-99".to_owned(), 0, 100),
        (format!("bytes=1000000-{}", total * 2), 1_000_000, total),
        ("bytes=-16".to_owned(), total - 16, total),
        (format!("bytes={}-", total - 1), total - 1, total),
    ] {
        let part = serving.get(address, &[("Range", &range), ("If-Range", &tag)]);
        assert_eq!(part.status, 206, "{range}");
        let expected = format!("bytes {from}-{}/{total}", to - 1);
        assert_eq!(part.header("content-range"), Some(&*expected), "{range}");
        assert!(part.body == weights[from..to], "{range}");
    }
    let beyond = serving.get(address, &[("Range", &format!("bytes={total}-"))]);
    assert_eq!(beyond.status, 416);
    assert_eq!(
        beyond.header("content-range"),
        Some(&*format!("bytes */{total}"))
    );
    // A file that is another by now is sent whole.
    let other = serving.get(
        address,
        &[("Range", "bytes=0-9"), ("If-Range", "\"other\"")],
    );
    assert_eq!((other.status, other.body.len()), (200, total));

    let file = fs::read(&selector).expect("read");
    assert!(serving.get("/selector.safetensors", &[]).body == file);
    assert_eq!(
        serving
            .get("/encoder/config.json", &[])
            .header("content-type"),
        Some("application/json")
    );
}

#[test]
fn without_them_nothing_is_offered() {
    let site = Site::new();
    let serving = site.serve(&[]);
    assert_eq!(serving.get("/served.json", &[]).text(), "{}");
    for address in ["/encoder/config.json", "/encoder/", "/selector.safetensors"] {
        assert_eq!(serving.get(address, &[]).status, 404, "{address}");
    }
}

#[test]
fn nothing_outside_of_the_folders_is_served() {
    let site = Site::new();
    let encoder = site.folder.path().join("encoder");
    fs::create_dir(&encoder).expect("made");
    for name in ["config.json", "model.safetensors"] {
        fs::copy(demo_encoder().join(name), encoder.join(name)).expect("copied");
    }
    // What lies beside an encoder is not the page's business.
    for name in ["notes.md", ".token.json", "key.pem"] {
        fs::write(encoder.join(name), "private").expect("written");
    }
    let serving = site.serve(&["--encoder", &path(&encoder)]);
    #[cfg(unix)]
    {
        // Links that lead out, made while it serves.
        let link = |name: &str| {
            std::os::unix::fs::symlink(
                site.folder.path().join("secret.txt"),
                site.folder.path().join(name),
            )
            .expect("made");
        };
        link("page/assets/out.js");
        link("encoder/out.json");
        assert_eq!(serving.get("/assets/out.js", &[]).status, 404);
        assert_eq!(serving.get("/encoder/out.json", &[]).status, 404);
        let refused = site.path("page");
        let with_link = path(&encoder);
        fails(
            &[
                "serve",
                "--port",
                "0",
                "--page",
                &refused,
                "--encoder",
                &with_link,
            ],
            1,
            &["out.json", "outside of its folder"],
        );
    }
    for address in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/encoder/../../secret.txt",
        "/encoder/..%2f..%2fsecret.txt",
        "/encoder/notes.md",
        "/encoder/.token.json",
        "/encoder/key.pem",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/assets",
        "/assets/",
        "/%00",
        "/%ff",
    ] {
        let answer = serving.get(address, &[]);
        assert!(
            matches!(answer.status, 400 | 404),
            "{address}: {}",
            answer.status
        );
        assert!(
            !answer.text().contains("secret") && !answer.text().contains("private"),
            "{address}"
        );
    }
}

#[test]
fn who_comes_under_another_name_is_not_answered() {
    let site = Site::new();
    let serving = site.serve(&[]);
    let named = |host: &str| serving.get("/", &[("Host", host)]);
    for host in [
        "localhost",
        "localhost:1234",
        "127.0.0.1",
        "[::1]:80",
        "page.localhost",
    ] {
        assert_eq!(named(host).status, 200, "{host}");
    }
    for host in [
        "rebound.example",
        "127.0.0.1.rebound.example",
        "192.168.1.1",
    ] {
        let Answer { status, body, .. } = named(host);
        assert_eq!(status, 421, "{host}");
        assert!(!body.windows(5).any(|word| word == b"<titl"), "{host}");
    }
}

#[test]
fn a_port_that_is_taken_is_said_and_a_free_one_is_found() {
    let site = Site::new();
    let first = site.serve(&[]);
    let port = first.port.to_string();
    let page = site.path("page");
    let line = ["serve", "--page", &page, "--port", &port];
    fails(
        &line,
        1,
        &[&port, "another program has this port", "--port 0"],
    );
    let second = site.serve(&[]);
    assert_ne!(first.port, second.port);
    assert_eq!(second.get("/", &[]).status, 200);
}

#[test]
fn other_networks_are_served_with_a_warning() {
    let site = Site::new();
    let serving = site.serve(&["--host", "0.0.0.0"]);
    // Which names this machine has there is not known.
    assert_eq!(
        serving.get("/", &[("Host", "workstation.example")]).status,
        200
    );
    let said = serving.stop();
    assert!(
        said.contains("warning") && said.contains("0.0.0.0") && said.contains("https"),
        "{said}"
    );
    let quiet = site.serve(&[]).stop();
    assert!(!quiet.contains("warning"), "{quiet}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_browser_is_opened_on_the_page_where_that_is_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::{Duration, Instant};

    let site = Site::new();
    let (programs, opened) = (site.folder.path().join("programs"), site.path("opened"));
    // What desktops open addresses with.
    fs::create_dir(&programs).expect("made");
    let desktop = programs.join("xdg-open");
    fs::write(
        &desktop,
        format!("#!/bin/sh\nprintf %s \"$1\" > '{opened}'\n"),
    )
    .expect("written");
    fs::set_permissions(&desktop, fs::Permissions::from_mode(0o755)).expect("it may run");
    let start = |more: &[&str]| {
        let mut program = Command::new(ofa_tests::ofa_bin());
        program.env("PATH", format!("{}:/usr/bin:/bin", path(&programs)));
        let page = site.path("page");
        let arguments = [&["--page", &page, "--port", "0"], more].concat();
        Serving::start_by(&mut program, &arguments)
    };
    start(&[]).stop();
    assert!(!Path::new(&opened).exists(), "nobody asked for it");

    let serving = start(&["--open"]);
    let page = format!("http://127.0.0.1:{}/", serving.port);
    let begun = Instant::now();
    while fs::read_to_string(&opened).unwrap_or_default() != page {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it was never opened"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    serving.stop();
}

#[test]
fn what_cannot_be_served_is_refused_before_anything_is() {
    let site = Site::new();
    let (page, empty) = (site.path("page"), site.path("page/assets"));
    let secret = site.path("secret.txt");
    let with = |more: &[&str], status: i32, words: &[&str]| {
        fails(
            &[&["serve", "--port", "0", "--page", &page], more].concat(),
            status,
            words,
        );
    };
    with(&["--encoder", &empty], 1, &["config.json", "ofa pull"]);
    with(
        &["--encoder", &site.path("none")],
        1,
        &["none", "cannot be read"],
    );
    with(&["--selector", &secret], 1, &["secret.txt"]);
    with(
        &["--selector", &site.path("none")],
        1,
        &["none", "cannot be read"],
    );
    with(
        &["--host", "203.0.113.7"],
        1,
        &["203.0.113.7", "no such address"],
    );
    with(&["--port", "65536"], 2, &["--port"]);
    fails(
        &["serve", "--port", "0", "--page", &empty],
        1,
        &["index.html", "cargo xtask web"],
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_success() {
    let site = Site::new();
    let serving = site.serve(&[]);
    assert_eq!(serving.get("/", &[]).status, 200);
    assert!(serving.interrupt().success());
}
