//! Where images are kept from one start of a node to the next: the user's cache folder. What cannot be read or written
//! there is made anew each time.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io};

use sha2::{Digest, Sha256};

/// So many images are kept, those that were used last.
const KEPT: usize = 64;

const CHECKSUM: usize = 32;

fn folder() -> Option<PathBuf> {
    let absolute = |path: std::ffi::OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let cache = env::var_os("XDG_CACHE_HOME")
        .and_then(absolute)
        .or_else(|| Some(env::var_os("HOME").and_then(absolute)?.join(".cache")))?;
    Some(cache.join("rusm/images"))
}

fn path(folder: &Path, key: &[u8; 32]) -> PathBuf {
    let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    folder.join(name)
}

/// The image of this key, whole or not at all.
pub(super) fn read(key: &[u8; 32]) -> Option<Vec<u8>> {
    let path = path(&folder()?, key);
    let mut image = fs::read(&path).ok()?;
    let checksum = image.split_off(image.len().checked_sub(CHECKSUM)?);
    if *Sha256::digest(&image) != *checksum {
        tracing::warn!(target: "rusm", path = %path.display(), "a kept image is damaged, and is made anew");
        return None;
    }
    // By this the oldest are known.
    if let Ok(file) = fs::File::options().append(true).open(&path) {
        let _ = file.set_modified(SystemTime::now());
    }
    Some(image)
}

/// Keeps an image.
pub(super) fn write(key: &[u8; 32], image: &[u8]) {
    let Some(folder) = folder() else { return };
    if let Err(error) = try_write(&folder, key, image) {
        tracing::debug!(target: "rusm", folder = %folder.display(), %error, "an image cannot be kept");
    }
}

fn try_write(folder: &Path, key: &[u8; 32], image: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // Others may write the same at this moment; a name of its own and a rename keep each file whole.
    let temporary = folder.join(format!(".{}-{:?}", std::process::id(), std::thread::current().id()));
    let mut file = fs::File::create(&temporary)?;
    file.write_all(image)?;
    file.write_all(&Sha256::digest(image))?;
    drop(file);
    fs::rename(&temporary, path(folder, key))?;
    let mut kept: Vec<(SystemTime, PathBuf)> = fs::read_dir(folder)?
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    kept.sort();
    for (_, path) in kept.iter().rev().skip(KEPT) {
        let _ = fs::remove_file(path);
    }
    Ok(())
}
