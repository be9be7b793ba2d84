//! `#[handlers]`: from a module of functions to an action table.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, Item, ItemFn, ItemMod, Result, ReturnType, Type, Visibility};

use crate::section;

const SHAPE: &str = "an action is `pub fn name(request: Request, params: Params) -> Response`";

pub(crate) fn expand(arguments: TokenStream, module: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new(arguments.span(), "`#[handlers]` takes no arguments"));
    }
    let mut module: ItemMod = syn::parse2(module).map_err(|error| {
        Error::new(error.span(), "`#[handlers]` stands on a module: `#[rusm_rs::handlers] pub mod api { ... }`")
    })?;
    let Some((_, items)) = &mut module.content else {
        return Err(Error::new(module.span(), "`#[handlers]` needs the module's body here: `pub mod api { ... }`"));
    };

    let mut actions = Vec::new();
    let mut errors = Errors::default();
    for item in items.iter() {
        if let Item::Fn(function) = item
            && matches!(function.vis, Visibility::Public(_))
        {
            match Action::of(function) {
                Ok(action) => actions.push(action),
                Err(error) => errors.add(error),
            }
        }
    }
    errors.into_result()?;
    if actions.is_empty() {
        return Err(Error::new(module.ident.span(), format!("this module has no `pub fn`: {SHAPE}")));
    }

    items.push(Item::Verbatim(dispatch(&actions)));
    let description = section::handlers(&actions.iter().map(|action| action.name.to_string()).collect::<Vec<_>>());
    let name = &module.ident;
    Ok(quote! {
        #module
        const _: () = { #description };
        ::rusm_rs::__export_actions!(#name::__Actions);
    })
}

/// The code that goes inside the user's module, where the types in the signatures have their meaning.
fn dispatch(actions: &[Action]) -> TokenStream {
    let checks = actions.iter().map(Action::check);
    let arms = actions.iter().enumerate().map(|(index, action)| {
        let (index, name) = (index as u32, &action.name);
        quote!(#index => ::rusm_rs::__rt::Reply::into_result(#name(request, params)),)
    });
    quote! {
        #[doc(hidden)]
        pub struct __Actions;

        impl ::rusm_rs::__rt::Actions for __Actions {
            fn call(
                action: u32,
                request: ::rusm_rs::http::Request,
                params: ::rusm_rs::http::Params,
            ) -> ::core::result::Result<::rusm_rs::http::Response, ::std::string::String> {
                match action {
                    #(#arms)*
                    other => ::core::result::Result::Err(::std::format!("this component has no action {other}")),
                }
            }
        }

        const _: () = { #(#checks)* };
    }
}

struct Action {
    name: Ident,
    request: Type,
    params: Type,
    reply: TokenStream,
    reply_span: Span,
}

impl Action {
    fn of(function: &ItemFn) -> Result<Action> {
        let signature = &function.sig;
        if let Some(asyncness) = &signature.asyncness {
            let message = "an action is not `async`: a call that waits suspends the whole process, not a thread";
            return Err(Error::new(asyncness.span(), message));
        }
        if let Some(unsafety) = &signature.unsafety {
            return Err(Error::new(unsafety.span(), "an action is not `unsafe`"));
        }
        if !signature.generics.params.is_empty() {
            return Err(Error::new(signature.generics.span(), format!("an action has no generics: {SHAPE}")));
        }
        let types = signature.inputs.iter().map(|argument| match argument {
            FnArg::Typed(argument) => Ok(*argument.ty.clone()),
            FnArg::Receiver(receiver) => Err(Error::new(receiver.span(), format!("an action has no `self`: {SHAPE}"))),
        });
        let types = types.collect::<Result<Vec<_>>>()?;
        let [request, params] = types.try_into().map_err(|types: Vec<Type>| wrong_count(function, &types))?;
        let (reply, reply_span) = match &signature.output {
            ReturnType::Type(_, reply) => (quote!(#reply), reply.span()),
            ReturnType::Default => {
                let message = format!("an action returns `Response` or `Result<Response, E>`: {SHAPE}");
                return Err(Error::new(signature.ident.span(), message));
            }
        };
        Ok(Action { name: signature.ident.clone(), request, params, reply, reply_span })
    }

    /// Statements that compile only if the signature's types fit, each with the span of the type that it
    /// checks, so that the compiler's error stands under that type.
    fn check(&self) -> TokenStream {
        let Action { name, request, params, reply, reply_span } = self;
        let check = format_ident!("check_{name}");
        let request = quote_spanned!(request.span()=> ::rusm_rs::__rt::assert_first_argument::<#request>(););
        let params = quote_spanned!(params.span()=> ::rusm_rs::__rt::assert_second_argument::<#params>(););
        let reply = quote_spanned!(*reply_span=> ::rusm_rs::__rt::assert_reply::<#reply>(););
        quote! {
            #[allow(dead_code)]
            fn #check() { #request #params #reply }
        }
    }
}

fn wrong_count(function: &ItemFn, types: &[Type]) -> Error {
    match types {
        [_, _, extra, ..] => Error::new(extra.span(), format!("an action takes two arguments: {SHAPE}")),
        _ => {
            let count = types.len();
            let found = if count == 0 { "none" } else { "one" };
            let message = format!("an action takes two arguments, this one has {found}: {SHAPE}");
            Error::new(function.sig.paren_token.span.join(), message)
        }
    }
}

/// Every mistake in the module at once, rather than one for each compilation.
#[derive(Default)]
struct Errors(Option<Error>);

impl Errors {
    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn into_result(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
