//! The encoder: from pixel values and token ids to embeddings.

use std::rc::Rc;
use std::sync::Arc;

use ofa_clip::{ClipEncoder, Products};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::blob_source::{SourceFiles, source_files};
#[cfg(feature = "cpu")]
use crate::cpu::{Backend, Engine};
use crate::encoder_files::EncoderFiles;
use crate::failure::{Failure, Result};
#[cfg(feature = "webgpu")]
use crate::gpu::{Backend, Engine};
#[cfg(feature = "cpu")]
use crate::products::{ProductsExports, ProductsModule};

/// Both towers of an encoder, with their weights in this module's memory or on the GPU.
#[wasm_bindgen]
pub struct Encoder {
    model: Rc<ClipEncoder<Backend>>,
    engine: Rc<Engine>,
}

#[wasm_bindgen]
impl Encoder {
    /// Width of the embeddings.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn dim(&self) -> u32 {
        self.model.embedding_dim() as u32
    }

    /// Height and width of `pixelValues`, in pixels.
    #[wasm_bindgen(getter, js_name = imageSize)]
    #[must_use]
    pub fn image_size(&self) -> u32 {
        self.model.config().vision.image_size as u32
    }

    /// Most tokens of a text, start and end included.
    #[wasm_bindgen(getter, js_name = contextLength)]
    #[must_use]
    pub fn context_length(&self) -> u32 {
        self.model.config().text.max_position_embeddings as u32
    }

    /// Embeds preprocessed images.
    ///
    /// # Shapes
    /// `pixelValues` is `[count, 3, imageSize, imageSize]`, flattened; the answer is `[count, dim]`,
    /// flattened, each row of length 1.
    ///
    /// # Errors
    /// `internal` for an array of another length; `encoder_failed` and `device_lost` when the
    /// device does not compute.
    #[wasm_bindgen(js_name = embedImages)]
    pub async fn embed_images(&self, pixel_values: Vec<f32>, count: u32) -> Result<Vec<f32>> {
        let (model, engine) = (Rc::clone(&self.model), Rc::clone(&self.engine));
        let image = model.config().vision.pixel_values_len();
        let most = engine.most_images(model.config());
        let count = count as usize;
        if count <= most || count.checked_mul(image) != Some(pixel_values.len()) {
            let embeddings = model.encode_images(&pixel_values, count);
            return engine.watch(embeddings).await;
        }
        let mut rows = Vec::with_capacity(count * model.embedding_dim());
        for part in pixel_values.chunks(most * image) {
            let embeddings = model.encode_images(part, part.len() / image);
            rows.append(&mut engine.watch(embeddings).await?);
        }
        Ok(rows)
    }

    /// Embeds texts, given as their token ids one after the other and the number of each.
    ///
    /// # Shapes
    /// The answer is `[lengths.length, dim]`, flattened, each row of length 1.
    ///
    /// # Errors
    /// As [`embed_images`](Self::embed_images).
    #[wasm_bindgen(js_name = embedTexts)]
    pub async fn embed_texts(&self, input_ids: Vec<u32>, lengths: Vec<u32>) -> Result<Vec<f32>> {
        let (model, engine) = (Rc::clone(&self.model), Rc::clone(&self.engine));
        let texts = cut(&input_ids, &lengths)?;
        engine.watch(model.encode_texts(&texts)).await
    }
}

#[cfg(feature = "cpu")]
#[wasm_bindgen]
impl Encoder {
    /// Loads an encoder in Hugging Face layout, one tensor at a time. `products` is what a module `products` exports
    /// that was started on the memory of this one.
    ///
    /// # Errors
    /// `bad_encoder` with the file or tensor.
    pub async fn load(files: SourceFiles, products: ProductsExports) -> Result<Encoder> {
        let products = ProductsModule::new(products);
        Self::load_with(&files, Some(Arc::new(products))).await
    }
}

#[cfg(feature = "webgpu")]
#[wasm_bindgen]
impl Encoder {
    /// Loads an encoder in Hugging Face layout, one tensor at a time.
    ///
    /// # Errors
    /// `bad_encoder` with the file or tensor; `backend_unavailable` where there is no device that
    /// can hold it.
    pub async fn load(files: SourceFiles) -> Result<Encoder> {
        Self::load_with(&files, None).await
    }
}

impl Encoder {
    async fn load_with(files: &SourceFiles, products: Option<Arc<dyn Products>>) -> Result<Self> {
        let files = EncoderFiles::open(source_files("files", files)?)?;
        let config = files.config()?;
        let engine = Engine::open(&config).await?;
        let checkpoint = files.checkpoint(engine.before_reading())?;
        let device = engine.device();
        let model = ClipEncoder::load_with_products(&config, &checkpoint, device, products)?;
        engine.loaded().await?;
        Ok(Self {
            model: Rc::new(model),
            engine: Rc::new(engine),
        })
    }
}

/// Cuts a list of ids into texts.
fn cut(input_ids: &[u32], lengths: &[u32]) -> Result<Vec<Vec<u32>>> {
    let sum: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
    if sum != input_ids.len() as u64 {
        let expected = format!("{sum} ids, as the lengths say");
        return Err(Failure::option("inputIds", &expected, input_ids.len()));
    }
    let mut rest = input_ids;
    let text = |length: &u32| {
        let (text, after) = rest.split_at(*length as usize);
        rest = after;
        text.to_vec()
    };
    Ok(lengths.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn ids_are_cut_by_their_lengths() {
        assert_eq!(cut(&[1, 2, 3], &[1, 2]).unwrap(), [vec![1], vec![2, 3]]);
        assert_eq!(cut(&[], &[]).unwrap(), Vec::<Vec<u32>>::new());
        let message = cut(&[1, 2], &[1, 2]).unwrap_err().to_string();
        assert_eq!(
            message,
            "inputIds: expected 3 ids, as the lengths say, found 2"
        );
    }
}
