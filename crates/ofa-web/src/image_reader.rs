//! Images as the encoder takes them.

use js_sys::{Error, Float32Array, Reflect};
use ofa_clip::Preprocessor;
use ofa_data::Skip;
use ofa_pipeline::encode::{pixel_values_of_bytes, try_to_decode_bytes};
use wasm_bindgen::prelude::*;

use crate::blob_source::{SourceFiles, source_files};
use crate::encoder_files::EncoderFiles;
use crate::failure::{Failure, Result};

/// Decodes and preprocesses images for one encoder.
#[wasm_bindgen]
pub struct ImageReader {
    preprocessor: Preprocessor,
}

#[wasm_bindgen]
impl ImageReader {
    /// Reads how the encoder wants its images; its weights are not looked at.
    ///
    /// # Errors
    /// `bad_encoder` with the file.
    pub fn open(files: &SourceFiles) -> Result<Self> {
        let files = EncoderFiles::open(source_files("files", files)?)?;
        Ok(Self {
            preprocessor: files.preprocessor(&files.config()?)?,
        })
    }

    /// The pixel values of an image, given as the bytes of its file.
    ///
    /// # Shapes
    /// `[3, height, width]` f32 of the encoder's input size, flattened.
    ///
    /// # Errors
    /// For an image that cannot be used an `Error` with `reason` (`image_unreadable`,
    /// `image_too_large`) and `detail`, which stand in `skipped.jsonl`.
    #[wasm_bindgen(js_name = pixelValues)]
    pub fn pixel_values(&self, bytes: &[u8]) -> Result<Float32Array> {
        let values = pixel_values_of_bytes(&self.preprocessor, bytes).map_err(of_skip)?;
        Ok(Float32Array::from(values.as_slice()))
    }
}

/// Decodes an image, given as the bytes of its file, for nothing but to see whether that is possible.
///
/// # Errors
/// As [`ImageReader::pixel_values`].
#[wasm_bindgen(js_name = tryToDecode)]
pub fn try_to_decode(bytes: &[u8]) -> Result<()> {
    try_to_decode_bytes(bytes).map_err(of_skip)
}

fn of_skip(skip: Skip) -> Failure {
    let error = Error::new(&skip.to_string());
    for (name, text) in [
        ("code", "record_unusable"),
        ("reason", skip.reason.as_str()),
        ("detail", skip.detail.as_str()),
    ] {
        // An error that was just made takes any property.
        let _ = Reflect::set(&error, &name.into(), &text.into());
    }
    Failure::Thrown(error.into())
}
