//! Writes `self_check.safetensors` into the demo encoder's folder: what the weights there compute on the
//! CPU for a few inputs.
//!
//! `cargo run --release -p ofa-contrastive --example write_self_check -- assets/demo-encoder`

use std::path::Path;

use anyhow::{Context, Result, bail};
use burn_flex::{Flex, FlexDevice};
use ofa_clip::{Checkpoint, ClipConfig, ClipEncoder, ClipTokenizer, SelfCheck};

const WEIGHTS: &str = "model.safetensors";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = &arguments[..] else {
        bail!("expected one argument, the encoder's folder");
    };
    let folder = Path::new(folder);
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))
    };
    let config = ClipConfig::from_json(&read("config.json")?)?;
    let tokenizer = ClipTokenizer::from_json(&read("tokenizer.json")?)?.for_model(&config)?;
    let weights = read(WEIGHTS)?;
    let checkpoint = Checkpoint::open([(WEIGHTS, weights.as_slice())])?;
    let encoder = ClipEncoder::<Flex>::load(&config, &checkpoint, &FlexDevice)?;
    let check = SelfCheck::compute(&encoder, &tokenizer, checkpoint.fingerprint()?);
    let bytes = pollster::block_on(check)?.to_safetensors();
    let path = folder.join(SelfCheck::FILE);
    std::fs::write(&path, bytes).with_context(|| format!("{}: cannot be written", path.display()))
}
