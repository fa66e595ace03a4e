//! What is left of a panic.
//!
//! A panic is a bug. In WebAssembly it ends as a trap that says `unreachable` and nothing else, so
//! its words are kept for whoever catches the trap: the module still answers this one question.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs when the module is loaded.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|info| {
        // With the place in the source.
        let words = info.to_string();
        web_sys::console::error_1(&words.as_str().into());
        LAST.with_borrow_mut(|last| *last = Some(words));
    }));
}

/// What the panic said that ended this module, with its place in the source. `undefined` after a trap
/// that was no panic, such as a lack of memory.
#[wasm_bindgen(js_name = lastPanic)]
#[must_use]
pub fn last_panic() -> Option<String> {
    LAST.with_borrow(Clone::clone)
}
