//! Prints the hashes as they are committed:
//! `cargo run --release -p ofa-determinism --example hashes > tests/goldens/determinism/hashes.json`

fn main() {
    let rows = std::env::args().nth(1).and_then(|rows| rows.parse().ok());
    let hashes = ofa_determinism::hashes(rows.unwrap_or(ofa_determinism::ROWS));
    print!("{}", ofa_determinism::to_json(hashes));
}
