//! HTTP/2 without TLS, by prior knowledge (RFC 9113, section 3.3).

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderMap, Method, Request, StatusCode};
use tokio::net::TcpStream;

use crate::support::PATIENCE;
use crate::support::server::App;

async fn connect(address: SocketAddr) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    requests
}

/// One request on a stream of its own.
async fn ask(
    requests: SendRequest<Bytes>,
    address: SocketAddr,
    method: Method,
    path: String,
    header: &str,
    body: Bytes,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = Request::builder().method(method).uri(format!("http://{address}{path}"));
    let request = request.header("x-test", header).body(()).unwrap();
    let mut requests = requests.ready().await.unwrap();
    let (response, mut stream) = requests.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        stream.send_data(body, true).unwrap();
    }
    let (head, mut stream) = response.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    (head.status, head.headers, body)
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await.unwrap() })
}

#[test]
fn many_streams_share_a_connection() {
    let node = App::default().serve();
    let address = node.address();
    run(async {
        let requests = connect(address).await;
        let streams: Vec<_> = (0..50)
            .map(|id| {
                let path = format!("/users/{id}");
                tokio::spawn(ask(requests.clone(), address, Method::GET, path, "", Bytes::new()))
            })
            .collect();
        for (id, stream) in streams.into_iter().enumerate() {
            let (status, _, body) = stream.await.unwrap();
            assert_eq!((status.as_u16(), body), (200, format!("user {id}\n").into_bytes()));
        }
    });
}

#[test]
fn bodies_heads_and_refusals_are_as_in_http_1() {
    let node = App::default().serve();
    let address = node.address();
    run(async {
        let requests = connect(address).await;
        let large = Bytes::from(vec![7; 1 << 20]);
        let (status, _, body) =
            ask(requests.clone(), address, Method::POST, "/echo".into(), "", large.clone()).await;
        assert!(status == 200 && body == large);

        let head = ask(requests.clone(), address, Method::HEAD, "/users/42".into(), "", Bytes::new());
        let (status, headers, body) = head.await;
        assert_eq!(
            (status.as_u16(), &headers["content-length"], body.len()),
            (200, &"8".parse().unwrap(), 0)
        );

        for (method, path, expected) in [
            (Method::GET, "/nowhere", 404),
            (Method::HEAD, "/nowhere", 404),
            (Method::GET, "/status/204", 204),
            (Method::GET, "/status/304", 304),
        ] {
            let (status, _, body) =
                ask(requests.clone(), address, method.clone(), path.into(), "", Bytes::new()).await;
            assert_eq!(
                (status.as_u16(), body.is_empty()),
                (expected, path != "/nowhere" || method == Method::HEAD)
            );
        }
    });
}

/// A failure ends its stream alone.
#[test]
fn a_panic_leaves_the_other_streams_alone() {
    let node = App::default().serve();
    let address = node.address();
    run(async {
        let requests = connect(address).await;
        let nap = ask(requests.clone(), address, Method::GET, "/nap/200".into(), "", Bytes::new());
        let panic = ask(requests.clone(), address, Method::POST, "/panic".into(), "", "oh no".into());
        let (nap, panic) = tokio::join!(nap, panic);
        assert_eq!((nap.0.as_u16(), panic.0.as_u16()), (200, 500));
        let after = ask(requests, address, Method::GET, "/users/1".into(), "", Bytes::new());
        assert_eq!(after.await.0, 200);
    });
}

#[test]
fn headers_past_the_limit_are_431() {
    let node = App { listener: "max-header-size = \"8 KiB\"", ..App::default() }.serve();
    let address = node.address();
    run(async {
        let requests = connect(address).await;
        let long = "x".repeat(9 << 10);
        let (status, ..) =
            ask(requests.clone(), address, Method::GET, "/users/1".into(), &long, Bytes::new()).await;
        assert_eq!(status, 431);
        let (status, ..) = ask(requests, address, Method::GET, "/users/1".into(), "", Bytes::new()).await;
        assert_eq!(status, 200);
    });
}

#[test]
fn a_body_past_the_limit_is_413() {
    let node = App { listener: "max-body-size = \"1 KiB\"", ..App::default() }.serve();
    let address = node.address();
    run(async {
        let requests = connect(address).await;
        let body = Bytes::from(vec![0; 1025]);
        let (status, ..) = ask(requests.clone(), address, Method::POST, "/echo".into(), "", body).await;
        assert_eq!(status, 413);
    });
}
