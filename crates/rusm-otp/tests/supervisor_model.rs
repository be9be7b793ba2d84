//! Random lives of supervisors against a model of OTP's rules.
//!
//! What a supervisor did is what its children saw: their starts, and the shutdowns they were asked for, in
//! order. The model says the same from a list of children alone.

mod common;

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use common::{as_process, reason_of};
use parking_lot::Mutex;
use proptest::prelude::*;
use rusm_otp::{
    ChildSpec, ChildState, ExitReason, Mail, Payload, Restart, Strategy as Fate, Supervisor, SupervisorError,
};

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What is done to a supervisor or to a child of it, by the child's number.
#[derive(Clone, Debug)]
enum Step {
    End(usize, ExitReason),
    Start(usize, Restart),
    Terminate(usize),
    Restart(usize),
    Delete(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Start(usize),
    Stop(usize),
}

type Answer = Result<(), SupervisorError>;

/// A supervisor's children in their order, and what happened to them.
struct Model {
    fate: Fate,
    children: Vec<Child>,
    events: Vec<Event>,
}

#[derive(Clone, Copy)]
struct Child {
    id: usize,
    restart: Restart,
    runs: bool,
}

impl Model {
    fn step(&mut self, step: &Step) -> Answer {
        match *step {
            Step::End(id, ref reason) => {
                self.end(id, reason);
                Ok(())
            }
            Step::Start(id, restart) => self.add(id, restart),
            Step::Terminate(id) => {
                let at = self.find(id)?;
                self.stop(at);
                self.retire(at);
                Ok(())
            }
            Step::Restart(id) => {
                let at = self.find_stopped(id)?;
                self.start(at);
                Ok(())
            }
            Step::Delete(id) => {
                let at = self.find_stopped(id)?;
                self.children.remove(at);
                Ok(())
            }
        }
    }

    fn end(&mut self, id: usize, reason: &ExitReason) {
        let Some(at) = self.children.iter().position(|child| child.id == id && child.runs) else { return };
        self.children[at].runs = false;
        let orderly = !matches!(reason, ExitReason::Killed | ExitReason::Crashed(_));
        match self.children[at].restart {
            Restart::Temporary => self.retire(at),
            Restart::Transient if orderly => {}
            Restart::Transient | Restart::Permanent => self.restart(at),
        }
    }

    fn restart(&mut self, at: usize) {
        let (first, end) = match self.fate {
            Fate::OneForOne | Fate::Dynamic => (at, at + 1),
            Fate::OneForAll => (0, self.children.len()),
            Fate::RestForOne => (at, self.children.len()),
        };
        let rest = self.children.split_off(end);
        for at in (first..end).rev() {
            self.stop(at);
        }
        let group = self.children.split_off(first);
        self.children.extend(group.into_iter().filter(|child| child.restart != Restart::Temporary));
        for at in first..self.children.len() {
            self.start(at);
        }
        self.children.extend(rest);
    }

    fn add(&mut self, id: usize, restart: Restart) -> Answer {
        match self.find(id) {
            // Which process it is, is not the model's to say.
            Ok(at) if self.children[at].runs => Err(SupervisorError::Running),
            Ok(_) => Err(SupervisorError::AlreadyPresent),
            Err(_) => {
                self.children.push(Child { id, restart, runs: false });
                self.start(self.children.len() - 1);
                Ok(())
            }
        }
    }

    fn start(&mut self, at: usize) {
        self.children[at].runs = true;
        self.events.push(Event::Start(self.children[at].id));
    }

    fn stop(&mut self, at: usize) {
        if mem::take(&mut self.children[at].runs) {
            self.events.push(Event::Stop(self.children[at].id));
        }
    }

    fn retire(&mut self, at: usize) {
        if self.children[at].restart == Restart::Temporary {
            self.children.remove(at);
        }
    }

    fn find(&self, id: usize) -> Result<usize, SupervisorError> {
        self.children.iter().position(|child| child.id == id).ok_or(SupervisorError::NotFound)
    }

    fn find_stopped(&self, id: usize) -> Result<usize, SupervisorError> {
        let at = self.find(id)?;
        if self.children[at].runs { Err(SupervisorError::Running) } else { Ok(at) }
    }

    fn shown(&self) -> Vec<(usize, bool)> {
        self.children.iter().map(|child| (child.id, child.runs)).collect()
    }
}

/// A child that writes down its start and the shutdown it is asked for, and ends as it is told.
fn child(id: usize, restart: Restart, events: &Arc<Mutex<Vec<Event>>>) -> ChildSpec {
    let events = events.clone();
    let body = ChildSpec::starting(IDS[id], move |mut ctx, starting| {
        let events = events.clone();
        async move {
            ctx.trap_exit(true);
            let supervisor = starting.parent();
            events.lock().push(Event::Start(id));
            starting.ready(&ctx);
            loop {
                match ctx.receive().await {
                    Mail::Exit { from, reason } if from == supervisor => {
                        events.lock().push(Event::Stop(id));
                        return reason;
                    }
                    Mail::Message { payload, .. } => return payload.downcast().expect("a reason"),
                    _ => {}
                }
            }
        }
    });
    body.restart(restart)
}

async fn live(fate: Fate, steps: &[Step]) {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let events = Arc::default();
        let supervisor = Supervisor::new(fate).intensity(u32::MAX, Duration::from_secs(1));
        let supervisor = supervisor.start_link(&mut ctx).await.unwrap();
        let mut model = Model { fate, children: Vec::new(), events: Vec::new() };
        for step in steps {
            let answer = match *step {
                Step::End(id, ref reason) => {
                    let children = supervisor.which_children().await.unwrap();
                    let state = children.iter().find(|child| &*child.id == IDS[id]).map(|child| child.state);
                    if let Some(ChildState::Running(pid)) = state {
                        if *reason == ExitReason::Killed {
                            ctx.kill(pid);
                        } else {
                            ctx.send(pid, Payload::new(reason.clone()));
                        }
                        reason_of(&mut ctx, pid).await;
                    }
                    Ok(())
                }
                Step::Start(id, restart) => {
                    let started = supervisor.start_child(child(id, restart, &events)).await;
                    started.map(drop).map_err(|error| match error {
                        SupervisorError::AlreadyStarted(_) => SupervisorError::Running,
                        error => error,
                    })
                }
                Step::Terminate(id) => supervisor.terminate_child(IDS[id]).await,
                Step::Restart(id) => supervisor.restart_child(IDS[id]).await.map(drop),
                Step::Delete(id) => supervisor.delete_child(IDS[id]).await,
            };
            assert_eq!(answer, model.step(step), "{step:?}");
            let children = supervisor.which_children().await.unwrap();
            let number = |id: &str| IDS.iter().position(|of| *of == id).unwrap();
            let shown: Vec<_> = children
                .iter()
                .map(|child| (number(&child.id), matches!(child.state, ChildState::Running(_))))
                .collect();
            assert_eq!(shown, model.shown(), "{step:?}");
            assert_eq!(mem::take(&mut *events.lock()), mem::take(&mut model.events), "{step:?}");
        }
        ctx.exit(supervisor.pid(), ExitReason::Shutdown);
        assert_eq!(reason_of(&mut ctx, supervisor.pid()).await, ExitReason::Shutdown);
        for at in (0..model.children.len()).rev() {
            model.stop(at);
        }
        assert_eq!(*events.lock(), model.events, "shutdown");
        assert_eq!(ctx.runtime().list(), [ctx.pid()]);
    })
    .await;
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reason = prop_oneof![
        Just(ExitReason::Normal),
        Just(ExitReason::Shutdown),
        Just(ExitReason::shutdown_with("x")),
        Just(ExitReason::Killed),
        Just(ExitReason::crashed("boom")),
    ];
    let restart = prop_oneof![Just(Restart::Permanent), Just(Restart::Transient), Just(Restart::Temporary)];
    let id = 0..IDS.len();
    let step = prop_oneof![
        4 => (id.clone(), reason).prop_map(|(id, reason)| Step::End(id, reason)),
        4 => (id.clone(), restart).prop_map(|(id, restart)| Step::Start(id, restart)),
        1 => id.clone().prop_map(Step::Terminate),
        1 => id.clone().prop_map(Step::Restart),
        1 => id.prop_map(Step::Delete),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn supervisors_live_by_the_model(
        fate in prop_oneof![Just(Fate::OneForOne), Just(Fate::OneForAll), Just(Fate::RestForOne)],
        steps in steps(),
    ) {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        tokio.block_on(live(fate, &steps));
    }
}
