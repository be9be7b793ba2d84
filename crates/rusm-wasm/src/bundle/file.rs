//! A bundle on disk: `wasm/<name>.js`, and beside it what evaluating it gave, `wasm/<name>.qjsbc`.
//!
//! ```text
//! 8 bytes    "rusmqjs" and the format's version
//! 32 bytes   the version of the engine whose bytecode it is
//! 32 bytes   SHA-256 of the bundle that it was made from
//! 32 bytes   SHA-256 of all that follows
//! 4 bytes    the length of the description, little-endian
//! ...        the description, JSON
//! ...        the bytecode, to the end
//! ```
//!
//! The bundle is what counts. A precompiled file that does not fit it saves nothing and harms nothing: the bundle is
//! evaluated again. The digests keep apart what was made at different times; they are no signature, for what runs in the
//! sandbox is no more trusted as bytecode than as text.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{BundleError, Evaluated, engine_version, evaluate};
use crate::description::Description;

const MAGIC: &[u8; 7] = b"rusmqjs";
const VERSION: u8 = 1;
const DIGEST: usize = 32;

/// Why a precompiled file is not that of a bundle. It has to be made again, which `rusm build` does.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Something else, or not all of it.
    #[error("it is no precompiled bundle")]
    NotPrecompiled,
    /// Of an older or newer rusm.
    #[error("it has version {0} of the format, and this rusm reads version {VERSION}")]
    Format(u8),
    /// The bytecode is good for another engine.
    #[error("it was made for another version of the engine")]
    Engine,
    /// The bundle has changed since.
    #[error("it was made from another bundle")]
    Source,
    /// Changed on disk.
    #[error("it is damaged")]
    Damaged,
    /// Its description is one of another version of rusm.
    #[error("what it says of the component cannot be read")]
    Description,
}

/// Why a bundle on disk cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bundle itself cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It had to be evaluated, and that failed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

/// A bundle with all that is needed to run it.
#[derive(Debug)]
pub struct Loaded {
    /// Its text.
    pub script: Vec<u8>,
    /// What evaluating it gave, now or at the build.
    pub evaluated: Evaluated,
    /// Why it had to be evaluated now, if a precompiled file was there.
    pub stale: Option<FileError>,
}

impl Evaluated {
    /// The precompiled form, for the bundle that it was made from.
    pub fn to_file(&self, script: &[u8]) -> Vec<u8> {
        let description = self.description.to_json();
        let length = u32::try_from(description.len()).expect("a description is a line of text");
        let mut content = Vec::with_capacity(4 + description.len() + self.bytecode.len());
        content.extend_from_slice(&length.to_le_bytes());
        content.extend_from_slice(&description);
        content.extend_from_slice(&self.bytecode);

        let mut file = Vec::with_capacity(8 + 3 * DIGEST + content.len());
        file.extend_from_slice(MAGIC);
        file.push(VERSION);
        file.extend_from_slice(&engine_version());
        file.extend_from_slice(&Sha256::digest(script));
        file.extend_from_slice(&Sha256::digest(&content));
        file.extend_from_slice(&content);
        file
    }

    /// Reads the precompiled form of this bundle.
    pub fn from_file(file: &[u8], script: &[u8]) -> Result<Evaluated, FileError> {
        use FileError::{Damaged, Engine, Format, NotPrecompiled, Source};

        let rest = file.strip_prefix(MAGIC).ok_or(NotPrecompiled)?;
        let (version, rest) = rest.split_first().ok_or(NotPrecompiled)?;
        if *version != VERSION {
            return Err(Format(*version));
        }
        let (engine, rest) = rest.split_first_chunk::<DIGEST>().ok_or(NotPrecompiled)?;
        let (source, rest) = rest.split_first_chunk::<DIGEST>().ok_or(NotPrecompiled)?;
        let (digest, content) = rest.split_first_chunk::<DIGEST>().ok_or(NotPrecompiled)?;
        if *engine != engine_version() {
            return Err(Engine);
        }
        if source[..] != Sha256::digest(script)[..] {
            return Err(Source);
        }
        if digest[..] != Sha256::digest(content)[..] {
            return Err(Damaged);
        }
        let (length, content) = content.split_first_chunk::<4>().ok_or(Damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Damaged)?;
        let (description, bytecode) = content.split_at_checked(length).ok_or(Damaged)?;
        let description = Description::parse(description).map_err(|_| FileError::Description)?;
        Ok(Evaluated { description, bytecode: bytecode.to_vec() })
    }
}

/// Where the precompiled file of a bundle lies.
pub fn precompiled(script: &Path) -> PathBuf {
    script.with_extension("qjsbc")
}

/// Where the source map of a bundle lies.
pub fn source_map(script: &Path) -> PathBuf {
    script.with_extension("js.map")
}

/// Reads a bundle and what was made of it. Where that is missing or not of this bundle and this engine, the bundle is
/// evaluated, and nothing is written: what is served may lie where the node must not write.
pub fn load(name: &str, path: &Path) -> Result<Loaded, LoadError> {
    let script = fs::read(path).map_err(|error| LoadError::Read { path: path.to_owned(), error })?;
    let (evaluated, stale) = match beside(path, &script) {
        Ok(Some(evaluated)) => (evaluated, None),
        Ok(None) => (evaluate(name, &script)?, None),
        Err(stale) => (evaluate(name, &script)?, Some(stale)),
    };
    Ok(Loaded { script, evaluated, stale })
}

/// What the precompiled file beside a bundle says of it; none where there is no such file.
pub(super) fn beside(path: &Path, script: &[u8]) -> Result<Option<Evaluated>, FileError> {
    // Whatever keeps it from being read, the bundle was.
    fs::read(precompiled(path)).ok().map(|file| Evaluated::from_file(&file, script)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &[u8] = b"export default () => new Response()";

    fn evaluated() -> Evaluated {
        let description = Description::parse(br#"{"version":1,"kind":"fetch"}"#).unwrap();
        Evaluated { description, bytecode: vec![1, 2, 3] }
    }

    #[test]
    fn what_was_written_is_read() {
        let file = evaluated().to_file(SCRIPT);
        assert_eq!(Evaluated::from_file(&file, SCRIPT), Ok(evaluated()));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let file = evaluated().to_file(SCRIPT);
        let with = |at: usize, byte: u8| {
            let mut file = file.clone();
            file[at] = byte;
            Evaluated::from_file(&file, SCRIPT).unwrap_err()
        };
        assert_eq!(with(0, b'R'), FileError::NotPrecompiled);
        assert_eq!(with(7, 9), FileError::Format(9));
        assert_eq!(with(8, !file[8]), FileError::Engine);
        assert_eq!(with(file.len() - 1, 0), FileError::Damaged);
        assert_eq!(Evaluated::from_file(&file, b"other"), Err(FileError::Source));
    }

    #[test]
    fn no_part_of_a_file_is_taken_for_all_of_it() {
        let file = evaluated().to_file(SCRIPT);
        for length in 0..file.len() {
            Evaluated::from_file(&file[..length], SCRIPT).unwrap_err();
        }
    }

    #[test]
    fn a_stale_file_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api.js");
        let script = b"var h = () => new Response();\nexport { h as default };\n";
        fs::write(&path, script).unwrap();
        assert_eq!(load("api", &path).unwrap().stale, None);
        fs::write(precompiled(&path), "").unwrap();
        let loaded = load("api", &path).unwrap();
        assert_eq!(loaded.stale, Some(FileError::NotPrecompiled));
        fs::write(precompiled(&path), loaded.evaluated.to_file(script)).unwrap();
        let again = load("api", &path).unwrap();
        assert_eq!((again.stale, again.evaluated), (None, loaded.evaluated));
    }
}
