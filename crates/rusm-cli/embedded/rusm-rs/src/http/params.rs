/// What a route's pattern captured of the path, percent-decoded.
///
/// ```
/// # use rusm_rs::http::{Params, Request, Response};
/// // "GET /users/:id" = "api#show"
/// fn show(_request: Request, params: Params) -> Response {
///     match params.get("id").and_then(|id| id.parse::<u64>().ok()) {
///         Some(id) => Response::text(format!("user {id}\n")),
///         None => Response::text("an id is a number\n").status(400),
///     }
/// }
/// assert_eq!(show(Request::get("/users/x"), Params::from([("id", "x")])).status_code(), 400);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// The segment that `:name` captured; for a pattern that ends in `*`, `"*"` names the rest of the path.
    ///
    /// ```
    /// # use rusm_rs::http::Params;
    /// let params = Params::from([("id", "42")]);
    /// assert_eq!(params.get("id"), Some("42"));
    /// assert_eq!(params.get("name"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Names and values in the pattern's order.
    ///
    /// ```
    /// # use rusm_rs::http::Params;
    /// let params = Params::from([("room", "lobby"), ("id", "42")]);
    /// assert!(params.iter().eq([("room", "lobby"), ("id", "42")]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn from_wire(params: Vec<(String, String)>) -> Params {
        Params(params)
    }
}

/// For tests that call an action as the function it is.
impl<const N: usize> From<[(&str, &str); N]> for Params {
    fn from(params: [(&str, &str); N]) -> Params {
        Params(params.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
