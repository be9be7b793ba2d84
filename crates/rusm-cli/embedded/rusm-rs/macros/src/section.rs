//! The custom section in which a component says what it is. The node reads it without running the
//! component; its format is described in the node's `docs/architecture.md`.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// A static in the section `rusm` that holds the description of a component of actions.
pub(crate) fn handlers(actions: &[String]) -> TokenStream {
    let actions: Vec<String> =
        actions.iter().map(|name| format!(r#"{{"name":"{name}","reply":"buffered"}}"#)).collect();
    let text = format!(r#"{{"version":1,"kind":"handlers","actions":[{}]}}"#, actions.join(","));
    let length = text.len();
    let bytes = Literal::byte_string(text.as_bytes());
    quote! {
        #[cfg(target_family = "wasm")]
        #[used]
        #[unsafe(link_section = "rusm")]
        static DESCRIPTION: [u8; #length] = *#bytes;
    }
}
