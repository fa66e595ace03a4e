//! What Node calls: plain numbers in and out, so that nothing has to be generated for it.

use std::cell::RefCell;

use ofa_core::budget::Budget;
use ofa_core::selection::SelectionPool;

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
    static POOL: RefCell<Option<SelectionPool>> = const { RefCell::new(None) };
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

/// Prepares a pool of so many records with made-up scores, for timing [`ofa_choose`].
#[unsafe(no_mangle)]
pub extern "C" fn ofa_prepare_pool(rows: u32) {
    let scores = crate::made_up_scores(rows as usize);
    let pool = SelectionPool::new(&scores, crate::CLUSTERS).expect("valid scores");
    POOL.with_borrow_mut(|slot| *slot = Some(pool));
}

/// Chooses so many records of the pool by confidence, and returns how many that were.
#[unsafe(no_mangle)]
pub extern "C" fn ofa_choose(count: u32) -> u32 {
    POOL.with_borrow(|pool| {
        let pool = pool.as_ref().expect("ofa_prepare_pool was called");
        let selection = pool.select_confidence(Budget::Count(count.into()));
        selection.expect("below the rows").rows.len() as u32
    })
}
