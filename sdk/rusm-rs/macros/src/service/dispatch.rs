//! The service's side: from a call's name to the function, and from what it gives to the answer.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Item, ItemFn, ReturnType, Type, Visibility};

use super::function::{Function, Output, local};
use crate::errors::Errors;

/// The functions that the service itself calls.
#[derive(Default)]
pub(super) struct Hooks {
    /// What `init` gives.
    pub(super) state: Option<State>,
    handle_info: Option<HandleInfo>,
}

pub(super) struct State {
    of: Type,
    takes_argument: bool,
    /// Whether `init` gives a `Result`.
    fallible: bool,
}

struct HandleInfo {
    takes_state: bool,
}

const INIT: &str = "`fn init() -> State` or `fn init(argument: T) -> State`, or with a `Result<State, E>`";
const HANDLE_INFO: &str =
    "`fn handle_info(state: &mut State, mail: Mail)`, or without a state `fn handle_info(mail: Mail)`";

impl Hooks {
    pub(super) fn of(items: &[Item], errors: &mut Errors) -> Hooks {
        let mut hooks = Hooks::default();
        for item in items {
            let Item::Fn(function) = item else { continue };
            let name = &function.sig.ident;
            if name != "init" && name != "handle_info" {
                continue;
            }
            if matches!(function.vis, Visibility::Public(_)) {
                let message = format!("`{name}` is called by the service itself, and not `pub`");
                errors.add(Error::new_spanned(&function.vis, message));
            }
            if name == "init" {
                hooks.state = State::of(function, errors);
            } else {
                hooks.handle_info = HandleInfo::of(function, errors);
            }
        }
        if let (None, Some(HandleInfo { takes_state: true })) = (&hooks.state, &hooks.handle_info)
            && errors.count == 0
        {
            let message = "it takes a state, and the module has none: add `fn init() -> State`";
            let function = items.iter().find_map(|item| match item {
                Item::Fn(function) if function.sig.ident == "handle_info" => Some(&function.sig.inputs),
                _ => None,
            });
            errors.add(Error::new_spanned(function, message));
        }
        hooks
    }
}

impl State {
    fn of(function: &ItemFn, errors: &mut Errors) -> Option<State> {
        let signature = &function.sig;
        let takes_argument = match signature.inputs.len() {
            0 => false,
            1 => true,
            _ => {
                errors
                    .add(Error::new_spanned(signature, format!("`init` takes one argument at most: {INIT}")));
                return None;
            }
        };
        let ReturnType::Type(_, output) = &signature.output else {
            errors.add(Error::new_spanned(signature, format!("`init` gives the state: {INIT}")));
            return None;
        };
        let (of, fallible) = match result_of(output) {
            Some(of) => (of, true),
            None => ((**output).clone(), false),
        };
        if matches!(of, Type::ImplTrait(_)) {
            errors.add(Error::new_spanned(of, "the state's type has a name"));
            return None;
        }
        Some(State { of, takes_argument, fallible })
    }
}

fn result_of(of: &Type) -> Option<Type> {
    let Type::Path(path) = of else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == "Result")?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(of) => Some(of.clone()),
        _ => None,
    }
}

impl HandleInfo {
    fn of(function: &ItemFn, errors: &mut Errors) -> Option<HandleInfo> {
        let inputs = &function.sig.inputs;
        let receiver = inputs.iter().any(|argument| matches!(argument, FnArg::Receiver(_)));
        match (receiver, inputs.len()) {
            (false, 1) => Some(HandleInfo { takes_state: false }),
            (false, 2) => Some(HandleInfo { takes_state: true }),
            _ => {
                let message = format!("`handle_info` takes the state and mail: {HANDLE_INFO}");
                errors.add(Error::new_spanned(&function.sig, message));
                None
            }
        }
    }
}

/// `__run`, the body of the service's process, and `__dispatch`.
pub(super) fn generate(functions: &[Function], hooks: &Hooks) -> TokenStream {
    let state_type = hooks.state.as_ref().map_or_else(
        || quote!(()),
        |state| {
            let of = &state.of;
            quote!(#of)
        },
    );
    let init = init(hooks.state.as_ref());
    let handle_info = match &hooks.handle_info {
        None => quote!(::core::option::Option::None),
        Some(HandleInfo { takes_state: true }) => {
            quote!(::core::option::Option::Some(|state, mail| self::handle_info(state, mail)))
        }
        Some(HandleInfo { takes_state: false }) => {
            quote!(::core::option::Option::Some(|_, mail| self::handle_info(mail)))
        }
    };
    let (state, call, name) = (local("state"), local("call"), local("name"));
    let arms = functions.iter().map(arm);
    let names = functions.iter().map(|function| {
        let (conditions, text) = (&function.conditions, function.text());
        quote!(#(#conditions)* #text)
    });
    quote! {
        #[doc(hidden)]
        pub fn __run() -> ::core::result::Result<(), ::std::string::String> {
            let state: #state_type = #init;
            match ::rusm_rs::__rt::serve(
                state,
                &::rusm_rs::__rt::Service { dispatch: __dispatch, handle_info: #handle_info },
            ) {}
        }

        #[allow(deprecated, unused_variables, clippy::all, clippy::pedantic)]
        fn __dispatch(
            #state: &mut #state_type,
            #call: &::rusm_rs::__rt::Call<'_>,
        ) -> ::core::result::Result<::rusm_rs::__rt::Answer, ::rusm_rs::service::Error> {
            match #call.function() {
                #(#arms)*
                _ => {
                    let #name: &[&::core::primitive::str] = &[#(#names),*];
                    ::core::result::Result::Err(#call.no_such_function(#name))
                }
            }
        }
    }
}

fn init(state: Option<&State>) -> TokenStream {
    let Some(State { takes_argument, fallible, .. }) = state else { return quote!(()) };
    let argument = takes_argument.then(|| quote!(::rusm_rs::__rt::argument()));
    if *fallible {
        quote!(::rusm_rs::__rt::started(self::init(#argument))?)
    } else {
        quote!(self::init(#argument))
    }
}

/// Each type bears the span that it has in the signature, so that one that does not fit is one error, there.
fn arm(function: &Function) -> TokenStream {
    let Function { conditions, name, .. } = function;
    let text = function.text();
    let (state, call, rest) = (local("state"), local("call"), local("arguments"));
    let begin = if function.is_stream() { quote!(stream_arguments) } else { quote!(arguments) };
    let variables: Vec<_> =
        (0..function.arguments.len()).map(|index| local(&format!("argument_{index}"))).collect();
    let takes = function.arguments.iter().zip(&variables).map(|(argument, variable)| {
        let (of, text) = (&argument.of, argument.name.to_string());
        let text = text.trim_start_matches("r#");
        let take = quote_spanned!(of.span()=> take::<#of>);
        quote!(let #variable = #rest.#take(#text)?;)
    });
    let state_argument = function.state.map(|place| {
        let state = proc_macro2::Ident::new("state", state.span().located_at(place));
        quote!(#state,)
    });
    let output = quote!(self::#name(#state_argument #(#variables),*));
    let answer = match &function.output {
        Output::Value(of) => {
            let value = quote_spanned!(of.span()=> value::<#of>);
            quote!(#call.#value(#output))
        }
        Output::Result(of) => {
            let result = quote_spanned!(of.span()=> result::<#of, _>);
            quote!(#call.#result(#output))
        }
        Output::Stream { item, fallible_items, fallible } => {
            let output = if *fallible { quote!(::rusm_rs::__rt::begun(#output)?) } else { output };
            let stream = if *fallible_items {
                quote_spanned!(item.span()=> stream_results::<#item, _, _>)
            } else {
                quote_spanned!(item.span()=> stream::<#item, _>)
            };
            quote!(#call.#stream(#output))
        }
    };
    quote! {
        #(#conditions)*
        #text => {
            let mut #rest = #call.#begin()?;
            #(#takes)*
            #rest.end()?;
            #answer
        }
    }
}
