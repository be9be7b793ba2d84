//! Which action answers a request: matching a method and a path against the listener's routes.

use std::borrow::Cow;
use std::fmt;

use http::Method;
use percent_encoding::percent_decode_str;

/// A route's pattern: `/users/:id`, `/assets/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<Segment>,
    /// Whether a trailing `*` takes the rest of the path.
    rest: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Param(String),
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is not rooted.
    #[error("a path starts with `/`, found `{0}`")]
    NoSlash(String),
    /// Two slashes in a row.
    #[error("`{0}` has an empty segment")]
    EmptySegment(String),
    /// A `*` that is not a whole last segment.
    #[error("`*` captures the rest of the path, so it stands alone in the last segment")]
    Star,
    /// A colon that no name follows.
    #[error("`:{0}` is no parameter: a name of letters, digits and `_` follows the colon")]
    Parameter(String),
    /// A name that stands twice.
    #[error("the path has two parameters named `{0}`")]
    DuplicateParameter(String),
    /// A literal that no request's path has.
    #[error("no path has the segment `{0}`: {1}")]
    Unmatchable(String, &'static str),
}

impl Pattern {
    /// Reads a pattern: segments of literal text, `:name` for any one segment, `*` at the end for the rest.
    ///
    /// ```
    /// use rusm_wasm::{Pattern, PatternError};
    ///
    /// assert!(Pattern::parse("/users/:id").is_ok());
    /// assert_eq!(Pattern::parse("/*/edit"), Err(PatternError::Star));
    /// ```
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        let path = text.strip_prefix('/').ok_or_else(|| PatternError::NoSlash(text.to_owned()))?;
        let mut pattern = Pattern { segments: Vec::new(), rest: false };
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            match part.strip_prefix(':') {
                // A path may end in a slash, and the root is nothing else.
                None if part.is_empty() && !last => return Err(PatternError::EmptySegment(text.to_owned())),
                None if part == "*" && last => pattern.rest = true,
                None if part.contains('*') => return Err(PatternError::Star),
                None => pattern.segments.push(Segment::Literal(literal(part)?)),
                Some(name) => pattern.add_param(name)?,
            }
        }
        Ok(pattern)
    }

    /// Whether both match the same paths, whatever their parameters are called.
    pub fn matches_same(&self, other: &Pattern) -> bool {
        let same = |pair: (&Segment, &Segment)| match pair {
            (Segment::Literal(one), Segment::Literal(other)) => one == other,
            (Segment::Param(_), Segment::Param(_)) => true,
            _ => false,
        };
        self.rest == other.rest
            && self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(same)
    }

    /// Whether its last segment is `*`.
    pub fn takes_rest(&self) -> bool {
        self.rest
    }

    /// What `*` takes of a path that matches, as it arrived; none if the path ends before its slash.
    pub(crate) fn rest_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        // Of a path's slashes one stands before each segment of the pattern, and one before the rest.
        path.splitn(self.segments.len() + 2, '/').nth(self.segments.len() + 1)
    }

    fn add_param(&mut self, name: &str) -> Result<(), PatternError> {
        if !is_name(name) {
            return Err(PatternError::Parameter(name.to_owned()));
        }
        if self.names().any(|other| other == name) {
            return Err(PatternError::DuplicateParameter(name.to_owned()));
        }
        self.segments.push(Segment::Param(name.to_owned()));
        Ok(())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let params = self.segments.iter().filter_map(|segment| match segment {
            Segment::Param(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        });
        params.chain(self.rest.then_some("*"))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Param(name) => write!(f, "/:{name}")?,
            }
        }
        f.write_str(if self.rest { "/*" } else { "" })
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A literal segment, unless it is one that could never match.
fn literal(segment: &str) -> Result<String, PatternError> {
    let reason = match segment {
        "." | ".." => "clients resolve it before they ask",
        _ if segment.contains('%') => "write the character itself, paths are compared after %-decoding",
        _ if segment.contains('?') => "the query is not part of the path",
        _ if segment.contains('#') => "the fragment is not part of the path",
        _ if segment.contains(|c: char| c.is_whitespace() || c.is_control()) => "it has white space in it",
        _ => return Ok(segment.to_owned()),
    };
    Err(PatternError::Unmatchable(segment.to_owned(), reason))
}

/// Routes by pattern and method. More specific patterns win, segment by segment: a literal before a
/// parameter before `*`.
#[derive(Debug)]
pub(crate) struct Router<T> {
    root: Branch<T>,
}

/// A route: what answers, and the names of what its pattern captures.
#[derive(Debug)]
pub(crate) struct Route<T> {
    method: Method,
    pub(crate) names: Vec<String>,
    pub(crate) target: T,
}

impl<T> Route<T> {
    /// Whether its pattern ends in `*`.
    pub(crate) fn takes_rest(&self) -> bool {
        self.names.last().is_some_and(|name| name == "*")
    }
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Match<'r, T> {
    /// A route, with the decoded value of each of its names.
    Found(&'r Route<T>, Vec<String>),
    /// The path exists, for these methods.
    MethodNotAllowed(Vec<Method>),
    /// No pattern fits the path.
    NotFound,
    /// A captured segment does not decode to UTF-8.
    Malformed,
}

/// One position in the tree of patterns.
#[derive(Debug)]
struct Branch<T> {
    /// Sorted by their text.
    literals: Vec<(String, Branch<T>)>,
    param: Option<Box<Branch<T>>>,
    /// Routes whose pattern ends here.
    ends: Vec<Route<T>>,
    /// Routes whose pattern takes the rest of the path from here.
    rests: Vec<Route<T>>,
}

impl<T> Router<T> {
    pub(crate) fn new() -> Router<T> {
        Router { root: Branch::new() }
    }

    /// Adds a route. Of two for the same method and the same shape of path the first one answers.
    pub(crate) fn insert(&mut self, method: Method, pattern: &Pattern, target: T) {
        let names = pattern.names().map(str::to_owned).collect();
        let mut branch = &mut self.root;
        for segment in &pattern.segments {
            branch = match segment {
                Segment::Literal(text) => branch.literal_mut(text),
                Segment::Param(_) => branch.param.get_or_insert_with(|| Box::new(Branch::new())),
            };
        }
        let routes = if pattern.rest { &mut branch.rests } else { &mut branch.ends };
        routes.push(Route { method, names, target });
    }

    /// Finds the route for a request. `path` is as it arrived, percent-encoded, without the query.
    ///
    /// `HEAD` is answered by a `GET` route where there is none of its own.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Match<'_, T> {
        let Some(path) = path.strip_prefix('/') else { return Match::NotFound };
        let mut search = Search { method, captured: Vec::new(), allowed: Vec::new() };
        match search.visit(&self.root, Some(path)) {
            Some(route) => match decode_all(&search.captured) {
                Some(values) => Match::Found(route, values),
                None => Match::Malformed,
            },
            None if search.allowed.is_empty() => Match::NotFound,
            None => Match::MethodNotAllowed(search.allowed),
        }
    }
}

impl<T> Branch<T> {
    fn new() -> Branch<T> {
        Branch { literals: Vec::new(), param: None, ends: Vec::new(), rests: Vec::new() }
    }

    fn literal(&self, text: &str) -> Option<&Branch<T>> {
        let index = self.literals.binary_search_by(|(other, _)| other.as_str().cmp(text)).ok()?;
        Some(&self.literals[index].1)
    }

    fn literal_mut(&mut self, text: &str) -> &mut Branch<T> {
        let index = match self.literals.binary_search_by(|(other, _)| other.as_str().cmp(text)) {
            Ok(index) => index,
            Err(index) => {
                self.literals.insert(index, (text.to_owned(), Branch::new()));
                index
            }
        };
        &mut self.literals[index].1
    }
}

/// A walk down the tree, most specific branch first, that turns back where a branch does not lead to a
/// route for the method.
struct Search<'p> {
    method: &'p Method,
    /// Raw text of what the patterns on the way captured.
    captured: Vec<&'p str>,
    /// Methods of the routes that fit but for the method.
    allowed: Vec<Method>,
}

impl<'p> Search<'p> {
    /// `path` is what is left, without its leading slash; `None` when it is used up.
    fn visit<'r, T>(&mut self, branch: &'r Branch<T>, path: Option<&'p str>) -> Option<&'r Route<T>> {
        let Some(path) = path else { return self.select(&branch.ends) };
        let (segment, rest) = match path.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (path, None),
        };
        if let Some(next) = literal_text(segment).and_then(|text| branch.literal(&text))
            && let Some(route) = self.visit(next, rest)
        {
            return Some(route);
        }
        if !segment.is_empty()
            && let Some(next) = &branch.param
        {
            self.captured.push(segment);
            if let Some(route) = self.visit(next, rest) {
                return Some(route);
            }
            self.captured.pop();
        }
        let route = self.select(&branch.rests)?;
        self.captured.push(path);
        Some(route)
    }

    fn select<'r, T>(&mut self, routes: &'r [Route<T>]) -> Option<&'r Route<T>> {
        let for_method = |method: &Method| routes.iter().find(|route| route.method == *method);
        let found = for_method(self.method)
            .or_else(|| if *self.method == Method::HEAD { for_method(&Method::GET) } else { None });
        if found.is_none() {
            for route in routes {
                self.allow(&route.method);
            }
        }
        found
    }

    fn allow(&mut self, method: &Method) {
        if !self.allowed.contains(method) {
            self.allowed.push(method.clone());
        }
        if *method == Method::GET {
            self.allow(&Method::HEAD);
        }
    }
}

/// The decoded segment, if it is text: no literal of a pattern is anything else.
fn literal_text(segment: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(segment).decode_utf8().ok()
}

fn decode_all(captured: &[&str]) -> Option<Vec<String>> {
    captured.iter().map(|raw| literal_text(raw).map(Cow::into_owned)).collect()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{Match, Pattern, Router};

    fn router(routes: &[&'static str]) -> Router<&'static str> {
        let mut router = Router::new();
        for route in routes {
            let (method, pattern) = route.split_once(' ').unwrap();
            router.insert(method.parse().unwrap(), &Pattern::parse(pattern).unwrap(), *route);
        }
        router
    }

    /// What a request leads to, as text: `GET /users/:id id=42`, `405 GET, HEAD`.
    fn find(router: &Router<&'static str>, request: &str) -> String {
        let (method, path) = request.split_once(' ').unwrap();
        match router.find(&method.parse::<Method>().unwrap(), path) {
            Match::Found(route, values) => {
                let pairs = route.names.iter().zip(&values).map(|(name, value)| format!(" {name}={value}"));
                format!("{}{}", route.target, pairs.collect::<String>())
            }
            Match::MethodNotAllowed(methods) => {
                format!("405 {}", methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", "))
            }
            Match::NotFound => "404".to_owned(),
            Match::Malformed => "400".to_owned(),
        }
    }

    #[test]
    fn a_literal_beats_a_parameter_beats_the_rest() {
        let router = router(&["GET /a/*", "GET /a/:x", "GET /a/b", "GET /*"]);
        assert_eq!(find(&router, "GET /a/b"), "GET /a/b");
        assert_eq!(find(&router, "GET /a/c"), "GET /a/:x x=c");
        assert_eq!(find(&router, "GET /a/b/c"), "GET /a/* *=b/c");
        assert_eq!(find(&router, "GET /z"), "GET /* *=z");
    }

    #[test]
    fn specificity_goes_segment_by_segment_and_turns_back() {
        let router = router(&["GET /:x/b/c", "GET /a/:y/d"]);
        assert_eq!(find(&router, "GET /a/b/d"), "GET /a/:y/d y=b");
        assert_eq!(find(&router, "GET /a/b/c"), "GET /:x/b/c x=a");
        assert_eq!(find(&router, "GET /a/b/e"), "404");
    }

    #[test]
    fn another_method_is_405_with_every_method_of_the_path() {
        let router = router(&["GET /users", "POST /users", "DELETE /users/:id"]);
        assert_eq!(find(&router, "PUT /users"), "405 GET, HEAD, POST");
        assert_eq!(find(&router, "GET /users/1"), "405 DELETE");
        assert_eq!(find(&router, "PUT /nowhere"), "404");
    }

    #[test]
    fn a_less_specific_route_answers_where_the_specific_one_lacks_the_method() {
        let router = router(&["POST /users/me", "GET /users/:id"]);
        assert_eq!(find(&router, "GET /users/me"), "GET /users/:id id=me");
        assert_eq!(find(&router, "POST /users/me"), "POST /users/me");
        assert_eq!(find(&router, "PUT /users/me"), "405 POST, GET, HEAD");
    }

    #[test]
    fn head_follows_get_unless_it_has_a_route() {
        let router = router(&["GET /a", "GET /b", "HEAD /b", "POST /c"]);
        assert_eq!(find(&router, "HEAD /a"), "GET /a");
        assert_eq!(find(&router, "HEAD /b"), "HEAD /b");
        assert_eq!(find(&router, "HEAD /c"), "405 POST");
    }

    #[test]
    fn captured_text_is_decoded_and_slashes_in_it_stay_inside() {
        let router = router(&["GET /files/:name", "GET /café", "GET /t/*"]);
        assert_eq!(find(&router, "GET /files/a%2Fb%20c"), "GET /files/:name name=a/b c");
        assert_eq!(find(&router, "GET /caf%c3%a9"), "GET /café");
        assert_eq!(find(&router, "GET /files/%FF"), "400");
        assert_eq!(find(&router, "GET /t/a%20b/c"), "GET /t/* *=a b/c");
    }

    #[test]
    fn the_rest_is_to_be_had_as_it_arrived() {
        for (pattern, path, rest) in [
            ("/*", "/", Some("")),
            ("/*", "/a%2fb/c", Some("a%2fb/c")),
            ("/t/:x/*", "/t/u%2F/%2e/", Some("%2e/")),
            ("/t/*", "/t/", Some("")),
            ("/t/*", "/t", None),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().rest_of(path), rest, "{pattern} of {path}");
        }
    }

    #[test]
    fn empty_segments_are_segments() {
        let router = router(&["GET /", "GET /a", "GET /b/:x", "GET /c/*"]);
        assert_eq!(find(&router, "GET /"), "GET /");
        assert_eq!(find(&router, "GET /a/"), "404");
        assert_eq!(find(&router, "GET //a"), "404");
        assert_eq!(find(&router, "GET /b/"), "404");
        assert_eq!(find(&router, "GET /c/"), "GET /c/* *=");
        assert_eq!(find(&router, "GET /c"), "404");
    }

    #[test]
    fn a_target_that_is_no_path_is_not_found() {
        let router = router(&["GET /*"]);
        assert_eq!(find(&router, "OPTIONS *"), "404");
    }

    #[test]
    fn a_bad_pattern_says_what_is_wrong() {
        for (text, message) in [
            ("users", "a path starts with `/`, found `users`"),
            ("/a//b", "`/a//b` has an empty segment"),
            ("/*/a", "`*` captures the rest of the path, so it stands alone in the last segment"),
            ("/a*", "`*` captures the rest of the path, so it stands alone in the last segment"),
            ("/:", "`:` is no parameter: a name of letters, digits and `_` follows the colon"),
            ("/:1", "`:1` is no parameter: a name of letters, digits and `_` follows the colon"),
            ("/:a/:a", "the path has two parameters named `a`"),
            ("/a/..", "no path has the segment `..`: clients resolve it before they ask"),
            (
                "/a%20b",
                "no path has the segment `a%20b`: write the character itself, paths are compared after %-decoding",
            ),
            ("/a?b=c", "no path has the segment `a?b=c`: the query is not part of the path"),
            ("/a b", "no path has the segment `a b`: it has white space in it"),
        ] {
            assert_eq!(Pattern::parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_pattern_is_shown_as_it_was_written() {
        for text in ["/", "/a", "/a/", "/users/:id/*", "/*"] {
            assert_eq!(Pattern::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn patterns_are_the_same_but_for_names() {
        let same = |one, other| Pattern::parse(one).unwrap().matches_same(&Pattern::parse(other).unwrap());
        assert!(same("/a/:x/*", "/a/:y/*"));
        assert!(!same("/a/:x", "/a/x"));
        assert!(!same("/a", "/a/"));
        assert!(!same("/a/*", "/a/:x"));
    }
}
