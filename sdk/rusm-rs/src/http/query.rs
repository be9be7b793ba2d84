/// The parsed query of a request's target, by the rules of `application/x-www-form-urlencoded`
/// (WHATWG URL standard, section 5): pairs separated by `&`, `+` for a space, percent-encoding.
/// Bytes that are not UTF-8 become U+FFFD.
///
/// ```
/// # use rusm_rs::http::Request;
/// let request = Request::get("/search?q=rust+actors");
/// assert_eq!(request.query().get("q"), Some("rust actors"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses a query without its leading `?`. Any text is a query, so this does not fail.
    ///
    /// ```
    /// # use rusm_rs::http::Query;
    /// let query = Query::parse("q=caf%C3%A9+au+lait&tag=a&tag=b&flag");
    /// assert_eq!(query.get("q"), Some("café au lait"));
    /// assert_eq!(query.get_all("tag").collect::<Vec<_>>(), ["a", "b"]);
    /// assert_eq!(query.get("flag"), Some(""));
    /// ```
    pub fn parse(text: &str) -> Query {
        Query(
            text.split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    /// The first value under this name.
    ///
    /// ```
    /// # use rusm_rs::http::Query;
    /// let query = Query::parse("page=2&page=3");
    /// assert_eq!(query.get("page"), Some("2"));
    /// assert_eq!(query.get("size"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Every value under this name, in order.
    ///
    /// ```
    /// # use rusm_rs::http::Query;
    /// let query = Query::parse("tag=a&tag=b");
    /// assert!(query.get_all("tag").eq(["a", "b"]));
    /// ```
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Every pair, in order.
    ///
    /// ```
    /// # use rusm_rs::http::Query;
    /// let query = Query::parse("from=here&to=there");
    /// assert!(query.iter().eq([("from", "here"), ("to", "there")]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        bytes.push(match (first, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => *first,
        });
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Query, decode};

    #[test]
    fn a_percent_sign_that_encodes_nothing_stands_for_itself() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%4"), "%4");
        assert_eq!(decode("%zz%41"), "%zzA");
        assert_eq!(decode("%+f"), "% f");
    }

    #[test]
    fn hex_digits_may_be_of_either_case() {
        assert_eq!(decode("%c3%A9"), "é");
    }

    #[test]
    fn empty_pairs_are_none_and_a_value_may_hold_an_equals_sign() {
        assert_eq!(Query::parse("").iter().count(), 0);
        let query = Query::parse("&a=1=2&&=b&");
        assert_eq!(query.iter().collect::<Vec<_>>(), [("a", "1=2"), ("", "b")]);
    }

    #[test]
    fn separators_are_told_before_anything_is_decoded() {
        let query = Query::parse("a%26b=c%3Dd%2B");
        assert_eq!(query.iter().collect::<Vec<_>>(), [("a&b", "c=d+")]);
    }

    #[test]
    fn the_first_of_a_repeated_name_is_what_get_gives() {
        let query = Query::parse("tag=b&tag=a");
        assert_eq!(query.get("tag"), Some("b"));
        assert_eq!(query.get("Tag"), None);
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        assert_eq!(decode("a%FFb"), "a\u{FFFD}b");
    }
}
