//! The macros of `rusm-rs`. Use them through that crate, which documents them.

use proc_macro::TokenStream;

mod actions;

/// Makes a module's `pub fn`s the actions of this component. Documented in `rusm-rs`.
#[proc_macro_attribute]
pub fn handlers(arguments: TokenStream, item: TokenStream) -> TokenStream {
    actions::expand(&arguments.into(), &item.into()).into()
}
