use std::io;

use crate::ExportDtype;

/// Everything that can go wrong in this crate.
///
/// Messages name the file and the place in it, what was expected, what was found and,
/// where there is something to do, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A JSON file that is not JSON, or not of the shape it should have.
    #[error("{file}: cannot be read as JSON: {source}; check that the file is whole")]
    Json {
        /// The file, as the user knows it.
        file: String,
        /// Line, column and reason.
        source: serde_json::Error,
    },

    /// A value in a configuration file that this crate cannot work with.
    #[error(
        "{file}: `{key}`: expected {expected}, found {found}; correct the file if it was edited, otherwise use a model that fits this"
    )]
    Config {
        /// The file, as the user knows it.
        file: String,
        /// Path of the key, with dots.
        key: String,
        /// What would have been accepted.
        expected: String,
        /// What stands there.
        found: String,
    },

    /// A model that is not a CLIP dual encoder.
    #[error(
        "config.json: `{key}`: expected `{expected}`, found `{found}`; only CLIP models in Hugging Face layout are supported"
    )]
    UnsupportedModel {
        /// `model_type` or `architectures`.
        key: &'static str,
        /// The name that would have been accepted.
        expected: &'static str,
        /// The name that stands there.
        found: String,
    },

    /// Two files of one encoder folder that do not belong together.
    #[error("{first} does not fit {second}: {reason}; take both from the same model")]
    Mismatch {
        /// The file found wanting.
        first: &'static str,
        /// The file it was held against.
        second: &'static str,
        /// Both sides of the disagreement.
        reason: String,
    },

    /// A weight file could not be read.
    #[error(
        "{file}: reading {length} bytes at {offset} failed: {source}; check the disk, and that nothing else changes the file, then try again"
    )]
    ReadWeights {
        /// The file, as the user knows it.
        file: String,
        /// Position of the first byte asked for.
        offset: u64,
        /// Number of bytes asked for.
        length: u64,
        /// Why.
        source: io::Error,
    },

    /// A weight file that is not a whole safetensors file.
    #[error("{file}: not a whole safetensors file: {reason}; download it again")]
    BadWeightFile {
        /// The file, as the user knows it.
        file: String,
        /// Expected and found.
        reason: String,
    },

    /// The same tensor stands in two weight files.
    #[error(
        "tensor `{name}` is in {first} and in {second}: expected it in one file only; remove the file that does not belong to this model"
    )]
    DuplicateTensor {
        /// Name of the tensor.
        name: String,
        /// The file it was found in first.
        first: String,
        /// The file it was found in again.
        second: String,
    },

    /// A tensor of the model that is in no weight file.
    #[error(
        "tensor `{name}` {expected:?} is missing: not found in {files}; the weights do not belong to this config.json, or a shard is missing"
    )]
    MissingTensor {
        /// Name of the tensor.
        name: String,
        /// The shape that config.json asks for.
        expected: Vec<usize>,
        /// The files that were searched.
        files: String,
    },

    /// A tensor with another shape than config.json asks for.
    #[error(
        "{file}: tensor `{name}`: expected shape {expected:?}, found {found:?}; the weights do not belong to this config.json"
    )]
    TensorShape {
        /// The file it stands in.
        file: String,
        /// Name of the tensor.
        name: String,
        /// The shape that config.json asks for.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },

    /// Weights of a layer that config.json does not count.
    #[error(
        "{file}: tensor `{name}`: expected {expected} layers because of `{key}`, found weights of {found}; the weights do not belong to this config.json"
    )]
    ExtraLayer {
        /// The file it stands in.
        file: String,
        /// Name of the tensor.
        name: String,
        /// The key of config.json that counts the layers.
        key: &'static str,
        /// What that key says.
        expected: usize,
        /// How many layers the weights have.
        found: u64,
    },

    /// A tensor of a number type that is not read.
    #[error(
        "{file}: tensor `{name}`: expected dtype F32, F16 or BF16, found {found}; convert the weights to F32"
    )]
    TensorDtype {
        /// The file it stands in.
        file: String,
        /// Name of the tensor.
        name: String,
        /// The dtype in the file.
        found: String,
    },

    /// A tensor of 8-bit integers without a usable factor for each of its rows.
    #[error(
        "{file}: tensor `{name}` is I8 and needs the factors of its rows in `{name}.scale`: expected F32 or F16 {expected:?}, all finite and none below 0, found {found}; export the encoder again with `ofa export-encoder`"
    )]
    RowFactors {
        /// The file that the integers stand in.
        file: String,
        /// Name of the tensor.
        name: String,
        /// The shape that the factors should have.
        expected: Vec<usize>,
        /// What is there in their place.
        found: String,
    },

    /// A weight that the number type of an export cannot hold.
    #[error("{file}: tensor `{name}`: the value {value} cannot be stored as {dtype}; {advice}")]
    TensorRange {
        /// The file it stands in.
        file: String,
        /// Name of the tensor.
        name: String,
        /// The value.
        value: f32,
        /// The number type that was asked for.
        dtype: ExportDtype,
        /// What to do.
        advice: &'static str,
    },

    /// An exported weight file could not be written.
    #[error("{file}: cannot be written: {source}; is there room, and may you write there?")]
    WriteWeights {
        /// The file's name.
        file: String,
        /// Why.
        source: io::Error,
    },

    /// Tokenizer files that do not make a tokenizer.
    #[error(
        "{file}: cannot be read as a CLIP tokenizer: {reason}; take the tokenizer's files from the model's repository again"
    )]
    TokenizerFile {
        /// The file or files, as the user knows them.
        file: String,
        /// What is wrong.
        reason: String,
    },

    /// A text that the tokenizer refused.
    #[error("the tokenizer failed on a text of {length} bytes: {reason}")]
    Tokenize {
        /// Length of the text.
        length: usize,
        /// What the tokenizer said.
        reason: String,
    },

    /// An image that cannot be preprocessed.
    #[error("image of {width}x{height} pixels: {reason}")]
    Image {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// What is wrong with it.
        reason: String,
    },

    /// Model input of the wrong size or range.
    #[error("{what}: expected {expected}, found {found}")]
    Input {
        /// `pixel_values` or `input_ids`, with the place in it.
        what: String,
        /// What the model takes.
        expected: String,
        /// What it was given.
        found: String,
    },

    /// The backend failed to compute or to hand back a result.
    #[error("the backend failed: {0}")]
    Backend(String),
}
