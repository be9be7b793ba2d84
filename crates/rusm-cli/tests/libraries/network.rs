//! Libraries that ask others: clients of HTTP, and of a language model.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::{Mutex, mpsc};

use serde_json::json;

use crate::support::server::Server;
use crate::support::upstream::{Exchange, Upstream};
use crate::{json_of, serve_by};

fn serve(component: &str, upstream: &Upstream) -> Server {
    let profile = format!("allow-network = [\"{}\"]\nenv = [\"UPSTREAM\"]", upstream.address);
    serve_by(component, &profile, &format!("UPSTREAM={}\n", upstream.url("")))
}

fn body(exchange: &mut Exchange) -> String {
    let mut body = vec![0; exchange.header("content-length").unwrap().parse().unwrap()];
    exchange.stream.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// `/echo` tells what it was asked, `/flaky` fails at first, `/late` never answers.
fn other_side(never: mpsc::Receiver<()>) -> Upstream {
    let asked = Mutex::new(HashMap::<String, u32>::new());
    let never = Mutex::new(never);
    Upstream::start(move |mut exchange| {
        let path = exchange.path().to_owned();
        let asked_before = || {
            let mut asked = asked.lock().unwrap();
            let times = asked.entry(path.clone()).or_default();
            *times += 1;
            *times - 1
        };
        match path.split(['?', '/']).nth(1).unwrap() {
            "echo" => {
                let head =
                    ["x-from", "content-type"].map(|name| exchange.header(name).unwrap_or("").to_owned());
                let method = exchange.head.split(' ').next().unwrap().to_owned();
                let echo =
                    json!({"asked": format!("{method} {path}"), "head": head, "body": body(&mut exchange)});
                exchange.answer("200 OK", "content-type: application/json\r\n", echo.to_string().as_bytes())
            }
            "flaky" if asked_before() == 0 => exchange.answer("503 Service Unavailable", "", b""),
            "flaky" => exchange.answer("200 OK", "content-type: text/plain\r\n", b"at last"),
            "late" => never.lock().unwrap().recv().map_err(io::Error::other),
            _ => exchange.answer("404 Not Found", "", b""),
        }
    })
}

#[test]
fn ky_and_ofetch_ask_again_and_give_up() {
    let (_end, never) = mpsc::channel();
    let upstream = other_side(never);
    let node = serve("clients", &upstream);
    let echo = |from: &str, asked: &str, kind: &str, body: &str| json!({"asked": asked, "head": [from, kind], "body": body});
    let expected = json!({
        "echo": echo("ky", "POST /echo?a=b+c", "application/json", r#"{"n":1}"#),
        "flaky": "at last",
        "missing": 404,
        "late": "TimeoutError",
        "seen": ["200", "503", "200", "404"],
    });
    assert_eq!(json_of(&node, "/ky"), expected);
    let form = echo("ofetch", "PUT /echo", "application/x-www-form-urlencoded;charset=UTF-8", "a=1");
    let expected = json!({
        "echo": echo("ofetch", "POST /echo?a=b+c", "application/json", r#"{"n":1}"#),
        "flaky": "at last",
        "missing": 404,
        "raw": [200, "application/json", form],
    });
    assert_eq!(json_of(&node, "/ofetch"), expected);
}

/// The streamed answer of the Messages API to a question about the weather: words, and a tool to be used.
const EVENTS: [&str; 9] = [
    r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"x","stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I look "}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"… out."}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"weather","input":{}}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"at\":\"he"}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"re\"}"}}"#,
    r#"{"type":"content_block_stop","index":1}"#,
];

const END: [&str; 2] = [
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7}}"#,
    r#"{"type":"message_stop"}"#,
];

#[test]
fn the_sdk_of_anthropic_puts_together_what_is_streamed() {
    let api = Upstream::start(|mut api| {
        let asked = body(&mut api);
        if asked.contains("whole") {
            let whole = r#"{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"whole"}],"model":"x","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#;
            return api.answer("200 OK", "content-type: application/json\r\n", whole.as_bytes());
        }
        if asked.contains("refuse") {
            let error = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#;
            let headers = "content-type: application/json\r\nrequest-id: r1\r\nretry-after-ms: 1\r\n";
            return api.answer("429 Too Many Requests", headers, error.as_bytes());
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n";
        api.stream.write_all(head.as_bytes())?;
        for json in EVENTS.into_iter().chain(END) {
            let event = format!("event: {}\ndata: {json}\n\n", json.split('"').nth(3).unwrap());
            // In pieces that care for no character.
            for piece in event.as_bytes().chunks(50) {
                write!(api.stream, "{:x}\r\n", piece.len())?;
                api.stream.write_all(piece)?;
                api.stream.write_all(b"\r\n")?;
            }
        }
        api.stream.write_all(b"0\r\n\r\n")
    });
    let answer = json_of(&serve("model", &api), "/");
    assert_eq!(answer["texts"], json!(["I look ", "… out."]));
    let content = json!([
        {"type": "text", "text": "I look … out."},
        {"type": "tool_use", "id": "t", "name": "weather", "input": {"at": "here"}},
    ]);
    assert_eq!(answer["content"], content);
    assert_eq!((&answer["stop_reason"], &answer["usage"]["output_tokens"]), (&json!("tool_use"), &json!(7)));
    assert_eq!(answer["whole"], json!([{"type": "text", "text": "whole"}]));
    assert_eq!(answer["refused"][0], 429);
    assert_eq!(answer["refused"][1], "r1");
    assert!(answer["refused"][2].as_str().unwrap().contains("slow down"), "{}", answer["refused"]);
}
