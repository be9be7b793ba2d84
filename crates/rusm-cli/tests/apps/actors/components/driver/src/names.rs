//! Names of processes.

use job::Job;
use rusm_rs::process::{self, Pid};
use rusm_rs::{send, whereis};

use crate::{until, worker};

pub(crate) fn run(case: &str) -> String {
    match case {
        "own" => {
            process::register("driver of this test").unwrap();
            process::register("driver").unwrap();
            let found = [whereis("driver of this test"), whereis("driver")];
            assert_eq!(found, [Some(Pid::own()); 2]);
            let names = process::info(Pid::own()).unwrap().unwrap().names;
            let taken_back = process::unregister("driver");
            format!(
                "{} names, {taken_back} {} {:?}",
                names.len(),
                process::unregister("driver"),
                whereis("driver")
            )
        }
        "errors" => {
            let echo = whereis("echo").unwrap();
            let long = "x".repeat(256);
            let errors =
                ["worker", "echo", "", &long].map(|name| process::register(name).unwrap_err().to_string());
            process::register(&long[1..]).unwrap();
            format!("{}\n{}", errors.join("\n"), process::unregister("echo")).replace(&echo.to_string(), "N")
        }
        "taken" => {
            let deaf = worker(&Job::Deaf { until: "no such".to_owned(), count: 0, tell: Pid::own() });
            process::register("mine").unwrap();
            let again = process::register("mine").unwrap_err();
            process::kill(deaf).unwrap();
            again.to_string().replace(&Pid::own().to_string(), "OWN")
        }
        "too-many" => {
            let count = (0..).take_while(|n| process::register(&format!("name {n}")).is_ok()).count();
            process::unregister("name 0");
            format!("{count} {}", process::register("one more").is_ok())
        }
        // The process of the request before this one had it.
        "leave" => {
            process::register("left behind").unwrap();
            String::from("registered")
        }
        "left" => {
            until(|| whereis("left behind").is_none());
            let nobody = whereis("left behind");
            send(Pid::from_u64(7), "to nobody").unwrap();
            format!("{nobody:?}")
        }
        case => panic!("no such case: {case}"),
    }
}
