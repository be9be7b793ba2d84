use rusm_otp::{Context, ExitReason, ReplyTo, Server};

struct Counter(u64);

enum Ask {
    Value,
    Add(u64),
}

struct Reset;

impl Server for Counter {
    type Args = u64;
    type Request = Ask;
    type Reply = u64;
    type Cast = Reset;

    async fn init(start: u64, _ctx: &mut Context) -> Result<Self, ExitReason> {
        Ok(Counter(start))
    }

    async fn handle_call(
        &mut self,
        request: Ask,
        _from: ReplyTo<u64>,
        _ctx: &mut Context,
    ) -> Result<Option<u64>, ExitReason> {
        if let Ask::Add(n) = request {
            self.0 = self.0.checked_add(n).ok_or(ExitReason::crashed("too much"))?;
        }
        Ok(Some(self.0))
    }

    async fn handle_cast(&mut self, _: Reset, _ctx: &mut Context) -> Result<(), ExitReason> {
        self.0 = 0;
        Ok(())
    }
}
