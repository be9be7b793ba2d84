//! `#[main]`: from a function to the body of a component's processes.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Item, ItemFn, Result, ReturnType, Safety};

const SHAPE: &str = "`fn main()` or `fn main(argument: T)`, without or with a `Result<(), E>`";

/// The function and the export that calls it, or the function and what is wrong with it.
pub(crate) fn expand(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    match body(arguments, item.clone()) {
        Ok(expanded) => expanded,
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#item #error)
        }
    }
}

fn body(arguments: &TokenStream, item: TokenStream) -> Result<TokenStream> {
    let Item::Fn(function) = syn::parse2(item)? else {
        return Err(Error::new(Span::call_site(), format!("`#[main]` stands on a function: {SHAPE}")));
    };
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[main]` takes no arguments"));
    }
    check(&function)?;
    let ItemFn { sig, .. } = &function;
    let name = &sig.ident;
    let argument = sig.inputs.first().map(|_| quote!(::rusm_rs::__rt::argument()));
    let output = match &sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, output) => quote_spanned!(output.span()=> #output),
    };
    Ok(quote! {
        #function
        ::rusm_rs::__export_body!("main", || -> #output { #name(#argument) });
    })
}

fn check(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if let Some(asyncness) = &signature.asyncness {
        let message = "a body is not `async`: a call that waits suspends the whole process, not a thread";
        return Err(Error::new_spanned(asyncness, message));
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        return Err(Error::new_spanned(unsafety, "a body is not `unsafe`: the node calls it"));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(&signature.generics, format!("a body has no generics: {SHAPE}")));
    }
    if let Some(receiver @ FnArg::Receiver(_)) = signature.inputs.first() {
        return Err(Error::new_spanned(receiver, format!("a body has no `self`: {SHAPE}")));
    }
    if let Some(extra) = signature.inputs.iter().nth(1) {
        return Err(Error::new_spanned(extra, format!("a body takes one argument at most: {SHAPE}")));
    }
    Ok(())
}
