//! What a scenario is written with: `scenario.erl` in Rust.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rusm_otp::{Context, ExitReason, Mail, MonitorRef, Payload, Pid, Runtime, SpawnOptions};
use tokio::sync::oneshot;

/// A scenario's name and its steps.
pub(crate) type Scenario = (&'static str, Steps);
pub(crate) type Steps = for<'a> fn(&'a mut Driver) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Lists a module's scenarios by the names of their functions.
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        pub(crate) const SCENARIOS: &[crate::driver::Scenario] =
            &[$((stringify!($name), |driver| Box::pin($name(driver)))),*];
    };
}
pub(crate) use scenarios;

/// Takes the steps in a node of their own, and returns what was printed. The limit is for a scenario that
/// hangs.
pub(crate) async fn play(steps: Steps) -> Vec<String> {
    let run = Runtime::new().run(SpawnOptions::default(), |ctx| async move {
        let mut driver = Driver { ctx, names: HashMap::new(), ends: HashMap::new(), lines: Vec::new() };
        steps(&mut driver).await;
        Ok(driver.lines)
    });
    tokio::time::timeout(Duration::from_mins(1), run).await.expect("a scenario hangs").unwrap()
}

/// The process that a scenario runs in. Its processes do what they are told and report their mail.
pub(crate) struct Driver {
    pub(crate) ctx: Context,
    names: HashMap<Pid, &'static str>,
    ends: HashMap<Pid, MonitorRef>,
    lines: Vec<String>,
}

/// What a process is told to do.
enum Order {
    Act(Box<dyn FnOnce(&mut Context) + Send>),
    End(ExitReason),
}

/// Mail of a process, on its way to the driver.
struct Saw(Mail);

/// The body of a process that does what it is told.
async fn obey(mut ctx: Context, driver: Pid) {
    loop {
        match ctx.receive().await {
            Mail::Message { from, payload } if payload.is::<Order>() && from == driver => {
                match payload.downcast().expect("an order") {
                    Order::Act(act) => act(&mut ctx),
                    Order::End(reason) => match ctx.exit_self(reason).await {},
                }
            }
            mail => report(&ctx, driver, mail),
        }
    }
}

pub(crate) fn report(ctx: &Context, driver: Pid, mail: Mail) {
    ctx.send(driver, Payload::new(Saw(mail)));
}

pub(crate) fn because() -> ExitReason {
    ExitReason::crashed("because")
}

impl Driver {
    /// A process that does what it is told.
    pub(crate) fn start(&mut self, name: &'static str) -> Pid {
        self.start_as(name, obey)
    }

    pub(crate) async fn start_trapping(&mut self, name: &'static str) -> Pid {
        let pid = self.start(name);
        self.act(pid, |ctx| ctx.trap_exit(true)).await;
        pid
    }

    /// A process with a body of its own, which is given the driver's pid.
    pub(crate) fn start_as<F, B>(&mut self, name: &'static str, body: F) -> Pid
    where
        F: FnOnce(Context, Pid) -> B + Send + 'static,
        B: Future<Output = ()> + Send + 'static,
    {
        let driver = self.ctx.pid();
        let pid = self.ctx.runtime().spawn(SpawnOptions::default(), move |ctx| body(ctx, driver));
        self.name(pid, name)
    }

    /// Makes a process known under a name and returns it.
    pub(crate) fn name(&mut self, pid: Pid, name: &'static str) -> Pid {
        self.names.insert(pid, name);
        self.ends.insert(pid, self.ctx.monitor(pid));
        pid
    }

    /// A process that has ended. It is called X.
    pub(crate) async fn dead(&mut self) -> Pid {
        let (pid, monitor) = self.ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
        self.down(monitor).await;
        self.name(pid, "X")
    }

    /// Has a process do something, and waits for the result.
    pub(crate) async fn act<T: Send + 'static>(
        &self,
        pid: Pid,
        act: impl FnOnce(&mut Context) -> T + Send + 'static,
    ) -> T {
        let (done, result) = oneshot::channel();
        self.tell(pid, |ctx| drop(done.send(act(ctx))));
        result.await.expect("the process did not survive what it was asked to do")
    }

    /// Has a process do something that it may not survive.
    pub(crate) fn tell(&self, pid: Pid, act: impl FnOnce(&mut Context) + Send + 'static) {
        self.ctx.send(pid, Payload::new(Order::Act(Box::new(act))));
    }

    pub(crate) fn ends_with(&self, pid: Pid, reason: ExitReason) {
        self.ctx.send(pid, Payload::new(Order::End(reason)));
    }

    /// Waits for the next mail of a process.
    pub(crate) async fn sees(&mut self, pid: Pid) {
        self.sees_such(pid, |_| true).await;
    }

    /// Waits for the next mail of this kind, whatever came before it.
    pub(crate) async fn sees_such(&mut self, pid: Pid, such: impl Fn(&Mail) -> bool) {
        let mail = self.ctx.receive_match(|mail| seen_by(pid, mail).is_some_and(&such)).await;
        self.say_seen(pid, mail);
    }

    /// All mail that is there by now.
    pub(crate) async fn nothing_more(&mut self, pid: Pid) {
        self.act(pid, |_| ()).await;
        let there = |mail: &Mail| seen_by(pid, mail).is_some();
        while let Some(mail) = self.ctx.receive_match_timeout(there, Duration::ZERO).await {
            self.say_seen(pid, mail);
        }
        self.say(format!("{} sees nothing more", self.who(pid)));
    }

    /// Waits for the end of a process.
    pub(crate) async fn ends(&mut self, pid: Pid) {
        let reason = self.down(self.ends[&pid]).await;
        self.say(format!("{} ends: {reason}", self.who(pid)));
    }

    pub(crate) fn alive(&mut self, pid: Pid) {
        let state = if self.ctx.runtime().is_alive(pid) { "alive" } else { "dead" };
        self.say(format!("{} is {state}", self.who(pid)));
    }

    pub(crate) fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    pub(crate) fn who(&self, pid: Pid) -> &'static str {
        if pid == self.ctx.pid() { "driver" } else { self.names[&pid] }
    }

    async fn down(&mut self, monitor: MonitorRef) -> ExitReason {
        let ours = |mail: &Mail| matches!(mail, Mail::Down { monitor: of, .. } if *of == monitor);
        let Mail::Down { reason, .. } = self.ctx.receive_match(ours).await else { unreachable!() };
        reason
    }

    fn say_seen(&mut self, pid: Pid, mail: Mail) {
        let Mail::Message { payload, .. } = mail else { unreachable!() };
        let Saw(mail) = payload.downcast().expect("a report");
        let what = match mail {
            Mail::Exit { from, reason } => format!("exit of {}: {reason}", self.who(from)),
            Mail::Down { pid: of, reason, .. } => format!("down of {}: {reason}", self.who(of)),
            Mail::Message { payload, .. } => {
                String::from_utf8(payload.into_bytes().expect("a text").into()).expect("a text")
            }
            other => panic!("no scenario has such mail: {other:?}"),
        };
        self.say(format!("{} sees {what}", self.who(pid)));
    }
}

/// The mail that a process reports by this one.
fn seen_by(pid: Pid, mail: &Mail) -> Option<&Mail> {
    match mail {
        Mail::Message { from, payload } if *from == pid => payload.downcast_ref().map(|Saw(mail)| mail),
        _ => None,
    }
}
