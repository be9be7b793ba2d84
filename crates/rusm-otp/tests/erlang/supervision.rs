//! What the scenarios about supervisors are made of: `supervision.erl` in Rust.
//!
//! Children write into one report, so the lines stand in the order in which the supervisor did things. What a
//! scenario makes happen is written before it happens.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusm_otp::{
    AutoShutdown, ChildSpec, ChildState, Context, ExitReason, Mail, MonitorRef, Payload, Pid, Restart,
    SpawnOptions, SpecError, StartChild, StartFuture, Strategy, Supervisor, SupervisorError, SupervisorRef,
};

use crate::driver::Driver;

/// Lists a module's scenarios by the names of their functions.
macro_rules! staged {
    ($($name:ident),* $(,)?) => {
        pub(crate) const SCENARIOS: &[crate::driver::Scenario] = &[$((stringify!($name), |driver| {
            Box::pin(async move {
                let mut stage = crate::supervision::Stage::of(driver);
                $name(&mut stage).await;
                stage.leave();
            })
        })),*];
    };
}
pub(crate) use staged;

/// A driver with a report, and the supervisor that the scenario is about.
pub(crate) struct Stage<'a> {
    pub(crate) driver: &'a mut Driver,
    pub(crate) report: Arc<Mutex<Report>>,
}

/// What has happened, and which starts are to fail.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    quiet: bool,
    plans: HashMap<&'static str, VecDeque<Plan>>,
    hopeless: Option<&'static str>,
    pids: HashMap<&'static str, Pid>,
}

/// What becomes of a start.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Plan {
    Fail,
    Ignore,
}

/// How a child lives.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Plain,
    NotTrapping,
    Slow,
    Stubborn,
    Rude,
}

/// How a child ends, by the names that the recordings have.
#[derive(Clone, Copy, PartialEq)]
#[allow(non_camel_case_types, reason = "they are parts of the scenarios' names")]
pub(crate) enum How {
    normal,
    shutdown,
    shutdown_x,
    kill,
    crash,
}

impl How {
    pub(crate) fn reason(self) -> ExitReason {
        match self {
            Self::normal => ExitReason::Normal,
            Self::shutdown => ExitReason::Shutdown,
            Self::shutdown_x => ExitReason::shutdown_with("x"),
            Self::kill => ExitReason::Killed,
            Self::crash => ExitReason::crashed("boom"),
        }
    }
}

/// Makes one child.
#[derive(Clone)]
struct Actor {
    id: &'static str,
    kind: Kind,
    report: Arc<Mutex<Report>>,
}

impl StartChild for Actor {
    fn start<'a>(&'a self, ctx: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        Box::pin(async move {
            match self.planned() {
                Some(Plan::Fail) => return Err(ExitReason::crashed("nope")),
                Some(Plan::Ignore) => return Ok(None),
                None => {}
            }
            let actor = self.clone();
            let start = ctx.start_link(options, |ctx, starting| async move {
                ctx.trap_exit(actor.kind != Kind::NotTrapping);
                actor.note_start(ctx.pid());
                let supervisor = starting.parent();
                starting.ready(&ctx);
                actor.serve(ctx, supervisor).await
            });
            start.await.map(Some)
        })
    }
}

impl Actor {
    fn planned(&self) -> Option<Plan> {
        let mut report = self.report.lock();
        if report.hopeless == Some(self.id) {
            return Some(Plan::Fail);
        }
        let plan = report.plans.get_mut(self.id)?.pop_front()?;
        let word = if plan == Plan::Fail { "fail" } else { "ignore" };
        report.lines.push(format!("start {}: {word}", self.id));
        Some(plan)
    }

    fn note_start(&self, pid: Pid) {
        let mut report = self.report.lock();
        report.pids.insert(self.id, pid);
        if !report.quiet {
            report.lines.push(format!("start {}", self.id));
        }
    }

    fn say(&self, line: String) {
        self.report.lock().lines.push(line);
    }

    async fn serve(self, mut ctx: Context, supervisor: Pid) -> ExitReason {
        loop {
            match ctx.receive().await {
                Mail::Exit { from, reason } if from == supervisor => {
                    if self.kind == Kind::Stubborn {
                        self.say(format!("{} ignores: {reason}", self.id));
                        continue;
                    }
                    self.say(format!("stop {}: {reason}", self.id));
                    if self.kind == Kind::Slow {
                        for _ in 0..50 {
                            tokio::task::yield_now().await;
                        }
                        self.say(format!("{} is done", self.id));
                    }
                    return if self.kind == Kind::Rude { ExitReason::crashed("because") } else { reason };
                }
                Mail::Message { payload, .. } => return payload.downcast().expect("a reason"),
                _ => {}
            }
        }
    }
}

/// A supervisor of this strategy, with an intensity that no scenario reaches unless it says so.
pub(crate) fn flags(strategy: Strategy) -> Supervisor {
    intensity(strategy, 10)
}

pub(crate) fn intensity(strategy: Strategy, restarts: u32) -> Supervisor {
    Supervisor::new(strategy).intensity(restarts, Duration::from_secs(10))
}

pub(crate) fn auto(auto_shutdown: AutoShutdown) -> Supervisor {
    intensity(Strategy::OneForOne, 3).auto_shutdown(auto_shutdown)
}

impl<'a> Stage<'a> {
    pub(crate) fn of(driver: &'a mut Driver) -> Self {
        driver.ctx.trap_exit(true);
        Self { driver, report: Arc::default() }
    }

    /// Hands the lines over.
    pub(crate) fn leave(self) {
        for line in std::mem::take(&mut self.report.lock().lines) {
            self.driver.say(line);
        }
    }

    pub(crate) fn say(&self, line: impl Into<String>) {
        self.report.lock().lines.push(line.into());
    }

    pub(crate) fn quiet(&self, quiet: bool) {
        self.report.lock().quiet = quiet;
    }

    /// What becomes of a child's next starts; after these it starts.
    pub(crate) fn plan(&self, id: &'static str, plans: &[Plan]) {
        self.report.lock().plans.insert(id, plans.iter().copied().collect());
    }

    /// No start of this child succeeds from now on.
    pub(crate) fn plan_no_success(&self, id: &'static str) {
        self.report.lock().hopeless = Some(id);
    }

    pub(crate) fn pid(&self, id: &str) -> Pid {
        self.report.lock().pids[id]
    }

    fn id(&self, pid: Pid) -> &'static str {
        let report = self.report.lock();
        report.pids.iter().find(|(_, of)| **of == pid).map(|(id, _)| *id).expect("a child")
    }

    pub(crate) fn spec(&self, id: &'static str) -> ChildSpec {
        self.spec_as(id, Kind::Plain)
    }

    pub(crate) fn spec_as(&self, id: &'static str, kind: Kind) -> ChildSpec {
        ChildSpec::of(id, Actor { id, kind, report: self.report.clone() })
    }

    /// A supervisor with plain children.
    pub(crate) fn with(&self, supervisor: Supervisor, ids: &[&'static str]) -> Supervisor {
        ids.iter().fold(supervisor, |supervisor, id| supervisor.child(self.spec(id)))
    }

    pub(crate) async fn start(&mut self, supervisor: Supervisor) -> Result<SupervisorRef, ExitReason> {
        supervisor.start_link(&mut self.driver.ctx).await
    }

    /// Starts a supervisor without a word about it.
    pub(crate) async fn boot(&mut self, supervisor: Supervisor) -> SupervisorRef {
        self.quiet(true);
        let started = self.start(supervisor).await.expect("it starts");
        self.quiet(false);
        started
    }

    /// A dynamic supervisor with children that this changes.
    pub(crate) async fn boot_dynamic(
        &mut self,
        supervisor: Supervisor,
        kind: Kind,
        change: impl Fn(ChildSpec) -> ChildSpec,
    ) -> SupervisorRef {
        let started = self.boot(supervisor).await;
        self.quiet(true);
        for id in ["a", "b", "c"] {
            started.start_child(change(self.spec_as(id, kind))).await.expect("it starts");
        }
        self.quiet(false);
        started
    }

    /// Has a child end, and waits until the supervisor is done with it.
    pub(crate) async fn finish(&mut self, sup: &SupervisorRef, id: &str, how: How) {
        self.finish_and_await(sup, id, how, self.pid(id)).await;
    }

    /// The same where it is the end of another child that the supervisor is to be done with.
    pub(crate) async fn finish_and_await(&mut self, sup: &SupervisorRef, id: &str, how: How, awaited: Pid) {
        self.say(format!("{id} ends: {}", how.reason()));
        let monitor = self.driver.ctx.monitor(awaited);
        let pid = self.pid(id);
        if how == How::kill {
            self.driver.ctx.kill(pid);
        } else {
            self.driver.ctx.send(pid, Payload::new(how.reason()));
        }
        self.reason_of(monitor).await;
        self.settled(sup, awaited).await;
    }

    pub(crate) async fn settled(&self, sup: &SupervisorRef, pid: Pid) {
        loop {
            let Ok(children) = sup.which_children().await else { return };
            let unsettled = |state| state == ChildState::Restarting || state == ChildState::Running(pid);
            if !children.iter().any(|child| unsettled(child.state)) {
                return;
            }
        }
    }

    pub(crate) async fn state(&self, sup: &SupervisorRef) {
        self.state_of(sup, None).await;
    }

    /// `simple_one_for_one` counts one spec, its template; here each child has a spec of its own.
    pub(crate) async fn state_of_dynamic(&self, sup: &SupervisorRef) {
        self.state_of(sup, Some(1)).await;
    }

    async fn state_of(&self, sup: &SupervisorRef, template: Option<usize>) {
        let mut children = sup.which_children().await.expect("an answer");
        children.sort_by(|a, b| a.id.cmp(&b.id));
        let shown: Vec<_> = children
            .iter()
            .map(|child| {
                let state = match child.state {
                    ChildState::Running(_) => "running",
                    ChildState::Restarting => "restarting",
                    ChildState::Stopped => "undefined",
                };
                format!("{} {state}", child.id)
            })
            .collect();
        let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
        self.say(format!("children: {shown}"));
        let count = sup.count_children().await.expect("an answer");
        if template.is_some() {
            assert_eq!(count.specs, children.len());
        }
        self.say(format!(
            "count: specs {}, active {}, supervisors {}, workers {}",
            template.unwrap_or(count.specs),
            count.active,
            count.supervisors,
            count.workers
        ));
    }

    pub(crate) async fn shut_down(&mut self, sup: &SupervisorRef) {
        let monitor = self.driver.ctx.monitor(sup.pid());
        self.say("the supervisor is shut down");
        self.driver.ctx.exit(sup.pid(), ExitReason::Shutdown);
        let reason = self.reason_of(monitor).await;
        self.say(format!("the supervisor ends: {reason}"));
    }

    /// Waits for the end of a supervisor that is linked to the driver.
    pub(crate) async fn sup_ends(&mut self, sup: &SupervisorRef) {
        let pid = sup.pid();
        let of_it = |mail: &Mail| matches!(mail, Mail::Exit { from, .. } if *from == pid);
        let Mail::Exit { reason, .. } = self.driver.ctx.receive_match(of_it).await else { unreachable!() };
        self.say(format!("the supervisor ends: {reason}"));
    }

    /// The end of a child that cannot report it itself, to be asked for after it.
    pub(crate) fn watch(&self, id: &'static str) -> (&'static str, MonitorRef) {
        (id, self.driver.ctx.monitor(self.pid(id)))
    }

    pub(crate) async fn ended(&mut self, (id, monitor): (&'static str, MonitorRef)) {
        let reason = self.reason_of(monitor).await;
        self.say(format!("{id} ended: {reason}"));
    }

    pub(crate) async fn reason_of(&mut self, monitor: MonitorRef) -> ExitReason {
        let of_it = |mail: &Mail| matches!(mail, Mail::Down { monitor: of, .. } if *of == monitor);
        let Mail::Down { reason, .. } = self.driver.ctx.receive_match(of_it).await else { unreachable!() };
        reason
    }

    pub(crate) fn result(&self, what: &str, result: &Result<(), SupervisorError>) {
        let shown = match result {
            Ok(()) => "ok".to_owned(),
            Err(error) => format!("{{error,{}}}", self.term(error)),
        };
        self.say(format!("{what}: {shown}"));
    }

    fn started(&self, what: &str, result: Result<Option<Pid>, SupervisorError>) {
        if result == Ok(None) {
            return self.say(format!("{what}: {{ok,undefined}}"));
        }
        self.result(what, &result.map(drop));
    }

    fn term(&self, error: &SupervisorError) -> String {
        match error {
            SupervisorError::AlreadyStarted(pid) => format!("{{already_started,{}}}", self.id(*pid)),
            SupervisorError::AlreadyPresent => "already_present".into(),
            SupervisorError::NotFound => "not_found".into(),
            SupervisorError::Running => "running".into(),
            SupervisorError::Restarting => "restarting".into(),
            SupervisorError::Dynamic => "simple_one_for_one".into(),
            SupervisorError::Start(ExitReason::Crashed(text)) => text.to_string(),
            other => panic!("no scenario brings this about: {other}"),
        }
    }

    pub(crate) async fn start_child(&self, sup: &SupervisorRef, spec: ChildSpec) {
        self.started("start_child", sup.start_child(spec).await);
    }

    pub(crate) async fn terminate_child(&self, sup: &SupervisorRef, id: &str) {
        self.result(&format!("terminate_child {id}"), &sup.terminate_child(id).await);
    }

    pub(crate) async fn restart_child(&self, sup: &SupervisorRef, id: &str) {
        self.started(&format!("restart_child {id}"), sup.restart_child(id).await);
    }

    pub(crate) async fn delete_child(&self, sup: &SupervisorRef, id: &str) {
        self.result(&format!("delete_child {id}"), &sup.delete_child(id).await);
    }

    /// A start of a supervisor that fails, in Erlang's terms.
    pub(crate) async fn start_fails(&mut self, supervisor: Supervisor) {
        let reason = self.start(supervisor).await.expect_err("a failure");
        let term = match &reason {
            ExitReason::ShutdownWith(text) => {
                format!("{{shutdown,{}}}", text.replace("crashed: ", "").replace(' ', ""))
            }
            other => format!("{{start_spec,{}}}", spec_error(other)),
        };
        self.say(format!("start_link: {{error,{term}}}"));
    }
}

fn spec_error(reason: &ExitReason) -> &'static str {
    let errors = [
        (SpecError::DuplicateId("a".into()), "{duplicate_child_name,a}"),
        (
            SpecError::SignificantForNothing("a".into()),
            "{bad_combination,[{auto_shutdown,never},{significant,true}]}",
        ),
        (
            SpecError::SignificantPermanent("a".into()),
            "{bad_combination,[{restart,permanent},{significant,true}]}",
        ),
    ];
    let found = errors.into_iter().find(|(error, _)| *reason == ExitReason::crashed(error));
    found.expect("a known error").1
}

pub(crate) fn transient(spec: ChildSpec) -> ChildSpec {
    spec.restart(Restart::Transient)
}

pub(crate) fn temporary(spec: ChildSpec) -> ChildSpec {
    spec.restart(Restart::Temporary)
}

pub(crate) fn significant(spec: ChildSpec) -> ChildSpec {
    transient(spec).significant()
}
