//! Calls the calculator in every way, and says over HTTP what came of it.

use std::time::Duration;

use calculator_service::Entry;
use calculator_service::calculator::Client;
use rusm_rs::Pid;
use rusm_rs::http::{Params, Request, Response};
use rusm_rs::process::{Mail, receive_timeout};
use rusm_rs::service::{CallError, Connection};
use rusm_rs::wire::Bytes;

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn add(_request: Request, params: Params) -> Response {
        said(calculator().and_then(|calculator| calculator.add(number(&params, "a"), number(&params, "b"))))
    }

    pub fn accumulate(_request: Request, params: Params) -> Response {
        said(calculator().and_then(|calculator| calculator.accumulate(number(&params, "n"))))
    }

    pub fn cast(_request: Request, params: Params) -> Response {
        said(calculator().and_then(|calculator| calculator.cast().accumulate(number(&params, "n"))))
    }

    pub fn divide(_request: Request, params: Params) -> Response {
        said(
            calculator().and_then(|calculator| calculator.divide(number(&params, "a"), number(&params, "b"))),
        )
    }

    /// So many items of a stream that has no end.
    pub fn count(_request: Request, params: Params) -> Response {
        said(calculator().and_then(|calculator| {
            let items = calculator.count(1)?.take(number(&params, "n") as usize);
            items.map(|item| item.map(u64::from)).sum::<Result<u64, _>>()
        }))
    }

    /// Two streams in turns, and calls between their items.
    pub fn between(_request: Request, params: Params) -> Response {
        said(calculator().and_then(|calculator| {
            let (mut low, mut high) = (calculator.count(0)?, calculator.count(1000)?);
            let mut seen = 0;
            for _ in 0..number(&params, "n") {
                let (Some(low), Some(high)) = (low.next(), high.next()) else { break };
                seen += calculator.add(i64::from(low?), i64::from(high?))?;
            }
            Ok(seen)
        }))
    }

    pub fn report(_request: Request, params: Params) -> Response {
        said(calculator().and_then(|calculator| {
            let mut seen = Vec::new();
            let steps = calculator.report(number(&params, "n") as u32, |step| seen.push(step))?;
            Ok(format!("{steps} of {seen:?}"))
        }))
    }

    pub fn relay(_request: Request, params: Params) -> Response {
        said(calculator().and_then(|calculator| calculator.relay("second", number(&params, "n"))))
    }

    pub fn itself(_request: Request, _params: Params) -> Response {
        said(calculator().and_then(|calculator| calculator.itself()))
    }

    /// What it has not, and what it does not take.
    pub fn wrong(_request: Request, _params: Params) -> Response {
        let call = |function: &str| {
            Connection::to_name("calculator").and_then(|service| service.call::<i64>(function, &("one", 2)))
        };
        let codes = ["subtract", "add", "count"].map(|function| code(&call(function)));
        Response::text(format!("{}\n", codes.join(" ")))
    }

    /// A crash is told at once, and the next call finds the service again, as soon as it is there.
    pub fn crash(_request: Request, _params: Params) -> Response {
        let Ok(calculator) = calculator() else { return Response::new(503) };
        let calculator = calculator.with_timeout(Duration::MAX);
        let old = calculator.pid();
        let crashed = code(&calculator.crash());
        let sum = loop {
            if let Ok(sum) = calculator.add(1, 2) {
                break sum;
            }
        };
        Response::text(format!("{crashed} {sum} {}\n", old != calculator.pid()))
    }

    /// Given up before the answer comes, which nobody is to see then.
    pub fn slow(_request: Request, _params: Params) -> Response {
        let Ok(calculator) = calculator() else { return Response::new(503) };
        let late = code(&calculator.clone().with_timeout(Duration::from_millis(20)).slow());
        let sum = calculator.add(1, 2);
        let mail = receive_timeout(Duration::ZERO).is_some();
        Response::text(format!("{late} {sum:?} {mail}\n"))
    }

    pub fn echo(_request: Request, _params: Params) -> Response {
        let entry = Entry { id: u64::MAX, owner: Pid::own(), data: Bytes::from(&[0, 255][..]) };
        said(calculator().and_then(|calculator| Ok(calculator.echo(&entry)? == entry)))
    }

    /// Waits for the next sum. The hub forgets this process when it has ended.
    pub fn watch(_request: Request, _params: Params) -> Response {
        if let Err(error) = calculator().and_then(|calculator| calculator.watch("total")) {
            return said::<bool>(Err(error));
        }
        match receive_timeout(Duration::from_secs(60)) {
            Some(Mail::Message(message)) => Response::text(format!("{}\n", message.decode::<i64>().unwrap())),
            other => Response::text(format!("{other:?}\n")).status(500),
        }
    }

    pub fn watchers(_request: Request, _params: Params) -> Response {
        said(calculator().and_then(|calculator| calculator.watchers()))
    }

    fn calculator() -> Result<Client, CallError> {
        Client::connect("calculator")
    }

    fn number(params: &Params, name: &str) -> i64 {
        params.get(name).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    fn said<T: std::fmt::Debug>(result: Result<T, CallError>) -> Response {
        match result {
            Ok(value) => Response::text(format!("{value:?}\n")),
            Err(error) => Response::text(format!("{}: {error}\n", error.code().unwrap_or("-"))),
        }
    }

    fn code<T>(result: &Result<T, CallError>) -> String {
        match result {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.code().unwrap_or("-").to_owned(),
        }
    }
}
