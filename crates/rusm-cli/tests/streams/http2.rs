//! The same over HTTP/2 (RFC 9113).

use std::net::SocketAddr;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, SendStream};
use http::{Method, Request};
use tokio::net::TcpStream;

use crate::support::PATIENCE;
use crate::support::live::Live;
use crate::support::server::Server;

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await.unwrap() })
}

async fn connect(address: SocketAddr) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    // A window for all streams that one alone cannot fill.
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(1 << 16).initial_connection_window_size(1 << 20);
    let (requests, connection) = builder.handshake(stream).await.unwrap();
    tokio::spawn(connection);
    requests
}

async fn ask(
    requests: &SendRequest<Bytes>,
    node: &Server,
    method: Method,
    path: &str,
    ends: bool,
) -> (ResponseFuture, SendStream<Bytes>) {
    let uri = format!("http://{}{path}", node.address());
    let request = Request::builder().method(method).uri(uri).body(()).unwrap();
    requests.clone().ready().await.unwrap().send_request(request, ends).unwrap()
}

async fn get(requests: &SendRequest<Bytes>, node: &Server, path: &str) -> (u16, RecvStream) {
    let (response, _) = ask(requests, node, Method::GET, path, true).await;
    let (head, body) = response.await.unwrap().into_parts();
    (head.status.as_u16(), body)
}

/// The next piece of a body.
async fn data(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    let data = body.data().await?;
    if let Ok(data) = &data {
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    Some(data)
}

async fn all(mut body: RecvStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = data(&mut body).await {
        all.extend_from_slice(&piece.unwrap());
    }
    all
}

#[test]
fn streams_of_events_share_a_connection() {
    let node = Live::default().serve();
    run(async {
        let requests = connect(node.address()).await;
        let (status, mut endless) = get(&requests, &node, "/tail").await;
        assert_eq!(status, 200);
        let first = data(&mut endless).await.unwrap().unwrap();
        assert!(first.starts_with(b"id: 1\n") || first.starts_with(b"event: pid\n"), "{first:?}");
        for n in 0..20 {
            let (_, body) = get(&requests, &node, &format!("/count/{n}")).await;
            let expected: String = (0..n).map(|n| format!("data: tick {n}\n\n")).collect();
            assert_eq!(all(body).await, expected.as_bytes());
        }
        // A stream that is reset ends its process, and its neighbours go on.
        drop(endless);
        assert_eq!(all(get(&requests, &node, "/plain").await.1).await, b"plain");
        crate::gone(&node, "api#tail");
        assert_eq!(all(get(&requests, &node, "/plain").await.1).await, b"plain");
    });
}

#[test]
fn a_stream_that_is_not_read_stops_alone() {
    let node = Live::default().serve();
    run(async {
        let requests = connect(node.address()).await;
        let (_, mut unread) = get(&requests, &node, "/download/100000000").await;
        for _ in 0..20 {
            assert_eq!(all(get(&requests, &node, "/plain").await.1).await, b"plain");
        }
        let mut length = 0;
        while let Some(piece) = data(&mut unread).await {
            length += piece.unwrap().len();
        }
        assert_eq!(length, 100_000_000);
    });
}

#[test]
fn both_ways_at_once() {
    let node =
        Live { listener: "max-body-size = \"1 GiB\"", profile: "max-memory = \"8 MiB\"", ..Live::default() };
    let node = node.serve();
    run(async {
        let requests = connect(node.address()).await;
        let (response, mut upload) = ask(&requests, &node, Method::POST, "/echo", false).await;
        let piece = Bytes::from(vec![b'x'; 1000]);
        upload.send_data(piece.clone(), false).unwrap();
        let mut echo = response.await.unwrap().into_body();
        for n in 0..100 {
            let mut length = 0;
            while length < piece.len() {
                length += data(&mut echo).await.unwrap().unwrap().len();
            }
            assert_eq!(length, piece.len());
            upload.send_data(piece.clone(), n == 99).unwrap();
        }
        assert_eq!(all(echo).await, piece);
    });
}

#[test]
fn a_failure_half_way_resets_the_stream() {
    let node = Live { profile: "allow-process-control = true", ..Live::default() }.serve();
    run(async {
        let requests = connect(node.address()).await;
        let (_, mut body) = get(&requests, &node, "/tail").await;
        let first = data(&mut body).await.unwrap().unwrap();
        let pid = crate::pid(std::str::from_utf8(&first).unwrap());
        let (response, _) = ask(&requests, &node, Method::POST, &format!("/kill/{pid}"), true).await;
        assert_eq!(response.await.unwrap().status(), 200);
        let error = data(&mut body).await.unwrap().unwrap_err();
        assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR));
        assert_eq!(all(get(&requests, &node, "/plain").await.1).await, b"plain");
    });
}

#[test]
fn bodies_past_the_limit_and_requests_for_websockets_are_refused() {
    let node = Live { listener: "max-body-size = \"1 KiB\"", ..Live::default() }.serve();
    run(async {
        let requests = connect(node.address()).await;
        for path in ["/upload", "/length"] {
            let (response, mut upload) = ask(&requests, &node, Method::POST, path, false).await;
            upload.send_data(Bytes::from(vec![0; 1025]), true).unwrap();
            assert_eq!(response.await.unwrap().status(), 413, "{path}");
        }
        assert_eq!(get(&requests, &node, "/echo").await.0, 426);
        assert_eq!(get(&requests, &node, "/plain").await.0, 200);
    });
}

#[test]
fn a_node_that_stops_ends_streams_cleanly() {
    let mut node = Live { node: "shutdown-grace = \"1h\"", ..Live::default() }.serve();
    run(async {
        let requests = connect(node.address()).await;
        let (_, mut body) = get(&requests, &node, "/tail").await;
        data(&mut body).await.unwrap().unwrap();
        node.signal(rustix::process::Signal::TERM);
        assert_eq!(all(body).await, b"");
    });
    assert_eq!(node.exit().code(), Some(0));
}
