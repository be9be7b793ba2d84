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

/// Where they are; nowhere if the user has no folder.
pub(super) fn folder() -> Option<PathBuf> {
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

/// The image of this key in the folder, whole or not at all.
pub(super) fn read(folder: &Path, key: &[u8; 32]) -> Option<Vec<u8>> {
    let path = path(folder, key);
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

/// Keeps an image in the folder, which is made where it is missing.
pub(super) fn write(folder: &Path, key: &[u8; 32], image: &[u8]) {
    if let Err(error) = try_write(folder, key, image) {
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

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;
    use std::time::Duration;

    use super::*;

    fn key(number: usize) -> [u8; 32] {
        Sha256::digest(number.to_le_bytes()).into()
    }

    #[test]
    fn an_image_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("made/at/need");
        assert_eq!(read(&folder, &key(1)), None);
        write(&folder, &key(1), b"an image");
        write(&folder, &key(2), b"");
        assert_eq!(read(&folder, &key(1)).as_deref(), Some(&b"an image"[..]));
        assert_eq!(read(&folder, &key(2)).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn a_damaged_image_is_none_until_it_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, &key(1), b"an image");
        let path = path(folder, &key(1));
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(read(folder, &key(1)), None, "cut to {cut} bytes");
        }
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(read(folder, &key(1)), None, "byte {place} is another");
        }
        write(folder, &key(1), b"an image");
        assert_eq!(read(folder, &key(1)).as_deref(), Some(&b"an image"[..]));
    }

    #[test]
    fn those_used_last_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let long_ago = SystemTime::now() - Duration::from_hours(1);
        for number in 0..KEPT {
            write(folder, &key(number), b"an image");
            let file = fs::File::options().append(true).open(path(folder, &key(number))).unwrap();
            let time = long_ago + Duration::from_secs(u64::try_from(number).unwrap());
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
        }
        assert!(read(folder, &key(0)).is_some(), "which is a use");
        write(folder, &key(KEPT), b"an image");
        write(folder, &key(KEPT + 1), b"an image");
        assert_eq!(fs::read_dir(folder).unwrap().count(), KEPT);
        let gone: Vec<usize> = (0..KEPT + 2).filter(|&number| !path(folder, &key(number)).exists()).collect();
        assert_eq!(gone, [1, 2]);
    }
}
