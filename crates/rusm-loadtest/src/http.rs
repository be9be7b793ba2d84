//! Mode `http`: drives a URL over keep-alive HTTP/1.1.
//!
//! | module | what it holds |
//! |---|---|
//! | [`request`] | the URL, and the request's bytes |
//! | [`response`] | the response reader, which does no I/O |
//! | [`connection`] | one connection: an exchange at a time, with a deadline |
//! | [`check`] | whether a body is the one that all others are |

pub(crate) mod check;
pub(crate) mod connection;
pub(crate) mod request;
pub(crate) mod response;

use std::{
    net::SocketAddr,
    sync::OnceLock,
    time::{Duration, Instant},
};

use clap::Args;
use http::{HeaderName, HeaderValue, Method};

use self::{
    check::Check,
    connection::Connection,
    request::{Request, Target},
};
use crate::{
    Verdict, args,
    drive::{Counter, Step, Work},
    failure::Failure,
    run::{Described, Run},
    shape::Shape,
    socket,
    tally::ErrorKind,
};

/// Drive a URL over HTTP/1.1 keep-alive connections, and print rate, latency and errors
///
/// Each connection sends the request, waits for the whole answer and sends it again. Every answer has to
/// have a status from 200 to 299 and the same body as the first. Errors are counted from the first request
/// on, figures after the warm-up.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest http http://127.0.0.1:8080/hello/bob
  rusm-loadtest http http://127.0.0.1:8080/hello/bob --connections 64 --duration 30s --json
  rusm-loadtest http http://127.0.0.1:8080/notes --method POST \\
      --header 'content-type: application/json' --body '{\"text\":\"hi\"}'")]
pub(crate) struct Http {
    /// What to ask for, like `http://127.0.0.1:8080/hello/bob`
    url: Target,

    #[command(flatten)]
    shape: Shape,

    #[command(flatten)]
    run: Run,

    /// The request's method
    #[arg(long, default_value = "GET", value_parser = request::method)]
    method: Method,

    /// A header to send; may be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = args::header)]
    header: Vec<(HeaderName, HeaderValue)>,

    /// The request's body
    #[arg(long)]
    body: Option<String>,
}

impl Http {
    /// Makes the run and prints what it measured.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.shape.timeout();
        let address = socket::reachable(&self.url, timeout).await?;
        let request = Request::new(&self.url, &self.method, &self.header, self.body.as_deref());
        let described =
            Described { url: self.url.to_string(), load: self.shape.to_string(), unit: "request" };
        let work = Exchanges::new(address, request, timeout);
        self.run.make(described, self.shape.load(self.run.duration), work).await
    }
}

/// The work of this mode: the same request again and again.
#[derive(Debug)]
pub(crate) struct Exchanges {
    address: SocketAddr,
    request: Request,
    timeout: Duration,
    /// The first whole body, which every other has to equal.
    first_body: OnceLock<Vec<u8>>,
}

impl Exchanges {
    /// Sends `request` to `address`; `timeout` is for connecting, and for each answer.
    pub(crate) fn new(address: SocketAddr, request: Request, timeout: Duration) -> Self {
        Self { address, request, timeout, first_body: OnceLock::new() }
    }
}

impl Work for Exchanges {
    type Connection = Connection;

    async fn open(&self) -> Result<Connection, Failure> {
        Connection::open(self.address, self.timeout).await
    }

    async fn step(
        &self,
        connection: &mut Connection,
        began: Instant,
        counter: &Counter,
    ) -> Result<Step, Failure> {
        let mut check = Check::new(self.first_body.get());
        let answer = connection.exchange(&self.request, began, &mut check).await?;
        let ended = Instant::now();
        let status = answer.completed.status;
        let same = check.settle(&self.first_body);
        if !(200..300).contains(&status) {
            counter.error(ErrorKind::Status(status), || format!("the server answered {status}"));
        } else if !same {
            counter.error(ErrorKind::Body, || "a body differs from the first one".to_owned());
        } else {
            counter.timed(ended, ended - began, answer.received);
        }
        Ok(Step { ended, reusable: answer.completed.keep_alive })
    }
}
