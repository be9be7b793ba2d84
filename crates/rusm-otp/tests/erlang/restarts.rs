//! supervisor(3): what becomes of a, b and c when b ends, for each strategy, restart type and reason. The type
//! is b's alone where the others are permanent (`b_`), or the type of all three (`all_`).

use rusm_otp::{ChildSpec, Restart, Strategy};

use crate::driver::Scenario;
use crate::supervision::{How, Kind, Stage, flags};

macro_rules! rows {
    ($($name:literal $row:ident($strategy:ident, $types:expr): $($how:ident)*;)*) => {
        pub(crate) const SCENARIOS: &[Scenario] = &[$($((
            concat!($name, "_", stringify!($how)),
            |driver| Box::pin(async move {
                let mut stage = Stage::of(driver);
                $row(&mut stage, Strategy::$strategy, $types, How::$how).await;
                stage.leave();
            }),
        )),*,)*];
    };
}

const PERMANENT: Restart = Restart::Permanent;
const TRANSIENT: Restart = Restart::Transient;
const TEMPORARY: Restart = Restart::Temporary;

const fn only(b: Restart) -> [Restart; 3] {
    [PERMANENT, b, PERMANENT]
}

const fn all(of: Restart) -> [Restart; 3] {
    [of; 3]
}

rows! {
    "one_for_one_b_permanent" fixed(OneForOne, only(PERMANENT)): normal shutdown shutdown_x kill crash;
    "one_for_one_b_transient" fixed(OneForOne, only(TRANSIENT)): normal shutdown shutdown_x kill crash;
    "one_for_one_b_temporary" fixed(OneForOne, only(TEMPORARY)): normal shutdown shutdown_x kill crash;
    "one_for_one_all_transient" fixed(OneForOne, all(TRANSIENT)): normal shutdown shutdown_x kill crash;
    "one_for_one_all_temporary" fixed(OneForOne, all(TEMPORARY)): normal shutdown shutdown_x kill crash;
    "one_for_all_b_permanent" fixed(OneForAll, only(PERMANENT)): normal shutdown shutdown_x kill crash;
    "one_for_all_b_transient" fixed(OneForAll, only(TRANSIENT)): normal shutdown shutdown_x kill crash;
    "one_for_all_b_temporary" fixed(OneForAll, only(TEMPORARY)): normal shutdown shutdown_x kill crash;
    "one_for_all_all_transient" fixed(OneForAll, all(TRANSIENT)): normal shutdown shutdown_x kill crash;
    "one_for_all_all_temporary" fixed(OneForAll, all(TEMPORARY)): normal shutdown shutdown_x kill crash;
    "rest_for_one_b_permanent" fixed(RestForOne, only(PERMANENT)): normal shutdown shutdown_x kill crash;
    "rest_for_one_b_transient" fixed(RestForOne, only(TRANSIENT)): normal shutdown shutdown_x kill crash;
    "rest_for_one_b_temporary" fixed(RestForOne, only(TEMPORARY)): normal shutdown shutdown_x kill crash;
    "rest_for_one_all_transient" fixed(RestForOne, all(TRANSIENT)): normal shutdown shutdown_x kill crash;
    "rest_for_one_all_temporary" fixed(RestForOne, all(TEMPORARY)): normal shutdown shutdown_x kill crash;
    "simple_one_for_one_permanent" dynamic(Dynamic, PERMANENT): normal shutdown shutdown_x kill crash;
    "simple_one_for_one_transient" dynamic(Dynamic, TRANSIENT): normal shutdown shutdown_x kill crash;
    "simple_one_for_one_temporary" dynamic(Dynamic, TEMPORARY): normal shutdown shutdown_x kill crash;
}

async fn fixed(s: &mut Stage<'_>, strategy: Strategy, types: [Restart; 3], how: How) {
    let children = ["a", "b", "c"].into_iter().zip(types);
    let supervisor =
        children.fold(flags(strategy), |sup, (id, restart)| sup.child(s.spec(id).restart(restart)));
    let sup = s.boot(supervisor).await;
    s.finish(&sup, "b", how).await;
    s.state(&sup).await;
}

async fn dynamic(s: &mut Stage<'_>, strategy: Strategy, restart: Restart, how: How) {
    let sup = s.boot_dynamic(flags(strategy), Kind::Plain, |spec: ChildSpec| spec.restart(restart)).await;
    s.finish(&sup, "b", how).await;
    s.state_of_dynamic(&sup).await;
}
