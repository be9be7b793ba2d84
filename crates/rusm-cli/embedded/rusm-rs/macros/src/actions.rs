//! `#[handlers]`: from a module of functions to an action table.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, FnArg, Item, ItemFn, ItemMod, Result, ReturnType, Safety, Signature, Type, Visibility,
    parse_quote, parse_quote_spanned,
};

use crate::errors::Errors;

const SHAPE: &str = "`pub fn name(request: Request, params: Params) -> Response`";
const REPLY: &str = "an action returns `Response` or `Result<Response, E>`";

/// The module with its action table, or the module without one and what is wrong with it. It stays in the
/// second case too: without it, every use of what it holds would be an error of its own.
pub(crate) fn expand(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut module = match module(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#item #error);
        }
    };
    let mut errors = Errors::default();
    if !arguments.is_empty() {
        errors.add(Error::new_spanned(arguments, "`#[handlers]` takes no arguments"));
    }
    let actions = actions(&module, &mut errors);
    if let Some(errors) = errors.all {
        let errors = errors.into_compile_error();
        leave_out_methods(&mut module);
        return quote!(#module #errors);
    }
    with_table(module, &actions)
}

fn module(item: TokenStream) -> Result<ItemMod> {
    let message = "`#[handlers]` stands on a module: `#[rusm_rs::handlers] pub mod api { ... }`";
    match syn::parse2(item)? {
        Item::Mod(module) => Ok(module),
        _ => Err(Error::new(Span::call_site(), message)),
    }
}

fn with_table(mut module: ItemMod, actions: &[Action]) -> TokenStream {
    let table = table(actions);
    if let Some((_, items)) = &mut module.content {
        // What clippy would have an action do, take references, this macro refuses.
        for function in items.iter_mut().filter_map(action_function_mut) {
            function.attrs.push(parse_quote!(#[allow(clippy::needless_pass_by_value)]));
        }
        items.push(Item::Verbatim(table));
    }
    let name = &module.ident;
    // Two such modules would be two exports of one name, of which the linker speaks in words of its own.
    // Wherever they stand in the crate, macros of one name that they export are an error at the second.
    let only_once = quote_spanned! {name.span()=>
        #[doc(hidden)]
        #[macro_export]
        macro_rules! a_component_has_one_handlers_module { () => {} }
    };
    quote! {
        #module
        #only_once
        ::rusm_rs::__export_actions!(#name::__ACTIONS);
    }
}

/// A function with a `self` is an error to the compiler as well, in words that do not speak of actions.
fn leave_out_methods(module: &mut ItemMod) {
    if let Some((_, items)) = &mut module.content {
        items.retain(|item| action_function(item).is_none_or(|function| function.sig.receiver().is_none()));
    }
}

/// The module's actions in their order, as far as they are well-formed; what is not goes to `errors`.
fn actions(module: &ItemMod, errors: &mut Errors) -> Vec<Action> {
    let Some((_, items)) = &module.content else {
        let (keyword, name, end) = (&module.mod_token, &module.ident, &module.semi);
        let message = "`#[handlers]` needs the module's body here: `pub mod api { ... }`";
        errors.add(Error::new_spanned(quote!(#keyword #name #end), message));
        return Vec::new();
    };
    let functions: Vec<&ItemFn> = items.iter().filter_map(action_function).collect();
    if functions.is_empty() {
        errors.add(Error::new(module.ident.span(), format!("this module has no action, no {SHAPE}")));
    }
    functions.into_iter().filter_map(|function| Action::of(function, errors)).collect()
}

fn action_function(item: &Item) -> Option<&ItemFn> {
    match item {
        Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(function),
        _ => None,
    }
}

fn action_function_mut(item: &mut Item) -> Option<&mut ItemFn> {
    match item {
        Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(function),
        _ => None,
    }
}

/// The table goes inside the user's module, where the types in the signatures have their meaning.
fn table(actions: &[Action]) -> TokenStream {
    let entries = actions.iter().map(Action::entry);
    quote! {
        #[doc(hidden)]
        #[allow(deprecated)]
        pub(super) const __ACTIONS: &[::rusm_rs::__rt::Action] = &[#(#entries),*];
    }
}

struct Action {
    /// `#[cfg]`s: this macro sees an action before it is known whether it will be compiled.
    conditions: Vec<Attribute>,
    name: Ident,
    request: Type,
    params: Type,
    /// What makes it one that streams.
    third: Option<Type>,
    reply: Type,
}

impl Action {
    /// Reads a signature. Adds everything that is wrong with it to `errors`, not only the first.
    fn of(function: &ItemFn, errors: &mut Errors) -> Option<Action> {
        let signature = &function.sig;
        let before = errors.count;
        qualifiers(signature, errors);
        generics(signature, errors);
        let types = argument_types(signature, errors);
        let reply = reply_type(signature, errors);
        if errors.count > before {
            return None;
        }
        let (request, params, third) = types?;
        let conditions = function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        Some(Action {
            conditions: conditions.cloned().collect(),
            name: signature.ident.clone(),
            request,
            params,
            third,
            reply: reply?,
        })
    }

    /// The action's place in the table. Each type is named where the call needs it and bears the span that it
    /// has in the signature, so that one which does not fit is one error, under that type.
    fn entry(&self) -> TokenStream {
        let Action { conditions, name, request, params, third, reply } = self;
        let text = name.unraw().to_string();
        let request =
            quote_spanned!(request.span()=> <#request as ::rusm_rs::__rt::FirstArgument>::of(request));
        let params = quote_spanned!(params.span()=> <#params as ::rusm_rs::__rt::SecondArgument>::of(params));
        // `self::`, for an action may be named `request` or `params`.
        let (shape, run) = if let Some(third) = third {
            let argument = quote_spanned!(third.span()=> <#third as ::rusm_rs::__rt::ThirdArgument>);
            let into = quote_spanned!(reply.span()=> <#reply as ::rusm_rs::__rt::ReplyWith<#argument::Itself>>::into_result);
            (quote!(#argument::SHAPE), quote!(#into(self::#name(#request, #params, #argument::begin()?))))
        } else {
            let into = quote_spanned!(reply.span()=> <#reply as ::rusm_rs::__rt::Reply>::into_result);
            let run = quote!(#into(self::#name(#request, #params)).map(::core::option::Option::Some));
            (quote!(::rusm_rs::__rt::Shape::Buffered), run)
        };
        quote! {
            #(#conditions)*
            ::rusm_rs::__rt::Action { name: #text, shape: #shape, run: |request, params| #run }
        }
    }
}

fn qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Some(constness) = &signature.constness {
        errors.add(Error::new_spanned(
            constness,
            "an action is not `const`: it answers a request that comes later",
        ));
    }
    if let Some(asyncness) = &signature.asyncness {
        let message = "an action is not `async`: a call that waits suspends the whole process, not a thread";
        errors.add(Error::new_spanned(asyncness, message));
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.add(Error::new_spanned(unsafety, "an action is not `unsafe`: any request may call it"));
    }
    if let Some(abi) = &signature.abi {
        errors.add(Error::new_spanned(abi, "an action is not `extern`: the component's one export calls it"));
    }
}

fn generics(signature: &Signature, errors: &mut Errors) {
    if !signature.generics.params.is_empty() {
        errors.add(Error::new_spanned(&signature.generics, format!("an action has no generics: {SHAPE}")));
    }
}

/// The types of two arguments, and of a third one.
fn argument_types(signature: &Signature, errors: &mut Errors) -> Option<(Type, Type, Option<Type>)> {
    let mut types = Vec::new();
    for argument in &signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => {
                errors.add(Error::new_spanned(receiver, format!("an action has no `self`: {SHAPE}")));
                return None;
            }
            FnArg::Typed(argument) => types.push((*argument.ty).clone()),
        }
    }
    if types.len() < 2 {
        let found = if types.is_empty() { "none" } else { "one" };
        let message = format!("an action takes two or three arguments, this one has {found}: {SHAPE}");
        errors.add(Error::new(signature.paren_token.span.join(), message));
    }
    for extra in signature.inputs.iter().skip(3) {
        let message =
            "an action takes three arguments at most: a request, its parameters, and an `Sse` or a `Body`";
        errors.add(Error::new_spanned(extra, message));
    }
    for unnamed in types.iter().filter_map(impl_keyword) {
        errors.add(Error::new(unnamed, format!("an action has no generics: {SHAPE}")));
    }
    let mut types = types.into_iter();
    Some((types.next()?, types.next()?, types.next()))
}

fn reply_type(signature: &Signature, errors: &mut Errors) -> Option<Type> {
    let ReturnType::Type(_, reply) = &signature.output else {
        // One that sends events may: the compiler knows whether its third argument says so.
        if signature.inputs.len() == 3 {
            return Some(parse_quote_spanned!(signature.ident.span()=> ()));
        }
        errors.add(Error::new(signature.ident.span(), format!("{REPLY}, this one returns nothing")));
        return None;
    };
    if let Some(unnamed) = impl_keyword(reply) {
        errors.add(Error::new(unnamed, format!("{REPLY}, and names its type: `impl` does not")));
    }
    Some((**reply).clone())
}

/// Where `impl Trait` stands in a type. Such a type cannot be named again, which the table has to do.
fn impl_keyword(of: &Type) -> Option<Span> {
    fn find(tokens: TokenStream) -> Option<Span> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) if ident == "impl" => Some(ident.span()),
            TokenTree::Group(group) => find(group.stream()),
            _ => None,
        })
    }
    find(of.to_token_stream())
}
