//! Tells cargo when the page that is embedded is another.

fn main() {
    // Only a release build embeds it; others read it from the disk while they run. Cargo takes a folder that is
    // missing for one that has changed, and would build anew each time.
    let is_embedded = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let watched = match is_embedded {
        true => "../../web/dist",
        false => "build.rs",
    };
    println!("cargo::rerun-if-changed={watched}");
}
