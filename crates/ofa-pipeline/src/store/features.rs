//! Features read back: the shards of a store, or one file, as rows.

use std::borrow::Cow;
use std::sync::Arc;

use half::f16;
use ofa_core::features::FeatureRows;
use safetensors::{Dtype, SafeTensors};

use super::{Fingerprints, StoreManifest};
use crate::error::{Error, Result};

/// The bytes of one shard: a mapped file natively, a buffer elsewhere.
pub type ShardBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Values of `format` in a header's metadata: this project's, and those that PyTorch's and
/// NumPy's writers put there by habit.
const FORMATS: [&str; 3] = ["ofa-features", "pt", "np"];

/// Where features come from, by name: what messages call it, and its shards.
pub struct FeatureSource {
    /// The folder or file.
    pub name: String,
    /// Shards in order, each with its name.
    pub shards: Vec<(String, ShardBytes)>,
    /// The store's manifest, where it has one.
    pub manifest: Option<StoreManifest>,
}

/// The rows of a feature store, read in place.
pub struct Features {
    dim: usize,
    rows: usize,
    shards: Vec<Shard>,
    fingerprints: Fingerprints,
}

struct Shard {
    /// The row of the pool that is this shard's first.
    first: usize,
    index: Vec<u64>,
    image: Values,
    text: Values,
}

/// f16 values within a shard's bytes, or copied out of it where they are not aligned.
enum Values {
    InPlace {
        bytes: ShardBytes,
        start: usize,
        len: usize,
    },
    Copied(Vec<f16>),
}

impl Values {
    fn as_slice(&self) -> &[f16] {
        match self {
            Self::InPlace { bytes, start, len } => {
                bytemuck::cast_slice(&(**bytes).as_ref()[*start..][..*len])
            }
            Self::Copied(values) => values,
        }
    }
}

impl Features {
    /// Reads the headers and positions of all shards; the embeddings stay where they are.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the shard where one is no features file, has another width
    /// than the first or positions that do not increase through the store, or where the shards
    /// are not those of the manifest; [`Error::Fingerprints`] where two shards, or a shard and
    /// the manifest, are of different origin; [`Error::NoStore`] where there is neither a shard
    /// nor a manifest of a store without rows.
    pub fn open(source: FeatureSource) -> Result<Self> {
        let FeatureSource {
            name: location,
            shards: sources,
            manifest,
        } = source;
        let mut first_name = location.clone();
        let mut features = manifest.as_ref().map(|manifest| Self {
            dim: manifest.dim,
            rows: 0,
            shards: Vec::new(),
            fingerprints: manifest.fingerprints.clone(),
        });
        for (name, bytes) in sources {
            let opened = OpenShard::read(&name, bytes)?;
            let features = features.get_or_insert_with(|| {
                first_name.clone_from(&name);
                Self {
                    dim: opened.dim,
                    rows: 0,
                    shards: Vec::new(),
                    fingerprints: opened.fingerprints.clone(),
                }
            });
            if opened.dim != features.dim {
                return Err(Error::Malformed {
                    name,
                    place: "tensor `image`".to_owned(),
                    expected: format!("embeddings {} wide, as in {first_name}", features.dim),
                    found: format!("embeddings {} wide", opened.dim),
                    advice: "shards of one store come from one encoder",
                });
            }
            features
                .fingerprints
                .check(&first_name, &opened.fingerprints, &name)?;
            features.fingerprints.complete(opened.fingerprints);
            let last = features
                .shards
                .iter()
                .rev()
                .find_map(|shard| shard.index.last());
            let mut previous = last.copied();
            for (row, &index) in opened.index.iter().enumerate() {
                if previous.is_some_and(|previous| previous >= index) {
                    return Err(Error::Malformed {
                        name,
                        place: format!("tensor `index`, row {row}"),
                        expected: format!("a position above {}", previous.unwrap_or(0)),
                        found: index.to_string(),
                        advice: "positions increase through a store and none comes twice",
                    });
                }
                previous = Some(index);
            }
            let rows = opened.index.len();
            features.shards.push(Shard {
                first: features.rows,
                index: opened.index,
                image: opened.image,
                text: opened.text,
            });
            features.rows += rows;
        }
        let features = features.ok_or_else(|| Error::NoStore {
            location: location.clone(),
        })?;
        match manifest {
            Some(manifest) if manifest.rows != features.rows as u64 => Err(Error::Malformed {
                name: location,
                place: "shards".to_owned(),
                expected: format!("{} records, as its manifest.json says", manifest.rows),
                found: features.rows.to_string(),
                advice: "the folder was changed or copied in part; copy it whole or encode again",
            }),
            _ => Ok(features),
        }
    }

    /// Fingerprints that the shards carry.
    #[must_use]
    pub fn fingerprints(&self) -> &Fingerprints {
        &self.fingerprints
    }

    fn shard(&self, row: usize) -> (&Shard, usize) {
        let shard = self.shards.partition_point(|shard| shard.first <= row) - 1;
        let shard = &self.shards[shard];
        (shard, row - shard.first)
    }
}

impl FeatureRows for Features {
    fn rows(&self) -> usize {
        self.rows
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn image(&self, row: usize) -> &[f16] {
        let (shard, row) = self.shard(row);
        &shard.image.as_slice()[row * self.dim..][..self.dim]
    }

    fn text(&self, row: usize) -> &[f16] {
        let (shard, row) = self.shard(row);
        &shard.text.as_slice()[row * self.dim..][..self.dim]
    }

    fn index(&self, row: usize) -> u64 {
        let (shard, row) = self.shard(row);
        shard.index[row]
    }
}

struct OpenShard {
    dim: usize,
    index: Vec<u64>,
    image: Values,
    text: Values,
    fingerprints: Fingerprints,
}

impl OpenShard {
    fn read(name: &str, bytes: ShardBytes) -> Result<Self> {
        let malformed = |place: Cow<'_, str>, expected: &str, found: String| Error::Malformed {
            name: name.to_owned(),
            place: place.into_owned(),
            expected: expected.to_owned(),
            found,
            advice: "expected a features file that `ofa encode` or `ofa import` wrote",
        };
        let file = (*bytes).as_ref();
        let (_, header) = SafeTensors::read_metadata(file).map_err(|error| {
            let found = format!("{error} ({} bytes)", file.len());
            malformed("header".into(), "a whole safetensors file", found)
        })?;
        let tensors = SafeTensors::deserialize(file).map_err(|error| {
            let found = format!("{error} ({} bytes)", file.len());
            malformed("header".into(), "a whole safetensors file", found)
        })?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if let Some(format) = metadata.get("format")
            && !FORMATS.contains(&format.as_str())
        {
            let place = "header metadata `format`".into();
            return Err(malformed(place, "ofa-features", format.clone()));
        }
        if let Some(version) = metadata.get("version")
            && version != "1"
        {
            let place = "header metadata `version`".into();
            return Err(malformed(place, "1", version.clone()));
        }
        let tensor = |tensor: &str, dtype: Dtype, rank: usize| {
            let view = tensors.tensor(tensor).map_err(|_| {
                let found = format!("the tensors {:?}", tensors.names());
                malformed(format!("tensor `{tensor}`").into(), "to be there", found)
            })?;
            if view.dtype() != dtype || view.shape().len() != rank {
                let found = format!("{:?} {:?}", view.dtype(), view.shape());
                let expected = format!("{dtype:?} with {rank} dimensions");
                return Err(malformed(
                    format!("tensor `{tensor}`").into(),
                    &expected,
                    found,
                ));
            }
            Ok(view)
        };
        let image = tensor("image", Dtype::F16, 2)?;
        let text = tensor("text", Dtype::F16, 2)?;
        let index = tensor("index", Dtype::I64, 1)?;
        let [rows, dim] = [image.shape()[0], image.shape()[1]];
        if text.shape() != [rows, dim] {
            let (expected, found) = (format!("{:?}", [rows, dim]), format!("{:?}", text.shape()));
            return Err(malformed("tensor `text`, shape".into(), &expected, found));
        }
        if index.shape() != [rows] {
            let (expected, found) = (format!("{:?}", [rows]), format!("{:?}", index.shape()));
            return Err(malformed("tensor `index`, shape".into(), &expected, found));
        }
        if dim == 0 {
            return Err(malformed(
                "tensor `image`".into(),
                "at least one column",
                "none".into(),
            ));
        }
        let index = index
            .data()
            .as_chunks::<8>()
            .0
            .iter()
            .enumerate()
            .map(|(row, bytes)| {
                let value = i64::from_le_bytes(*bytes);
                u64::try_from(value).map_err(|_| {
                    let place = format!("tensor `index`, row {row}").into();
                    malformed(place, "a position from 0", value.to_string())
                })
            })
            .collect::<Result<Vec<u64>>>()?;
        let values = |data: &[u8]| {
            let start = data.as_ptr() as usize - file.as_ptr() as usize;
            match bytemuck::try_cast_slice::<u8, f16>(data) {
                Ok(_) => Values::InPlace {
                    bytes: Arc::clone(&bytes),
                    start,
                    len: data.len(),
                },
                Err(_) => Values::Copied(
                    data.as_chunks::<2>()
                        .0
                        .iter()
                        .map(|bytes| f16::from_le_bytes(*bytes))
                        .collect(),
                ),
            }
        };
        Ok(Self {
            dim,
            index,
            image: values(image.data()),
            text: values(text.data()),
            fingerprints: Fingerprints::from_metadata(&metadata),
        })
    }
}
