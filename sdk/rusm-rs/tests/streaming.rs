//! Actions that reply or read piece by piece, through the export that the node calls.

mod sim;

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use rusm_rs::__rt::Shape;
use rusm_rs::bindings::exports::rusm::runtime::http_handler as export;
use rusm_rs::bindings::rusm::runtime::http_reply::StartError;
use rusm_rs::bindings::rusm::runtime::http_types as wire;
use rusm_rs::http::{Body, BodyError, Event, Params, Request, Response, Sse};
use rusm_rs::service::CallError;
use rusm_rs::{Mail, Pid};
use sim::Sim;
use sim::client::{Client, Visitor};

#[rusm_rs::client]
mod rooms {
    pub fn join(room: String) -> bool;
}

#[rusm_rs::service(shared)]
pub mod rooms_service {
    #![allow(
        missing_docs,
        clippy::needless_pass_by_value,
        reason = "the names say it, and arguments are the service's"
    )]

    use rusm_rs::Mail;
    use rusm_rs::process::Denied;
    use rusm_rs::pubsub::Topics;
    use rusm_rs::service::caller;

    fn init() -> Topics<String> {
        Topics::new()
    }

    pub fn join(rooms: &mut Topics<String>, room: String) -> Result<bool, Denied> {
        rooms.subscribe(room, caller())
    }

    pub fn say(rooms: &mut Topics<String>, room: String, text: String) -> usize {
        rooms.publish_bytes(&room, &text.into_bytes()).unwrap_or(0)
    }

    pub fn count(rooms: &mut Topics<String>, room: String) -> usize {
        rooms.count(&room)
    }

    fn handle_info(rooms: &mut Topics<String>, mail: Mail) {
        rooms.handle(&mail);
    }
}

#[rusm_rs::handlers]
pub mod api {
    #![allow(missing_docs, clippy::missing_panics_doc, reason = "the names say it")]

    use super::*;

    pub fn events(request: Request, params: Params, sse: Sse) {
        let last = request.last_event_id().unwrap_or("none");
        sse.comment(format!("{last} {}", params.get("room").unwrap_or("?")));
        while sse.data("again") {}
    }

    pub fn failing_events(_request: Request, _params: Params, sse: Sse) -> Result<(), String> {
        sse.data("so far");
        Err("no further".to_owned())
    }

    pub fn refusing(request: Request, _params: Params) -> Response {
        match request.header("authorization") {
            Some(_) => Response::sse(|sse| _ = sse.data("welcome")).header("x-more", "yes"),
            None => Response::new(401),
        }
    }

    pub fn follow(_request: Request, _params: Params) -> Result<Response, CallError> {
        rooms::Client::connect("rooms")?.join("tea".to_owned())?;
        Ok(Response::sse(|sse| {
            sse.run(0, |mail| match mail {
                Mail::Message(said) if said.body == b"close" => {
                    sse.close();
                    assert!(!sse.data("after the end"));
                    None
                }
                Mail::Message(said) => Some(Event::new().name("said").data(said.body)),
                _ => None,
            });
        }))
    }

    pub fn quiet(_request: Request, _params: Params, sse: Sse) {
        sse.run(1, |_| None::<Event>);
    }

    pub fn numbers(_request: Request, _params: Params) -> Response {
        let response = Response::stream(|body| {
            for number in 0..2000 {
                body.write_all(format!("{number:09}\n").as_bytes())?;
            }
            body.flush()?;
            body.write_all(b"the end")
        });
        response.status(203).header("content-type", "text/plain")
    }

    pub fn long(_request: Request, _params: Params) -> Response {
        Response::stream(|body| {
            body.write_all(b"small")?;
            body.write_all(&vec![b'x'; 200_000])
        })
    }

    pub fn failing(_request: Request, _params: Params) -> Response {
        Response::stream(|body| {
            write!(body, "some")?;
            Err(io::Error::new(io::ErrorKind::BrokenPipe, "another pipe"))
        })
    }

    pub fn endless(_request: Request, _params: Params) -> Response {
        Response::stream(|body| {
            loop {
                writeln!(body, "more")?;
            }
        })
    }

    pub fn upload(request: Request, _params: Params, mut body: Body) -> io::Result<Response> {
        let mut first = [0; 3];
        body.read_exact(&mut first)?;
        let second = body.next_chunk()?.unwrap_or_default();
        let rest = request.text().map_err(io::Error::from)?;
        assert_eq!(body.next_chunk()?, None);
        Ok(Response::text(format!("{:?} {:?} {rest:?}", utf8(&first), utf8(&second))))
    }

    pub fn whole(_request: Request, _params: Params, body: Body) -> Result<Response, BodyError> {
        Ok(Response::bytes("text/plain", body.read_all()?))
    }

    pub fn careless(request: Request, _params: Params, _body: Body) -> Response {
        Response::bytes("text/plain", request.body())
    }

    fn utf8(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }
}

fn request() -> export::Request {
    let params = vec![("room".to_owned(), "tea".to_owned())];
    export::Request { method: wire::Method::Get, target: "/here".to_owned(), params }
}

fn handle(name: &str) -> Result<Option<wire::Response>, String> {
    let index = api::__ACTIONS.iter().position(|action| action.name == name).expect("it is an action");
    rusm_rs::__rt::handle(api::__ACTIONS, u32::try_from(index).unwrap(), request())
}

type Answer = Arc<Mutex<Option<wire::Response>>>;

/// Has a client ask for an action.
fn ask(sim: &Sim, client: Client, action: &'static str) -> (Visitor, Answer) {
    let answer = Answer::default();
    let place = answer.clone();
    let visitor = sim.visit(client, move || {
        *place.lock().unwrap() = handle(action)?;
        Ok(())
    });
    (visitor, answer)
}

/// The body of a buffered answer, or the text of the failure.
fn body(action: &'static str, client: Client) -> Result<String, String> {
    let sim = Sim::default();
    let (visitor, answer) = ask(&sim, client, action);
    sim.end_of(visitor.pid)?;
    let response = answer.lock().unwrap().take().expect("it is buffered");
    Ok(String::from_utf8(response.body).unwrap())
}

fn here() -> Client {
    Client::of("/here")
}

#[test]
fn the_third_argument_decides_what_the_node_is_told() {
    let shape = |name| api::__ACTIONS.iter().find(|action| action.name == name).unwrap().shape;
    assert_eq!(shape("events"), Shape::Events);
    assert_eq!(shape("upload"), Shape::StreamedBody);
    assert_eq!(shape("numbers"), Shape::Buffered);
}

#[test]
fn a_stream_of_events_begins_before_its_action_and_ends_with_its_client() {
    let sim = Sim::default();
    let (client, answer) = ask(&sim, here().header("last-event-id", "7").takes(3), "events");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert!(answer.lock().unwrap().is_none());
    let head =
        [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(client.head(), (200, head.into()));
    assert_eq!(client.has_read(), ": 7 tea\n\ndata: again\n\ndata: again\n\n");
}

#[test]
fn a_failure_in_the_middle_of_events_is_the_actions() {
    let sim = Sim::default();
    let (client, _) = ask(&sim, here(), "failing_events");
    assert_eq!(sim.end_of(client.pid).unwrap_err(), "no further");
    assert_eq!(client.has_read(), "data: so far\n\n");
}

#[test]
fn a_reply_that_cannot_begin_is_a_failed_action() {
    let sim = Sim::default();
    for (error, text) in [
        (
            StartError::NoRequest,
            "a reply that is streamed answers an HTTP request, and this process was made for none",
        ),
        (StartError::Invalid("no such status: 99".to_owned()), "no such status: 99"),
    ] {
        for action in ["events", "numbers"] {
            let (client, _) = ask(&sim, here().refuses(error.clone()), action);
            assert_eq!(sim.end_of(client.pid).unwrap_err(), text);
            assert!(client.writes().is_empty());
        }
    }
}

#[test]
fn an_action_may_refuse_before_it_streams() {
    let sim = Sim::default();
    let (client, answer) = ask(&sim, here(), "refusing");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert_eq!(answer.lock().unwrap().take().unwrap().status, 401);

    let (client, answer) = ask(&sim, here().header("authorization", "key"), "refusing");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert!(answer.lock().unwrap().is_none());
    assert_eq!(client.has_read(), "data: welcome\n\n");
    assert_eq!(client.head().1.last().unwrap(), &("x-more".to_owned(), "yes".to_owned()));
}

/// Asks the service that keeps the rooms.
fn ask_rooms<T>(sim: &Sim, ask: impl FnOnce(&rooms_service::Client) -> Result<T, CallError>) -> T {
    sim.run(|| ask(&rooms_service::Client::connect("rooms").unwrap()).unwrap())
}

#[test]
fn a_client_follows_a_topic_until_it_leaves() {
    let sim = Sim::default();
    let rooms = sim.start("rooms", rooms_service::__run);
    let tea = || "tea".to_owned();
    let say = |text: &str| ask_rooms(&sim, |rooms| rooms.say(tea(), text.to_owned()));
    let (leaves, _) = ask(&sim, here(), "follow");
    let (stays, _) = ask(&sim, here(), "follow");
    leaves.head();
    stays.head();
    assert_eq!(say("one\ntwo"), 2);
    stays.reads("event: said\ndata: one\ndata: two\n\n");
    leaves.reads("event: said\ndata: one\ndata: two\n\n");
    leaves.leaves();
    // Mail that is no message does not end it, and what is sent to who has left does.
    say("three");
    assert_eq!(sim.end_of(leaves.pid), Ok(()));
    stays.reads("three");
    sim.wait_for_monitors(1);
    assert_eq!(ask_rooms(&sim, |rooms| rooms.count(tea())), 1);
    // Ended from within.
    say("close");
    assert_eq!(sim.end_of(stays.pid), Ok(()));
    assert!(!stays.has_read().contains("after"));
    sim.kill(rooms);
}

#[test]
fn a_quiet_stream_says_that_it_is_alive_whatever_mail_comes() {
    let sim = Sim::default();
    let (client, _) = ask(&sim, here(), "quiet");
    client.reads(":\n\n:\n\n");
    sim.run(|| rusm_rs::send(client.pid, "of no use").unwrap());
    let before = client.has_read();
    client.reads(&format!("{before}:\n\n"));
    client.leaves();
    assert_eq!(sim.end_of(client.pid), Ok(()));
}

#[test]
fn small_writes_of_a_body_go_out_together() {
    let sim = Sim::default();
    let (client, answer) = ask(&sim, here(), "numbers");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert!(answer.lock().unwrap().is_none());
    let head = [("content-type", "text/plain")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(client.head(), (203, head.into()));
    let lines: Vec<String> =
        (0..2000).map(|number| format!("{number:09}")).chain(["the end".into()]).collect();
    assert_eq!(client.has_read(), lines.join("\n"));
    let lengths: Vec<usize> = client.writes().iter().map(Vec::len).collect();
    assert_eq!(lengths, [8190, 8190, 20_000 - 2 * 8190, 7]);
}

#[test]
fn a_long_write_goes_out_by_itself_and_in_order() {
    let sim = Sim::default();
    let (client, _) = ask(&sim, here(), "long");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    let lengths: Vec<usize> = client.writes().iter().map(Vec::len).collect();
    let piece = 64 << 10;
    assert_eq!(lengths, [5, piece, piece, piece, 200_000 - 3 * piece]);
    assert_eq!(client.has_read(), "small".to_owned() + &"x".repeat(200_000));
}

#[test]
fn an_error_of_a_body_is_the_actions_unless_the_client_is_gone() {
    let sim = Sim::default();
    let (client, _) = ask(&sim, here(), "failing");
    assert_eq!(sim.end_of(client.pid).unwrap_err(), "another pipe");
    for writes in [0, 3] {
        let (client, answer) = ask(&sim, here().takes(writes), "endless");
        assert_eq!(sim.end_of(client.pid), Ok(()));
        assert!(answer.lock().unwrap().is_none());
        assert_eq!(client.writes().len(), writes);
    }
    // What was gathered goes nowhere.
    let (client, _) = ask(&sim, here().takes(0), "failing");
    assert_eq!(sim.end_of(client.pid).unwrap_err(), "another pipe");
}

#[test]
fn a_body_is_read_by_whoever_asks_first() {
    let client = here().upload(b"abcde").upload(b"fgh").upload(b"ijk");
    assert_eq!(body("upload", client).unwrap(), r#""abc" "de" "fghijk""#);
    assert_eq!(body("whole", here().upload(b"abc").upload(b"def")).unwrap(), "abcdef");
    assert_eq!(body("careless", here().upload(b"abc")).unwrap(), "abc");
    assert_eq!(body("whole", here()).unwrap(), "");
}

#[test]
fn a_body_that_breaks_off_is_never_taken_for_whole() {
    let gone = "the client went away before the end of the request's body";
    for action in ["upload", "whole", "careless"] {
        let client = here().upload(b"abcde").aborts();
        assert_eq!(body(action, client).unwrap_err(), gone, "{action}");
    }
    let client = here().upload(b"abc").upload(b"de").upload(b"f").aborts();
    assert_eq!(body("upload", client).unwrap_err(), gone);
}

#[test]
fn a_stream_is_sent_once() {
    let response = Response::stream(|body| body.write_all(b"once"));
    let clone = response.clone();
    assert_eq!(response, clone);
    assert_eq!(response.body(), b"");
    assert_eq!(response.into_body().unwrap(), b"once");
    assert_eq!(clone.into_body().unwrap_err(), "this streamed response was sent already, or a clone of it");
    assert_ne!(Response::sse(|_| ()), Response::sse(|_| ()));
}

#[test]
fn errors_of_a_body_have_the_kinds_of_std() {
    let error = io::Error::from(BodyError::Aborted);
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    let error = Request::post("/").with_body("{").json::<Pid>().unwrap_err();
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidData);
}
