//! Where a process's own things lie.

use std::ffi::c_void;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

/// What a process may allocate before its memory grows, and what no gap is as large as.
const ROOM: usize = 512 << 10;

/// Takes every gap between the things of the image, so that what a process allocates lies together behind them: each page
/// of the image that it writes to is one that it cannot share.
///
/// # Safety
///
/// Nothing may be borrowed from the allocator's insides, as nothing is.
pub(crate) unsafe fn close_gaps() {
    unsafe {
        let behind = malloc(ROOM);
        free(behind);
        let mut size = ROOM;
        while size > 0 {
            loop {
                let gap = malloc(size);
                if gap.is_null() || gap >= behind {
                    free(gap);
                    break;
                }
            }
            // Large gaps are rare; of the small ones each size has its own list.
            size = if size > 4096 { size / 2 } else { size - 8 };
        }
    }
}
