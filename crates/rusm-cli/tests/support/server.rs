//! A running `rusm serve` of the app in `tests/apps/probe`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

use super::client::{Client, Response};
use super::{Folder, PATIENCE};

/// What an app says beyond its routes: lines for the tables of its manifest.
#[derive(Default)]
pub(crate) struct App<'a> {
    pub(crate) node: &'a str,
    pub(crate) log: &'a str,
    pub(crate) listener: &'a str,
    /// Of the profile that the component has.
    pub(crate) profile: &'a str,
    /// The whole of `.env`.
    pub(crate) env: &'a str,
    /// Further text at the end of the manifest.
    pub(crate) more: &'a str,
}

impl App<'_> {
    /// The app in a folder of its own, built.
    pub(crate) fn folder(&self) -> Folder {
        let App { node, log, listener, profile, env, more } = self;
        let routes = fs::read_to_string(source("probe").join("rusm.toml")).unwrap();
        let serve = routes.replacen("[[serve]]\n", &format!("[[serve]]\n{listener}\n"), 1);
        let manifest = format!(
            "[node]\n{node}\n[log]\n{log}\n{serve}\n[capabilities.test]\n{profile}\n\
             [components.probe]\ncapability = \"test\"\n{more}"
        );
        let folder = Folder::with([("rusm.toml", &manifest), (".env", env)]);
        fs::create_dir(folder.path("wasm")).unwrap();
        fs::copy(built("probe").join("wasm/probe.wasm"), folder.path("wasm/probe.wasm")).unwrap();
        folder
    }

    /// Starts the app and waits until it listens.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.folder(), "")
    }
}

/// An app of `tests/apps`.
fn source(app: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps").join(app)
}

/// An app of `tests/apps`, built by `rusm build` once for all tests of this run. It stays where it is, so that the
/// next run compiles only what has changed.
pub(crate) fn built(app: &str) -> PathBuf {
    built_from(&source(app), app)
}

/// As [`built`], of an app that is elsewhere, under this name.
pub(crate) fn built_from(source: &Path, app: &str) -> PathBuf {
    static BUILT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(app);
    // One app is built by one test at a time, of this run or of another; others meanwhile by others.
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let built = || BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if built().contains(app) {
        return folder;
    }
    copy_changed(source, &folder);
    // A target folder each: apps have components of the same names, and would race for their files.
    let target = guest_target().join(app);
    let status = rusm(&folder).arg("build").env("CARGO_TARGET_DIR", target).output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    built().insert(app.to_owned());
    folder
}

/// A folder with this manifest and components of an app of `tests/apps`, each under a name that it is to have here.
pub(crate) fn app(app: &str, manifest: &str, components: &[(&str, &str)]) -> Folder {
    let folder = Folder::with([("rusm.toml", manifest)]);
    fs::create_dir(folder.path("wasm")).unwrap();
    for (name, component) in components {
        let file = |name: &str| format!("wasm/{name}.wasm");
        fs::copy(built(app).join(file(component)), folder.path(&file(name))).unwrap();
    }
    folder
}

/// Where guests are compiled, shared by all tests.
pub(crate) fn guest_target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests")
}

/// Copies an app's sources, and not what was made beside them.
fn copy_changed(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if [".rusm", "wasm", "target", "data", "node_modules"].map(Into::into).contains(&entry.file_name()) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_changed(&from, &to);
        } else if fs::read(&from).ok() != fs::read(&to).ok() {
            fs::copy(from, to).unwrap();
        }
    }
}

/// The command in a folder, away from the settings of the cargo that runs the test and from the user's cache.
fn rusm(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rusm"));
    command
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTC")
        .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A node, ended with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) stdout: Lines,
    /// The log.
    pub(crate) stderr: Lines,
    /// Until it serves another node.
    folder: Option<Folder>,
    path: String,
}

impl Server {
    /// Serves the app at a path in a folder and waits until its first listener listens.
    pub(crate) fn start(folder: Folder, path: &str) -> Server {
        let server = Server::spawn(folder, path);
        server.stdout.find("listening on http://");
        server
    }

    /// Serves the app at a path in a folder, come what may.
    pub(crate) fn spawn(folder: Folder, path: &str) -> Server {
        Server::with_command("serve", folder, path, |command| command)
    }

    /// Runs the app's residents alone.
    pub(crate) fn run(folder: Folder) -> Server {
        Server::with_command("run", folder, "", |command| command)
    }

    /// As [`spawn`](Self::spawn), with more said about the command.
    pub(crate) fn spawn_with(
        folder: Folder,
        path: &str,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Server {
        Server::with_command("serve", folder, path, more)
    }

    fn with_command(
        command: &str,
        folder: Folder,
        path: &str,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Server {
        raise_file_limit();
        let mut child = more(rusm(&folder.path(path)).arg(command)).spawn().unwrap();
        let stdout = Lines::of(child.stdout.take().unwrap());
        let stderr = Lines::of(child.stderr.take().unwrap());
        Server { child, stdout, stderr, folder: Some(folder), path: path.to_owned() }
    }

    /// Ends the node by this signal, and serves the same app again.
    pub(crate) fn restart(mut self, signal: Signal) -> Server {
        self.signal(signal);
        self.exit();
        self.again()
    }

    /// Serves the app of a node that has ended again.
    pub(crate) fn again(mut self) -> Server {
        let folder = self.folder.take().unwrap();
        Server::start(folder, &self.path)
    }

    /// The app's.
    pub(crate) fn folder(&self) -> &Folder {
        self.folder.as_ref().unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses(1)[0]
    }

    /// Where the first `count` listeners listen.
    pub(crate) fn addresses(&self, count: usize) -> Vec<SocketAddr> {
        let address = |line: &str| line.strip_prefix("listening on http://")?.parse().ok();
        self.stdout.wait(|lines| {
            let addresses: Vec<_> = lines.iter().filter_map(|line| address(line)).collect();
            (addresses.len() >= count).then_some(addresses)
        })
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address())
    }

    /// One request on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.client().get(path)
    }

    pub(crate) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Response {
        self.client().post(path, body)
    }

    /// Asks for a path whose action says this word on standard output, and waits until it has.
    pub(crate) fn begin(&self, path: &str, word: &str) -> Client {
        let said = |lines: &[String]| lines.iter().filter(|line| *line == word).count();
        let before = said(&self.stdout.so_far());
        let mut client = self.client();
        client.ask(path);
        self.stdout.wait(|lines| (said(lines) > before).then_some(()));
        client
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end of the node.
    pub(crate) fn exit(&mut self) -> ExitStatus {
        // Both ends of a node's pipes close with it, and what it said last is read by then.
        self.stdout.end();
        self.stderr.end();
        self.child.wait().unwrap()
    }

    /// Resident memory in KiB.
    pub(crate) fn resident(&self) -> u64 {
        self.kib("status", "VmRSS:")
    }

    /// All memory that it alone has, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        self.kib("smaps_rollup", "Private_Dirty:")
    }

    /// The most that was resident since the node began, or since that was forgotten, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        self.kib("status", "VmHWM:")
    }

    pub(crate) fn forget_peak(&self) {
        // proc(5): 5 resets the high-water mark.
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    fn kib(&self, file: &str, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the node's log:\n{}", self.stderr.so_far().join("\n"));
        }
    }
}

/// A thousand connections are more files than many systems allow a process at first.
fn raise_file_limit() {
    static RAISED: OnceLock<()> = OnceLock::new();
    RAISED.get_or_init(|| {
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    });
}

/// What a child has written, line by line, as it comes.
#[derive(Clone)]
pub(crate) struct Lines(Arc<(Mutex<Written>, Condvar)>);

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    over: bool,
}

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Lines {
        let lines = Lines(Arc::default());
        let writer = lines.clone();
        std::thread::spawn(move || {
            let (written, changed) = &*writer.0;
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                written.lock().unwrap().lines.push(String::from_utf8_lossy(&line).into_owned());
                changed.notify_all();
            }
            written.lock().unwrap().over = true;
            changed.notify_all();
        });
        lines
    }

    pub(crate) fn so_far(&self) -> Vec<String> {
        // For a test that failed while it looked, too.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    /// Waits until `found` finds what it looks for.
    pub(crate) fn wait<T>(&self, mut found: impl FnMut(&[String]) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let (written, changed) = &*self.0;
        let mut written = written.lock().unwrap();
        loop {
            if let Some(result) = found(&written.lines) {
                return result;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!written.over && left > Duration::ZERO, "not found in:\n{}", written.lines.join("\n"));
            written = changed.wait_timeout(written, left).unwrap().0;
        }
    }

    /// Waits for a line with this in it.
    pub(crate) fn find(&self, text: &str) -> String {
        self.wait(|lines| lines.iter().find(|line| line.contains(text)).cloned())
    }

    /// Waits for the end of the output.
    fn end(&self) {
        let (written, changed) = &*self.0;
        let written = written.lock().unwrap();
        let (written, _) = changed.wait_timeout_while(written, PATIENCE, |written| !written.over).unwrap();
        assert!(written.over, "the node still runs:\n{}", written.lines.join("\n"));
    }
}
