//! A server of WASI 0.3, by bindings that know nothing of rusm. It does as `server` does.

use std::time::Duration;

use wasip3::clocks::monotonic_clock::wait_for;
use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, Response, Scheme, Trailers};
use wasip3::wit_bindgen::{FutureReader, StreamReader, spawn_local};
use wasip3::{wit_future, wit_stream};

wasip3::http::service::export!(Modern);

struct Modern;

impl wasip3::exports::http::handler::Guest for Modern {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        let (what, object) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        Ok(match what {
            "echo" => {
                let (body, trailers) = consume(request);
                response(Fields::new(), passed_on(body), trailers)
            }
            // The stream itself, which the guest then has nothing to do with.
            "hand-back" => {
                let (body, trailers) = consume(request);
                response(Fields::new(), body, trailers)
            }
            "about" => {
                let mut lines = vec![format!("{} {}", method(&request.get_method()), uri(&request))];
                let fields = request.get_headers().copy_all();
                lines.extend(fields.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value))));
                let fields = [("x-answer".to_owned(), b"one".to_vec()), ("x-answer".to_owned(), b"two".to_vec())];
                text(Fields::from_list(&fields).unwrap(), &lines.join("\n"))
            }
            "status" => {
                let response = text(Fields::new(), object);
                response.set_status_code(object.parse().unwrap()).unwrap();
                response
            }
            "exit" => std::process::exit(1),
            "error" => return Err(ErrorCode::InternalError(Some("out of order".to_owned()))),
            "panic" => panic!("no"),
            "panic-late" => begun(async { panic!("no") }),
            "hang" => {
                wait_for(HOUR).await;
                unreachable!()
            }
            "hang-late" => begun(wait_for(HOUR)),
            "spin" => loop {
                std::hint::black_box(0);
            },
            "memory" => {
                let kept: Vec<Vec<u8>> = (0..4096).map(|_| vec![1; 1 << 20]).collect();
                text(Fields::new(), &kept.len().to_string())
            }
            "length" => {
                let (body, _) = consume(request);
                let length = body.collect().await.len();
                text(Fields::new(), &length.to_string())
            }
            "short" => {
                let fields = Fields::from_list(&[("content-length".to_owned(), b"5".to_vec())]).unwrap();
                text(fields, "four")
            }
            "blocks" => {
                let count: usize = object.parse().unwrap();
                let (mut writer, reader) = wit_stream::new();
                spawn_local(async move {
                    for _ in 0..count {
                        writer.write_all(vec![b'x'; 64 << 10]).await;
                    }
                });
                response(Fields::new(), reader, ready(Ok(None)))
            }
            "trailers" => {
                let fields = Fields::from_list(&[("trailer".to_owned(), b"x-sum".to_vec())]).unwrap();
                let (mut writer, reader) = wit_stream::new();
                spawn_local(async move { drop(writer.write_all(b"data".to_vec()).await) });
                let trailers = Fields::from_list(&[("x-sum".to_owned(), b"42".to_vec())]).unwrap();
                response(fields, reader, ready(Ok(Some(trailers))))
            }
            "fetch" => fetch(request, object).await,
            "later" => {
                spawn_local(async {
                    wait_for(u64::try_from(Duration::from_millis(1).as_nanos()).unwrap()).await;
                    println!("afterwards");
                });
                text(Fields::new(), "done")
            }
            "try" => text(Fields::new(), &attempt(object)),
            _ => {
                let response = text(Fields::new(), "");
                response.set_status_code(404).unwrap();
                response
            }
        })
    }
}

const HOUR: u64 = 3600 * 1_000_000_000;

type Body = StreamReader<u8>;
type Ended = FutureReader<Result<Option<Trailers>, ErrorCode>>;

fn response(fields: Fields, body: Body, trailers: Ended) -> Response {
    Response::new(fields, Some(body), trailers).0
}

fn text(fields: Fields, text: &str) -> Response {
    let (mut writer, reader) = wit_stream::new();
    let text = text.as_bytes().to_vec();
    spawn_local(async move { drop(writer.write_all(text).await) });
    response(fields, reader, ready(Ok(None)))
}

/// A response whose body begins and goes on with this.
fn begun(rest: impl Future<Output = impl Sized> + 'static) -> Response {
    let (mut writer, reader) = wit_stream::new();
    spawn_local(async move {
        writer.write_all(b"begun".to_vec()).await;
        rest.await;
    });
    response(Fields::new(), reader, ready(Ok(None)))
}

fn ready(value: Result<Option<Trailers>, ErrorCode>) -> Ended {
    let (writer, reader) = wit_future::new(|| Ok(None));
    spawn_local(async move { drop(writer.write(value).await) });
    reader
}

fn consume(request: Request) -> (Body, Ended) {
    let (_, done) = wit_future::new(|| Ok(()));
    Request::consume_body(request, done)
}

/// The same pieces, through the guest's memory.
fn passed_on(mut body: Body) -> Body {
    let (mut writer, reader) = wit_stream::new();
    spawn_local(async move {
        loop {
            let (_, piece) = body.read(Vec::with_capacity(4096)).await;
            if piece.is_empty() || !writer.write_all(piece).await.is_empty() {
                break;
            }
        }
    });
    reader
}

async fn fetch(request: Request, object: &str) -> Response {
    let (authority, path) = object.split_once('/').unwrap_or((object, ""));
    let method = request.get_method();
    let (body, trailers) = consume(request);
    let (outgoing, _) = Request::new(Fields::new(), Some(passed_on(body)), trailers, None);
    outgoing.set_method(&method).unwrap();
    outgoing.set_scheme(Some(&Scheme::Http)).unwrap();
    outgoing.set_authority(Some(authority)).unwrap();
    outgoing.set_path_with_query(Some(&format!("/{path}"))).unwrap();
    match client::send(outgoing).await {
        Ok(incoming) => {
            let status = incoming.get_status_code();
            let (_, done) = wit_future::new(|| Ok(()));
            let (body, trailers) = Response::consume_body(incoming, done);
            let response = response(Fields::new(), passed_on(body), trailers);
            response.set_status_code(status).unwrap();
            response
        }
        Err(error) => {
            let response = text(Fields::new(), &format!("{error:?}"));
            response.set_status_code(502).unwrap();
            response
        }
    }
}

fn method(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
        _ => "other",
    }
}

fn uri(request: &Request) -> String {
    let scheme = match request.get_scheme() {
        Some(Scheme::Http) => "http",
        Some(Scheme::Https) => "https",
        _ => "none",
    };
    let (authority, path) = (request.get_authority(), request.get_path_with_query());
    format!("{scheme}://{}{}", authority.unwrap_or_default(), path.unwrap_or_default())
}

/// What a program may do only under a grant.
fn attempt(what: &str) -> String {
    let result = match what {
        "env" => std::env::var("GREETING").map_err(|error| error.to_string()),
        "read" => std::fs::read_to_string("/data/note").map_err(|error| error.to_string()),
        "connect" => std::net::TcpStream::connect("127.0.0.1:9").map(|_| String::new()).map_err(|error| error.to_string()),
        "arguments" => Ok(std::env::args().collect::<Vec<_>>().join(" ")),
        "print" => {
            println!("printed");
            Ok("printed".to_owned())
        }
        _ => Err("no such attempt".to_owned()),
    };
    result.unwrap_or_else(|error| format!("could not: {error}"))
}
