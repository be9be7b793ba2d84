//! A folder as a route: its files, and nothing else.
//!
//! Files are looked for beneath a handle of the folder, by the call that keeps guests inside the directories that they
//! were given: the kernel follows no link out of it. The folder itself is opened anew for each request, so that it may
//! be replaced while the node runs.

mod kind;
mod path;
mod version;

use std::fs::{self, Metadata};
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use cap_primitives::ambient_authority;
use cap_primitives::fs::{OpenOptions, OpenOptionsExt, open, open_ambient_dir};
use futures_util::stream::try_unfold;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    LAST_MODIFIED, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::StreamBody;
use hyper::body::Frame;
use rustix::fs::OFlags;
use rustix::io::Errno;
use tokio::io::AsyncReadExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use self::path::{Wanted, with_slash};
use self::version::{Part, Version};
use super::Pattern;
use super::activity::{Running, Sending};
use super::exchange::{Reply, busy, plain};
use super::response::{self, ReplyBody};

/// What a folder shows when it is asked for itself.
const INDEX: &str = "index.html";

/// Replies up to this length are read at once; longer ones in pieces of it.
const CHUNK: usize = 64 << 10;

/// A folder that is served.
#[derive(Clone)]
pub(crate) struct Folder {
    root: Arc<Path>,
    pattern: Pattern,
    /// The right to keep a file open while a client takes a long reply.
    long: Arc<Semaphore>,
}

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] io::Error),
    /// The route takes no path in the folder.
    #[error("the route's pattern does not end in `*`")]
    NoRest,
}

impl Folder {
    /// The folder at `root`, whose files are asked for by what the pattern's `*` takes. Blocks.
    pub(crate) fn new(root: PathBuf, pattern: Pattern, long: Arc<Semaphore>) -> Result<Folder, FolderError> {
        if !pattern.takes_rest() {
            return Err(FolderError::NoRest);
        }
        open_ambient_dir(&root, ambient_authority())?;
        Ok(Folder { root: root.into(), pattern, long })
    }

    /// Answers a request for a file, with a 404 of the node's own if there is none to be had.
    pub(crate) async fn answer(&self, request: Parts, deadline: Instant, running: Running) -> Reply {
        let wanted = match self.pattern.rest_of(request.uri.path()) {
            Some(rest) => Wanted::parse(rest),
            // The folder itself, without its slash.
            None => Some(Wanted { path: PathBuf::from("."), is_folder: false }),
        };
        let Some(wanted) = wanted else { return plain(StatusCode::NOT_FOUND) };
        let folder = self.clone();
        let answer = spawn_blocking(move || folder.look_up(&wanted, &request, running));
        match timeout_at(deadline, answer).await {
            // A panic, or the node ended before the file's turn came.
            Ok(answer) => answer.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR)),
            Err(_) => plain(StatusCode::GATEWAY_TIMEOUT),
        }
    }

    /// The same for what may block.
    fn look_up(&self, wanted: &Wanted, request: &Parts, running: Running) -> Reply {
        let reply = look(&self.root, wanted).and_then(|found| match found {
            Found::File(file, version) => self.reply(file, &version, request, running),
            Found::Slashless => Ok(moved(&with_slash(request.uri.path(), request.uri.query()))),
            Found::Nothing => Ok(plain(StatusCode::NOT_FOUND)),
        });
        reply.unwrap_or_else(|error| {
            let path = self.root.join(&wanted.path);
            if error.kind() == io::ErrorKind::PermissionDenied {
                // Unreadable, or a link that leads out of the folder. Only whoever put it there is to know which.
                tracing::warn!(target: "rusm", ?path, %error, "a file was asked for that cannot be served");
                return plain(StatusCode::NOT_FOUND);
            }
            tracing::error!(target: "rusm", ?path, %error, "cannot read a file");
            plain(StatusCode::INTERNAL_SERVER_ERROR)
        })
    }

    /// The file, the part of it that was asked for, or that the client has it.
    fn reply(&self, file: Opened, version: &Version, request: &Parts, running: Running) -> io::Result<Reply> {
        let size = version.size;
        let (status, range) = match version.asked_by(request) {
            Part::Failed => return Ok(plain(StatusCode::PRECONDITION_FAILED)),
            Part::Missing => {
                let mut reply = plain(StatusCode::RANGE_NOT_SATISFIABLE);
                set(&mut reply, CONTENT_RANGE, &format!("bytes */{size}"));
                return Ok(reply);
            }
            Part::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
            Part::Whole => (StatusCode::OK, 0..size),
            Part::Some(range) => (StatusCode::PARTIAL_CONTENT, range),
        };
        let Range { start, end } = range;
        let kind = kind::content_type(&file.path);
        let body = if request.method == Method::HEAD {
            response::empty()
        } else if end - start <= CHUNK as u64 {
            file.whole(&range)?
        } else {
            match Arc::clone(&self.long).try_acquire_owned() {
                Ok(permit) => file.pieces(&range, (permit, running.sending()))?,
                Err(_) => return Ok(busy()),
            }
        };
        let mut reply = Response::new(body);
        *reply.status_mut() = status;
        set(&mut reply, ETAG, &version.tag);
        // The tag makes a file that is still the same cost a 304; one that has changed is seen at once.
        set(&mut reply, CACHE_CONTROL, "no-cache");
        if status == StatusCode::NOT_MODIFIED {
            return Ok(reply);
        }
        if let Some(date) = version.date() {
            set(&mut reply, LAST_MODIFIED, &date);
        }
        if status == StatusCode::PARTIAL_CONTENT {
            set(&mut reply, CONTENT_RANGE, &format!("bytes {start}-{}/{size}", end - 1));
        }
        set(&mut reply, ACCEPT_RANGES, "bytes");
        set(&mut reply, CONTENT_TYPE, &kind);
        set(&mut reply, X_CONTENT_TYPE_OPTIONS, "nosniff");
        reply.headers_mut().insert(CONTENT_LENGTH, (end - start).into());
        Ok(reply)
    }
}

/// What there is at a path.
enum Found {
    File(Opened, Version),
    /// A folder with an index, asked for without its slash: the links in the index would lead astray.
    Slashless,
    Nothing,
}

fn look(folder: &Path, wanted: &Wanted) -> io::Result<Found> {
    let root = match open_ambient_dir(folder, ambient_authority()) {
        Err(error) if is_absence(&error) => return Ok(Found::Nothing),
        root => root?,
    };
    let index = wanted.path.join(INDEX);
    let path = if wanted.is_folder { &index } else { &wanted.path };
    Ok(match at(&root, path)? {
        Some((file, metadata)) if metadata.is_file() => {
            let version = Version::of(&metadata, SystemTime::now());
            Found::File(Opened { file, path: folder.join(path) }, version)
        }
        Some((_, metadata)) if metadata.is_dir() && !wanted.is_folder => match at(&root, &index)? {
            Some((_, metadata)) if metadata.is_file() => Found::Slashless,
            _ => Found::Nothing,
        },
        _ => Found::Nothing,
    })
}

/// What is at a path beneath `root`, if anything is.
fn at(root: &fs::File, path: &Path) -> io::Result<Option<(fs::File, Metadata)>> {
    let mut options = OpenOptions::new();
    // A pipe is opened without waiting for its writer, and a terminal does not become this process's.
    options.read(true).custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    match open(root, path, &options) {
        Ok(file) => {
            let metadata = file.metadata()?;
            Ok(Some((file, metadata)))
        }
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether there is nothing of this name, or nothing that can be opened: a socket, links in a circle.
fn is_absence(error: &io::Error) -> bool {
    const ABSENT: [Errno; 8] = [
        Errno::NOENT,
        Errno::NOTDIR,
        Errno::NAMETOOLONG,
        Errno::LOOP,
        Errno::NXIO,
        Errno::NODEV,
        Errno::INVAL,
        Errno::ILSEQ,
    ];
    Errno::from_io_error(error).is_some_and(|errno| ABSENT.contains(&errno))
}

fn moved(location: &str) -> Reply {
    let mut reply = plain(StatusCode::MOVED_PERMANENTLY);
    set(&mut reply, LOCATION, location);
    // A folder may become a file.
    set(&mut reply, CACHE_CONTROL, "no-cache");
    reply
}

/// Of a value without anything that a header may not have; such a one is left out.
fn set(reply: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}

/// A file that is to be sent.
struct Opened {
    file: fs::File,
    path: PathBuf,
}

impl Opened {
    fn whole(&self, range: &Range<u64>) -> io::Result<ReplyBody> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.file.read_exact_at(&mut bytes, range.start)?;
        Ok(ReplyBody::from(Bytes::from(bytes)))
    }

    /// A body that is read as fast as the client takes it. If the file turns out to be shorter than it was, the reply
    /// breaks off, and the client does not take it for a whole one.
    fn pieces(mut self, range: &Range<u64>, held: (OwnedSemaphorePermit, Sending)) -> io::Result<ReplyBody> {
        self.file.seek(SeekFrom::Start(range.start))?;
        let mut file = tokio::fs::File::from_std(self.file);
        file.set_max_buf_size(CHUNK);
        let rest = Rest { file, left: range.end - range.start, path: self.path, _held: held };
        let pieces = try_unfold(rest, |mut rest| async move {
            let piece = rest.next().await.inspect_err(|error| {
                tracing::warn!(target: "rusm", path = ?rest.path, %error, "a file could not be sent to its end");
            })?;
            Ok::<_, io::Error>(piece.map(|piece| (Frame::data(piece), rest)))
        });
        Ok(ReplyBody::stream(StreamBody::new(pieces)))
    }
}

/// What is still to be sent of a file.
struct Rest {
    file: tokio::fs::File,
    left: u64,
    path: PathBuf,
    _held: (OwnedSemaphorePermit, Sending),
}

impl Rest {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut piece = BytesMut::with_capacity(CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK)));
        let read = (&mut self.file).take(self.left).read_buf(&mut piece).await?;
        if read == 0 {
            let error = "it has become shorter meanwhile";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
        }
        self.left -= read as u64;
        Ok(Some(piece.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use http::{Request, StatusCode};
    use tokio::sync::Semaphore;

    use super::path::Wanted;
    use super::{Folder, FolderError, Pattern};
    use crate::serve::activity::{Activity, Patience};
    use crate::serve::exchange::Reply;

    fn folder(pattern: &str, long: &Arc<Semaphore>) -> Result<Folder, FolderError> {
        // Of the workspace, whose lock file is longer than a piece.
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..").into();
        Folder::new(root, Pattern::parse(pattern).unwrap(), Arc::clone(long))
    }

    fn get(folder: &Folder, path: &str) -> Reply {
        let patience = Patience { header: Duration::MAX, idle: Duration::MAX };
        let running = Activity::new(patience).request();
        let (request, ()) = Request::get(format!("/{path}")).body(()).unwrap().into_parts();
        folder.look_up(&Wanted::parse(path).unwrap(), &request, running)
    }

    #[test]
    fn long_replies_have_a_bound_and_short_ones_none() {
        let long = Arc::new(Semaphore::new(1));
        let folder = folder("/*", &long).unwrap();
        let first = get(&folder, "Cargo.lock");
        assert_eq!(first.status(), StatusCode::OK);
        let refused = get(&folder, "Cargo.lock");
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key("retry-after"));
        assert_eq!(get(&folder, "Cargo.toml").status(), StatusCode::OK);
        drop(first);
        assert_eq!(get(&folder, "Cargo.lock").status(), StatusCode::OK);
    }

    #[test]
    fn a_pattern_without_a_rest_is_refused() {
        let long = Arc::new(Semaphore::new(1));
        assert!(matches!(folder("/a", &long), Err(FolderError::NoRest)));
    }
}
