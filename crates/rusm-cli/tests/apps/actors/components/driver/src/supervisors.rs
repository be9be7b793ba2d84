//! Supervisors.

use std::time::Duration;

use job::Job;
use rusm_rs::process::{self, ExitReason, Pid};
use rusm_rs::supervisor::{
    AutoShutdown, Child, ChildCounts, ChildState, Restart, Shutdown, Strategy, Supervisor, SupervisorError,
    SupervisorRef,
};
use rusm_rs::{Mail, send, whereis};

use crate::{PATIENCE, down, next, until, worker};

/// Tells of its births, and of its exit signals if it minds them.
fn child(id: &str, minds: bool) -> Child {
    Child::new(id, "worker").argument(&Job::Child { tell: Pid::own(), id: id.to_owned(), minds })
}

fn stubborn(shutdown: Shutdown) -> Child {
    Child::new("stubborn", "worker").argument(&Job::Stubborn { tell: Pid::own() }).shutdown(shutdown)
}

/// What the next child says: that it starts or stops, which it is, and its pid.
fn told() -> (String, Pid) {
    let wanted = |mail: &Mail| matches!(mail, Mail::Message(_));
    match process::receive_match_timeout(PATIENCE, wanted) {
        Some(Mail::Message(message)) => {
            let (what, id, pid): (String, String, Pid) = message.decode().unwrap();
            (format!("{what} {id}"), pid)
        }
        other => panic!("no child said anything: {other:?}"),
    }
}

/// So many of them.
fn story(count: usize) -> String {
    (0..count).map(|_| told().0).collect::<Vec<_>>().join(", ")
}

/// The same in no order.
fn news(count: usize) -> String {
    let mut news: Vec<_> = (0..count).map(|_| told().0).collect();
    news.sort();
    news.join(", ")
}

/// The last exit signal.
fn exit_of(supervisor: SupervisorRef) -> String {
    let wanted = |mail: &Mail| matches!(mail, Mail::Exit(signal) if signal.from == supervisor.pid());
    match process::receive_match_timeout(PATIENCE, wanted) {
        Some(Mail::Exit(signal)) => signal.reason.to_string(),
        other => panic!("no exit signal came: {other:?}"),
    }
}

fn pid_of(supervisor: SupervisorRef, id: &str) -> Pid {
    let children = supervisor.which_children().unwrap();
    match children.iter().find(|child| child.id == id).map(|child| child.state) {
        Some(ChildState::Running(pid)) => pid,
        other => panic!("{id} does not run: {other:?}"),
    }
}

fn three(strategy: Strategy) -> (SupervisorRef, Pid) {
    let supervisor =
        Supervisor::new(strategy).child(child("a", true)).child(child("b", true)).child(child("c", true));
    let supervisor = supervisor.start().unwrap();
    let mut middle = None;
    for _ in 0..3 {
        let (what, pid) = told();
        middle = middle.or((what == "start b").then_some(pid));
    }
    (supervisor, middle.unwrap())
}

pub(crate) fn run(case: &str) -> String {
    match case {
        "one-for-one" => {
            let (supervisor, b) = three(Strategy::OneForOne);
            process::kill(pid_of(supervisor, "b")).unwrap();
            let (what, again) = told();
            let told = format!("{what} {}", b != again && again == pid_of(supervisor, "b"));
            supervisor.stop().unwrap();
            format!("{told}, {}", story(3))
        }
        "one-for-all" => {
            let (supervisor, b) = three(Strategy::OneForAll);
            send(b, "fail").unwrap();
            let stops = story(2);
            let starts = news(3);
            supervisor.stop().unwrap();
            format!("{stops}, {starts}")
        }
        "rest-for-one" => {
            let (supervisor, b) = three(Strategy::RestForOne);
            send(b, "fail").unwrap();
            let stops = story(1);
            let starts = news(2);
            supervisor.stop().unwrap();
            format!("{stops}, {starts}, {}", story(3))
        }
        "restart-kinds" => {
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .intensity(10, Duration::from_secs(3600))
                .child(child("permanent", false))
                .child(child("transient", false).restart(Restart::Transient))
                .child(child("temporary", false).restart(Restart::Temporary))
                .start()
                .unwrap();
            news(3);
            let mut lines = Vec::new();
            for how in ["fail", "return"] {
                let before = supervisor.which_children().unwrap();
                for child in before {
                    let ChildState::Running(pid) = child.state else { continue };
                    let monitor = process::monitor(pid).unwrap();
                    send(pid, how).unwrap();
                    down(monitor);
                }
                // It has seen to all of them by now.
                let after = supervisor.which_children().unwrap();
                let now = after.iter().map(|child| match child.state {
                    ChildState::Running(_) => format!("{} runs", child.id),
                    ChildState::Restarting => format!("{} is being restarted", child.id),
                    ChildState::Stopped => format!("{} is stopped", child.id),
                });
                lines.push(format!("{how}: {}", now.collect::<Vec<_>>().join(", ")));
            }
            supervisor.stop().unwrap();
            lines.join("\n")
        }
        "intensity" => {
            process::trap_exit(true);
            let failing = Child::new("failing", "worker").argument(&Job::Panic("again".to_owned()));
            let supervisor = Supervisor::new(Strategy::OneForOne).intensity(2, Duration::from_secs(3600));
            let supervisor = supervisor.child(child("other", true)).start().unwrap();
            let start = story(1);
            // It may have failed too often by the time that this would return.
            let _ = supervisor.start_child(failing);
            format!("{start}, {}: {}", story(1), exit_of(supervisor))
        }
        "end-takes-the-starter" => {
            let failing = Child::new("failing", "worker").argument(&Job::Panic("again".to_owned()));
            Supervisor::new(Strategy::OneForOne)
                .intensity(0, Duration::from_secs(1))
                .child(failing)
                .start()
                .unwrap();
            format!("{:?}", next())
        }
        "dynamic" => {
            let sessions = Supervisor::new(Strategy::Dynamic).label("sessions").start().unwrap();
            let session = || child("session", true).restart(Restart::Temporary);
            let (first, second) =
                (sessions.start_child(session()).unwrap(), sessions.start_child(session()).unwrap());
            news(2);
            let by_id = sessions.terminate_child("session").unwrap_err();
            sessions.terminate_pid(first).unwrap();
            sessions.terminate_pid(first).unwrap();
            let foreign = sessions.terminate_pid(Pid::own()).unwrap_err();
            let ChildCounts { specs, active, .. } = sessions.count_children().unwrap();
            let label = process::info(sessions.pid()).unwrap().unwrap().label;
            assert_eq!(pid_of(sessions, "session"), second);
            format!("{}; {by_id}; {foreign}; {specs} {active}; {label:?}", news(1))
        }
        "children" => {
            let supervisor = Supervisor::new(Strategy::OneForOne).start().unwrap();
            let pid = supervisor.start_child(child("a", true)).unwrap();
            let mut errors = vec![supervisor.start_child(child("a", true)).unwrap_err()];
            errors.push(supervisor.restart_child("a").unwrap_err());
            errors.push(supervisor.delete_child("a").unwrap_err());
            supervisor.terminate_child("a").unwrap();
            supervisor.terminate_child("a").unwrap();
            errors.push(supervisor.start_child(child("a", true)).unwrap_err());
            let again = supervisor.restart_child("a").unwrap();
            supervisor.terminate_child("a").unwrap();
            supervisor.delete_child("a").unwrap();
            errors.push(supervisor.delete_child("a").unwrap_err());
            errors.push(supervisor.terminate_child("a").unwrap_err());
            errors.push(supervisor.terminate_pid(again).unwrap_err());
            assert_eq!(errors.remove(0), SupervisorError::AlreadyStarted(pid));
            let errors: Vec<_> = errors.iter().map(|error| format!("{error:?}")).collect();
            format!("{} {:?}", errors.join(", "), supervisor.which_children().unwrap())
        }
        "nested" => {
            let deep = Supervisor::new(Strategy::OneForOne).child(child("leaf", true)).label("deep");
            let middle = Supervisor::new(Strategy::OneForAll).child(Child::supervisor("deep", deep));
            let root = Supervisor::new(Strategy::OneForOne)
                .child(child("first", true))
                .child(Child::supervisor("middle", middle))
                .start()
                .unwrap();
            let started = news(2);
            let counts = root.count_children().unwrap();
            let middle = SupervisorRef::from_pid(pid_of(root, "middle"));
            let deep = SupervisorRef::from_pid(pid_of(middle, "deep"));
            let leaf = pid_of(deep, "leaf");
            process::kill(leaf).unwrap();
            let again = news(1);
            let more = deep.start_child(child("more", true)).unwrap();
            assert!(process::is_alive(more) && deep.stop() == Err(SupervisorError::NoSupervisor));
            news(1);
            root.stop().unwrap();
            assert!(![root, middle, deep].iter().any(|one| process::is_alive(one.pid())));
            format!("{started}; {} of {}; {again}; {}", counts.supervisors, counts.specs, story(3))
        }
        "nested-child" => {
            let root = Supervisor::new(Strategy::OneForOne).start().unwrap();
            let inner = Supervisor::new(Strategy::OneForOne).child(child("leaf", true));
            let pid = root.start_child(Child::supervisor("inner", inner)).unwrap();
            let inner = SupervisorRef::from_pid(pid);
            let started = news(1);
            // It is started again as it was.
            process::kill(pid).unwrap();
            let again = news(2);
            format!("{started}; {again}; {:?}", inner.count_children())
        }
        "names" => {
            let name = format!("named by {}", Pid::own());
            let supervisor =
                Supervisor::new(Strategy::OneForOne).child(child("a", false).name(&name)).start().unwrap();
            news(1);
            let first = whereis(&name).unwrap();
            send(first, "fail").unwrap();
            news(1);
            until(|| whereis(&name).is_some_and(|pid| pid != first));
            let same = whereis(&name) == Some(pid_of(supervisor, "a"));
            let taken = supervisor.start_child(child("b", false).name(&name)).unwrap_err();
            let reserved = supervisor.start_child(child("b", false).name("echo")).unwrap_err();
            let empty = supervisor.start_child(child("b", false).name("")).unwrap_err();
            let taken = taken.to_string().replace(&Pid::own().to_string(), "OWN");
            let taken = taken.replace(&whereis(&name).unwrap().to_string(), "N");
            format!("{same}\n{taken}\n{reserved}\n{empty}\n{}", supervisor.count_children().unwrap().specs)
        }
        "failed-start" => {
            process::trap_exit(true);
            process::register("wanted").unwrap();
            let supervisor = Supervisor::new(Strategy::OneForOne).child(child("a", true).name("wanted"));
            let error = supervisor.start().unwrap_err().to_string();
            error.replace(&Pid::own().to_string(), "OWN")
        }
        "failed-start-takes-the-starter" => {
            process::register("wanted too").unwrap();
            let supervisor = Supervisor::new(Strategy::OneForOne).child(child("a", true).name("wanted too"));
            supervisor.start().unwrap_err().to_string()
        }
        "impossible" => {
            let idle = |id: &str| Child::new(id, "echo");
            let one = |child| Supervisor::new(Strategy::OneForOne).child(child);
            let described = [
                one(idle("a")).child(idle("a")),
                one(idle("")),
                one(idle(&"x".repeat(256))),
                one(idle("a").significant()),
                one(idle("a").restart(Restart::Transient).significant()),
                Supervisor::new(Strategy::Dynamic).child(idle("a")),
                one(idle("a")).intensity(1, Duration::ZERO),
                one(Child::supervisor("inner", one(idle("a")).child(idle("a")))),
                one(Child::new("a", "outsider")),
                one(Child::new("a", "hidden")),
                one(Child::supervisor("inner", one(Child::new("a", "hidden")))),
                (0..10_001)
                    .fold(Supervisor::new(Strategy::OneForOne), |all, n| all.child(idle(&n.to_string()))),
                (0..100).fold(one(idle("a")), |inner, _| one(Child::supervisor("inner", inner))),
            ];
            let errors = described.map(|supervisor| supervisor.start().unwrap_err().to_string());
            // All of them were given back.
            one(idle("a")).start().unwrap().stop().unwrap();
            errors.join("\n").replace(&"x".repeat(256), "long")
        }
        "too-many" => {
            let empty = || Supervisor::new(Strategy::Dynamic).start();
            let all: Vec<_> = std::iter::from_fn(|| empty().ok()).collect();
            let error = empty().unwrap_err();
            all[0].stop().unwrap();
            format!("{}: {error}; {}", all.len(), empty().is_ok())
        }
        "strangers" => {
            let own = SupervisorRef::from_pid(Pid::own());
            let echo = rusm_rs::spawn("echo").unwrap();
            let guest = SupervisorRef::from_pid(echo);
            let ended = Supervisor::new(Strategy::OneForOne).start().unwrap();
            ended.stop().unwrap();
            let answers = [
                own.count_children().unwrap_err(),
                guest.count_children().unwrap_err(),
                guest.stop().unwrap_err(),
                ended.count_children().unwrap_err(),
                ended.stop().unwrap_err(),
            ];
            answers.map(|error| error.to_string()).join("\n")
        }
        "anothers" => {
            let starter = worker(&Job::Supervise { tell: Pid::own() });
            let mut supervisor = None;
            for _ in 0..3 {
                let (what, pid) = told();
                supervisor = supervisor.or((what == "supervisor ").then_some(pid));
            }
            let supervisor = supervisor.unwrap();
            let answer = SupervisorRef::from_pid(supervisor).count_children();
            process::kill(starter).unwrap();
            // It takes its supervisor along, and that its children.
            let stops = story(2);
            until(|| !process::is_alive(supervisor));
            let answer = match answer {
                Ok(counts) => format!("{} run", counts.active),
                Err(error) => error.to_string().replace(&supervisor.to_string(), "N"),
            };
            format!("{answer}; {stops}")
        }
        "shutdown" => {
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .child(stubborn(Shutdown::Timeout(Duration::from_millis(10))))
                .start()
                .unwrap();
            let (_, pid) = told();
            let monitor = process::monitor(pid).unwrap();
            supervisor.terminate_child("stubborn").unwrap();
            let late = down(monitor).reason;
            supervisor.delete_child("stubborn").unwrap();
            let pid = supervisor.start_child(stubborn(Shutdown::BrutalKill)).unwrap();
            told();
            let monitor = process::monitor(pid).unwrap();
            supervisor.stop().unwrap();
            format!("{late}, {}", down(monitor).reason)
        }
        "auto-shutdown" => {
            process::trap_exit(true);
            let significant = |id| child(id, true).restart(Restart::Transient).significant();
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .auto_shutdown(AutoShutdown::AllSignificant)
                .child(child("other", true))
                .child(significant("a"))
                .child(significant("b"))
                .start()
                .unwrap();
            news(3);
            send(pid_of(supervisor, "a"), "return").unwrap();
            until(|| supervisor.count_children().is_ok_and(|counts| counts.active == 2));
            send(pid_of(supervisor, "b"), "return").unwrap();
            format!("{}: {}", exit_of(supervisor), news(1))
        }
        // The starter does not trap exits, and it goes on.
        "stop" => {
            let (supervisor, _) = three(Strategy::OneForOne);
            supervisor.stop().unwrap();
            let mail = rusm_rs::receive_timeout(Duration::ZERO);
            let stops = mail.into_iter().map(|mail| match mail {
                Mail::Message(message) => message.decode::<(String, String, Pid)>().unwrap().1,
                other => format!("{other:?}"),
            });
            let first: Vec<_> = stops.collect();
            format!("{} {:?}", first.join(""), process::is_alive(supervisor.pid()))
        }
        "stop-while-trapping" => {
            process::trap_exit(true);
            let (supervisor, _) = three(Strategy::OneForOne);
            supervisor.stop().unwrap();
            let stops = story(3);
            format!("{stops}; {:?}", rusm_rs::receive_timeout(Duration::ZERO).is_none())
        }
        "exit-signal" => {
            process::trap_exit(true);
            let (supervisor, _) = three(Strategy::OneForOne);
            process::exit(supervisor.pid(), &ExitReason::Shutdown).unwrap();
            format!("{}; {}", exit_of(supervisor), story(3))
        }
        "profile" => {
            // Restarted, it still has its own profile: it may spawn, which this test's child shows by doing so.
            let job = Job::Supervise { tell: Pid::own() };
            let keeper = Child::new("keeper", "worker").argument(&job);
            let supervisor = Supervisor::new(Strategy::OneForOne).child(keeper).start().unwrap();
            let first = news(3);
            process::kill(pid_of(supervisor, "keeper")).unwrap();
            format!("{first}; {}", news(5))
        }
        "log" => {
            let id = "a\n2026-01-01T00:00:00Z ERROR rusm: forged";
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .child(Child::new(id, "worker").argument(&Job::Child {
                    tell: Pid::own(),
                    id: "a".to_owned(),
                    minds: false,
                }))
                .start()
                .unwrap();
            let (_, pid) = told();
            process::exit(pid, &ExitReason::crashed("b\n2026-01-01T00:00:00Z ERROR rusm: forged")).unwrap();
            let again = told().0;
            supervisor.stop().unwrap();
            again
        }
        case => panic!("no such case: {case}"),
    }
}
