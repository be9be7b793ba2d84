//! The macros of `rusm-rs`. Use them through that crate, which documents them.

use proc_macro::TokenStream;

mod actions;
mod errors;
mod main_fn;
mod service;

/// Makes a module's `pub fn`s the actions of this component. Documented in `rusm-rs`.
#[proc_macro_attribute]
pub fn handlers(arguments: TokenStream, item: TokenStream) -> TokenStream {
    actions::expand(&arguments.into(), &item.into()).into()
}

/// Makes a function the body of this component's processes. Documented in `rusm-rs`.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::expand(&arguments.into(), &item.into()).into()
}

/// Makes a module's `pub fn`s what this component's process does for others. Documented in `rusm-rs`.
#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    service::expand_service(arguments.into(), &item.into()).into()
}

/// Makes a module of signatures a client of the service that has them. Documented in `rusm-rs`.
#[proc_macro_attribute]
pub fn client(arguments: TokenStream, item: TokenStream) -> TokenStream {
    service::expand_client(&arguments.into(), item.into()).into()
}
