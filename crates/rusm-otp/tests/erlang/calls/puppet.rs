//! The server of the scenarios.

use rusm_otp::{Context, ExitReason, Mail, ReplyTo, Server};
use tokio::sync::mpsc::UnboundedSender;

/// Does as its start, each call and each cast say.
#[derive(Default)]
pub(super) struct Puppet {
    /// The texts of messages and casts, one after the other.
    pub(super) heard: String,
    /// Gets what is not for a puppet that just listens.
    pub(super) teller: Option<UnboundedSender<Told>>,
}

/// What a server was told.
pub(super) enum Told {
    Info(Mail),
    Terminate(ExitReason),
}

pub(super) type Init = Box<dyn FnOnce(&mut Context) -> Result<Puppet, Stop> + Send>;
pub(super) type Request =
    Box<dyn FnOnce(&mut Puppet, ReplyTo<String>, &mut Context) -> Result<Option<String>, Stop> + Send>;
pub(super) type Cast = Box<dyn FnOnce(&mut Puppet, &mut Context) -> Result<(), Stop> + Send>;

/// How a function of the server comes to no result.
pub(super) enum Stop {
    /// It returns the reason.
    With(ExitReason),
    /// It ends its process where it stands.
    Exit(ExitReason),
    /// It waits for ever.
    Hang,
}

impl Stop {
    async fn reason(self, ctx: &Context) -> ExitReason {
        match self {
            Self::With(reason) => reason,
            Self::Exit(reason) => match ctx.exit_self(reason).await {},
            Self::Hang => std::future::pending().await,
        }
    }
}

impl Server for Puppet {
    type Args = Init;
    type Request = Request;
    type Reply = String;
    type Cast = Cast;

    async fn init(init: Init, ctx: &mut Context) -> Result<Self, ExitReason> {
        finish(init(ctx), ctx).await
    }

    async fn handle_call(
        &mut self,
        request: Request,
        from: ReplyTo<String>,
        ctx: &mut Context,
    ) -> Result<Option<String>, ExitReason> {
        finish(request(self, from, ctx), ctx).await
    }

    async fn handle_cast(&mut self, cast: Cast, ctx: &mut Context) -> Result<(), ExitReason> {
        finish(cast(self, ctx), ctx).await
    }

    async fn handle_info(&mut self, mail: Mail, _ctx: &mut Context) -> Result<(), ExitReason> {
        match (&self.teller, mail) {
            (Some(teller), mail) => drop(teller.send(Told::Info(mail))),
            (None, Mail::Message { payload, .. }) => {
                self.heard += str::from_utf8(payload.as_bytes().expect("a text")).expect("a text");
            }
            (None, other) => unreachable!("no scenario sends {other:?}"),
        }
        Ok(())
    }

    async fn terminate(self, reason: &ExitReason, _ctx: &mut Context) {
        if let Some(teller) = self.teller {
            drop(teller.send(Told::Terminate(reason.clone())));
        }
    }
}

async fn finish<T>(result: Result<T, Stop>, ctx: &Context) -> Result<T, ExitReason> {
    match result {
        Ok(value) => Ok(value),
        Err(stop) => Err(stop.reason(ctx).await),
    }
}
