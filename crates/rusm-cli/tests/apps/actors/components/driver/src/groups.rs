//! Groups of processes.

use job::Job;
use rusm_rs::group::{broadcast, broadcast_bytes, groups, join, leave, members};
use rusm_rs::process::{self, Pid};
use rusm_rs::{Mail, send};

use crate::{next, text_from, until, worker};

pub(crate) fn run(case: &str) -> String {
    let own = Pid::own();
    match case {
        "broadcast" => {
            let member = || {
                let pid = worker(&Job::Member { group: "choir".to_owned(), tell: own });
                text_from(pid);
                pid
            };
            let (first, second) = (member(), member());
            join("choir").unwrap();
            let mut all = [own, first, second];
            all.sort();
            assert_eq!(members("choir"), all);
            assert!(groups().contains(&"choir".to_owned()));
            let sent = broadcast("choir", "sing").unwrap();
            let heard = [text_from(first), text_from(second)];
            process::kill(first).unwrap();
            until(|| members("choir").len() == 2);
            format!("{sent}: {}", heard.join(", "))
        }
        "leave" => {
            join("pair").unwrap();
            join("pair").unwrap();
            let left = [leave("pair"), leave("pair"), leave("pair")];
            format!("{left:?} {:?} {}", members("pair"), groups().contains(&"pair".to_owned()))
        }
        "errors" => {
            let errors = [
                join("").unwrap_err(),
                join(&"x".repeat(256)).unwrap_err(),
                broadcast("", "x").unwrap_err(),
                broadcast_bytes("nobody", &vec![0; (16 << 20) + 1]).unwrap_err(),
            ];
            format!(
                "{}\n{}",
                errors.map(|error| error.to_string()).join("\n"),
                broadcast("nobody", "x").unwrap()
            )
        }
        "too-many" => {
            let count = (0..).take_while(|n| join(&format!("group {n}")).is_ok()).count();
            let error = join("one more").unwrap_err();
            leave("group 0");
            format!("{count}: {error}; {}", join("one more").is_ok())
        }
        "too-much" => {
            let deaf = worker(&Job::DeafMember { group: "full".to_owned() });
            until(|| members("full") == [deaf]);
            let long = vec![0; 15 << 20];
            let count = (0..).take_while(|_| broadcast_bytes("full", &long).is_ok()).count();
            let error = broadcast_bytes("full", &long).unwrap_err();
            process::kill(deaf).unwrap();
            until(|| broadcast_bytes("full", &long).is_ok());
            format!("{count}: {error}")
        }
        "dead-members" => {
            let member = worker(&Job::Member { group: "brief".to_owned(), tell: own });
            text_from(member);
            send(member, &7).unwrap(); // No text, so it panics.
            until(|| members("brief").is_empty());
            format!("{}", broadcast("brief", "x").unwrap())
        }
        "mail" => {
            join("own").unwrap();
            broadcast("own", "x").unwrap();
            send(own, "not from the group").unwrap();
            match next() {
                Mail::Message(message) => message.decode().unwrap(),
                other => format!("{other:?}"),
            }
        }
        case => panic!("no such case: {case}"),
    }
}
