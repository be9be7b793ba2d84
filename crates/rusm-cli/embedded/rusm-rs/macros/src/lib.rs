//! The macros of `rusm-rs`. Use them through that crate, which documents them.

use proc_macro::TokenStream;

mod actions;
mod main_fn;

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
