//! Writes a pool of any size for timing `ofa score` and `ofa select`:
//! `cargo run --release -p ofa-determinism --example write_pool -- 665298 FOLDER`
//!
//! `data.jsonl` (small records), `features.safetensors` (2 KB a row) and `selector.safetensors`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use half::f16;
use ofa_core::features::{FeatureMatrix, FeatureRows};
use ofa_core::tensor_file::{TensorSpec, TensorType, header};
use ofa_determinism::{DIM, features, selector};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(rows), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("expected: write_pool ROWS FOLDER".into());
    };
    let (rows, folder) = (rows.parse()?, Path::new(&folder));
    std::fs::create_dir_all(folder)?;
    let mut data = BufWriter::new(File::create(folder.join("data.jsonl"))?);
    for row in 0..rows {
        writeln!(
            data,
            "{{\"id\": {row}, \"image\": \"{row}.jpg\", \"text\": \"What is this?\"}}"
        )?;
    }
    data.flush()?;
    let selector = selector().to_safetensors(false)?;
    std::fs::write(folder.join("selector.safetensors"), selector)?;
    write_features(&features(rows), &folder.join("features.safetensors"))
}

fn write_features(features: &FeatureMatrix, path: &Path) -> Result<(), Box<dyn Error>> {
    let rows = features.rows() as u64;
    let tensor = |name: &str, dtype, shape: &[u64]| TensorSpec {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
    };
    let metadata = BTreeMap::from([
        ("format".to_owned(), "ofa-features".to_owned()),
        ("version".to_owned(), "1".to_owned()),
    ]);
    let tensors = [
        tensor("image", TensorType::F16, &[rows, DIM as u64]),
        tensor("index", TensorType::I64, &[rows]),
        tensor("text", TensorType::F16, &[rows, DIM as u64]),
    ];
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&header(&metadata, &tensors)?)?;
    let halves = |file: &mut BufWriter<File>, values: &[f16]| {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        file.write_all(&bytes)
    };
    for row in 0..features.rows() {
        halves(&mut file, features.image(row))?;
    }
    for row in 0..features.rows() {
        file.write_all(&features.index(row).to_le_bytes())?;
    }
    for row in 0..features.rows() {
        halves(&mut file, features.text(row))?;
    }
    file.flush()?;
    Ok(())
}
