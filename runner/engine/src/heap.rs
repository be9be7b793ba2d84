//! Where `QuickJS`'s things lie: so that a process writes to few pages, for each is one that it cannot share with others of
//! its bundle, and that is copied back after it.

use core::arch::wasm32::memory_grow;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use rquickjs::allocator::Allocator;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn realloc(memory: *mut c_void, size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    fn malloc_usable_size(memory: *mut c_void) -> usize;
}

const PAGE: usize = 4096;

/// The least that is given a page of its own. `QuickJS` packs small things of one size into arenas that are a little smaller
/// than a page; anywhere but at a page's start each of them would lie on two.
const LEAST: usize = PAGE - 512;

/// What WebAssembly counts memory in.
const BLOCK: usize = 64 << 10;

const BLOCKS: usize = usize::MAX / BLOCK + 1;

/// How many blocks are taken at once.
const TAKEN: usize = 4;

/// Which blocks of the memory are cut into pages, a bit for each.
static IS_CUT: [AtomicU8; BLOCKS / 8] = [const { AtomicU8::new(0) }; BLOCKS / 8];

fn is_page(memory: *mut u8) -> bool {
    let block = memory.addr() / BLOCK;
    IS_CUT[block / 8].load(Relaxed) & (1 << (block % 8)) != 0
}

/// The C library's heap, with pages for what is about as large as one. It bears that others make the memory grow.
#[derive(Default)]
pub(crate) struct Heap {
    unused: Vec<*mut u8>,
}

impl Heap {
    fn page(&mut self) -> *mut u8 {
        if let Some(page) = self.unused.pop() {
            return page;
        }
        let first = memory_grow(0, TAKEN);
        if first == usize::MAX {
            return ptr::null_mut();
        }
        for block in first..first + TAKEN {
            IS_CUT[block / 8].fetch_or(1 << (block % 8), Relaxed);
        }
        let start = ptr::with_exposed_provenance_mut::<u8>(first * BLOCK);
        // The first is given first.
        self.unused.extend((1..TAKEN * BLOCK / PAGE).rev().map(|page| start.wrapping_add(page * PAGE)));
        start
    }
}

fn takes_page(size: usize) -> bool {
    (LEAST..=PAGE).contains(&size)
}

unsafe impl Allocator for Heap {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if takes_page(size) { self.page() } else { unsafe { malloc(size).cast() } }
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        match count.checked_mul(size) {
            Some(all) if takes_page(all) => {
                let page = self.page();
                if !page.is_null() {
                    unsafe { page.write_bytes(0, PAGE) };
                }
                page
            }
            Some(_) => unsafe { calloc(count, size).cast() },
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&mut self, memory: *mut u8) {
        if is_page(memory) {
            self.unused.push(memory);
        } else {
            unsafe { free(memory.cast()) };
        }
    }

    unsafe fn realloc(&mut self, memory: *mut u8, size: usize) -> *mut u8 {
        match is_page(memory) {
            true if size <= PAGE => return memory,
            false if !takes_page(size) => return unsafe { realloc(memory.cast(), size).cast() },
            _ => {}
        }
        let moved = self.alloc(size);
        if !moved.is_null() && !memory.is_null() {
            unsafe {
                let kept = Self::usable_size(memory).min(size);
                moved.copy_from_nonoverlapping(memory, kept);
                self.dealloc(memory);
            }
        }
        moved
    }

    unsafe fn usable_size(memory: *mut u8) -> usize {
        if is_page(memory) { PAGE } else { unsafe { malloc_usable_size(memory.cast()) } }
    }
}

/// Makes room for what most processes allocate, so that none of them makes the memory grow, and takes every gap between the
/// things of the image, so that what the C library gives a process lies together in that room.
pub(crate) fn make_room() {
    const ROOM: usize = 512 << 10;
    unsafe {
        let room = malloc(ROOM);
        free(room);
        let mut size = ROOM / 2;
        while size > 0 {
            loop {
                let gap = malloc(size);
                if gap.is_null() || gap >= room {
                    free(gap);
                    break;
                }
            }
            // Of the small gaps each size has a list of its own.
            size = if size > PAGE { size / 2 } else { size - 8 };
        }
    }
}
