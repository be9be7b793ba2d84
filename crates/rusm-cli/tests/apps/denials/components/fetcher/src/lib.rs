//! Requests to wherever the test says, in every manner that the SDK has.

use std::io::{Read, Write};
use std::time::Duration;

use rusm_rs::http::fetch::{self, FetchError};
use rusm_rs::http::{Method, Params, Request, Response};

#[rusm_rs::handlers]
pub mod fetcher {
    use super::*;

    /// The response to the method in the path and the URL in the body, one fact a line.
    pub fn get(request: Request, params: Params) -> Response {
        let method = match params.get("method").unwrap_or_default() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            other => Method::Other(other.to_owned()),
        };
        told(|| {
            let response = fetch::request(method, text(&request)).header("x-from", "a guest").send()?;
            let mut lines = format!("status {}\n", response.status());
            for (name, value) in response.headers().iter() {
                lines.push_str(&format!("header {name}={}\n", value.escape_ascii()));
            }
            Ok(lines + &response.text()?)
        })
    }

    /// Posts the JSON `[1,2]`, and adds up the numbers of the JSON that comes back.
    pub fn json(request: Request, _params: Params) -> Response {
        told(|| {
            let numbers: Vec<u64> = fetch::post(text(&request)).json(&[1, 2]).send()?.json()?;
            Ok(numbers.iter().sum::<u64>().to_string())
        })
    }

    /// Sends so many bytes at once, and tells how the other side answers.
    pub fn post(request: Request, params: Params) -> Response {
        told(|| {
            let response = fetch::post(text(&request)).body(vec![b'x'; number(&params)]).send()?;
            Ok(format!("{} {}", response.status(), response.text()?))
        })
    }

    /// Sends so many bytes piece by piece, more than there is memory for.
    pub fn upload(request: Request, params: Params) -> Response {
        told(|| {
            let mut upload = fetch::post(text(&request)).timeout(Duration::MAX).upload()?;
            let piece = [b'x'; 10_000];
            let mut left = number(&params);
            while left > 0 {
                let length = left.min(piece.len());
                upload.write_all(&piece[..length]).map_err(|error| FetchError::Decode(error.to_string()))?;
                left -= length;
            }
            let response = upload.finish()?;
            Ok(format!("{} {}", response.status(), response.text()?))
        })
    }

    /// Counts a body's bytes piece by piece.
    pub fn download(request: Request, _params: Params) -> Response {
        told(|| {
            let mut response = fetch::get(text(&request)).timeout(Duration::MAX).send()?;
            let mut total = 0;
            let mut buffer = [0; 1000];
            // By `Read` for a while, then by pieces: what the first leaves, the second gets.
            for _ in 0..5 {
                total += response.read(&mut buffer).map_err(|error| FetchError::Decode(error.to_string()))?;
            }
            while let Some(piece) = response.read_chunk()? {
                total += piece.len();
            }
            Ok(format!("{total} bytes"))
        })
    }

    /// Says each piece on standard output as it comes.
    pub fn follow(request: Request, _params: Params) -> Response {
        told(|| {
            let mut response = fetch::get(text(&request)).send()?;
            while let Some(piece) = response.read_chunk()? {
                println!("piece {}", String::from_utf8_lossy(&piece).trim());
            }
            Ok("over".to_owned())
        })
    }

    /// With limits of so many milliseconds.
    pub fn timed(request: Request, params: Params) -> Response {
        told(|| {
            let limit = Duration::from_millis(number(&params) as u64);
            fetch::get(text(&request)).timeout(limit).send()?.text()
        })
    }

    /// A body of no more than so many bytes.
    pub fn bounded(request: Request, params: Params) -> Response {
        told(|| fetch::get(text(&request)).max_body(number(&params)).send()?.text())
    }

    /// A header that only the node may set.
    pub fn forbidden(request: Request, _params: Params) -> Response {
        told(|| fetch::get(text(&request)).header("host", "elsewhere.example").send()?.text())
    }

    /// So many requests at once, of which none is read.
    pub fn hoard(request: Request, params: Params) -> Response {
        told(|| {
            let mut open = Vec::new();
            for _ in 0..number(&params) {
                open.push(fetch::get(text(&request)).send()?);
            }
            Ok(format!("{} open", open.len()))
        })
    }

    /// Follows up to five redirects, as a guest does by itself.
    pub fn follow_redirects(request: Request, _params: Params) -> Response {
        told(|| {
            let mut url = text(&request).to_owned();
            for _ in 0..5 {
                let response = fetch::get(&url).send()?;
                match response.header("location") {
                    Some(location) => url = location.to_owned(),
                    None => return response.text(),
                }
            }
            Ok("too many redirects".to_owned())
        })
    }
}

fn told(fetched: impl FnOnce() -> Result<String, FetchError>) -> Response {
    match fetched() {
        Ok(text) => Response::text(text),
        Err(error) => {
            let debug = format!("{error:?}");
            let kind = debug.split(['(', ' ']).next().unwrap_or_default();
            Response::text(format!("{kind}: {error}")).status(502)
        }
    }
}

fn text(request: &Request) -> &str {
    request.text().expect("the body is a URL")
}

fn number(params: &Params) -> usize {
    params.get("n").and_then(|text| text.parse().ok()).expect("`:n` is a number")
}
