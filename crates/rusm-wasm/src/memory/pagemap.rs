//! Which pages of this process were written: the kernel's `PAGEMAP_SCAN` (Linux 6.7 and later, `linux/fs.h`).

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;

use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl, opcode};

/// The kernel tells of so many stretches at once.
const STRETCHES: usize = 128;

const IS_WRITTEN: u64 = 1 << 1;
const IS_FILE: u64 = 1 << 2;
const IS_PRESENT: u64 = 1 << 3;
const IS_SWAPPED: u64 = 1 << 4;
const IS_ZERO: u64 = 1 << 5;

/// `struct pm_scan_arg`.
#[repr(C)]
struct Argument {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

// SAFETY: the kernel writes to the argument, and to as many stretches as that says that there are.
unsafe impl Ioctl for &mut Argument {
    type Output = usize;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<Argument>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        (&raw mut **self).cast()
    }

    unsafe fn output_from_ptr(found: IoctlOutput, _: *mut c_void) -> rustix::io::Result<usize> {
        Ok(found.unsigned_abs() as usize)
    }
}

/// `struct page_region`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Stretch {
    start: u64,
    end: u64,
    categories: u64,
}

/// Where the kernel notes what it finds. It is 3 KiB, which a scan that finds little is not to pay for.
pub(super) struct Notes([MaybeUninit<Stretch>; STRETCHES]);

impl Notes {
    pub(super) fn new() -> Notes {
        Notes([const { MaybeUninit::uninit() }; STRETCHES])
    }
}

/// What a scan found.
pub(super) struct Scan<'a> {
    stretches: &'a [Stretch],
    end: usize,
}

impl Scan<'_> {
    /// The addresses of what was written.
    pub(super) fn stretches(&self) -> impl Iterator<Item = Range<usize>> {
        self.stretches.iter().map(|stretch| stretch.start as usize..stretch.end as usize)
    }

    /// How far it came.
    pub(super) fn end(&self) -> usize {
        self.end
    }
}

/// The kernel's file about the pages of this process.
pub(super) struct Pagemap(File);

impl Pagemap {
    /// None where the kernel does not tell.
    pub(super) fn open() -> Option<Pagemap> {
        let pagemap = Pagemap(File::open("/proc/self/pagemap").ok()?);
        pagemap.written(0..0, &mut Notes::new()).is_ok().then_some(pagemap)
    }

    /// The pages in this stretch that are a process's own and no longer what the file that is mapped there has.
    pub(super) fn written<'a>(&self, addresses: Range<usize>, notes: &'a mut Notes) -> io::Result<Scan<'a>> {
        let mut argument = Argument {
            size: size_of::<Argument>() as u64,
            flags: 0,
            start: addresses.start as u64,
            end: addresses.end as u64,
            walk_end: 0,
            vec: notes.0.as_mut_ptr().expose_provenance() as u64,
            vec_len: STRETCHES as u64,
            max_pages: 0,
            // A page that was only read is still the file's, or the one page of zeros that there is.
            category_inverted: IS_FILE | IS_ZERO,
            category_mask: IS_WRITTEN | IS_FILE | IS_ZERO,
            // One that is swapped out was written as well.
            category_anyof_mask: IS_PRESENT | IS_SWAPPED,
            return_mask: 0,
        };
        // SAFETY: there is as much room for stretches as it says.
        let found = unsafe { ioctl(&self.0, &mut argument)? };
        // SAFETY: the kernel has written so many.
        let stretches = unsafe { notes.0[..found].assume_init_ref() };
        Ok(Scan { stretches, end: argument.walk_end as usize })
    }
}
