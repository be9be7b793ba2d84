//! Foreign code at arm's length: a panic in a body is an exit reason.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::ExitReason;

/// Runs foreign code; a panic in it becomes the reason to exit with.
///
/// Unwind safety is asserted because nothing that foreign code touched is used after it panicked, and the
/// runtime's own state is only reached through calls that are complete or not begun.
pub(crate) fn contain<T>(code: impl FnOnce() -> T) -> Result<T, ExitReason> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| ExitReason::Crashed(text_of(panic).into()))
}

/// Drops a foreign value; a panic in its destructor becomes the reason to exit with.
pub(crate) fn contain_drop<T>(value: T) -> Result<(), ExitReason> {
    if std::mem::needs_drop::<T>() { contain(move || drop(value)) } else { Ok(()) }
}

fn text_of(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map_or("a panic without a text", |text| text).to_owned();
            // `panic_any` takes any value, even one whose destructor panics, and what that throws as well.
            if let Err(again) = catch_unwind(AssertUnwindSafe(move || drop(panic))) {
                std::mem::forget(again);
            }
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crash(code: impl FnOnce()) -> String {
        contain(code).unwrap_err().to_string()
    }

    #[test]
    fn the_text_of_a_panic_is_kept() {
        assert_eq!(crash(|| panic!("plain")), "crashed: plain");
        let number = 7;
        assert_eq!(crash(|| panic!("formatted {number}")), "crashed: formatted 7");
        assert_eq!(crash(|| std::panic::panic_any(1)), "crashed: a panic without a text");
    }

    #[test]
    fn a_panic_whose_value_panics_is_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::panic_any(Bomb);
            }
        }
        assert_eq!(crash(|| std::panic::panic_any(Bomb)), "crashed: a panic without a text");
    }
}
