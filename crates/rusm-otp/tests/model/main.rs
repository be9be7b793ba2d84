//! Random programs of links, monitors, signals, names, requests and groups, run by the runtime and by a
//! sequential model of Erlang's rules.
//!
//! The processes are inline and polled by hand in a fixed order, so each step has one outcome.

mod reference;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Wake, Waker};

use proptest::prelude::*;
use reference::{News, Op, World};
use rusm_otp::{Caller, Context, ExitReason, Mail, MonitorRef, Payload, Pid, Runtime, SpawnOptions};

const PROCESSES: usize = 5;

/// Where a process is when it is told what to do: pids of all, in order of their numbers.
type Command = (Vec<Pid>, Vec<Op>);

type Run = Pin<Box<dyn Future<Output = Result<(), ExitReason>>>>;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Actor {
    pid: Pid,
    run: Option<Run>,
    woken: Arc<Flag>,
    log: Arc<Mutex<Vec<News>>>,
    end: Option<ExitReason>,
}

impl Actor {
    fn start(runtime: &Runtime) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let pid = Arc::new(Mutex::new(None));
        let (body_log, body_pid) = (log.clone(), pid.clone());
        let run = runtime.run(SpawnOptions::default(), |ctx| async move {
            *body_pid.lock().unwrap() = Some(ctx.pid());
            obey(ctx, &body_log).await
        });
        let mut actor =
            Self { pid: Pid::NODE, run: Some(Box::pin(run)), woken: Arc::default(), log, end: None };
        actor.poll();
        actor.pid = pid.lock().unwrap().expect("the body started");
        actor
    }

    fn poll(&mut self) {
        self.woken.0.store(false, Ordering::SeqCst);
        let Some(run) = &mut self.run else { return };
        let waker = Waker::from(self.woken.clone());
        if let Poll::Ready(result) = run.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            self.end = Some(result.into());
            self.run = None;
        }
    }

    /// As [`World::settle`]: true if it ended.
    fn settle(&mut self) -> bool {
        let was_over = self.end.is_some();
        if self.woken.0.load(Ordering::SeqCst) {
            self.poll();
        }
        !was_over && self.end.is_some()
    }
}

/// What a process knows that numbers in its ops stand for.
#[derive(Default)]
struct Known {
    pids: Vec<Pid>,
    monitors: Vec<MonitorRef>,
    requests: Vec<Caller>,
}

impl Known {
    fn number(&self, pid: Pid) -> usize {
        self.pids.iter().position(|known| *known == pid).expect("one of the test's")
    }

    fn monitor(&self, monitor: MonitorRef) -> usize {
        self.monitors.iter().position(|known| *known == monitor).expect("set by this process")
    }
}

/// The body of every process: does what it is told and writes down the news.
async fn obey(mut ctx: Context, log: &Mutex<Vec<News>>) -> Result<(), ExitReason> {
    let mut known = Known::default();
    loop {
        let news = match ctx.receive().await {
            Mail::Message { from, payload } => match payload.downcast::<Command>() {
                Ok((pids, ops)) => {
                    known.pids = pids;
                    for op in ops {
                        act(&mut ctx, &mut known, op)?;
                    }
                    continue;
                }
                Err(group) => {
                    let group = std::str::from_utf8(group.as_bytes().expect("a broadcast"));
                    News::Heard(known.number(from), group.unwrap().parse().unwrap())
                }
            },
            Mail::Exit { from, reason } => News::Exit(known.number(from), reason.to_string()),
            Mail::Request { from, .. } => {
                known.requests.push(from);
                News::Asked(known.number(from.pid()))
            }
            Mail::Reply { request, payload } => News::Reply(known.monitor(request), payload.is_some()),
            Mail::Down { monitor, pid, reason } => {
                News::Down(known.monitor(monitor), known.number(pid), reason.to_string())
            }
            Mail::Stream { .. } => unreachable!("nobody opens one"),
        };
        log.lock().unwrap().push(news);
    }
}

fn act(ctx: &mut Context, known: &mut Known, op: Op) -> Result<(), ExitReason> {
    let Known { pids, monitors, requests } = known;
    let runtime = ctx.runtime().clone();
    match op {
        Op::Link(other) => ctx.link(pids[other]),
        Op::Unlink(other) => ctx.unlink(pids[other]),
        Op::Monitor(other) => monitors.push(ctx.monitor(pids[other])),
        Op::Demonitor(n) => drop(monitors.get(n).map(|monitor| ctx.demonitor(*monitor))),
        Op::Flush(n) => drop(monitors.get(n).map(|monitor| ctx.demonitor_flush(*monitor))),
        Op::Trap(on) => drop(ctx.trap_exit(on)),
        Op::Exit(other, reason) => ctx.exit(pids[other], reason),
        Op::Kill(other) => ctx.kill(pids[other]),
        Op::Register(n) => drop(ctx.register(name(n))),
        Op::Unregister(n) => drop(runtime.unregister(&name(n))),
        Op::Ask(other) => monitors.push(ctx.send_request(pids[other], "?").expect("no bound")),
        Op::Answer(n) => drop(requests.get(n).map(|caller| ctx.reply(*caller, "!"))),
        Op::Refuse(n) => drop(requests.get(n).map(|caller| ctx.refuse(*caller))),
        Op::Join(member, n) => drop(runtime.join(group(n), pids[member])),
        Op::Leave(member, n) => drop(runtime.leave(&group(n), pids[member])),
        Op::Broadcast(n) => drop(ctx.broadcast(&group(n), n.to_string())),
        Op::End(reason) => return Err(reason),
        Op::Panic => std::panic::resume_unwind(Box::new("told to")),
    }
    Ok(())
}

fn name(n: usize) -> String {
    format!("name {n}")
}

fn group(n: usize) -> String {
    format!("group {n}")
}

/// What happens to one process: it is told to do something, or its future is dropped.
#[derive(Clone, Debug)]
enum Step {
    Do(usize, Vec<Op>),
    Abandon(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let process = 0..PROCESSES;
    prop_oneof![
        12 => (process.clone(), prop::collection::vec(op(), 1..5)).prop_map(|(own, ops)| Step::Do(own, ops)),
        1 => process.prop_map(Step::Abandon),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let process = 0..PROCESSES;
    let reason = prop_oneof![
        Just(ExitReason::Normal),
        Just(ExitReason::Shutdown),
        Just(ExitReason::Killed),
        Just(ExitReason::crashed("x")),
    ];
    prop_oneof![
        8 => process.clone().prop_map(Op::Link),
        4 => process.clone().prop_map(Op::Unlink),
        5 => process.clone().prop_map(Op::Monitor),
        2 => (0..6_usize).prop_map(Op::Demonitor),
        2 => (0..6_usize).prop_map(Op::Flush),
        3 => any::<bool>().prop_map(Op::Trap),
        3 => (process.clone(), reason.clone()).prop_map(|(to, reason)| Op::Exit(to, reason)),
        1 => process.clone().prop_map(Op::Kill),
        2 => (0..3_usize).prop_map(Op::Register),
        1 => (0..3_usize).prop_map(Op::Unregister),
        4 => process.clone().prop_map(Op::Ask),
        3 => (0..4_usize).prop_map(Op::Answer),
        1 => (0..4_usize).prop_map(Op::Refuse),
        3 => (process.clone(), 0..2_usize).prop_map(|(member, group)| Op::Join(member, group)),
        2 => (process.clone(), 0..2_usize).prop_map(|(member, group)| Op::Leave(member, group)),
        2 => (0..2_usize).prop_map(Op::Broadcast),
        1 => reason.prop_map(Op::End),
        1 => Just(Op::Panic),
    ]
}

fn run(steps: Vec<Step>) {
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let runtime = Runtime::with_handle(tokio.handle().clone());
    let mut actors: Vec<_> = (0..PROCESSES).map(|_| Actor::start(&runtime)).collect();
    let pids: Vec<_> = actors.iter().map(|actor| actor.pid).collect();
    for actor in &mut actors {
        runtime.send(actor.pid, Payload::new::<Command>((pids.clone(), Vec::new())));
        actor.settle();
    }
    let mut world = World::new(PROCESSES);
    for step in steps {
        match step {
            Step::Do(own, ops) => {
                world.step(own, &ops);
                runtime.send(pids[own], Payload::new::<Command>((pids.clone(), ops)));
                actors[own].settle();
            }
            Step::Abandon(own) => {
                world.abandon(own);
                if actors[own].run.take().is_some() {
                    actors[own].end = Some(ExitReason::Killed);
                }
            }
        }
        while actors.iter_mut().any(Actor::settle) {}
        compare(&runtime, &actors, &world, &pids);
    }
}

fn compare(runtime: &Runtime, actors: &[Actor], world: &World, pids: &[Pid]) {
    let pids_of = |numbers: &mut dyn Iterator<Item = usize>| {
        let mut pids: Vec<_> = numbers.map(|n| pids[n]).collect();
        pids.sort_unstable();
        pids.dedup();
        pids
    };
    for (n, (actor, model)) in actors.iter().zip(&world.processes).enumerate() {
        assert_eq!(actor.end, model.end, "the end of {n}");
        assert_eq!(*actor.log.lock().unwrap(), model.log, "the log of {n}");
        assert_eq!(runtime.is_alive(actor.pid), model.end.is_none());
        let Some(info) = runtime.info(actor.pid) else {
            assert!(model.end.is_some());
            continue;
        };
        assert_eq!(info.links, pids_of(&mut model.links.iter().copied()), "the links of {n}");
        assert_eq!(info.monitors, pids_of(&mut model.monitors.values().copied()), "the monitors of {n}");
        assert_eq!(info.monitored_by, pids_of(&mut world.monitored_by(n).into_iter()), "the watchers of {n}");
        assert_eq!((info.trap_exit, info.mailbox), (model.trap, 0));
        assert_eq!(info.groups.len(), world.groups.keys().filter(|(_, member)| *member == n).count());
    }
    for n in 0..3 {
        let holder = world.names.get(&n).map(|holder| pids[*holder]);
        assert_eq!(runtime.whereis(&name(n)), holder);
    }
    for n in 0..2 {
        let mut members: Vec<_> = world.members(n).map(|member| pids[member]).collect();
        members.sort_unstable();
        assert_eq!(runtime.members(&group(n)), members);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_runtime_follows_the_model(steps in prop::collection::vec(step(), 1..40)) {
        run(steps);
    }
}
