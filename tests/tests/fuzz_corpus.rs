//! Every input that fuzzing has found worth keeping, once more.

// The bodies of the fuzz targets, which are a crate of their own outside the workspace.
#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "they are public in their own crate")]
mod targets;

use std::fs;
use std::path::Path;

fn replay(target: &str, body: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let mut inputs = 0;
    for entry in
        fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()))
    {
        let path = entry.expect("an entry").path();
        println!("{}", path.display());
        body(&fs::read(&path).expect("an input"));
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", corpus.display());
}

#[test]
fn json_splitter() {
    replay("json_splitter", targets::json_splitter);
}

#[test]
fn record() {
    replay("record", targets::record);
}

#[test]
fn tar() {
    replay("tar", targets::tar);
}

#[test]
fn zip() {
    replay("zip", targets::zip);
}

#[test]
fn safetensors_header() {
    replay("safetensors_header", targets::safetensors_header);
}
