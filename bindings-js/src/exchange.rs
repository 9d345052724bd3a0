//! Bytes between JavaScript and the core: one buffer in, one out. No call is inside another, so that one of each is enough.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static INBOX: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTBOX: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A buffer no larger than this is kept for the next call.
const KEEP: usize = 1 << 20;

/// Makes room for `len` bytes in the inbox, to be written at the address that is returned.
#[wasm_bindgen]
pub fn inbox(len: usize) -> *mut u8 {
    INBOX.with_borrow_mut(|inbox| {
        if inbox.len() < len || inbox.len() > KEEP && len <= KEEP {
            // What it held is of no use any more, so it is not copied.
            *inbox = vec![0; len.next_power_of_two().max(256)];
        }
        inbox.as_mut_ptr()
    })
}

/// Reads what was written to the inbox.
pub(crate) fn read<T>(len: usize, reader: impl FnOnce(&[u8]) -> T) -> T {
    INBOX.with_borrow(|inbox| reader(&inbox[..len.min(inbox.len())]))
}

/// Leaves bytes for the other side, in place of what was left before.
pub(crate) fn leave(bytes: Vec<u8>) {
    OUTBOX.replace(bytes);
}

/// Where the bytes are that the last call left.
#[wasm_bindgen]
pub fn outbox() -> *const u8 {
    OUTBOX.with_borrow(|outbox| outbox.as_ptr())
}

/// How many bytes the last call left.
#[wasm_bindgen]
pub fn outbox_length() -> usize {
    OUTBOX.with_borrow(Vec::len)
}
