//! Encoding a dataset with an encoder that other workers run.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Float32Array, Function, Promise, Reflect, Uint8Array, Uint32Array};
use ofa_data::{DatasetImages, ImageFile, Skip, SkipReason};
use ofa_pipeline::Event;
use ofa_pipeline::encode::{
    Embeddings, Encode, EncodeInputs, EncodeOptions, MultiImage, NextPixels, PixelSource, Towers,
};
use ofa_pipeline::store::Fingerprints;
use serde::Deserialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::blob_source;
use crate::blob_store::{JsStore, PageStore, words};
use crate::dataset::WebDataset;
use crate::encoder_info::EncoderInfo;
use crate::failure::{Failure, FailureCode, Result};
use crate::plain::{from_js, to_js};

#[wasm_bindgen]
extern "C" {
    /// The workers that hold the encoder.
    pub type JsTowers;

    #[wasm_bindgen(method, catch, js_name = embedImages)]
    fn embed_images(
        this: &JsTowers,
        pixel_values: Float32Array,
        count: u32,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = embedTexts)]
    fn embed_texts(
        this: &JsTowers,
        input_ids: Uint32Array,
        lengths: Uint32Array,
    ) -> Result<Promise, JsValue>;

    /// What a batch gave.
    type JsEmbedded;

    #[wasm_bindgen(method, getter)]
    fn rows(this: &JsEmbedded) -> Float32Array;

    #[wasm_bindgen(method, getter)]
    fn failed(this: &JsEmbedded) -> Array;

    /// The workers that decode images.
    pub type JsDecoder;

    #[wasm_bindgen(method, catch, js_name = pixelValues)]
    fn pixel_values(this: &JsDecoder, bytes: Uint8Array) -> Result<Promise, JsValue>;
}

/// How a dataset is encoded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    image_batch: usize,
    text_tokens: usize,
    shard_records: u64,
    cache_bytes: u64,
    multi_image: MultiImage,
    backend: String,
    /// Images that may be with the decoding workers at a time.
    ahead: usize,
}

/// What JavaScript threw first; a run that met it ends with it.
type Thrown = Rc<RefCell<Option<JsValue>>>;

/// Turns a dataset into a feature store, or goes on with the one that the store holds. Resolves to
/// its manifest.
///
/// `on_event` is called after each step and its promise awaited before the next one: there the
/// package writes down what is in line, and there a run can be paused. Where it resolves to `false`
/// the run ends with `aborted`; what was written stays.
#[wasm_bindgen]
#[allow(
    clippy::too_many_arguments,
    reason = "what JavaScript passes is named there"
)]
pub fn encode(
    dataset: &WebDataset,
    encoder: &EncoderInfo,
    store: JsStore,
    towers: JsTowers,
    decoder: JsDecoder,
    options: JsValue,
    on_event: Function,
) -> Promise {
    let images = Arc::clone(dataset.images());
    let encoder = encoder.clone();
    let run = async move {
        let options: Options = from_js("run", options)?;
        let thrown = Thrown::default();
        let towers = RemoteTowers {
            towers,
            dim: encoder.embedding_dim(),
            thrown: Rc::clone(&thrown),
        };
        let pixels = RemotePixels {
            images: Arc::clone(&images),
            decoder,
            ahead: options.ahead.max(1),
            ahead_bytes: 0,
            lost_in_a_row: 0,
            files: VecDeque::new(),
            asked: VecDeque::new(),
            thrown: Rc::clone(&thrown),
        };
        let store = PageStore::new(&store);
        let records = images.dataset().len();
        let inputs = EncodeInputs {
            fingerprints: Fingerprints {
                dataset: Some(images.dataset().fingerprint().to_owned()),
                encoder: Some(encoder.fingerprint().to_owned()),
            },
            images,
            pixels: Box::new(pixels),
            tokenizer: encoder.tokenizer(),
            towers: &towers,
            store: &store,
        };
        let options = EncodeOptions {
            image_batch: options.image_batch,
            text_tokens: options.text_tokens,
            shard_records: options.shard_records,
            cache_bytes: options.cache_bytes,
            range: 0..records,
            multi_image: options.multi_image,
            backend: options.backend,
            encoder_settings: Some(encoder.settings().to_owned()),
        };
        let mut run = Encode::begin(inputs, options)?;
        for note in run.notes() {
            let event = js_sys::Object::new();
            Reflect::set(&event, &"type".into(), &"note".into())?;
            Reflect::set(&event, &"text".into(), &note.as_str().into())?;
            tell(&on_event, &event).await?;
        }
        // Where a run goes on, or is done already, this says so before anything is computed.
        tell(&on_event, &to_js(&Event::Encoding(run.progress().clone()))?).await?;
        let mut manifest = JsValue::UNDEFINED;
        loop {
            let event = run.step().await;
            if let Some(thrown) = thrown.borrow_mut().take() {
                return Err(Failure::Thrown(thrown));
            }
            let Some(event) = event? else {
                return Ok(manifest);
            };
            if let Event::Encoded(finished) = &event {
                manifest = to_js(finished)?;
            }
            tell(&on_event, &to_js(&event)?).await?;
        }
    };
    future_to_promise(async move { run.await.map_err(JsValue::from) })
}

/// Hands an event over, and waits until the run may go on.
async fn tell(on_event: &Function, event: &JsValue) -> Result<()> {
    let promise = Promise::resolve(&on_event.call1(&JsValue::UNDEFINED, event)?);
    let goes_on = JsFuture::from(promise).await?;
    match goes_on.as_bool() {
        Some(false) => Err(Failure::new(
            FailureCode::Aborted,
            "the run was cancelled; what was done up to the last whole shard is kept",
        )),
        _ => Ok(()),
    }
}

/// The encoder in other workers.
struct RemoteTowers {
    towers: JsTowers,
    dim: usize,
    thrown: Thrown,
}

impl RemoteTowers {
    async fn rows(
        &self,
        asked: Result<Promise, JsValue>,
        count: usize,
    ) -> ofa_pipeline::Result<Embeddings> {
        let answer = match asked {
            Ok(promise) => JsFuture::from(promise).await,
            Err(thrown) => Err(thrown),
        };
        let embedded: JsEmbedded = match answer {
            Ok(answer) => answer.unchecked_into(),
            Err(thrown) => {
                let error = ofa_clip::Error::Backend(words(&thrown));
                self.thrown.borrow_mut().get_or_insert(thrown);
                return Err(error.into());
            }
        };
        let rows = embedded.rows().to_vec();
        if rows.len() != count * self.dim {
            let problem = format!(
                "expected {count} embeddings {} wide, found {} values",
                self.dim,
                rows.len()
            );
            return Err(ofa_clip::Error::Backend(problem).into());
        }
        let field = |item: &JsValue, name: &str| {
            Reflect::get(item, &name.into()).unwrap_or(JsValue::UNDEFINED)
        };
        let failed = embedded.failed();
        let failed = failed.iter().filter_map(|item| {
            let place = field(&item, "item").as_f64()? as usize;
            let detail = field(&item, "detail").as_string().unwrap_or_default();
            (place < count).then_some((place, detail))
        });
        Ok(Embeddings {
            rows,
            failed: failed.collect(),
        })
    }
}

impl Towers for RemoteTowers {
    fn dim(&self) -> usize {
        self.dim
    }

    async fn embed_images(
        &self,
        pixel_values: &[f32],
        count: usize,
    ) -> ofa_pipeline::Result<Embeddings> {
        let asked = self
            .towers
            .embed_images(Float32Array::from(pixel_values), count as u32);
        self.rows(asked, count).await
    }

    async fn embed_texts(&self, input_ids: &[Vec<u32>]) -> ofa_pipeline::Result<Embeddings> {
        let lengths: Vec<u32> = input_ids.iter().map(|ids| ids.len() as u32).collect();
        let asked = self.towers.embed_texts(
            Uint32Array::from(input_ids.concat().as_slice()),
            Uint32Array::from(lengths.as_slice()),
        );
        self.rows(asked, input_ids.len()).await
    }
}

/// Bytes of images that may be with the decoding workers at a time; one image may have more.
const MOST_AHEAD_BYTES: u64 = 64 << 20;

/// Images one after the other that the browser does not give: more are no matter of single files.
const MOST_LOST_IN_A_ROW: usize = 16;

/// Images that other workers decode, some of them ahead of the model.
struct RemotePixels {
    images: Arc<DatasetImages>,
    decoder: JsDecoder,
    ahead: usize,
    /// Bytes of the files that are on their way.
    ahead_bytes: u64,
    /// Files that the browser did not give, since one that it did.
    lost_in_a_row: usize,
    files: VecDeque<ImageFile>,
    asked: VecDeque<(ImageFile, Result<JsFuture, Skip>)>,
    thrown: Thrown,
}

impl RemotePixels {
    /// Reads files and has them decoded, until `ahead` are on their way, or fewer where they are large.
    fn ask(&mut self) {
        while self.asked.len() < self.ahead && self.ahead_bytes < MOST_AHEAD_BYTES {
            let Some(file) = self.files.pop_front() else {
                return;
            };
            self.ahead_bytes += file.len.unwrap_or(0);
            let asked = self.read(&file).and_then(|bytes| {
                self.decoder
                    .pixel_values(Uint8Array::from(bytes.as_slice()))
                    .map(JsFuture::from)
                    .map_err(|thrown| self.skip_of(&file, thrown))
            });
            self.asked.push_back((file, asked));
        }
    }

    /// Reads a file. One that the browser does not give is an image that cannot be read, as one without the right to
    /// read it is; where that goes on from file to file, their folder was moved or changed, and the run ends.
    fn read(&mut self, file: &ImageFile) -> Result<Vec<u8>, Skip> {
        blob_source::take_lost();
        let read = self.images.read(file);
        match (&read, blob_source::take_lost()) {
            (Err(_), Some(reason)) => {
                self.lost_in_a_row += 1;
                if self.lost_in_a_row == MOST_LOST_IN_A_ROW {
                    let problem = format!(
                        "{}: the browser gives none of the last {MOST_LOST_IN_A_ROW} images any more ({reason}): they \
                         were changed, moved or deleted since they were chosen; choose the same data again, and the \
                         run goes on after the last whole shard",
                        file.path
                    );
                    let failure = Failure::new(FailureCode::Changed, problem);
                    self.thrown.borrow_mut().get_or_insert(failure.into());
                }
            }
            (Ok(_), _) => self.lost_in_a_row = 0,
            (Err(_), None) => {}
        }
        read
    }

    /// Why an image was not decoded. What is no reason to skip an image ends the run.
    fn skip_of(&self, file: &ImageFile, thrown: JsValue) -> Skip {
        let field = |name: &str| {
            Reflect::get(&thrown, &name.into())
                .ok()
                .and_then(|value| value.as_string())
        };
        match field("reason").and_then(|reason| reason.parse::<SkipReason>().ok()) {
            Some(reason) => {
                let detail = field("detail").unwrap_or_default();
                Skip::new(reason, format!("{}: {detail}", file.path))
            }
            None => {
                let detail = words(&thrown);
                self.thrown.borrow_mut().get_or_insert(thrown);
                Skip::new(SkipReason::ImageUnreadable, detail)
            }
        }
    }
}

impl PixelSource for RemotePixels {
    fn start(&mut self, files: Vec<ImageFile>) {
        self.files = files.into();
        self.asked.clear();
        self.ahead_bytes = 0;
        self.ask();
    }

    fn next(&mut self) -> NextPixels<'_> {
        Box::pin(async move {
            self.ask();
            let (file, asked) = self.asked.pop_front().expect("no more than were started");
            self.ahead_bytes -= file.len.unwrap_or(0);
            // One is taken out, so one more may be on its way.
            self.ask();
            let values = asked?.await.map_err(|thrown| self.skip_of(&file, thrown))?;
            Ok(values.unchecked_into::<Float32Array>().to_vec())
        })
    }
}
