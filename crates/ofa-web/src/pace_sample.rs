//! A few records of a dataset, by which the encoder's pace is measured before a run.

use js_sys::{Array, Object, Reflect, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::dataset::WebDataset;
use crate::encoder_info::EncoderInfo;
use crate::failure::Result;

/// Records that are looked at for each image that is wanted.
const RECORDS_FOR_AN_IMAGE: u64 = 8;

/// Most texts for each image that is wanted.
const TEXTS_FOR_AN_IMAGE: usize = 8;

/// Images and texts of records that are spread evenly over the dataset, nothing of them drawn:
/// `{ images, inputIds, lengths }`, the bytes of the first image of each record, of `most` at most, and the token ids
/// of these records' texts one after the other, the shortest first, with the number of each. Records that cannot be
/// used are passed over.
///
/// # Errors
/// `bad_dataset` and `changed` where the dataset cannot be read.
#[wasm_bindgen(js_name = paceSample)]
pub fn sample(dataset: &WebDataset, encoder: &EncoderInfo, most: u32) -> Result<JsValue> {
    let images = dataset.images();
    let records = images.dataset().len();
    let looks = records.min(RECORDS_FOR_AN_IMAGE * u64::from(most));
    let files = Array::new();
    let mut texts: Vec<Vec<u32>> = Vec::new();
    for look in 0..looks {
        if files.length() == most {
            break;
        }
        let position = records.saturating_mul(look) / looks;
        let Ok(record) = images.dataset().record(position)? else {
            continue;
        };
        let Some(reference) = record.images.first() else {
            continue;
        };
        let Ok(bytes) =
            (images.locate(position, 0, reference)).and_then(|found| images.read(&found.file))
        else {
            continue;
        };
        files.push(&Uint8Array::from(bytes.as_slice()));
        for text in record.encoder_texts() {
            if texts.len() < TEXTS_FOR_AN_IMAGE * most as usize {
                texts.push(encoder.tokenizer().encode(&text)?);
            }
        }
    }
    texts.sort_by_key(Vec::len);
    let lengths: Vec<u32> = texts.iter().map(|ids| ids.len() as u32).collect();
    let sample = Object::new();
    let ids = Uint32Array::from(texts.concat().as_slice());
    let lengths = Uint32Array::from(lengths.as_slice());
    Reflect::set(&sample, &"images".into(), &files)?;
    Reflect::set(&sample, &"inputIds".into(), &ids)?;
    Reflect::set(&sample, &"lengths".into(), &lengths)?;
    Ok(sample.into())
}
