//! Memory that is given back is wiped first, whoever in the library held it: rustls frees buffers that
//! may hold a secret and does not zeroize them.

use std::alloc::{GlobalAlloc, Layout, System};

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

/// The system's allocator, which gets no memory back with anything in it.
struct Wiping;

// SAFETY: every block comes from `System` and goes back to it with the layout that it was asked for with.
// `realloc` is the trait's own: a new block, a copy, and `dealloc` of the old one.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's, of this size, and is not used any more.
        unsafe {
            block.write_bytes(0, layout.size());
            // Without it the compiler drops a write that comes just before the end.
            zeroize::optimization_barrier(&block);
            System.dealloc(block, layout);
        }
    }
}
