//! How much memory a piece of work has at once: an allocator that counts, by thread,
//! so that what other tests do beside it is not seen. The class works on the thread
//! that called it.
//!
//! What is asked for counts, not what is touched; to grow a block counts as the
//! difference, as large ones are grown in place where the system can.

// Tests and the bench only; the module itself has the system's own.
#![allow(clippy::disallowed_types)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Both are plain numbers: nothing is dropped with the thread.
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

/// Counts what it hands out.
pub struct Counting;

fn count(by: isize) {
    // A thread that is about to be gone has no counters any more.
    let _ = NOW.try_with(|now| {
        let sum = now.get() + by;
        now.set(sum);
        let _ = MOST.try_with(|most| most.set(most.get().max(sum)));
    });
}

// SAFETY: every call goes on to the system's allocator as it came; counting touches
// numbers of this thread alone and asks for no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// What `f` returns, and how many bytes more than before it had at once.
pub fn peak<R>(f: impl FnOnce() -> R) -> (R, usize) {
    let before = NOW.get();
    MOST.set(before);
    let result = f();
    (result, usize::try_from(MOST.get() - before).unwrap_or(0))
}
