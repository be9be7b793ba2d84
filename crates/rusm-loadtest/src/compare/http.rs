//! `compare http`: a small buffered reply over keep-alive HTTP/1.1.

use std::{collections::BTreeMap, time::Instant};

use anyhow::Context as _;
use clap::Args;
use http::Method;

use super::{Contest, Contestants};
use crate::{
    Verdict, args,
    http::{
        Exchanges,
        connection::Connection,
        request::{Request, Target},
        response::Sink,
    },
    report::comparison::Comparison,
    server::Server,
    shape::Shape,
};

/// Measure `rusm serve` against hyper alone, over HTTP/1.1 keep-alive connections
///
/// Starts the native server (`native-http`) and rusm, checks that both give the same status, body and
/// headers (`date` aside), then drives them in turn. Prints both rates and their ratio for each round, the
/// servers' CPU time for each request, and the medians.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest compare http --app examples/hello
  rusm-loadtest compare http --app examples/hello --rounds 9 --duration 10s --markdown
  rusm-loadtest compare http --app examples/hello --rusm target/release/rusm --json
  rusm-loadtest compare http --app examples/hello-ts --path /hello/bob --against 'node server.mjs'")]
pub(crate) struct CompareHttp {
    #[command(flatten)]
    contest: Contest,

    #[command(flatten)]
    shape: Shape,

    /// What to ask both for; the native server knows /hello/NAME
    #[arg(long, default_value = "/hello/bob", value_parser = args::path)]
    path: String,
}

impl CompareHttp {
    /// Makes the comparison and prints it.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let mut contestants = self.contest.start("native-http").await?;
        self.same_answers(&contestants).await?;
        let rounds = contestants
            .rounds(self.contest.rounds, self.shape.load(self.contest.duration), |server| {
                Ok(Exchanges::new(server.address(), self.request(server)?, self.shape.timeout()))
            })
            .await?;
        contestants.stop().await;
        self.contest.report(&Comparison::new(self.work(), "request", rounds))
    }

    /// What is measured, in words.
    fn work(&self) -> String {
        format!("GET {} over HTTP/1.1, {}, {}", self.path, self.shape, self.contest)
    }

    fn request(&self, server: &Server) -> anyhow::Result<Request> {
        let target = Target::at(server.address(), &self.path).map_err(anyhow::Error::msg)?;
        Ok(Request::new(&target, &Method::GET, &[], None))
    }

    /// Asks both servers once: a ratio of two different pieces of work would mean nothing.
    async fn same_answers(&self, contestants: &Contestants) -> anyhow::Result<()> {
        let native = self.ask(&contestants.native).await?;
        let rusm = self.ask(&contestants.rusm).await?;
        let differences = native.differences(&rusm);
        anyhow::ensure!(
            differences.is_empty(),
            "native and rusm answer GET {} differently, so a ratio would mean nothing:\n  {}",
            self.path,
            differences.join("\n  ")
        );
        anyhow::ensure!(
            (200..300).contains(&native.status),
            "both servers answer GET {} with {}: give a --path that both know",
            self.path,
            native.status
        );
        Ok(())
    }

    async fn ask(&self, server: &Server) -> anyhow::Result<FullAnswer> {
        let failed = || format!("{} does not answer GET {}", server.name(), self.path);
        let mut connection =
            Connection::open(server.address(), self.shape.timeout()).await.with_context(failed)?;
        let mut answer = FullAnswer::default();
        let request = self.request(server)?;
        connection.exchange(&request, Instant::now(), &mut answer).await.with_context(failed)?;
        Ok(answer)
    }
}

/// Fields that tell of the moment or of the connection, not of the answer.
const ASIDE: [&str; 3] = ["date", "connection", "keep-alive"];

/// An answer with all that a client can see of it but what is [`ASIDE`].
#[derive(Debug, Default)]
struct FullAnswer {
    status: u16,
    /// Values by lower-case name; several in their order.
    headers: BTreeMap<String, Vec<String>>,
    body: Vec<u8>,
}

impl Sink for FullAnswer {
    fn head(&mut self, head: &httparse::Response<'_, '_>) {
        self.status = head.code.unwrap_or_default();
        for field in head.headers.iter() {
            let name = field.name.to_ascii_lowercase();
            if !ASIDE.contains(&&*name) {
                let value = String::from_utf8_lossy(field.value).into_owned();
                self.headers.entry(name).or_default().push(value);
            }
        }
    }

    fn body(&mut self, part: &[u8]) {
        self.body.extend_from_slice(part);
    }
}

impl FullAnswer {
    /// How `rusm`'s answer differs from this one, the native server's.
    fn differences(&self, rusm: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, native: String, rusm: String| {
            if native != rusm {
                differences.push(format!("{what}: native {native}, rusm {rusm}"));
            }
        };
        compare("status", self.status.to_string(), rusm.status.to_string());
        let shown = |values: Option<&Vec<String>>| {
            values.map_or("has none".to_owned(), |values| format!("{values:?}"))
        };
        let mut names: Vec<&String> = self.headers.keys().chain(rusm.headers.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            compare(name, shown(self.headers.get(name)), shown(rusm.headers.get(name)));
        }
        if self.body != rusm.body {
            differences.push(format!("body: native {}, rusm {}", excerpt(&self.body), excerpt(&rusm.body)));
        }
        differences
    }
}

/// The start of a body, and its length.
fn excerpt(body: &[u8]) -> String {
    let start = &body[..body.len().min(80)];
    format!("{:?} ({} bytes)", String::from_utf8_lossy(start), body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> FullAnswer {
        let mut answer = FullAnswer { status, body: body.into(), ..FullAnswer::default() };
        for (name, value) in headers {
            answer.headers.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        answer
    }

    #[test]
    fn equal_answers_have_no_differences() {
        let one = answer(200, &[("a", "1"), ("b", "2")], "x");
        assert!(one.differences(&answer(200, &[("b", "2"), ("a", "1")], "x")).is_empty());
    }

    #[test]
    fn every_difference_is_named() {
        let native = answer(200, &[("a", "1"), ("b", "2")], "x");
        let rusm = answer(404, &[("a", "1"), ("b", "3"), ("c", "4")], "yz");
        assert_eq!(
            native.differences(&rusm),
            [
                "status: native 200, rusm 404",
                r#"b: native ["2"], rusm ["3"]"#,
                r#"c: native has none, rusm ["4"]"#,
                r#"body: native "x" (1 bytes), rusm "yz" (2 bytes)"#,
            ]
        );
    }

    #[test]
    fn the_date_is_no_difference() {
        let mut answer = FullAnswer::default();
        let mut fields = [
            httparse::Header { name: "Date", value: b"now" },
            httparse::Header { name: "X-One", value: b"1" },
        ];
        let mut head = httparse::Response::new(&mut fields);
        head.code = Some(200);
        answer.head(&head);
        assert_eq!(answer.headers.into_keys().collect::<Vec<_>>(), ["x-one"]);
    }
}
