//! Tokens, proxies, certificates and whether to go online at all.

use super::home::{Home, bin_repository, done, failed};

#[test]
fn the_token_goes_to_the_hub_and_to_no_other_host() {
    let server = bin_repository();
    server.state.lock().unwrap().token = Some("hf_secret".to_owned());
    failed(
        &mut Home::new().pull(&server, &[]),
        1,
        &["no token was sent"],
    );
    let home = Home::new();
    let wrong = home
        .pull(&server, &[])
        .env("HF_TOKEN", "hf_wrong")
        .output()
        .unwrap();
    let errors = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        errors.contains("the token that was sent does not open it"),
        "{errors}"
    );
    assert!(
        !errors.contains("hf_wrong"),
        "a token is no text for a log: {errors}"
    );

    done(home.pull(&server, &[]).env("HF_TOKEN", "hf_secret\n"));
    let redirected = server.requests_for("cdn/pytorch_model.bin");
    assert_eq!(redirected.len(), 1);
    assert_eq!(redirected[0].authorization, None);

    // The file that a login leaves behind, where HF_HOME or the home folder has it.
    let home = Home::new();
    let hub = home.folder().join(".cache/huggingface");
    std::fs::create_dir_all(&hub).unwrap();
    std::fs::write(hub.join("token"), "hf_secret\n").unwrap();
    done(&mut home.pull(&server, &[]));
    let other = Home::new();
    done(other.pull(&server, &[]).env("HF_HOME", &hub));
}

#[test]
fn proxies_are_those_of_the_environment() {
    // The server stands in for a proxy: it is asked for a host that does not exist.
    let (server, home) = (bin_repository(), Home::new());
    let mut command = home.pull(&server, &[]);
    command
        .env("HF_ENDPOINT", "http://hub.invalid")
        .env("HTTP_PROXY", server.url());
    done(&mut command);
    let first = server.state.lock().unwrap().requests[0].target.clone();
    assert!(
        first.starts_with("http://hub.invalid/api/models/"),
        "{first}"
    );

    // Lower case is as good, and HTTPS has its own: the proxy is asked for a tunnel.
    let (server, home) = (bin_repository(), Home::new());
    let mut command = home.pull(&server, &[]);
    command
        .env("HF_ENDPOINT", "http://hub.invalid")
        .env("http_proxy", server.url());
    done(&mut command);
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let (server, home) = (bin_repository(), Home::new());
        let mut command = home.pull(&server, &[]);
        command
            .env("HF_ENDPOINT", "https://hub.invalid")
            .env(variable, server.url());
        failed(&mut command, 1, &["no answer", variable]);
        let first = &server.take_requests()[0];
        assert_eq!(
            (&*first.method, &*first.target),
            ("CONNECT", "hub.invalid:443")
        );
    }

    // Port 9 (discard) answers nowhere.
    let (server, home) = (bin_repository(), Home::new());
    let mut command = home.pull(&server, &[]);
    command.env("HTTP_PROXY", "http://name:word@127.0.0.1:9");
    let errors = failed(&mut command, 1, &["HTTP_PROXY", "127.0.0.1:9", "no answer"]);
    assert!(!errors.contains("word"), "{errors}");
    let mut command = home.pull(&server, &[]);
    command
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("NO_PROXY", "127.0.0.1,localhost");
    done(&mut command);

    // A proxy that was not asked is not blamed.
    let mut command = home.pull(&server, &[]);
    command
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env("HTTP_PROXY", server.url())
        .env("NO_PROXY", "127.0.0.0/8");
    let errors = failed(&mut command, 1, &["no answer", "Check the network"]);
    assert!(!errors.contains("HTTP_PROXY sends"), "{errors}");
}

#[test]
fn a_failed_secure_connection_points_to_certificates() {
    let (server, home) = (bin_repository(), Home::new());
    let mut command = home.pull(&server, &[]);
    // The server speaks no TLS.
    command.env("HF_ENDPOINT", server.url().replace("http:", "https:"));
    failed(
        &mut command,
        1,
        &["The secure connection failed", "SSL_CERT_FILE"],
    );
    for bad in ["huggingface.co", "not a url"] {
        let mut command = home.pull(&server, &[]);
        failed(command.env("HF_ENDPOINT", bad), 1, &["HF_ENDPOINT", bad]);
    }
}

#[test]
fn offline_is_said_in_any_case_of_the_letters() {
    let (server, home) = (bin_repository(), Home::new());
    for value in ["1", "ON", "Yes", "TRUE", "true"] {
        let mut command = home.pull(&server, &[]);
        failed(command.env("HF_HUB_OFFLINE", value), 1, &["HF_HUB_OFFLINE"]);
    }
    assert!(server.take_requests().is_empty());
    done(home.pull(&server, &[]).env("HF_HUB_OFFLINE", "0"));
}
