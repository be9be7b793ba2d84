//! Tries what nobody granted it.

use rusm_rs::Stream;
use rusm_rs::http::{Params, Request, Response};
use rusm_rs::process::{self, ExitReason, Pid};
use rusm_rs::supervisor::{Child, Strategy, Supervisor, SupervisorRef};

#[rusm_rs::handlers]
pub mod outsider {
    use super::*;

    pub fn run(_request: Request, params: Params) -> Response {
        Response::text(match params.get("case").unwrap() {
            "spawn" => rusm_rs::spawn("worker").unwrap_err().to_string(),
            "call" => rusm_rs::call("driver#target", Request::get("/")).unwrap_err().to_string(),
            "list" => process::list().unwrap_err().to_string(),
            "supervise" => Supervisor::new(Strategy::OneForOne)
                .child(Child::new("w", "worker"))
                .start()
                .unwrap_err()
                .to_string(),
            "supervise-deep" => {
                let inner = Supervisor::new(Strategy::OneForOne).child(Child::new("e", "echo"));
                let outer = Supervisor::new(Strategy::OneForOne).child(Child::supervisor("s", inner));
                outer.start().unwrap_err().to_string()
            }
            "foreign" => {
                let other = rusm_rs::whereis("echo").unwrap();
                let supervisor = SupervisorRef::from_pid(other);
                let tried = [
                    process::link(other).unwrap_err(),
                    process::monitor(other).unwrap_err(),
                    process::exit(other, &ExitReason::Shutdown).unwrap_err(),
                    process::kill(other).unwrap_err(),
                    process::info(other).unwrap_err(),
                ];
                let mut text: Vec<_> = tried.iter().map(ToString::to_string).collect();
                text.push(supervisor.which_children().unwrap_err().to_string());
                text.push(supervisor.start_child(Child::new("w", "worker")).unwrap_err().to_string());
                text.push(supervisor.terminate_child("w").unwrap_err().to_string());
                // A pid is a number, and the text is to be the same each time.
                text.join("\n").replace(&other.to_string(), "N")
            }
            // What needs no grant.
            "own" => {
                let own = Pid::own();
                process::set_label("outside");
                let label = process::info(own).unwrap().unwrap().label.unwrap();
                let empty = Supervisor::new(Strategy::OneForOne).start().unwrap();
                let count = empty.count_children().unwrap().specs;
                empty.stop().unwrap();
                let mut writer = Stream::open(own).unwrap();
                writer.write_all(b"self").unwrap();
                let read = Stream::accept().next_bytes().unwrap().unwrap();
                format!("{label} {count} {}", String::from_utf8(read).unwrap())
            }
            case => panic!("no such case: {case}"),
        })
    }
}
