//! `[serve.routes]`: what a key and a value of the table mean. Matching is the server's; here is the syntax.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

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
                    routes.push(Route {
                        method,
                        pattern,
                        target: target.into_inner(),
                        span,
                        target_span,
                    });
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
    #[error("unknown method `{0}`: {hint}", hint = did_you_mean(.0, Method::ALL.map(Method::as_str)))]
    Method(String),
    /// The path does not begin with a slash.
    #[error("a path starts with `/`, found `{0}`")]
    NoSlash(String),
    /// Two slashes in a row, or one at the end.
    #[error("`{0}` has an empty segment")]
    EmptySegment(String),
    /// A `*` with more behind it.
    #[error("`*` captures the rest of the path, so it stands alone in the last segment")]
    Star,
    /// A `:` without a name, or with one that is no identifier.
    #[error("`:{0}` is no parameter: a name of letters, digits and `_` follows the colon")]
    Parameter(String),
    /// A name that was given to two segments.
    #[error("the path has two parameters named `{0}`")]
    DuplicateParameter(String),
    /// A literal that no request's path can equal.
    #[error("no path has the segment `{0}`: {1}")]
    Unmatchable(String, &'static str),
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
        Ok(Self {
            method: Method::parse(method)?,
            pattern: Pattern::parse(path.trim())?,
        })
    }
}

/// The method of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "RFC 9110 and RFC 5789 say it")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
    ];

    /// The method as it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    fn parse(text: &str) -> Result<Self, RouteError> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| RouteError::Method(text.into()))
    }
}

/// The path of a route, its syntax checked: literal segments, `:name` for one segment, and a `*` at the end for
/// all that remain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern as written, such as `/users/:id`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pattern without its parameters' names: two patterns of one shape match the same paths.
    pub fn shape(&self) -> String {
        let anonymous = |segment: &str| {
            if segment.starts_with(':') {
                ":".into()
            } else {
                segment.to_string()
            }
        };
        self.0.split('/').map(anonymous).collect::<Vec<_>>().join("/")
    }

    fn parse(text: &str) -> Result<Self, RouteError> {
        let rest = text
            .strip_prefix('/')
            .ok_or_else(|| RouteError::NoSlash(text.into()))?;
        let mut names = HashSet::new();
        let mut segments = rest.split('/').peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            match segment.strip_prefix(':') {
                _ if segment.is_empty() && text != "/" => return Err(RouteError::EmptySegment(text.into())),
                Some(name) if !is_parameter(name) => return Err(RouteError::Parameter(name.into())),
                Some(name) if !names.insert(name) => return Err(RouteError::DuplicateParameter(name.into())),
                Some(_) => {}
                None if segment == "*" && last => {}
                None if segment.contains('*') => return Err(RouteError::Star),
                None => check_literal(segment)?,
            }
        }
        Ok(Self(text.into()))
    }
}

fn is_parameter(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Segments are compared after %-decoding (RFC 3986, section 2.1), without query and fragment.
fn check_literal(segment: &str) -> Result<(), RouteError> {
    let reason = match segment {
        "." | ".." => "clients resolve it before they ask",
        _ if segment.contains('%') => "write the character itself, paths are compared after %-decoding",
        _ if segment.contains('?') => "the query is not part of the path",
        _ if segment.contains('#') => "the fragment is not part of the path",
        _ if segment.contains(|c: char| c.is_whitespace() || c.is_control()) => "it has white space in it",
        _ => return Ok(()),
    };
    Err(RouteError::Unmatchable(segment.into(), reason))
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
            if !is_parameter(action) {
                return Err(error());
            }
            let component = component.parse().map_err(|_| error())?;
            return Ok(Self::Action {
                component,
                action: action.into(),
            });
        }
        text.parse()
            .map(Self::Component)
            .map_err(|_| match text.split_once(['.', ':']) {
                Some((component, action)) if is_parameter(action) => {
                    RouteError::Separator(format!("{component}#{action}"))
                }
                _ => error(),
            })
    }
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

    fn key(text: &str) -> Result<String, String> {
        let key = RouteKey::try_from(text.to_string()).map_err(|error| error.to_string())?;
        Ok(format!("{} {}", key.method.as_str(), key.pattern.as_str()))
    }

    #[test]
    fn good_keys_are_kept_as_written() {
        for text in [
            "GET /",
            "POST /users/:id",
            "DELETE /a/*",
            "GET /:a/b/:c",
            "PUT /ü/x.y-z~_1",
            "GET /*",
        ] {
            assert_eq!(key(text), Ok(text.to_string()));
        }
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
                "GET /users/",
                "GET //users",
                "GET /users/*/posts",
                "GET /users/a*",
                "GET /users/:",
                "GET /users/:user-id",
                "GET /:id/:id",
                "GET /a/../b",
                "GET /a%20b",
                "GET /a?b=c",
                "GET /a b",
            ]
            .map(|text| key(text).unwrap_err())
        );
    }

    #[test]
    fn parameters_names_are_no_part_of_the_shape() {
        let shape = |text| Pattern::parse(text).map(|pattern| pattern.shape());
        assert_eq!(shape("/users/:id"), shape("/users/:name"));
        assert_ne!(shape("/users/:id"), shape("/users/id"));
    }

    #[test]
    fn targets() {
        let parse = |text| Target::parse(text).map_err(|error| error.to_string());
        let api: ComponentName = "api".parse().unwrap();
        assert_eq!(
            parse("api#show"),
            Ok(Target::Action {
                component: api.clone(),
                action: "show".into()
            })
        );
        assert_eq!(parse("api"), Ok(Target::Component(api)));
        insta::assert_debug_snapshot!(
            [
                "",
                "api#",
                "#show",
                "api#show#x",
                "api#sh-ow",
                "api.show",
                "api:show",
                "a b"
            ]
            .map(|text| parse(text).unwrap_err())
        );
    }
}
