//! Scores as files: Parquet, CSV or JSON Lines, with where they come from.
//!
//! Columns: `index`, `cluster`, `confidence`, `entropy`, `gate` and, where known,
//! `early_confidence` and `alignment_margin`. Floats read back to the same bits.

mod columns;
mod csv_table;
mod feature_rows;
mod json_lines;
mod origin;
#[cfg(feature = "parquet")]
mod parquet_table;

use std::io::Write;

use ofa_core::score::Scores;

use crate::error::{Error, Result};
pub use feature_rows::feature_rows;
pub(crate) use feature_rows::without_features;
pub use origin::{ScoresOrigin, manifest_name};

/// How scores stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoresFormat {
    /// Apache Parquet; the origin stands in its key-value metadata.
    Parquet,
    /// Comma-separated values with a header line; the origin stands in a file beside it.
    Csv,
    /// One JSON object a line; the origin stands in a file beside it.
    JsonLines,
}

impl ScoresFormat {
    /// The format that a file name's ending asks for.
    ///
    /// # Errors
    /// [`Error::Option`] for another ending.
    pub fn of_name(name: &str) -> Result<Self> {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        match ending.to_ascii_lowercase().as_str() {
            "parquet" => Ok(Self::Parquet),
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            _ => Err(Error::Option {
                option: "scores file",
                expected: "a name that ends in .parquet, .csv or .jsonl",
                found: name.to_owned(),
            }),
        }
    }

    /// Whether the origin goes into a file of its own, [`manifest_name`].
    #[must_use]
    pub fn has_manifest_beside(self) -> bool {
        self != Self::Parquet
    }
}

/// Writes scores. With a format that has a manifest beside it, `origin` is the caller's to write.
///
/// # Errors
/// [`Error::Scores`] where writing fails.
pub fn write_scores(
    scores: &Scores,
    origin: &ScoresOrigin,
    format: ScoresFormat,
    name: &str,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    match format {
        #[cfg(feature = "parquet")]
        ScoresFormat::Parquet => parquet_table::write(scores, origin, name, out),
        #[cfg(not(feature = "parquet"))]
        ScoresFormat::Parquet => {
            let _ = origin;
            Err(without_parquet(name))
        }
        ScoresFormat::Csv => csv_table::write(scores, name, out),
        ScoresFormat::JsonLines => json_lines::write(scores, name, out),
    }
}

/// Reads scores; `manifest` is the bytes of the file beside them, where there is one.
///
/// Columns and rows may come in any order, as after sorting by confidence; other columns are
/// passed over.
///
/// # Errors
/// [`Error::Scores`] with the place where the file is broken or a column is missing.
pub fn read_scores(
    bytes: Vec<u8>,
    manifest: Option<&[u8]>,
    format: ScoresFormat,
    name: &str,
) -> Result<(Scores, ScoresOrigin)> {
    let beside = || match manifest {
        Some(manifest) => ScoresOrigin::from_json(manifest, &manifest_name(name)),
        None => Ok(ScoresOrigin::default()),
    };
    let (scores, origin) = match format {
        #[cfg(feature = "parquet")]
        ScoresFormat::Parquet => parquet_table::read(bytes, name)?,
        #[cfg(not(feature = "parquet"))]
        ScoresFormat::Parquet => return Err(without_parquet(name)),
        ScoresFormat::Csv => (csv_table::read(&bytes, name)?, beside()?),
        ScoresFormat::JsonLines => (json_lines::read(&bytes, name)?, beside()?),
    };
    Ok((columns::in_dataset_order(scores), origin))
}

#[cfg(not(feature = "parquet"))]
fn without_parquet(name: &str) -> Error {
    Error::Scores {
        name: name.to_owned(),
        problem: "this build reads and writes no Parquet; use .csv or .jsonl".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fingerprints;

    fn scores(early: bool) -> Scores {
        // Bit patterns over the whole range below 1, subnormal numbers included.
        let values = |salt: u32| -> Vec<f32> {
            (0..2_000_u32)
                .map(|n| {
                    f32::from_bits(n.wrapping_mul(2_654_435_761).wrapping_add(salt) % 0x3f80_0000)
                })
                .collect()
        };
        Scores {
            index: (0..2_000).map(|n| n * 3 + 1).collect(),
            cluster: (0..2_000).map(|n| n % 128).collect(),
            confidence: values(1),
            entropy: values(2),
            gate: values(3),
            early_confidence: early.then(|| values(4)),
            alignment_margin: early.then(|| values(5).iter().map(|v| -v).collect()),
        }
    }

    fn origin() -> ScoresOrigin {
        ScoresOrigin {
            fingerprints: Fingerprints {
                dataset: Some("json:3:abc".to_owned()),
                encoder: None,
            },
            dataset_records: Some(7_000),
            ..ScoresOrigin::default()
        }
    }

    #[test]
    fn every_format_reads_back_to_the_same_bits() {
        for format in [
            ScoresFormat::Parquet,
            ScoresFormat::Csv,
            ScoresFormat::JsonLines,
        ] {
            for early in [false, true] {
                let scores = scores(early);
                let mut bytes = Vec::new();
                write_scores(&scores, &origin(), format, "s", &mut bytes).expect("written");
                let manifest = origin().to_json();
                let (read, read_origin) =
                    read_scores(bytes, Some(&manifest), format, "s").expect("read");
                assert_eq!(read.index, scores.index);
                assert_eq!(read.cluster, scores.cluster);
                let bits = |v: &[f32]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                assert_eq!(
                    bits(&read.confidence),
                    bits(&scores.confidence),
                    "{format:?}"
                );
                assert_eq!(bits(&read.entropy), bits(&scores.entropy));
                assert_eq!(bits(&read.gate), bits(&scores.gate));
                assert_eq!(
                    read.early_confidence.as_deref().map(bits),
                    scores.early_confidence.as_deref().map(bits)
                );
                assert_eq!(
                    read.alignment_margin.as_deref().map(bits),
                    scores.alignment_margin.as_deref().map(bits)
                );
                assert_eq!(read_origin, origin());
            }
        }
    }

    #[test]
    fn rows_in_any_order_and_columns_beside_them_are_read() {
        let table = "name,gate,confidence,index,cluster,entropy,early_confidence\n\
                     b,0.25,0.5,7,1,3,0.1\na,0.75,0.125,2,0,2,\n";
        let (scores, _) =
            read_scores(table.as_bytes().to_vec(), None, ScoresFormat::Csv, "s.csv").expect("read");
        assert_eq!(scores.index, [2, 7]);
        assert_eq!(scores.cluster, [0, 1]);
        assert_eq!(scores.confidence, [0.125, 0.5]);
        assert_eq!(scores.gate, [0.75, 0.25]);
        assert_eq!(scores.early_confidence, None, "not every row has it");
    }

    #[test]
    fn a_manifest_of_something_else_is_refused() {
        let table = b"index,cluster,confidence,entropy,gate\n0,1,0.5,1,1\n".to_vec();
        let manifest = br#"{"format": "ofa-subset", "version": "1"}"#;
        let error = read_scores(table, Some(manifest), ScoresFormat::Csv, "a/s.csv")
            .expect_err("refused")
            .to_string();
        assert!(error.contains("a/s.manifest.json") && error.contains("ofa-subset"));
    }

    #[test]
    fn a_broken_file_is_refused_with_its_place() {
        let refuse = |text: &str, format, place: &str| {
            let error = read_scores(text.as_bytes().to_vec(), None, format, "my.scores")
                .expect_err("refused")
                .to_string();
            assert!(
                error.contains("my.scores") && error.contains(place),
                "{error}"
            );
        };
        refuse("index,cluster\n0,1\n", ScoresFormat::Csv, "confidence");
        refuse(
            "index,cluster,confidence,entropy,gate\n0,1,0.5,1,1\nx,1,0.5,1,1\n",
            ScoresFormat::Csv,
            "line 3",
        );
        refuse(
            "{\"index\":0,\"cluster\":1}\n",
            ScoresFormat::JsonLines,
            "line 1",
        );
        refuse("PAR1 and nothing more", ScoresFormat::Parquet, "Parquet");
    }
}
