//! What Node calls: plain numbers in and out, so that nothing has to be generated for it.

use std::cell::RefCell;

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Computes the hashes of so many rows. Returns where in memory their JSON text stands, until the
/// next call; [`ofa_hashes_length`] says how long it is.
#[unsafe(no_mangle)]
pub extern "C" fn ofa_hashes(rows: u32) -> *const u8 {
    TEXT.with_borrow_mut(|text| {
        *text = crate::to_json(crate::hashes(rows as usize));
        text.as_ptr()
    })
}

/// Length in bytes of the text of the last call of [`ofa_hashes`].
#[unsafe(no_mangle)]
pub extern "C" fn ofa_hashes_length() -> usize {
    TEXT.with_borrow(String::len)
}
