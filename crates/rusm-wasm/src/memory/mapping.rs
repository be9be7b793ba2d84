//! Stretches of the address space, and what is mapped there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::ptr;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap,
};
use rustix::param::page_size;

use super::pagemap::{Notes, Pagemap};

/// A stretch of the address space, let go of when it is dropped.
pub(super) struct Region {
    start: *mut u8,
    len: usize,
}

// SAFETY: the address space belongs to all threads.
unsafe impl Send for Region {}
// SAFETY: what a shared reference gives is an address.
unsafe impl Sync for Region {}

impl Region {
    /// One in which nothing is accessible.
    pub(super) fn reserve(len: usize) -> io::Result<Region> {
        // SAFETY: the kernel chooses a place where nothing is.
        let start = unsafe {
            mmap_anonymous(ptr::null_mut(), len, ProtFlags::empty(), MapFlags::PRIVATE | MapFlags::NORESERVE)?
        };
        Ok(Region { start: start.cast(), len })
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.start
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Where so many bytes begin at this place, all of which have to be within.
    fn within(&self, place: usize, len: usize) -> io::Result<*mut u8> {
        match place.checked_add(len) {
            Some(end) if end <= self.len => Ok(self.start.wrapping_add(place)),
            _ => Err(io::Error::new(io::ErrorKind::OutOfMemory, "beyond what is reserved")),
        }
    }

    /// Makes these bytes accessible.
    pub(super) fn open(&self, place: usize, len: usize) -> io::Result<()> {
        let start = self.within(place, len)?;
        // SAFETY: they are this region's.
        unsafe { mprotect(start.cast(), len, MprotectFlags::READ | MprotectFlags::WRITE)? };
        Ok(())
    }

    /// Makes them inaccessible again, and keeps what is there.
    fn close(&self, place: usize, len: usize) -> io::Result<()> {
        if len > 0 {
            let start = self.within(place, len)?;
            // SAFETY: they are this region's, and nobody uses them any more.
            unsafe { mprotect(start.cast(), len, MprotectFlags::empty())? };
        }
        Ok(())
    }

    /// The same, and gives what is there back to the kernel.
    fn empty(&self, place: usize, len: usize) -> io::Result<()> {
        if len > 0 {
            let start = self.within(place, len)?;
            let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
            // SAFETY: what it replaces is this region's, and nobody uses it any more.
            unsafe { mmap_anonymous(start.cast(), len, ProtFlags::empty(), flags)? };
        }
        Ok(())
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: who had an address in it had this, or a reference to it.
        let unmapped = unsafe { munmap(self.start.cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

/// An image in a file without a name, which nobody can change any more.
pub(super) struct Original {
    file: File,
    bytes: Region,
}

impl Original {
    /// The image's length is a multiple of the kernel's pages.
    pub(super) fn new(image: &[u8]) -> io::Result<Original> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(memfd_create("rusm-image", flags)?);
        ftruncate(&file, image.len() as u64)?;
        let page = page_size();
        for (index, content) in image.chunks(page).enumerate() {
            if content.iter().any(|&byte| byte != 0) {
                file.write_all_at(content, (index * page) as u64)?;
            }
        }
        fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        // SAFETY: the kernel chooses a place where nothing is.
        let start =
            unsafe { mmap(ptr::null_mut(), image.len(), ProtFlags::READ, MapFlags::SHARED, &file, 0)? };
        Ok(Original { file, bytes: Region { start: start.cast(), len: image.len() } })
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: it is mapped for as long as this is there, and sealed against being written.
        unsafe { std::slice::from_raw_parts(self.bytes.start, self.bytes.len) }
    }
}

/// An image mapped copy-on-write, with room to grow behind it.
pub(super) struct Mapping {
    region: Region,
    /// How much is accessible from the start on.
    accessible: usize,
    /// How much of it ever was, since what is behind the image was last given back.
    reached: usize,
    /// How many bytes there keep pages, of zeros.
    behind: usize,
}

/// How much was written of a mapping.
#[derive(Default)]
struct Written {
    image: usize,
    behind: usize,
}

impl Mapping {
    pub(super) fn new(original: &Original, reserved: usize) -> io::Result<Mapping> {
        let len = original.len();
        let mapping =
            Mapping { region: Region::reserve(reserved)?, accessible: len, reached: len, behind: 0 };
        let start = mapping.region.within(0, original.len())?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: what it replaces is this region's, and nothing is in there.
        unsafe {
            mmap(
                start.cast(),
                original.len(),
                access,
                MapFlags::PRIVATE | MapFlags::FIXED,
                &original.file,
                0,
            )?
        };
        Ok(mapping)
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.region.start()
    }

    /// Makes the first bytes accessible, up to this size.
    pub(super) fn grow(&mut self, size: usize) -> io::Result<()> {
        if let Some(more) = size.checked_sub(self.accessible) {
            let more = more.next_multiple_of(page_size());
            self.region.open(self.accessible, more)?;
            self.accessible += more;
            self.reached = self.reached.max(self.accessible);
        }
        Ok(())
    }

    /// Makes it what it was at first, and tells how many bytes of it stay with this process: `kept` at the most.
    pub(super) fn reset(
        &mut self,
        original: &Original,
        pagemap: Option<&Pagemap>,
        kept: usize,
    ) -> io::Result<usize> {
        let len = original.len();
        let written = match pagemap {
            Some(pagemap) => self.put_back(original, pagemap, kept)?,
            None => None,
        };
        let Some(Written { image, behind }) = written else {
            self.region.empty(len, self.reached - len)?;
            // SAFETY: of a private mapping this leaves what the file has.
            unsafe { madvise(self.region.start.cast(), len, Advice::LinuxDontNeed)? };
            (self.accessible, self.reached, self.behind) = (len, len, 0);
            return Ok(0);
        };
        let behind = self.behind.max(behind);
        if image + behind > kept {
            self.region.empty(len, self.reached - len)?;
            (self.accessible, self.reached, self.behind) = (len, len, 0);
            return Ok(image);
        }
        // Its pages stay for an instance that grows as far.
        self.region.close(len, self.accessible - len)?;
        (self.accessible, self.behind) = (len, behind);
        Ok(image + behind)
    }

    /// Puts back what was written, in order: the image, and behind it zeros. Tells how much that was, up to where it is more than
    /// is kept; nothing if that is so of the image alone.
    fn put_back(
        &mut self,
        original: &Original,
        pagemap: &Pagemap,
        kept: usize,
    ) -> io::Result<Option<Written>> {
        let (start, image) = (self.region.start.addr(), original.bytes());
        let end = start + self.accessible;
        let mut written = Written::default();
        let (mut scanned, mut notes) = (start, Notes::new());
        while scanned < end {
            let scan = pagemap.written(scanned..end, &mut notes)?;
            for stretch in scan.stretches() {
                let place = stretch.start - start;
                let of_image = image.get(place..image.len().min(place + stretch.len())).unwrap_or_default();
                written.image += of_image.len();
                written.behind += stretch.len() - of_image.len();
                if written.image > kept {
                    return Ok(None);
                }
                let target = self.region.start.wrapping_add(place);
                // SAFETY: the kernel tells of pages that it was asked for, which are accessible, and nobody's just now.
                unsafe { target.copy_from_nonoverlapping(of_image.as_ptr(), of_image.len()) };
                if written.image + written.behind > kept {
                    return Ok(Some(written));
                }
                // SAFETY: the same.
                unsafe { target.add(of_image.len()).write_bytes(0, stretch.len() - of_image.len()) };
            }
            scanned = scan.end();
        }
        Ok(Some(written))
    }
}
