//! The images of a subset, to be taken away with it.

use std::collections::HashMap;
use std::sync::Arc;

use js_sys::{Array, Float64Array, Object, Reflect, Uint8Array};
use ofa_data::{
    ByteSource, DatasetImages, ImageFile, MAX_IMAGE_FILE_BYTES, Skip, SkipReason, image_extension,
};
use ofa_pipeline::subset::{NeededImages, name_of_copy};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::blob_source::BlobSource;
use crate::dataset::WebDataset;
use crate::failure::Result;

/// Images that a step gives at most.
const STEP_IMAGES: usize = 256;

/// Bytes that a step reads at most, but for those of its last image.
const STEP_BYTES: usize = 8 << 20;

/// Records that a step looks at.
const STEP_RECORDS: usize = 1024;

/// Images that are being handed out.
#[wasm_bindgen]
pub struct SubsetImages {
    images: Arc<DatasetImages>,
    positions: Vec<u64>,
    /// How many of the records are done.
    done: usize,
    needed: NeededImages,
    /// Images of records that are done, which are still to be given.
    waiting: Vec<Result<ImageFile, Skip>>,
    /// The names that were given, each with the image that has it.
    taken: HashMap<String, ImageFile>,
}

/// An image that is given.
struct Given {
    name: String,
    blob: Blob,
    /// How many of its bytes were read for it.
    read: usize,
}

#[wasm_bindgen]
impl SubsetImages {
    /// Begins with the records at these positions.
    #[must_use]
    pub fn begin(dataset: &WebDataset, positions: &Float64Array) -> Self {
        let positions = positions.to_vec();
        Self {
            images: Arc::clone(dataset.images()),
            positions: positions.into_iter().map(|at| at as u64).collect(),
            done: 0,
            needed: NeededImages::default(),
            waiting: Vec::new(),
            taken: HashMap::new(),
        }
    }

    /// Some images further, as `{files: {name, blob}[], leftOut: {reason, detail}[]}`; `undefined`
    /// once all were given.
    ///
    /// # Errors
    /// `bad_dataset` and `changed` where the dataset cannot be read any more.
    pub fn step(&mut self) -> Result<JsValue> {
        let (files, left_out) = (Array::new(), Array::new());
        let (mut records, mut read) = (0, 0);
        loop {
            while let Some(image) = self.waiting.pop() {
                match image.and_then(|file| self.give(file)) {
                    Ok(Some(given)) => {
                        read += given.read;
                        files.push(&object(&[
                            ("name", given.name.into()),
                            ("blob", given.blob.into()),
                        ])?);
                    }
                    Ok(None) => {}
                    Err(skip) => {
                        left_out.push(&object(&[
                            ("reason", skip.reason.as_str().into()),
                            ("detail", skip.detail.into()),
                        ])?);
                    }
                }
                if files.length() as usize >= STEP_IMAGES || read >= STEP_BYTES {
                    return answer(&files, &left_out);
                }
            }
            let Some(&position) = self.positions.get(self.done) else {
                return match files.length() + left_out.length() {
                    0 => Ok(JsValue::UNDEFINED),
                    _ => answer(&files, &left_out),
                };
            };
            if records == STEP_RECORDS {
                return answer(&files, &left_out);
            }
            self.waiting = self.needed.of_record(&self.images, position)?;
            self.waiting.reverse();
            (self.done, records) = (self.done + 1, records + 1);
        }
    }
}

impl SubsetImages {
    /// The image under a name of its own; `None` where the same bytes were given under this name.
    fn give(&mut self, file: ImageFile) -> Result<Option<Given>, Skip> {
        let unreadable = |detail| Skip::new(SkipReason::ImageUnreadable, detail);
        let (blob, bytes) = match self.slice(&file)? {
            Some(blob) => (blob, None),
            None => {
                let bytes = self.images.read(&file)?;
                let part = Uint8Array::from(bytes.as_slice());
                let blob = Blob::new_with_u8_array_sequence(&Array::of1(&part));
                let blob = blob.map_err(|error| unreadable(format!("{}: {error:?}", file.path)))?;
                (blob, Some(bytes))
            }
        };
        if let Some(other) = self.taken.get(&file.path)
            && self.are_equal(other, &file, bytes.as_deref())?
        {
            return Ok(None);
        }
        let extension = || image_extension(bytes.as_deref()?);
        let is_free = |name: &str| !self.taken.contains_key(name);
        let name = name_of_copy(&file, is_name, is_free, extension)
            .ok_or_else(|| unreadable(format!("{}: cannot be the name of a file", file.path)))?;
        self.taken.insert(name.clone(), file);
        Ok(Some(Given {
            name,
            blob,
            read: bytes.map_or(0, |bytes| bytes.len()),
        }))
    }

    /// The image as a range of a file that the page has; `None` where it is none.
    fn slice(&self, file: &ImageFile) -> Result<Option<Blob>, Skip> {
        let Some(source) = self.images.open(file)? else {
            return Ok(None);
        };
        if source.len() > MAX_IMAGE_FILE_BYTES {
            let detail = format!("{}: more than {MAX_IMAGE_FILE_BYTES} bytes", file.path);
            return Err(Skip::new(SkipReason::ImageTooLarge, detail));
        }
        let (mut within, mut offset): (&Arc<dyn ByteSource>, u64) = (&source, 0);
        while let Some((parent, start)) = within.part_of() {
            (within, offset) = (parent, offset + start);
        }
        let of_page = within
            .as_any()
            .and_then(|any| any.downcast_ref::<BlobSource>());
        let part = of_page.map(|of_page| of_page.part(offset, source.len()));
        part.transpose().map_err(|error| {
            let detail = format!("{}: {error}", file.path);
            Skip::new(SkipReason::ImageUnreadable, detail)
        })
    }

    /// Whether two images of one name are the same. They are read only where their lengths are.
    fn are_equal(
        &self,
        one: &ImageFile,
        other: &ImageFile,
        bytes: Option<&[u8]>,
    ) -> Result<bool, Skip> {
        if let (Some(one), Some(other)) = (one.len, other.len)
            && one != other
        {
            return Ok(false);
        }
        let one = self.images.read(one)?;
        Ok(match bytes {
            Some(bytes) => one == bytes,
            None => one == self.images.read(other)?,
        })
    }
}

/// Whether a path can be that of a file in a folder or a zip on any system.
fn is_name(path: &str) -> bool {
    /// The most that systems take, of a path and of one of its parts.
    const MOST: (usize, usize) = (4096, 255);

    let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= MOST.1;
    path.len() < MOST.0 && !path.contains(['\0', '\n']) && path.split('/').all(is_part)
}

fn object(fields: &[(&str, JsValue)]) -> Result<JsValue> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}

fn answer(files: &Array, left_out: &Array) -> Result<JsValue> {
    let fields = [("files", files.into()), ("leftOut", left_out.into())];
    object(&fields)
}
