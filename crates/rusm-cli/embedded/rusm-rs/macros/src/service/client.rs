//! The caller's side: a method for each function.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::function::{Argument, Function, Output};

pub(super) fn generate(module: &Ident, functions: &[Function]) -> TokenStream {
    let calls = functions.iter().map(call);
    // What gives a stream or takes a closure has someone who waits for it.
    let casts =
        functions.iter().filter(|function| !function.is_stream() && !function.has_callbacks()).map(cast);
    let about = format!("Calls the functions of a `{module}` service.");
    quote! {
        #[doc = #about]
        ///
        /// A call waits for its answer, five seconds at most unless the client was made with another limit.
        #[derive(Clone, Debug)]
        #[allow(dead_code)]
        pub struct Client(::rusm_rs::service::Connection);

        #[allow(dead_code, missing_docs, clippy::all, clippy::pedantic)]
        impl Client {
            /// A client of the process that has this name, or whichever has it after that one.
            ///
            /// # Errors
            ///
            /// If no process has the name.
            pub fn connect(
                name: &::core::primitive::str,
            ) -> ::core::result::Result<Self, ::rusm_rs::service::CallError> {
                ::core::result::Result::Ok(Client(::rusm_rs::service::Connection::to_name(name)?))
            }

            /// A client of this process.
            pub fn of(pid: ::rusm_rs::Pid) -> Self {
                Client(::rusm_rs::service::Connection::to_pid(pid))
            }

            /// How long each call waits for its answer. `Duration::MAX` is for ever.
            #[must_use]
            pub fn with_timeout(self, timeout: ::core::time::Duration) -> Self {
                Client(self.0.with_timeout(timeout))
            }

            /// The process that is called next.
            pub fn pid(&self) -> ::rusm_rs::Pid {
                self.0.pid()
            }

            /// The same functions, called without waiting for them.
            pub fn cast(&self) -> Casts<'_> {
                Casts(&self.0)
            }

            #(#calls)*
        }

        /// The functions of the service, called without waiting for them: nobody is told what comes of it.
        #[derive(Clone, Copy, Debug)]
        #[allow(dead_code)]
        pub struct Casts<'a>(&'a ::rusm_rs::service::Connection);

        #[allow(dead_code, missing_docs, clippy::all, clippy::pedantic)]
        impl Casts<'_> {
            #(#casts)*
        }
    }
}

fn call(function: &Function) -> TokenStream {
    let Function { conditions, docs, name, arguments, output, .. } = function;
    let text = function.text();
    let parameters = arguments.iter().map(parameter);
    let sent = sent(arguments);
    let body = match output {
        Output::Stream { item, .. } => {
            let stream = quote_spanned!(item.span()=> stream::<#item>);
            quote!(self.0.#stream(#text, #sent))
        }
        Output::Value(of) | Output::Result(of) if !function.has_callbacks() => {
            let call = quote_spanned!(of.span()=> call::<#of>);
            quote!(self.0.#call(#text, #sent))
        }
        Output::Value(_) | Output::Result(_) => {
            let callbacks: Vec<_> = arguments.iter().filter(|argument| argument.callback.is_some()).collect();
            let names = callbacks.iter().map(|argument| &argument.name).collect::<Vec<_>>();
            // So that its name counts as used.
            let types = callbacks.iter().map(|argument| &argument.of);
            quote! {
                #(let _ = ::core::marker::PhantomData::<#types>;)*
                #(let #names = ::rusm_rs::__rt::Listener::new(#names);)*
                self.0.call_listening(#text, #sent, &mut [#(#names),*])
            }
        }
    };
    let output = match output {
        Output::Value(of) | Output::Result(of) => quote!(#of),
        Output::Stream { item, .. } => quote!(::rusm_rs::service::Items<#item>),
    };
    quote! {
        #(#conditions)*
        #(#docs)*
        pub fn #name(
            &self,
            #(#parameters),*
        ) -> ::core::result::Result<#output, ::rusm_rs::service::CallError> {
            #body
        }
    }
}

fn cast(function: &Function) -> TokenStream {
    let Function { conditions, docs, name, arguments, .. } = function;
    let text = function.text();
    let parameters = arguments.iter().map(parameter);
    let sent = sent(arguments);
    quote! {
        #(#conditions)*
        #(#docs)*
        pub fn #name(
            &self,
            #(#parameters),*
        ) -> ::core::result::Result<(), ::rusm_rs::service::CallError> {
            self.0.cast(#text, #sent)
        }
    }
}

fn parameter(argument: &Argument) -> TokenStream {
    let Argument { name, of, callback } = argument;
    if let Some(of) = callback {
        quote!(#name: impl ::core::ops::FnMut(#of))
    } else {
        quote_spanned!(of.span()=> #name: impl ::rusm_rs::service::Argument<#of>)
    }
}

/// An array on the wire: a tuple, or of nothing an empty array.
fn sent(arguments: &[Argument]) -> TokenStream {
    if arguments.is_empty() {
        return quote!(&[(); 0]);
    }
    let each =
        arguments.iter().map(
            |Argument { name, callback, .. }| {
                if callback.is_some() { quote!(#name.argument()) } else { quote!(&#name) }
            },
        );
    quote!(&(#(#each,)*))
}
