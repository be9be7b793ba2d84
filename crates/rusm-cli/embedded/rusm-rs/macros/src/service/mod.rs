//! `#[service]`: from a module of functions to a dispatch and a client; and `#[client]`, from signatures to the
//! client alone.

mod client;
mod dispatch;
mod function;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Item, ItemFn, ItemMod, Result, Signature, Token, TypeParamBound, Visibility,
    parse_quote,
};

use crate::errors::Errors;
use dispatch::Hooks;
use function::{Function, Side};

/// The module with its dispatch and client, or the module without them and what is wrong with it.
pub(crate) fn expand_service(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut module = match module(item.clone(), "#[service]", "#[rusm_rs::service] pub mod counter { ... }") {
        Ok(module) => module,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#item #error);
        }
    };
    let mut errors = Errors::default();
    let shared = is_shared(arguments, &mut errors);
    let items = content(&module, "#[service]", &mut errors);
    let hooks = Hooks::of(items, &mut errors);
    let side = Side::Service { has_state: hooks.state.is_some() };
    let functions: Vec<Function> = items
        .iter()
        .filter_map(public_function)
        .filter(|item| item.sig.ident != "init" && item.sig.ident != "handle_info")
        .filter_map(|item| Function::of(&item.attrs, &item.sig, side, &mut errors))
        .collect();
    if functions.is_empty() && errors.count == 0 {
        let message = "this module has no function for others, no `pub fn name(arguments) -> T`";
        errors.add(Error::new(module.ident.span(), message));
    }
    if let Some(errors) = errors.all {
        let errors = errors.into_compile_error();
        leave_out_methods(&mut module);
        return quote!(#module #errors);
    }
    let dispatch = dispatch::generate(&functions, &hooks);
    let client = client::generate(&module.ident, &functions);
    if let Some((_, items)) = &mut module.content {
        for function in items.iter_mut().filter_map(function_mut) {
            adapt(function);
        }
        items.push(Item::Verbatim(dispatch));
        items.push(Item::Verbatim(client));
    }
    if shared {
        return module.into_token_stream();
    }
    let name = &module.ident;
    // As of `#[handlers]`: two services would be two exports of one name.
    let only_once = quote_spanned! {name.span()=>
        #[doc(hidden)]
        #[macro_export]
        macro_rules! a_component_has_one_service { () => {} }
    };
    quote! {
        #module
        #only_once
        ::rusm_rs::export_service!(#name);
    }
}

/// The module with its client in place of the signatures.
pub(crate) fn expand_client(arguments: &TokenStream, item: TokenStream) -> TokenStream {
    let mut module = match module(item, "#[client]", "#[rusm_rs::client] pub mod counter { ... }") {
        Ok(module) => module,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    if !arguments.is_empty() {
        errors.add(Error::new_spanned(arguments, "`#[client]` takes no arguments"));
    }
    let mut functions = Vec::new();
    for item in content(&module, "#[client]", &mut errors) {
        match item {
            Item::Verbatim(tokens) => match syn::parse2::<Declaration>(tokens.clone()) {
                Ok(Declaration { attributes, signature }) => {
                    functions.extend(Function::of(&attributes, &signature, Side::Client, &mut errors));
                }
                Err(error) => errors.add(error),
            },
            Item::Fn(function) => {
                let message =
                    "`#[client]` declares what another component has: write `;` in place of the body";
                errors.add(Error::new_spanned(&function.sig, message));
            }
            _ => {}
        }
    }
    if functions.is_empty() && errors.count == 0 {
        let message = "this module declares no function, no `pub fn name(arguments) -> T;`";
        errors.add(Error::new(module.ident.span(), message));
    }
    let client = client::generate(&module.ident, &functions);
    if let Some((_, items)) = &mut module.content {
        items.retain(|item| !matches!(item, Item::Verbatim(_) | Item::Fn(_)));
        items.push(Item::Verbatim(client));
    }
    let errors = errors.all.map(Error::into_compile_error);
    quote!(#module #errors)
}

/// A function without a body.
struct Declaration {
    attributes: Vec<Attribute>,
    signature: Signature,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let signature = input.parse()?;
        input.parse::<Token![;]>()?;
        Ok(Declaration { attributes, signature })
    }
}

fn module(item: TokenStream, attribute: &str, shape: &str) -> Result<ItemMod> {
    match syn::parse2(item)? {
        Item::Mod(module) => Ok(module),
        _ => Err(Error::new(Span::call_site(), format!("`{attribute}` stands on a module: `{shape}`"))),
    }
}

fn is_shared(arguments: TokenStream, errors: &mut Errors) -> bool {
    if arguments.is_empty() {
        return false;
    }
    match syn::parse2::<Ident>(arguments.clone()) {
        Ok(word) if word == "shared" => true,
        _ => {
            let message = "`#[service]` takes no argument but `shared`";
            errors.add(Error::new_spanned(arguments, message));
            false
        }
    }
}

fn content<'m>(module: &'m ItemMod, attribute: &str, errors: &mut Errors) -> &'m [Item] {
    let Some((_, items)) = &module.content else {
        let (keyword, name, end) = (&module.mod_token, &module.ident, &module.semi);
        let message = format!("`{attribute}` needs the module's body here: `pub mod {name} {{ ... }}`");
        errors.add(Error::new_spanned(quote!(#keyword #name #end), message));
        return &[];
    };
    items
}

fn public_function(item: &Item) -> Option<&ItemFn> {
    match item {
        Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(function),
        _ => None,
    }
}

fn function_mut(item: &mut Item) -> Option<&mut ItemFn> {
    match item {
        Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(function),
        _ => None,
    }
}

/// A function with a `self` is an error to the compiler as well, in words that do not speak of services.
fn leave_out_methods(module: &mut ItemMod) {
    if let Some((_, items)) = &mut module.content {
        items.retain(|item| public_function(item).is_none_or(|function| function.sig.receiver().is_none()));
    }
}

/// Fits a user's function to how it is called.
fn adapt(function: &mut ItemFn) {
    // What clippy would have it do, take references, this macro refuses.
    function.attrs.push(parse_quote!(#[allow(clippy::needless_pass_by_value)]));
    // A stream outlives the call that began it, so it holds no borrow of the state. Left to itself, the compiler
    // would take it for granted that it does.
    let bounds = function::stream_bounds_mut(&mut function.sig.output);
    if let Some(bounds) = bounds.filter(|_| function.sig.inputs.first().is_some_and(function::is_reference))
        && !bounds.iter().any(|bound| matches!(bound, TypeParamBound::PreciseCapture(_)))
    {
        let place = bounds.span();
        bounds.push(TypeParamBound::Verbatim(quote_spanned!(place=> use<>)));
    }
}
