//! Folders as routes: what of them is served, to whom, and what never is.

mod support;

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use support::client::{Client, Response};
use support::server::Server;
use support::{Folder, PATIENCE};

const SECRET: &str = "the secret outside";

/// An app without components, with this in its table of routes and a few files.
fn site(listener: &str, routes: &str) -> Folder {
    let manifest = format!("[[serve]]\nlisten = \"127.0.0.1:0\"\n{listener}\n[serve.routes]\n{routes}\n");
    Folder::with([
        ("rusm.toml", manifest.as_str()),
        ("secret.txt", SECRET),
        ("public/index.html", "<h1>home</h1>"),
        ("public/app.js", "run()"),
        ("public/digits.txt", "0123456789"),
        ("public/a b+c%20d.txt", "odd name"),
        ("public/empty.css", ""),
        ("public/docs/index.html", "docs"),
        ("public/docs/deep/page.html", "page"),
        ("public/.env", SECRET),
        ("public/.git/config", SECRET),
        ("public/.well-known/security.txt", "contact"),
        ("public/.well-known/.hidden", SECRET),
    ])
}

fn serve(folder: Folder) -> Server {
    Server::start(folder, "")
}

fn assets() -> Server {
    serve(site("", "\"GET /assets/*\" = { dir = \"public\" }"))
}

/// The sources of this crate: files that were not changed a moment ago.
fn sources() -> Server {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    serve(site("", &format!("\"GET /*\" = {{ dir = {dir:?} }}")))
}

fn send(node: &Server, method: &str, target: &str, headers: &str) -> Client {
    let mut client = node.client();
    client.send(format!("{method} {target} HTTP/1.1\r\nhost: test\r\n{headers}\r\n"));
    client
}

/// The response to a `GET` with these lines of headers.
fn get_with(node: &Server, path: &str, headers: &str) -> Response {
    send(node, "GET", path, headers).response()
}

/// The head of a response that has no body.
fn head(node: &Server, method: &str, path: &str, headers: &str) -> Response {
    let mut client = send(node, method, path, headers);
    let head = client.response_to_head();
    // A body that came all the same would stand in front of this.
    client.get("/nowhere").assert_bare(404, "Not Found");
    head
}

#[test]
fn a_file_comes_with_what_a_browser_wants_to_know() {
    let node = assets();
    let response = node.get("/assets/app.js");
    assert_eq!((response.status, response.text()), (200, "run()"));
    assert_eq!(response.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(response.header("x-content-type-options"), "nosniff");
    assert_eq!(response.header("cache-control"), "no-cache");
    assert_eq!(response.header("accept-ranges"), "bytes");
    assert!(response.header("etag").ends_with('"'), "{response:?}");
    assert!(response.header("last-modified").ends_with(" GMT"), "{response:?}");

    let of_head = head(&node, "HEAD", "/assets/app.js", "");
    for name in ["content-type", "content-length", "last-modified", "accept-ranges", "cache-control"] {
        assert_eq!(of_head.header(name), response.header(name), "{name}");
    }
    assert_eq!(of_head.status, 200);
}

#[test]
fn files_are_found_by_their_decoded_names() {
    let node = assets();
    for (path, text) in [
        ("/assets/docs/deep/page.html", "page"),
        ("/assets/a%20b+c%2520d.txt", "odd name"),
        ("/assets/%61pp.js?v=3", "run()"),
        ("/assets/empty.css", ""),
        ("/assets/.well-known/security.txt", "contact"),
        ("/assets/", "<h1>home</h1>"),
        ("/assets/docs/", "docs"),
    ] {
        let response = node.get(path);
        assert_eq!((response.status, response.text()), (200, text), "{path}");
    }
}

/// Whatever the spelling, nothing comes but the node's own refusal.
#[test]
fn nothing_outside_the_folder_is_served() {
    let app = site("", "\"GET /assets/*\" = { dir = \"public\" }\n\"GET /u/:id/*\" = { dir = \"public\" }");
    for (target, link) in [
        ("../secret.txt", "up.txt"),
        ("..", "parent"),
        ("docs/../../secret.txt", "roundabout.txt"),
        ("/etc/passwd", "passwd"),
        ("/proc/self/cwd/secret.txt", "magic.txt"),
        ("/", "root"),
        ("circle", "circle"),
        ("nothing", "dangling"),
    ] {
        symlink(target, app.path("public").join(link)).unwrap();
    }
    symlink(app.path("secret.txt"), app.path("public/absolute.txt")).unwrap();
    mknodat(CWD, app.path("public/pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let _socket = UnixListener::bind(app.path("public/socket")).unwrap();
    let node = serve(app);

    let long = format!("/assets/{}", "x".repeat(300));
    let deep = format!("/assets/{}secret.txt", "docs/../".repeat(200));
    for target in [
        "/assets/../secret.txt",
        "/assets/../../../../../../../../../../etc/passwd",
        "/assets/docs/../../secret.txt",
        "/assets/./app.js",
        "/assets/%2e%2e/secret.txt",
        "/assets/%2E%2E/secret.txt",
        "/assets/.%2e/secret.txt",
        "/assets/%2e./secret.txt",
        "/assets/..%2fsecret.txt",
        "/assets/..%2Fsecret.txt",
        "/assets/%2e%2e%2fsecret.txt",
        "/assets/docs%2f..%2f..%2fsecret.txt",
        "/assets/docs%2findex.html",
        "/assets/%252e%252e/secret.txt",
        "/assets/%252e%252e%252fsecret.txt",
        "/assets/..%252fsecret.txt",
        "/assets/..%5csecret.txt",
        "/assets/..\\secret.txt",
        "/assets/\\..\\secret.txt",
        "/assets/docs%5c..%5c..%5csecret.txt",
        "/assets/..;/secret.txt",
        "/assets/.../secret.txt",
        "/assets/..%00/secret.txt",
        "/assets/app.js%00",
        "/assets/app.js%00.png",
        "/assets/app.js%0a",
        "/assets/%c0%ae%c0%ae/secret.txt",
        "/assets/%e0%80%ae%e0%80%ae/secret.txt",
        "/assets/..%c0%afsecret.txt",
        "/assets/%uff0e%uff0e/secret.txt",
        "/assets/%ef%bc%8e%ef%bc%8e/secret.txt",
        "/assets/%",
        "/assets/%2",
        "/assets/%ff",
        "/assets//etc/passwd",
        "/assets//app.js",
        "/assets/docs//index.html",
        "/assets/%2fetc%2fpasswd",
        "/assets/%2f%2fetc/passwd",
        "/assets/C:/windows/win.ini",
        "/assets/c:%5cwindows%5cwin.ini",
        "/assets/%5c%5chost%5cshare",
        "/assets/%5c%5c%3f%5cc:%5cwindows",
        "/assets/file:///etc/passwd",
        "/assets/~root/.profile",
        "/assets/.env",
        "/assets/%2eenv",
        "/assets/.git/config",
        "/assets/.git/",
        "/assets/.well-known/.hidden",
        "/assets/up.txt",
        "/assets/parent/secret.txt",
        "/assets/parent/",
        "/assets/parent/public/app.js",
        "/assets/roundabout.txt",
        "/assets/passwd",
        "/assets/magic.txt",
        "/assets/absolute.txt",
        "/assets/root/etc/passwd",
        "/assets/circle",
        "/assets/dangling",
        "/assets/pipe",
        "/assets/socket",
        "/assets/nothing.txt",
        "/assets/nothing/app.js",
        "/assets/app.js/",
        "/assets/app.js/index.html",
        "/assets/docs/deep",
        "/assets/docs/deep/",
        "/assetsapp.js",
        "/u/../secret.txt",
        "/u/%2e%2e/secret.txt",
        "/u/1/../../secret.txt",
        "/u/1/..%2f..%2fsecret.txt",
        "http://test/assets/../secret.txt",
        "http://evil.example/assets/%2e%2e/secret.txt",
        "assets/../secret.txt",
        "*",
        &long,
        &deep,
    ] {
        let response = send(&node, "GET", target, "").response();
        match response.status {
            404 => response.assert_bare(404, "Not Found"),
            400 => assert!(
                response.body.is_empty() || response.text() == "Bad Request\n",
                "{target}: {response:?}"
            ),
            _ => panic!("{target}: {response:?}"),
        }
    }
    // Raw bytes that no path has end the connection.
    for target in ["/assets/a b", "/assets/\0", "/assets/..\t/secret.txt"] {
        assert_eq!(send(&node, "GET", target, "").response_to_head().status, 400, "{target:?}");
    }
    assert_eq!(node.get("/assets/app.js").text(), "run()");
    assert_eq!(node.get("/u/1/app.js").text(), "run()");
    node.stderr.find("a file was asked for that cannot be served");
}

#[test]
fn links_inside_the_folder_work() {
    let app = site("", "\"GET /assets/*\" = { dir = \"public\" }");
    symlink("../app.js", app.path("public/docs/app.js")).unwrap();
    symlink("docs/deep", app.path("public/current")).unwrap();
    let node = serve(app);
    assert_eq!(node.get("/assets/docs/app.js").text(), "run()");
    assert_eq!(node.get("/assets/current/page.html").text(), "page");
}

#[test]
fn a_folder_without_its_slash_is_sent_to_the_one_with() {
    let node = assets();
    for (path, location) in [
        ("/assets", "./assets/"),
        ("/assets?a=1", "./assets/?a=1"),
        ("/assets/docs", "./docs/"),
        ("/assets/%64ocs?a=b", "./docs/?a=b"),
    ] {
        let response = node.get(path);
        assert_eq!((response.status, response.header("location")), (301, location), "{path}");
    }
    // What has no index is not there, with or without.
    node.get("/assets/docs/deep").assert_bare(404, "Not Found");
    node.get("/asset").assert_bare(404, "Not Found");
}

/// A path that a browser would read as another host.
#[test]
fn a_redirect_leads_to_no_other_host() {
    let app = site("", "\"GET /*\" = { dir = \"public\" }\n\"GET /u/:id/*\" = { dir = \"public\" }");
    app.write("public/evil.example/index.html", "a folder of that name");
    app.write("public/http:evil/index.html", "and of this");
    let node = serve(app);
    for path in
        ["//evil.example", "/%2fevil.example", "/\\evil.example", "/%5cevil.example", "///evil.example"]
    {
        node.get(path).assert_bare(404, "Not Found");
    }
    for (path, location) in [
        ("/evil.example", "./evil.example/"),
        ("/http:evil", "./http%3Aevil/"),
        ("/u/%2f%2fevil.example", "./%2F%2Fevil.example/"),
        ("/u/%5c%5cevil.example", "./%5C%5Cevil.example/"),
        ("/u/%0d%0aset-cookie:a=b", "./%0D%0Aset-cookie%3Aa%3Db/"),
    ] {
        let response = node.get(path);
        assert_eq!((response.status, response.header("location")), (301, location), "{path}");
        assert!(response.all("set-cookie").is_empty());
    }
}

#[test]
fn a_root_route_serves_the_index_and_yields_to_others() {
    let node = serve(site(
        "",
        "\"GET /*\" = { dir = \"public\" }\n\"GET /docs/*\" = { dir = \"public/docs/deep\" }\n\
         \"GET /help/*\" = { dir = \"public/docs\" }",
    ));
    assert_eq!(node.get("/").text(), "<h1>home</h1>");
    assert_eq!(node.get("/docs/page.html").text(), "page");
    node.get("/docs/index.html").assert_bare(404, "Not Found");
    // A folder's own path is not the root's.
    assert_eq!(node.get("/help").header("location"), "./help/");
    node.get("/docs").assert_bare(404, "Not Found");
}

#[test]
fn other_methods_are_405() {
    let node = assets();
    let response = node.post("/assets/app.js", "x");
    response.assert_bare(405, "Method Not Allowed");
    assert_eq!(response.header("allow"), "GET, HEAD");
}

#[test]
fn a_client_that_has_the_file_is_told_so() {
    let node = sources();
    let first = node.get("/main.rs");
    let (tag, date) = (first.header("etag"), first.header("last-modified"));
    assert!(tag.starts_with('"'), "a file at rest has a strong tag: {tag}");
    for headers in [
        format!("if-none-match: {tag}\r\n"),
        format!("if-none-match: \"x\", W/{tag}\r\n"),
        "if-none-match: *\r\n".to_owned(),
        format!("if-modified-since: {date}\r\n"),
        format!("if-none-match: {tag}\r\nif-modified-since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
        format!("if-none-match: {tag}\r\nrange: bytes=0-1\r\n"),
    ] {
        for method in ["GET", "HEAD"] {
            let response = head(&node, method, "/main.rs", &headers);
            assert_eq!((response.status, response.header("etag")), (304, tag), "{method} {headers}");
            assert_eq!(response.header("cache-control"), "no-cache");
        }
    }
    for headers in [
        "if-none-match: \"x\"\r\n".to_owned(),
        format!("if-none-match: \"x\"\r\nif-modified-since: {date}\r\n"),
        "if-none-match: \"a b\"\r\n".to_owned(),
        "if-modified-since: Thu, 01 Jan 1970 00:00:00 GMT\r\n".to_owned(),
        "if-modified-since: soon\r\n".to_owned(),
        format!("if-match: {tag}\r\n"),
    ] {
        let response = get_with(&node, "/main.rs", &headers);
        assert!(response.status == 200 && response.body == first.body, "{headers}: {response:?}");
    }
    for headers in ["if-match: \"x\"\r\n", "if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"] {
        get_with(&node, "/main.rs", headers).assert_bare(412, "Precondition Failed");
    }
}

#[test]
fn a_file_that_changes_has_another_tag() {
    let node = assets();
    let first = node.get("/assets/app.js");
    node.folder().write("public/app.js", "run(1, 2, 3)");
    let second = get_with(&node, "/assets/app.js", &format!("if-none-match: {}\r\n", first.header("etag")));
    assert_eq!((second.status, second.text()), (200, "run(1, 2, 3)"));
    assert_ne!(first.header("etag"), second.header("etag"));
}

#[test]
fn a_range_is_a_part_of_the_file() {
    let node = assets();
    for (range, text, of) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=4-", "456789", "bytes 4-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=-99", "0123456789", "bytes 0-9/10"),
        ("bytes=9-1000", "9", "bytes 9-9/10"),
    ] {
        let response = get_with(&node, "/assets/digits.txt", &format!("range: {range}\r\n"));
        assert_eq!((response.status, response.text()), (206, text), "{range}");
        assert_eq!(response.header("content-range"), of);
        assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    }
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
        let response = get_with(&node, "/assets/digits.txt", &format!("range: {range}\r\n"));
        response.assert_bare(416, "Range Not Satisfiable");
        assert_eq!(response.header("content-range"), "bytes */10", "{range}");
    }
    for range in ["bytes=5-2", "bytes=0-1,4-5", "lines=0-1", "bytes=x-y", "bytes=0-1\r\nrange: bytes=2-3"] {
        let response = get_with(&node, "/assets/digits.txt", &format!("range: {range}\r\n"));
        assert_eq!((response.status, response.text()), (200, "0123456789"), "{range}");
    }
    assert_eq!(get_with(&node, "/assets/empty.css", "range: bytes=0-\r\n").status, 416);
    assert_eq!(get_with(&node, "/assets/empty.css", "range: bytes=-5\r\n").status, 200);
    let of_head = head(&node, "HEAD", "/assets/digits.txt", "range: bytes=0-3\r\n");
    assert_eq!((of_head.status, of_head.header("content-length")), (200, "10"));
}

/// A download is continued only where it is the same file.
#[test]
fn if_range_gives_the_part_or_the_whole() {
    let node = sources();
    let whole = node.get("/main.rs");
    let (tag, date) = (whole.header("etag"), whole.header("last-modified"));
    for (validator, status) in [
        (tag.to_owned(), 206),
        (date.to_owned(), 206),
        (format!("W/{tag}"), 200),
        ("\"x\"".to_owned(), 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), 200),
    ] {
        let headers = format!("range: bytes=3-\r\nif-range: {validator}\r\n");
        let response = get_with(&node, "/main.rs", &headers);
        let expected = if status == 206 { &whole.body[3..] } else { &whole.body };
        assert!(response.status == status && response.body == expected, "{validator}: {response:?}");
    }
}

/// Bytes that differ wherever one looks.
fn pattern(length: usize) -> Vec<u8> {
    (0..length / 8).flat_map(|n| (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).collect()
}

#[test]
fn a_long_file_comes_whole_and_in_parts() {
    let app = site("", "\"GET /assets/*\" = { dir = \"public\" }");
    let bytes = pattern(3 << 20);
    fs::write(app.path("public/long.bin"), &bytes).unwrap();
    let node = serve(app);
    let mut client = node.client();
    for (range, part) in [
        ("", 0..bytes.len()),
        ("range: bytes=100000-2500000\r\n", 100_000..2_500_001),
        ("range: bytes=65535-131072\r\n", 65_535..131_073),
        ("range: bytes=-70000\r\n", bytes.len() - 70_000..bytes.len()),
    ] {
        client.send(format!("GET /assets/long.bin HTTP/1.1\r\nhost: test\r\n{range}\r\n"));
        let response = client.response();
        assert_eq!(response.status, if range.is_empty() { 200 } else { 206 });
        assert!(response.body == bytes[part], "{range}");
    }
    // The same over HTTP/2.
    let address = node.address();
    let received =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            let request = http::Request::get(format!("http://{address}/assets/long.bin")).body(()).unwrap();
            let mut body = requests.send_request(request, true).unwrap().0.await.unwrap().into_body();
            let mut received = Vec::new();
            while let Some(data) = body.data().await {
                let data = data.unwrap();
                body.flow_control().release_capacity(data.len()).unwrap();
                received.extend_from_slice(&data);
            }
            received
        });
    assert!(received == bytes);
}

/// A connection whose request for a long file is under way, and the first byte of the answer has come.
fn begin(node: &Server, path: &str) -> TcpStream {
    use std::io::Write;
    let mut stream = TcpStream::connect(node.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(stream.peek(&mut [0]).unwrap(), 1);
    stream
}

/// How many bytes come until the connection ends.
fn drain(stream: &mut TcpStream) -> u64 {
    let (mut buffer, mut all) = (vec![0; 1 << 16], 0);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return all,
            Ok(read) => all += read as u64,
        }
    }
}

/// A file of this length that takes no room.
fn long_file(app: &Folder, length: u64) {
    fs::File::create(app.path("public/long.bin")).unwrap().set_len(length).unwrap();
}

#[test]
fn a_file_that_becomes_shorter_breaks_the_connection() {
    const LENGTH: u64 = 64 << 20;
    let app = site("", "\"GET /assets/*\" = { dir = \"public\" }");
    long_file(&app, LENGTH);
    let node = serve(app);
    let mut stream = begin(&node, "/assets/long.bin");
    fs::OpenOptions::new()
        .write(true)
        .open(node.folder().path("public/long.bin"))
        .unwrap()
        .set_len(10)
        .unwrap();
    let received = drain(&mut stream);
    assert!(received < LENGTH, "{received}");
    node.stderr.find("a file could not be sent to its end");
    assert_eq!(node.get("/assets/long.bin").header("content-length"), "10");
}

#[test]
fn a_client_that_takes_nothing_does_not_keep_its_place() {
    let listener = "max-connections = 1\nidle-timeout = \"200ms\"";
    let app = site(listener, "\"GET /assets/*\" = { dir = \"public\" }");
    long_file(&app, 64 << 20);
    let node = serve(app);
    let stalled = begin(&node, "/assets/long.bin");
    // Is served when the first connection is gone.
    assert_eq!(node.get("/assets/app.js").text(), "run()");
    drop(stalled);
}

fn streams_in_bounded_memory(length: u64) {
    let app = site("", "\"GET /assets/*\" = { dir = \"public\" }");
    long_file(&app, length);
    let node = serve(app);
    node.get("/assets/app.js");
    let before = node.resident();
    let mut streams: Vec<_> = (0..4).map(|_| begin(&node, "/assets/long.bin")).collect();
    let mut most = node.resident();
    for stream in &mut streams {
        let mut buffer = vec![0; 1 << 20];
        let (mut left, mut reads) = (length, 0_u32);
        while left > 0 {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0);
            left = left.saturating_sub(read as u64);
            if reads.is_multiple_of(64) {
                most = most.max(node.resident());
            }
            reads += 1;
        }
    }
    println!("{before} KiB before, {most} KiB at most while 4 clients took {} MiB each", length >> 20);
    assert!(most < before + (16 << 10), "{before} KiB before, {most} KiB at most");
}

#[test]
fn a_long_file_takes_no_memory() {
    streams_in_bounded_memory(64 << 20);
}

#[test]
#[ignore = "4 GiB over sockets; run by ci/soak"]
fn a_file_of_a_gigabyte_takes_no_memory() {
    streams_in_bounded_memory(1 << 30);
}

/// As deployments do it, and builds.
#[test]
fn a_folder_may_be_replaced_while_it_is_served() {
    let node = assets();
    let path = |name: &str| node.folder().path(name);
    fs::rename(path("public"), path("old")).unwrap();
    node.get("/assets/app.js").assert_bare(404, "Not Found");
    node.folder().write("public/app.js", "new()");
    assert_eq!(node.get("/assets/app.js").text(), "new()");
}

#[test]
fn a_route_to_a_folder_that_cannot_be_served_is_shown() {
    let app = Folder::with([
        (
            "rusm.toml",
            "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /a/*\" = { dir = \"nowhere\" }\n\
             \"GET /b/*\" = { dir = \"file.txt\" }\n\"GET /c/*\" = { dir = \".\" }\n\"GET /d/*\" = { dir = \"..\" }\n\
             \"GET /e/*\" = { dir = \"\" }\n\"GET /f/*\" = { dir = \"public\" }\n",
        ),
        ("file.txt", ""),
        ("public/index.html", ""),
    ]);
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
    let served = app.rusm(&["serve"]);
    assert_eq!((served.code, served.stdout.as_str()), (Some(1), ""));
    assert_eq!(served.stderr, outcome.stderr);
}
