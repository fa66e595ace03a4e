use super::{WeightSource, header, header::TensorPlace};
use crate::{Error, Result};
use safetensors::Dtype;
use std::collections::BTreeMap;

/// Number of values converted at a time: 256 KB of f32, which stays in the L2 cache.
const PIECE_VALUES: usize = 1 << 16;

/// The tensors of a checkpoint: one safetensors file, or all shards of one.
///
/// Only headers are read when it is opened; a tensor's bytes are read when they are asked
/// for, in pieces.
pub struct Checkpoint<'a> {
    files: Vec<(String, Box<dyn WeightSource + 'a>)>,
    tensors: BTreeMap<String, (usize, TensorPlace)>,
}

impl<'a> Checkpoint<'a> {
    /// Opens the given files; names are used in messages.
    ///
    /// # Errors
    /// - [`Error::BadWeightFile`]: a file is cut short or is no safetensors file.
    /// - [`Error::DuplicateTensor`]: two files hold a tensor of the same name.
    /// - [`Error::ReadWeights`]: a header could not be read.
    pub fn open<N, S>(files: impl IntoIterator<Item = (N, S)>) -> Result<Self>
    where
        N: Into<String>,
        S: WeightSource + 'a,
    {
        let mut this = Self {
            files: Vec::new(),
            tensors: BTreeMap::new(),
        };
        for (file, source) in files {
            let file = file.into();
            for (name, place) in header::read(&file, &source)? {
                if let Some((first, _)) = this.tensors.get(&name) {
                    return Err(Error::DuplicateTensor {
                        first: this.files[*first].0.clone(),
                        second: file,
                        name,
                    });
                }
                this.tensors.insert(name, (this.files.len(), place));
            }
            this.files.push((file, Box::new(source)));
        }
        Ok(this)
    }

    /// The SHA-256 that names this encoder, as 64 hexadecimal digits.
    ///
    /// It runs over all tensors in the byte order of their names, however they are spread
    /// over files, and for each over: length of the name, name, length of the dtype's
    /// safetensors name, that name, number of dimensions, each dimension, number of bytes,
    /// the bytes. Numbers are unsigned 64-bit little-endian. File names, padding and header
    /// metadata do not count.
    ///
    /// Reads the whole checkpoint once; memory use is 1 MB.
    ///
    /// # Errors
    /// [`Error::ReadWeights`]: a file could not be read.
    pub fn fingerprint(&self) -> Result<String> {
        super::fingerprint::fingerprint(self)
    }

    /// Names of all tensors, in byte order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Values of the largest tensor: what a device must be able to hold in one piece.
    pub fn largest_tensor(&self) -> u64 {
        let values = |(_, place): &(usize, TensorPlace)| {
            let sizes = place.shape.iter().map(|&size| size as u64);
            sizes.fold(1, u64::saturating_mul)
        };
        self.tensors.values().map(values).max().unwrap_or(0)
    }

    /// Reads a tensor as f32, piece by piece, in row-major order.
    ///
    /// `take` gets the position of the piece's first value and the piece. Every piece
    /// begins at a multiple of the last dimension, and ends at one.
    ///
    /// # Errors
    /// - [`Error::MissingTensor`], [`Error::TensorShape`], [`Error::TensorDtype`]: it is not
    ///   there with the shape that is expected and a dtype of F32, F16 or BF16, or I8 with
    ///   factors for its rows.
    /// - [`Error::RowFactors`]: it is I8 and its factors are missing or do not fit.
    /// - [`Error::ReadWeights`]: its bytes could not be read.
    pub(crate) fn read_f32(
        &self,
        name: &str,
        shape: &[usize],
        mut take: impl FnMut(usize, &[f32]),
    ) -> Result<()> {
        let (file, place) = self.find(name, shape)?;
        let (file, source) = &self.files[file];
        let convert: fn(&[u8], &mut Vec<f32>) = match place.dtype {
            Dtype::F32 => |bytes, values| {
                let (numbers, _) = bytes.as_chunks::<4>();
                values.extend(numbers.iter().map(|number| f32::from_le_bytes(*number)));
            },
            Dtype::F16 => |bytes, values| {
                let (numbers, _) = bytes.as_chunks::<2>();
                let number = |bytes: &[u8; 2]| half::f16::from_le_bytes(*bytes).to_f32();
                values.extend(numbers.iter().map(number));
            },
            Dtype::BF16 => |bytes, values| {
                let (numbers, _) = bytes.as_chunks::<2>();
                let number = |bytes: &[u8; 2]| half::bf16::from_le_bytes(*bytes).to_f32();
                values.extend(numbers.iter().map(number));
            },
            Dtype::I8 => |bytes, values| {
                let number = |byte: &u8| f32::from(byte.cast_signed());
                values.extend(bytes.iter().map(number));
            },
            other => {
                return Err(Error::TensorDtype {
                    file: file.clone(),
                    name: name.to_owned(),
                    found: other.to_string(),
                });
            }
        };
        let factors = match place.dtype {
            Dtype::I8 => Some(self.row_factors(name, file, shape)?),
            _ => None,
        };
        // The tensor was found with this shape, so a row is no longer than the file.
        let row = shape.last().copied().unwrap_or(1).max(1);
        let piece_values = row.max(PIECE_VALUES / row * row);
        let piece_bytes = (piece_values as u64).saturating_mul(place.dtype.bitsize() as u64 / 8);
        let mut values = Vec::new();
        let mut position = 0;
        read_in_pieces(file, source.as_ref(), place, piece_bytes, |bytes| {
            values.clear();
            convert(bytes, &mut values);
            if let Some(factors) = &factors {
                let rows = values.chunks_mut(row);
                for (values, factor) in rows.zip(&factors[position / row..]) {
                    values.iter_mut().for_each(|value| *value *= factor);
                }
            }
            take(position, &values);
            position += values.len();
        })
    }

    /// Checks that a tensor is there with this shape.
    ///
    /// Such a tensor is in its file with all its values, so a product of that shape's sizes
    /// neither overflows nor asks for more memory than the file has bytes, times two for f16 and
    /// four for I8.
    ///
    /// # Errors
    /// [`Error::MissingTensor`], [`Error::TensorShape`]: it is not.
    #[cfg(feature = "model")]
    pub(crate) fn check(&self, name: &str, shape: &[usize]) -> Result<()> {
        self.find(name, shape).map(drop)
    }

    /// The file, by its number, and the place of a tensor.
    fn find(&self, name: &str, shape: &[usize]) -> Result<(usize, &TensorPlace)> {
        let Some((file, place)) = self.tensors.get(name) else {
            let files: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
            return Err(Error::MissingTensor {
                name: name.to_owned(),
                expected: shape.to_vec(),
                files: if files.is_empty() {
                    "any file, none was given".into()
                } else {
                    files.join(", ")
                },
            });
        };
        if place.shape != shape {
            return Err(Error::TensorShape {
                file: self.files[*file].0.clone(),
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: place.shape.clone(),
            });
        }
        Ok((*file, place))
    }

    /// Checks that there are no weights of more layers than the config counts.
    ///
    /// A model with fewer layers would load from them and give embeddings of another model.
    /// Layers are the tensors `TOWER.encoder.layers.N.…`; other tensors may be there.
    ///
    /// # Errors
    /// [`Error::ExtraLayer`]: there are.
    #[cfg(feature = "model")]
    pub(crate) fn check_layers(
        &self,
        tower: &str,
        key: &'static str,
        expected: usize,
    ) -> Result<()> {
        let prefix = format!("{tower}.encoder.layers.");
        let layer = |name: &str| {
            let (number, _) = name.strip_prefix(prefix.as_str())?.split_once('.')?;
            number.parse::<u64>().ok()
        };
        let extra = |name: &str| layer(name).filter(|number| *number >= expected as u64);
        let Some((name, (file, _))) = self.tensors.iter().find(|(name, _)| extra(name).is_some())
        else {
            return Ok(());
        };
        let last = self.names().filter_map(layer).max().unwrap_or(0);
        Err(Error::ExtraLayer {
            file: self.files[*file].0.clone(),
            name: name.clone(),
            key,
            expected,
            found: last.saturating_add(1),
        })
    }

    /// Every tensor with its place, the name of its file and the file.
    pub(super) fn places(
        &self,
    ) -> impl Iterator<Item = (&str, &TensorPlace, &str, &dyn WeightSource)> {
        self.tensors.iter().map(|(name, (file, place))| {
            let (file, source) = &self.files[*file];
            let source: &dyn WeightSource = source.as_ref();
            (name.as_str(), place, file.as_str(), source)
        })
    }

    /// As [`places`](Self::places), of one tensor.
    pub(super) fn place(&self, name: &str) -> Option<(&TensorPlace, &str, &dyn WeightSource)> {
        let (file, place) = self.tensors.get(name)?;
        let (file, source) = &self.files[*file];
        Some((place, file, source.as_ref()))
    }
}

/// Reads the bytes of one tensor, at most `piece` at a time.
pub(super) fn read_in_pieces(
    file: &str,
    source: &dyn WeightSource,
    place: &TensorPlace,
    piece: u64,
    mut take: impl FnMut(&[u8]),
) -> Result<()> {
    let mut buffer = vec![0; place.length.min(piece) as usize];
    let mut read = 0;
    while read < place.length {
        let length = (place.length - read).min(piece) as usize;
        read_at(file, source, place.offset + read, &mut buffer[..length])?;
        take(&buffer[..length]);
        read += length as u64;
    }
    Ok(())
}

pub(super) fn read_at(
    file: &str,
    source: &dyn WeightSource,
    offset: u64,
    buffer: &mut [u8],
) -> Result<()> {
    source
        .read_at(offset, buffer)
        .map_err(|error| Error::ReadWeights {
            file: file.to_owned(),
            offset,
            length: buffer.len() as u64,
            source: error,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A safetensors file with the given header and that many bytes of data.
    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend((0..data).map(|byte| byte as u8));
        bytes
    }

    fn open_error(bytes: &[u8]) -> String {
        let opened = Checkpoint::open([("model.safetensors", bytes)]);
        opened.err().expect("the file is bad").to_string()
    }

    const TWO: &str = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"b":{"dtype":"I64","shape":[1],"data_offsets":[12,20]}}"#;

    #[test]
    fn bad_files_are_refused_with_name_expected_and_found() {
        assert_eq!(
            open_error(b"abc"),
            "model.safetensors: not a whole safetensors file: expected at least 8 bytes, found 3; download it again"
        );
        let whole = file(TWO, 20);
        assert!(open_error(&whole[..40]).contains("expected a header of"));
        let cut = open_error(&whole[..whole.len() - 1]);
        assert!(
            cut.contains(&format!("expected at least {} bytes", whole.len()))
                && cut.contains("tensor `b`"),
            "{cut}"
        );
        assert!(open_error(&file("{]", 0)).contains("header"));
        assert!(
            open_error(&file(
                r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
                4
            ))
            .contains("has 4 bytes")
        );
        assert!(
            open_error(&file(
                r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#,
                8
            ))
            .contains("before it starts")
        );
        assert!(
            open_error(&file(
                r#"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}"#,
                4
            ))
            .contains("has 4 bytes")
        );
        assert!(open_error(b"<!DOCTYPE html><html></html>").contains("header of"));
    }

    #[test]
    fn a_tensor_must_be_there_with_shape_and_dtype() {
        let bytes = file(TWO, 20);
        let checkpoint = Checkpoint::open([("m", bytes.as_slice())]).unwrap();
        let message = |name: &str, shape: &[usize]| {
            let read = checkpoint.read_f32(name, shape, |_, _| {});
            read.unwrap_err().to_string()
        };
        assert!(message("c", &[7]).starts_with("tensor `c` [7] is missing: not found in m;"));
        assert!(
            message("a", &[3, 2])
                .starts_with("m: tensor `a`: expected shape [3, 2], found [2, 3];")
        );
        assert_eq!(
            message("b", &[1]),
            "m: tensor `b`: expected dtype F32, F16 or BF16, found I64; convert the weights to F32"
        );
    }

    #[test]
    fn pieces_cover_a_tensor_in_whole_rows() {
        let (rows, row) = (3, 50_000);
        let header = format!(
            r#"{{"a":{{"dtype":"BF16","shape":[{rows},{row}],"data_offsets":[0,{}]}}}}"#,
            rows * row * 2
        );
        let mut bytes = file(&header, 0);
        let value = |index: usize| half::bf16::from_f32((index % 256) as f32);
        bytes.extend((0..rows * row).flat_map(|index| value(index).to_le_bytes()));
        let checkpoint = Checkpoint::open([("m", bytes)]).unwrap();
        let mut next = 0;
        checkpoint
            .read_f32("a", &[rows, row], |position, values| {
                assert_eq!(position, next);
                assert_eq!(values.len() % row, 0);
                for (index, found) in values.iter().enumerate() {
                    assert_eq!(*found, ((position + index) % 256) as f32);
                }
                next += values.len();
            })
            .unwrap();
        assert_eq!(next, rows * row);
    }

    #[test]
    fn the_fingerprint_does_not_depend_on_files_and_changes_with_content() {
        let one = file(TWO, 20);
        let fingerprint = |files: Vec<Vec<u8>>| {
            let named = files.into_iter().enumerate();
            let checkpoint = Checkpoint::open(named.map(|(n, f)| (n.to_string(), f))).unwrap();
            checkpoint.fingerprint().unwrap()
        };
        let a = file(
            r#"{"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}"#,
            12,
        );
        let mut b = file(
            r#"{"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#,
            0,
        );
        b.extend(12u8..20);
        let whole = fingerprint(vec![one.clone()]);
        assert_eq!(whole.len(), 64);
        assert_eq!(whole, fingerprint(vec![b, a]));
        let mut changed = one;
        *changed.last_mut().unwrap() ^= 1;
        assert_ne!(whole, fingerprint(vec![changed]));
    }

    #[test]
    fn a_tensor_in_two_files_is_refused() {
        let opened = Checkpoint::open([("x", file(TWO, 20)), ("y", file(TWO, 20))]);
        let message = opened.err().expect("it is there twice").to_string();
        assert!(message.starts_with("tensor `a` is in x and in y"));
    }
}
