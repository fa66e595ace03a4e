//! The page's storage as the pipeline sees it.

use std::io;

use js_sys::{Array, Uint8Array};
use ofa_pipeline::blobs::{BlobStore, BlobWriter};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Named blobs that the package keeps: reads are of files that stand, writes are put in line
    /// and reach the disk, in their order, before the next step of a run.
    pub type JsStore;

    #[wasm_bindgen(method, getter)]
    fn location(this: &JsStore) -> String;

    #[wasm_bindgen(method, catch)]
    fn list(this: &JsStore, prefix: &str) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn length(this: &JsStore, name: &str) -> Result<Option<f64>, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn read(this: &JsStore, name: &str, offset: f64, length: f64) -> Result<Uint8Array, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn write(this: &JsStore, name: &str, bytes: Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn remove(this: &JsStore, name: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeFolder)]
    fn remove_folder(this: &JsStore, folder: &str) -> Result<(), JsValue>;
}

/// A [`JsStore`], and where it is.
pub(crate) struct PageStore<'a> {
    store: &'a JsStore,
    location: String,
}

impl<'a> PageStore<'a> {
    pub(crate) fn new(store: &'a JsStore) -> Self {
        Self {
            location: store.location(),
            store,
        }
    }
}

/// What JavaScript threw, in words.
pub(crate) fn words(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
    }
}

fn io_error(thrown: JsValue) -> io::Error {
    io::Error::other(words(&thrown))
}

impl BlobStore for PageStore<'_> {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let names = self.store.list(prefix).map_err(io_error)?;
        let mut names: Vec<String> = names.iter().filter_map(|name| name.as_string()).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn len(&self, name: &str) -> io::Result<Option<u64>> {
        let length = self.store.length(name).map_err(io_error)?;
        Ok(length.map(|length| length as u64))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let bytes = self
            .store
            .read(name, offset as f64, buffer.len() as f64)
            .map_err(io_error)?;
        if bytes.length() as usize != buffer.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.copy_to(buffer);
        Ok(())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn BlobWriter>> {
        let store: &JsValue = self.store.as_ref();
        Ok(Box::new(PageWriter {
            store: store.clone().unchecked_into(),
            name: name.to_owned(),
            bytes: Vec::new(),
        }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.store.remove(name).map_err(io_error)
    }

    fn remove_folder(&self, folder: &str) -> io::Result<()> {
        self.store.remove_folder(folder).map_err(io_error)
    }
}

/// A blob in memory until it is whole: shards and lists, some megabytes each.
struct PageWriter {
    store: JsStore,
    name: String,
    bytes: Vec<u8>,
}

impl io::Write for PageWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter for PageWriter {
    fn commit(self: Box<Self>) -> io::Result<()> {
        let bytes = Uint8Array::from(self.bytes.as_slice());
        self.store.write(&self.name, bytes).map_err(io_error)
    }
}
