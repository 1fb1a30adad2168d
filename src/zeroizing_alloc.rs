//! The global allocator: it zeroizes all memory before it is freed, since rustls frees buffers that may hold a
//! secret without zeroizing them.

use std::alloc::{GlobalAlloc, Layout, System};

#[global_allocator]
static ALLOCATOR: ZeroizingAlloc = ZeroizingAlloc;

/// The system allocator with zeroizing deallocation.
struct ZeroizingAlloc;

// SAFETY: every block comes from `System` and is returned to it with the layout of its allocation. `realloc` is the
// default of the trait: a new block, a copy, and `dealloc` of the old one.
unsafe impl GlobalAlloc for ZeroizingAlloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is valid for writes of this size and not used afterwards.
        unsafe {
            block.write_bytes(0, layout.size());
            // Keeps the compiler from removing a write just before deallocation.
            zeroize::optimization_barrier(&block);
            System.dealloc(block, layout);
        }
    }
}
