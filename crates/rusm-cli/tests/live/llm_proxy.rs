use std::io::{Read, Write};
use std::sync::{Mutex, mpsc};

use crate::example_folder;
use crate::support::client::Client;
use crate::support::server::Server;
use crate::support::upstream::{Exchange, Upstream};

/// The app, with a server of the test's own in the model's place.
fn proxy(model: &Upstream, base: &str) -> Server {
    let folder = example_folder("llm-proxy");
    let path = "llm-proxy/rusm.toml";
    let manifest = folder.read(path).replace("127.0.0.1:9090", &model.address.to_string());
    folder.write(path, &manifest);
    let node = Server::spawn_with(folder, "llm-proxy", |command| {
        command.env("ANTHROPIC_BASE_URL", base).env("ANTHROPIC_API_KEY", "secret")
    });
    node.address();
    node
}

fn ask(client: &mut Client, question: &str) {
    let length = question.len();
    client.send(format!("POST /chat HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{question}"));
}

fn body(model: &mut Exchange) -> String {
    let mut body = vec![0; model.header("content-length").unwrap().parse().unwrap()];
    model.stream.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

fn event(model: &mut Exchange, json: &str) -> std::io::Result<()> {
    let kind = json.split('"').nth(3).unwrap();
    let event = format!("event: {kind}\ndata: {json}\n\n");
    write!(model.stream, "{:x}\r\n{event}\r\n", event.len())
}

fn begin(model: &mut Exchange) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    model.stream.write_all(head.as_bytes())?;
    event(
        model,
        r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[]}}"#,
    )?;
    event(model, r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#)
}

fn text(model: &mut Exchange, text: &str) -> std::io::Result<()> {
    let delta = format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
    );
    event(model, &delta)
}

#[test]
fn the_example_llm_proxy_passes_words_on_as_they_come() {
    let (go_on, heard) = mpsc::channel::<()>();
    let heard = Mutex::new(heard);
    let model = Upstream::start(move |mut model| {
        assert_eq!(model.path(), "/v1/messages");
        assert_eq!(model.header("authorization"), Some("Bearer secret"));
        let asked = body(&mut model);
        assert!(
            asked.contains(r#""stream":true"#) && asked.contains(r#""content":"how are you?""#),
            "{asked}"
        );
        begin(&mut model)?;
        text(&mut model, "I am ")?;
        // The second word is not made before the client has the first.
        heard.lock().unwrap().recv().unwrap();
        text(&mut model, "fine")?;
        event(&mut model, r#"{"type":"content_block_stop","index":0}"#)?;
        event(
            &mut model,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
        )?;
        event(&mut model, r#"{"type":"message_stop"}"#)?;
        model.stream.write_all(b"0\r\n\r\n")
    });
    let node = proxy(&model, &model.url(""));
    let mut client = node.client();
    for _ in 0..2 {
        ask(&mut client, " how are you?\n");
        let head = client.response_to_head();
        assert_eq!((head.status, head.header("content-type")), (200, "text/event-stream"));
        let first = "event: text\ndata: \"I am \"\n\n";
        assert_eq!(client.at_least(first.len()), first.as_bytes());
        go_on.send(()).unwrap();
        let rest = String::from_utf8(client.chunks()).unwrap();
        assert_eq!(rest, "event: text\ndata: \"fine\"\n\nevent: end\ndata: \"end_turn\"\n\n");
    }
    assert_eq!(node.post("/chat", " ").status, 400);
}

#[test]
fn the_example_llm_proxy_stops_the_model_when_its_client_has_gone() {
    let (stopped, wait) = mpsc::channel();
    let stopped = Mutex::new(stopped);
    let model = Upstream::start(move |mut model| {
        body(&mut model);
        begin(&mut model)?;
        while text(&mut model, "and so on, ").is_ok() {}
        stopped.lock().unwrap().send(()).unwrap();
        Ok(())
    });
    let node = proxy(&model, &model.url(""));
    let mut client = node.client();
    ask(&mut client, "go on");
    client.response_to_head();
    client.at_least(100);
    drop(client);
    wait.recv().unwrap();
}

#[test]
fn the_example_llm_proxy_keeps_its_key_to_itself() {
    let model = Upstream::start(|mut model| {
        body(&mut model);
        let error =
            r#"{"type":"error","error":{"type":"authentication_error","message":"no such key: secret"}}"#;
        model.answer("401 Unauthorized", "content-type: application/json\r\n", error.as_bytes())
    });
    let other = Upstream::start(|mut other| other.answer("200 OK", "", b""));
    for base in [model.url(""), other.url("")] {
        let refused = proxy(&model, &base).post("/chat", "hello");
        assert_eq!((refused.status, refused.text()), (502, r#"{"error":"the model gave no answer"}"#));
    }
    assert_eq!((model.connections(), other.connections()), (1, 0));
}
