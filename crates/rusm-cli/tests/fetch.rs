//! Outbound HTTP: what guests ask of others, and what they hear when it goes wrong.

mod support;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Barrier, mpsc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use support::Folder;
use support::client::Response;
use support::server::{self, Server};
use support::upstream::Upstream;

/// The routes of `tests/apps/denials/components/fetcher`, and its profile's lines.
fn app(profile: &str) -> Folder {
    let manifest = format!(
        "[log]\nlevel = \"debug\"\n[[serve]]\nlisten = \"127.0.0.1:0\"\nrequest-timeout = \"60s\"\n[serve.routes]\n\
         \"POST /get/:method\" = \"fetcher#get\"\n\"POST /json\" = \"fetcher#json\"\n\
         \"POST /post/:n\" = \"fetcher#post\"\n\"POST /upload/:n\" = \"fetcher#upload\"\n\
         \"POST /download\" = \"fetcher#download\"\n\"POST /follow\" = \"fetcher#follow\"\n\
         \"POST /timed/:n\" = \"fetcher#timed\"\n\"POST /bounded/:n\" = \"fetcher#bounded\"\n\
         \"POST /forbidden\" = \"fetcher#forbidden\"\n\"POST /hoard/:n\" = \"fetcher#hoard\"\n\
         \"POST /redirects\" = \"fetcher#follow_redirects\"\n\
         [capabilities.test]\n{profile}\n[components.fetcher]\ncapability = \"test\"\n"
    );
    server::app("denials", &manifest, &[("fetcher", "fetcher")])
}

fn serve(profile: &str) -> Server {
    Server::start(app(profile), "")
}

const ALL: &str = "allow-network = true";

#[track_caller]
fn assert_fails(response: &Response, text: &str) {
    assert_eq!(response.status, 502, "{}", response.text());
    assert!(response.text().starts_with(text), "{}", response.text());
}

#[test]
fn a_request_and_its_response_arrive_whole() {
    let upstream = Upstream::start(|mut exchange| {
        let head = exchange.head.clone();
        exchange.answer("203 Fine", "x-one: a\r\nX-One: b\r\nset-cookie: c=d\r\n", head.as_bytes())
    });
    let node = serve(ALL);
    let reply = node.post("/get/GET", upstream.url("/a%20b/?q=1&q=2#fragment"));
    let text = reply.text();
    assert!(
        text.starts_with("status 203\nheader x-one=a\nheader x-one=b\nheader set-cookie=c=d\n"),
        "{text}"
    );
    assert!(text.contains("GET /a%20b/?q=1&q=2 HTTP/1.1\r\n"), "{text}");
    assert!(text.contains(&format!("host: {}\r\n", upstream.address)), "{text}");
    assert!(text.contains("x-from: a guest\r\n"), "{text}");
}

#[test]
fn connections_are_kept_and_shared() {
    let upstream = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"hello"));
    let node = serve(ALL);
    for _ in 0..10 {
        assert!(node.post("/get/GET", upstream.url("/")).text().ends_with("hello"));
    }
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn json_goes_both_ways() {
    let upstream = Upstream::start(|mut exchange| {
        assert_eq!(exchange.header("content-type"), Some("application/json"));
        let mut body = [0; 5];
        exchange.stream.read_exact(&mut body)?;
        assert_eq!(&body, b"[1,2]");
        exchange.answer("200 OK", "", b"[3,4]")
    });
    let node = serve(ALL);
    assert_eq!(node.post("/json", upstream.url("/")).text(), "7");

    let nonsense = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"<html>"));
    assert_fails(&node.post("/json", nonsense.url("/")), "Decode: the body is not the JSON");
}

/// Four times the memory that the guest may have, in each direction.
#[test]
fn bodies_may_be_larger_than_memory() {
    const SIZE: usize = 32 << 20;
    let upstream = Upstream::start(|mut exchange| {
        if exchange.path() == "/take" {
            let received = exchange.count_body()?;
            return exchange.answer("200 OK", "", format!("{received} received").as_bytes());
        }
        write!(exchange.stream, "HTTP/1.1 200 OK\r\ncontent-length: {SIZE}\r\n\r\n")?;
        io::copy(&mut io::repeat(b'x').take(SIZE as u64), &mut exchange.stream).map(drop)
    });
    let node = serve("allow-network = true\nmax-memory = \"8 MiB\"");
    let uploaded = node.post(&format!("/upload/{SIZE}"), upstream.url("/take"));
    assert_eq!(uploaded.text(), format!("200 {SIZE} received"));
    assert_eq!(node.post("/download", upstream.url("/give")).text(), format!("{SIZE} bytes"));
}

#[test]
fn a_body_that_is_read_at_once_is_bounded() {
    let upstream = Upstream::start(|mut exchange| exchange.answer("200 OK", "", &[b'x'; 1001]));
    let node = serve(ALL);
    assert_fails(
        &node.post("/bounded/1000", upstream.url("/")),
        "TooLarge: the body is longer than 1000 bytes",
    );
    assert_eq!(node.post("/bounded/1001", upstream.url("/")).body.len(), 1001);
}

#[test]
fn a_streamed_response_is_read_as_it_comes() {
    let (go_on, wait) = mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let upstream = Upstream::start(move |mut exchange| {
        let stream = &mut exchange.stream;
        write!(stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        for word in ["one", "two", "six"] {
            write!(stream, "4\r\n{word}\n\r\n")?;
            wait.lock().unwrap().recv().map_err(io::Error::other)?;
        }
        write!(stream, "0\r\n\r\n")
    });
    let node = serve("allow-network = true\nallow-stdio = true");
    let mut client = node.client();
    let url = upstream.url("/");
    client.send(format!("POST /follow HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{url}", url.len()));
    for word in ["one", "two", "six"] {
        // The next piece is not sent before this one was read.
        node.stdout.find(&format!("piece {word}"));
        go_on.send(()).unwrap();
    }
    assert_eq!(client.response().text(), "over");
}

#[test]
fn a_response_that_comes_before_the_body_is_sent_is_read() {
    let upstream = Upstream::start(|mut exchange| {
        exchange.answer("413 Too much", "connection: close\r\n", b"enough")?;
        // Closing with bytes unread would reset the connection under the answer.
        io::copy(&mut exchange.stream, &mut io::sink()).map(drop)
    });
    let node = serve(ALL);
    assert_eq!(node.post("/post/5000000", upstream.url("/")).text(), "413 enough");
}

#[test]
fn redirects_are_the_guests_own_requests() {
    let inner = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"the inner sanctum"));
    let location = format!("location: {}\r\n", inner.url("/"));
    let outer = Upstream::start(move |mut exchange| exchange.answer("302 Found", &location, b""));
    let port = outer.address.port();
    let node = serve(&format!("allow-network = [\"127.0.0.1:{port}\"]"));
    assert_fails(&node.post("/redirects", outer.url("/")), "Denied: denied: this component's profile");
    assert_eq!(inner.connections(), 0);

    let node = serve(ALL);
    assert_eq!(node.post("/redirects", outer.url("/")).text(), "the inner sanctum");
}

#[test]
fn without_a_grant_nothing_is_sent() {
    let upstream = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"hello"));
    for profile in ["", "allow-network = [\"localhost\", \"*.example.org\", \"127.0.0.1:1\"]"] {
        let node = serve(profile);
        let reply = node.post("/get/GET", upstream.url("/"));
        assert_fails(
            &reply,
            "Denied: denied: this component's profile does not grant `allow-network` for 127.0.0.1:",
        );
        let line = node.stderr.find("does not grant `allow-network`");
        assert!(line.contains("DEBUG") && line.contains("host=\"127.0.0.1\""), "{line}");
        // As large a request, and a host that would be looked up.
        assert_fails(&node.post("/post/5000000", upstream.url("/")), "Denied: ");
        assert_fails(&node.post("/get/GET", "https://nowhere.invalid/"), "Denied: ");
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_grant_is_by_name_and_port() {
    let upstream = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"hello"));
    let port = upstream.address.port();
    let node = serve(&format!("allow-network = [\"LocalHost:{port}\"]"));
    for host in ["localhost", "LOCALHOST"] {
        let reply = node.post("/get/GET", format!("http://{host}:{port}/"));
        assert!(reply.text().ends_with("hello"), "{host}: {}", reply.text());
    }
    // The name said to be complete is granted too, though not every machine can look this one up.
    let reply = node.post("/get/GET", format!("http://localhost.:{port}/"));
    assert!(!reply.text().starts_with("Denied"), "{}", reply.text());
    // An address is none of the names that lead to it, in whatever form.
    for host in ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"] {
        assert_fails(&node.post("/get/GET", format!("http://{host}:{port}/")), "Denied: ");
    }
    assert_fails(&node.post("/get/GET", "http://localhost/"), "Denied: ");
    for url in [
        format!("http://localhost:{port}@127.0.0.1:{port}/"),
        "http://a b/".into(),
        "file:///etc/passwd".into(),
    ] {
        assert_fails(&node.post("/get/GET", url), "Invalid: ");
    }
    assert_fails(&node.post("/get/CONNECT", upstream.url("/")), "Invalid: the method");
    assert_fails(
        &node.post("/forbidden", upstream.url("/")),
        "Invalid: a header is one that only the node may set",
    );
}

#[test]
fn a_host_that_is_not_there_is_an_error_that_says_so() {
    let node = serve(ALL);
    assert_fails(
        &node.post("/get/GET", "http://nowhere.invalid/"),
        "Dns: nowhere.invalid: the name cannot be resolved",
    );
    // A port that was free a moment ago.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let reply = node.post("/get/GET", format!("http://127.0.0.1:{port}/"));
    assert_fails(&reply, &format!("Connect: 127.0.0.1:{port} refuses connections"));
}

#[test]
fn what_does_not_come_in_time_is_an_error() {
    // Says nothing; says a head and no more; says a byte now and then, for ever.
    let silent = Upstream::start(|mut exchange| io::copy(&mut exchange.stream, &mut io::sink()).map(drop));
    let stuck = Upstream::start(|mut exchange| {
        write!(exchange.stream, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")?;
        io::copy(&mut exchange.stream, &mut io::sink()).map(drop)
    });
    let dripping = Upstream::start(|mut exchange| {
        write!(exchange.stream, "HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n")?;
        loop {
            exchange.stream.write_all(b".")?;
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    });
    // Accepts and never shakes hands.
    let mute = Upstream::listen(|mut stream| io::copy(&mut stream, &mut io::sink()).map(drop));
    let node = serve(ALL);
    for url in [silent.url("/"), stuck.url("/"), dripping.url("/"), format!("https://{}/", mute.address)] {
        assert_fails(&node.post("/timed/200", &url), "Timeout: no response in time");
    }
    // The node has given up on none of its threads.
    let upstream = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"hello"));
    assert_eq!(node.post("/timed/60000", upstream.url("/")).text(), "hello");
}

#[test]
fn a_response_that_breaks_off_or_is_none_is_an_error() {
    let node = serve(ALL);
    let cut = Upstream::start(|mut exchange| {
        write!(exchange.stream, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")?;
        exchange.stream.shutdown(std::net::Shutdown::Both)
    });
    assert_fails(&node.post("/get/GET", cut.url("/")), "Interrupted: ");
    let gone = Upstream::start(|exchange| exchange.stream.shutdown(std::net::Shutdown::Both));
    assert_fails(&node.post("/get/GET", gone.url("/")), "Interrupted: ");
    let nonsense = Upstream::start(|mut exchange| {
        exchange.stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")?;
        exchange.stream.shutdown(std::net::Shutdown::Both)
    });
    assert_fails(&node.post("/get/GET", nonsense.url("/")), "Protocol: ");
    let endless = Upstream::start(|mut exchange| {
        write!(exchange.stream, "HTTP/1.1 200 OK\r\n")?;
        loop {
            write!(exchange.stream, "x-more: {}\r\n", "x".repeat(1000))?;
        }
    });
    let reply = node.post("/get/GET", endless.url("/"));
    assert_eq!(reply.status, 502, "{}", reply.text());
}

#[test]
fn a_process_has_so_many_requests_under_way() {
    let upstream = Upstream::start(|mut exchange| {
        write!(exchange.stream, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")?;
        io::copy(&mut exchange.stream, &mut io::sink()).map(drop)
    });
    let node = serve(ALL);
    assert_eq!(node.post("/hoard/64", upstream.url("/")).text(), "64 open");
    assert_fails(&node.post("/hoard/65", upstream.url("/")), "TooMany: ");
}

/// A server whose certificate names `localhost` and is signed by itself, and that certificate.
fn with_tls() -> (Upstream, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let upstream = Upstream::listen(move |mut stream| {
        let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut stream = rustls::Stream::new(&mut tls, &mut stream);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret")
    });
    (upstream, cert.pem())
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (upstream, _) = with_tls();
    let node = serve(ALL);
    let reply = node.post("/get/GET", format!("https://localhost:{}/", upstream.address.port()));
    assert_fails(&reply, "Tls: the certificate of localhost:");
}

#[test]
fn a_certificate_that_the_machine_trusts_is_accepted() {
    let (upstream, certificate) = with_tls();
    let folder = app(ALL);
    folder.write("trusted.pem", &certificate);
    let trusted = folder.path("trusted.pem");
    let node = Server::spawn_with(folder, "", |command| command.env("SSL_CERT_FILE", trusted));
    let port = upstream.address.port();
    let reply = node.post("/get/GET", format!("https://localhost:{port}/"));
    assert!(reply.text().ends_with("secret"), "{}", reply.text());
    // For the name that it was made for.
    assert_fails(&node.post("/get/GET", format!("https://127.0.0.1:{port}/")), "Tls: ");
    // And TLS is not spoken to who does not speak it.
    let plain = Upstream::listen(|mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        io::copy(&mut stream, &mut io::sink()).map(drop)
    });
    assert_fails(&node.post("/get/GET", format!("https://localhost:{}/", plain.address.port())), "Tls: ");
}

#[test]
fn a_guest_that_waits_holds_up_no_other() {
    // Each answers only once all have asked.
    let together = Arc::new(Barrier::new(20));
    let upstream = Upstream::start(move |mut exchange| {
        together.wait();
        exchange.answer("200 OK", "", b"all here")
    });
    let node = serve(ALL);
    let mut clients: Vec<_> = (0..20).map(|_| node.client()).collect();
    let url = upstream.url("/");
    for client in &mut clients {
        client.send(format!(
            "POST /get/GET HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{url}",
            url.len()
        ));
    }
    for client in &mut clients {
        assert!(client.response().text().ends_with("all here"));
    }
}
