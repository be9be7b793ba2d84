/// What a route's pattern captured of the path, percent-decoded.
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
