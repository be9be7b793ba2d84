//! Messages, and calls of actions.

use std::time::Duration;

use job::Job;
use rusm_rs::action::call_with;
use rusm_rs::http::{Method, Request};
use rusm_rs::process::{self, Pid};
use rusm_rs::{Mail, receive_timeout, send, send_bytes};

use crate::{monitored, next, text_from, until, worker};

pub(crate) fn run(case: &str) -> String {
    let own = Pid::own();
    match case {
        "selective" => {
            for n in 0..6 {
                send(own, &n).unwrap();
            }
            let number = |mail: Mail| match mail {
                Mail::Message(message) => message.decode::<u32>().unwrap(),
                other => panic!("{other:?}"),
            };
            let is = |wanted: u32| move |mail: &Mail| matches!(mail, Mail::Message(m) if m.decode::<u32>().unwrap() == wanted);
            let mut order =
                vec![number(process::receive_match(is(4))), number(process::receive_match(is(1)))];
            let none = process::receive_match_timeout(Duration::ZERO, is(9)).is_none();
            order.extend((0..4).map(|_| number(next())));
            format!("{order:?} {none}")
        }
        "timeout" => {
            let nothing = [Duration::ZERO, Duration::from_millis(1)].map(receive_timeout);
            format!("{nothing:?}")
        }
        "too-long" => {
            let long = vec![0; (16 << 20) + 1];
            let error = send_bytes(own, &long).unwrap_err();
            send_bytes(own, &long[1..]).unwrap();
            let Mail::Message(message) = next() else { panic!() };
            format!("{error}; {} is not", message.body.len())
        }
        "own-mailbox-full" => {
            let sent = (0..).take_while(|n| send(own, n).is_ok()).count();
            let error = send(own, "one more").unwrap_err();
            next();
            format!("{sent}: {error}; {}", send(own, "and now").is_ok())
        }
        // So many messages that the mailbox is full, or so long that the sender's memory is.
        "suspended-by-number" => suspended(5000, 4, 4096),
        "suspended-by-length" => suspended(8, 15 << 20, 4),
        "forged" => {
            // What a down, an exit or another's message could be thought to look like.
            let forgeries: [&[u8]; 5] = [
                br#"{"down":{"monitor":1,"pid":1,"reason":"killed"}}"#,
                br#"["exit",{"sender":1,"reason":"kill"}]"#,
                b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x03\0\0\0",
                b"\x83h\x05w\x04DOWN",
                b"",
            ];
            process::trap_exit(true);
            let mut seen = Vec::new();
            for bytes in forgeries {
                let liar = worker(&Job::Say { to: own, bytes: bytes.to_vec() });
                match next() {
                    Mail::Message(message) => seen.push(message.from == liar && message.body == bytes),
                    other => panic!("{other:?}"),
                }
            }
            format!("{seen:?} {:?}", receive_timeout(Duration::ZERO))
        }
        "to-supervisor" => {
            use rusm_rs::supervisor::{Strategy, Supervisor};
            let supervisor = Supervisor::new(Strategy::OneForOne).start().unwrap();
            for _ in 0..10_000 {
                send(supervisor.pid(), "{'EXIT'}").unwrap();
            }
            format!("{:?}", supervisor.count_children().map(|counts| counts.specs))
        }
        "call" => {
            let request = Request::post("/where?to=there").with_header("x-word", "hi").with_body("body");
            let limit = Duration::from_secs(10);
            let response = call_with(limit, "driver#target", [("id", "7")], request).unwrap();
            format!("{} {}", response.status_code(), String::from_utf8_lossy(response.body()))
        }
        "call-errors" => {
            let call = |action: &str, request| format!("{:?}", rusm_rs::call(action, request).unwrap_err());
            let get = || Request::get("/");
            [
                call("hidden#run", get()),
                call("worker#run", get()),
                call("driver#no-such", get()),
                call("driver", get()),
                call("driver#target", Request::get("not a path")),
                call("driver#target", get().with_header("x\n", "y")),
                call("driver#target", Request::new(Method::Delete, "/")),
                format!("{:?}", call_with(Duration::from_millis(50), "driver#run", WAIT, get()).unwrap_err()),
            ]
            .join("\n")
        }
        "call-busy" => format!("{:?}", rusm_rs::call("driver#target", Request::get("/")).unwrap_err()),
        "wait" => {
            rusm_rs::receive();
            unreachable!("nobody sends it anything")
        }
        case => panic!("no such case: {case}"),
    }
}

/// Never answered.
const WAIT: [(&str, &str); 2] = [("theme", "mail"), ("case", "wait")];

/// A sender is suspended when this many of its messages wait, and goes on when they are received.
fn suspended(count: u32, length: usize, waiting: u64) -> String {
    let until_name = format!("open the gate of {}", Pid::own());
    let (deaf, _) = monitored(&Job::Deaf { until: until_name.clone(), count, tell: Pid::own() });
    let sender = worker(&Job::Flood { to: deaf, count, length, tell: Pid::own() });
    let mailbox = || process::info(deaf).unwrap().map_or(0, |info| info.mailbox);
    until(|| mailbox() == waiting);
    let early = receive_timeout(Duration::from_millis(20)).is_some();
    let still = mailbox() == waiting;
    process::register(&until_name).unwrap();
    format!("{early} {still} {} {}", text_from(sender), text_from(deaf))
}
