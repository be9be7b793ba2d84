//! A server of WASI 0.2.

use wstd::http::{Body, Error, Request, Response};

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let greeting = format!("hello, {name}\n");
    Ok(Response::builder().header("content-length", greeting.len()).body(greeting.into())?)
}
