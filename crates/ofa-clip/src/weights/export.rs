//! A checkpoint written anew: with another number type, in shards of a size that a browser can hold.

use super::checkpoint::read_in_pieces;
use super::quantised::{SCALE, factor, integers};
use super::{
    Checkpoint,
    header::{self, TensorPlace},
};
use crate::{Error, Result};
use safetensors::Dtype;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::fmt;
use std::io::Write;
use std::ops::Range;

/// A matrix with fewer values saves too little to be worth 8 bits.
const QUANTISED_FROM: usize = 1 << 14;

/// Most that a tensor adds to a header beside its name: dtype, sizes, two offsets.
const HEADER_ENTRY: u64 = 160;

/// The length of a header, its metadata, and what pads it.
const HEADER_FRAME: u64 = 64;

/// How an export stores weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportDtype {
    /// As F32, which holds every value of F16 and BF16.
    F32,
    /// As F16: half of F32.
    F16,
    /// Large matrices as I8 with a factor for each row, the rest as F16: a little over a quarter
    /// of F32.
    Q8,
}

impl ExportDtype {
    /// `f32`, `f16` or `q8`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8 => "q8",
        }
    }

    /// The one of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::F32, Self::F16, Self::Q8]
            .into_iter()
            .find(|dtype| dtype.name() == name)
    }
}

impl fmt::Display for ExportDtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ExportDtype {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The shards of an export, to be written one by one. [`Checkpoint::export`] makes it.
pub struct WeightExport<'a> {
    checkpoint: &'a Checkpoint<'a>,
    dtype: ExportDtype,
    tensors: Vec<Stored>,
    shards: Vec<Range<usize>>,
}

/// A tensor as it will be stored.
struct Stored {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    /// The tensor that it is made of.
    source: String,
    content: Content,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// The values.
    Values,
    /// The values of a quantised matrix.
    Integers,
    /// The factors of its rows.
    Factors,
    /// Bytes of no number type that an encoder reads, kept as they are.
    Bytes,
}

impl Stored {
    fn bytes(&self) -> u64 {
        header::bytes_of(self.dtype, &self.shape)
    }
}

impl Checkpoint<'_> {
    /// Plans an export in files of at most `shard_bytes` each, but for one that holds a single
    /// tensor larger than that.
    ///
    /// The same checkpoint gives the same files. Only what is known from headers is looked at
    /// until a shard is written.
    pub fn export(&self, dtype: ExportDtype, shard_bytes: u64) -> WeightExport<'_> {
        let mut tensors: Vec<Stored> = Vec::new();
        let mut shards: Vec<Range<usize>> = Vec::new();
        let mut length = 0;
        for (name, place, _, _) in self.places() {
            if self.is_row_factors(name) {
                continue;
            }
            let group = stored(name, place, dtype);
            // A matrix and its factors are of no use without each other.
            let group_length: u64 = group
                .iter()
                .map(|tensor| tensor.bytes() + tensor.name.len() as u64 + HEADER_ENTRY)
                .sum();
            let end = tensors.len() + group.len();
            match shards.last_mut() {
                Some(shard) if length + group_length <= shard_bytes => shard.end = end,
                _ => {
                    shards.push(tensors.len()..end);
                    length = HEADER_FRAME;
                }
            }
            length += group_length;
            tensors.extend(group);
        }
        for shard in &shards {
            // Wide elements first, so that each stands at a multiple of its width.
            tensors[shard.clone()].sort_by(|a, b| {
                let width = |tensor: &Stored| Reverse(tensor.dtype.bitsize());
                width(a).cmp(&width(b)).then_with(|| a.name.cmp(&b.name))
            });
        }
        WeightExport {
            checkpoint: self,
            dtype,
            tensors,
            shards,
        }
    }
}

/// What a tensor of a checkpoint becomes.
fn stored(name: &str, place: &TensorPlace, dtype: ExportDtype) -> Vec<Stored> {
    let tensor = |content, dtype| Stored {
        name: name.to_owned(),
        dtype,
        shape: place.shape.clone(),
        source: name.to_owned(),
        content,
    };
    let is_number = matches!(
        place.dtype,
        Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::I8
    );
    if !is_number {
        return vec![tensor(Content::Bytes, place.dtype)];
    }
    match (dtype, place.shape.as_slice()) {
        (ExportDtype::F32, _) => vec![tensor(Content::Values, Dtype::F32)],
        (ExportDtype::Q8, [rows, row]) if rows * row >= QUANTISED_FROM => vec![
            tensor(Content::Integers, Dtype::I8),
            Stored {
                name: format!("{name}{SCALE}"),
                shape: vec![*rows],
                ..tensor(Content::Factors, Dtype::F32)
            },
        ],
        _ => vec![tensor(Content::Values, Dtype::F16)],
    }
}

impl WeightExport<'_> {
    /// Names of the files, in order.
    pub fn shards(&self) -> impl ExactSizeIterator<Item = String> {
        (0..self.shards.len()).map(|nth| self.shard_name(nth))
    }

    fn shard_name(&self, nth: usize) -> String {
        format!(
            "model-{:05}-of-{:05}.safetensors",
            nth + 1,
            self.shards.len()
        )
    }

    /// The bytes of `model.safetensors.index.json`.
    pub fn index_json(&self) -> Vec<u8> {
        let mut map = Map::new();
        for (nth, shard) in self.shards.iter().enumerate() {
            for tensor in &self.tensors[shard.clone()] {
                map.insert(tensor.name.clone(), Value::String(self.shard_name(nth)));
            }
        }
        let total: u64 = self.tensors.iter().map(Stored::bytes).sum();
        let index = json!({ "metadata": { "total_size": total }, "weight_map": map });
        let mut bytes = serde_json::to_vec_pretty(&index).expect("an index is plain data");
        bytes.push(b'\n');
        bytes
    }

    /// Writes the shard of a number below that of [`shards`](Self::shards).
    ///
    /// Memory: a piece of 256 KB, or the longest row.
    ///
    /// # Errors
    /// - [`Error::TensorRange`]: a value cannot be stored.
    /// - [`Error::ReadWeights`], [`Error::RowFactors`]: the source could not be read.
    /// - [`Error::WriteWeights`]: `out` failed.
    pub fn write_shard(&self, nth: usize, mut out: impl Write) -> Result<()> {
        let tensors = &self.tensors[self.shards[nth].clone()];
        let file = self.shard_name(nth);
        let written = |result: std::io::Result<()>| {
            result.map_err(|source| Error::WriteWeights {
                file: file.clone(),
                source,
            })
        };
        let header = header(tensors);
        written(out.write_all(&(header.len() as u64).to_le_bytes()))?;
        written(out.write_all(header.as_bytes()))?;
        for tensor in tensors {
            let mut outcome = Ok(());
            self.content(tensor, |bytes| {
                // Reading goes on to the end of the tensor: an error is kept until then.
                if outcome.is_ok() {
                    outcome = bytes.and_then(|bytes| written(out.write_all(bytes)));
                }
            })?;
            outcome?;
        }
        written(out.flush())
    }

    /// The bytes of a tensor, piece by piece.
    fn content(&self, tensor: &Stored, mut take: impl FnMut(Result<&[u8]>)) -> Result<()> {
        let name = tensor.source.as_str();
        let Some((place, file, source)) = self.checkpoint.place(name) else {
            unreachable!("an export's tensors are of its checkpoint");
        };
        if tensor.content == Content::Bytes {
            return read_in_pieces(file, source, place, 1 << 20, |bytes| take(Ok(bytes)));
        }
        let refused = |value: f32| {
            let is_finite = value.is_finite();
            Err(Error::TensorRange {
                file: file.to_owned(),
                name: name.to_owned(),
                value,
                dtype: self.dtype,
                advice: match is_finite {
                    true => "export as f32",
                    false => "the checkpoint is damaged: take it from its source again",
                },
            })
        };
        let row = place.shape.last().copied().unwrap_or(1).max(1);
        let mut bytes = Vec::new();
        self.checkpoint.read_f32(name, &place.shape, |_, values| {
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return take(refused(*value));
            }
            bytes.clear();
            match (tensor.content, tensor.dtype) {
                (Content::Integers, _) => {
                    for row in values.chunks(row) {
                        bytes.extend(integers(row, factor(row)).map(i8::cast_unsigned));
                    }
                }
                (Content::Factors, _) => {
                    let factors = values.chunks(row).map(factor);
                    bytes.extend(factors.flat_map(f32::to_le_bytes));
                }
                (_, Dtype::F16) => {
                    for value in values {
                        let half = half::f16::from_f32(*value);
                        if !half.is_finite() {
                            return take(refused(*value));
                        }
                        bytes.extend(half.to_le_bytes());
                    }
                }
                _ => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            }
            take(Ok(&bytes));
        })
    }
}

/// The JSON header of a shard.
fn header(tensors: &[Stored]) -> String {
    // `format` is what transformers asks of a file before it reads it.
    let metadata = [("format", "pt")];
    let tensors = tensors.iter();
    header::header_of(
        &metadata,
        tensors.map(|tensor| (tensor.name.as_str(), tensor.dtype, tensor.shape.as_slice())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A safetensors file of F32 tensors.
    fn file(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let stored: Vec<Stored> = tensors
            .iter()
            .map(|(name, shape, _)| Stored {
                name: (*name).into(),
                dtype: Dtype::F32,
                shape: shape.to_vec(),
                source: String::new(),
                content: Content::Values,
            })
            .collect();
        let header = header(&stored);
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        let values = tensors.iter().flat_map(|(_, _, values)| values.iter());
        bytes.extend(values.flat_map(|value| value.to_le_bytes()));
        bytes
    }

    fn open(files: Vec<(String, Vec<u8>)>) -> Checkpoint<'static> {
        Checkpoint::open(files).unwrap()
    }

    fn exported(
        source: &Checkpoint<'_>,
        dtype: ExportDtype,
        shard_bytes: u64,
    ) -> Vec<(String, Vec<u8>)> {
        let export = source.export(dtype, shard_bytes);
        let write = |(nth, name)| {
            let mut bytes = Vec::new();
            export.write_shard(nth, &mut bytes).unwrap();
            (name, bytes)
        };
        export.shards().enumerate().map(write).collect()
    }

    fn values(checkpoint: &Checkpoint<'_>, name: &str, shape: &[usize]) -> Vec<f32> {
        let mut all = Vec::new();
        let read = checkpoint.read_f32(name, shape, |at, piece| {
            assert_eq!(at, all.len());
            all.extend_from_slice(piece);
        });
        read.unwrap();
        all
    }

    /// Values without a pattern, rows of very different size among them.
    fn matrix(rows: usize, row: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..rows * row)
            .map(|at| next() * 10_f32.powi((at / row) as i32 % 7 - 3))
            .collect()
    }

    const ROWS: usize = 300;
    const ROW: usize = 500;

    #[test]
    fn a_quantised_matrix_comes_back_within_half_a_step_of_its_row() {
        let mut source = matrix(ROWS, ROW);
        source[7 * ROW..8 * ROW].fill(0.0);
        source[8 * ROW..9 * ROW].fill(1e-40);
        let bias = vec![0.5; ROW];
        let bytes = file(&[
            ("a.weight", &[ROWS, ROW], &source),
            ("a.bias", &[ROW], &bias),
        ]);
        let source_checkpoint = open(vec![("model.safetensors".into(), bytes)]);
        let files = exported(&source_checkpoint, ExportDtype::Q8, 1 << 20);
        assert!(files[0].1.len() < ROWS * ROW + 4 * ROWS + 2 * ROW + 600);
        let checkpoint = open(files);
        let names: Vec<&str> = checkpoint.names().collect();
        assert_eq!(names, ["a.bias", "a.weight", "a.weight.scale"]);
        let found = values(&checkpoint, "a.weight", &[ROWS, ROW]);
        for (row, (source, found)) in source.chunks(ROW).zip(found.chunks(ROW)).enumerate() {
            let step = factor(source);
            for (source, found) in source.iter().zip(found) {
                let near = (source - found).abs() <= step * 0.5001 + 1e-38;
                assert!(near, "row {row}: {source} {found}");
            }
            let largest = |row: &[f32]| row.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
            assert!((largest(source) - largest(found)).abs() <= 1e-6 * largest(source) + 1e-38);
        }
        assert_eq!(values(&checkpoint, "a.bias", &[ROW]), bias);

        // What was quantised once is the same when it is exported again.
        let again = open(exported(&checkpoint, ExportDtype::F32, 1 << 30));
        assert_eq!(again.names().collect::<Vec<_>>(), ["a.bias", "a.weight"]);
        assert_eq!(values(&again, "a.weight", &[ROWS, ROW]), found);
    }

    #[test]
    fn f32_keeps_every_bit_and_f16_rounds() {
        let source = matrix(9, 11);
        let bytes = file(&[("a", &[9, 11], &source), ("b", &[], &[2.5])]);
        let checkpoint = open(vec![("m".into(), bytes)]);
        let whole = open(exported(&checkpoint, ExportDtype::F32, 1 << 20));
        assert_eq!(values(&whole, "a", &[9, 11]), source);
        assert_eq!(
            whole.fingerprint().unwrap(),
            checkpoint.fingerprint().unwrap()
        );
        let half = open(exported(&checkpoint, ExportDtype::F16, 1 << 20));
        let rounded = |value: &f32| half::f16::from_f32(*value).to_f32();
        let expected: Vec<f32> = source.iter().map(rounded).collect();
        assert_eq!(values(&half, "a", &[9, 11]), expected);
        assert_eq!(values(&half, "b", &[]), [2.5]);
    }

    #[test]
    fn shards_are_small_and_a_tensor_larger_than_one_stands_alone() {
        let large = matrix(1, 10_000);
        let small = matrix(1, 500);
        let bytes = file(&[
            ("a", &[500], &small),
            ("b", &[500], &small),
            ("c", &[10_000], &large),
            ("d", &[500], &small),
        ]);
        let checkpoint = open(vec![("m".into(), bytes)]);
        let export = checkpoint.export(ExportDtype::F32, 5_000);
        let names: Vec<String> = export.shards().collect();
        assert_eq!(names[0], "model-00001-of-00003.safetensors");
        let index = export.index_json();
        let read: Value = serde_json::from_slice(&index).unwrap();
        assert_eq!(read["metadata"]["total_size"], 4 * 11_500);
        assert_eq!(read["weight_map"]["b"], names[0].as_str());
        assert_eq!(read["weight_map"]["c"], names[1].as_str());
        assert_eq!(read["weight_map"]["d"], names[2].as_str());
        let listed = crate::WeightIndex::from_json(&index).unwrap();
        assert_eq!(listed.files().collect::<Vec<_>>(), names);
        let files = exported(&checkpoint, ExportDtype::F32, 5_000);
        let lengths: Vec<bool> = files
            .iter()
            .map(|(_, bytes)| bytes.len() <= 5_000)
            .collect();
        assert_eq!(lengths, [true, false, true]);
        assert_eq!(files, exported(&checkpoint, ExportDtype::F32, 5_000));
        assert_eq!(values(&open(files), "c", &[10_000]), large);
    }

    #[test]
    fn what_cannot_be_stored_is_refused_with_the_tensor() {
        let message = |value: f32, dtype| {
            let bytes = file(&[("a.weight", &[3], &[0.0, value, 1.0])]);
            let checkpoint = open(vec![("m".into(), bytes)]);
            let export = checkpoint.export(dtype, 1 << 20);
            export
                .write_shard(0, Vec::new())
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            message(70_000.0, ExportDtype::F16).unwrap_err(),
            "m: tensor `a.weight`: the value 70000 cannot be stored as f16; export as f32"
        );
        assert!(message(70_000.0, ExportDtype::F32).is_ok());
        let damaged = message(f32::NAN, ExportDtype::F32).unwrap_err();
        assert!(
            damaged.contains("NaN") && damaged.contains("damaged"),
            "{damaged}"
        );
    }

    #[test]
    fn factors_that_do_not_fit_are_refused() {
        let source = matrix(ROWS, ROW);
        let bytes = file(&[("a", &[ROWS, ROW], &source)]);
        let checkpoint = open(vec![("m".into(), bytes)]);
        let good = exported(&checkpoint, ExportDtype::Q8, 1 << 20).remove(0).1;
        let text = |bytes: &[u8]| {
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            String::from_utf8(bytes[8..8 + length].to_vec()).unwrap()
        };
        let message = |from: &str, to: &str| {
            let header = text(&good);
            assert!(header.contains(from), "{header}");
            let changed = header.replace(from, to);
            let mut bytes = (changed.len() as u64).to_le_bytes().to_vec();
            bytes.extend(changed.bytes());
            bytes.extend(&good[8 + header.len()..]);
            let checkpoint = open(vec![("m".into(), bytes)]);
            let read = checkpoint.read_f32("a", &[ROWS, ROW], |_, _| {});
            read.unwrap_err().to_string()
        };
        let missing = message("a.scale", "b.scale");
        assert_eq!(
            missing,
            "m: tensor `a` is I8 and needs the factors of its rows in `a.scale`: expected F32 or F16 \
             [300], all finite and none below 0, found no such tensor; export the encoder again with \
             `ofa export-encoder`"
        );
        let other = message(r#""shape":[300]"#, r#""shape":[150,2]"#);
        assert!(other.contains("found F32 [150, 2]"), "{other}");
        let other = message(r#""dtype":"F32""#, r#""dtype":"I32""#);
        assert!(other.contains("found I32 [300]"), "{other}");

        let mut damaged = good.clone();
        let at = 8 + text(&good).len();
        damaged[at..at + 4].copy_from_slice(&f32::INFINITY.to_le_bytes());
        let checkpoint = open(vec![("m".into(), damaged)]);
        let read = checkpoint.read_f32("a", &[ROWS, ROW], |_, _| {});
        let message = read.unwrap_err().to_string();
        assert!(message.contains("found the factor inf"), "{message}");
    }

    #[test]
    fn factors_are_no_layers_of_their_own() {
        let source = matrix(128, 128);
        let name = |layer: usize| format!("text_model.encoder.layers.{layer}.fc.weight");
        let (first, second) = (name(0), name(1));
        let bytes = file(&[
            (&first, &[128, 128], &source),
            (&second, &[128, 128], &source),
        ]);
        let checkpoint = open(vec![("m".into(), bytes)]);
        let checkpoint = open(exported(&checkpoint, ExportDtype::Q8, 1 << 20));
        assert_eq!(checkpoint.names().count(), 4);
        let check = |layers| checkpoint.check_layers("text_model", "num_hidden_layers", layers);
        assert!(check(2).is_ok());
        assert!(
            check(1)
                .unwrap_err()
                .to_string()
                .contains("found weights of 2")
        );
    }
}
