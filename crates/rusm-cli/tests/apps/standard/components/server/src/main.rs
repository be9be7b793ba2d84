//! A server of WASI 0.2, by a crate that knows nothing of rusm.

use std::time::Duration;

use futures_lite::stream;
use wstd::http::body::util::{BodyExt, StreamBody};
use wstd::http::body::{Bytes, Frame};
use wstd::http::{Body, Client, Error, HeaderMap, HeaderValue, Request, Response};
use wstd::task::sleep;

#[wstd::http_server]
async fn main(mut request: Request<Body>) -> Result<Response<Body>, Error> {
    let path = request.uri().path().to_owned();
    let (what, object) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    Ok(match what {
        "echo" => Response::new(request.into_body()),
        "about" => {
            let (head, _) = request.into_parts();
            let mut lines = vec![format!("{} {}", head.method, head.uri)];
            lines.extend(head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())));
            Response::builder().header("x-answer", "one").header("x-answer", "two").body(lines.join("\n").into())?
        }
        "status" => Response::builder().status(object.parse::<u16>()?).body(object.to_owned().into())?,
        "none" => std::process::exit(0),
        "exit" => std::process::exit(1),
        "error" => return Err(Error::msg("out of order")),
        "panic" => panic!("no"),
        "panic-late" => begun(async { panic!("no") }),
        "hang" => {
            sleep(HOUR.into()).await;
            unreachable!()
        }
        "hang-late" => begun(sleep(HOUR.into())),
        "spin" => loop {
            std::hint::black_box(0);
        },
        "memory" => {
            let kept: Vec<Vec<u8>> = (0..4096).map(|_| vec![1; 1 << 20]).collect();
            Response::new(kept.len().to_string().into())
        }
        "length" => Response::new(request.body_mut().contents().await?.len().to_string().into()),
        "short" => Response::builder().header("content-length", "5").body("four".to_owned().into())?,
        "blocks" => {
            let count: usize = object.parse()?;
            let blocks = (0..count).map(|_| Bytes::from_static(&[b'x'; 64 << 10]));
            Response::new(Body::from_stream(stream::iter(blocks)))
        }
        "trailers" => {
            let trailers = HeaderMap::from_iter([("x-sum".parse()?, HeaderValue::from_static("42"))]);
            let frames = [Frame::data(Bytes::from_static(b"data")), Frame::trailers(trailers)];
            let frames = stream::iter(frames.map(Ok::<_, Error>));
            let body = Body::from_http_body(StreamBody::new(frames).boxed_unsync());
            Response::builder().header("trailer", "x-sum").body(body)?
        }
        "fetch" => {
            let to = format!("http://{object}");
            let request = Request::builder().method(request.method()).uri(to).body(request.into_body())?;
            match Client::new().send(request).await {
                Ok(response) => Response::builder().status(response.status()).body(response.into_body())?,
                Err(error) => Response::builder().status(502).body(format!("{error:?}").into())?,
            }
        }
        "try" => Response::new(attempt(object).into()),
        _ => Response::builder().status(404).body(Body::empty())?,
    })
}

const HOUR: Duration = Duration::from_secs(3600);

/// A response whose body begins and goes on with this.
fn begun(rest: impl Future<Output = impl Sized> + Send + 'static) -> Response<Body> {
    let mut rest = Some(Box::pin(rest));
    let pieces = stream::unfold(true, move |first| {
        let rest = if first { None } else { rest.take() };
        async move {
            if let Some(rest) = rest {
                rest.await;
            }
            Some((Bytes::from_static(b"begun"), false))
        }
    });
    Response::new(Body::from_stream(pieces))
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
