//! Time and chance, which come from the host for each process anew.

use rquickjs::{Ctx, Result, TypedArray};

use super::{Natives, throw};
use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use crate::bindings::wasi::random::random;
use crate::started;

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add("now", || {
        let now = wall_clock::now();
        super::count(now.seconds) * 1e3 + f64::from(now.nanoseconds) / 1e6
    })?;
    natives.add("monotonic", || super::milliseconds(monotonic_clock::now()))?;
    natives.add("imaging", started::is_imaging)?;
    natives.add("random", fill)
}

fn fill<'js>(ctx: Ctx<'js>, view: TypedArray<'js, u8>) -> Result<()> {
    if started::is_imaging() {
        return throw(
            &ctx,
            "no-process",
            "random bytes at module scope would be the same in every process: ask for them in a function that answers",
        );
    }
    let Some(at) = view.as_raw() else { return throw(&ctx, "invalid", "the array is detached") };
    let bytes = random::get_random_bytes(at.len() as u64);
    // Nothing runs between the two lines, so the view is where it was.
    unsafe {
        at.cast::<u8>().copy_from_nonoverlapping(std::ptr::NonNull::from(&bytes[..]).cast(), bytes.len());
    }
    Ok(())
}
