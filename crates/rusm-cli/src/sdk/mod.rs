//! The guest SDK, which travels inside the binary and is laid into each app.
//!
//! An app's components depend on it by path. Crates of these names on a registry belong to others, so no version
//! is ever written that a registry could answer for.

mod files;

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::Context;

use self::files::FILES;
use crate::app::App;
use crate::files::write_if_changed;

/// Makes `.rusm/sdk` of the app equal to the SDK of this binary. Does nothing when it is.
pub(crate) fn lay(app: &App) -> anyhow::Result<()> {
    let home = app.own_folder();
    lay_into(&home).with_context(|| format!("cannot write the SDK to {}", home.join("sdk").display()))
}

fn lay_into(home: &Path) -> io::Result<()> {
    fs::create_dir_all(home)?;
    write_if_changed(&home.join(".gitignore"), b"*\n")?;
    // Two commands at once would move each other's folders away. Closing the file unlocks it.
    let lock = File::create(home.join("lock"))?;
    lock.lock()?;
    let (present, new, old) = (home.join("sdk"), home.join("sdk.new"), home.join("sdk.old"));
    if is_current(&present)? {
        return Ok(());
    }
    // Left by a command that was killed.
    remove(&new)?;
    remove(&old)?;
    for (path, bytes) in FILES {
        let path = new.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)?;
    }
    if present.exists() {
        fs::rename(&present, &old)?;
    }
    fs::rename(&new, &present)?;
    remove(&old)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Whether `folder` holds the embedded files and nothing else.
fn is_current(folder: &Path) -> io::Result<bool> {
    let present =
        |(path, bytes): &(&str, &[u8])| fs::read(folder.join(path)).is_ok_and(|file| file == *bytes);
    Ok(folder.is_dir() && FILES.iter().all(present) && count(folder)? == FILES.len())
}

fn count(folder: &Path) -> io::Result<usize> {
    fs::read_dir(folder)?.try_fold(0, |files, entry| {
        let entry = entry?;
        let below = if entry.file_type()?.is_dir() { count(&entry.path())? } else { 1 };
        Ok(files + below)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_copy_is_replaced_whole() {
        let home = tempfile::tempdir().unwrap();
        lay_into(home.path()).unwrap();
        let sdk = home.path().join("sdk");
        let manifest = sdk.join("rusm-rs/Cargo.toml");
        let original = fs::read(&manifest).unwrap();

        fs::write(&manifest, "broken").unwrap();
        fs::write(sdk.join("rusm-rs/src/old.rs"), "").unwrap();
        // As a command leaves it that was killed on its way.
        fs::create_dir_all(home.path().join("sdk.new/half")).unwrap();
        lay_into(home.path()).unwrap();

        assert_eq!(fs::read(&manifest).unwrap(), original);
        assert!(is_current(&sdk).unwrap() && !sdk.join("rusm-rs/src/old.rs").exists());
        let mut names: Vec<_> =
            fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".gitignore", "lock", "sdk"]);
    }

    #[test]
    fn a_current_copy_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        lay_into(home.path()).unwrap();
        let times = || {
            let file = home.path().join("sdk/rusm-rs/Cargo.toml");
            fs::metadata(file).unwrap().modified().unwrap()
        };
        let before = times();
        lay_into(home.path()).unwrap();
        assert_eq!(times(), before);
    }
}
