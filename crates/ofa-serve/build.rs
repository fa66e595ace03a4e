//! Tells the compiler where the page lies, and cargo when the page that is embedded is another.

use std::path::Path;

fn main() {
    // Without `..`: a program built for debugging compares the paths of the page's files with this one, and where
    // the page is built after the program there is no folder yet that could be asked for its true name.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies in the project's crates");
    let root = root
        .canonicalize()
        .expect("the project's folder can be read");
    let page = root.join("web/dist");
    println!("cargo::rustc-env=OFA_PAGE_FOLDER={}", page.display());
    // Only a release build embeds it; others read it from the disk while they run. Cargo takes a folder that is
    // missing for one that has changed, and would build anew each time.
    let is_embedded = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_embedded {
        println!("cargo::rerun-if-changed={}", page.display());
    } else {
        println!("cargo::rerun-if-changed=build.rs");
    }
}
