//! `[serve.routes]`: what a key and a value of the table mean. Matching is the server's; here is the syntax.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use rusm_wasm::{Method, Pattern, PatternError};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_spanned::Spanned;

use crate::name::ComponentName;
use crate::suggest::did_you_mean;

/// One entry of `[serve.routes]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The request's method.
    pub method: Method,
    /// The paths that it answers.
    pub pattern: Pattern,
    /// Who answers.
    pub target: Target,
    /// Where the key stands in the manifest.
    pub span: Range<usize>,
    /// Where the value stands.
    pub target_span: Range<usize>,
}

/// The routes of a listener in the order of the manifest. The order has no meaning for matching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes(pub Vec<Route>);

impl<'de> Deserialize<'de> for Routes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RoutesVisitor;
        impl<'de> Visitor<'de> for RoutesVisitor {
            type Value = Routes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of routes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Routes, A::Error> {
                let mut routes = Vec::new();
                while let Some((key, target)) = map.next_entry::<Spanned<RouteKey>, Spanned<Target>>()? {
                    let (span, target_span) = (key.span(), target.span());
                    let RouteKey { method, pattern } = key.into_inner();
                    routes.push(Route { method, pattern, target: target.into_inner(), span, target_span });
                }
                routes.sort_by_key(|route: &Route| route.span.start);
                Ok(Routes(routes))
            }
        }
        deserializer.deserialize_map(RoutesVisitor)
    }
}

/// Why a route's key or value is not one. The text completes "invalid route: ...".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No space in the key.
    #[error("expected a method and a path, such as \"GET /users/:id\"")]
    NoPath,
    /// The key's first word is no method.
    #[error("unknown method `{0}`: {hint}", hint = did_you_mean(.0, METHODS))]
    Method(String),
    /// The key's second word is no pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The value is neither `component#action` nor `component`.
    #[error("expected \"component#action\" or \"component\", found `{0}`")]
    Target(String),
    /// `component.action` or `component:action`.
    #[error("the separator of component and action is `#`: \"{0}\"")]
    Separator(String),
}

/// The part of a route before the `=`: `GET /users/:id`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct RouteKey {
    method: Method,
    pattern: Pattern,
}

impl TryFrom<String> for RouteKey {
    type Error = RouteError;

    fn try_from(text: String) -> Result<Self, RouteError> {
        let (method, path) = text.split_once(' ').ok_or(RouteError::NoPath)?;
        Ok(Self { method: parse_method(method)?, pattern: Pattern::parse(path.trim())? })
    }
}

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

fn parse_method(text: &str) -> Result<Method, RouteError> {
    let known = METHODS.contains(&text).then(|| Method::from_bytes(text.as_bytes()).ok());
    known.flatten().ok_or_else(|| RouteError::Method(text.into()))
}

/// The part of a route behind the `=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `"component#action"`: a function of a handlers component.
    Action {
        /// The component.
        component: ComponentName,
        /// The function.
        action: String,
    },
    /// `"component"`: the component takes the whole exchange.
    Component(ComponentName),
    /// `{ dir = "..." }`: the files of a folder, relative to the manifest.
    Dir(PathBuf),
}

impl Target {
    /// The component that answers, if one does.
    pub fn component(&self) -> Option<&ComponentName> {
        match self {
            Self::Action { component, .. } | Self::Component(component) => Some(component),
            Self::Dir(_) => None,
        }
    }

    fn parse(text: &str) -> Result<Self, RouteError> {
        let error = || RouteError::Target(text.into());
        if let Some((component, action)) = text.split_once('#') {
            if !is_identifier(action) {
                return Err(error());
            }
            let component = component.parse().map_err(|_| error())?;
            return Ok(Self::Action { component, action: action.into() });
        }
        text.parse().map(Self::Component).map_err(|_| match text.split_once(['.', ':']) {
            Some((component, action)) if is_identifier(action) => {
                RouteError::Separator(format!("{component}#{action}"))
            }
            _ => error(),
        })
    }
}

/// Whether the text can be the name of a function.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Dir {
            dir: PathBuf,
        }
        struct TargetVisitor;
        impl<'de> Visitor<'de> for TargetVisitor {
            type Value = Target;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"component#action\", \"component\" or { dir = \"folder\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Target, E> {
                Target::parse(text).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
                Dir::deserialize(MapAccessDeserializer::new(map)).map(|Dir { dir }| Target::Dir(dir))
            }
        }
        deserializer.deserialize_any(TargetVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<RouteKey, String> {
        RouteKey::try_from(text.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_a_method_and_a_pattern() {
        let key = key("POST /users/:id").unwrap();
        assert_eq!(key.method, Method::POST);
        assert_eq!(Ok(key.pattern), Pattern::parse("/users/:id"));
    }

    #[test]
    fn bad_keys_say_why() {
        insta::assert_debug_snapshot!(
            [
                "/users",
                "GETT /users",
                "get /users",
                "FROB /users",
                "GET users",
                "GET /users/:user-id",
                "GET /a b",
            ]
            .map(|text| key(text).unwrap_err())
        );
    }

    #[test]
    fn targets() {
        let parse = |text| Target::parse(text).map_err(|error| error.to_string());
        let api: ComponentName = "api".parse().unwrap();
        assert_eq!(parse("api#show"), Ok(Target::Action { component: api.clone(), action: "show".into() }));
        assert_eq!(parse("api"), Ok(Target::Component(api)));
        insta::assert_debug_snapshot!(
            ["", "api#", "#show", "api#show#x", "api#sh-ow", "api.show", "api:show", "a b"]
                .map(|text| parse(text).unwrap_err())
        );
    }
}
