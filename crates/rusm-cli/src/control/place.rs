//! Where the socket is, and how to name it: an address of a unix socket has room for 107 bytes.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// What Linux and others have room for, less the zero at the end.
const LONGEST: usize = 107;

/// A path that is short enough for the address of a socket, for as long as this is kept.
pub(super) struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    /// The address of a socket in a folder. One that is too long is named by way of the open folder.
    pub(super) fn new(folder: &Path, name: &str) -> io::Result<Address> {
        let path = folder.join(name);
        if path.as_os_str().len() <= LONGEST {
            return Ok(Address { path, _folder: None });
        }
        let folder = File::open(folder)?;
        let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(Address { path, _folder: Some(folder) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
