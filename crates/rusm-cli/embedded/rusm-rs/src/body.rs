//! Between a component's export and the body that the user wrote.

use std::fmt::Display;

/// What a body may return.
#[diagnostic::on_unimplemented(
    message = "a process's body returns nothing or `Result<(), E>` with an `E: Display`, not `{Self}`",
    label = "cannot be turned into an exit reason",
    note = "an `Err` is the process's exit reason: it crashed with that text"
)]
pub trait Outcome {
    /// Nothing, or the text of the crash.
    fn into_result(self) -> Result<(), String>;
}

#[diagnostic::do_not_recommend]
impl Outcome for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Display> Outcome for Result<(), E> {
    /// Takes the error's alternate form, in which errors that carry their causes name them too.
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| format!("{error:#}"))
    }
}

/// Runs a body.
pub fn run<O: Outcome>(body: impl FnOnce() -> O) -> Result<(), String> {
    crate::process::report_panics();
    body().into_result()
}

/// What a process was spawned with, for a body that takes it.
///
/// # Panics
///
/// If it was spawned with something else.
pub fn argument<T: serde::de::DeserializeOwned>() -> T {
    match crate::process::argument() {
        Ok(argument) => argument,
        Err(error) => panic!("this process was not spawned with an argument of the right type: {error}"),
    }
}

/// Makes `$body`, a function without arguments, what the component's processes do, and the component one of
/// this kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_body {
    ($kind:literal, $body:expr) => {
        const _: () = {
            struct Export;
            impl $crate::body_bindings::exports::rusm::runtime::body::Guest for Export {
                fn run() -> ::core::result::Result<(), ::std::string::String> {
                    $crate::__rt::run($body)
                }
            }
    $crate::body_bindings::export_actor!(Export with_types_in $crate::body_bindings);

            const TEXT: &::core::primitive::str = ::core::concat!(r#"{"version":1,"kind":""#, $kind, r#""}"#);
            #[cfg(target_family = "wasm")]
            #[used]
            #[unsafe(link_section = "rusm")]
            static DESCRIPTION: [u8; TEXT.len()] = {
                let mut text = [0; TEXT.len()];
                text.copy_from_slice(TEXT.as_bytes());
                text
            };
        };
    };
}
