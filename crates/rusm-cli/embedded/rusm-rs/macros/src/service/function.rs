//! What a signature says: state, arguments, and what comes back.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    AssocType, Attribute, Error, FnArg, GenericArgument, Pat, PathArguments, PathSegment, ReturnType, Safety,
    Signature, Token, Type, TypeParamBound,
};

use crate::errors::Errors;

const SHAPE: &str = "`pub fn name(arguments) -> T`";

pub(super) struct Function {
    /// `#[cfg]`s: a macro sees a function before it is known whether it will be compiled.
    pub(super) conditions: Vec<Attribute>,
    pub(super) docs: Vec<Attribute>,
    pub(super) name: Ident,
    /// Where its first argument says that it is the state.
    pub(super) state: Option<Span>,
    pub(super) arguments: Vec<Argument>,
    pub(super) output: Output,
}

/// Whose signature it is.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Service { has_state: bool },
    Client,
}

pub(super) struct Argument {
    pub(super) name: Ident,
    pub(super) of: Type,
    /// What it is called with, if it is a `Callback`.
    pub(super) callback: Option<Type>,
}

pub(super) enum Output {
    /// A value of this type.
    Value(Type),
    /// A `Result` of such a value.
    Result(Type),
    Stream {
        item: Type,
        /// Whether the iterator gives `Result`s of items.
        fallible_items: bool,
        /// Whether there may be no iterator but an error.
        fallible: bool,
    },
}

impl Function {
    /// What a route or a call says.
    pub(super) fn text(&self) -> String {
        self.name.unraw().to_string()
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.output, Output::Stream { .. })
    }

    pub(super) fn has_callbacks(&self) -> bool {
        self.arguments.iter().any(|argument| argument.callback.is_some())
    }

    /// Reads a signature. Adds everything that is wrong with it to `errors`, not only the first.
    pub(super) fn of(
        attributes: &[Attribute],
        signature: &Signature,
        side: Side,
        errors: &mut Errors,
    ) -> Option<Function> {
        let before = errors.count;
        qualifiers(signature, errors);
        if is_reserved(&signature.ident) {
            let message = format!(
                "every client has a `{}` of its own: give the function another name",
                signature.ident
            );
            errors.add(Error::new(signature.ident.span(), message));
        }
        let takes_state = signature.inputs.first().is_some_and(is_reference);
        let wrong_state = match side {
            Side::Service { has_state: true } => None,
            Side::Service { .. } => Some(
                "the first argument is a reference, and so the state: add `fn init() -> State` to the module",
            ),
            Side::Client => Some("the state is the service's own: leave this argument out"),
        };
        if let (true, Some(message)) = (takes_state, wrong_state) {
            errors.add(Error::new_spanned(signature.inputs.first(), message));
        }
        let arguments = arguments(signature, takes_state, errors);
        let output = output(&signature.output, errors);
        if errors.count > before {
            return None;
        }
        let only = |name: &str| -> Vec<Attribute> {
            attributes.iter().filter(|attribute| attribute.path().is_ident(name)).cloned().collect()
        };
        let function = Function {
            conditions: only("cfg"),
            docs: only("doc"),
            name: signature.ident.clone(),
            state: signature.inputs.first().filter(|_| takes_state).map(Spanned::span),
            arguments,
            output: output?,
        };
        if function.is_stream() && function.has_callbacks() {
            let message =
                "a function that gives a stream takes no `Callback`: the stream's items do what it would";
            errors.add(Error::new(function.name.span(), message));
            return None;
        }
        Some(function)
    }
}

fn is_reserved(name: &Ident) -> bool {
    ["connect", "of", "with_timeout", "cast", "pid"].iter().any(|reserved| name == reserved)
}

fn qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Some(asyncness) = &signature.asyncness {
        let message = "a service's function is not `async`: a call that waits suspends the whole process";
        errors.add(Error::new_spanned(asyncness, message));
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        let message = "a service's function is not `unsafe`: any process may call it";
        errors.add(Error::new_spanned(unsafety, message));
    }
    if let Some(abi) = &signature.abi {
        let message = "a service's function is not `extern`: the service's dispatch calls it";
        errors.add(Error::new_spanned(abi, message));
    }
    if !signature.generics.params.is_empty() {
        let message = format!("a service's function has no generics: {SHAPE}");
        errors.add(Error::new_spanned(&signature.generics, message));
    }
}

/// Whether this argument is taken by reference.
pub(super) fn is_reference(argument: &FnArg) -> bool {
    matches!(argument, FnArg::Typed(argument) if matches!(*argument.ty, Type::Reference(_)))
}

fn arguments(signature: &Signature, takes_state: bool, errors: &mut Errors) -> Vec<Argument> {
    let mut arguments = Vec::new();
    for (index, argument) in signature.inputs.iter().enumerate() {
        let argument = match argument {
            FnArg::Receiver(receiver) => {
                let message =
                    "a service's function has no `self`: the state is a first argument, `state: &mut State`";
                errors.add(Error::new_spanned(receiver, message));
                continue;
            }
            FnArg::Typed(_) if index == 0 && takes_state => continue,
            FnArg::Typed(argument) => argument,
        };
        match &*argument.ty {
            Type::Reference(of) => {
                let message =
                    "an argument comes out of a message, and is taken by value: `String`, not `&str`";
                errors.add(Error::new_spanned(of, message));
            }
            Type::ImplTrait(of) => {
                let message = format!("a service's function has no generics: {SHAPE}");
                errors.add(Error::new_spanned(of, message));
            }
            _ => {}
        }
        let name = match &*argument.pat {
            Pat::Ident(pattern) => pattern.ident.unraw(),
            _ => format_ident!("argument_{}", arguments.len() + 1),
        };
        // Fit for a client's argument, where `_` leads are not the rule.
        let trimmed = name.to_string();
        let trimmed = trimmed.trim_start_matches('_');
        let name = syn::parse_str::<Ident>(trimmed).map_or_else(
            |_| format_ident!("r#{}", trimmed, span = name.span()),
            |ident| Ident::new(&ident.to_string(), name.span()),
        );
        let callback = last_segment(&argument.ty, "Callback").and_then(first_type);
        arguments.push(Argument { name, of: (*argument.ty).clone(), callback });
    }
    arguments
}

fn output(output: &ReturnType, errors: &mut Errors) -> Option<Output> {
    let ReturnType::Type(_, of) = output else {
        return Some(Output::Value(syn::parse_quote!(())));
    };
    match (last_segment(of, "Result"), stream_item(of)) {
        (_, Some(item)) => stream(item, false, errors),
        (Some(result), _) => {
            let Some(ok) = first_type(result) else {
                let message = "say what it is a `Result` of: the client's has another error";
                errors.add(Error::new_spanned(of, message));
                return None;
            };
            match stream_item(&ok) {
                Some(item) => stream(item, true, errors),
                None => value(&ok, errors).map(Output::Result),
            }
        }
        (None, None) => value(of, errors).map(Output::Value),
    }
}

fn stream(item: Type, fallible: bool, errors: &mut Errors) -> Option<Output> {
    let result = last_segment(&item, "Result");
    let fallible_items = result.is_some();
    let item = match result.map(first_type) {
        None => item,
        Some(Some(item)) => item,
        Some(None) => {
            let message = "say what it is a `Result` of: the client's has another error";
            errors.add(Error::new_spanned(item, message));
            return None;
        }
    };
    Some(Output::Stream { item: value(&item, errors)?, fallible_items, fallible })
}

/// A type that can be named a second time, in the client.
fn value(of: &Type, errors: &mut Errors) -> Option<Type> {
    let message = match of {
        Type::ImplTrait(_) => {
            "a service's function gives a value of a type that has a name, or `impl Iterator<Item = T>`"
        }
        Type::Reference(_) => "what a service's function gives goes into a message, and is given by value",
        _ => return Some(of.clone()),
    };
    errors.add(Error::new(of.span(), message));
    None
}

/// The last segment of a path that ends in this name.
fn last_segment<'t>(of: &'t Type, name: &str) -> Option<&'t PathSegment> {
    match of {
        Type::Path(path) => path.path.segments.last().filter(|segment| segment.ident == name),
        _ => None,
    }
}

fn first_type(segment: &PathSegment) -> Option<Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(of) => Some(of.clone()),
        _ => None,
    })
}

/// The `Item` of an `impl Iterator`.
fn stream_item(of: &Type) -> Option<Type> {
    let Type::ImplTrait(of) = of else { return None };
    of.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let segment = bound.path.segments.last().filter(|segment| segment.ident == "Iterator")?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Item" => Some(ty.clone()),
            _ => None,
        })
    })
}

/// The bounds of the `impl Iterator` that a function gives, by itself or as a `Result`.
pub(super) fn stream_bounds_mut(output: &mut ReturnType) -> Option<&mut Bounds> {
    match output {
        ReturnType::Type(_, of) => bounds_mut(of),
        ReturnType::Default => None,
    }
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

fn bounds_mut(of: &mut Type) -> Option<&mut Bounds> {
    let is_stream = stream_item(of).is_some();
    match of {
        Type::ImplTrait(of) if is_stream => Some(&mut of.bounds),
        Type::Path(path) => match &mut path.path.segments.last_mut()?.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter_mut().find_map(|argument| match argument {
                    GenericArgument::Type(of) => bounds_mut(of),
                    _ => None,
                })
            }
            _ => None,
        },
        _ => None,
    }
}

/// A name for a generated variable that no user's name meets.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
