//! Births, bonds and ends.

use job::Job;
use rusm_rs::http::Request;
use rusm_rs::process::{self, ExitReason, Pid, Spawn};
use rusm_rs::supervisor::{Child, Strategy, Supervisor};
use rusm_rs::{Mail, send_bytes};

use crate::{down, end_of, monitored, next, text_from, until, worker};

pub(crate) fn run(case: &str) -> String {
    match case {
        "argument" => {
            let said = worker(&Job::Say { to: Pid::own(), bytes: b"\"told\"".to_vec() });
            text_from(said)
        }
        "no-argument" => {
            let echo = rusm_rs::spawn("echo").unwrap();
            send_bytes(echo, b"\"again\"").unwrap();
            text_from(echo)
        }
        "spawn-errors" => {
            ["hidden", "outsider"].map(|name| rusm_rs::spawn(name).unwrap_err().to_string()).join("\n")
        }
        // For who may spawn anything.
        "no-component" => {
            let call = rusm_rs::call("nobody#run", Request::get("/")).unwrap_err();
            let supervisor = Supervisor::new(Strategy::OneForOne).child(Child::new("a", "nobody"));
            let spawn = rusm_rs::spawn("nobody").unwrap_err();
            format!("{spawn}\n{call}\n{}", supervisor.start().unwrap_err())
        }
        "argument-too-long" => {
            let long = vec![0; 17 << 20];
            let mut spawned = Vec::new();
            let error = loop {
                match Spawn::new("echo").argument_bytes(long.clone()).start() {
                    Ok(new) => spawned.push(new.pid),
                    Err(error) => break error,
                }
            };
            process::kill(spawned[0]).unwrap();
            // What it was told goes with it.
            until(|| Spawn::new("echo").argument_bytes(long.clone()).start().is_ok());
            format!("{} live: {error}", spawned.len())
        }
        "reasons" => {
            let reasons = ["normal", "shutdown", "shutdown: for lunch", "killed", "no process", "a\nb"];
            let mut ends: Vec<_> = reasons.map(|reason| end_of(&Job::End(reason.to_owned()))).into();
            ends.push(end_of(&Job::Nothing));
            ends.push(end_of(&Job::Fail("gave up".to_owned())));
            ends.push(end_of(&Job::Trap));
            ends.join("\n")
        }
        "panic" => end_of(&Job::Panic("no more".to_owned())),
        "down-of-the-dead" => {
            let (pid, monitor) = monitored(&Job::Nothing);
            let first = down(monitor);
            let second = down(process::monitor(pid).unwrap());
            assert!(first.pid == pid && second.pid == pid && !process::is_alive(pid));
            format!("{}, then {}", first.reason, second.reason)
        }
        "demonitor" => {
            let (pid, monitor) = monitored(&Job::Idle);
            let other = process::monitor(pid).unwrap();
            process::demonitor(monitor);
            process::kill(pid).unwrap();
            down(other);
            // One that has come is taken back as well.
            let (pid, monitor) = monitored(&Job::Nothing);
            until(|| !process::is_alive(pid));
            process::demonitor(monitor);
            format!("{:?}", rusm_rs::receive_timeout(std::time::Duration::ZERO))
        }
        "link" => {
            process::trap_exit(true);
            let job = Job::End("broken".to_owned());
            let pid = Spawn::new("worker").argument(&job).link().start().unwrap().pid;
            match next() {
                Mail::Exit(signal) if signal.from == pid => format!("exit: {}", signal.reason),
                other => format!("{other:?}"),
            }
        }
        "link-ends-both" => end_of(&Job::Link(Box::new(Job::End("first".to_owned())))),
        "normal-link" => {
            let child = Job::Say { to: Pid::own(), bytes: Vec::new() };
            let (pid, monitor) = monitored(&Job::Link(Box::new(child)));
            next();
            until(|| process::info(pid).unwrap().is_some_and(|info| info.links.is_empty()));
            process::exit(pid, &ExitReason::Shutdown).unwrap();
            down(monitor).reason.to_string()
        }
        "unlink" => {
            let pid = Spawn::new("worker").argument(&Job::Idle).link().start().unwrap().pid;
            let monitor = process::monitor(pid).unwrap();
            process::unlink(pid);
            process::kill(pid).unwrap();
            format!("{}, and this goes on", down(monitor).reason)
        }
        "exit-signals" => {
            let (idle, end) = monitored(&Job::Idle);
            process::exit(idle, &ExitReason::Normal).unwrap();
            let alive = process::is_alive(idle);
            process::exit(idle, &ExitReason::ShutdownWith("now".to_owned())).unwrap();
            let idle = down(end).reason;
            let (trapping, end) = monitored(&Job::Trapping(Pid::own()));
            text_from(trapping);
            process::exit(trapping, &ExitReason::Normal).unwrap();
            process::exit(trapping, &ExitReason::crashed("x")).unwrap();
            let trapped = [text_from(trapping), text_from(trapping)];
            process::kill(trapping).unwrap();
            format!("{alive}; {idle}; {}; {}", trapped.join(", "), down(end).reason)
        }
        "own-end" => {
            // The request ends with it, and there is no reply.
            process::exit_self(&ExitReason::crashed("of its own will"))
        }
        "info" => {
            let spawned = Spawn::new("worker").argument(&Job::Idle).label("a sleeper").link().monitor();
            let pid = spawned.start().unwrap().pid;
            let info = process::info(pid).unwrap().unwrap();
            let own = process::info(Pid::own()).unwrap().unwrap();
            assert!(info.pid == pid && info.links == [Pid::own()] && info.monitored_by == [Pid::own()]);
            assert!(own.links == [pid] && own.monitors == [pid]);
            process::unlink(pid);
            process::kill(pid).unwrap();
            until(|| process::info(pid).unwrap().is_none());
            format!("{:?} {:?} {}", info.label, own.label, info.trap_exit)
        }
        "list" => {
            let (first, second) = (worker(&Job::Idle), worker(&Job::Idle));
            let list = process::list().unwrap();
            let echo = rusm_rs::whereis("echo").unwrap();
            format!("{}", [Pid::own(), first, second, echo].iter().all(|pid| list.contains(pid)))
        }
        "foreign" => {
            let echo = rusm_rs::whereis("echo").unwrap();
            let monitor = process::monitor(echo).unwrap();
            process::kill(echo).unwrap();
            down(monitor).reason.to_string()
        }
        case => panic!("no such case: {case}"),
    }
}
