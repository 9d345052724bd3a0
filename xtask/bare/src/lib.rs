//! The core with nothing under it: no standard library, no operating system, no host. `cargo xtask test` builds this
//! module for wasm32-unknown-unknown and checks that it imports nothing. On any other target it is empty.
//!
//! A dependency of the core that pulled in `std` would bring a second panic handler, and the build would fail.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg(target_arch = "wasm32")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;

use quorate::cluster::key_slot;
use quorate::resp::{Decoder, Encoder, Protocol};

/// Decodes the replies in `length` bytes at `bytes` and encodes them again; gives the bytes written plus the slot of
/// the whole input, so that nothing of the core is left out of the module as unused.
///
/// # Safety
/// `bytes` points to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(bytes: *const u8, length: usize) -> usize {
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(bytes, length) };
    let mut decoder = Decoder::default();
    let mut encoder = Encoder::new(Protocol::Resp2);
    decoder.feed(bytes);
    while let Ok(Some(reply)) = decoder.poll() {
        if encoder.value(&reply.to_value()).is_err() {
            return 0;
        }
    }
    encoder.take().len() + usize::from(key_slot(bytes))
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Gives out memory and never takes it back: enough to show that the core needs nothing else.
struct Bump {
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: a module without shared memory has one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static HEAP: Bump = Bump {
    next: Cell::new(0),
    end: Cell::new(0),
};

const PAGE: usize = 65_536;

// SAFETY: every block lies in pages that this allocator has grown the memory by, and no two blocks overlap.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.next.get().next_multiple_of(layout.align());
        let Some(end) = start.checked_add(layout.size()) else {
            return core::ptr::null_mut();
        };
        if self.next.get() != 0 && end <= self.end.get() {
            self.next.set(end);
            return start as *mut u8;
        }
        let pages = layout.size().div_ceil(PAGE);
        let page = core::arch::wasm32::memory_grow(0, pages.max(1));
        if page == usize::MAX {
            return core::ptr::null_mut();
        }
        // A page starts at a multiple of every alignment in use.
        let start = page * PAGE;
        self.next.set(start + layout.size());
        self.end.set(start + pages.max(1) * PAGE);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
