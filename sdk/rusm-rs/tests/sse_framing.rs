//! What is written as events is what a client reads: against a reader written after the WHATWG HTML standard's
//! "Parsing an event stream" and "Interpreting an event stream" (section 9.2), not after the writer.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use rusm_rs::http::{Event, Sse};

/// What a browser makes of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    messages: Vec<Message>,
    retry: Option<String>,
    last_event_id: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Message {
    name: String,
    data: String,
    last_event_id: String,
}

#[derive(Default)]
struct Buffers {
    data: String,
    event_type: String,
    last_event_id: String,
}

/// Reads a whole stream.
fn read(stream: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let mut seen = Seen::default();
    let mut buffers = Buffers::default();
    for line in lines(text) {
        if line.is_empty() {
            dispatch(&mut buffers, &mut seen);
        } else if let Some((field, value)) = line.split_once(':') {
            let value = value.strip_prefix(' ').unwrap_or(value);
            // A comment's field has no name.
            process(field, value, &mut buffers, &mut seen);
        } else {
            process(line, "", &mut buffers, &mut seen);
        }
    }
    seen
}

/// The lines that have an end. What follows the last one is no event.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\r', '\n']) {
        lines.push(&rest[..end]);
        let length = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[end + length..];
    }
    lines
}

fn process(field: &str, value: &str, buffers: &mut Buffers, seen: &mut Seen) {
    match field {
        "event" => value.clone_into(&mut buffers.event_type),
        "data" => {
            buffers.data.push_str(value);
            buffers.data.push('\n');
        }
        "id" if !value.contains('\0') => value.clone_into(&mut buffers.last_event_id),
        "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => seen.retry = Some(value.to_owned()),
        _ => {}
    }
}

fn dispatch(buffers: &mut Buffers, seen: &mut Seen) {
    seen.last_event_id.clone_from(&buffers.last_event_id);
    let event_type = std::mem::take(&mut buffers.event_type);
    let mut data = std::mem::take(&mut buffers.data);
    if data.is_empty() {
        return;
    }
    data.pop();
    let name = if event_type.is_empty() { "message".to_owned() } else { event_type };
    seen.messages.push(Message { name, data, last_event_id: buffers.last_event_id.clone() });
}

#[derive(Clone, Debug)]
enum Write {
    Data(Vec<u8>),
    Comment(Vec<u8>),
    Event { id: Option<String>, name: Option<String>, retry: Option<u64>, data: Option<Vec<u8>> },
}

/// What a client is to see of it.
fn expect(writes: &[Write]) -> Seen {
    let mut seen = Seen::default();
    for write in writes {
        let (name, data) = match write {
            Write::Data(data) => (None, Some(data)),
            Write::Comment(_) => continue,
            Write::Event { id, name, retry, data } => {
                if let Some(id) = id {
                    seen.last_event_id.clone_from(id);
                }
                if let Some(retry) = retry {
                    seen.retry = Some(retry.to_string());
                }
                (name.as_deref(), data.as_ref())
            }
        };
        if let Some(data) = data {
            seen.messages.push(Message {
                name: name.filter(|name| !name.is_empty()).unwrap_or("message").to_owned(),
                data: String::from_utf8_lossy(data).replace("\r\n", "\n").replace('\r', "\n"),
                last_event_id: seen.last_event_id.clone(),
            });
        }
    }
    seen
}

fn write(sse: &Sse, write: &Write) -> bool {
    match write {
        Write::Data(data) => sse.data(data),
        Write::Comment(text) => sse.comment(text),
        Write::Event { id, name, retry, data } => {
            let mut event = Event::new();
            if let Some(id) = id {
                event = event.id(id);
            }
            if let Some(name) = name {
                event = event.name(name);
            }
            if let Some(retry) = retry {
                event = event.retry(Duration::from_millis(*retry));
            }
            if let Some(data) = data {
                event = event.data(data.as_slice());
            }
            // Either way is the same.
            if data.is_some() { sse.event(&event) } else { sse.write(event.to_vec()) }
        }
    }
}

/// What means something to the format, or is no UTF-8.
const PIECES: &[&[u8]] =
    &[b"\n", b"\r", b"\r\n", b":", b" ", b"data: ", b"id:", b"\0", b"\xEF\xBB\xBF", b"\xE2\x82", b"\xFF"];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        vec(any::<u8>(), 0..4),
        "\\PC{0,4}".prop_map(String::into_bytes),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Text of one line, without these characters.
fn line(without: &'static [char]) -> impl Strategy<Value = String> {
    let text = bytes().prop_map(|bytes| String::from_utf8_lossy(&bytes).replace(['\r', '\n'], ""));
    text.prop_map(move |text| text.replace(without, ""))
}

fn any_write() -> impl Strategy<Value = Write> {
    let event = (of(line(&['\0'])), of(line(&[])), of(any::<u64>()), of(bytes()));
    prop_oneof![
        bytes().prop_map(Write::Data),
        bytes().prop_map(Write::Comment),
        event.prop_map(|(id, name, retry, data)| Write::Event { id, name, retry, data }),
    ]
}

proptest! {
    #[test]
    fn a_client_reads_what_was_written(writes in vec(any_write(), 0..12)) {
        let (sse, seen) = Sse::record(usize::MAX);
        for one in &writes {
            prop_assert!(write(&sse, one));
        }
        prop_assert_eq!(read(&seen.bytes()), expect(&writes));
    }

    #[test]
    fn an_id_and_a_name_are_refused_when_they_would_not_arrive(text in bytes()) {
        let text = String::from_utf8_lossy(&text).into_owned();
        let ends_a_line = text.contains(['\r', '\n']);
        prop_assert_eq!(Event::new().try_name(text.as_str()).is_err(), ends_a_line);
        prop_assert_eq!(Event::new().try_id(text.as_str()).is_err(), ends_a_line || text.contains('\0'));
    }
}

#[test]
fn the_reader_reads_the_standards_own_examples() {
    let stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\ndata: cut";
    let seen = read(stream);
    let messages: Vec<_> =
        seen.messages.iter().map(|message| (&*message.data, &*message.last_event_id)).collect();
    assert_eq!(messages, [("first event", "1"), ("second event", ""), (" third event", "")]);
    let seen = read(b"data\n\ndata\ndata\n\ndata:");
    let messages: Vec<_> = seen.messages.iter().map(|message| &*message.data).collect();
    assert_eq!(messages, ["", "\n"]);
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let text = Event::new().try_id("a\0").unwrap_err().to_string();
    assert_eq!(text, r#"an event's id has neither a NUL nor an end of line: "a\0""#);
    let text = Event::new().try_name("a\n").unwrap_err().to_string();
    assert_eq!(text, r#"an event's name has no end of line: "a\n""#);
}

#[test]
#[should_panic(expected = "an event's id has neither a NUL nor an end of line")]
fn an_id_that_would_not_arrive_panics() {
    let _ = Event::new().id("one\ntwo");
}
